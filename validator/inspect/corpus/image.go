package corpus

import (
	"bytes"
	"image"
	"image/color/palette"
	"image/gif"
	"image/jpeg"
	"strings"

	"airlock"
)

func jpegOf(m image.Image) []byte {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func oneJPEG() []byte { return jpegOf(gradient(40, 30)) }

func segment(kind byte, data string) []byte {
	return bytesOf([]byte{0xff, kind}, be16(len(data)+2), []byte(data))
}

// behindSOI puts segments behind a JPEG's first marker.
func behindSOI(j []byte, segments ...[]byte) []byte {
	return bytesOf(j[:2], bytes.Join(segments, nil), j[2:])
}

func exif(s string) string {
	return "Exif\x00\x00II*\x00\x08\x00\x00\x00\x01\x00\x0e\x01\x02\x00" + string(le32(len(s))) + "\x1a\x00\x00\x00\x00\x00\x00\x00" + s
}

// atSOF changes the frame header: precision, height, width, colours.
func atSOF(change func(sof []byte)) []byte {
	j := oneJPEG()
	i := bytes.Index(j, []byte{0xff, 0xc0})
	change(j[i+4 : i+2+17])
	return j
}

func jpegCases() []Case {
	const t = "image/jpeg"
	m, a := airlock.Malformed, airlock.ActiveContent
	return []Case{
		honest(t, "jpeg-of-a-library.jpg", oneJPEG),
		honest(t, "jpeg-grey.jpg", func() []byte { return jpegOf(image.NewGray(image.Rect(0, 0, 9, 9))) }),
		honest(t, "jpeg-with-exif-and-xmp.jpg", func() []byte {
			return behindSOI(oneJPEG(), segment(0xe1, exif("a camera's \xa9 words <3")), segment(0xe1, "http://ns.adobe.com/xap/1.0/\x00"+honestXMP))
		}),
		honest(t, "jpeg-with-a-comment.jpg", func() []byte {
			return behindSOI(oneJPEG(), segment(0xfe, "CREATOR: gd-jpeg v1.0 <quality> = 90 & more\n"))
		}),
		honest(t, "jpeg-with-caption-in-html.jpg", func() []byte {
			return behindSOI(oneJPEG(), segment(0xed, "Photoshop 3.0\x008BIMa <a href=\"https://example.org\">link</a>"))
		}),
		honest(t, "jpeg-with-print-settings.jpg", func() []byte { // Photoshop's on a Mac
			return behindSOI(oneJPEG(), segment(0xed, "Photoshop 3.0\x008BIM<?xml version=\"1.0\"?>\n<!DOCTYPE plist PUBLIC \"-//Apple Computer//DTD PLIST 1.0//EN\" \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n<plist version=\"1.0\"/>"))
		}),
		honest(t, "jpeg-with-a-preview.jpg", func() []byte { return behindSOI(oneJPEG(), segment(0xe1, exif("x")+string(oneJPEG()))) }),
		honest(t, "jpeg-with-adobe-segment.jpg", func() []byte { return behindSOI(oneJPEG(), segment(0xee, "Adobe\x00\x64\x00\x00\x00\x00\x01")) }),
		honest(t, "jpeg-with-fill-bytes.jpg", func() []byte { return behindSOI(oneJPEG(), []byte("\xff\xff\xff"), segment(0xfe, "x")) }),
		honest(t, "jpeg-with-junk-between-segments.jpg", func() []byte { return behindSOI(oneJPEG(), segment(0xfe, "x"), []byte("\x00\x00\x12")) }),
		honest(t, "jpeg-of-two-pictures.jpg", func() []byte { return append(oneJPEG(), oneJPEG()...) }),
		honest(t, "jpeg-with-a-motion-behind-end.jpg", func() []byte { return append(oneJPEG(), film()...) }),
		honest(t, "jpeg-with-makers-note-behind-end.jpg", func() []byte {
			return bytesOf(oneJPEG(), []byte("\x00\x00\x01\x0aImage_UTC_Data1600000000000SEFHk\x00\x00\x00\x01\x00\x00\x00\x00\x00\x01\x0a$\x00\x00\x00SEFT"))
		}),
		honest(t, "jpeg-with-a-long-motion-behind-end.jpg", func() []byte {
			return bytesOf(oneJPEG(), ftyp("mp42"), moov(videoTrack()), isoBox("mdat", noise(300_000)))
		}),
		honest(t, "jpeg-with-zeros-behind-end.jpg", func() []byte { return append(oneJPEG(), make([]byte, 512)...) }),
		honest(t, "jpeg-that-says-its-height-later.jpg", func() []byte {
			j := atSOF(func(s []byte) { s[1], s[2] = 0, 0 })
			return bytesOf(j[:len(j)-2], segment(0xdc, "\x00\x1e"), j[len(j)-2:])
		}),
		honest(t, "jpeg-with-restarts.jpg", func() []byte {
			j := oneJPEG()
			return bytesOf(j[:len(j)-2], []byte("\xff\xd0\x12\xff\xd1\x13\xff\x00\xff\xff\xd9"))
		}),
		honest(t, "jpeg-header-only.jpg", func() []byte { return jpegOf(gradient(400, 300)) }).by(headerOnly),

		hostile(t, "jpeg-cut-off-in-its-picture.jpg", m, func() []byte { j := oneJPEG(); return j[:len(j)-40] }),
		hostile(t, "jpeg-cut-off-in-its-header.jpg", m, func() []byte { return oneJPEG()[:100] }),
		hostile(t, "jpeg-without-its-end.jpg", m, func() []byte { j := oneJPEG(); return j[:len(j)-2] }),
		hostile(t, "jpeg-header-only-without-its-end.jpg", m, func() []byte { j := oneJPEG(); return j[:len(j)-2] }).by(headerOnly),
		hostile(t, "jpeg-without-a-picture.jpg", m, func() []byte {
			return bytesOf([]byte("\xff\xd8"), segment(0xe0, "JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"), []byte("\xff\xd9"))
		}),
		hostile(t, "jpeg-without-coded-data.jpg", m, func() []byte {
			j := oneJPEG()
			i := bytes.Index(j, []byte{0xff, 0xda})
			return bytesOf(j[:i+14], []byte("\xff\xd9"))
		}),
		hostile(t, "jpeg-without-its-tables.jpg", m, func() []byte {
			return bytesOf([]byte("\xff\xd8"), segment(0xc0, "\x08\x00\x08\x00\x08\x01\x01\x11\x00"), segment(0xda, "\x01\x01\x00\x00\x3f\x00"), noise(40), []byte("\xff\xd9"))
		}),
		hostile(t, "jpeg-with-two-frames.jpg", m, func() []byte { return behindSOI(oneJPEG(), segment(0xc0, "\x08\x00\x08\x00\x08\x01\x01\x11\x00")) }),
		hostile(t, "jpeg-with-a-second-beginning.jpg", m, func() []byte { return behindSOI(oneJPEG(), []byte("\xff\xd8")) }),
		hostile(t, "jpeg-of-no-width.jpg", m, func() []byte { return atSOF(func(s []byte) { s[3], s[4] = 0, 0 }) }),
		hostile(t, "jpeg-of-no-height.jpg", m, func() []byte { return atSOF(func(s []byte) { s[1], s[2] = 0, 0 }) }),
		hostile(t, "jpeg-of-nine-bits.jpg", m, func() []byte { return atSOF(func(s []byte) { s[0] = 9 }) }),
		hostile(t, "jpeg-of-wild-sampling.jpg", m, func() []byte { return atSOF(func(s []byte) { s[7] = 0xff }) }),
		hostile(t, "jpeg-with-a-damaged-code-table.jpg", m, func() []byte { return behindSOI(oneJPEG(), segment(0xc4, "\x00"+strings.Repeat("\xff", 16))) }),
		hostile(t, "jpeg-with-a-damaged-quantization.jpg", m, func() []byte { return behindSOI(oneJPEG(), segment(0xdb, "\x00short")) }),
		hostile(t, "jpeg-with-a-scan-before-its-frame.jpg", m, func() []byte { return behindSOI(oneJPEG(), segment(0xda, "\x01\x01\x00\x00\x3f\x00")) }),
		hostile(t, "jpeg-with-a-marker-there-is-not.jpg", m, func() []byte { return behindSOI(oneJPEG(), segment(0x05, "x")) }),
		hostile(t, "jpeg-with-a-payload-between-segments.jpg", m, func() []byte {
			return behindSOI(oneJPEG(), segment(0xfe, "x"), bytes.ReplaceAll(noise(100_000), []byte{0xff}, []byte{1}))
		}),
		hostile(t, "jpeg-of-many-scans.jpg", airlock.Bomb, func() []byte {
			j := oneJPEG()
			return bytesOf(j[:len(j)-2], bytes.Repeat(segment(0xda, "\x01\x01\x00\x00\x3f\x00"), 600), []byte("\xff\xd9"))
		}),
		hostile(t, "jpeg-bomb-of-declared-pixels.jpg", airlock.PixelLimit, func() []byte { return atSOF(func(s []byte) { copy(s[1:], "\x7f\xff\x7f\xff") }) }),
		hostile(t, "jpeg-that-is-very-high.jpg", airlock.PixelLimit, func() []byte { return atSOF(func(s []byte) { copy(s[1:], "\xff\xdc\x00\x01") }) }),
		hostile(t, "jpeg-above-the-profiles-pixels.jpg", airlock.PixelLimit, oneJPEG).by(smallPixels),

		hostile(t, "jpeg-with-php-in-a-comment.jpg", a, func() []byte { return behindSOI(oneJPEG(), segment(0xfe, inertPHP)) }),
		hostile(t, "jpeg-with-short-php-in-a-comment.jpg", a, func() []byte { return behindSOI(oneJPEG(), segment(0xfe, "<?= inert() ?>")) }),
		hostile(t, "jpeg-with-a-page-in-a-comment.jpg", a, func() []byte { return behindSOI(oneJPEG(), segment(0xfe, inertPage)) }),
		hostile(t, "jpeg-with-php-in-exif.jpg", a, func() []byte { return behindSOI(oneJPEG(), segment(0xe1, exif("/.*/e\x00"+inertPHP))) }),
		hostile(t, "jpeg-with-script-in-exif-in-utf16.jpg", a, func() []byte {
			return behindSOI(oneJPEG(), segment(0xe1, exif(strings.Join(strings.Split("<script>inert</script>", ""), "\x00"))))
		}),
		hostile(t, "jpeg-with-djvu-in-exif.jpg", a, func() []byte {
			return behindSOI(oneJPEG(), segment(0xe1, exif("AT&TFORM\x00\x00\x00\x20DJVMANTa\x00\x00\x00\x08(inert)")))
		}),
		hostile(t, "jpeg-with-an-entity-in-xmp.jpg", a, func() []byte {
			return behindSOI(oneJPEG(), segment(0xe1, "http://ns.adobe.com/xap/1.0/\x00<?xml version=\"1.0\"?><!DOCTYPE x [<!ENTITY e SYSTEM \"file:///inert\">]><x:xmpmeta>&e;</x:xmpmeta>"))
		}),
		hostile(t, "jpeg-with-a-doctype-in-xmp.jpg", a, func() []byte {
			return behindSOI(oneJPEG(), segment(0xe1, "http://ns.adobe.com/xap/1.0/\x00<!DOCTYPE x SYSTEM \"http://192.0.2.1/x.dtd\"><x:xmpmeta/>"))
		}),
		hostile(t, "jpeg-with-script-in-a-comment-of-utf16.jpg", a, func() []byte {
			return behindSOI(oneJPEG(), segment(0xfe, strings.Join(strings.Split("<svg onload=inert()>", ""), "\x00")))
		}),
		hostile(t, "jpeg-with-a-handler-in-exif.jpg", a, func() []byte { return behindSOI(oneJPEG(), segment(0xe1, exif("'\"><img src=1 onerror=inert()>"))) }),
		hostile(t, "jpeg-with-a-handler-behind-umlauts-in-exif.jpg", a, func() []byte {
			return behindSOI(oneJPEG(), segment(0xe1, exif("<img title=\xc3\xa4 src=1 onerror=inert()>")))
		}),
		hostile(t, "jpeg-with-php-in-a-caption.jpg", a, func() []byte { return behindSOI(oneJPEG(), segment(0xed, "Photoshop 3.0\x008BIM"+inertPHP)) }),
		hostile(t, "jpeg-with-php-in-its-picture.jpg", a, func() []byte { j := oneJPEG(); return bytesOf(j[:len(j)-2], []byte(inertPHP), j[len(j)-2:]) }),
		hostile(t, "jpeg-that-is-a-script.jpg", a, func() []byte { // \xff\xd8\xff\xe0/* ... */=inert()/* ... */
			return behindSOI(oneJPEG(), segment(0xe0, "JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"+strings.Repeat("\x00", 0x2f2a-16)))
		}),
		hostile(t, "jpeg-with-script-words-in-a-comment.jpg", a, func() []byte { return behindSOI(oneJPEG(), segment(0xfe, "*/=inert()/*")) }),
		hostile(t, "jpeg-with-a-program-in-a-segment.jpg", a, func() []byte { return behindSOI(oneJPEG(), segment(0xea, string(inertEXE()))) }),
		hostile(t, "jpeg-with-a-zip-in-a-segment.jpg", a, func() []byte { return behindSOI(oneJPEG(), segment(0xe9, string(smallZip()))) }),
		hostile(t, "jpeg-with-a-zip-in-a-comment.jpg", airlock.TrailingData, func() []byte { return behindSOI(oneJPEG(), segment(0xfe, string(smallZip()))) }),
		hostile(t, "jpeg-with-zip-behind-end.jpg", airlock.TrailingData, func() []byte { return append(oneJPEG(), smallZip()...) }),
		hostile(t, "jpeg-with-rar-behind-end.jpg", airlock.TrailingData, func() []byte { return bytesOf(oneJPEG(), []byte("Rar!\x1a\x07\x01\x00"), noise(100)) }),
		hostile(t, "jpeg-with-rar-within-what-is-behind-end.jpg", airlock.TrailingData, func() []byte { return bytesOf(oneJPEG(), noise(90), []byte("Rar!\x1a\x07\x01\x00"), noise(100)) }),
		hostile(t, "jpeg-with-program-behind-a-second-picture.jpg", airlock.TrailingData, func() []byte { return bytesOf(oneJPEG(), oneJPEG(), inertEXE()) }),
		hostile(t, "jpeg-with-php-deep-behind-end.jpg", airlock.TrailingData, func() []byte { return bytesOf(oneJPEG(), noise(200_000), []byte(inertPHP), noise(200_000)) }),
		hostile(t, "jpeg-with-a-handler-behind-end.jpg", airlock.TrailingData, func() []byte { return append(oneJPEG(), "<img src=x onerror=inert()>"...) }),
		hostile(t, "jpeg-with-a-link-that-runs-in-xmp.jpg", a, func() []byte {
			return behindSOI(oneJPEG(), segment(0xe1, "http://ns.adobe.com/xap/1.0/\x00<a href=\"javascript:inert()\">x</a>"))
		}),
		hostile(t, "jpeg-with-page-behind-end.jpg", airlock.TrailingData, func() []byte { return append(oneJPEG(), inertPage...) }),
		hostile(t, "jpeg-with-zip-behind-a-second-picture.jpg", airlock.TrailingData, func() []byte { return bytesOf(oneJPEG(), oneJPEG(), smallZip()) }),
		hostile(t, "jpeg-with-pdf-inside.jpg", airlock.TypeMismatch, func() []byte { return behindSOI(oneJPEG(), segment(0xfe, "%PDF-1.4\n1 0 obj\n")) }),
		hostile(t, "jpeg-that-is-three-bytes-and-php.jpg", m, func() []byte { return []byte("\xff\xd8\xff" + inertPHP) }),
		hostile(t, "jpeg-that-is-a-gif.jpg", airlock.TypeMismatch, oneGIF),
		hostile(t, "jpeg-header-only-with-zip-behind-end.jpg", airlock.TrailingData, func() []byte { return append(oneJPEG(), smallZip()...) }).by(headerOnly),
	}
}

func gifOf(frames int) []byte {
	g := &gif.GIF{LoopCount: 0}
	for i := range frames {
		m := image.NewPaletted(image.Rect(0, 0, 20, 10), palette.Plan9)
		m.Pix[i] = 7
		g.Image, g.Delay = append(g.Image, m), append(g.Delay, 5)
	}
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, g); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func oneGIF() []byte { return gifOf(1) }

// smallGIF is a GIF by hand, of one frame; before it come blocks.
func smallGIF(blocks ...[]byte) []byte {
	return bytesOf([]byte("GIF89a\x02\x00\x02\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff"), bytes.Join(blocks, nil), []byte(",\x00\x00\x00\x00\x02\x00\x02\x00\x00\x02\x03\x44\x02\x05\x00;"))
}

func subBlocks(s string) []byte {
	var out []byte
	for len(s) > 0 {
		n := min(255, len(s))
		out = bytesOf(out, []byte{byte(n)}, []byte(s[:n]))
		s = s[n:]
	}
	return append(out, 0)
}

func gifCases() []Case {
	const t = "image/gif"
	m, a := airlock.Malformed, airlock.ActiveContent
	comment := func(s string) []byte { return append([]byte("!\xfe"), subBlocks(s)...) }
	return []Case{
		honest(t, "gif-of-a-library.gif", oneGIF),
		honest(t, "gif-animated.gif", func() []byte { return gifOf(5) }),
		honest(t, "gif-of-1987.gif", func() []byte { return put(smallGIF(), 0, "GIF87a") }),
		honest(t, "gif-with-a-comment.gif", func() []byte { return smallGIF(comment("Created with GIMP <3")) }),
		honest(t, "gif-with-xmp.gif", func() []byte {
			return smallGIF([]byte("!\xff\x0bXMP DataXMP"), subBlocks(honestXMP))
		}),
		honest(t, "gif-without-its-trailer.gif", func() []byte { g := smallGIF(); return g[:len(g)-1] }),
		honest(t, "gif-with-zeros-between-blocks.gif", func() []byte { return smallGIF([]byte{0, 0}) }),
		honest(t, "gif-with-zeros-behind-end.gif", func() []byte { return append(smallGIF(), 0, 0, 0) }),
		honest(t, "gif-with-a-frame-beyond-its-screen.gif", func() []byte { g := smallGIF(); return put(g, len(g)-16, "\x05\x00") }),
		honest(t, "gif-without-a-screen-size.gif", func() []byte { return put(smallGIF(), 6, "\x00\x00\x00\x00") }),
		honest(t, "gif-header-only.gif", func() []byte { return gifOf(3) }).by(headerOnly),

		hostile(t, "gif-with-a-page-over-the-blocks-of-a-comment.gif", airlock.ActiveContent, func() []byte {
			block := append([]byte{200}, bytes.Repeat([]byte(" a comment"), 20)...)
			first, last := bytes.Clone(block), bytes.Clone(block)
			copy(first[193:], "<svg on")
			copy(last[1:], "load=x>")
			return smallGIF(bytesOf([]byte("\x21\xfe"), block, first, last, block, []byte{0}))
		}),
		hostile(t, "gif-cut-off-in-a-frame.gif", m, func() []byte { g := oneGIF(); return g[:len(g)-10] }),
		hostile(t, "gif-cut-off-in-its-palette.gif", m, func() []byte { return oneGIF()[:100] }),
		hostile(t, "gif-without-a-picture.gif", m, func() []byte { return []byte("GIF89a\x01\x00\x01\x00\x00\x00\x00;") }),
		hostile(t, "gif-with-a-block-there-is-not.gif", m, func() []byte { return smallGIF([]byte("X")) }),
		hostile(t, "gif-with-codes-of-200-bits.gif", m, func() []byte { g := smallGIF(); return put(g, len(g)-7, "\xc8") }),
		hostile(t, "gif-that-is-six-bytes-and-php.gif", a, func() []byte { return []byte("GIF89a\n" + inertPHP) }),
		hostile(t, "gif-that-is-six-bytes.gif", m, func() []byte { return []byte("GIF89a") }),
		hostile(t, "gif-bomb-of-declared-pixels.gif", airlock.PixelLimit, func() []byte { return put(smallGIF(), 6, "\xff\x7f\xff\x7f") }),
		hostile(t, "gif-bomb-of-a-frames-pixels.gif", airlock.PixelLimit, func() []byte { g := smallGIF(); return put(g, len(g)-12, "\xff\x7f\xff\x7f") }),
		hostile(t, "gif-above-the-profiles-frames.gif", airlock.PixelLimit, func() []byte { return gifOf(3) }).by(fewFrames),
		hostile(t, "gif-of-six-thousand-frames.gif", airlock.PixelLimit, func() []byte {
			return bytesOf([]byte("GIF89a\x02\x00\x02\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff"), bytes.Repeat([]byte(",\x00\x00\x00\x00\x02\x00\x02\x00\x00\x02\x03\x44\x02\x05\x00"), 6000), []byte(";"))
		}),
		hostile(t, "gif-bomb-of-large-frames.gif", airlock.Bomb, func() []byte {
			return bytesOf([]byte("GIF89a\x10\x27\x10\x27\x80\x00\x00\x00\x00\x00\xff\xff\xff"), bytes.Repeat([]byte(",\x00\x00\x00\x00\x10\x27\x10\x27\x00\x02\x03\x44\x02\x05\x00"), 300), []byte(";"))
		}),
		hostile(t, "gif-with-php-in-a-comment.gif", a, func() []byte { return smallGIF(comment(inertPHP)) }),
		hostile(t, "gif-with-script-in-a-comment.gif", a, func() []byte { return smallGIF(comment("<script src=//inert></script>")) }),
		hostile(t, "gif-with-php-in-an-application.gif", a, func() []byte { return smallGIF([]byte("!\xff\x0bXMP DataXMP"), subBlocks(inertPHP)) }),
		hostile(t, "gif-with-php-in-its-palette.gif", a, func() []byte {
			return bytesOf([]byte("GIF89a\x02\x00\x02\x00\x82\x00\x00"), []byte("<?php inert(); ?>       "), smallGIF()[19:])
		}),
		hostile(t, "gif-that-is-a-script-by-comment.gif", a, func() []byte { return append(put(smallGIF(), 6, "/*"), "*/=inert;"...) }),
		hostile(t, "gif-that-is-a-script-by-assignment.gif", a, func() []byte { return put(smallGIF(), 6, "=1;/*") }),
		hostile(t, "gif-with-php-behind-end.gif", airlock.TrailingData, func() []byte { return append(smallGIF(), inertPHP...) }),
		hostile(t, "gif-with-jar-behind-end.gif", airlock.TrailingData, func() []byte { return append(smallGIF(), smallZip()...) }),
		hostile(t, "gif-with-pdf-behind-end.gif", airlock.TrailingData, func() []byte { return bytesOf(gifOf(4), noise(0), []byte("\n%PDF-1.7\n")) }),
		hostile(t, "gif-that-is-a-page.gif", airlock.TypeMismatch, func() []byte { return []byte(inertPage) }),
	}
}

const (
	tinyVP8L = "/\x00\x00\x00\x10\x07\x10\x11\x11\x88\x88\xfe\x07\x00"
	tinyVP8  = "0\x01\x00\x9d\x01*\x01\x00\x01\x00\x02\x004%\xa4\x00\x03p\x00\xfe\xfb\xfdP\x00"
)

func riffChunk(name, data string) []byte {
	return bytesOf([]byte(name), le32(len(data)), []byte(data), make([]byte, len(data)&1))
}

func riff(kind string, chunks ...[]byte) []byte {
	body := bytesOf([]byte(kind), bytes.Join(chunks, nil))
	return bytesOf([]byte("RIFF"), le32(len(body)), body)
}

func vp8x(flags byte, w, h int) []byte {
	return riffChunk("VP8X", string(bytesOf([]byte{flags, 0, 0, 0}, le32(w - 1)[:3], le32(h - 1)[:3])))
}

func anmf(x, w int) []byte {
	return riffChunk("ANMF", string(bytesOf(le32(x)[:3], make([]byte, 3), le32(w - 1)[:3], make([]byte, 3), le32(100)[:3], []byte{0}, riffChunk("VP8L", tinyVP8L))))
}

func webpCases() []Case {
	const t = "image/webp"
	m, a := airlock.Malformed, airlock.ActiveContent
	lossy := func() []byte { return riff("WEBP", riffChunk("VP8 ", tinyVP8)) }
	still := func(more ...[]byte) []byte {
		return riff("WEBP", append([][]byte{vp8x(12, 1, 1), riffChunk("VP8L", tinyVP8L)}, more...)...)
	}
	animated := func(n int) []byte {
		return riff("WEBP", vp8x(2, 1, 1), riffChunk("ANIM", "\x00\x00\x00\x00\x00\x00"), bytes.Repeat(anmf(0, 1), n))
	}
	return []Case{
		honest(t, "webp-lossy.webp", lossy),
		honest(t, "webp-lossless.webp", func() []byte { return riff("WEBP", riffChunk("VP8L", tinyVP8L)) }),
		honest(t, "webp-with-exif-and-xmp.webp", func() []byte { return still(riffChunk("EXIF", exif("words")), riffChunk("XMP ", honestXMP)) }),
		honest(t, "webp-with-an-unknown-chunk.webp", func() []byte { return still(riffChunk("abcd", "odd")) }),
		honest(t, "webp-animated.webp", func() []byte { return animated(3) }),
		honest(t, "webp-with-zeros-behind-end.webp", func() []byte { return append(lossy(), 0, 0, 0, 0) }),
		honest(t, "webp-header-only.webp", lossy).by(headerOnly),

		hostile(t, "webp-cut-off.webp", m, func() []byte { w := lossy(); return w[:len(w)-4] }),
		hostile(t, "webp-without-a-picture.webp", m, func() []byte { return riff("WEBP", vp8x(0, 1, 1)) }),
		hostile(t, "webp-of-another-size-than-its-canvas.webp", m, func() []byte { return riff("WEBP", vp8x(0, 5000, 5000), riffChunk("VP8L", tinyVP8L)) }),
		hostile(t, "webp-with-a-chunk-beyond-its-end.webp", m, func() []byte { return riff("WEBP", riffChunk("VP8L", tinyVP8L), []byte("EXIF\xff\xff\x00\x00xx")) }),
		hostile(t, "webp-with-two-pictures.webp", m, func() []byte { return still(riffChunk("VP8L", tinyVP8L)) }),
		hostile(t, "webp-with-a-picture-that-is-none.webp", m, func() []byte { return riff("WEBP", riffChunk("VP8 ", string(noise(400)))) }),
		hostile(t, "webp-with-a-lossless-picture-that-is-none.webp", m, func() []byte { return riff("WEBP", riffChunk("VP8L", string(noise(400)))) }),
		hostile(t, "webp-with-a-frame-beyond-its-canvas.webp", m, func() []byte {
			return riff("WEBP", vp8x(2, 1, 1), riffChunk("ANIM", "\x00\x00\x00\x00\x00\x00"), anmf(9, 1))
		}),
		hostile(t, "webp-bomb-of-declared-pixels.webp", airlock.PixelLimit, func() []byte { return riff("WEBP", vp8x(2, 1<<24, 1<<24), riffChunk("VP8L", tinyVP8L)) }),
		hostile(t, "webp-bomb-of-large-frames.webp", airlock.Bomb, func() []byte {
			frame := riffChunk("ANMF", string(bytesOf(make([]byte, 6), le32(9999)[:3], le32(9999)[:3], make([]byte, 4), riffChunk("VP8L", "/\x0f\xe7\xc3\x09\x10\x07"))))
			return riff("WEBP", vp8x(2, 10000, 10000), riffChunk("ANIM", "\x00\x00\x00\x00\x00\x00"), bytes.Repeat(frame, 300))
		}),
		hostile(t, "webp-above-the-profiles-frames.webp", airlock.PixelLimit, func() []byte { return animated(3) }).by(fewFrames),
		hostile(t, "webp-with-script-in-xmp.webp", a, func() []byte { return still(riffChunk("XMP ", "<x:xmpmeta><script>1</script></x:xmpmeta>")) }),
		hostile(t, "webp-with-php-in-exif.webp", a, func() []byte { return still(riffChunk("EXIF", exif(inertPHP))) }),
		hostile(t, "webp-with-a-program-in-a-chunk.webp", a, func() []byte { return still(riffChunk("abcd", string(inertEXE()))) }),
		hostile(t, "webp-with-zip-behind-end.webp", airlock.TrailingData, func() []byte { return append(lossy(), smallZip()...) }),
		hostile(t, "webp-with-zip-in-its-last-chunk.webp", airlock.TrailingData, func() []byte { return still(riffChunk("abcd", "x"+string(smallZip()))) }),
		hostile(t, "webp-that-is-a-wav.webp", airlock.TypeMismatch, oneWAV),
	}
}
