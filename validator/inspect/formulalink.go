package inspect

import "bytes"

// formulaLink follows the first argument of a link, of a picture or of DDE to its end.
type formulaLink struct {
	open    bool
	asks    bool   // it is of DDE, of which LibreOffice opens the second argument
	topic   bool   // that is being read
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
	if k.asks {
		return k.ofDDE(c)
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
	case k.quoted || k.local || blank:
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

// ofDDE reads on to the end of the second argument.
func (k *formulaLink) ofDDE(c byte) bool {
	if c == '"' {
		k.quoted = !k.quoted
	}
	switch {
	case k.quoted:
	case c == ' ' || c == '\t' || c == '\r' || c == '\n':
		return false
	case (c == ';' || c == ',') && !k.topic:
		k.topic, c = true, ';'
	case c == ';' || c == ',' || c == ')':
		return k.end()
	}
	k.head = append(k.head, c)
	return len(k.head) > mostTopic
}

// opensElsewhere tells whether DDE asks anything but LibreOffice itself, for a document on the disk. A name
// that is put together could be any.
func (k *formulaLink) opensElsewhere() bool {
	service, topic, _ := bytes.Cut(bytes.ToLower(k.head), []byte(";"))
	if string(service) != `"soffice"` {
		return true
	}
	topic = bytes.ReplaceAll(topic, []byte(`""`), nil)
	constant := len(topic) > 1 && topic[0] == '"' && bytes.IndexByte(topic[1:], '"') == len(topic)-2
	return len(topic) > 0 && (!constant || isAddress(string(topic[1:len(topic)-1])))
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
		return k.opensElsewhere()
	}
	address := bytes.TrimLeft(k.head, "\"' \t")
	begins := bytes.ToLower(address[:min(len(address), 8)])
	if bytes.HasPrefix(begins, []byte(`\\`)) || bytes.HasPrefix(begins, []byte("//")) || bytes.HasPrefix(begins, []byte("file:")) {
		return true
	}
	return dangerousAddress(string(address)) != ""
}
