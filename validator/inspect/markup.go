package inspect

import (
	"bytes"
	"html"
	"slices"
	"strings"
)

// pages are tags that begin a page or what only a page has.
var pages = strings.Fields("!doctype html head body script style title iframe frameset frame svg math object embed applet meta link base form input button textarea select video audio template noscript marquee xml")

// benign are tags that a browser takes for a page's beginning too (WHATWG MIME Sniffing 7.1), but that
// honest Markdown begins with.
var benign = strings.Fields("h1 h2 h3 h4 h5 h6 div font table a b br p img center details picture i u em strong span ul ol li hr pre code blockquote sub sup kbd big small tt section article header nav main")

// beginsAs says as what a text begins that is none; lower is in lower case.
func beginsAs(lower []byte, markdown bool) string {
	for _, other := range []struct{ mark, what string }{
		{"%pdf-", "a PDF"}, {"%!ps", "PostScript"}, {`{\rtf`, "rich text"}, {"#!/", "a script"}, {"#! /", "a script"},
		{"<?php", "a script of PHP"}, {"<?=", "a script of PHP"}, {"<%@", "a page of ASP or JSP"}, {"<?xml", "XML"},
	} {
		if bytes.HasPrefix(lower, []byte(other.mark)) {
			return other.what
		}
	}
	if bytes.HasPrefix(lower, []byte("<!--")) {
		if !markdown {
			return "a page"
		}
		for bytes.HasPrefix(lower, []byte("<!--")) { // comments, then what?
			_, rest, _ := bytes.Cut(lower, []byte("-->"))
			lower = bytes.TrimLeft(rest, textSpace)
		}
	}
	switch tag := tagName(lower); {
	case tag == "":
		return ""
	case markdown && tag == "style":
		return ""
	case slices.Contains(pages, tag), !markdown && slices.Contains(benign, tag):
		return "a page"
	}
	return ""
}

// tagName is the name of the tag that b begins with, "" if none: what follows it ends a tag's name.
func tagName(b []byte) string {
	if len(b) < 2 || b[0] != '<' {
		return ""
	}
	n := 1
	for n < len(b) && (b[n] >= 'a' && b[n] <= 'z' || n > 1 && (b[n] >= '0' && b[n] <= '9' || b[n] == ':' || b[n] == '-') || n == 1 && b[n] == '!') {
		n++
	}
	if n > 1 && (n == len(b) || strings.IndexByte(" \t\r\n\f/>", b[n]) >= 0) {
		name := string(b[1:n])
		if i := strings.LastIndexByte(name, ':'); i >= 0 {
			name = name[i+1:]
		}
		return name
	}
	return ""
}

// withoutCode blanks what Markdown shows as it is: fenced, indented and quoted code.
func withoutCode(b []byte) []byte {
	out := make([]byte, 0, len(b))
	fenced := false
	for line := range bytes.Lines(b) {
		trimmed := bytes.TrimLeft(line, " ")
		fence := bytes.HasPrefix(trimmed, []byte("```")) || bytes.HasPrefix(trimmed, []byte("~~~"))
		switch {
		case fence:
			fenced = !fenced
		case fenced, bytes.HasPrefix(line, []byte("    ")), bytes.HasPrefix(line, []byte("\t")):
		default:
			for i, part := range bytes.Split(line, []byte("`")) {
				if i%2 == 0 {
					out = append(out, part...)
				}
			}
			continue
		}
		out = append(out, '\n')
	}
	return out
}

// activeMarkup is the first markup in lower that a browser or a server would run: a script with
// something in it, a handler, an address that is a script, a frame. A tag that is only spoken of has
// none of these. Frames with an address are fine with films,
// since Markdown and shops show films in them.
func activeMarkup(lower []byte, films bool) string {
	for _, seven := range []string{"+adw-script", "+adw-html", "+adw-img", "+adw-svg", "+adw-body", "+adw-iframe"} { // UTF-7
		if bytes.Contains(lower, []byte(seven)) {
			return seven
		}
	}
	for i := 0; ; {
		j := bytes.IndexByte(lower[i:], '<')
		if j < 0 {
			return ""
		}
		i += j
		if bytes.HasPrefix(lower[i:], []byte("<?php")) {
			return "<?php"
		}
		if name := tagName(lower[i:]); name != "" {
			if what := activeTag(name, lower[i+1+len(name):], films); what != "" {
				return what
			}
		}
		i++
	}
}

// activeTag judges one tag and what follows its name.
func activeTag(name string, rest []byte, films bool) string {
	var attributes []string
	for a := range tagAttributes(&rest) {
		switch key, value, _ := strings.Cut(a, "="); {
		case len(key) > 3 && strings.HasPrefix(key, "on") && strings.Contains(a, "="):
			return "<" + name + " " + key + "="
		case runsAsAddress(withoutReferences(value)):
			return "<" + name + " " + a
		default:
			attributes = append(attributes, key)
		}
	}
	has := func(key string) bool { return slices.Contains(attributes, key) }
	switch name {
	case "script":
		if body, _, closed := bytes.Cut(rest, []byte("</script")); has("src") || closed && len(bytes.TrimSpace(body)) > 0 {
			return "<script"
		}
	case "iframe", "embed", "frame":
		if has("srcdoc") || has("src") && !films {
			return "<" + name
		}
	case "object", "applet":
		if !films && (has("data") || has("code") || has("classid")) {
			return "<" + name
		}
	case "base", "meta":
		if !films && (has("href") || has("http-equiv")) {
			return "<" + name
		}
	}
	return ""
}

// withoutReferences is a value of HTML, in lower case, with what its references stand for.
func withoutReferences(value string) string {
	if strings.IndexByte(value, '&') < 0 {
		return value
	}
	return html.UnescapeString(blankReferences.Replace(value))
}

// blankReferences are those of blanks whose names have capitals.
var blankReferences = strings.NewReplacer("&tab;", "\t", "&newline;", "\n")

// tagAttributes are the attributes of a tag, as "key=value" or "key". Behind them rest is what follows
// the tag.
func tagAttributes(rest *[]byte) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		b := *rest
		for {
			b = bytes.TrimLeft(b, " \t\r\n\f/\"'")
			if len(b) == 0 || b[0] == '>' || b[0] == '<' {
				break
			}
			n := bytes.IndexAny(b, " \t\r\n\f/>=<")
			if n <= 0 {
				n = min(len(b), max(n, 1))
			}
			key := string(b[:n])
			b = bytes.TrimLeft(b[n:], " \t\r\n\f")
			if len(b) == 0 || b[0] != '=' {
				if !yield(key) {
					return
				}
				continue
			}
			var value []byte
			value, b = attributeValue(bytes.TrimLeft(b[1:], " \t\r\n\f"))
			if !yield(key + "=" + string(value)) {
				return
			}
		}
		*rest = bytes.TrimPrefix(b, []byte(">"))
	}
}

func attributeValue(b []byte) (value, rest []byte) {
	if len(b) > 0 && (b[0] == '"' || b[0] == '\'') {
		if end := bytes.IndexByte(b[1:], b[0]); end >= 0 {
			return b[1 : 1+end], b[2+end:]
		}
		return b[1:], nil
	}
	end := bytes.IndexAny(b, " \t\r\n\f>")
	if end < 0 {
		end = len(b)
	}
	return b[:end], b[end:]
}
