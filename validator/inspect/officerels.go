package inspect

import (
	"bytes"
	"fmt"
	"io"
	"path"
	"regexp"
	"strings"

	"airlock"
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

// sourcesOfData are opened when somebody says so, but on a share whoever has it is told who does.
var sourcesOfData = wordSet("mailmergesource mailmergeheadersource")

// relationship is what a relationship's type ends with, in lower case: what it is, whoever's it is.
func relationship(kind string) string {
	kind, _, _ = strings.Cut(strings.ToLower(kind), "?")
	kind, _, _ = strings.Cut(kind, "#")
	kind = unescapeAddress(kind)
	return path.Base(strings.Map(func(r rune) rune {
		if r <= ' ' || isBlank(r) {
			return -1
		}
		return r
	}, strings.ReplaceAll(kind, "\\", "/")))
}

// checkRels looks at what a part belongs together with (ECMA-376 part 2, 6.5).
func (o *ooxml) checkRels(part string, r io.Reader) error {
	folder, file := path.Split(part)
	source := path.Join(path.Dir(path.Clean(folder)), strings.TrimSuffix(file, ".rels"))
	x := &xmlScan{in: o.xmlIn(), look: o.within(part)}
	chart := o.isChart(source)
	x.start = func(t xmlTag) error { return x.checkRelationship(t, chart) }
	return x.scan(r)
}

// isChart tells a part that is a chart, and no page or text by its type: one asks before it fetches its workbook.
func (o *ooxml) isChart(part string) bool {
	kind := o.typeOf(part)
	if strings.Contains(part, "/charts/") && !strings.Contains(kind, "vnd.") {
		return true
	}
	return kind == "application/vnd.openxmlformats-officedocument.drawingml.chart+xml"
}

// checkRelationship judges a relationship, of a chart or of something else. Where it says something twice,
// in several namespaces, each is judged.
func (l *look) checkRelationship(t xmlTag, chart bool) (err error) {
	if !bytes.EqualFold(t.local, []byte("Relationship")) {
		return nil
	}
	opens, asks, data := "", false, false
	t.values("Type", func(kind string) bool {
		if len(kind) > mostRelationship {
			err = l.objectTo(airlock.Malformed, "a relationship's type is longer than %d bytes", mostRelationship)
			return false
		}
		kind = relationship(kind)
		data = data || sourcesOfData[kind]
		if what := activeRelationships[kind]; what != "" {
			err = l.active("it holds %s", what)
		}
		if what := openedUnasked[kind]; what != "" {
			opens, asks = what, (opens == "" || asks) && chart && kind == "oleobject"
		}
		return err == nil
	})
	if err != nil {
		return err
	}
	t.values("Target", func(target string) bool {
		scheme, rest := cutScheme(target)
		switch {
		case dangerousScheme(scheme, rest):
			err = l.active("a link leads to %.80q", target)
		case data && onShare(target):
			err = l.active("it takes its data from %.80q", target)
		case asks && (scheme == "https" || scheme == "http"):
		case opens != "" && remote(target): // whatever mode it says
			err = l.active("it fetches %s from %.80q", opens, target)
		}
		return err == nil
	})
	return err
}

// mostRelationship is more than a relationship's type has.
const mostRelationship = 1024

// cutScheme cuts the scheme off a target, as lenient as those who follow it.
func cutScheme(target string) (scheme, rest string) {
	clean := strings.Map(func(r rune) rune {
		if r <= ' ' || r == 0x7f {
			return -1
		}
		return r
	}, target)
	clean = unescapeAddress(clean)
	before, after, ok := strings.Cut(clean, ":")
	if !ok || len(before) < 2 || strings.ContainsFunc(before, notOfScheme) {
		return "", clean
	}
	return strings.ToLower(before), after
}

// unescapeAddress replaces the escapes in an address; what is none stays.
func unescapeAddress(s string) string {
	if !strings.Contains(s, "%") {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) && hexDigit(int(s[i+1])) >= 0 && hexDigit(int(s[i+2])) >= 0 {
			b = append(b, byte(hexDigit(int(s[i+1]))<<4|hexDigit(int(s[i+2]))))
			i += 2
		} else {
			b = append(b, s[i])
		}
	}
	return string(b)
}

// notOfScheme tells what no scheme holds (RFC 3986, 3.1): a name of a disk may stand in front of a colon, too.
func notOfScheme(r rune) bool {
	return r > 0x7e || !isLetter(byte(r)) && (r < '0' || r > '9') && r != '+' && r != '-' && r != '.' && r != '_'
}

// dangerousScheme tells schemes that run something. Pages that were pasted into documents bring links
// to their own scripts, which do nothing outside of them: the common ones are taken.
func dangerousScheme(scheme, rest string) bool {
	if scheme == "javascript" {
		return !harmlessScript.MatchString(rest)
	}
	return !ordersOfOffice[scheme] && dangerousAddress(scheme+":"+rest) != ""
}

// harmlessScript is what pages write where they want a link to do nothing, or to go back.
var harmlessScript = regexp.MustCompile(`(?i)^(;|void\(?[0-9a-z'"]*\)?;*|__dopostback\([^()]*\);?|history\.(back|forward|go)\([-0-9]*\);?)?$`)

// onShare tells whether a target is on another machine, and is no page of the web.
func onShare(target string) bool {
	scheme, _ := cutScheme(target)
	return (scheme == "" || scheme == "file") && remote(target)
}

// remote tells whether a target is on another machine. Paths on a disk are honest: templates keep
// theirs for ever.
func remote(target string) bool {
	scheme, rest := cutScheme(target)
	if scheme == "file" && strings.HasPrefix(strings.TrimLeft(rest, "/"), `\\`) {
		return true
	}
	rest = strings.ReplaceAll(rest, "\\", "/")
	switch scheme {
	case "":
		if native, ok := strings.CutPrefix(rest, "/??/"); ok { // as the kernel of Windows names it
			rest = "//?/" + native
		}
		return strings.HasPrefix(rest, "//")
	case "file": // file:///C:/x is a path, file://server/x and file:///\\server\x are not
		trimmed := strings.TrimLeft(rest, "/")
		slashes := len(rest) - len(trimmed)
		if inner, ok := strings.CutPrefix(trimmed, "localhost/"); ok && strings.HasPrefix(inner, "/") {
			trimmed, slashes = strings.TrimLeft(inner, "/"), 4
		}
		local := len(trimmed) > 1 && (trimmed[1] == ':' || trimmed[1] == '|') || strings.HasPrefix(trimmed, "localhost/")
		return !local && (slashes == 2 || slashes >= 4) && !(slashes == 4 && strings.HasPrefix(trimmed, "Users/")) // Word for Mac's own disk
	}
	return true
}
