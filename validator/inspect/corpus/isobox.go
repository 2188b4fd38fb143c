package corpus

import (
	"bytes"
	"encoding/binary"

	"airlock"
)

func isoBox(kind string, parts ...[]byte) []byte {
	body := bytes.Join(parts, nil)
	return bytesOf(be32(len(body)+8), []byte(kind), body)
}

func isoFull(kind string, version byte, flags int, parts ...[]byte) []byte {
	return isoBox(kind, append([][]byte{{version, byte(flags >> 16), byte(flags >> 8), byte(flags)}}, parts...)...)
}

func ftyp(brands ...string) []byte {
	b := []byte(brands[0] + "\x00\x00\x00\x00")
	for _, x := range brands {
		b = append(b, x...)
	}
	return isoBox("ftyp", b)
}

func handlerBox(kind, name string) []byte {
	return isoFull("hdlr", 0, 0, be32(0), []byte(kind), make([]byte, 12), []byte(name+"\x00"))
}

// isoTrack is a track of handler and codec, whose samples lie in the file unless dref says otherwise.
func isoTrack(handler, codec string, w, h int, dref []byte) []byte {
	if dref == nil {
		dref = isoFull("url ", 0, 1)
	}
	entry := isoBox(codec, make([]byte, 6), be16(1), make([]byte, 16), be16(w), be16(h), make([]byte, 50))
	return isoBox("trak",
		isoFull("tkhd", 0, 7, make([]byte, 80)),
		isoBox("mdia", isoFull("mdhd", 0, 0, make([]byte, 20)), handlerBox(handler, "a handler"),
			isoBox("minf", isoBox("dinf", isoFull("dref", 0, 0, be32(1), dref)),
				isoBox("stbl", isoFull("stsd", 0, 0, be32(1), entry), isoFull("stts", 0, 0, be32(0)), isoFull("stco", 0, 0, be32(0))))))
}

func moov(parts ...[]byte) []byte {
	return isoBox("moov", append([][]byte{isoFull("mvhd", 0, 0, make([]byte, 96))}, parts...)...)
}

func videoTrack() []byte { return isoTrack("vide", "avc1", 320, 240, nil) }
func soundTrack() []byte { return isoTrack("soun", "mp4a", 0, 0, nil) }
func mdat() []byte       { return isoBox("mdat", noise(600)) }

func film() []byte {
	return bytesOf(ftyp("isom", "iso2", "avc1", "mp41"), moov(videoTrack(), soundTrack()), isoBox("free"), mdat())
}

func sound() []byte { return bytesOf(ftyp("M4A ", "mp42", "isom"), moov(soundTrack()), mdat()) }

