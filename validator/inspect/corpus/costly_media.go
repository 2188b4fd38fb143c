package corpus

import (
	"bytes"
	"strings"
)

// costly is as large as a costly file may be, with some room for what stands around.
const costly = 8<<20 - 64<<10

// filled is part over and over, up to what a costly file may have.
func filled(part []byte) []byte { return bytes.Repeat(part, costly/len(part)) }

func mediaCostly() []Case {
	var all []Case
	for _, cases := range [][]Case{pictureCostly(), boxCostly(), soundCostly(), textCostly()} {
		all = append(all, cases...)
	}
	return all
}

func pictureCostly() []Case {
	one := onePNG()
	inPNG := func(chunks []byte) []byte { return bytesOf(one[:33], chunks, one[33:]) }
	empty := zlibOf(nil)
	blank := zlibOf(bytes.Repeat([]byte("<onload "), 8<<10))
	canvas := riffChunk("VP8X", "\x02\x00\x00\x00\x03\x00\x00\x03\x00\x00")
	j := oneJPEG()
	return []Case{
		honest("image/png", "costly-png-of-tiny-packed-texts.png", func() []byte {
			return inPNG(filled(bytesOf(pngChunk("zTXt", bytesOf([]byte("a\x00\x00"), empty)), pngChunk("iTXt", bytesOf([]byte("a\x00\x01\x00\x00\x00"), empty)), pngChunk("iCCP", bytesOf([]byte("a\x00\x00"), empty)))))
		}),
		honest("image/png", "costly-png-of-packed-texts-that-grow.png", func() []byte { return inPNG(filled(pngChunk("zTXt", bytesOf([]byte("a\x00\x00"), blank)))) }),
		honest("image/png", "costly-png-of-empty-data.png", func() []byte {
			return bytesOf(one[:33], filled(pngChunk("IDAT", nil)), one[33:])
		}),
		honest("image/jpeg", "costly-jpeg-of-long-exif.jpg", func() []byte {
			return behindSOI(j, filled(segment(0xe1, "Exif\x00\x00"+strings.Repeat("<onload\x00", 8000))))
		}),
		honest("image/jpeg", "costly-jpeg-of-comments-behind-its-scan.jpg", func() []byte {
			return bytesOf(j[:len(j)-2], filled(segment(0xfe, "<")), j[len(j)-2:])
		}),
		honest("image/gif", "costly-gif-of-tiny-comments.gif", func() []byte {
			g := oneGIF()
			return bytesOf(g[:len(g)-1], filled([]byte("\x21\xfe\x01<\x00\x21\xfe\x00")), g[len(g)-1:])
		}),
		honest("image/webp", "costly-webp-of-empty-chunks.webp", func() []byte {
			return riff("WEBP", canvas, filled(riffChunk("XMP ", "")))
		}),
	}
}

func boxCostly() []Case {
	cluster := ebml(0x1f43b675, webmBlocks())
	tracks := webmTracks(webmVideo(320))
	boxes := func(n int, b []byte) []byte { return bytes.Repeat(b, min(n, costly/len(b))) }
	return []Case{
		honest("image/heic", "costly-heic-of-items-at-one-place.heic", func() []byte { return manyItems("", 2000, 64<<10) }),
		honest("image/heic", "costly-heic-of-many-items.heic", func() []byte { return manyItems("", 9_900, 16) }),
		honest("video/mp4", "costly-mp4-of-boxes-of-40-bytes.mp4", func() []byte {
			return bytesOf(ftyp("isom"), moov(videoTrack(), boxes(190_000, isoBox("meta", bytes.Repeat([]byte("<a"), 16)))), mdat())
		}),
		honest("video/quicktime", "costly-mov-of-packed-headers.mov", func() []byte {
			packed := isoBox("cmov", isoBox("cmvd", be32(0), zlibOf(bytesOf(isoBox("moov"), isoBox("free", make([]byte, 15<<20))))))
			return bytesOf(isoBox("moov", bytes.Repeat(packed, costly/len(packed))), mdat())
		}),
		honest("video/webm", "costly-webm-of-short-fillers.webm", func() []byte {
			return bytesOf(webmHeader("webm"), endless(0x18538067, filled([]byte("\xec\x84<abc")), tracks, cluster))
		}),
		honest("video/webm", "costly-webm-of-tiny-blocks.webm", func() []byte {
			return bytesOf(webmHeader("webm"), endless(0x18538067, tracks, endless(0x1f43b675, filled([]byte("\xa3\x81\x00")))))
		}),
	}
}

