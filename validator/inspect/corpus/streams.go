package corpus

import (
	"bytes"
	"encoding/binary"

	"airlock"
)

// ebml is one element: its number, and its size in eight bytes.
func ebml(id uint32, parts ...[]byte) []byte {
	body := bytes.Join(parts, nil)
	return bytesOf(ebmlID(id), binary.BigEndian.AppendUint64(nil, uint64(len(body))|1<<56), body)
}

// endless is an element that does not say how long it is.
func endless(id uint32, parts ...[]byte) []byte {
	return bytesOf(ebmlID(id), []byte("\x01\xff\xff\xff\xff\xff\xff\xff"), bytes.Join(parts, nil))
}

func ebmlID(id uint32) []byte { return bytes.TrimLeft(be32(int(id)), "\x00") }

func webmHeader(kind string) []byte {
	return ebml(0x1a45dfa3, ebml(0x4286, []byte{1}), ebml(0x42f7, []byte{1}), ebml(0x42f2, []byte{4}), ebml(0x42f3, []byte{8}), ebml(0x4282, []byte(kind)), ebml(0x4287, []byte{4}), ebml(0x4285, []byte{2}))
}

func webmTrack(kind byte, codec string, more ...[]byte) []byte {
	return ebml(0xae, append([][]byte{ebml(0xd7, []byte{kind}), ebml(0x83, []byte{kind}), ebml(0x86, []byte(codec))}, more...)...)
}

func webmVideo(w int) []byte {
	return webmTrack(1, "V_VP9", ebml(0xe0, ebml(0xb0, be16(w)), ebml(0xba, be16(240))))
}

func webmTracks(tracks ...[]byte) []byte { return ebml(0x1654ae6b, tracks...) }

func webmBlocks() []byte {
	return bytesOf(ebml(0xe7, []byte{0}), ebml(0xa3, []byte{0x81, 0, 0, 0x80}, noise(100)), ebml(0xa3, []byte{0x81, 0, 40, 0}, noise(80)))
}

func webmOf(parts ...[]byte) []byte {
	return bytesOf(webmHeader("webm"), ebml(0x18538067, append([][]byte{ebml(0x1549a966, ebml(0x2ad7b1, []byte{0x0f, 0x42, 0x40}), ebml(0x4d80, []byte("an app")))}, parts...)...))
}

func oneWebM() []byte { return webmOf(webmTracks(webmVideo(320)), ebml(0x1f43b675, webmBlocks())) }

