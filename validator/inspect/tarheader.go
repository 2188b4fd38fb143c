package inspect

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
)

const tarBlock = 512

// tarHeader is what one header says.
type tarHeader struct {
	kind     byte
	name     string // with its prefix
	short    string // without it, as tools before ustar read it
	target   string
	size     int64
	logical  int64 // of a sparse file (GNU); -1: not said
	extended bool  // more of the sparse map follows
}

func isZero(b []byte) bool {
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}

// isTarHeader tells whether b begins with a header whose checksum is right, with or without "ustar":
// archives of Unix V7 have none.
func isTarHeader(b []byte) bool {
	return len(b) >= tarBlock && b[0] != 0 && tarSum(b[:tarBlock]) == nil
}

var errTarSum = errors.New("the checksum of a header is wrong")

// tarSum proves the checksum: the sum of all bytes, its own field taken as spaces. Some old tars
// added signed bytes.
func tarSum(b []byte) error {
	said, err := tarNumber(b[148:156])
	if err != nil {
		return errTarSum
	}
	var plain, signed int64
	for i, c := range b {
		if i >= 148 && i < 156 {
			c = ' '
		}
		plain += int64(c)
		signed += int64(int8(c))
	}
	if said != plain && said != signed {
		return errTarSum
	}
	return nil
}

func parseTarHeader(b []byte) (h tarHeader, err error) {
	if err := tarSum(b); err != nil {
		return h, err
	}
	h = tarHeader{kind: b[156], short: text(b[:100]), target: text(b[157:257]), logical: -1}
	if h.size, err = tarNumber(b[124:136]); err != nil {
		return h, fmt.Errorf("the size of %.80q is no number", h.short)
	}
	h.name = h.short
	star := bytes.Equal(b[508:512], []byte("tar\x00"))
	switch magic := string(b[257:265]); {
	case magic == "ustar\x0000" && star:
		h.prefix(text(b[345:476]))
	case magic == "ustar\x0000":
		h.prefix(text(b[345:500]))
	case bytes.Contains(b[345:500], []byte("..")) || b[345] == '/': // Python joins them whatever the magic says
		h.prefix(text(b[345:500]))
	}
	if h.kind == 'S' {
		if h.logical, err = tarNumber(b[483:495]); err != nil {
			return h, fmt.Errorf("the size of the sparse %.80q is no number", h.short)
		}
		h.extended = b[482] != 0
	}
	return h, nil
}

func (h *tarHeader) prefix(p string) {
	if p != "" {
		h.name = p + "/" + h.short
	}
}

// text is a field up to its first NUL.
func text(field []byte) string {
	s, _, _ := bytes.Cut(field, []byte{0})
	return string(s)
}

var errTarNumber = errors.New("no number")

// tarNumber reads a field: octal digits between spaces and NULs, or, for what does not fit, GNU's
// big-endian number behind a set bit. Negative numbers are errors: no size is one.
func tarNumber(field []byte) (int64, error) {
	if field[0] == 0x80 {
		var n uint64
		for _, c := range field[1:] {
			if n >= 1<<55 {
				return 0, errTarNumber
			}
			n = n<<8 | uint64(c)
		}
		return int64(n), nil
	}
	digits := bytes.Trim(field, " \x00")
	if len(digits) == 0 {
		return 0, nil
	}
	n, err := strconv.ParseUint(string(digits), 8, 62)
	if err != nil {
		return 0, errTarNumber
	}
	return int64(n), nil
}

// skipSparseMap reads the map that the data of a GNU sparse file 1.0 begin with: a count, and so
// many pairs of numbers, each on a line, filled up to whole blocks (GNU tar manual, "PAX Format,
// Version 1.0").
func skipSparseMap(r io.Reader) error {
	block := make([]byte, tarBlock)
	lines, want := uint64(0), uint64(1)
	for lines < want {
		if _, err := io.ReadFull(r, block); err != nil {
			return err
		}
		if lines == 0 && want == 1 {
			count, err := bufio.NewReader(bytes.NewReader(block)).ReadString('\n')
			if err != nil {
				return err
			}
			n, err := strconv.ParseUint(count[:len(count)-1], 10, 31)
			if err != nil {
				return err
			}
			want += 2 * n
		}
		lines += uint64(bytes.Count(block, []byte("\n")))
	}
	return nil
}
