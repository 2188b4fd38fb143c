package inspect

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"airlock"
)

// judge objects to a field that starts another program, or fetches a text (17.16.5).
func (w *fieldWatch) judge(f *openField) error {
	for _, code := range [][]byte{f.code, f.all} {
		if w.found {
			return nil
		}
		if err := w.judgeCode(code, f.cut); err != nil || len(f.all) == len(f.code) {
			return err
		}
	}
	return nil
}

func (w *fieldWatch) judgeCode(code []byte, cut bool) error {
	if isDDE(code, true) {
		w.found = true
		return w.active("a field in it starts another program (DDE)")
	}
	name, rest := fieldName(code)
	if w.rtf && (name == "INCLUDEPICTURE" || name == "IMPORT") {
		name = "INCLUDE"
	}
	fetches := remote
	switch {
	case name == "HYPERLINK":
		return w.judgeLink(rest, cut)
	case name == "INCLUDEPICTURE", name == "IMPORT": // those of the web are honest
		fetches = onShare
	case name == "DATABASE":
		fetches = connectsToShare
	case !fetchingFields[name]:
		return nil
	}
	switch arguments := fieldArguments(rest); {
	case slices.ContainsFunc(arguments, fetches):
		w.found = true
		return w.active("a field in it fetches a text or a picture, %.60q", code)
	case cut:
		return w.objectTo(airlock.Uninspectable, "a field in it, %.20q, is longer than %d bytes", code, mostCode)
	}
	return nil
}

// fetchingFields are fields that take in what an address gives (17.16.5.27 and others).
var fetchingFields = map[string]bool{"INCLUDETEXT": true, "INCLUDE": true, "RD": true, "LINK": true}

// connectsToShare tells whether a file of data or a part of what says how to connect to it lies on a share.
func connectsToShare(argument string) bool {
	if onShare(argument) {
		return true
	}
	return slices.ContainsFunc(strings.FieldsFunc(argument, func(r rune) bool { return strings.ContainsRune(";='\" ", r) }), onShare)
}

// judgeLink looks at where a link leads. Of one that is cut the address must have begun.
func (w *fieldWatch) judgeLink(rest []byte, cut bool) error {
	arguments := fieldArguments(rest)
	for _, a := range arguments {
		if dangerousScheme(cutScheme(a)) {
			w.found = true
			return w.active("a link leads to %.80q", a)
		}
	}
	if cut && len(arguments) > 2 {
		return w.objectTo(airlock.Uninspectable, "a link in it is longer than %d bytes", mostCode)
	}
	return nil
}

func isDDE(code []byte, whole bool) bool {
	code = bytes.ToLower(bytes.TrimLeftFunc(code, isBlank))
	code, ok := bytes.CutPrefix(code, []byte("dde"))
	if !ok {
		return false
	}
	code = bytes.TrimPrefix(code, []byte("auto"))
	if len(code) == 0 {
		return whole
	}
	return code[0] < 'a' || code[0] > 'z'
}

// fieldName cuts the name, in capitals, off a code.
func fieldName(code []byte) (name string, rest []byte) {
	code = bytes.TrimLeftFunc(code, isBlank)
	if len(code) > 0 && code[0] == '=' {
		return "=", code[1:]
	}
	n := 0
	for n < len(code) && isLetter(code[n]) {
		n++
	}
	return strings.ToUpper(string(code[:n])), code[n:]
}

// begunName tells whether a code ends within what may become the name of a field that runs.
func begunName(code []byte) bool {
	begun := bytes.ToUpper(bytes.TrimLeftFunc(code, isBlank))
	for _, name := range []string{"DDEAUTO", "INCLUDETEXT", "LINK"} {
		if strings.HasPrefix(name, string(begun)) {
			return true
		}
	}
	return false
}

// fieldArguments are the arguments behind a field's name, with a backslash for each two, and as they are.
func fieldArguments(rest []byte) []string {
	var all []string
	for s := strings.TrimLeftFunc(string(rest), isBlank); s != ""; s = strings.TrimLeftFunc(s, isBlank) {
		var a string
		if s[0] == '"' || strings.HasPrefix(s, "\u201c") {
			s = strings.TrimLeft(s, "\"\u201c")
			i := strings.IndexAny(s, "\"\u201d")
			if i < 0 {
				i = len(s)
			}
			a, s = s[:i], strings.TrimLeft(s[i:], "\"\u201d")
		} else {
			i := strings.IndexFunc(s, isBlank)
			if i < 0 {
				i = len(s)
			}
			a, s = s[:i], s[i:]
		}
		all = append(all, strings.ReplaceAll(a, `\\`, `\`), a)
	}
	return all
}

// quoteValue is what QUOTE becomes: numbers are characters (17.16.5.49).
func quoteValue(rest []byte) []byte {
	var b []byte
	for i, a := range fieldArguments(rest) {
		if i%2 == 1 {
			continue
		}
		if n, err := strconv.ParseUint(a, 0, 21); err == nil {
			b = append(b, string(rune(n))...)
		} else if !strings.HasPrefix(a, `\`) {
			b = append(b, a...)
		}
	}
	return b
}

// resultless are fields that leave nothing in the code around them; numeric leave digits, which begin
// no name.
var (
	resultless = map[string]bool{"SET": true, "ASK": true, "TC": true, "XE": true, "RD": true, "TA": true, "ADDIN": true, "PRIVATE": true, "NEXT": true, "NEXTIF": true, "SKIPIF": true}
	numeric    = map[string]bool{"PAGE": true, "NUMPAGES": true, "SECTION": true, "SECTIONPAGES": true, "SEQ": true, "NUMWORDS": true, "NUMCHARS": true, "=": true, "REVNUM": true, "MERGEREC": true, "MERGESEQ": true, "PAGEREF": true}
)

// plainNumber tells a field that leaves digits from one that is told to leave letters: \* ALPHABETIC makes DD of
// 30, and \# takes any text.
func plainNumber(rest []byte) bool {
	switches := bytes.ToUpper(bytes.Join(bytes.Fields(rest), nil))
	switches = bytes.ReplaceAll(switches, []byte(`\*MERGEFORMAT`), nil)
	return !bytes.Contains(switches, []byte(`\*`)) && !bytes.Contains(switches, []byte(`\#`))
}
