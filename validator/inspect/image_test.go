package inspect

import (
	"bytes"
	"testing"

	"airlock"
	"airlock/validator/inspect/corpus"
)

func FuzzImage(f *testing.F) { fuzz(f, "image/png", "image/jpeg", "image/gif", "image/webp") }

func FuzzHEIF(f *testing.F) { fuzz(f, "image/avif", "image/heic") }

// made is the bytes of a case of the corpus.
func made(t *testing.T, name string) (corpus.Case, []byte) {
	t.Helper()
	for _, c := range corpus.All() {
		if c.Name == name {
			return c, c.Make()
		}
	}
	t.Fatalf("the corpus has no %s", name)
	return corpus.Case{}, nil
}

// inspectAs inspects data as a type by a profile of defaults, changed.
func inspectAs(t *testing.T, mediaType string, data []byte, change func(*airlock.Profile)) Report {
	t.Helper()
	r, _ := judged(t, mediaType, "x", data, change)
	return r
}

func TestWhatRunsInAPictureIsAcceptedWhereTheProfileTakesIt(t *testing.T) {
	for _, c := range corpus.All() {
		if c.Want != airlock.ActiveContent || c.Change != nil {
			continue
		}
		r := inspectAs(t, c.Type, c.Make(), func(p *airlock.Profile) { p.ActiveContent = "allow" })
		if r.Finding != nil && r.Finding.Reason == airlock.ActiveContent {
			t.Errorf("%s: %+v", c.Name, r.Finding)
		}
		if familyNames[r.Checks[0]] && !r.Content.Active {
			t.Errorf("%s: not said to be active", c.Name)
		}
	}
}

// familyNames are the families of pictures and media.
var familyNames = map[string]bool{"gif": true, "heif": true, "iso": true, "jpeg": true, "mp3": true, "ogg": true, "png": true, "wav": true, "webm": true, "webp": true}

func TestFactsOfPictures(t *testing.T) {
	for name, want := range map[string]airlock.Content{
		"png-of-a-library.png":             {Width: 40, Height: 30, Frames: 1},
		"apng-of-three-frames.apng":        {Width: 8, Height: 8, Frames: 3},
		"jpeg-of-a-library.jpg":            {Width: 40, Height: 30},
		"jpeg-with-zeros-behind-end.jpg":   {Width: 40, Height: 30, TrailingBytes: 512},
		"gif-animated.gif":                 {Width: 20, Height: 10, Frames: 5},
		"webp-animated.webp":               {Width: 1, Height: 1, Frames: 3},
		"heic-of-a-phone.heic":             {Width: 64, Height: 48},
		"mp4-film.mp4":                     {Width: 320, Height: 240},
		"webm-of-a-browsers-recorder.webm": {Width: 320, Height: 240},
		"ogg-film.ogv":                     {Width: 320, Height: 240},
	} {
		c, data := made(t, name)
		got := inspectAs(t, c.Type, data, nil).Content
		got.UnpackedBytes = 0
		if got != want {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
}

func TestHeaderDepthReadsLittle(t *testing.T) {
	filler := make([]byte, 8<<20)
	_, j := made(t, "jpeg-of-a-library.jpg")
	_, p := made(t, "png-of-a-library.png")
	for mediaType, data := range map[string][]byte{
		"image/jpeg": append(append(bytes.Clone(j[:len(j)-2]), filler...), j[len(j)-2:]...),
		"image/png":  append(append(bytes.Clone(p[:33]), "\x00\x80\x00\x00tEXt"...), append(append(filler, 0, 0, 0, 0), p[33:]...)...),
	} {
		r := inspectAs(t, mediaType, data, func(p *airlock.Profile) { p.Inspect = "header" })
		if r.Finding != nil || r.Read > 512<<10 {
			t.Errorf("%s: read %d of %d bytes: %+v", mediaType, r.Read, len(data), r.Finding)
		}
	}
}

func TestAMarkIsFoundWhereverABufferEnds(t *testing.T) {
	_, j := made(t, "jpeg-of-a-library.jpg")
	for at := streamBytes - 12; at < streamBytes+4; at++ {
		data := append(bytes.Clone(j[:len(j)-2]), make([]byte, at-len(j)+2)...)
		data = append(append(data, "<?php "...), append(make([]byte, 99), 0xff, 0xd9)...)
		if r := inspectAs(t, "image/jpeg", data, nil); r.Finding == nil || r.Finding.Reason != airlock.ActiveContent {
			t.Errorf("a mark at %d is not seen: %+v", at, r.Finding)
		}
	}
}
