package readers

import (
	"bytes"
	"math/rand/v2"
	"regexp"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// mutant is the n-th of a seed of randomness: the same two make the same one, wherever.
func mutant(from []seed, random, n uint64) seed {
	r := rand.New(rand.NewPCG(random, n))
	kind := pick(r, []string{pdf, svg, svg, xml, xml}) // of PDFs the most are accepted
	s, other := drawn(from, r, kind), drawn(from, r, kind)
	if kind == xml && r.IntN(2) == 0 {
		other = drawn(from, r, svg)
	}
	ways := xmlWays
	if kind == pdf {
		ways = pdfWays
	}
	data := bytes.Clone(s.data)
	for range 1 + min(r.IntN(3), r.IntN(3)) {
		data = ways[r.IntN(len(ways))](r, data, other.data)
	}
	if kind == pdf && r.IntN(2) == 0 {
		data = indexed(data)
	}
	return seed{s.name, s.kind, s.hostile, data}
}

// drawn is one of a type, four times of five a hostile one.
func drawn(from []seed, r *rand.Rand, kind string) seed {
	hostile := r.IntN(5) > 0
	for {
		if s := pick(r, from); s.kind == kind && s.hostile == hostile {
			return s
		}
	}
}

// way changes a file; other is another one.
type way func(r *rand.Rand, data, other []byte) []byte

func pick[T any](r *rand.Rand, of []T) T { return of[r.IntN(len(of))] }

// put is data with s at a place, instead of the n bytes there.
func put(data []byte, at, n int, s string) []byte {
	return append(append(append(make([]byte, 0, len(data)+len(s)), data[:at]...), s...), data[at+n:]...)
}

// somewhere is one of the places where re matches in data; of its first group, if it has one.
func somewhere(r *rand.Rand, data []byte, re *regexp.Regexp) (from, to int, ok bool) {
	all := re.FindAllSubmatchIndex(data, 500)
	if len(all) == 0 {
		return 0, 0, false
	}
	m := pick(r, all)
	if len(m) > 2 && m[2] >= 0 {
		return m[2], m[3], true
	}
	return m[0], m[1], true
}

// replacing changes one match of re.
func replacing(re string, change func(r *rand.Rand, match string) string) way {
	compiled := regexp.MustCompile(re)
	return func(r *rand.Rand, data, _ []byte) []byte {
		from, to, ok := somewhere(r, data, compiled)
		if !ok {
			return data
		}
		return put(data, from, to-from, change(r, string(data[from:to])))
	}
}

// anywhere inserts one of words at the start of a match of re.
func anywhere(re string, words ...string) way {
	return replacing(re, func(r *rand.Rand, match string) string { return pick(r, words) + match })
}

func cut(r *rand.Rand, data, _ []byte) []byte { return data[:len(data)-r.IntN(min(len(data), 200))] }

func doubled(re string) way {
	return replacing(re, func(_ *rand.Rand, match string) string { return match + " " + match })
}

// wide is s in UTF-16, big end first unless little.
func wide(s string, little bool) string {
	var b strings.Builder
	for _, u := range utf16.Encode([]rune(s)) {
		if little {
			b.Write([]byte{byte(u), byte(u >> 8)})
		} else {
			b.Write([]byte{byte(u >> 8), byte(u)})
		}
	}
	return b.String()
}

// each changes one in n of s's characters.
func each(r *rand.Rand, s string, n int, change func(c rune) string) string {
	var b strings.Builder
	for _, c := range s {
		if c != utf8.RuneError && r.IntN(n) == 0 {
			b.WriteString(change(c))
		} else {
			b.WriteRune(c)
		}
	}
	return b.String()
}
