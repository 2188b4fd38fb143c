// Package readers holds airlock against what real programs make of the files that it accepts: PDFium,
// pdf.js, libxml2, the parsers of Python and Java as they come, and Chromium. None of them may find a
// script in such a file, run one, read another file or fetch anything.
package readers

import (
	"context"
	"net/url"
	"path"
	"slices"
	"strings"
	"unicode"
)

// file is what readers are shown.
type file struct {
	name string // as it was uploaded
	kind string // its media type
	path string // where it lies, alone in its folder
	data []byte

	sniff bool // Chromium gets it without nosniff
}

// sight is something that a reader saw in a file: a kind of the list in [sight.finding], and what.
type sight [2]string

// answer is what a reader made of a file.
type answer struct {
	Opened bool    `json:"opened"`
	Saw    []sight `json:"saw"`
}

// reader is a program that looks at one file at a time. An error says that it crashed or hung, and was
// begun again: that is no finding. patient lets it wait for what may come late.
type reader interface {
	look(ctx context.Context, f file, patient bool) (answer, error)
	close()
}

// findings are those of what a reader saw that no accepted file of a type may hold.
func findings(kind string, saw []sight) (found []string) {
	for _, s := range saw {
		if s.finding(kind) {
			found = append(found, strings.ToValidUTF8(s[0]+" "+s[1], "?"))
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// finding says that s is one. What a click leads to may be a page or an address of mail, and what lies
// beside a file may be named in it; docs/inspection.md says so of each type.
func (s sight) finding(kind string) bool {
	switch what := s[1]; s[0] {
	case "picture", "colours": // a feed's own, which lie where it was made
		return kind != xml && !beside(what)
	case "link": // a click leads there
		return !mayLead(what)
	case "remote": // a click opens that document
		return leadsAway(what)
	case "load", "fetch": // it was tried, or an address was asked
		return !beside(what) && !knownType(what)
	case "attachment": // its name
		return runs(what)
	default: // script, action, opens, disclosed
		return true
	}
}

// harmless are schemes whose program gets an address, and no file or command.
var harmless = strings.Fields("http https mailto ftp tel")

// nothing are scripts of links that do nothing: old pages have them, and so PDFs that were made of pages.
var nothing = strings.Fields(`javascript: javascript:// javascript:void(0) javascript:window.print() javascript:print() javascript:window.close() javascript:history.back()`)

func mayLead(address string) bool {
	if slices.Contains(nothing, strings.TrimRight(address, ";")) {
		return true
	}
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil {
		scheme, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(address)), ":")
		return slices.Contains(harmless, scheme) || !leadsAway(address)
	}
	return slices.Contains(harmless, u.Scheme) || len(u.Scheme) == 1 || u.Scheme == "" && !leadsAway(address) // one letter is a disk
}

// leadsAway says that a document's name is one on another computer, or an address.
func leadsAway(name string) bool {
	for _, mark := range []string{"þÿ", "ÿþ", "ï»¿"} { // some hand a text on as it stands there
		name = strings.TrimPrefix(name, mark)
	}
	name = strings.ReplaceAll(seen(name), `\`, "/")
	scheme, _, found := strings.Cut(name, ":")
	return strings.HasPrefix(name, "//") || found && len(scheme) > 1 && !strings.ContainsAny(scheme, "/#?")
}

// beside says that an address is a name in the folder of the file that holds it, or below.
func beside(address string) bool {
	if strings.HasPrefix(address, origin) {
		return true // so a browser has understood it
	}
	u, err := url.Parse(address)
	return err == nil && u.Scheme == "" && u.Host == "" && !strings.Contains(u.Path, `\`) && !path.IsAbs(u.Path) &&
		!strings.HasPrefix(path.Clean(u.Path), "..")
}

// knownTypes are makers of document types that airlock lets a file name, so that a parser which fetches
// those of everybody asks them: it is they who answer, not who made the file.
var knownTypes = strings.Fields(`www.apple.com apple.com www.w3.org www.oasis-open.org docbook.org www.docbook.org
	jetty.org my.netscape.com www.rssboard.org`)

func knownType(address string) bool {
	u, err := url.Parse(address)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.User == nil && slices.Contains(knownTypes, u.Hostname())
}

// programs are extensions of what runs when it is opened.
var programs = strings.Fields(`app bat chm cmd com cpl desktop dll docm exe gadget hta jar js jse lnk mjs msi msp pif ppam
	ps1 pptm reg scf scr sct sh url vbe vbs wsc wsf wsh xlsm`)

// runs says that a file of this name does.
func runs(name string) bool {
	if scheme, _, found := strings.Cut(name, ":"); found && slices.Contains(harmless, scheme) { // of a host, or of mail
		return false
	}
	name = strings.ToLower(strings.TrimRight(seen(name), "."))
	return slices.Contains(programs, strings.TrimPrefix(path.Ext(name), "."))
}

// seen is what people see of a name.
func seen(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || !unicode.IsPrint(r) || unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r) || strings.ContainsRune("\u2800\u3164\u115f\u1160\uffa0\ufffd", r) {
			return -1
		}
		return r
	}, name)
}