func isoCases() []Case {
	const t = "video/mp4"
	m, a := airlock.Malformed, airlock.ActiveContent
	large := func() []byte { // 64 bits of size
		data := noise(64)
		return bytesOf(ftyp("isom"), moov(videoTrack()), be32(1), []byte("mdat"), binary.BigEndian.AppendUint64(nil, uint64(len(data)+16)), data)
	}
	return []Case{
		honest(t, "mp4-film.mp4", film),
		honest(t, "mp4-with-its-header-at-the-end.mp4", func() []byte { return bytesOf(ftyp("mp42", "isom"), mdat(), moov(videoTrack())) }),
		honest(t, "mp4-in-fragments.mp4", func() []byte {
			fragment := bytesOf(isoBox("moof", isoFull("mfhd", 0, 0, be32(1))), mdat())
			return bytesOf(ftyp("iso5", "dash"), moov(isoBox("mvex"), videoTrack()), isoBox("sidx", make([]byte, 24)), fragment, isoFull("emsg", 0, 0, make([]byte, 20)), fragment)
		}),
		honest(t, "mp4-with-64-bits-of-size.mp4", large),
		honest(t, "mp4-with-data-up-to-the-end.mp4", func() []byte { return bytesOf(ftyp("isom"), moov(videoTrack()), be32(0), []byte("mdat"), noise(99)) }),
		honest(t, "mp4-of-an-android-phone.mp4", func() []byte { return bytesOf(ftyp("3gp4", "isom", "3gp4"), moov(videoTrack()), mdat()) }),
		honest(t, "mp4-of-a-camera.mp4", func() []byte {
			return bytesOf(ftyp("MSNV", "MSNV", "mp42"), isoBox("uuid", noise(64)), moov(videoTrack()), mdat())
		}),
		honest(t, "mp4-of-sound-alone.mp4", func() []byte { return bytesOf(ftyp("mp42", "isom"), moov(soundTrack()), mdat()) }),
		honest(t, "mp4-renamed-from-mov.mp4", func() []byte { return bytesOf(ftyp("qt  "), isoBox("wide"), mdat(), moov(videoTrack())) }),
		honest(t, "mp4-with-zeros-behind-end.mp4", func() []byte { return append(film(), make([]byte, 40)...) }),
		honest(t, "mp4-with-a-makers-note-behind-end.mp4", func() []byte { return append(film(), "\xff\xfe\xfd maker's note"...) }),
		honest(t, "mp4-with-words-in-its-data.mp4", func() []byte {
			return bytesOf(ftyp("isom"), moov(videoTrack(), isoBox("udta", isoBox("\xa9nam", []byte("a <b>film</b> & more")))), mdat())
		}),
		honest(t, "mp4-header-only.mp4", film).by(headerOnly),
		honest("video/x-m4v", "m4v-film.m4v", func() []byte { return bytesOf(ftyp("M4V ", "M4A ", "mp42"), moov(videoTrack(), soundTrack()), mdat()) }),
		honest("video/quicktime", "mov-film.mov", func() []byte { return bytesOf(ftyp("qt  "), isoBox("wide"), mdat(), moov(videoTrack())) }),
		honest("video/quicktime", "mov-of-an-old-camera.mov", func() []byte { return bytesOf(isoBox("wide"), mdat(), moov(videoTrack(), make([]byte, 4))) }),
		honest("video/quicktime", "mov-that-begins-by-its-header.mov", func() []byte { return bytesOf(moov(videoTrack()), mdat()) }),
		honest("video/quicktime", "mov-with-an-alias.mov", func() []byte {
			return bytesOf(ftyp("qt  "), moov(isoTrack("vide", "avc1", 320, 240, isoFull("alis", 0, 1))), mdat())
		}),
		honest("video/quicktime", "mov-with-a-packed-header.mov", func() []byte {
			inner := moov(videoTrack())
			return bytesOf(isoBox("moov", isoBox("cmov", isoBox("dcom", []byte("zlib")), isoBox("cmvd", be32(len(inner)), zlibOf(inner)))), mdat())
		}),
		honest("audio/x-m4a", "m4a-sound.m4a", sound),
		honest("audio/mp4", "m4a-of-an-android-phone.m4a", func() []byte { return bytesOf(ftyp("mp42", "isom"), moov(soundTrack()), mdat()) }),
		honest("audio/mp4", "m4a-in-fragments.m4a", func() []byte {
			return bytesOf(ftyp("dash", "iso6"), moov(soundTrack()), isoBox("sidx", make([]byte, 24)), isoBox("moof", isoFull("mfhd", 0, 0, be32(1))), mdat())
		}),
		honest("audio/mp4", "m4a-with-chapters-and-cover.m4a", func() []byte {
			return bytesOf(ftyp("M4A ", "M4B "), moov(soundTrack(), isoTrack("text", "text", 0, 0, nil), isoTrack("vide", "jpeg", 600, 600, nil)), mdat())
		}),

		hostile("video/quicktime", "mov-with-two-packed-headers.mov", m, func() []byte {
			packed := isoBox("cmov", isoBox("cmvd", be32(0), zlibOf(moov(videoTrack()))))
			return bytesOf(isoBox("moov", packed, packed), mdat())
		}),
		hostile("video/quicktime", "mov-with-a-packed-header-in-a-packed-header.mov", m, func() []byte {
			inner := isoBox("moov", isoBox("cmov", isoBox("cmvd", be32(0), zlibOf(moov(videoTrack())))))
			return bytesOf(isoBox("moov", isoBox("cmov", isoBox("cmvd", be32(0), zlibOf(inner)))), mdat())
		}),

		hostile(t, "mp4-cut-off.mp4", m, func() []byte { f := film(); return f[:len(f)-100] }),
		hostile(t, "mp4-without-a-header.mp4", m, func() []byte { return bytesOf(ftyp("isom"), mdat()) }),
		hostile(t, "mp4-without-tracks.mp4", m, func() []byte { return bytesOf(ftyp("isom"), moov(), mdat()) }),
		hostile(t, "mp4-of-a-text-track-alone.mp4", m, func() []byte { return bytesOf(ftyp("isom"), moov(isoTrack("text", "text", 0, 0, nil)), mdat()) }),
		hostile(t, "mp4-whose-samples-lie-beyond-its-end.mp4", m, func() []byte {
			f := film()
			i := bytes.Index(f, []byte("stco"))
			return bytesOf(put(f, i+8, "\x00\x00\x00\x01")[:i+12], be32(1<<30), f[i+12:])
		}),
		hostile(t, "mp4-whose-fragment-is-noise.mp4", m, func() []byte { return bytesOf(ftyp("iso5"), moov(videoTrack()), isoBox("moof", noise(90)), mdat()) }),
		hostile(t, "mp4-without-data.mp4", m, func() []byte { return bytesOf(ftyp("isom"), moov(videoTrack())) }),
		hostile(t, "mp4-that-is-ftyp-alone.mp4", m, func() []byte { return ftyp("isom", "mp42") }),
		hostile(t, "mp4-that-is-ftyp-and-noise.mp4", m, func() []byte { return append(ftyp("isom"), noise(5000)...) }),
		hostile(t, "mp4-that-is-ftyp-and-php.mp4", m, func() []byte { return append(ftyp("isom"), inertPHP...) }),
		hostile(t, "mp4-with-a-track-beyond-its-header.mp4", m, func() []byte {
			v := videoTrack()
			copy(v, be32(len(v)+500))
			return bytesOf(ftyp("isom"), moov(v), mdat())
		}),
		hostile(t, "mp4-with-two-headers.mp4", m, func() []byte { return bytesOf(ftyp("isom"), moov(videoTrack()), moov(videoTrack()), mdat()) }),
		hostile(t, "mp4-of-boxes-in-boxes.mp4", m, func() []byte {
			b := isoBox("stbl")
			for range 50 {
				b = isoBox("mdia", b)
			}
			return bytesOf(ftyp("isom"), moov(isoBox("trak", b), videoTrack()), mdat())
		}),
		hostile(t, "mp4-with-an-endless-ftyp.mp4", m, func() []byte { f := film(); return put(f, 0, "\x00\x00\x13\x88") }),
		hostile(t, "mp4-of-too-many-pixels.mp4", airlock.PixelLimit, func() []byte { return bytesOf(ftyp("isom"), moov(isoTrack("vide", "avc1", 65535, 65535, nil)), mdat()) }),
		hostile(t, "mp4-that-is-encrypted.mp4", airlock.Encrypted, func() []byte { return bytesOf(ftyp("isom"), moov(isoTrack("vide", "encv", 320, 240, nil)), mdat()) }),
		honest(t, "mp4-encrypted-and-allowed.mp4", func() []byte { return bytesOf(ftyp("isom"), moov(isoTrack("vide", "encv", 320, 240, nil)), mdat()) }).by(allowLocked),
		hostile(t, "mp4-that-is-an-avif.mp4", airlock.TypeMismatch, func() []byte { return picture("avif", "av01") }),
		hostile(t, "mp4-that-is-a-heic.mp4", airlock.TypeMismatch, func() []byte { return picture("heic", "hvc1") }),
		hostile(t, "mp4-that-is-a-webm.mp4", airlock.TypeMismatch, oneWebM),
		hostile("audio/mp4", "m4a-that-is-a-film.m4a", airlock.TypeMismatch, film),
		hostile("video/quicktime", "mov-that-is-a-heic.mov", airlock.TypeMismatch, func() []byte { return picture("heic", "hvc1") }),

		hostile(t, "mp4-that-fetches-from-elsewhere.mp4", a, func() []byte {
			return bytesOf(ftyp("isom"), moov(isoTrack("vide", "avc1", 320, 240, isoFull("url ", 0, 0, []byte("http://192.0.2.1/x\x00")))), mdat())
		}),
		hostile("video/quicktime", "mov-that-refers-to-a-film.mov", a, func() []byte {
			return bytesOf(ftyp("qt  "), moov(isoBox("rmra", isoBox("rmda", isoFull("rdrf", 0, 0, []byte("url "), be32(20), []byte("http://192.0.2.1/x\x00"))))), mdat())
		}),
		hostile("video/quicktime", "mov-with-sprites.mov", a, func() []byte {
			return bytesOf(ftyp("qt  "), moov(isoTrack("sprt", "sprt", 0, 0, nil), videoTrack()), mdat())
		}),
		hostile("video/quicktime", "mov-with-addresses.mov", a, func() []byte {
			return bytesOf(ftyp("qt  "), moov(isoBox("trak", isoBox("mdia", handlerBox("text", "HREFTrack"))), videoTrack()), mdat())
		}),
		hostile("video/quicktime", "mov-bomb-of-a-packed-header.mov", airlock.Bomb, func() []byte {
			return bytesOf(isoBox("moov", isoBox("cmov", isoBox("dcom", []byte("zlib")), isoBox("cmvd", be32(1000), zlibOf(make([]byte, 20<<20))))), mdat())
		}),
		hostile("video/quicktime", "mov-with-a-header-that-cant-be-unpacked.mov", airlock.Uninspectable, func() []byte {
			return bytesOf(isoBox("moov", isoBox("cmov", isoBox("dcom", []byte("zlib")), isoBox("cmvd", be32(1000), []byte("\x78\x9c\xff\xff\xff")))), mdat())
		}),
		hostile(t, "mp4-with-script-in-its-words.mp4", a, func() []byte {
			return bytesOf(ftyp("isom"), moov(videoTrack(), isoBox("udta", isoBox("\xa9cmt", []byte("<script>inert</script>")))), mdat())
		}),
		hostile(t, "mp4-with-a-handler-in-its-title.mp4", a, func() []byte {
			return bytesOf(ftyp("isom"), moov(videoTrack(), isoBox("udta", isoBox("\xa9nam", []byte("\"><img src=x onerror=inert()>")))), mdat())
		}),
		hostile(t, "mp4-with-a-program-in-a-uuid-box.mp4", a, func() []byte { return bytesOf(film(), isoBox("uuid", noise(16), inertEXE())) }),
		hostile(t, "mp4-with-php-in-a-free-box.mp4", a, func() []byte { return bytesOf(film(), isoBox("free", []byte(inertPHP))) }),
		hostile(t, "mp4-with-php-in-a-uuid-box.mp4", a, func() []byte { return bytesOf(film(), isoBox("uuid", make([]byte, 16), []byte(inertPHP))) }),
		hostile(t, "mp4-with-a-page-as-its-data.mp4", a, func() []byte { return bytesOf(ftyp("isom"), moov(videoTrack()), isoBox("mdat", []byte(inertPage))) }),
		hostile(t, "mp4-with-a-program-as-its-data.mp4", a, func() []byte { return bytesOf(ftyp("isom"), moov(videoTrack()), isoBox("mdat", inertEXE())) }),
		hostile(t, "mp4-with-zip-behind-end.mp4", airlock.TrailingData, func() []byte { return append(film(), smallZip()...) }),
		hostile(t, "mp4-with-zip-at-the-end-of-its-data.mp4", airlock.TrailingData, func() []byte {
			return bytesOf(ftyp("isom"), moov(videoTrack()), isoBox("mdat", noise(100), smallZip()))
		}),
		hostile(t, "mp4-with-page-behind-end.mp4", airlock.TrailingData, func() []byte { return append(film(), inertPage...) }),
	}
}