func webmCases() []Case {
	const t = "video/webm"
	m, a := airlock.Malformed, airlock.ActiveContent
	recorded := func(tracks ...[]byte) []byte { // as browsers record
		return bytesOf(webmHeader("webm"), endless(0x18538067, ebml(0x1549a966), webmTracks(tracks...), endless(0x1f43b675, webmBlocks()), endless(0x1f43b675, webmBlocks())))
	}
	cluster := ebml(0x1f43b675, webmBlocks())
	attached := func(kind string, data []byte) []byte {
		return ebml(0x1941a469, ebml(0x61a7, ebml(0x466e, []byte("a")), ebml(0x4660, []byte(kind)), ebml(0x465c, data)))
	}
	return []Case{
		honest(t, "webm-film.webm", oneWebM),
		honest(t, "webm-of-a-browsers-recorder.webm", func() []byte { return recorded(webmVideo(320), webmTrack(2, "A_OPUS")) }),
		honest(t, "webm-recorded-sound.webm", func() []byte { return recorded(webmTrack(2, "A_OPUS")) }),
		honest("audio/webm", "webm-sound.weba", func() []byte { return recorded(webmTrack(2, "A_VORBIS")) }),
		honest(t, "webm-with-cues-and-tags.webm", func() []byte {
			return webmOf(ebml(0x114d9b74, ebml(0x4dbb)), ebml(0xec, make([]byte, 90)), webmTracks(webmVideo(320)), cluster, ebml(0x1c53bb6b, ebml(0xbb)), ebml(0x1254c367, ebml(0x7373, ebml(0x67c8, ebml(0x45a3, []byte("TITLE")), ebml(0x4487, []byte("a <b>film</b>"))))))
		}),
		honest(t, "webm-twice-in-a-row.webm", func() []byte { return append(oneWebM(), oneWebM()...) }),
		honest(t, "webm-with-a-cover.webm", func() []byte { return webmOf(webmTracks(webmVideo(320)), attached("image/png", onePNG()), cluster) }),
		honest(t, "webm-with-zeros-behind-end.webm", func() []byte { return append(oneWebM(), make([]byte, 9)...) }),
		honest(t, "webm-header-only.webm", func() []byte { return recorded(webmVideo(320)) }).by(headerOnly),

		hostile(t, "webm-cut-off.webm", m, func() []byte { w := oneWebM(); return w[:len(w)-30] }),
		hostile(t, "webm-recorded-and-cut-off.webm", m, func() []byte { w := recorded(webmVideo(320)); return w[:len(w)-30] }),
		hostile(t, "webm-that-is-a-header-alone.webm", m, func() []byte { return webmHeader("webm") }),
		hostile(t, "webm-that-is-a-header-and-php.webm", m, func() []byte { return append(webmHeader("webm"), inertPHP...) }),
		hostile(t, "webm-without-tracks.webm", m, func() []byte { return webmOf(cluster) }),
		hostile(t, "webm-without-blocks.webm", m, func() []byte { return webmOf(webmTracks(webmVideo(320))) }),
		hostile(t, "webm-with-noise-as-its-cluster.webm", m, func() []byte { return webmOf(webmTracks(webmVideo(320)), ebml(0x1f43b675, noise(500))) }),
		hostile(t, "webm-with-an-element-there-is-not.webm", m, func() []byte { return webmOf(webmTracks(webmVideo(320)), ebml(0x1a2b3c4d, []byte("x")), cluster) }),
		hostile(t, "webm-with-a-track-beyond-its-list.webm", m, func() []byte {
			w := oneWebM()
			i := bytes.Index(w, []byte{0xae, 1, 0, 0, 0, 0, 0, 0})
			return put(w, i+7, "\x7f\xff")
		}),
		hostile(t, "webm-that-is-matroska.webm", airlock.TypeMismatch, func() []byte {
			return put(oneWebM(), bytes.Index(oneWebM(), []byte("webm"))-9, "\x42\x82\x01\x00\x00\x00\x00\x00\x00\x04webx")
		}),
		hostile(t, "webm-that-holds-h264.webm", airlock.TypeMismatch, func() []byte { return webmOf(webmTracks(webmTrack(1, "V_MPEG4/ISO/AVC")), cluster) }),
		hostile("audio/webm", "webm-sound-that-is-a-film.weba", airlock.TypeMismatch, oneWebM),
		hostile(t, "webm-of-too-many-pixels.webm", airlock.PixelLimit, func() []byte { return webmOf(webmTracks(webmVideo(65535)), cluster) }),
		hostile(t, "webm-that-is-encrypted.webm", airlock.Encrypted, func() []byte {
			return webmOf(webmTracks(webmTrack(1, "V_VP9", ebml(0x6d80, ebml(0x6240, ebml(0x5035, []byte{0}))))), cluster)
		}),
		hostile(t, "webm-with-a-program-attached.webm", a, func() []byte {
			return webmOf(webmTracks(webmVideo(320)), attached("application/x-msdownload", inertEXE()), cluster)
		}),
		hostile(t, "webm-with-a-page-attached.webm", a, func() []byte {
			return webmOf(webmTracks(webmVideo(320)), attached("text/html", []byte(inertPage)), cluster)
		}),
		hostile(t, "webm-with-php-in-its-tags.webm", a, func() []byte {
			return webmOf(webmTracks(webmVideo(320)), cluster, ebml(0x1254c367, ebml(0x4487, []byte(inertPHP))))
		}),
		hostile(t, "webm-with-a-page-in-its-filler.webm", a, func() []byte { return webmOf(ebml(0xec, []byte(inertPage)), webmTracks(webmVideo(320)), cluster) }),
		hostile(t, "webm-with-php-in-its-blocks.webm", a, func() []byte {
			return webmOf(webmTracks(webmVideo(320)), ebml(0x1f43b675, webmBlocks(), ebml(0xa3, []byte{0x81, 0, 80, 0}, noise(90), []byte(inertPHP))))
		}),
		hostile(t, "webm-with-zip-behind-end.webm", airlock.TrailingData, func() []byte { return append(oneWebM(), smallZip()...) }),
		hostile(t, "webm-with-page-behind-end.webm", airlock.TrailingData, func() []byte { return append(oneWebM(), inertPage...) }),
		hostile(t, "webm-recorded-with-zip-behind-end.webm", airlock.TrailingData, func() []byte { return append(recorded(webmVideo(320)), smallZip()...) }),
	}
}

