package inspect

import (
	"bytes"
	"io"
	"path"
	"strings"

	"airlock"
)

// inspectText reads all of a text: whether it is one, whatever its charset, and not something else
// that only begins so. UTF-8 is not asked for: Latin-1, Shift_JIS and GBK are honest, and nothing in
// them says what they are.
func inspectText(l *look) error {
	r, of, err := l.text()
	if err != nil {
		return err
	}
	t := &textScan{l: l, of: of}
	if l.mediaType == "text/csv" || l.mediaType == "text/tab-separated-values" {
		t.formulas = &formulas{l: l}
	}
	buf := make([]byte, 32<<10)
	for {
		n, err := r.Read(buf)
		if serr := t.feed(buf[:n]); serr != nil {
			return serr
		}
		switch {
		case err == io.EOF:
			return t.end()
		case err != nil:
			return err
		case !l.full() && len(t.head) >= textHead:
			return t.end()
		}
	}
}

// textHead is how much of a text's beginning, without the white space before it, is looked at for
// markup that runs. Browsers that guess look at 1,445 bytes (WHATWG MIME Sniffing 5.2); what stands
// further down is what somebody writes about markup.
const textHead = 1445

// textScan is what was seen of one text.
type textScan struct {
	l        *look
	of       charset
	head     []byte // its first bytes but white space
	read     int64
	judged   bool
	sub      int64 // bytes behind the first SUB; 0: there was none
	formulas *formulas
	sylk     sylkCells
}

// noText are the control characters that no text has. The others do: bells, backspaces, form feeds
// and colours (ESC) in logs; SOH, STX and ETX as Hive's, FS to US as ASCII's separators of fields; SO and SI in
// ISO 2022.
var noText = func() (is [256]bool) {
	for _, b := range "\x00\x04\x05\x06\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19" {
		is[b] = true
	}
	return is
}()

// suspect are the bytes that need a look.
var suspect = func() (is [256]bool) {
	is = noText
	is[0x1a] = true
	return is
}()

func (t *textScan) feed(b []byte) error {
	for i, c := range b {
		if !suspect[c] {
			continue
		}
		if c != 0x1a {
			return t.l.objectTo(airlock.Malformed, "it is no text: there is a control character (0x%02x) at byte %d", c, t.read+int64(i))
		}
		if t.sub == 0 { // CP/M and DOS end a text by it, and fill a block of 128 with it
			t.sub = t.read + int64(i) + 1
		}
	}
	t.read += int64(len(b))
	if t.sub > 0 && t.read-t.sub > 128 {
		return t.l.objectTo(airlock.Malformed, "it is no text: there is an end of file (0x1a) at byte %d, and more behind it", t.sub-1)
	}
	if len(t.head) < textHead {
		rest := b
		if len(t.head) == 0 {
			rest = bytes.TrimLeft(b, textSpace)
		}
		t.head = append(t.head, rest[:min(len(rest), textHead-len(t.head))]...)
	}
	if len(t.head) == textHead && !t.judged {
		t.judged = true
		if err := t.judgeHead(); err != nil {
			return err
		}
	}
	if t.formulas != nil {
		if err := t.isSylk(t.sylk.feed(b)); err != nil {
			return err
		}
		if err := t.formulas.feed(b); err != nil {
			return err
		}
	}
	return t.l.step()
}

// textSpace is what readers skip before they look for markup.
const textSpace = " \t\r\n\v\f\x1c\x1d\x1e\x1f\x00"

func (t *textScan) end() error {
	if !t.judged {
		if err := t.judgeHead(); err != nil {
			return err
		}
	}
	if t.formulas == nil {
		return nil
	}
	if err := t.isSylk(t.sylk.end()); err != nil {
		return err
	}
	return t.formulas.end()
}

func (t *textScan) isSylk(what string) error {
	if what == "" {
		return nil
	}
	return t.l.objectTo(airlock.TypeMismatch, "it is a SYLK sheet, whose formulas may run programs: %.40q", what)
}

// judgeHead objects to text that begins as a page, a script or another kind of document.
func (t *textScan) judgeHead() error {
	lower := bytes.ToLower(t.head)
	for bytes.HasPrefix(lower, []byte("\xef\xbb\xbf")) { // a second mark
		lower = bytes.TrimLeft(lower[3:], textSpace)
	}
	markdown := strings.EqualFold(path.Ext(t.l.name), ".md")
	if what := beginsAs(lower, markdown); what != "" {
		return t.l.objectTo(airlock.TypeMismatch, "it begins as %s, not as text", what)
	}
	if t.formulas != nil && sylk(t.head) {
		return t.l.objectTo(airlock.TypeMismatch, "it is a SYLK sheet, whose formulas may run programs")
	}
	if what := isMessage(lower); what != "" {
		return t.l.objectTo(airlock.TypeMismatch, "it is a message that holds a page (%s)", what)
	}
	if strings.EqualFold(path.Ext(t.l.name), ".log") { // which tells of what attackers sent
		return nil
	}
	if markdown {
		lower = withoutCode(lower)
	}
	if what := activeMarkup(lower, markdown || t.formulas != nil); what != "" {
		return t.l.active("its beginning holds markup that runs: %.40q", what)
	}
	return nil
}

// isMessage tells a saved web page (MHTML, RFC 2557) from a letter: the header of the first says that
// it is a page, or one with its parts.
func isMessage(lower []byte) string {
	header, _, _ := bytes.Cut(bytes.ReplaceAll(lower, []byte("\r"), nil), []byte("\n\n"))
	if !bytes.Contains(header, []byte("mime-version:")) {
		return ""
	}
	for _, kind := range []string{"content-type: multipart/related", "content-type: text/html"} {
		if bytes.Contains(header, []byte(kind)) {
			return kind
		}
	}
	return ""
}
