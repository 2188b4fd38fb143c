package corpus

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/png"
	"strings"

	"airlock"
)

// honest and hostile make cases; a hostile one says what is to be said of it.
func honest(mediaType, name string, make func() []byte) Case {
	return Case{Name: name, Type: mediaType, Make: make}
}

func hostile(mediaType, name string, want airlock.Reason, make func() []byte) Case {
	return Case{Name: name, Type: mediaType, Want: want, Make: make}
}

// by changes the profile that a case is judged by.
func (c Case) by(change func(*airlock.Profile)) Case {
	c.Change = change
	return c
}

func allowActive(p *airlock.Profile) { p.ActiveContent = "allow" }
func smallPixels(p *airlock.Profile) { p.Limits.MaxPixels = 100 }
func shortSides(p *airlock.Profile)  { p.Limits.MaxSide = 20 }
func fewFrames(p *airlock.Profile)   { p.Limits.MaxFrames = 2 }
func littleSpace(p *airlock.Profile) { p.Limits.MaxUnpackedBytes = 512 }
func allowLocked(p *airlock.Profile) { p.Limits.Encrypted = "allow" }
func bytesOf(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
func be32(n int) []byte              { return binary.BigEndian.AppendUint32(nil, uint32(n)) }
func be16(n int) []byte              { return binary.BigEndian.AppendUint16(nil, uint16(n)) }
func le32(n int) []byte              { return binary.LittleEndian.AppendUint32(nil, uint32(n)) }
func le16(n int) []byte              { return binary.LittleEndian.AppendUint16(nil, uint16(n)) }
func put(b []byte, at int, s string) []byte {
	b = bytes.Clone(b)
	copy(b[at:], s)
	return b
}

// noise is the same bytes each time, which look like packed data.
func noise(n int) []byte {
	b, x := make([]byte, n), uint32(2463534242)
	for i := range b {
		x ^= x << 13
		x ^= x >> 17
		x ^= x << 5
		b[i] = byte(x >> 24)
	}
	return b
}

// A small zip archive with one stored entry, an inert "program", and pages.
func smallZip() []byte {
	name, data := "a.txt", "inert"
	sum := crc32.ChecksumIEEE([]byte(data))
	local := bytesOf([]byte("PK\x03\x04\x14\x00\x00\x00\x00\x00\x00\x00\x00\x00"), le32(int(sum)), le32(len(data)), le32(len(data)), le16(len(name)), le16(0), []byte(name+data))
	central := bytesOf([]byte("PK\x01\x02\x14\x00\x14\x00\x00\x00\x00\x00\x00\x00\x00\x00"), le32(int(sum)), le32(len(data)), le32(len(data)), le16(len(name)), make([]byte, 16), []byte(name))
	return bytesOf(local, central, []byte("PK\x05\x06\x00\x00\x00\x00\x01\x00\x01\x00"), le32(len(central)), le32(len(local)), le16(0))
}

func inertEXE() []byte {
	return bytesOf([]byte("MZ\x90\x00"), make([]byte, 56), le32(128), make([]byte, 64), []byte("PE\x00\x00"), make([]byte, 64))
}

const (
	inertPHP  = "<?php /* inert */ ?>"
	inertPage = "<!DOCTYPE html><html><script>/* inert */</script></html>"
	honestXMP = "<?xpacket begin=\"\ufeff\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?><x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\"/></x:xmpmeta><?xpacket end=\"w\"?>"
)

func gradient(w, h int) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.Set(x, y, color.NRGBA{uint8(x * 5), uint8(y * 7), uint8(x ^ y), 255})
		}
	}
	return m
}

func paletted(w, h int) *image.Paletted {
	m := image.NewPaletted(image.Rect(0, 0, w, h), color.Palette{color.Black, color.White, color.RGBA{255, 0, 0, 255}})
	for i := range m.Pix {
		m.Pix[i] = uint8(i % 3)
	}
	return m
}

func pngOf(m image.Image) []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func onePNG() []byte { return pngOf(gradient(40, 30)) }

func pngChunk(name string, data []byte) []byte {
	return bytesOf(be32(len(data)), []byte(name), data, be32(int(crc32.ChecksumIEEE(append([]byte(name), data...)))))
}

// behindIHDR puts chunks between a PNG's first chunk and its others.
func behindIHDR(p []byte, chunks ...[]byte) []byte {
	return bytesOf(p[:33], bytes.Join(chunks, nil), p[33:])
}

// beforeIEND puts chunks before the last.
func beforeIEND(p []byte, chunks ...[]byte) []byte {
	return bytesOf(p[:len(p)-12], bytes.Join(chunks, nil), p[len(p)-12:])
}