// picture is an HEIC or AVIF whose coded data is noise: one item of a kind, and XMP.
func picture(brand, kind string) []byte {
	return heifOf(ftyp(brand, "mif1"), kind, 64, 48, "application/rdf+xml", honestXMP, 0)
}

func heifOf(ftyp []byte, kind string, w, h int, mime, words string, lie int) []byte {
	data := noise(200)
	meta := func(at int) []byte {
		infe := func(id int, kind, rest string) []byte {
			return isoFull("infe", 2, 0, be16(id), be16(0), []byte(kind+rest))
		}
		iloc := bytesOf([]byte{0x44, 0x00}, be16(2), be16(1), be16(0), be16(1), be32(at), be32(len(data)+lie), be16(2), be16(0), be16(1), be32(at+len(data)), be32(len(words)))
		return isoFull("meta", 0, 0, handlerBox("pict", ""), isoFull("pitm", 0, 0, be16(1)), isoFull("iloc", 0, 0, iloc),
			isoFull("iinf", 0, 0, be16(2), infe(1, kind, "\x00"), infe(2, "mime", "\x00"+mime+"\x00\x00")),
			isoBox("iprp", isoBox("ipco", isoFull("ispe", 0, 0, be32(w), be32(h)), isoBox(map[string]string{"av01": "av1C", "hvc1": "hvcC"}[kind], noise(4))), isoFull("ipma", 0, 0, be32(1), be16(1), []byte{2, 0x01, 0x82})))
	}
	at := len(ftyp) + len(meta(0)) + 8
	return bytesOf(ftyp, meta(at), isoBox("mdat", data, []byte(words)))
}

