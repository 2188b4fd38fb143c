package corpus

import (
	"archive/tar"
	"bytes"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"airlock"
)

const tarType = "application/x-tar"

// rawTar is one entry of a tar that is made by hand, where archive/tar refuses to write it. Zero
// values are those of an honest file.
type rawTar struct {
	name, target string
	kind         byte   // 0: '0'
	data         string // as it follows the header
	size         string // 12 bytes; "": len(data) in octal
	magic        string // "": ustar
	change       func(header []byte)
}

func (r rawTar) bytes() []byte {
	h := make([]byte, 512)
	copy(h, r.name)
	copy(h[100:], "0000644\x000001750\x000001750\x00")
	if r.size == "" {
		r.size = fmt.Sprintf("%011o\x00", len(r.data))
	}
	copy(h[124:], r.size)
	copy(h[136:], "14371234567\x00")
	if h[156] = r.kind; r.kind == 0 {
		h[156] = '0'
	}
	copy(h[157:], r.target)
	if r.magic == "" {
		r.magic = "ustar\x0000"
	}
	copy(h[257:], r.magic)
	if r.change != nil {
		r.change(h)
	}
	sumTar(h)
	return append(append(h, r.data...), make([]byte, -len(r.data)&511)...)
}

// sumTar sets a header's checksum.
func sumTar(h []byte) {
	copy(h[148:156], "        ")
	var sum int
	for _, b := range h {
		sum += int(b)
	}
	copy(h[148:], fmt.Sprintf("%06o\x00 ", sum))
}

// rawTars is an archive of such entries, with its end.
func rawTars(entries ...rawTar) []byte {
	var b []byte
	for _, e := range entries {
		b = append(b, e.bytes()...)
	}
	return append(b, make([]byte, 1024)...)
}

// raw makes it lazily.
func raw(entries ...rawTar) func() []byte { return func() []byte { return rawTars(entries...) } }

// pax is the data of an extended header.
func pax(records ...string) string {
	var b strings.Builder
	for i := 0; i < len(records); i += 2 {
		rest := " " + records[i] + "=" + records[i+1] + "\n"
		n := len(rest) + 2
		if n > 99 {
			n++
		}
		fmt.Fprintf(&b, "%d%s", n, rest)
	}
	return b.String()
}

// longRecord is one record of n bytes or so.
func longRecord(key string, n int) string {
	rest := " " + key + "=" + strings.Repeat("a/", n/2) + "\n"
	return fmt.Sprint(len(rest)+4) + rest
}

// sorted goes through m by its keys, so that the corpus is the same each time.
func sorted(m map[string]string) iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for _, k := range slices.Sorted(maps.Keys(m)) {
			if !yield(k, m[k]) {
				return
			}
		}
	}
}

// tree is what a small source release looks like, by the standard library's writer.
func tree(format tar.Format) []byte {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	when := time.Date(2023, 4, 5, 6, 7, 8, 0, time.UTC)
	write := func(h tar.Header, data string) {
		h.ModTime, h.Format, h.Size = when, format, int64(len(data))
		must(w.WriteHeader(&h))
		_, err := w.Write([]byte(data))
		must(err)
	}
	write(tar.Header{Name: "tool-1.0/", Typeflag: tar.TypeDir, Mode: 0o755}, "")
	write(tar.Header{Name: "tool-1.0/README", Mode: 0o644, Uname: "root", Gname: "root"}, strings.Repeat("read me\n", 200))
	write(tar.Header{Name: "tool-1.0/run.sh", Mode: 0o755}, "#!/bin/sh\necho run\n")
	write(tar.Header{Name: "tool-1.0/bin/su", Mode: 0o4755}, "\x7fELF a program is honest in an archive")
	write(tar.Header{Name: "tool-1.0/page.html", Mode: 0o644}, "<html><script>1</script></html>")
	write(tar.Header{Name: "tool-1.0/empty", Mode: 0o644}, "")
	must(w.Close())
	return b.Bytes()
}