func zlibOf(data []byte) []byte {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	_, _ = w.Write(data)
	_ = w.Close()
	return b.Bytes()
}

func ihdr(w, h int, depth, colour, lace byte) []byte {
	return pngChunk("IHDR", bytesOf(be32(w), be32(h), []byte{depth, colour, 0, 0, lace}))
}

// plainPNG is a PNG by hand: an IHDR and what is deflated in one IDAT.
func plainPNG(ihdr []byte, rows []byte) []byte {
	return bytesOf([]byte("\x89PNG\r\n\x1a\n"), ihdr, pngChunk("IDAT", zlibOf(rows)), pngChunk("IEND", nil))
}

func apng(frames int) []byte {
	rows := bytes.Repeat(append([]byte{0}, make([]byte, 8)...), 8)
	control := func(n int) []byte {
		return pngChunk("fcTL", bytesOf(be32(n), be32(8), be32(8), be32(0), be32(0), be16(1), be16(25), []byte{0, 0}))
	}
	out := bytesOf([]byte("\x89PNG\r\n\x1a\n"), ihdr(8, 8, 8, 0, 0), pngChunk("acTL", bytesOf(be32(frames), be32(0))), control(0), pngChunk("IDAT", zlibOf(rows)))
	for i := 1; i < frames; i++ {
		out = bytesOf(out, control(2*i-1), pngChunk("fdAT", append(be32(2*i), zlibOf(rows)...)))
	}
	return append(out, pngChunk("IEND", nil)...)
}

func text(key, value string) []byte { return pngChunk("tEXt", []byte(key+"\x00"+value)) }
func ztext(key, value string) []byte {
	return pngChunk("zTXt", append([]byte(key+"\x00\x00"), zlibOf([]byte(value))...))
}
func itext(key, value string) []byte {
	return pngChunk("iTXt", []byte(key+"\x00\x00\x00\x00\x00"+value))
}

