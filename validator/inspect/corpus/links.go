package corpus

import (
	"bytes"
	"slices"
	"strings"

	"airlock"
)

// treeEntry is an entry of a small tree: a file, a folder if its name ends in a slash, or a link if it has
// a target.
type treeEntry struct{ name, target string }

// trees are made as zip and as tar of the same entries, where the profile takes links.
func trees(name string, want airlock.Reason, entries ...treeEntry) []Case {
	asZip := func() []byte {
		var z zipOf
		for _, e := range entries {
			p := zipPart{name: e.name}
			if e.target != "" {
				p = linkTo(e.name, e.target)
			} else if !strings.HasSuffix(e.name, "/") {
				p.data = "x"
			}
			z.parts = append(z.parts, p)
		}
		return z.make()
	}
	asTar := func() []byte {
		var all []rawTar
		for _, e := range entries {
			r := rawTar{name: e.name}
			switch {
			case e.target != "":
				r.kind, r.target = '2', e.target
				if len(e.target) > 100 {
					all = append(all, rawTar{name: "././@LongLink", kind: 'K', magic: "ustar  \x00", data: e.target + "\x00"})
				}
			case strings.HasSuffix(e.name, "/"):
				r.kind = '5'
			default:
				r.data = "x"
			}
			all = append(all, r)
		}
		return rawTars(all...)
	}
	return []Case{
		{Name: "links-" + name + ".zip", Type: zipType, Want: want, Make: asZip, Change: linksAllowed},
		{Name: "links-" + name + ".tar", Type: tarType, Want: want, Make: asTar, Change: linksAllowed},
	}
}

func linkCases() []Case { return slices.Concat(honestTrees(), hostileTrees(), hardLinks()) }

func honestTrees() []Case {
	type e = treeEntry
	return slices.Concat(
		trees("of-a-library", "", e{"usr/lib/libz.so", "libz.so.1"}, e{"usr/lib/libz.so.1", "libz.so.1.2"}, e{"usr/lib/libz.so.1.2", ""}, e{"usr/share/doc/x", "../../lib/libz.so"}),
		trees("of-node-modules", "", e{"node_modules/.bin/tsc", "../typescript/bin/tsc"}, e{"node_modules/typescript/bin/tsc", ""}, e{"node_modules/@a/b", "../../packages/b"}, e{"packages/b/x", ""}),
		trees("to-a-folder", "", e{"bin", "usr/bin"}, e{"usr/bin/sh", ""}, e{"usr/here", "."}, e{"usr/top", ".."}),
		trees("up-behind-a-folder", "", e{"a/b/", ""}, e{"c", "a/b/../../d"}, e{"d", ""}),
		trees("up-behind-a-link-yet-inside", "", e{"current", "releases/v1"}, e{"releases/v1/x", ""}, e{"shared", "releases/v1/../../s"}, e{"s/y", ""}, e{"z", "current/../v2"}),
		trees("that-differ-in-case", "", e{"terminfo/N/NeXT", "../n/next"}, e{"terminfo/n/next", ""}, e{"terminfo/E/eterm", "../e/Eterm"}, e{"terminfo/e/Eterm", ""}, e{"man/BIO_f.3", "bio.3"}, e{"man/bio_F.3", "../man/bio.3"}, e{"man/bio.3", ""}),
		trees("that-lead-nowhere", "", e{"a", "b"}, e{"b", "a"}, e{"c", "not/there"}, e{"self", "self"}),
		trees("with-backslashes-of-systemd", "", e{`units/a.slice`, `system-x\x2dy.slice`}, e{`units/system-x\x2dy.slice`, ""}),
		trees("with-letters-and-marks", "", e{"d/Ünïcödé", "../e/日本語/x"}, e{"e/日本語/x", ""}, e{"e/おや‥", "x..y"}),
		trees("deep", "", e{strings.Repeat("a/", 40) + "l", strings.Repeat("../", 40) + "x"}, e{"x", ""}),
	)
}

