package inspect

import (
	"slices"
	"strings"
)

// xmlDoctype is a document type declaration.
type xmlDoctype struct {
	name, public, system string
	external             bool   // it lies elsewhere
	entities             bool   // it declares some that are plain texts, and more than a sign
	drawing              bool   // it puts elements into SVG's namespace
	adds                 bool   // it adds attributes to elements
	other                string // what else it declares
}

// documentType reads one behind "<!DOCTYPE" (XML 1.0 [28]).
func (d *xmlDoc) documentType() (t xmlDoctype, err error) {
	if !d.space() {
		return t, d.bad("the document type has no name")
	}
	if t.name, err = d.name(); err != nil {
		return t, err
	}
	space := d.space()
	if b := d.peek(); b == 'P' || b == 'S' {
		if !space {
			return t, d.bad("the document type is broken")
		}
		if t.public, t.system, err = d.externalID(false); err != nil {
			return t, err
		}
		t.external = true
		d.space()
	}
	if d.peek() == '[' {
		d.pos++
		if err := d.subset(&t); err != nil {
			return t, err
		}
		d.space()
	}
	if d.next() != '>' {
		return t, d.bad("the document type has no end")
	}
	return t, nil
}

// externalID reads where something lies, strictly by the grammar (XML 1.0 [75]): what is read otherwise
// than readers do names another place to them. Notations may be public only ([83]).
func (d *xmlDoc) externalID(notation bool) (public, system string, err error) {
	kind, err := d.name()
	switch {
	case err != nil:
		return "", "", err
	case kind != "PUBLIC" && kind != "SYSTEM":
		return "", "", d.bad("%.40q is neither PUBLIC nor SYSTEM", kind)
	case !d.space():
		return "", "", d.bad("a blank is missing behind %s", kind)
	}
	if kind == "PUBLIC" {
		if public, err = d.plain(); err != nil {
			return "", "", err
		}
		if strings.ContainsFunc(public, func(r rune) bool { return !isPublicRune(r) }) {
			return "", "", d.bad("a public identifier holds what none has: %.80q", public)
		}
		space := d.space()
		if b := d.peek(); notation && b != '"' && b != '\'' {
			return public, "", nil
		}
		if !space {
			return "", "", d.bad("a blank is missing behind a public identifier")
		}
	}
	system, err = d.plain()
	return public, system, err
}

// isPublicRune tells what a public identifier may hold (XML 1.0 [13]).
func isPublicRune(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune(" \r\n-'()+,./:=?;!*#@$_%", r)
}

// xmlLiteral is the longest text of an entity, and of an address.
const xmlLiteral = 4096

// plain reads a value in quotes in which nothing is resolved.
func (d *xmlDoc) plain() (string, error) {
	quote := d.next()
	if quote != '"' && quote != '\'' {
		return "", d.bad("a value is not in quotes")
	}
	var kept []byte
	for b := d.next(); b != quote; b = d.next() {
		if b < 0 || len(kept) == xmlLiteral {
			return "", d.bad("a value of the document type is too long")
		}
		kept = append(kept, byte(b))
	}
	return string(kept), nil
}

// knownTypes are where document types lie that are no secret: those of property lists, of books, of
// invoices. A reader that fetches one fetches it from its maker.
var knownTypes = strings.Fields(`www.apple.com apple.com www.w3.org www.oasis-open.org docbook.org www.docbook.org
	java.sun.com xmlns.jcp.org xmlns.oracle.com dtd.nlm.nih.gov jats.nlm.nih.gov www.ncbi.nlm.nih.gov eutils.ncbi.nlm.nih.gov
	hibernate.org www.hibernate.org hibernate.sourceforge.net mybatis.org www.mybatis.org ibatis.apache.org struts.apache.org
	jakarta.apache.org tiles.apache.org logging.apache.org checkstyle.org www.checkstyle.org www.puppycrawl.com checkstyle.sourceforge.net
	www.springframework.org www.eclipse.org eclipse.dev www.jetty.org jetty.org jetty.mortbay.org www.musicxml.org www.freedesktop.org www.gnome.org glade.gnome.org
	www.netbeans.org xml.cxml.org www.rssboard.org testng.org pmd.sourceforge.net cobertura.sourceforge.net
	dublincore.org p.moreover.com docbook.sourceforge.net www.loc.gov lcweb2.loc.gov www.tei-c.org fedoraproject.org www.kde.org schemas.android.com
	www.openarchives.org ant.apache.org forrest.apache.org maven.apache.org db.apache.org xml.apache.org unicode.org www.unicode.org`)

// knownFiles are document types at hosts where anybody may lay files, or that are nobody's any more.
var knownFiles = wordSet(`http://my.netscape.com/publish/formats/rss-0.91.dtd http://www.netscape.com/publish/formats/rss-0.91.dtd`)

// isKnownType tells whether a document type lies at a known host, or beside the file, where nobody's is.
// There are no two ways to read such an address: it has no user, port, query, escapes or ways up.
func isKnownType(system string) bool {
	if path, ok := strings.CutPrefix(system, "classpath://org/hibernate/"); ok { // Hibernate's own, in its library
		return isPlainPath("/"+path) && strings.HasSuffix(path, ".dtd")
	}
	if system == "SYSTEM" { // QGIS says so, which takes it for a word: a file beside, too
		return true
	}
	host, path, ok := webAddress(system)
	if ok {
		return knownFiles[system] || slices.Contains(knownTypes, strings.ToLower(host)) && isPlainPath(path)
	}
	if !isPlainPath("/"+system) || !strings.HasSuffix(system, ".dtd") {
		below, ok := strings.CutPrefix(system, "../../common/dtd/ldml") // those of Unicode's locales say so
		return ok && isPlainPath("/ldml"+below) && !strings.Contains(below, "/") && strings.HasSuffix(below, ".dtd")
	}
	return true
}

// webAddress takes an address of HTTP apart, if there is no more to it than a host and a path.
func webAddress(address string) (host, path string, ok bool) {
	rest, ok := strings.CutPrefix(address, "http://")
	if !ok {
		if rest, ok = strings.CutPrefix(address, "https://"); !ok {
			return "", "", false
		}
	}
	host, path, ok = strings.Cut(rest, "/")
	return host, "/" + path, ok
}

// isPlainPath tells whether a path is of plain names, none of which is "." or "..".
func isPlainPath(path string) bool {
	for i := range len(path) {
		switch c := path[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_', c == '~', c == '+':
		case c == '/' && (i == 0 || path[i-1] != '/'), c == '.' && path[max(0, i-1)] != '.' && path[max(0, i-1)] != '/':
		default:
			return false
		}
	}
	return len(path) > 1
}

// characterEntities are the parameter entities that put in the names of characters: each is public, and
// lies at W3C.
var characterEntities = map[string]string{
	"-//W3C//ENTITIES Latin 1 for XHTML//EN": "xhtml-lat1.ent",
	"-//W3C//ENTITIES Symbols for XHTML//EN": "xhtml-symbol.ent",
	"-//W3C//ENTITIES Special for XHTML//EN": "xhtml-special.ent",
}

func isCharacterEntities(public, system string) bool {
	name, ok := characterEntities[public]
	host, path, web := webAddress(system)
	return ok && web && strings.EqualFold(host, "www.w3.org") && isPlainPath(path) && strings.HasSuffix(path, "/"+name)
}