func fmtChunk() []byte {
	return riffChunk("fmt ", string(bytesOf(le16(1), le16(1), le32(8000), le32(16000), le16(2), le16(16))))
}

func oneWAV() []byte { return riff("WAVE", fmtChunk(), riffChunk("data", string(noise(400)))) }

func wavCases() []Case {
	const t = "audio/wav"
	m, a := airlock.Malformed, airlock.ActiveContent
	return []Case{
		honest(t, "wav-sound.wav", oneWAV),
		honest(t, "wav-with-info-and-cues.wav", func() []byte {
			return riff("WAVE", riffChunk("JUNK", string(make([]byte, 28))), riffChunk("bext", string(make([]byte, 602))), fmtChunk(), riffChunk("fact", "\x00\x00\x00\x01"), riffChunk("data", string(noise(401))), riffChunk("LIST", "INFOISFT\x04\x00\x00\x00Lav\x00"), riffChunk("cue ", "\x00\x00\x00\x00"))
		}),
		honest(t, "wav-from-a-pipe.wav", func() []byte {
			w := put(oneWAV(), 4, "\xff\xff\xff\xff")
			return put(w, 40, "\xff\xff\xff\xff")
		}),
		honest(t, "wav-whose-sizes-were-never-filled-in.wav", func() []byte { return put(put(oneWAV(), 4, "\x00\x00\x00\x00"), 40, "\x00\x00\x00\x00") }),
		honest(t, "wav-whose-padding-is-missing.wav", func() []byte {
			return riff("WAVE", fmtChunk(), bytesOf([]byte("data"), le32(401), noise(401)), riffChunk("LIST", "INFO"))
		}),
		honest(t, "wav-whose-size-is-wrong.wav", func() []byte { return put(oneWAV(), 4, string(le32(len(oneWAV())))) }),
		honest(t, "wav-with-a-tag-behind-end.wav", func() []byte { return append(oneWAV(), riffChunk("id3 ", "ID3\x03\x00\x00\x00\x00\x00\x00")...) }),
		honest(t, "wav-header-only.wav", oneWAV).by(headerOnly),

		hostile(t, "wav-cut-off.wav", m, func() []byte { w := oneWAV(); return w[:len(w)-100] }),
		hostile(t, "wav-without-sound.wav", m, func() []byte { return riff("WAVE", fmtChunk()) }),
		hostile(t, "wav-without-a-form.wav", m, func() []byte { return riff("WAVE", riffChunk("data", "xxxx")) }),
		hostile(t, "wav-that-is-a-header-and-noise.wav", m, func() []byte { return riff("WAVE", noise(500)) }),
		hostile(t, "wav-that-is-a-header-and-php.wav", m, func() []byte { return riff("WAVE", []byte(inertPHP)) }),
		hostile(t, "wav-of-no-channels.wav", m, func() []byte { return put(oneWAV(), 22, "\x00\x00") }),
		hostile(t, "wav-with-two-sounds.wav", m, func() []byte { return riff("WAVE", fmtChunk(), riffChunk("data", "xxxx"), riffChunk("data", "yyyy")) }),
		hostile(t, "wav-with-php-in-its-words.wav", a, func() []byte {
			return riff("WAVE", fmtChunk(), riffChunk("data", "xxxx"), riffChunk("LIST", "INFOICMT"+inertPHP))
		}),
		hostile(t, "wav-with-a-program-as-its-sound.wav", a, func() []byte { return riff("WAVE", fmtChunk(), riffChunk("data", string(inertEXE()))) }),
		hostile(t, "wav-with-a-page-as-its-sound.wav", a, func() []byte { return riff("WAVE", fmtChunk(), riffChunk("data", inertPage)) }),
		hostile(t, "wav-with-php-in-the-middle-of-its-sound.wav", a, func() []byte {
			return riff("WAVE", fmtChunk(), riffChunk("data", string(bytesOf(noise(200_000), []byte(inertPHP), noise(200_000)))))
		}),
		hostile(t, "wav-from-a-pipe-with-program-at-its-end.wav", a, func() []byte {
			return append(put(put(oneWAV(), 4, "\xff\xff\xff\xff"), 40, "\xff\xff\xff\xff"), inertEXE()...)
		}),
		hostile(t, "wav-with-zip-behind-end.wav", airlock.TrailingData, func() []byte { return append(oneWAV(), smallZip()...) }),
		hostile(t, "wav-with-zip-at-the-end-of-its-sound.wav", airlock.TrailingData, func() []byte {
			return riff("WAVE", fmtChunk(), riffChunk("data", string(noise(50))+string(smallZip())))
		}),
		hostile(t, "wav-with-page-behind-end.wav", airlock.TrailingData, func() []byte { return append(oneWAV(), inertPage...) }),
		hostile(t, "wav-that-is-an-ogg.wav", airlock.TypeMismatch, func() []byte { return oggOf("\x01vorbis") }),
	}
}

