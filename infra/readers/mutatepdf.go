package readers

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// pdfBetween is a place between two tokens of a PDF.
const pdfBetween = `(?s)[\s/<>\[\]()]`

var pdfWays = []way{
	anywhere(pdfBetween, " endobj ", " endstream ", " stream\n", " obj ", " trailer ", " xref ", " startxref ", " R ", " null ", " true ",
		" 9 0 obj ", " 4 0 R ", "%\n", "% (\r", "(", ")", "<", ">", "[", "]", "<<", ">>", "{", "}", " BT ", `\`, "/", "//", "/#00", " 0 ", " -1.5 ", "%%EOF\n"),
	anywhere(pdfBetween, "\x00", "\x0c", "\x80", "\xff", "\xa0", "\x0b", "\x1a", "\x85", "\u00a0", "\ufeff", "\u200b", "\r", "\n", "\t"),
	replacing(`(?s)[ \n]`, func(r *rand.Rand, _ string) string {
		return pick(r, []string{"\x00", "\x0c", "\x80", "\xff", "\t", "\r", "\r\n", "\xa0", "%x\n", "%x\r", ""})
	}),
	replacing(`/([A-Za-z]+)`, rename),
	replacing(`/([A-Za-z]+)`, rename),
	replacing(`(\([^()\\]*(?:\\.[^()\\]*)*\))`, respell),
	replacing(`(\([^()\\]*(?:\\.[^()\\]*)*\))`, respell),
	// The same key twice, or a harmless one beside it.
	replacing(`/(?:S|JS|F|UF|A|AA|Filter|OpenAction|Names|URI|Type|JavaScript)[ /(<\[]`, func(r *rand.Rand, match string) string {
		return match[:len(match)-1] + pick(r, []string{" /GoTo ", " null ", " (a) ", " 0 0 R ", " 4 0 R ", " [] ", " <<>> ", " // "}) + match
	}),
	replacing(`/(?:S|A|AA|O|OpenAction|JavaScript|F) ?(/[A-Za-z]+|\d+ 0 R|<<[^<>]*>>)`, func(r *rand.Rand, match string) string {
		return pick(r, []string{"[" + match + "]", match + " " + match, "null " + match, match + " endobj", match + " /Next " + match})
	}),
	replacing(`/S /(JavaScript|Launch|URI|GoToR|GoToE|SubmitForm|ImportData|Rendition|GoTo)`, func(r *rand.Rand, _ string) string {
		return pick(r, []string{"JavaScript", "JavaScript ", "JavaScript\x00", "javascript", "Launch", "GoToR", "GoToE", "URI", "", "Thread", "Named"})
	}),
	replacing(`/((?:OpenAction|AA|A|Names|JS|Outlines) )`, func(r *rand.Rand, _ string) string {
		return pick(r, []string{"OpenAction ", "AA ", "A ", "Next ", "PA ", "JS ", "Names ", "Outlines "})
	}),
	replacing(`/URI \(([^)]*)`, func(r *rand.Rand, match string) string {
		return pick(r, []string{"javascript:app.alert\\(1\\)", "JaVaScRiPt:1", " javascript:1", "java\\tscript:1", "\\001javascript:1", "file:///a", "\\\\\\\\192.0.2.1\\\\a", "//192.0.2.1/a",
			"vbscript:1", "data:text/html,x", "ms-word:a", "search-ms:a", "\xfe\xff" + wide("javascript:1", false), "\xef\xbb\xbfjavascript:1", strings.Repeat(" ", 400) + "javascript:1"})
	}),
	replacing(`/U?F \(([^)]*)`, func(r *rand.Rand, match string) string {
		return pick(r, []string{"a.exe", "a.exe.", "a.exe ", "a.txt\\000.exe", "a.\u200bexe", "\xfe\xff" + wide("a.js", false), "\xff\xfe" + wide("a.js", true), "\xef\xbb\xbfa.js",
			"a.j\\163", "\\\\\\\\192.0.2.1\\\\a", "//192.0.2.1/a", "/\\\\192.0.2.1/a", "file://192.0.2.1/a", "http://192.0.2.1/a", strings.Repeat("a", 300) + ".hta"})
	}),
	elsewhere, elsewhere, packed, packed, streamed, cut, grafted, grafted, unindexed,
	doubled(`(?s)\d+ 0 obj.*?endobj`),
}

// rename spells a name in another way that is the same.
func rename(r *rand.Rand, name string) string {
	format := pick(r, []string{"#%02x", "#%02X"})
	return each(r, name, 1+r.IntN(4), func(c rune) string { return fmt.Sprintf(format, c) })
}

// respell writes a string in another way that is the same.
func respell(r *rand.Rand, literal string) string {
	inside := regexp.MustCompile(`\\([()\\])`).ReplaceAllString(literal[1:len(literal)-1], "$1")
	escaped := func(s string) string {
		return strings.NewReplacer(`\`, `\\`, "(", `\(`, ")", `\)`, "\r", `\r`).Replace(s)
	}
	switch r.IntN(7) {
	case 0:
		return "<" + hex.EncodeToString([]byte(inside)) + ">"
	case 1:
		return "<FEFF" + hex.EncodeToString([]byte(wide(inside, false))) + pick(r, []string{">", "0>", "d8>", " >"})
	case 2:
		return "(" + escaped("\xfe\xff"+wide(inside, false)) + ")"
	case 3:
		return "(" + escaped("\xff\xfe"+wide(inside, true)) + ")"
	case 4:
		return "(\xef\xbb\xbf" + escaped(inside) + ")"
	case 5:
		return "(" + each(r, inside, 2, func(c rune) string { return fmt.Sprintf(`\%03o`, c) }) + ")"
	default:
		return "(" + each(r, escaped(inside), 3, func(c rune) string { return "\\\n" + string(c) }) + ")"
	}
}

var (
	pdfObject  = regexp.MustCompile(`(?s)(\d{1,4}) 0 obj\s*(.*?)\s*endobj`)
	pdfValue   = regexp.MustCompile(`/[A-Za-z]+ ?(/[A-Za-z]+|\([^()\\]*(?:\\.[^()\\]*)*\)|<<[^<>]*>>|\[[^\[\]]*\])`)
	pdfRoot    = regexp.MustCompile(`/Root \d+ 0 R`)
	pdfPlain   = regexp.MustCompile(`(?s)<<([^<>]*)/Length \d+([^<>]*)>>\s*stream\r?\n(.*?)\n?endstream`)
	pdfStart   = regexp.MustCompile(`startxref\s+(\d+)`)
	pdfTrailer = regexp.MustCompile(`(?s)xref\s+0 .*?trailer`)
)

// elsewhere makes a value an object of its own.
func elsewhere(r *rand.Rand, data, _ []byte) []byte {
	from, to, ok := somewhere(r, data, pdfValue)
	if !ok {
		return data
	}
	number := 20 + r.IntN(60)
	object := fmt.Sprintf("%d 0 obj %s endobj\n", number, data[from:to])
	at := bytes.LastIndex(data, []byte("\nxref"))
	if at < to {
		at = len(data) - 1
	}
	return put(put(data, at+1, 0, object), from, to-from, fmt.Sprintf(" %d 0 R ", number))
}

// objects are the objects of a PDF by number, as far as they stand in the open.
func objects(data []byte) []string {
	var all []string
	for _, m := range pdfObject.FindAllSubmatch(data, 200) {
		n, _ := strconv.Atoi(string(m[1]))
		if n > 0 && n < 300 {
			all = append(all, make([]string, max(0, n-len(all)))...)
			all[n-1] = string(m[2])
		}
	}
	return all
}

func root(data []byte) string {
	if m := pdfRoot.Find(data); m != nil {
		return string(m)
	}
	return "/Root 1 0 R"
}

// indexed writes a PDF anew, with a table that is right, as far as its objects can be told.
func indexed(data []byte) []byte {
	if all := objects(data); len(all) > 0 && !bytes.Contains(data, []byte("/XRef")) {
		return written(all, root(data))
	}
	return data
}

// unindexed makes the table wrong, so that readers look for objects themselves.
func unindexed(r *rand.Rand, data, _ []byte) []byte {
	if r.IntN(2) == 0 {
		return pdfStart.ReplaceAll(data, []byte("startxref\n7"))
	}
	return pdfTrailer.ReplaceAll(data, []byte("trailer"))
}

// packed puts all objects but streams into an object stream.
func packed(r *rand.Rand, data, _ []byte) []byte {
	all := objects(data)
	if len(all) == 0 || bytes.Contains(data, []byte("/XRef")) {
		return data
	}
	var table, body string
	inside := map[int]int{}
	for i, o := range all {
		if o != "" && !strings.Contains(o, "stream") {
			inside[i+1] = len(inside)
			table += fmt.Sprintf("%d %d ", i+1, len(body))
			body += o + pick(r, []string{"\n", " ", "\x00", " endobj "})
			all[i] = ""
		}
	}
	filter, content := pick(r, []string{"/Filter /FlateDecode", "/Filter [/FlateDecode]", "/Filter /Fl", "/Filter /#46lateDecode", "/F (a) /Filter /FlateDecode",
		"/Filter /FlateDecode /Filter /ASCIIHexDecode", "/Filter [/ASCIIHexDecode /FlateDecode]", "/Filter /ASCIIHexDecode", "", "/Filter null", "/Filter []", "/Filter [/Crypt /FlateDecode]"}), table+body
	if strings.Contains(filter, "Fl") || strings.Contains(filter, "#46") {
		content = deflated(content)
	}
	if strings.Contains(filter, "ASCIIHexDecode") && !strings.Contains(filter, "/Filter /FlateDecode") {
		content = hex.EncodeToString([]byte(content)) + ">"
	}
	all = append(all, fmt.Sprintf("<</Type /ObjStm /N %d /First %d %s /Length %d>>\nstream\n%s\nendstream", len(inside), len(table), filter, len(content), content))
	return streamIndexed(all, inside, root(data))
}

// streamIndexed is a PDF whose table is a stream; the objects of inside lie in the last of all.
func streamIndexed(all []string, inside map[int]int, root string) []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n")
	rows := []byte{0, 0, 0, 0, 255}
	for i, o := range all {
		at := b.Len()
		if index, packed := inside[i+1]; packed {
			rows = append(rows, 2, 0, byte(len(all)>>8), byte(len(all)), byte(index))
		} else if o == "" {
			rows = append(rows, 0, 0, 0, 0, 0)
		} else {
			rows = append(rows, 1, byte(at>>16), byte(at>>8), byte(at), 0)
			fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
		}
	}
	at := b.Len()
	rows = append(rows, 1, byte(at>>16), byte(at>>8), byte(at), 0)
	fmt.Fprintf(&b, "%d 0 obj\n<</Type /XRef /Size %d /W [1 3 1] %s /Length %d>>\nstream\n%s\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n",
		len(all)+1, len(all)+2, root, len(rows), rows, at)
	return b.Bytes()
}

// streamed packs a stream in another way.
func streamed(r *rand.Rand, data, _ []byte) []byte {
	all := pdfPlain.FindAllSubmatchIndex(data, 50)
	if len(all) == 0 {
		return data
	}
	m := pick(r, all)
	content := string(data[m[6]:m[7]])
	filter := ""
	switch r.IntN(4) {
	case 0:
		filter, content = "/Filter /FlateDecode", deflated(content)
	case 1:
		filter, content = "/Filter /AHx", hex.EncodeToString([]byte(content))+">"
	case 2:
		filter = "/F (a.bin)"
	case 3:
		filter = "/Type /ObjStm /N 1 /First 4"
	}
	dict := fmt.Sprintf("<<%s%s%s /Length %d>>\nstream\n%s\nendstream", data[m[2]:m[3]], filter, data[m[4]:m[5]], len(content)+pick(r, []int{0, 0, 0, 1, -1, 5000}), content)
	return put(data, m[0], m[1]-m[0], dict)
}

// grafted puts objects of another file into this one, before its table or behind its end.
func grafted(r *rand.Rand, data, other []byte) []byte {
	theirs := pdfObject.FindAll(other, 50)
	if len(theirs) == 0 {
		return data
	}
	at := len(data)
	if i := bytes.LastIndex(data, []byte("\nxref")); i > 0 && r.IntN(2) == 0 {
		at = i + 1
	}
	var graft []byte
	for range 1 + r.IntN(3) {
		graft = slices.Concat(graft, pick(r, theirs), []byte("\n"))
	}
	return put(data, at, 0, string(graft))
}
