package inspect

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/base64"
	"errors"
	"html"
	"io"
	"regexp"
)

// checkChunk looks at a page or a mail that Word takes in (altChunk, ECMA-376 part 1, 17.17.2). Reports are
// honestly made so; what runs in them is not.
func (l *look) checkChunk(part string, r io.Reader) error {
	plain, decoded := newWordSearch(l, part), newWordSearch(l, part)
	m := mimeText{}
	in := bufio.NewReaderSize(r, 4096)
	for {
		line, err := in.ReadSlice('\n')
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) && !errors.Is(err, io.EOF) {
			return err
		}
		if ferr := plain.feed(line); ferr != nil {
			return ferr
		}
		if ferr := decoded.feed(m.decode(line)); ferr != nil {
			return ferr
		}
		if errors.Is(err, io.EOF) {
			return cmp.Or(plain.fields.done(), decoded.fields.done())
		}
	}
}

// chunkRuns are words of pages that run or fetch something, in lower case.
var chunkRuns = []string{
	"<script", "javascript:", "vbscript:", "<object", "<embed", "<iframe", "<applet", "<frame ", "<frame\t", "<frame\r", "<frame\n", "<frame\f", "<frame/", "ms-msdt:", "search-ms:",
	`\objdata`, `\objupdate`, `\objautlink`, "ddeauto", "editdata.mso", "w:macrospresent", "mhtml:http", "x-usc:",
}

// pageField is a field in a page of Word: a style, or a mark and what follows it.
var pageField = regexp.MustCompile(`(?s)(mso-field-code|field-begin).{0,160}?[^a-z]dde[^a-z]`)

// pagePicture is where a picture of a page lies, if not beside it: a share begins with a backslash or a scheme. What
// begins with two slashes is of the web in pages.
var pagePicture = regexp.MustCompile(`(?:src|background|url)\s*[=(]\s*["']?\s*((?:file:|smb:|/?[\\&])[^"'\s>)]{0,200})`)

// picturesShare is the share that a picture of a page lies on; "" if none does.
func picturesShare(text []byte) string {
	if !bytes.Contains(text, []byte("src")) && !bytes.Contains(text, []byte("background")) && !bytes.Contains(text, []byte("url(")) {
		return ""
	}
	for _, m := range pagePicture.FindAllSubmatch(text, -1) {
		if address := html.UnescapeString(string(m[1])); onShare(address) {
			return address
		}
	}
	return ""
}

// wordSearch looks for words through pieces of a text.
type wordSearch struct {
	l    *look
	part string
	kept []byte // the end of what was searched, at most wordOverlap
	err  error  // what it objected to

	fields pageFields
}

// wordOverlap is more than the longest of what is looked for has.
const wordOverlap = 256

func newWordSearch(l *look, part string) *wordSearch {
	return &wordSearch{l: l, part: part, kept: make([]byte, 0, 8192), fields: pageFields{w: fieldWatch{look: l.within(part)}}}
}

// feed objects to the first of the words.
func (s *wordSearch) feed(b []byte) error {
	if len(b) == 0 {
		return s.l.step()
	}
	b = bytes.ReplaceAll(b, []byte{0}, nil) // UTF-16 too
	if err := s.fields.feed(b); err != nil {
		return err
	}
	text := append(s.kept, bytes.ToLower(b)...)
	decoded := text
	if bytes.IndexByte(text, '&') >= 0 {
		decoded = []byte(html.UnescapeString(string(text)))
	}
	for _, w := range chunkRuns {
		if bytes.Contains(text, []byte(w)) || w[0] != '<' && bytes.Contains(decoded, []byte(w)) { // what is no tag when it is decoded is none
			return s.l.active("%.80q holds %q", s.part, w)
		}
	}
	if bytes.Contains(text, []byte("field-")) && pageField.Match(text) {
		return s.l.active("a field of %.80q starts another program (DDE)", s.part)
	}
	if share := picturesShare(text); share != "" {
		return s.l.active("a picture of %.80q lies on the share %.80q", s.part, share)
	}
	s.kept = s.kept[:copy(s.kept[:cap(s.kept)], text[max(0, len(text)-wordOverlap):])]
	return s.l.step()
}

// Write is io.Writer. What it objects to stays, whatever who reads the same bytes makes of it.
func (s *wordSearch) Write(b []byte) (int, error) {
	if s.err == nil {
		s.err = s.feed(b)
	}
	return len(b), s.err
}

// mimeText decodes the bodies of a mail's parts (RFC 2045, 6). It knows no parts, so that nothing is gained by
// a boundary that is none: lines are of base64 from where a header says so, as far as they look so, and
// quoted-printable else.
type mimeText struct {
	packed bool
	rest   []byte // of base64: less than four
}

func (m *mimeText) decode(line []byte) []byte {
	trimmed := bytes.Trim(line, " \t\r\n")
	lower := bytes.ToLower(trimmed)
	switch {
	case bytes.Contains(lower, []byte("transfer-encoding:")):
		m.packed, m.rest = bytes.Contains(lower, []byte("base64")), nil
	case bytes.HasPrefix(line, []byte("--")):
		m.packed = false
	case m.packed && isBase64(trimmed):
		return m.base64(trimmed)
	}
	return quotedPrintable(line)
}

func isBase64(line []byte) bool {
	for _, c := range line {
		if !isLetter(c) && (c < '0' || c > '9') && c != '+' && c != '/' && c != '=' && c != ' ' && c != '\t' {
			return false
		}
	}
	return true
}

func (m *mimeText) base64(line []byte) []byte {
	in := append(m.rest, bytes.Map(func(r rune) rune {
		if r <= ' ' {
			return -1
		}
		return r
	}, line)...)
	n := len(in) / 4 * 4
	out := make([]byte, base64.StdEncoding.DecodedLen(n))
	k, _ := base64.StdEncoding.Decode(out, in[:n])
	m.rest = bytes.Clone(in[n:])
	return out[:k]
}

// quotedPrintable decodes a line, and joins it to the next one where it says so.
func quotedPrintable(line []byte) []byte {
	out := make([]byte, 0, len(line))
	for i := 0; i < len(line); i++ {
		rest := line[i:]
		switch {
		case rest[0] != '=':
			out = append(out, rest[0])
		case len(bytes.Trim(rest[1:], " \t\r\n")) == 0:
			return out
		case len(rest) > 2 && hexDigit(int(rest[1])) >= 0 && hexDigit(int(rest[2])) >= 0:
			out = append(out, byte(hexDigit(int(rest[1]))<<4|hexDigit(int(rest[2]))))
			i += 2
		default:
			out = append(out, '=')
		}
	}
	return out
}