func pngCases() []Case {
	const t = "image/png"
	m := airlock.Malformed
	cases := []Case{
		honest(t, "png-of-a-library.png", onePNG),
		honest(t, "png-with-a-palette.png", func() []byte { return pngOf(paletted(33, 17)) }),
		honest(t, "png-grey-with-16-bits.png", func() []byte { return pngOf(image.NewGray16(image.Rect(0, 0, 5, 5))) }),
		honest(t, "png-interlaced.png", func() []byte { return plainPNG(ihdr(3, 3, 8, 0, 1), make([]byte, 2+2+8+4)) }),
		honest(t, "png-with-two-idats.png", func() []byte {
			z := zlibOf(make([]byte, 9*8))
			return bytesOf([]byte("\x89PNG\r\n\x1a\n"), ihdr(8, 8, 8, 0, 0), pngChunk("IDAT", z[:5]), pngChunk("IDAT", nil), pngChunk("IDAT", z[5:]), pngChunk("IEND", nil))
		}),
		honest(t, "png-with-xmp.png", func() []byte { return behindIHDR(onePNG(), itext("XML:com.adobe.xmp", honestXMP)) }),
		honest(t, "png-with-texts.png", func() []byte {
			return behindIHDR(onePNG(), text("Software", "a < b && c > d, see <https://example.org>"), ztext("Comment", "hello"), itext("Title", "Ein <b>Bild</b>"))
		}),
		honest(t, "png-with-a-diagram.png", func() []byte { // draw.io's
			return behindIHDR(onePNG(), text("mxfile", "%3Cmxfile%20host%3D%22app%22%3E%3C%2Fmxfile%3E"), ztext("mxGraphModel", "<mxGraphModel><root/></mxGraphModel>"))
		}),
		honest(t, "png-with-wrong-checksum-of-a-date.png", func() []byte { // readers warn only
			c := pngChunk("tIME", []byte{7, 232, 1, 1, 0, 0, 0})
			c[len(c)-1] ^= 1
			return behindIHDR(onePNG(), c)
		}),
		honest(t, "png-with-wrong-zlib-sum.png", func() []byte { // libpng does not ask
			z := zlibOf(make([]byte, 9*8))
			z[len(z)-1] ^= 1
			return bytesOf([]byte("\x89PNG\r\n\x1a\n"), ihdr(8, 8, 8, 0, 0), pngChunk("IDAT", z), pngChunk("IEND", nil))
		}),
		honest(t, "png-for-ios.png", func() []byte { // Xcode's: CgBI first, no zlib header
			z := zlibOf(make([]byte, 8*(8*4+1)))
			return bytesOf([]byte("\x89PNG\r\n\x1a\n"), pngChunk("CgBI", []byte{0x50, 0, 0x20, 2}), ihdr(8, 8, 8, 6, 0), pngChunk("IDAT", z[2:len(z)-4]), pngChunk("IEND", nil))
		}),
		honest(t, "png-with-zeros-behind-end.png", func() []byte { return append(onePNG(), make([]byte, 100)...) }),
		honest(t, "png-with-a-note-behind-end.png", func() []byte { return append(onePNG(), "made by a scanner\n"...) }),
		honest(t, "png-animated.png", func() []byte { return apng(3) }),
		honest("image/apng", "apng-of-three-frames.apng", func() []byte { return apng(3) }),
		honest("image/apng", "apng-that-stands-still.apng", onePNG),
		honest(t, "png-header-only-with-damaged-data.png", func() []byte { return put(pngOf(gradient(300, 300)), 1400, "xxxx") }).by(headerOnly),
		honest(t, "png-with-php-allowed.png", func() []byte { return behindIHDR(onePNG(), text("Comment", inertPHP)) }).by(allowActive),

		honest("image/png", "png-with-200-packed-texts.png", func() []byte {
			return behindIHDR(onePNG(), bytes.Repeat(pngChunk("zTXt", bytesOf([]byte("Comment\x00\x00"), zlibOf([]byte("made by hand")))), 200))
		}),
		hostile("image/png", "png-with-php-in-the-last-of-its-packed-texts.png", airlock.ActiveContent, func() []byte {
			plain := pngChunk("zTXt", bytesOf([]byte("a\x00\x00"), zlibOf([]byte("made by hand"))))
			return behindIHDR(onePNG(), bytesOf(bytes.Repeat(plain, 500), pngChunk("zTXt", bytesOf([]byte("a\x00\x00"), zlibOf([]byte(inertPHP))))))
		}),
		hostile("image/png", "png-with-more-packed-texts-than-readers-keep.png", airlock.Uninspectable, func() []byte {
			return behindIHDR(onePNG(), bytes.Repeat(pngChunk("zTXt", bytesOf([]byte("a\x00\x00"), zlibOf(nil))), 1001))
		}),
		hostile("image/png", "png-bomb-of-many-packed-texts.png", airlock.Bomb, func() []byte {
			return behindIHDR(onePNG(), bytes.Repeat(pngChunk("zTXt", bytesOf([]byte("a\x00\x00"), zlibOf(make([]byte, 15<<20)))), 5))
		}),
		hostile(t, "png-cut-off.png", m, func() []byte { p := onePNG(); return p[:len(p)/2] }),
		hostile(t, "png-without-its-last-chunk.png", m, func() []byte { p := onePNG(); return p[:len(p)-12] }),
		hostile(t, "png-with-wrong-checksum-of-its-data.png", m, func() []byte { p := onePNG(); p[len(p)-14] ^= 1; return p }),
		hostile(t, "png-with-wrong-checksum-of-its-header.png", m, func() []byte { p := onePNG(); p[30] ^= 1; return p }),
		hostile(t, "png-with-a-chunk-beyond-the-end.png", m, func() []byte { return behindIHDR(onePNG(), be32(1<<30), []byte("tEXt")) }),
		hostile(t, "png-without-data.png", m, func() []byte { return bytesOf(onePNG()[:33], pngChunk("IEND", nil)) }),
		hostile(t, "png-with-two-headers.png", m, func() []byte { return behindIHDR(onePNG(), ihdr(1, 1, 8, 0, 0)) }),
		hostile(t, "png-with-a-text-first.png", m, func() []byte { p := onePNG(); return bytesOf(p[:8], text("a", "b"), p[8:]) }),
		hostile(t, "png-of-no-width.png", m, func() []byte { return plainPNG(ihdr(0, 5, 8, 0, 0), nil) }),
		hostile(t, "png-of-a-colour-there-is-not.png", m, func() []byte { return plainPNG(ihdr(2, 2, 8, 5, 0), make([]byte, 6)) }),
		hostile(t, "png-of-a-depth-its-colour-has-not.png", m, func() []byte { return plainPNG(ihdr(2, 2, 4, 2, 0), make([]byte, 12)) }),
		hostile(t, "png-with-data-apart.png", m, func() []byte {
			z := zlibOf(make([]byte, 9*8))
			return bytesOf([]byte("\x89PNG\r\n\x1a\n"), ihdr(8, 8, 8, 0, 0), pngChunk("IDAT", z[:5]), text("a", "b"), pngChunk("IDAT", z[5:]), pngChunk("IEND", nil))
		}),
		hostile(t, "png-with-needed-palette-missing.png", m, func() []byte { return plainPNG(ihdr(2, 2, 8, 3, 0), make([]byte, 6)) }),
		hostile(t, "png-with-an-unknown-needed-chunk.png", m, func() []byte { return behindIHDR(onePNG(), pngChunk("EVIL", []byte("x"))) }),
		hostile(t, "png-with-a-chunk-of-a-binary-name.png", m, func() []byte { return behindIHDR(onePNG(), pngChunk("\x00\x01\x02\x03", nil)) }),
		hostile(t, "png-with-too-little-picture.png", m, func() []byte { return plainPNG(ihdr(100, 100, 8, 2, 0), make([]byte, 500)) }),
		hostile(t, "png-with-data-that-is-not-packed.png", m, func() []byte {
			return bytesOf([]byte("\x89PNG\r\n\x1a\n"), ihdr(8, 8, 8, 0, 0), pngChunk("IDAT", noise(4000)), pngChunk("IEND", nil))
		}),
		hostile(t, "png-with-a-payload-behind-its-picture-in-idat.png", m, func() []byte {
			return bytesOf([]byte("\x89PNG\r\n\x1a\n"), ihdr(8, 8, 8, 0, 0), pngChunk("IDAT", append(zlibOf(make([]byte, 72)), noise(5000)...)), pngChunk("IEND", nil))
		}),
		hostile(t, "png-with-wrong-frame-order.apng.png", m, func() []byte {
			p := apng(3)
			i := bytes.LastIndex(p, []byte("fdAT"))
			return bytesOf(p[:i-4], pngChunk("fdAT", append(be32(9), zlibOf(make([]byte, 72))...)), pngChunk("IEND", nil))
		}),
		hostile(t, "png-with-a-frame-beyond-its-picture.png", m, func() []byte {
			return bytesOf([]byte("\x89PNG\r\n\x1a\n"), ihdr(8, 8, 8, 0, 0), pngChunk("acTL", bytesOf(be32(1), be32(0))),
				pngChunk("fcTL", bytesOf(be32(0), be32(8), be32(8), be32(4), be32(4), be16(1), be16(25), []byte{0, 0})), pngChunk("IDAT", zlibOf(make([]byte, 72))), pngChunk("IEND", nil))
		}),

		hostile(t, "png-bomb-of-declared-pixels.png", airlock.PixelLimit, func() []byte { return plainPNG(ihdr(30000, 30000, 8, 0, 0), make([]byte, 30001)) }),
		hostile(t, "png-that-is-very-wide.png", airlock.PixelLimit, func() []byte { return plainPNG(ihdr(1<<20, 1, 1, 0, 0), make([]byte, 1<<17+1)) }),
		hostile(t, "png-above-the-profiles-pixels.png", airlock.PixelLimit, onePNG).by(smallPixels),
		hostile(t, "png-above-the-profiles-side.png", airlock.PixelLimit, onePNG).by(shortSides),
		hostile(t, "png-above-the-profiles-frames.png", airlock.PixelLimit, func() []byte { return apng(3) }).by(fewFrames),
		hostile(t, "png-that-claims-a-million-frames.png", airlock.PixelLimit, func() []byte {
			return behindIHDR(plainPNG(ihdr(8, 8, 8, 0, 0), make([]byte, 72)), pngChunk("acTL", bytesOf(be32(1e6), be32(0))))
		}),
		hostile(t, "png-bomb-of-data-beyond-its-pixels.png", airlock.Bomb, func() []byte { return plainPNG(ihdr(8, 8, 8, 0, 0), make([]byte, 8<<20)) }),
		hostile(t, "png-bomb-in-a-packed-text.png", airlock.Bomb, func() []byte { return behindIHDR(onePNG(), ztext("Comment", strings.Repeat("a", 20<<20))) }),
		hostile(t, "png-bomb-in-a-colour-profile.png", airlock.Bomb, func() []byte {
			return behindIHDR(onePNG(), pngChunk("iCCP", append([]byte("x\x00\x00"), zlibOf(make([]byte, 20<<20))...)))
		}),
		hostile(t, "png-above-the-profiles-space.png", airlock.Bomb, onePNG).by(littleSpace),
	}
	return append(cases, pngPolyglots()...)
}

