package corpus

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"hash/crc32"
	"math/rand/v2"
	"slices"
	"strings"

	"airlock"
)

// gz is one member of a gzip file.
func gz(name string, data []byte) []byte {
	return gzHeader(gzip.Header{Name: name, OS: 3}, data)
}

func gzHeader(h gzip.Header, data []byte) []byte {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	must(err)
	w.Header = h
	_, err = w.Write(data)
	must(err)
	must(w.Close())
	return b.Bytes()
}

// prose is n bytes that look like text and compress like it.
func prose(n int) []byte {
	r := rand.New(rand.NewPCG(1, 2))
	words := strings.Fields("the quarantine holds what a client sent until a validator has seen all of it and moves it on or throws it away")
	var b []byte
	for len(b) < n {
		b = append(append(b, words[r.IntN(len(words))]...), ' ')
	}
	return b[:n]
}

// gzFlag rewrites the header of a member made by [gz] without a name: flags, and what they announce.
func gzFlag(flags byte, fields string, data []byte) []byte {
	b := gz("", data)
	b[3] = flags
	return slices.Concat(b[:10], []byte(fields), b[10:])
}

func gzipCases() []Case {
	var all []Case
	add := func(name string, want airlock.Reason, make func() []byte, change ...func(*airlock.Profile)) {
		all = append(all, Case{Name: name, Type: "application/gzip", Want: want, Make: make, Change: and(change...)})
	}
	honestGzips(add)
	hostileGzips(add)
	hostileGzipContent(add)
	return all
}

func honestGzips(add addCase) {
	text := prose(20_000)
	add("gzip-named.gz", "", func() []byte { return gz("server.log", text) })
	add("gzip-without-name.gz", "", func() []byte { return gz("", text) })
	add("gzip-of-nothing.gz", "", func() []byte { return gz("", nil) })
	add("gzip-header-only.gz", "", func() []byte { return gz("server.log", text) }, headerOnly)
	add("gzip-name-in-utf8-and-latin1.gz", "", func() []byte {
		return append(gzFlag(8, "\xc3\x80 la carte \xe6\x97\xa5.txt\x00", text), gzFlag(8, "caf\xe9 \x80.txt\x00", text)...)
	})
	add("gzip-name-with-folder.gz", "", func() []byte { return gz("logs/server.log", text) })
	add("gzip-all-optional-fields.gz", "", func() []byte {
		b := gzFlag(1|2|4|8|16, "\x06\x00AP\x02\x00xya.txt\x00a comment\x00", text)
		end := bytes.Index(b, []byte("comment\x00")) + 8
		sum := crc32.ChecksumIEEE(b[:end])
		return slices.Insert(b, end, byte(sum), byte(sum>>8))
	})
	add("gzip-bgzip-blocks.gz", "", func() []byte {
		block := func(data []byte) []byte { return gzFlag(4, "\x06\x00BC\x02\x00\x1b\x00", data) }
		return slices.Concat(block(text[:9000]), block(text[9000:]), block(nil))
	})
	add("gzip-concatenated-logs.gz", "", func() []byte { return append(gz("a.log", text), gz("b.log", text)...) })
	add("gzip-padded-with-zeros.gz", "", func() []byte { return append(gz("a", text), make([]byte, 9000)...) })
	add("gzip-with-garbage-behind.gz", "", func() []byte { return append(gz("a", text), "\r\n-- end of download\r\n"...) })
	add("gzip-of-a-page.gz", "", func() []byte { return gz("page.html", []byte("<html><script>1</script></html>")) })
	add("gzip-of-a-program.gz", "", func() []byte { return gz("tool", []byte("\x7fELF inert")) })
	add("gzip-of-gzip.gz", "", func() []byte { return gz("a.gz", gz("a", text)) })
	add("gzip-of-what-begins-as-gzip.gz", "", func() []byte { return gz("a.bin", []byte("\x1f\x8b\x08 but is none")) })
	add("gzip-of-text-with-ustar-at-257.gz", "", func() []byte {
		return gz("a.txt", append(append(bytes.Repeat([]byte("a"), 257), "ustar"...), text...))
	})
	add("gzip-text-800-to-1-below-10-mebibytes.gz", "", func() []byte { return gz("zeros.csv", bytes.Repeat([]byte("0,0,0,0\n"), 1<<20)) })
	add("gzip-of-12-megabytes-of-prose.gz", "", func() []byte { return gz("prose.txt", bytes.Repeat(prose(200_000), 60)) })
	add("gzip-tgz.tgz", "", func() []byte { return gz("", tree(tar.FormatPAX)) })
	add("gzip-tar.gz", "", func() []byte { return gz("tool-1.0.tar", tree(tar.FormatUSTAR)) })
	add("gzip-tgz-header-only.tgz", "", func() []byte { return gz("", tree(tar.FormatGNU)) }, headerOnly)
	add("gzip-tgz-of-v7.tgz", "", func() []byte {
		return gz("", rawTars(rawTar{name: "a", data: "a", change: func(h []byte) { clear(h[257:]) }}))
	})
	add("gzip-tgz-in-pieces.tgz", "", func() []byte {
		t := tree(tar.FormatGNU)
		return slices.Concat(gz("", t[:100]), gz("", t[100:600]), gz("", nil), gz("", t[600:]))
	})
	add("gzip-tgz-of-an-empty-tar.tgz", "", func() []byte { return gz("", make([]byte, 10240)) })
	add("gzip-tgz-by-ant-with-its-last-buffer-behind-the-tar.tgz", "", func() []byte { return gz("", antTar()) })
	add("gzip-tgz-with-makers-note-behind-the-tar.tgz", "", func() []byte { return gz("", append(rawTars(rawTar{name: "a"}), "made by backup 3.1"...)) })
	add("gzip-tgz-of-tgz.tgz", "", func() []byte {
		return gz("", rawTars(rawTar{name: "in.tgz", data: string(gz("", tree(tar.FormatGNU)))}))
	})
}

