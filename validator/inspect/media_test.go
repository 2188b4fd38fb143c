package inspect

import (
	"bytes"
	"testing"
)

func FuzzISO(f *testing.F) { fuzz(f, "video/mp4", "video/quicktime", "audio/mp4") }

func FuzzStreams(f *testing.F) { fuzz(f, "video/webm", "audio/wav", "audio/ogg", "audio/mpeg") }

// A film's pictures and sounds are not read: it may have gigabytes of them.
func TestOfAFilmOnlyHeadersAreRead(t *testing.T) {
	_, film := made(t, "mp4-with-data-up-to-the-end.mp4")
	_, sound := made(t, "wav-from-a-pipe.wav")
	for mediaType, head := range map[string][]byte{"video/mp4": film, "audio/wav": sound} {
		data := append(bytes.Clone(head), make([]byte, 32<<20)...)
		if r := inspectAs(t, mediaType, data, nil); r.Finding != nil || r.Read > 1<<20 {
			t.Errorf("%s: read %d of %d bytes: %+v", mediaType, r.Read, len(data), r.Finding)
		}
	}
}

func TestFramesOfMPEGAudioAreAsLongAsTheStandardSays(t *testing.T) {
	for header, want := range map[string]int{
		"\xff\xfb\x90\x00": 417, // MPEG-1 layer 3, 128 kbit/s, 44.1 kHz
		"\xff\xfb\x92\x00": 418, // the same, padded
		"\xff\xf3\x80\xc0": 208, // MPEG-2 layer 3, 64 kbit/s, 22.05 kHz
		"\xff\xe3\x80\xc0": 417, // MPEG-2.5 layer 3, 64 kbit/s, 11.025 kHz
		"\xff\xfd\x80\x00": 417, // MPEG-1 layer 2, 128 kbit/s
		"\xff\xff\x40\x00": 136, // MPEG-1 layer 1, 128 kbit/s
		"\xff\xfb\x00\x00": -1,  // free
		"\xff\xfb\xf0\x00": 0,   // no bitrate
		"\xff\xeb\x90\x00": 0,   // no version
		"\xff\xf9\x90\x00": 0,   // no layer: AAC
		"\xff\xfb\x9c\x00": 0,   // no rate
	} {
		if got := frameAt([]byte(header)); got != want {
			t.Errorf("%x: %d, want %d", header, got, want)
		}
	}
}
