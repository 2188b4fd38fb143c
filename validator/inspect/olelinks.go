package inspect

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"io"
	"unicode/utf16"
)

// Links in old documents: the object of a hyperlink (MS-OSHARED 2.3.7.1) in records of Excel and in its
// shapes, and records of PowerPoint. They are judged as those of new documents.

// Classes by which hyperlinks and their monikers are told, as they are stored.
var (
	classHyperlink   = classBytes("d0c9ea79f9bace118c8200aa004ba90b")
	classURLMoniker  = classBytes("e0c9ea79f9bace118c8200aa004ba90b")
	classFileMoniker = classBytes("0303000000000000c000000000000046")
)

// runningMonikers are those that fetch, or make an object, when a linked object is opened. The file moniker does
// what its file does.
var runningMonikers = []struct {
	class []byte
	what  string
}{
	{classURLMoniker, "an object from the network"},
	{classBytes("d30b2906aa48d2118432006008c3fbfc"), "a script"},
	{classBytes("c4b0abec197fd211978e0000f8757e2a"), "a script"}, // of COM+
	{classBytes("c7b0abec197fd211978e0000f8757e2a"), "a service (SOAP)"},
	{classBytes("c6afabec197fd211978e0000f8757e2a"), "an object of a class"}, // the moniker "new:"
	{classBytes("1a03000000000000c000000000000046"), "an object of a class"},
}

func classBytes(id string) []byte {
	b, err := hex.DecodeString(id)
	if err != nil {
		panic(err)
	}
	return b
}

// mostLink is how many bytes of a link are looked at: more than its names and the scheme of its address need.
const mostLink = 8192

// searchLinks looks for links in a stream. They are found by their classes, since readers go to the sheets by
// places that the globals name, in whatever order these lie.
func (c *oleFile) searchLinks(p *look) error {
	at, free, err := p.at.(*oleStream).ordered()
	defer free()
	if err != nil {
		return err
	}
	r := io.NewSectionReader(at, 0, p.size)
	buf := make([]byte, 0, 32<<10+mostLink)
	for {
		if err := c.step(); err != nil {
			return err
		}
		n, err := io.ReadFull(r, buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		last := err == io.EOF || err == io.ErrUnexpectedEOF // the last sector may be cut short
		if err != nil && !last {
			return err
		}
		whole := len(buf)
		if !last {
			whole -= mostLink
		}
		if err := c.judgeLinks(buf, whole); err != nil || last {
			return err
		}
		buf = buf[:copy(buf, buf[whole:])]
	}
}

// judgeLinks judges the links that begin in the first n bytes of b.
func (c *oleFile) judgeLinks(b []byte, n int) error {
	for _, class := range [][]byte{classHyperlink, classURLMoniker, classFileMoniker} {
		for at := 0; ; at++ {
			i := bytes.Index(b[at:min(len(b), n+len(class)-1)], class)
			if i < 0 {
				break
			}
			at += i
			if err := c.step(); err != nil {
				return err
			}
			if err := c.linkTo(oleAddresses(b[at:min(len(b), at+mostLink)])...); err != nil {
				return err
			}
		}
	}
	return nil
}

// linkTo judges where a link leads.
func (c *oleFile) linkTo(addresses ...string) error {
	for _, address := range addresses {
		if dangerousScheme(cutScheme(address)) {
			return c.active("a link leads to %.80q", address)
		}
	}
	return nil
}

// oleAddresses are the addresses of the link or the moniker that b begins with; none if it is none.
func oleAddresses(b []byte) []string {
	if len(b) < 24 {
		return nil
	}
	class, b := b[:16], b[16:]
	le := binary.LittleEndian
	switch {
	case bytes.Equal(class, classURLMoniker): // 2.3.7.6
		return []string{wideChars(b[4:], int(le.Uint32(b)/2))}
	case bytes.Equal(class, classFileMoniker):
		return filePaths(b)
	case bytes.Equal(class, classHyperlink):
		return []string{savedMoniker(le.Uint32(b[4:]), b[8:])}
	}
	return nil
}

// filePaths are the paths of a file moniker (2.3.7.8), in bytes and in characters: readers take the second, if
// there is one. Either may be an address.
func filePaths(b []byte) []string {
	n := min(int64(binary.LittleEndian.Uint32(b[2:])), int64(len(b)-6))
	path, _, _ := bytes.Cut(b[6:6+n], []byte{0})
	paths := []string{string(path)}
	const fixed = 24 // behind the path, before the size of the second
	if rest := b[6+n:]; len(rest) > fixed+10 {
		rest = rest[fixed+4:]
		paths = append(paths, wideChars(rest[6:], int(binary.LittleEndian.Uint32(rest)/2)))
	}
	return paths
}

// savedMoniker is the moniker of a link that keeps it as a text, behind what the link shows and its frame.
func savedMoniker(flags uint32, b []byte) string {
	for _, flag := range []uint32{0x10, 0x80, 0x101} { // hlstmfHasDisplayName, hlstmfHasFrameName, hlstmfHasMoniker and hlstmfMonikerSavedAsStr
		if flags&flag != flag {
			continue
		}
		if len(b) < 4 {
			return ""
		}
		n := int64(binary.LittleEndian.Uint32(b))
		if flag == 0x101 {
			return wideChars(b[4:], int(min(n, mostLink)))
		}
		if b = b[4:]; n > int64(len(b)/2) {
			return ""
		}
		b = b[2*n:]
	}
	return ""
}

// wideChars is the beginning of an address of n characters of two bytes at most, to its zero, without blanks.
func wideChars(b []byte, n int) string {
	var chars []uint16
	for ; n > 0 && len(b) > 1 && (b[0] != 0 || b[1] != 0) && len(chars) < mostAddress; n, b = n-1, b[2:] {
		if c := binary.LittleEndian.Uint16(b); c > ' ' {
			chars = append(chars, c)
		}
	}
	return string(utf16.Decode(chars))
}