func hostileGzips(add addCase) {
	text := prose(20_000)
	whole := func() []byte { return gz("server.log", text) }
	for name, n := range sorted(map[string]string{
		"gzip-name-traversal": "../../etc/passwd\x00", "gzip-name-absolute": "/etc/passwd\x00", "gzip-name-on-a-drive": "C:\\x.exe\x00",
		"gzip-name-newline": "a\nb\x00", "gzip-name-bidi": "a\xe2\x80\xaetxt.exe\x00",
	}) {
		add(name+".gz", airlock.UnsafeArchive, func() []byte { return gzFlag(8, n, text) })
	}
	add("gzip-name-traversal-header-only.gz", airlock.UnsafeArchive, func() []byte { return gzFlag(8, "../x\x00", text) }, headerOnly)
	add("gzip-name-traversal-in-second-member.gz", airlock.UnsafeArchive, func() []byte { return append(whole(), gzFlag(8, "../x\x00", text)...) })
	add("gzip-name-without-end.gz", airlock.Malformed, func() []byte { return gzFlag(8, strings.Repeat("n", 3000), text) })
	add("gzip-truncated.gz", airlock.Malformed, func() []byte { b := whole(); return b[:len(b)/2] })
	add("gzip-truncated-in-trailer.gz", airlock.Malformed, func() []byte { b := whole(); return b[:len(b)-3] })
	add("gzip-truncated-in-header.gz", airlock.Malformed, func() []byte { return whole()[:14] })
	add("gzip-truncated-header-only.gz", airlock.Malformed, func() []byte { return gz("", prose(300))[:40] }, headerOnly)
	add("gzip-second-member-truncated.gz", airlock.Malformed, func() []byte { b := append(whole(), whole()...); return b[:len(b)-100] })
	add("gzip-crc-wrong.gz", airlock.Malformed, func() []byte { b := whole(); b[len(b)-8] ^= 1; return b })
	add("gzip-length-wrong.gz", airlock.Malformed, func() []byte { b := whole(); b[len(b)-4] ^= 1; return b })
	add("gzip-crc-wrong-in-second-member.gz", airlock.Malformed, func() []byte { b := append(whole(), whole()...); b[len(b)-8] ^= 1; return b })
	add("gzip-header-crc-wrong.gz", airlock.Malformed, func() []byte { return gzFlag(2, "\x00\x00", text) })
	add("gzip-reserved-flags.gz", airlock.Malformed, func() []byte { return gzFlag(0x20, "", text) })
	add("gzip-deflate-broken.gz", airlock.Malformed, func() []byte { b := whole(); b[30] ^= 0xff; b[31] ^= 0xff; return b })
	add("gzip-magic-alone.gz", airlock.Malformed, func() []byte { return []byte("\x1f\x8b\x08\x00 and then nothing of the kind") })
	add("gzip-with-zip-behind-end.gz", airlock.TrailingData, func() []byte { return append(whole(), "PK\x03\x04\x14\x00 inert"...) })
	add("gzip-with-program-behind-zeros.gz", airlock.TrailingData, func() []byte { return append(append(whole(), make([]byte, 512)...), "\x7fELF inert"...) })
	add("gzip-with-page-behind-end.gz", airlock.TrailingData, func() []byte { return append(whole(), "<html><script>1</script>"...) })
	add("gzip-with-member-behind-zeros.gz", airlock.TrailingData, func() []byte { return append(append(whole(), 0, 0), whole()...) })
	add("gzip-zip-in-extra-field.gz", airlock.TypeMismatch, func() []byte {
		return gzFlag(4, "\x1a\x00XX\x16\x00PK\x05\x06"+strings.Repeat("\x00", 18), text)
	})
	add("gzip-page-in-comment.gz", airlock.TypeMismatch, func() []byte { return gzFlag(16, "<script>1</script>\x00", text) })
	add("gzip-is-a-zip.gz", airlock.TypeMismatch, func() []byte { return []byte("PK\x03\x04\x14\x00\x00\x00\x08\x00 inert") })
	add("gzip-is-text.gz", airlock.TypeMismatch, func() []byte { return text })
}

