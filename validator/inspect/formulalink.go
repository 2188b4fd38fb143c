package inspect

import "bytes"

// formulaLink follows the first argument of a link, of a picture or of DDE to its end.
type formulaLink struct {
	open    bool
	asks    bool   // it is of DDE
	picture bool   // its address must be a constant
	weak    bool   // it is one only if its argument is in quotes
	quoted  bool   // a text is open
	half    bool   // one of two quotation marks was read that stand for one
	local   bool   // it leads to a place in the document itself
	head    []byte // what it begins with, at most mostAddress
}

// next reads on; doubled says that each quotation mark is written twice. It tells whether the link sends
// something, or runs.
func (k *formulaLink) next(c byte, doubled bool) bool {
	blank := c == ' ' || c == '\t'
	if len(k.head) == 0 && blank {
		return false
	}
	if k.weak && len(k.head) == 0 && c != '"' {
		k.open = false
		return false
	}
	if len(k.head) < mostAddress {
		k.head = append(k.head, c)
		if c == '#' && !k.picture && len(bytes.TrimLeft(k.head, "\"' \t")) == 1 {
			k.local = true
		}
	}
	switch {
	case c == '"':
		if k.half = doubled && !k.half; !k.half {
			k.quoted = !k.quoted
		}
	case k.quoted || k.local || k.asks || blank:
	case c == '&' || c == '(':
		return true
	case c == ',' || c == ';' || c == ')':
		return k.end()
	case k.picture && c != '\r' && c != '\n' && c != '\'':
		return true
	}
	if c != '"' {
		k.half = false
	}
	return false
}

// end judges what the link begins with.
func (k *formulaLink) end() bool {
	if !k.open {
		return false
	}
	k.open = false
	if k.asks {
		return !bytes.HasPrefix(bytes.ToLower(k.head), []byte(`"soffice"`))
	}
	address := bytes.TrimLeft(k.head, "\"' \t")
	begins := bytes.ToLower(address[:min(len(address), 8)])
	if bytes.HasPrefix(begins, []byte(`\\`)) || bytes.HasPrefix(begins, []byte("//")) || bytes.HasPrefix(begins, []byte("file:")) {
		return true
	}
	return dangerousAddress(string(address)) != ""
}