// oggPage is one page with its checksum, of one packet.
func oggPage(kind byte, serial, number int, body []byte) []byte {
	var sizes []byte
	for n := len(body); ; n -= 255 {
		sizes = append(sizes, byte(min(n, 255)))
		if n < 255 {
			break
		}
	}
	p := bytesOf([]byte("OggS\x00"), []byte{kind}, make([]byte, 8), le32(serial), le32(number), le32(0), []byte{byte(len(sizes))}, sizes, body)
	var sum uint32
	for _, c := range p {
		sum ^= uint32(c) << 24
		for range 8 {
			sum = sum<<1 ^ sum>>31*0x04c11db7
		}
	}
	copy(p[22:], le32(int(sum)))
	return p
}

func oggOf(head string) []byte {
	return bytesOf(oggPage(2, 7, 0, append([]byte(head), make([]byte, 34)...)), oggPage(0, 7, 1, []byte("\x03vorbis\x05\x00\x00\x00words")), oggPage(0, 7, 2, noise(300)), oggPage(4, 7, 3, noise(300)))
}

func theora() []byte {
	return []byte("\x80theora\x03\x02\x01\x00\x14\x00\x0f\x00\x01\x40\x00\x00\xf0" + string(make([]byte, 22)))
}

func oggCases() []Case {
	const t, v = "audio/ogg", "video/ogg"
	m, a := airlock.Malformed, airlock.ActiveContent
	sound := func() []byte { return oggOf("\x01vorbis") }
	film := func() []byte {
		return bytesOf(oggPage(2, 1, 0, theora()), oggPage(2, 7, 0, append([]byte("\x01vorbis"), make([]byte, 23)...)), oggPage(0, 1, 1, noise(90)), oggPage(0, 7, 1, noise(90)))
	}
	return []Case{
		honest(t, "ogg-vorbis.ogg", sound),
		honest(t, "ogg-opus.opus", func() []byte { return oggOf("OpusHead") }),
		honest(t, "ogg-flac.oga", func() []byte { return oggOf("\x7fFLAC\x01\x00") }),
		honest(t, "ogg-speex.ogg", func() []byte { return oggOf("Speex   1.2") }),
		honest(t, "ogg-chained.ogg", func() []byte { return append(sound(), oggOf("OpusHead")...) }),
		honest(t, "ogg-without-an-end-mark.ogg", func() []byte { s := sound(); return s[:len(s)-len(oggPage(4, 7, 3, noise(300)))] }),
		honest(t, "ogg-with-skeleton.ogg", func() []byte {
			return bytesOf(oggPage(2, 3, 0, append([]byte("fishead\x00"), make([]byte, 56)...)), sound())
		}),
		honest(t, "ogg-with-some-junk-between-pages.ogg", func() []byte { return bytesOf(sound(), []byte("junk"), sound()) }),
		honest(t, "ogg-with-zeros-behind-end.ogg", func() []byte { return append(sound(), make([]byte, 50)...) }),
		honest(v, "ogg-film.ogv", film),
		honest(v, "ogg-film-whose-sound-comes-first.ogv", func() []byte {
			return bytesOf(oggPage(2, 7, 0, append([]byte("\x01vorbis"), make([]byte, 23)...)), oggPage(2, 1, 0, theora()), oggPage(0, 1, 1, noise(90)))
		}),
		honest(t, "ogg-header-only.ogg", sound).by(headerOnly),

		hostile(t, "ogg-cut-off.ogg", m, func() []byte { s := sound(); return s[:len(s)-30] }),
		hostile(t, "ogg-with-a-wrong-checksum.ogg", m, func() []byte { s := sound(); s[len(s)-5] ^= 1; return s }),
		hostile(t, "ogg-that-is-one-page.ogg", m, func() []byte { return oggPage(2, 7, 0, append([]byte("\x01vorbis"), make([]byte, 23)...)) }),
		hostile(t, "ogg-whose-stream-does-not-begin.ogg", m, func() []byte { return bytesOf(sound(), oggPage(0, 9, 0, noise(20))) }),
		hostile(t, "ogg-that-is-a-mark-and-php.ogg", airlock.TypeMismatch, func() []byte { return []byte("OggS" + inertPHP) }),
		hostile(t, "ogg-that-is-a-mark-a-zero-and-php.ogg", m, func() []byte { return []byte("OggS\x00" + inertPHP) }),
		hostile(t, "ogg-of-an-unknown-codec.ogg", airlock.Uninspectable, func() []byte { return oggOf("inert!!") }),
		hostile(t, "ogg-with-much-junk-between-pages.ogg", m, func() []byte {
			s := sound()
			for range 3 {
				s = bytesOf(s, bytes.ReplaceAll(noise(40000), []byte("O"), []byte("o")), sound())
			}
			return s
		}),
		hostile(t, "ogg-sound-that-is-a-film.ogg", airlock.TypeMismatch, film),
		hostile(v, "ogg-film-of-too-many-pixels.ogv", airlock.PixelLimit, func() []byte {
			return bytesOf(oggPage(2, 1, 0, put(theora(), 14, "\x0f\xff\xf0\x0f\xff\xf0")), oggPage(0, 1, 1, noise(90)))
		}),
		hostile(t, "ogg-with-script-in-its-words.ogg", a, func() []byte {
			return bytesOf(oggPage(2, 7, 0, append([]byte("\x01vorbis"), make([]byte, 23)...)), oggPage(0, 7, 1, []byte("\x03vorbis<script>inert</script>")), oggPage(0, 7, 2, noise(30)))
		}),
		hostile(t, "ogg-with-php-between-pages.ogg", a, func() []byte { return bytesOf(sound(), []byte(inertPHP), sound()) }),
		hostile(t, "ogg-with-zip-behind-end.ogg", airlock.TrailingData, func() []byte { return append(sound(), smallZip()...) }),
		hostile(t, "ogg-with-page-behind-end.ogg", airlock.TrailingData, func() []byte { return append(sound(), inertPage...) }),
	}
}

