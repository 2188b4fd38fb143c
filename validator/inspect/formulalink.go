package inspect

import "bytes"

// formulaLink follows the first argument of a link, of a picture or of DDE to its end.
type formulaLink struct {
	open    bool
	asks    bool   // it is of DDE
	picture bool   // its address must be a constant
	clicked bool   // it shows where it leads: only an address that is a constant is judged
	weak    bool   // it is one only if its argument is in quotes
	near    bool   // or a cell: nothing stands between the sign, the name and the bracket
	cell    bool   // its argument may be one
	quoted  bool   // a text is open
	half    bool   // one of two quotation marks was read that stand for one
	local   bool   // it leads to a place in the document itself
	head    []byte // what it begins with, at most mostAddress
}

// next reads on; doubled says that each quotation mark is written twice. It tells whether the link sends
// something, or runs.
func (k *formulaLink) next(c byte, doubled bool) bool {
	if k.clicked {
		return k.ofClick(c)
	}
	blank := c == ' ' || c == '\t'
	if len(k.head) == 0 && blank {
		return false
	}
	if k.weak && len(k.head) == 0 && c != '"' {
		k.open = k.near && (isLetter(c) || c == '$')
		k.cell = k.open
		if !k.open {
			return false
		}
	}
	if k.cell {
		return k.ofCell(c)
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

// ofClick keeps the texts of a constant, which may be put together of several, and judges what they are as soon as
// something else follows.
func (k *formulaLink) ofClick(c byte) bool {
	switch {
	case c == '"':
		k.quoted = !k.quoted
	case !k.quoted && (c <= ' ' || c == '&' || c == '+' || c == '('):
	case !k.quoted:
		return k.end()
	case c > ' ' && len(k.head) < mostAddress:
		k.head = append(k.head, c)
	}
	return false
}

// ofCell reads an argument that is a cell ($A$1), and tells where it is one.
func (k *formulaLink) ofCell(c byte) bool {
	n := len(k.head)
	digits := n > 0 && k.head[n-1] >= '0' && k.head[n-1] <= '9'
	switch {
	case digits && (c == ',' || c == ';' || c == ')'):
		return true
	case n < mostCellName && (c == '$' || !digits && isLetter(c) || n > 0 && c >= '0' && c <= '9'):
		k.head = append(k.head, c)
	default:
		k.open = false
	}
	return false
}

const mostCellName = len("$XFD$1048576")

// end judges what the link begins with.
func (k *formulaLink) end() bool {
	if !k.open {
		return false
	}
	k.open = false
	if k.clicked {
		return dangerousScheme(cutScheme(string(k.head)))
	}
	if k.cell {
		return false
	}
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
