package inspect

import (
	"bytes"
	"html"
)

// pageFields follows the fields of a page that Word takes in: marks of them are tags, and what stands between
// is code. They are judged as those of Word's own texts.
type pageFields struct {
	w    fieldWatch
	tag  bool   // one is open
	kept []byte // of it, or of the text of a field; at most mostCode
}

func (p *pageFields) feed(b []byte) error {
	for len(b) > 0 {
		end := byte('<')
		if p.tag {
			end = '>'
		}
		i := bytes.IndexByte(b, end)
		n := i
		if i < 0 {
			n = len(b)
		}
		if err := p.keep(b[:n]); err != nil || i < 0 {
			return err
		}
		if err := p.turn(); err != nil {
			return err
		}
		b = b[n+1:]
	}
	return nil
}

// keep keeps what is read between two brackets.
func (p *pageFields) keep(b []byte) error {
	if !p.tag && len(p.w.open) == 0 {
		return nil
	}
	p.kept = append(p.kept, b[:min(len(b), mostCode-min(mostCode, len(p.kept)))]...)
	return nil
}

// turn goes from a text to a tag, or behind one.
func (p *pageFields) turn() error {
	kept, tag := p.kept, p.tag
	p.kept, p.tag = p.kept[:0], !p.tag
	switch {
	case tag:
		return p.mark(kept)
	case len(kept) > 0:
		return p.w.text([]byte(html.UnescapeString(string(kept))), inField)
	}
	return nil
}

func (p *pageFields) mark(tag []byte) error {
	if bytes.IndexByte(tag, '-') < 0 {
		return nil
	}
	tag = bytes.ToLower([]byte(html.UnescapeString(string(tag))))
	if _, code, ok := bytes.Cut(tag, []byte("mso-field-code:")); ok {
		f := openField{}
		f.add(bytes.TrimLeft(code, "\"' "), false)
		return p.w.judge(&f)
	}
	switch {
	case bytes.Contains(tag, []byte("field-begin")):
		return p.w.mark("begin")
	case bytes.Contains(tag, []byte("field-separator")):
		return p.w.mark("separate")
	case bytes.Contains(tag, []byte("field-end")):
		return p.w.mark("end")
	}
	return nil
}

// done judges what was not ended.
func (p *pageFields) done() error {
	if !p.tag && len(p.kept) > 0 {
		if err := p.turn(); err != nil {
			return err
		}
	}
	return p.w.done()
}