// manyItems is a picture with n items of Exif that lie on one another in a place of size bytes; the last
// has words of its own.
func manyItems(words string, n, size int) []byte {
	infos, places := be16(n+1), bytesOf([]byte("\x44\x00"), be16(n+1))
	infos = append(infos, isoFull("infe", 2, 0, be16(1), be16(0), []byte("hvc1\x00"))...)
	for i := range n {
		infos = append(infos, isoFull("infe", 2, 0, be16(i+2), be16(0), []byte("Exif\x00"))...)
	}
	item := func(id, at, size int) []byte {
		return bytesOf(be16(id), be16(0), be16(1), be32(at), be32(size))
	}
	shift := 7
	if words != "" {
		shift = 1
	}
	filler := bytes.Repeat([]byte("a <onload"), size/9+1)
	make := func(at int) []byte {
		loc := append(bytes.Clone(places), item(1, at, size)...)
		for i := range n {
			if i == n-1 && words != "" {
				loc = append(loc, item(i+2, at+len(filler), len(words))...)
				break
			}
			loc = append(loc, item(i+2, at+i%shift, size-7)...)
		}
		meta := isoFull("meta", 0, 0, handlerBox("pict", ""), isoFull("pitm", 0, 0, be16(1)), isoFull("iinf", 0, 0, infos), isoFull("iloc", 0, 0, loc),
			isoBox("iprp", isoBox("ipco", isoBox("hvcC", noise(20)), isoFull("ispe", 0, 0, be32(64), be32(64))), isoFull("ipma", 0, 0, be32(0))))
		return bytesOf(ftyp("heic", "mif1"), meta, isoBox("mdat", filler, []byte(words)))
	}
	return make(len(make(0)) - len(filler) - len(words))
}

func soundCostly() []Case {
	frame := bytesOf([]byte("\xff\xfb\x90\x00"), make([]byte, 413))
	text := bytesOf([]byte("TXXX"), be32(1), []byte("\x00\x00<"))
	tag := func(frames []byte) []byte {
		n := len(frames)
		return bytesOf([]byte("ID3\x03\x00\x00"), []byte{byte(n >> 21 & 127), byte(n >> 14 & 127), byte(n >> 7 & 127), byte(n & 127)}, frames)
	}
	return []Case{
		honest("audio/ogg", "costly-ogg-of-empty-pages.ogg", func() []byte { return manyPages(costly/28, "") }),
		honest("audio/ogg", "costly-ogg-with-junk-between-pages.ogg", func() []byte { return manyPages(60_000, "O") }),
		honest("audio/mpeg", "costly-mp3-of-tiny-tags.mp3", func() []byte {
			return bytesOf(tag(bytes.Repeat(text, 9_900)), bytes.Repeat(frame, 200), bytes.Repeat(bytesOf(frame, tag(nil)), 3_000), bytes.Repeat(frame, 1000))
		}),
		honest("audio/mpeg", "costly-mp3-of-headers-of-free-rate.mp3", func() []byte {
			return bytesOf(bytes.Repeat(frame, 4), bytes.Repeat([]byte("\xff\xfa\x00\x00\xff\xf2\x04\x00\xff\xe2\x08\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"), 79_000), bytes.Repeat(frame, 4))
		}),
		honest("audio/mpeg", "costly-mp3-of-tag-marks.mp3", func() []byte {
			return bytesOf(bytes.Repeat(frame, 2500), bytes.Repeat([]byte("ID3\x03\x00\x00\x00\x00\x00\x00"), 100_000), bytes.Repeat(frame, 4))
		}),
		honest("audio/wav", "costly-wav-of-small-chunks.wav", func() []byte {
			return riff("WAVE", fmtChunk(), bytes.Repeat(riffChunk("LIST", strings.Repeat("<onload ", 100)), 9_900), riffChunk("data", "xx"))
		}),
		honest("audio/wav", "costly-wav-of-empty-chunks.wav", func() []byte {
			return riff("WAVE", fmtChunk(), riffChunk("data", "xx"), filled(riffChunk("LIST", "")))
		}),
	}
}

// manyPages is an Ogg of n empty pages, with something between them.
func manyPages(n int, between string) []byte {
	b := bytesOf(oggPage(2, 1, 0, []byte("OpusHead\x01\x01\x00\x00\x80\xbb\x00\x00\x00\x00\x00")), oggPage(0, 1, 1, []byte("OpusTags")))
	page := oggPage(0, 1, 2, nil)
	for range n {
		b = append(append(b, page...), between...)
	}
	return b
}

func textCostly() []Case {
	return []Case{
		honest("application/json", "costly-json-of-nested-values.json", func() []byte {
			one := strings.Repeat(`{"":[`, 499) + strings.Repeat(`]}`, 499) + ","
			return []byte("[" + strings.Repeat(one, costly/len(one)) + "0]")
		}),
		honest("application/json", "costly-json-of-escapes.json", func() []byte {
			return []byte(`["` + strings.Repeat(`\ud83d\ude00`, costly/12) + `"]`)
		}),
		honest("text/plain", "costly-text-of-tags.txt", func() []byte { return []byte("a\n" + strings.Repeat("<", costly)) }),
		honest("text/csv", "costly-csv-of-quotes.csv", func() []byte { return []byte("a,b\n" + strings.Repeat(`"=","""",`, costly/10)) }),
		honest("text/csv", "costly-csv-of-formulas.csv", func() []byte { return []byte(strings.Repeat("=A(A(A(\"x\"&", costly/11)) }),
	}
}
