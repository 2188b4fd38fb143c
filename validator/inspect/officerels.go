package inspect

import (
	"bytes"
	"fmt"
	"io"
	"net/url"
	"path"
	"strings"
)

func quoted(s string) string { return fmt.Sprintf("%.80q", s) }

// Relationships by which something runs, by the end of their type (MS-OFFMACRO2 2.2, ECMA-376 part 1).
var activeRelationships = map[string]string{
	"vbaproject": "macros", "wordvbadata": "macros", "xlmacrosheet": "a sheet of macros", "xlintlmacrosheet": "a sheet of macros",
	"control": "an ActiveX control", "activexcontrolbinary": "an ActiveX control",
}

// Relationships whose target is opened without being asked for. Pictures, hyperlinks, videos and links
// to other workbooks are honest.
var openedUnasked = map[string]string{
	"attachedtemplate": "a template", "oleobject": "an object", "frame": "a frame", "subdocument": "a part of the document",
	"afchunk": "a part of the document", "package": "an object", "transform": "a transformation",
}

// checkRels looks at what a part belongs together with (ECMA-376 part 2, 6.5).
func (o *ooxml) checkRels(part string, r io.Reader) error {
	x := &xmlScan{in: o.xmlIn(), look: o.within(part)}
	x.start = func(t xmlTag) error {
		if string(t.local) != "Relationship" {
			return nil
		}
		kind, _ := t.attr("Type")
		target, _ := t.attr("Target")
		mode, _ := t.attr("TargetMode")
		return x.checkRelationship(strings.ToLower(path.Base(kind)), target, strings.EqualFold(strings.TrimSpace(mode), "external"))
	}
	return x.scan(r)
}

func (l *look) checkRelationship(kind, target string, external bool) error {
	if what := activeRelationships[kind]; what != "" {
		return l.active("it holds %s", what)
	}
	scheme, rest := cutScheme(target)
	if dangerousScheme(scheme, rest) {
		return l.active("a link leads to %.80q", target)
	}
	if what := openedUnasked[kind]; what != "" && (external || scheme != "") && remote(target) {
		return l.active("it fetches %s from %.80q", what, target)
	}
	return nil
}

// cutScheme cuts the scheme off a target, as lenient as those who follow it.
func cutScheme(target string) (scheme, rest string) {
	clean := strings.Map(func(r rune) rune {
		if r <= ' ' || r == 0x7f {
			return -1
		}
		return r
	}, target)
	if plain, err := url.PathUnescape(clean); err == nil {
		clean = plain
	}
	before, after, ok := strings.Cut(clean, ":")
	if !ok || len(before) < 2 || strings.ContainsAny(before, "/\\?#") {
		return "", clean
	}
	return strings.ToLower(before), after
}

// dangerousScheme tells schemes that run something. Pages that were pasted into documents bring links
// to their own scripts, which do nothing outside of them: the common ones are taken.
func dangerousScheme(scheme, rest string) bool {
	switch scheme {
	case "javascript":
		for _, harmless := range []string{"void", ";", "__dopostback(", "history."} {
			if rest == "" || strings.HasPrefix(strings.ToLower(rest), harmless) {
				return false
			}
		}
		return true
	case "vbscript", "ms-msdt", "search-ms", "search", "mhtml", "x-usc", "mk", "ms-its", "its", "shell", "ms-officecmd", "script":
		return true
	case "data":
		return strings.HasPrefix(strings.ToLower(rest), "text/html")
	}
	return false
}

// remote tells whether a target is on another machine. Paths on a disk are honest: templates keep
// theirs for ever.
func remote(target string) bool {
	scheme, rest := cutScheme(target)
	rest = strings.ReplaceAll(rest, "\\", "/")
	switch scheme {
	case "":
		return strings.HasPrefix(rest, "//")
	case "file": // file:///C:/x is a path, file://server/x and file:///\\server\x are not
		trimmed := strings.TrimLeft(rest, "/")
		slashes := len(rest) - len(trimmed)
		local := len(trimmed) > 1 && (trimmed[1] == ':' || trimmed[1] == '|') || strings.HasPrefix(trimmed, "localhost/")
		return !local && (slashes == 2 || slashes >= 4)
	}
	return true
}

// checkChunk looks at a page, a mail or an RTF text that Word takes in (altChunk, ECMA-376 part 1,
// 17.17.2). Reports are honestly made so; what runs in them is not.
func (o *ooxml) checkChunk(part string, r io.Reader) error {
	return o.searchText(part, r, []string{"<script", "javascript:", "vbscript:", "<object", "<embed", "<iframe", "<applet", `\objdata`, `\objupdate`, `\objautlink`, "ddeauto"})
}

// searchText objects to the first of these words, which are in lower case.
func (l *look) searchText(part string, r io.Reader, words []string) error {
	const overlap = 32
	buf := make([]byte, 16<<10+overlap)
	kept := 0
	for {
		n, err := io.ReadFull(r, buf[kept:])
		text := bytes.ToLower(bytes.ReplaceAll(buf[:kept+n], []byte{0}, nil)) // UTF-16 too
		for _, w := range words {
			if bytes.Contains(text, []byte(w)) {
				return l.active("%.80q holds %q", part, w)
			}
		}
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			return nil
		}
		if err != nil {
			return err
		}
		kept = copy(buf, buf[len(buf)-overlap:])
	}
}