func hostileGzipContent(add addCase) {
	zeros := func(n int) []byte { return gz("zeros", make([]byte, n)) }
	add("gzip-bomb-1000-to-1.gz", airlock.Bomb, func() []byte { return zeros(24 << 20) })
	add("gzip-bomb-by-bytes.gz", airlock.Bomb, func() []byte { return gz("a", prose(50_000)) }, func(p *airlock.Profile) { p.Limits.MaxUnpackedBytes = 40_000 })
	add("gzip-bomb-over-members.gz", airlock.Bomb, func() []byte { return bytes.Repeat(gz("a", prose(10_000)), 10) },
		func(p *airlock.Profile) { p.Limits.MaxUnpackedBytes = 90_000 })
	add("gzip-bomb-in-gzip.gz", airlock.Bomb, func() []byte { return gz("a", zeros(24<<20)) })
	add("gzip-ten-deep.gz", airlock.Bomb, func() []byte {
		b := prose(100)
		for range 10 {
			b = gz("a", b)
		}
		return b
	})
	add("gzip-in-gzip-where-none-may-be.gz", airlock.Bomb, func() []byte { return gz("a", gz("b", gz("c", nil))) }, func(p *airlock.Profile) { p.Limits.MaxDepth = 1 })
	in := func(entries ...rawTar) func() []byte {
		return func() []byte { return gz("a.tar", rawTars(entries...)) }
	}
	add("gzip-tgz-traversal.tgz", airlock.UnsafeArchive, in(rawTar{name: "a"}, rawTar{name: "../../x"}))
	add("gzip-tar-gz-traversal.gz", airlock.UnsafeArchive, in(rawTar{name: "a"}, rawTar{name: "../../x"}))
	add("gzip-tgz-symlink.tgz", airlock.UnsafeArchive, in(rawTar{name: "a", kind: '2', target: "/etc"}))
	add("gzip-tgz-device.tgz", airlock.UnsafeArchive, in(rawTar{name: "a", kind: '3'}))
	add("gzip-tgz-sparse-of-8-terabytes.tgz", airlock.Bomb, in(rawTar{name: "a", kind: 'S', change: func(h []byte) {
		copy(h[483:], "\x80\x00\x00\x00\x00\x00\x08\x00\x00\x00\x00\x00")
	}}))
	add("gzip-tgz-tar-truncated.tgz", airlock.Malformed, func() []byte { return gz("", rawTar{name: "a", data: strings.Repeat("x", 3000)}.bytes()[:2000]) })
	add("gzip-tgz-with-second-tar-behind-the-first.tgz", airlock.TrailingData, func() []byte { return gz("", append(rawTars(rawTar{name: "a"}), rawTars(rawTar{name: "../x"})...)) })
	add("gzip-tgz-with-program-behind-the-tar.tgz", airlock.TrailingData, func() []byte { return gz("", append(rawTars(rawTar{name: "a"}), "MZ\x90 inert"...)) })
	add("gzip-tgz-with-second-tar-in-second-member.tgz", airlock.TrailingData, func() []byte {
		return append(gz("", rawTars(rawTar{name: "a"})), gz("", rawTars(rawTar{name: "../x"}))...)
	})
	add("gzip-tgz-crc-wrong.tgz", airlock.Malformed, func() []byte { b := in(rawTar{name: "a"})(); b[len(b)-8] ^= 1; return b })
	add("gzip-tgz-holds-a-program.tgz", airlock.TypeMismatch, func() []byte { return gz("", []byte("MZ\x90 inert")) })
	add("gzip-tar-gz-holds-gzip.tar.gz", airlock.TypeMismatch, func() []byte { return gz("", gz("", tree(tar.FormatGNU))) })
	add("gzip-tgz-holds-a-page-header-only.tgz", airlock.TypeMismatch, func() []byte { return gz("", []byte("<html>")) }, headerOnly)
}