func pngPolyglots() []Case {
	const t = "image/png"
	a := airlock.ActiveContent
	return []Case{
		hostile(t, "png-with-php-in-a-text.png", a, func() []byte { return behindIHDR(onePNG(), text("Comment", inertPHP)) }),
		hostile(t, "png-with-short-php-in-a-text.png", a, func() []byte { return behindIHDR(onePNG(), text("Comment", "<?=`inert`?>")) }),
		hostile(t, "png-with-php-in-a-packed-text.png", a, func() []byte { return behindIHDR(onePNG(), ztext("Comment", inertPHP)) }),
		hostile(t, "png-with-script-in-an-international-text.png", a, func() []byte { return behindIHDR(onePNG(), itext("Title", "<ScRiPt>1</sCrIpT>")) }),
		hostile(t, "png-with-a-handler-in-a-text.png", a, func() []byte { return beforeIEND(onePNG(), text("Title", "\"><img src=x onerror=inert()>")) }),
		hostile(t, "png-with-svg-in-a-text.png", a, func() []byte { return behindIHDR(onePNG(), text("Title", "<svg onload=inert()>")) }),
		hostile(t, "png-with-jsp-in-a-text.png", a, func() []byte { return behindIHDR(onePNG(), text("Comment", "<%@ page language=\"java\" %>")) }),
		hostile(t, "png-with-script-in-xmp.png", a, func() []byte {
			return behindIHDR(onePNG(), itext("XML:com.adobe.xmp", strings.Replace(honestXMP, "<rdf", "<script>1</script><rdf", 1)))
		}),
		hostile(t, "png-with-php-in-its-palette.png", a, func() []byte {
			return bytesOf([]byte("\x89PNG\r\n\x1a\n"), ihdr(2, 2, 8, 3, 0), pngChunk("PLTE", []byte("<?php inert(); ?>      ")[:21]), pngChunk("IDAT", zlibOf(make([]byte, 6))), pngChunk("IEND", nil))
		}),
		hostile(t, "png-with-php-in-its-pixels.png", a, func() []byte { // as stored deflate shows it, byte by byte
			rows := append([]byte{0}, "<?=$_GET[0]($_POST[1]);?>........."[:24]...)
			z := bytesOf([]byte{0x78, 0x01, 0x01}, le16(len(rows)), le16(^len(rows)), rows, []byte{0, 0, 0, 0})
			return bytesOf([]byte("\x89PNG\r\n\x1a\n"), ihdr(8, 1, 8, 2, 0), pngChunk("IDAT", z), pngChunk("IEND", nil))
		}),
		hostile(t, "png-with-a-program-in-a-chunk.png", a, func() []byte { return behindIHDR(onePNG(), pngChunk("exEc", inertEXE())) }),
		hostile(t, "png-with-exif-that-runs.png", a, func() []byte {
			return behindIHDR(onePNG(), pngChunk("eXIf", []byte("MM\x00*\x00\x00\x00\x08\x00\x00\x00<?php inert();?>")))
		}),
		hostile(t, "png-with-zip-behind-end.png", airlock.TrailingData, func() []byte { return append(onePNG(), smallZip()...) }),
		hostile(t, "png-with-page-behind-end.png", airlock.TrailingData, func() []byte { return append(onePNG(), inertPage...) }),
		hostile(t, "png-with-program-behind-end.png", airlock.TrailingData, func() []byte { return append(onePNG(), inertEXE()...) }),
		hostile(t, "png-with-php-far-behind-end.png", airlock.TrailingData, func() []byte { return bytesOf(onePNG(), make([]byte, 3000), []byte(inertPHP)) }),
		hostile(t, "png-that-ends-as-zip-within-a-chunk.png", a, func() []byte { return beforeIEND(onePNG(), pngChunk("ziPp", smallZip())) }),
		hostile(t, "png-whose-chunk-ends-as-zip.png", airlock.TrailingData, func() []byte {
			return beforeIEND(onePNG(), pngChunk("daTa", append([]byte("hidden: "), smallZip()...)))
		}),
		hostile(t, "png-that-is-a-page.png", airlock.TypeMismatch, func() []byte { return []byte(inertPage) }),
		hostile(t, "png-that-is-a-jpeg.png", airlock.TypeMismatch, oneJPEG),
		hostile(t, "png-that-is-a-signature-alone.png", airlock.Malformed, func() []byte { return []byte("\x89PNG\r\n\x1a\n") }),
		hostile(t, "png-that-is-a-signature-and-php.png", airlock.Malformed, func() []byte { return []byte("\x89PNG\r\n\x1a\n" + inertPHP) }),
		hostile(t, "png-header-only-with-zip-behind-end.png", airlock.TrailingData, func() []byte { return append(onePNG(), smallZip()...) }).by(headerOnly),
		hostile(t, "png-header-only-with-php-in-a-text.png", a, func() []byte { return behindIHDR(onePNG(), text("Comment", inertPHP)) }).by(headerOnly),
	}
}