func hostileTrees() []Case {
	type e = treeEntry
	out := airlock.UnsafeArchive
	up := e{"d1/d2/x", "../.."}
	return slices.Concat(
		trees("out-through-another", out, up, e{"y", "d1/d2/x/../etc"}),
		trees("out-through-one-that-comes-later", out, e{"y", "d1/d2/x/../etc"}, up),
		trees("out-through-three", out, e{"a/b/c/1", ".."}, e{"a/b/c/d/2", "../1/../.."}, e{"a/3", "b/c/d/2/.."}, e{"4", "a/3/../x"}),
		trees("out-through-one-in-other-case", out, e{"d1/d2/X", "../.."}, e{"y", "D1/d2/x/../etc"}),
		trees("out-through-one-with-other-marks", out, e{"d1/d2/\u00e9", "../.."}, e{"y", "d1/d2/e\u0301/../etc"}),
		trees("out-through-one-with-a-sharp-s", out, e{"d1/d2/stra\u00dfe", "../.."}, e{"y", "d1/d2/STRASSE/../etc"}),
		trees("out-through-one-with-a-joiner", out, e{"d1/d2/a\u200db", "../.."}, e{"y", "d1/d2/ab/../etc"}),
		trees("out-through-one-with-a-dot-behind", out, e{"d1/d2/x.", "../.."}, e{"y", "d1/d2/x/../etc"}),
		trees("out-through-one-by-dots-and-slashes", out, up, e{"y", ".//d1/.//d2/./x/./../etc"}),
		trees("out-through-one-by-backslashes", out, up, e{"y", `d1\d2\x\..\etc`}),
		trees("out-where-a-backslash-is-a-letter", out, e{"a/y", `b\c/../../../etc`}),
		trees("out-by-a-name-whose-backslash-is-a-letter", out, e{`a\b\y`, "../etc"}),
		trees("out-behind-a-folder", out, e{"a/b/", ""}, e{"y", "a/b/../../../etc"}),
		trees("in-a-ring-that-goes-up", out, e{"a", "b/.."}, e{"b", "a/.."}),
		trees("to-the-root", out, e{"y", "/"}),
		trees("to-the-root-of-a-drive", out, e{"y", `\`}),
		trees("to-a-drive", out, e{"y", "C:/Windows"}),
		trees("to-a-share", out, e{"y", "//server/share"}),
		trees("out-in-wide-letters", out, e{"a/y", "\uff0e\uff0e/\uff0e\uff0e/etc"}),
		trees("out-by-a-parent-with-a-space", out, e{"a/y", ".. /.. /etc"}),
		trees("of-300-parts", out, e{"y", strings.Repeat("a/", 300) + "x"}),
		trees("that-replace-a-folder", out, e{"y/p", ""}, e{"y", "d"}, e{"d", "."}),
		trees("that-replace-a-folder-in-other-case", out, e{"Yy/p", ""}, e{"yY", "d"}),
		trees("that-replace-a-folder-of-a-link", out, e{"a/b/l", "../.."}, e{"a/b", "x"}),
		trees("behind-another", out, e{"a", "d"}, e{"a/b", ".."}),
		trees("written-through-in-other-case", out, e{"Link", "d"}, e{"lINK/x", ""}),
		trees("written-through-with-other-marks", out, e{"\u00e9", "d"}, e{"e\u0301/x", ""}),
		trees("written-through-by-a-backslash", out, e{"l", "d"}, e{`l\x`, ""}),
		trees("out-through-one-in-another-charset", out, e{"d1/d2/\x82", "../.."}, e{"y", "d1/d2/\u00e9/../etc"}),
		trees("out-through-one-that-windows-renames", out, e{"d1/d2/a?b", "../.."}, e{"y", "d1/d2/a_b/../etc"}),
		trees("up-behind-a-short-name", out, e{"a/longfoldername", "../x/y/z"}, e{"l", "a/LONGFO~1/../../../etc"}),
		trees("for-the-whole-tree", out, e{"./", "x"}),
		[]Case{
			with(zipCase("link-out-by-its-second-name", out, one(zipPart{name: "a\x81/b/l", data: "../x", store: true, mode: 0o120777, extra: unicodeName("a\x81/b/l", "aü-l")})), linksAllowed),
			with(zipCase("through-a-link-by-its-second-name", out, two(linkTo("ü", "d"), zipPart{name: "a\x81/x", data: "x", extra: unicodeName("a\x81/x", "ü/x")})), linksAllowed),
			with(zipCase("link-that-is-encrypted", out, one(zipPart{name: "l", data: "x", store: true, mode: 0o120777, flags: 1})), and(linksAllowed, allowLocked)),
			with(zipCase("link-out-by-the-directorys-backslashes", out, one(zipPart{name: `a\b\l`, localName: "a/b/l", data: "../x", store: true, mode: 0o120777})), linksAllowed),
			with(zipCase("link-out-by-its-own-backslashes", out, one(zipPart{name: "a/b/l", localName: `a\b\l`, data: "../x", store: true, mode: 0o120777})), linksAllowed),
			{Name: "zip-link-by-a-writer-of-dos.zip", Type: zipType, Want: out, Make: func() []byte {
				b := one(linkTo("l", "x")).make()
				b[bytes.Index(b, []byte("PK\x01\x02"))+5] = 0
				return b
			}},
			zipCase("link-by-a-field-of-libarchive", out, one(zipPart{name: "l", data: "x", store: true, localExtra: extraField(0x6c78, "\x05\x14\x03\x00\x00\xff\xa1")})),
			zipCase("link-by-a-field-of-its-own-header", out, one(zipPart{name: "l", data: "x", store: true, localExtra: extraField(0x756e, "\x00\x00\x00\x00\xff\xa1\x00\x00\x00\x00\x00\x00\x00\x00")})),
			with(zipCase("link-with-a-long-target", out, one(linkTo("l", strings.Repeat("a", 5000)))), linksAllowed),
			with(zipCase("link-out-of-an-archive-inside", out, one(zipPart{name: "in.zip", store: true, data: string(two(linkTo("d1/d2/x", "../.."), linkTo("y", "d1/d2/x/../e")).make())})), linksAllowed),
			with(zipCase("link-out-header-only", out, two(linkTo("d1/d2/x", "../.."), linkTo("y", "d1/d2/x/../e"))), and(linksAllowed, headerOnly)),
		},
	)
}

// hardLinks are of tar alone.
func hardLinks() []Case {
	var all []Case
	add := func(name string, want airlock.Reason, entries ...rawTar) {
		all = append(all, Case{Name: "links-" + name + ".tar", Type: tarType, Want: want, Make: raw(entries...), Change: allowLinks})
	}
	link := func(kind byte, name, target string) rawTar { return rawTar{name: name, kind: kind, target: target} }
	file := func(name string) rawTar { return rawTar{name: name, data: "x"} }
	out := airlock.UnsafeArchive
	long := strings.Repeat("long/", 30) + "a"
	gnu := func(kind byte, text string) rawTar {
		return rawTar{name: "././@LongLink", kind: kind, magic: "ustar  \x00", data: text + "\x00"}
	}
	add("hard-of-git", "", file("bin/git"), link('1', "libexec/git", "bin/git"), link('1', "libexec/git-add", "bin/git"), link('1', "libexec/git-am", "./bin//git"))
	add("hard-with-long-names", "", gnu('L', long), file(long[:99]), gnu('L', long+"b"), gnu('K', long), link('1', long[:99], long[:99]))
	add("hard-by-pax", "", file("a"), rawTar{name: "h", kind: 'x', data: pax("linkpath", "a", "path", "b")}, link('1', "b", "a"))
	add("hard-to-a-symbolic-one", out, link('2', "s", "d/e"), link('1', "h", "s"), file("h"))
	add("hard-to-what-becomes-a-symbolic-one", out, file("s"), link('1', "h", "s"), link('2', "s", "d/e"))
	add("hard-to-a-symbolic-one-in-other-case", out, link('2', "s", "d/e"), link('1', "h", "./S"))
	add("hard-through-what-becomes-a-symbolic-one", out, link('1', "h", "d/x"), link('2', "d", "e"))
	add("hard-to-the-root", out, link('1', "h", "/"))
	add("hard-to-a-short-name", out, link('2', "a/b/symbolic-one", "../../x"), link('1', "h", "a/b/SYMBOL~1"))
	add("hard-by-a-long-target-to-a-symbolic-one", out, link('2', "s", "d"), gnu('K', "s"), link('1', "h", "a"))
	add("hard-by-pax-to-a-symbolic-one", out, link('2', "s", "d"), rawTar{name: "h", kind: 'x', data: pax("linkpath", "s")}, link('1', "h", "a"))
	add("symbolic-by-pax-though-the-header-says-otherwise", out, rawTar{name: "h", kind: 'x', data: pax("linkpath", "a")}, link('2', "l", "../x"))
	return all
}