// mp3Frames are frames of silence, 128 kbit/s at 44.1 kHz: 417 bytes each.
func mp3Frames(n int) []byte {
	return bytes.Repeat(append([]byte("\xff\xfb\x90\x00"), make([]byte, 413)...), n)
}

func id3(version byte, frames ...[]byte) []byte {
	body := append(bytes.Join(frames, nil), make([]byte, 20)...)
	n := len(body)
	return bytesOf([]byte("ID3"), []byte{version, 0, 0, byte(n >> 21 & 127), byte(n >> 14 & 127), byte(n >> 7 & 127), byte(n & 127)}, body)
}

func id3Frame(name, body string) []byte {
	return bytesOf([]byte(name), be32(len(body)), []byte{0, 0}, []byte(body))
}

func mp3Cases() []Case {
	const t = "audio/mpeg"
	m, a := airlock.Malformed, airlock.ActiveContent
	tagged := func(frames ...[]byte) []byte { return append(id3(3, frames...), mp3Frames(9)...) }
	v1 := append([]byte("TAG"), make([]byte, 125)...)
	ape := bytesOf([]byte("APETAGEX"), le32(2000), le32(32), le32(0), le32(1<<31), make([]byte, 8))
	return []Case{
		honest(t, "mp3-frames-alone.mp3", func() []byte { return mp3Frames(9) }),
		honest(t, "mp3-with-tags.mp3", func() []byte { return append(tagged(id3Frame("TIT2", "\x00a <b>song</b>")), v1...) }),
		honest(t, "mp3-with-a-cover.mp3", func() []byte { return tagged(id3Frame("APIC", "\x00image/jpeg\x00\x03\x00"+string(oneJPEG()))) }),
		honest(t, "mp3-with-an-old-tag.mp3", func() []byte { return append(id3(2, []byte("TT2\x00\x00\x05\x00song")), mp3Frames(9)...) }),
		honest(t, "mp3-with-an-ape-tag.mp3", func() []byte { return bytesOf(mp3Frames(9), ape[:12], le32(32), ape[16:], v1) }),
		honest(t, "mp3-with-two-tags.mp3", func() []byte { return bytesOf(id3(3), id3(4), mp3Frames(9)) }),
		honest(t, "mp3-with-zeros-before-its-sound.mp3", func() []byte { return bytesOf(id3(3), make([]byte, 5000), mp3Frames(9)) }),
		honest(t, "mp3-with-junk-before-its-sound.mp3", func() []byte { return bytesOf(id3(3), noise(300), mp3Frames(9)) }),
		honest(t, "mp3-with-junk-inside.mp3", func() []byte { return bytesOf(mp3Frames(9), noise(200), mp3Frames(9)) }),
		honest(t, "mp3-that-is-shorter-than-it-says.mp3", func() []byte {
			return append(put(mp3Frames(1), 36, "Info\x00\x00\x00\x03\x00\x00\x00\x64"+string(be32(3_000_000))), mp3Frames(50)...)
		}),
		honest(t, "mp3-cut-from-a-stream.mp3", func() []byte { return mp3Frames(9)[100:] }),
		honest(t, "mp3-twice-in-a-row.mp3", func() []byte { return append(tagged(), tagged()...) }),
		honest(t, "mp3-whose-last-frame-is-cut.mp3", func() []byte { f := mp3Frames(9); return f[:len(f)-100] }),
		honest(t, "mp3-of-mpeg-2.mp3", func() []byte { return bytes.Repeat(append([]byte("\xff\xf3\x80\xc0"), make([]byte, 204)...), 9) }),
		honest(t, "mp3-of-layer-2.mp3", func() []byte { return bytes.Repeat(append([]byte("\xff\xfd\x80\x00"), make([]byte, 413)...), 9) }),
		honest(t, "mp3-of-a-free-bitrate.mp3", func() []byte { return bytes.Repeat(append([]byte("\xff\xfb\x00\x00"), make([]byte, 500)...), 9) }),
		honest(t, "mp3-that-is-long.mp3", func() []byte { return mp3Frames(8000) }),
		honest(t, "mp3-with-zeros-behind-end.mp3", func() []byte { return append(mp3Frames(9), make([]byte, 700)...) }),
		honest(t, "mp3-header-only.mp3", func() []byte { return tagged() }).by(headerOnly),

		hostile(t, "mp3-that-is-a-tag-alone.mp3", m, func() []byte { return id3(3, id3Frame("TIT2", "\x00song")) }),
		hostile(t, "mp3-whose-tag-is-longer-than-it.mp3", m, func() []byte { return put(tagged(), 6, "\x00\x7f\x7f\x7f") }),
		hostile(t, "mp3-that-is-a-tag-and-a-program.mp3", airlock.TypeMismatch, func() []byte { return append(id3(3), inertEXE()...) }),
		hostile(t, "mp3-that-is-a-tag-and-noise.mp3", airlock.TypeMismatch, func() []byte { return append(id3(3), noise(9000)...) }),
		hostile(t, "mp3-that-is-a-tag-and-php.mp3", airlock.TypeMismatch, func() []byte { return append(id3(3), inertPHP...) }),
		hostile(t, "mp3-that-is-a-tag-and-a-zip.mp3", airlock.TypeMismatch, func() []byte { return append(id3(3), smallZip()...) }),
		hostile(t, "mp3-of-two-bytes-and-php.mp3", airlock.TypeMismatch, func() []byte { return []byte("\xff\xfb" + inertPHP) }),
		hostile(t, "mp3-that-is-aac.mp3", airlock.TypeMismatch, func() []byte {
			return bytes.Repeat(append([]byte("\xff\xf1\x50\x80\x02\x1f\xfc"), make([]byte, 9)...), 20)
		}),
		hostile(t, "mp3-that-is-a-tag-and-aac.mp3", airlock.TypeMismatch, func() []byte {
			return append(id3(3), bytes.Repeat(append([]byte("\xff\xf1\x50\x80\x02\x1f\xfc"), make([]byte, 9)...), 20)...)
		}),
		hostile(t, "mp3-with-much-behind-three-frames.mp3", m, func() []byte { return bytesOf(mp3Frames(4), noise(500_000), mp3Frames(4)) }),
		hostile(t, "mp3-with-php-in-a-text.mp3", a, func() []byte { return tagged(id3Frame("COMM", "\x00eng\x00"+inertPHP)) }),
		hostile(t, "mp3-with-script-in-a-text-of-utf16.mp3", a, func() []byte {
			return tagged(id3Frame("TIT2", "\x01\xff\xfe<\x00s\x00c\x00r\x00i\x00p\x00t\x00>\x00"))
		}),
		hostile(t, "mp3-with-a-handler-in-a-text.mp3", a, func() []byte { return tagged(id3Frame("TIT2", "\x00<img src=x onerror=inert()>")) }),
		hostile(t, "mp3-with-a-program-as-its-cover.mp3", a, func() []byte { return tagged(id3Frame("APIC", "\x00image/jpeg\x00\x03\x00"+string(inertEXE()))) }),
		hostile(t, "mp3-with-a-page-attached.mp3", a, func() []byte { return tagged(id3Frame("GEOB", "\x00text/html\x00a.html\x00\x00"+inertPage)) }),
		hostile(t, "mp3-with-php-before-its-sound.mp3", a, func() []byte { return bytesOf(id3(3), noise(60), []byte(inertPHP), mp3Frames(9)) }),
		hostile(t, "mp3-with-program-behind-end.mp3", airlock.TrailingData, func() []byte { return append(mp3Frames(9), inertEXE()...) }),
		hostile(t, "mp3-with-php-in-its-sound.mp3", a, func() []byte { return put(mp3Frames(9), 1000, inertPHP) }),
		hostile(t, "mp3-with-zip-behind-end.mp3", airlock.TrailingData, func() []byte { return append(mp3Frames(9), smallZip()...) }),
		hostile(t, "mp3-with-page-behind-end.mp3", airlock.TrailingData, func() []byte { return append(mp3Frames(9), inertPage...) }),
		hostile(t, "mp3-that-is-a-page.mp3", airlock.TypeMismatch, func() []byte { return []byte(inertPage) }),
	}
}
