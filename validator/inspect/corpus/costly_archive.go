package corpus

import (
	"bytes"
	"fmt"
	"strings"

	"airlock"
)

// deepPath is a path of n folders of one letter that are n different ones.
func deepPath(n, salt int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "%x/", (salt*7919+i)&0xfff)
	}
	return b.String()
}

func archiveCostly() []Case {
	var all []Case
	add := func(name, mediaType string, make func() []byte, change ...func(*airlock.Profile)) {
		all = append(all, Case{Name: "costly-" + name, Type: mediaType, Make: make, Change: and(change...)})
	}
	many := func(p *airlock.Profile) { p.Limits.MaxEntries = 1_000_000 }
	costlyZips(add, many)
	costlyTars(add, many)
	costlyGzips(add, many)
	return all
}

type addCostly func(name, mediaType string, make func() []byte, change ...func(*airlock.Profile))

func costlyZips(add addCostly, many func(*airlock.Profile)) {
	zip := func(n int, part func(i int) zipPart) func() []byte {
		return func() []byte {
			z := zipOf{zip64: true}
			for i := range n {
				z.parts = append(z.parts, part(i))
			}
			return z.make()
		}
	}
	add("zip-of-empty-entries.zip", zipType, zip(85_000, func(i int) zipPart { return zipPart{name: fmt.Sprintf("%06x", i)} }), many)
	add("zip-of-entries-in-deep-folders.zip", zipType, zip(7_000, func(i int) zipPart { return zipPart{name: fmt.Sprint(deepPath(100, i), i)} }), linksAllowed)
	add("zip-of-links.zip", zipType, zip(9_900, func(i int) zipPart {
		return linkTo(fmt.Sprintf("d/%x/%05d", i%7, i), fmt.Sprintf("../%x/%05d/../../%x", (i+1)%7, (i+1)%9_900, i))
	}), linksAllowed)
	add("zip-of-links-called-alike.zip", zipType, zip(7_000, func(i int) zipPart {
		return linkTo("d/a"+strings.Repeat(".", i%1000)+strings.Repeat(" ", i/1000), "a/../a/../b")
	}), linksAllowed)
	add("zip-of-archives.zip", zipType, func() []byte {
		inner := string(zip(200, func(i int) zipPart { return zipPart{name: fmt.Sprintf("%06x", i)} })())
		return zip(200, func(i int) zipPart { return zipPart{name: fmt.Sprintf("%06x.zip", i), data: inner, store: true} })()
	}, many)
	add("zip-of-small-bzip2.zip", zipType, zip(3_000, func(i int) zipPart {
		return zipPart{name: fmt.Sprintf("%05d", i), data: "\x42\x5a\x68\x39\x31\x41\x59\x26\x53\x59\x19\x93\x9b\x6b\x00\x00\x00\x01\x00\x20\x00\x20\x00\x21\x18\x46\x82\xee\x48\xa7\x0a\x12\x03\x32\x73\x6d\x60", method: 12, crc: 0xe8b7be43, unpacked: 1} // of "a"
	}))
}

func costlyTars(add addCostly, many func(*airlock.Profile)) {
	long := func(kind byte, text string) []byte {
		return rawTar{name: "././@LongLink", kind: kind, magic: "ustar  \x00", data: text + "\x00"}.bytes()
	}
	tars := func(n int, entry func(i int) []byte) func() []byte {
		return func() []byte {
			var b []byte
			for i := 0; i < n && len(b) < costly; i++ {
				b = append(b, entry(i)...)
			}
			return append(b, make([]byte, 1024)...)
		}
	}
	path := strings.Repeat("a/", 127)
	add("tar-of-long-hard-links.tar", tarType, tars(9_000, func(i int) []byte {
		return bytes.Join([][]byte{long('K', path+fmt.Sprint(i)), rawTar{name: "b", kind: '1', target: path[:99], change: func(h []byte) { copy(h, fmt.Sprint(i)) }}.bytes()}, nil)
	}), linksAllowed)
	add("tar-of-links-with-long-names.tar", tarType, tars(9_000, func(i int) []byte {
		name := deepPath(240, i)
		return bytes.Join([][]byte{long('L', name+fmt.Sprint(i)), long('K', strings.Repeat("../", 100)+"x"), rawTar{name: name[:99], kind: '2', target: "x"}.bytes()}, nil)
	}), linksAllowed)
	add("tar-of-links-in-a-ring.tar", tarType, tars(9_000, func(i int) []byte {
		return rawTar{name: fmt.Sprintf("d/%05d", i), kind: '2', target: fmt.Sprintf("%05d/../%05d/..", (i+1)%9_000, (i+2)%9_000)}.bytes()
	}), linksAllowed)
	add("tar-of-a-record-many-times.tar", tarType, tars(7, func(i int) []byte {
		return append(rawTar{name: "h", kind: 'x', data: strings.Repeat("9 mtime=\n", 1<<20/9)}.bytes(), rawTar{name: fmt.Sprint(i)}.bytes()...)
	}))
}

func costlyGzips(add addCostly, _ func(*airlock.Profile)) {
	const t = "application/gzip"
	add("gzip-of-empty-members.gz", t, func() []byte { return filled(gz("", nil)) })
	add("gzip-of-a-tar-of-attributes.tgz", t, func() []byte {
		one := append(rawTar{name: "h", kind: 'x', data: strings.Repeat("9 mtime=\n", 1<<20/9)}.bytes(), rawTar{name: "a"}.bytes()...)
		return gz("", append(bytes.Repeat(one, 60), make([]byte, 1024)...))
	})
}