// antTar ends with what its writer's buffer of 20 blocks still held.
func antTar() []byte {
	var b []byte
	for i := range 14 { // 28 blocks, and 2 for the end
		b = append(b, rawTar{name: fmt.Sprint("file-", i), data: "x"}.bytes()...)
	}
	return append(append(b, make([]byte, 1024)...), b[10*512:20*512]...)
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func allowLinks(p *airlock.Profile) { p.Limits.Links = "allow" }

// and is two changes of a profile.
func and(changes ...func(*airlock.Profile)) func(*airlock.Profile) {
	return func(p *airlock.Profile) {
		for _, c := range changes {
			c(p)
		}
	}
}

func tarCases() []Case {
	var all []Case
	add := func(name string, want airlock.Reason, make func() []byte, change ...func(*airlock.Profile)) {
		all = append(all, Case{Name: name, Type: tarType, Want: want, Make: make, Change: and(change...)})
	}
	honestTars(add)
	hostileTarNames(add)
	hostileTarLinks(add)
	hostileTarShapes(add)
	return all
}

type addCase func(name string, want airlock.Reason, make func() []byte, change ...func(*airlock.Profile))

func honestTars(add addCase) {
	v7 := func(h []byte) { clear(h[257:]) }
	add("tar-ustar.tar", "", func() []byte { return tree(tar.FormatUSTAR) })
	add("tar-pax.tar", "", func() []byte { return tree(tar.FormatPAX) })
	add("tar-gnu.tar", "", func() []byte { return tree(tar.FormatGNU) })
	add("tar-header-only.tar", "", func() []byte { return tree(tar.FormatGNU) }, headerOnly)
	add("tar-v7-without-magic.tar", "", raw(rawTar{name: "old/a.txt", data: "old", change: v7}, rawTar{name: "old/b/", change: v7}))
	add("tar-v7-signed-checksum.tar", "", func() []byte {
		b := rawTars(rawTar{name: "caf\xe9.txt", data: "x", change: v7})
		var sum int
		for i, c := range b[:512] {
			if i >= 148 && i < 156 {
				c = ' '
			}
			sum += int(int8(c))
		}
		copy(b[148:], fmt.Sprintf("%06o\x00 ", sum))
		return b
	})
	add("tar-first-file-is-a-pdf.tar", "", raw(rawTar{name: "paper.pdf", data: "%PDF-1.4\n1 0 obj\n"}))
	add("tar-git-archive.tar", "", raw(
		rawTar{name: "pax_global_header", kind: 'g', data: pax("comment", strings.Repeat("0a", 20))},
		rawTar{name: "p/", kind: '5'}, rawTar{name: "p/a", data: "a"}))
	add("tar-gnu-global-header-in-tmp.tar", "", raw(
		rawTar{name: "/tmp/GlobalHead.1.1", kind: 'g', data: pax("mtime", "1680674828")}, rawTar{name: "a", data: "a"}))
	add("tar-npm-package-with-size-in-pax.tar", "", raw(
		rawTar{name: "PaxHeader/package/index.js", kind: 'x', data: pax("path", "package/index.js", "size", "5", "mtime", "1.5")},
		rawTar{name: "package/index.js", data: "x = 1"}))
	add("tar-bsdtar-on-a-mac.tar", "", raw(
		rawTar{name: "./._a.txt", data: "\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X        "},
		rawTar{name: "./PaxHeader/a.txt", kind: 'x', data: pax("LIBARCHIVE.xattr.com.apple.provenance", "AQAA", "SCHILY.xattr.com.apple.provenance", "\x01\x00\x00")},
		rawTar{name: "./a.txt", data: "a"}))
	add("tar-docker-layer.tar", "", raw(
		rawTar{name: "etc/", kind: '5'}, rawTar{name: "etc/.wh.motd"}, rawTar{name: "var/.wh..wh..opq"},
		rawTar{name: `lib/systemd/system/dev-disk-by\x2dlabel.swap`, data: "[Swap]"}, rawTar{name: "usr/bin/passwd", data: "\x7fELF"}))
	add("tar-docker-layer-with-links-allowed.tar", "", raw(
		rawTar{name: "bin", kind: '2', target: "usr/bin"}, rawTar{name: "usr/bin/gzip", data: "x"},
		rawTar{name: "usr/bin/gunzip", kind: '1', target: "usr/bin/gzip"}, rawTar{name: "usr/lib/libz.so.1", kind: '2', target: "../../usr/bin/gzip"},
		rawTar{name: "usr/here", kind: '2', target: "."}), allowLinks)
	add("tar-names-of-many-systems.tar", "", raw(
		rawTar{name: "na\xc3\xafve \xe6\x97\xa5\xe6\x9c\xac.txt"}, rawTar{name: "\x93\xfa\x96{.txt"}, rawTar{name: "usr/share/man/man3/Foo::Bar.3pm"},
		rawTar{name: "B::Deparse.3perl"}, rawTar{name: "./a//b/./c"}, rawTar{name: "..."}, rawTar{name: "a/..hidden"}, rawTar{name: "a..b/c.."}, rawTar{name: "./"},
		rawTar{name: "linux/drivers/gpu/drm/nouveau/nvkm/subdev/i2c/aux.c"}, rawTar{name: "a b&c;d$e`f'.txt"}, rawTar{name: "a folder/Icon\r"}, rawTar{name: "2\uff0f3.txt"}))
	add("tar-gnu-long-name.tar", "", raw(
		rawTar{name: "././@LongLink", kind: 'L', magic: "ustar  \x00", data: strings.Repeat("long/", 50) + "a\x00"},
		rawTar{name: strings.Repeat("long/", 20), data: "a", magic: "ustar  \x00"}))
	add("tar-gnu-name-of-4096-bytes.tar", "", raw(
		rawTar{name: "././@LongLink", kind: 'L', magic: "ustar  \x00", data: strings.Repeat("long/", 819) + "\x00"},
		rawTar{name: strings.Repeat("long/", 20), kind: '5', magic: "ustar  \x00"}))
	add("tar-pax-path-twice-the-same.tar", "", raw(rawTar{name: "h", kind: 'x', data: pax("path", "some/where/a", "mtime", "1234567.5", "path", "some/where/a")}, rawTar{name: "some/where/a", data: "x"}))
	add("tar-pax-with-long-attributes.tar", "", raw(rawTar{name: "h", kind: 'x', data: longRecord("LIBARCHIVE.xattr.user.a", 9000)}, rawTar{name: "a", data: "x"}))
	add("tar-gnu-sparse-old.tar", "", raw(rawTar{name: "disk.img", kind: 'S', magic: "ustar  \x00", data: strings.Repeat("d", 512), change: func(h []byte) {
		copy(h[386:], "00000000000\x0000000001000\x00")
		copy(h[483:], "00004000000\x00")
	}}))
	add("tar-gnu-sparse-pax.tar", "", raw(
		rawTar{name: "./PaxHeaders/disk.img", kind: 'x', data: pax("GNU.sparse.major", "1", "GNU.sparse.minor", "0", "GNU.sparse.name", "disk.img", "GNU.sparse.realsize", "1048576")},
		rawTar{name: "./GNUSparseFile.1/disk.img", data: "1\n0\n512\n" + strings.Repeat("\x00", 504) + strings.Repeat("d", 512)}))
	add("tar-gnu-label-and-incremental.tar", "", raw(
		rawTar{name: "backup of /home: 2023", kind: 'V', magic: "ustar  \x00"}, rawTar{name: "home/", kind: 'D', magic: "ustar  \x00", data: "Ya.txt\x00\x00"},
		rawTar{name: "home/a.txt", magic: "ustar  \x00", data: "a", change: func(h []byte) { copy(h[345:], "14371234567\x0014371234567\x00") }}))
	add("tar-contiguous-and-unknown-kinds.tar", "", raw(rawTar{name: "a", kind: '7', data: "a"}, rawTar{name: "b", kind: 'Z', data: "b"}))
	add("tar-the-same-file-twice.tar", "", raw(rawTar{name: "a", data: "old"}, rawTar{name: "a", data: "new"}))
	add("tar-without-end-blocks.tar", "", func() []byte { return rawTar{name: "a", data: "a"}.bytes() })
	add("tar-without-last-padding.tar", "", func() []byte { return rawTar{name: "a", data: "a"}.bytes()[:513] })
	add("tar-padded-to-a-tape-record.tar", "", func() []byte { return append(tree(tar.FormatUSTAR), make([]byte, 10240)...) })
	add("tar-by-ant-with-its-last-buffer-behind-end.tar", "", antTar)
	add("tar-with-makers-note-behind-end.tar", "", func() []byte { return append(rawTars(rawTar{name: "a", data: "a"}), "# made by backup 3.1\n"...) })
	add("tar-with-tar-and-gzip-inside.tar", "", func() []byte {
		return rawTars(rawTar{name: "t.tar", data: string(tree(tar.FormatPAX))}, rawTar{name: "t.tgz", data: string(gz("t.tar", tree(tar.FormatGNU)))})
	})
	add("tar-with-broken-archives-for-tests.tar", "", raw(
		rawTar{name: "testdata/broken.gz", data: "\x1f\x8b\x08 no gzip at all"}, rawTar{name: "testdata/broken.tar", data: string(rawTars(rawTar{name: "x", size: "77777777777\x00"}))}))
	add("tar-size-in-base-256.tar", "", raw(rawTar{name: "a", data: "abc", size: "\x80\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x03"}))
}

func hostileTarNames(add addCase) {
	for name, n := range sorted(map[string]string{
		"tar-name-traversal": "../../etc/passwd", "tar-name-traversal-inside": "a/../../b", "tar-name-absolute": "/etc/cron.d/x",
		"tar-name-windows-traversal": `a\..\..\b.exe`, "tar-name-windows-drive": `C:\Windows\x.exe`, "tar-name-drive-relative": "C:x.exe", "tar-name-unc": `\\host\share\x`,
		"tar-name-newline": "a\nb", "tar-name-escape-sequence": "a\x1b[2Jb", "tar-name-bidi": "invoice\u202efdp.exe", "tar-name-c1": "a\u009bb",
		"tar-name-dot-dot-space": "a/.. /b", "tar-name-full-width-traversal": "\uff0e\uff0e\uff0fx", "tar-name-overlong-traversal": "\xc0\xae\xc0\xae\xc0\xafx", "tar-name-ntfs-stream": "a.txt::$DATA", "tar-name-empty": "",
	}) {
		add(name+".tar", airlock.UnsafeArchive, raw(rawTar{name: "first", data: "x"}, rawTar{name: n, data: "x"}))
	}
	add("tar-name-traversal-header-only.tar", airlock.UnsafeArchive, raw(rawTar{name: "first", data: "x"}, rawTar{name: "../x", data: "x"}), headerOnly)
	add("tar-pax-path-traversal.tar", airlock.UnsafeArchive, raw(rawTar{name: "h", kind: 'x', data: pax("path", "../x")}, rawTar{name: "safe"}))
	add("tar-pax-path-hides-bad-ustar-name.tar", airlock.UnsafeArchive, raw(rawTar{name: "h", kind: 'x', data: pax("path", "safe")}, rawTar{name: "../x"}))
	add("tar-pax-path-with-nul.tar", airlock.UnsafeArchive, raw(rawTar{name: "h", kind: 'x', data: pax("path", "safe\x00/../x")}, rawTar{name: "safe"}))
	add("tar-pax-global-path.tar", airlock.UnsafeArchive, raw(rawTar{name: "h", kind: 'g', data: pax("path", "etc/passwd")}, rawTar{name: "safe"}))
	add("tar-gnu-long-name-traversal.tar", airlock.UnsafeArchive, raw(rawTar{name: "././@LongLink", kind: 'L', data: "../x\x00"}, rawTar{name: "safe"}))
	add("tar-two-long-names.tar", airlock.UnsafeArchive, raw(rawTar{name: "././@LongLink", kind: 'L', data: "a\x00"}, rawTar{name: "h", kind: 'x', data: pax("path", "b")}, rawTar{name: "c"}))
	add("tar-prefix-traversal.tar", airlock.UnsafeArchive, raw(rawTar{name: "passwd", change: func(h []byte) { copy(h[345:], "../../etc") }}))
	add("tar-prefix-absolute.tar", airlock.UnsafeArchive, raw(rawTar{name: "passwd", change: func(h []byte) { copy(h[345:], "/etc") }}))
	add("tar-prefix-in-gnu-header-that-python-joins.tar", airlock.UnsafeArchive, raw(rawTar{name: "passwd", magic: "ustar  \x00", change: func(h []byte) { copy(h[345:], "../../etc") }}))
	add("tar-sparse-name-traversal.tar", airlock.UnsafeArchive, raw(
		rawTar{name: "h", kind: 'x', data: pax("GNU.sparse.major", "0", "GNU.sparse.name", "../x", "GNU.sparse.realsize", "1")}, rawTar{name: "safe", data: "x"}))
	add("tar-directory-traversal.tar", airlock.UnsafeArchive, raw(rawTar{name: "../x/", kind: '5'}))
	gnu := func(kind byte, text string) rawTar {
		return rawTar{name: "././@LongLink", kind: kind, magic: "ustar  \x00", data: text + "\x00"}
	}
	add("tar-two-long-names-of-gnu.tar", airlock.Malformed, raw(gnu('L', "a"), gnu('L', "a"), rawTar{name: "a"}))
	add("tar-two-long-targets-of-gnu.tar", airlock.Malformed, raw(gnu('K', "a"), gnu('K', "a"), rawTar{name: "b", kind: '1', target: "a"}), allowLinks)
	add("tar-long-names-without-end.tar", airlock.Malformed, func() []byte { return bytes.Repeat(gnu('L', strings.Repeat("a", 4000)).bytes(), 100) })
	add("tar-long-name-of-a-mebibyte.tar", airlock.UnsafeArchive, raw(gnu('L', strings.Repeat("a", 1<<20)), rawTar{name: "a"}))
	add("tar-long-name-of-two-gigabytes.tar", airlock.UnsafeArchive, raw(rawTar{name: "././@LongLink", kind: 'L', size: "17777777777\x00"}, rawTar{name: "a"}))
	add("tar-long-target-of-5000-bytes.tar", airlock.UnsafeArchive, raw(gnu('K', strings.Repeat("a/", 2500)), rawTar{name: "b", kind: '2', target: "a"}), allowLinks)
	add("tar-pax-path-of-5000-bytes.tar", airlock.UnsafeArchive, raw(rawTar{name: "h", kind: 'x', data: longRecord("path", 5000)}, rawTar{name: "a"}))
	add("tar-pax-linkpath-of-5000-bytes.tar", airlock.UnsafeArchive, raw(rawTar{name: "h", kind: 'x', data: longRecord("linkpath", 5000)}, rawTar{name: "b", kind: '2', target: "a"}), allowLinks)
	add("tar-pax-sparse-name-of-5000-bytes.tar", airlock.UnsafeArchive, raw(rawTar{name: "h", kind: 'x', data: longRecord("GNU.sparse.name", 5000)}, rawTar{name: "a"}))
	add("tar-pax-path-many-times.tar", airlock.Malformed, raw(rawTar{name: "h", kind: 'x', data: strings.Repeat(pax("path", "some/where/a"), 1000)}, rawTar{name: "a"}))
	add("tar-pax-path-twice-and-once-out.tar", airlock.UnsafeArchive, raw(rawTar{name: "h", kind: 'x', data: pax("path", "../some/where", "path", "some/where")}, rawTar{name: "a"}))
	add("tar-pax-linkpath-twice-and-once-out.tar", airlock.UnsafeArchive, raw(rawTar{name: "h", kind: 'x', data: pax("linkpath", "../some/where", "linkpath", "some/where")}, rawTar{name: "l", kind: '2', target: "a"}), allowLinks)
	add("tar-pax-two-sizes.tar", airlock.Malformed, raw(rawTar{name: "h", kind: 'x', data: pax("size", "0000001", "size", "0000513")}, rawTar{name: "a", data: "x"}))
	add("tar-pax-two-names-of-a-sparse-file.tar", airlock.Malformed, raw(rawTar{name: "h", kind: 'x', data: pax("GNU.sparse.name", "a", "GNU.sparse.name", "b")}, rawTar{name: "a", data: "x"}))
	add("tar-label-that-leads-out.tar", airlock.UnsafeArchive, raw(rawTar{name: "../../x", kind: 'V', magic: "ustar  \x00"}, rawTar{name: "a"}))
	add("tar-label-with-data.tar", airlock.Malformed, raw(rawTar{name: "label", kind: 'V', magic: "ustar  \x00", data: "x"}, rawTar{name: "a"}))
	add("tar-pax-header-whose-own-name-leads-out.tar", airlock.UnsafeArchive, raw(rawTar{name: "../../PaxHeader/x", kind: 'x', data: pax("mtime", "1")}, rawTar{name: "a"}))
	add("tar-name-of-5000-bytes.tar", airlock.UnsafeArchive, raw(rawTar{name: "././@LongLink", kind: 'L', data: strings.Repeat("a/", 2500)}, rawTar{name: "a"}))
}

func hostileTarLinks(add addCase) {
	link := func(kind byte, name, target string) rawTar { return rawTar{name: name, kind: kind, target: target} }
	file := rawTar{name: "a", data: "x"}
	add("tar-symlink.tar", airlock.UnsafeArchive, raw(file, link('2', "b", "a")))
	add("tar-hard-link.tar", airlock.UnsafeArchive, raw(file, link('1', "b", "a")))
	add("tar-symlink-absolute.tar", airlock.UnsafeArchive, raw(file, link('2', "b", "/etc/passwd")), allowLinks)
	add("tar-symlink-escapes.tar", airlock.UnsafeArchive, raw(file, link('2', "d/b", "../../x")), allowLinks)
	add("tar-symlink-escapes-behind-a-name.tar", airlock.UnsafeArchive, raw(file, link('2', "d/e/f", "../.."), link('2', "g", "d/e/f/../x")), allowLinks)
	add("tar-symlink-with-backslashes.tar", airlock.UnsafeArchive, raw(file, link('2', "b", `..\..\x`)), allowLinks)
	add("tar-symlink-in-long-link.tar", airlock.UnsafeArchive, raw(rawTar{name: "././@LongLink", kind: 'K', data: "/etc/passwd\x00"}, link('2', "b", "a")), allowLinks)
	add("tar-symlink-in-pax.tar", airlock.UnsafeArchive, raw(rawTar{name: "h", kind: 'x', data: pax("linkpath", "../x")}, link('2', "b", "a")), allowLinks)
	add("tar-file-through-symlink.tar", airlock.UnsafeArchive, raw(link('2', "d", "e"), rawTar{name: "d/x", data: "x"}), allowLinks)
	add("tar-file-through-symlink-of-other-case.tar", airlock.UnsafeArchive, raw(link('2', "D", "e"), rawTar{name: "./d//x", data: "x"}), allowLinks)
	add("tar-symlink-for-the-tree.tar", airlock.UnsafeArchive, raw(link('2', "./", "a")), allowLinks)
	add("tar-hard-link-outside.tar", airlock.UnsafeArchive, raw(file, link('1', "b", "../a")), allowLinks)
	add("tar-hard-link-absolute.tar", airlock.UnsafeArchive, raw(file, link('1', "b", "/etc/passwd")), allowLinks)
	add("tar-hard-link-through-symlink.tar", airlock.UnsafeArchive, raw(link('2', "d", "e"), link('1', "b", "d/x")), allowLinks)
	add("tar-hard-link-without-target.tar", airlock.UnsafeArchive, raw(file, link('1', "b", "")), allowLinks)
	add("tar-shortcut-to-powershell.tar", airlock.UnsafeArchive, raw(rawTar{name: "Documents.lnk", data: shortcutHead + wide(`..\System32\WindowsPowerShell\v1.0\powershell.exe`)}))
	add("tar-shortcut-to-a-folder.tar", "", raw(rawTar{name: "Documents.lnk", data: shortcutHead + wide(`C:\Users\a\Documents`)}))
	add("tar-character-device.tar", airlock.UnsafeArchive, raw(link('3', "dev/null", "")), allowLinks)
	add("tar-block-device.tar", airlock.UnsafeArchive, raw(link('4', "dev/sda", "")))
	add("tar-pipe.tar", airlock.UnsafeArchive, raw(link('6', "run/pipe", "")), headerOnly)
}

func hostileTarShapes(add addCase) {
	file := rawTar{name: "a", data: "x"}
	add("tar-truncated-in-data.tar", airlock.Malformed, func() []byte { return rawTar{name: "a", data: strings.Repeat("x", 3000)}.bytes()[:2000] })
	add("tar-truncated-in-data-header-only.tar", airlock.Malformed, func() []byte { return rawTar{name: "a", data: strings.Repeat("x", 9000)}.bytes()[:6000] }, headerOnly)
	add("tar-size-beyond-the-end.tar", airlock.Malformed, raw(rawTar{name: "a", data: "x", size: "77777777777\x00"}))
	add("tar-size-of-exabytes-header-only.tar", airlock.Bomb, raw(rawTar{name: "a", data: "x", size: "\x80\x00\x00\x00\x10\x00\x00\x00\x00\x00\x00\x00"}), headerOnly)
	add("tar-size-negative.tar", airlock.Malformed, raw(rawTar{name: "a", data: "x", size: strings.Repeat("\xff", 12)}))
	add("tar-size-is-no-number.tar", airlock.Malformed, raw(rawTar{name: "a", data: "x", size: "0000 007 01\x00"}))
	add("tar-checksum-wrong-in-second-header.tar", airlock.Malformed, func() []byte {
		b := rawTars(file, file)
		b[1024+1] = 'b'
		return b
	})
	add("tar-data-where-a-header-should-be.tar", airlock.Malformed, func() []byte {
		return append(file.bytes(), bytes.Repeat([]byte("MZ"), 512)...)
	})
	add("tar-pax-size-differs.tar", airlock.Malformed, raw(
		rawTar{name: "h", kind: 'x', data: pax("size", "1024")}, rawTar{name: "outer", size: "00000000000\x00", data: string(rawTar{name: "hidden"}.bytes())}))
	add("tar-pax-broken.tar", airlock.Malformed, raw(rawTar{name: "h", kind: 'x', data: "99 path=x\n"}, file))
	add("tar-pax-size-is-no-number.tar", airlock.Malformed, raw(rawTar{name: "h", kind: 'x', data: pax("size", "-1")}, file))
	add("tar-two-pax-headers-for-one-file.tar", airlock.Malformed, raw(
		rawTar{name: "h", kind: 'x', data: pax("path", "a")}, rawTar{name: "h", kind: 'x', data: pax("mtime", "1")}, file))
	add("tar-pax-header-of-2-megabytes.tar", airlock.Malformed, func() []byte {
		return rawTars(rawTar{name: "h", kind: 'x', data: pax("comment", "x") + strings.Repeat("\x00", 2<<20)}, file)
	})
	add("tar-pax-header-for-nothing.tar", airlock.Malformed, raw(file, rawTar{name: "h", kind: 'x', data: pax("path", "a")}))
	add("tar-directory-with-data.tar", airlock.Malformed, raw(rawTar{name: "d/", kind: '5', data: string(rawTar{name: "../x"}.bytes())}, file))
	add("tar-hard-link-with-data.tar", airlock.Malformed, raw(file, rawTar{name: "b", kind: '1', target: "a", data: "other"}), allowLinks)
	add("tar-sparse-map-broken.tar", airlock.Malformed, raw(
		rawTar{name: "h", kind: 'x', data: pax("GNU.sparse.major", "1", "GNU.sparse.minor", "0", "GNU.sparse.name", "a", "GNU.sparse.realsize", "9")},
		rawTar{name: "a", data: "no map" + strings.Repeat("\x00", 512)}))
	add("tar-sparse-of-8-terabytes.tar", airlock.Bomb, raw(rawTar{name: "disk.img", kind: 'S', magic: "ustar  \x00", change: func(h []byte) {
		copy(h[483:], "\x80\x00\x00\x00\x00\x00\x08\x00\x00\x00\x00\x00")
	}}))
	add("tar-sparse-pax-of-8-terabytes.tar", airlock.Bomb, raw(
		rawTar{name: "h", kind: 'x', data: pax("GNU.sparse.major", "1", "GNU.sparse.minor", "0", "GNU.sparse.name", "disk.img", "GNU.sparse.realsize", "8796093022208")},
		rawTar{name: "disk.img", data: "0\n" + strings.Repeat("\x00", 510)}), headerOnly)
	add("tar-more-entries-than-allowed.tar", airlock.Bomb, raw(file, file, file), func(p *airlock.Profile) { p.Limits.MaxEntries = 2 })
	add("tar-more-bytes-than-allowed.tar", airlock.Bomb, raw(rawTar{name: "a", data: strings.Repeat("x", 4096)}), func(p *airlock.Profile) { p.Limits.MaxUnpackedBytes = 1000 })
	add("tar-three-tars-deep.tar", airlock.Bomb, func() []byte {
		b := rawTars(file)
		for range 3 {
			b = rawTars(rawTar{name: "in.tar", data: string(b)})
		}
		return b
	})
	add("tar-with-gzip-of-tar-with-traversal.tar", airlock.UnsafeArchive, func() []byte {
		return rawTars(rawTar{name: "in.tgz", data: string(gz("in.tar", rawTars(rawTar{name: "../x"})))})
	})
	add("tar-with-gzip-bomb-inside.tar", airlock.Bomb, func() []byte {
		return rawTars(rawTar{name: "zeros.gz", data: string(gz("zeros", make([]byte, 24<<20)))})
	})
	add("tar-second-archive-behind-end.tar", airlock.TrailingData, func() []byte { return append(rawTars(file), rawTars(rawTar{name: "../x"})...) })
	add("tar-as-by-ant-but-another-archive-behind-end.tar", airlock.TrailingData, func() []byte {
		b := antTar()
		copy(b[len(b)-2048:], rawTar{name: "../x"}.bytes())
		return b
	})
	add("tar-lone-zero-block-in-the-middle.tar", airlock.TrailingData, func() []byte {
		return append(append(file.bytes(), make([]byte, 512)...), rawTars(rawTar{name: "../x"})...)
	})
	add("tar-v7-archive-behind-end.tar", airlock.TrailingData, func() []byte {
		return append(rawTars(file), rawTars(rawTar{name: "x", change: func(h []byte) { clear(h[257:]) }})...)
	})
	add("tar-program-behind-end.tar", airlock.TrailingData, func() []byte { return append(rawTars(file), "MZ\x90\x00 inert"...) })
	add("tar-page-behind-end.tar", airlock.TrailingData, func() []byte { return append(rawTars(file), "\n<html><script>1</script>"...) })
	add("tar-page-as-first-name.tar", airlock.TypeMismatch, raw(rawTar{name: "<svg onload=x>"}))
	add("tar-program-as-first-name.tar", airlock.TypeMismatch, raw(rawTar{name: "MZ\x00\x00\x40\x00\x00\x00PE"}))
	add("tar-pdf-mark-in-first-header.tar", airlock.TypeMismatch, raw(rawTar{name: "a", change: func(h []byte) { copy(h[400:], "%PDF-1.4") }}))
	add("tar-pdf-as-first-name.tar", airlock.TypeMismatch, raw(rawTar{name: "%PDF-1.4"}))
	add("tar-ustar-mark-but-no-header.tar", airlock.TypeMismatch, func() []byte {
		return append(append(bytes.Repeat([]byte("x"), 257), "ustar"...), make([]byte, 800)...)
	})
	add("tar-is-a-zip.tar", airlock.TypeMismatch, func() []byte { return append([]byte("PK\x03\x04"), rawTars(file)[4:]...) })
	add("tar-is-gzipped.tar", airlock.TypeMismatch, func() []byte { return gz("a", rawTars(file)) })
}