func heifCases() []Case {
	const avif, heic, heif = "image/avif", "image/heic", "image/heif"
	m, a := airlock.Malformed, airlock.ActiveContent
	xmp := "application/rdf+xml"
	return []Case{
		honest(avif, "avif-still.avif", func() []byte { return picture("avif", "av01") }),
		honest(avif, "avif-with-a-general-brand.avif", func() []byte { return heifOf(ftyp("mif1", "avif", "miaf"), "av01", 64, 48, xmp, honestXMP, 0) }),
		honest(avif, "avif-sequence.avif", func() []byte {
			return bytesOf(ftyp("avis", "msf1"), moov(isoTrack("pict", "av01", 64, 48, nil)), mdat())
		}),
		honest(heic, "heic-of-a-phone.heic", func() []byte { return picture("heic", "hvc1") }),
		honest(heic, "heic-with-a-general-brand.heic", func() []byte { return picture("mif1", "hvc1") }),
		honest(heic, "heic-with-two-items-at-one-place.heic", func() []byte { return manyItems("kIIc is a camera", 2, 600) }),
		hostile(heic, "heic-with-php-in-the-last-of-3000-items.heic", a, func() []byte { return manyItems(inertPHP, 3000, 40) }),
		honest(heic, "heic-with-a-motion-behind-end.heic", func() []byte { return bytesOf(picture("heic", "hvc1"), isoBox("mpvd", film())) }),
		honest(heic, "heic-with-makers-note-behind-end.heic", func() []byte { return append(picture("heic", "hvc1"), "\x00\x00\x01\x0aImage_UTC_DataSEFHSEFT"...) }),
		honest(heif, "heif-that-holds-av1.heif", func() []byte { return picture("avif", "av01") }),
		honest(heic, "heic-header-only.heic", func() []byte { return picture("heic", "hvc1") }).by(headerOnly),

		hostile(avif, "avif-cut-off.avif", m, func() []byte { p := picture("avif", "av01"); return p[:len(p)-50] }),
		hostile(avif, "avif-that-is-ftyp-alone.avif", m, func() []byte { return ftyp("avif", "mif1") }),
		hostile(avif, "avif-with-an-item-beyond-its-end.avif", m, func() []byte { return heifOf(ftyp("avif", "mif1"), "av01", 64, 48, xmp, honestXMP, 1<<20) }),
		hostile(avif, "avif-that-does-not-say-where-its-items-are.avif", m, func() []byte { return bytes.Replace(picture("avif", "av01"), []byte("iloc"), []byte("free"), 1) }),
		hostile(avif, "avif-whose-picture-is-its-metadata.avif", m, func() []byte {
			p := picture("avif", "av01")
			return put(p, bytes.Index(p, []byte("pitm"))+8, "\x00\x02")
		}),
		hostile(avif, "avif-that-does-not-say-how-it-is-coded.avif", m, func() []byte { return bytes.Replace(picture("avif", "av01"), []byte("av1C"), []byte("free"), 1) }),
		hostile(avif, "avif-without-data.avif", m, func() []byte {
			p := picture("avif", "av01")
			return p[:bytes.Index(p, []byte("mdat"))-4]
		}),
		hostile(avif, "avif-whose-items-lie-in-endless-places.avif", airlock.Uninspectable, func() []byte {
			items := bytes.Repeat([]byte{0, 1, 0, 0, 0xff, 0xff}, 5000)
			return bytesOf(ftyp("avif"), isoFull("meta", 0, 0, handlerBox("pict", ""), isoFull("iloc", 0, 0, be16(0), be16(5000), items)), mdat())
		}),
		hostile(avif, "avif-of-no-width.avif", m, func() []byte { return heifOf(ftyp("avif"), "av01", 0, 48, xmp, honestXMP, 0) }),
		hostile(avif, "avif-with-noise-behind-ftyp.avif", m, func() []byte { return append(ftyp("avif", "mif1"), noise(3000)...) }),
		hostile(heic, "heic-without-a-picture-as-its-kind.heic", m, func() []byte { return bytes.Replace(picture("heic", "hvc1"), []byte("pict"), []byte("vide"), 1) }),
		hostile(avif, "avif-bomb-of-declared-pixels.avif", airlock.PixelLimit, func() []byte { return heifOf(ftyp("avif"), "av01", 30000, 30000, xmp, honestXMP, 0) }),
		hostile(heic, "heic-above-the-profiles-pixels.heic", airlock.PixelLimit, func() []byte { return picture("heic", "hvc1") }).by(smallPixels),
		hostile(avif, "avif-that-is-a-heic.avif", airlock.TypeMismatch, func() []byte { return picture("heic", "hvc1") }),
		hostile(avif, "avif-that-holds-hevc.avif", airlock.TypeMismatch, func() []byte { return picture("avif", "hvc1") }),
		hostile(heic, "heic-that-holds-av1.heic", airlock.TypeMismatch, func() []byte { return picture("heic", "av01") }),
		hostile(heic, "heic-that-is-a-film.heic", airlock.TypeMismatch, film),
		hostile(avif, "avif-that-is-a-film.avif", airlock.TypeMismatch, film),
		hostile(avif, "avif-with-a-page-as-an-item.avif", a, func() []byte { return heifOf(ftyp("avif"), "av01", 64, 48, "text/html", "inert", 0) }),
		hostile(avif, "avif-with-script-in-xmp.avif", a, func() []byte { return heifOf(ftyp("avif"), "av01", 64, 48, xmp, "<x:xmpmeta><script>1</script>", 0) }),
		hostile(heic, "heic-with-php-in-a-free-box.heic", a, func() []byte { return bytesOf(picture("heic", "hvc1"), isoBox("free", []byte(inertPHP))) }),
		hostile(heic, "heic-with-zip-behind-end.heic", airlock.TrailingData, func() []byte { return append(picture("heic", "hvc1"), smallZip()...) }),
		hostile(heic, "heic-with-zip-in-a-box.heic", a, func() []byte { return bytesOf(picture("heic", "hvc1"), isoBox("skip", smallZip())) }),
		hostile(heic, "heic-with-page-behind-end.heic", airlock.TrailingData, func() []byte { return append(picture("heic", "hvc1"), inertPage...) }),
	}
}
