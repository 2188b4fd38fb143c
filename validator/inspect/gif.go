package inspect

import (
	"bytes"
	"encoding/binary"
	"io"
	"slices"
)

// gif is what is known of a GIF while its blocks go by (GIF89a specification, CompuServe 1990).
type gif struct {
	l             *look
	s             *stream
	width, height int64
	animation
	kept []byte // of an extension
}

func inspectGIF(l *look) error {
	g := &gif{l: l, s: l.stream(0)}
	if err := g.screen(); err != nil {
		return err
	}
	for {
		kind, err := g.s.ReadByte()
		if err == io.EOF && g.frames > 0 { // many writers leave the trailer out, and all readers go without
			kind = 0x3b
		} else if err != nil {
			return eofIs(err)
		}
		switch kind {
		case 0x2c:
			err = g.picture()
		case 0x21:
			err = g.extension()
		case 0x3b:
			if g.frames == 0 {
				return malformed(l, "it has no picture")
			}
			if err := g.s.runs(); err != nil {
				return err
			}
			return g.s.ends()
		case 0: // padding between blocks, which browsers skip
		default:
			return malformed(l, "a block of kind %02X, which there is not, stands at %d", kind, g.s.off-1)
		}
		if err != nil {
			return err
		}
		if err := g.s.runs(); err != nil {
			return err
		}
	}
}

// screen is the header, the logical screen and its palette.
func (g *gif) screen() error {
	b, err := g.s.next(13)
	if err != nil {
		return err
	}
	if v := string(b[:6]); v != "GIF87a" && v != "GIF89a" {
		return malformed(g.l, "it does not begin as a GIF")
	}
	if scriptBehind(b[6:]) {
		return g.l.active("its first bytes %q are a script's, too", b[:13])
	}
	if head, err := g.l.upTo(6, 16); err != nil {
		return err
	} else if err := g.l.part("the header", head); err != nil {
		return err
	}
	g.width, g.height = int64(binary.LittleEndian.Uint16(b[6:])), int64(binary.LittleEndian.Uint16(b[8:]))
	if g.width > 0 && g.height > 0 { // a few writers leave it to the first frame
		if err := g.l.picture(g.width, g.height); err != nil {
			return err
		}
	}
	return g.palette(b[10])
}

// scriptBehind tells whether JavaScript goes on with b behind the name GIF89a: by a comment or an
// assignment. No honest screen has such a size: it would be more than 8,000 pixels wide.
func scriptBehind(b []byte) bool {
	for _, opening := range []string{"/*", "//", "=\"", "='", "=`", "=/", "= ", "=\t", "=\n", "\n=", "\r=", " =", ";/", "; "} {
		if bytes.HasPrefix(b, []byte(opening)) {
			return true
		}
	}
	return b[0] == '=' && (b[1] >= '0' && b[1] <= '9' || b[1]|0x20 >= 'a' && b[1]|0x20 <= 'z')
}

func (g *gif) palette(flags byte) error {
	if flags&0x80 == 0 {
		return nil
	}
	b, err := g.s.next(3 << (flags&7 + 1))
	if err != nil {
		return err
	}
	return g.l.words("the palette", b)
}

// picture is one frame. Its place may lie beyond the screen: browsers clip it.
func (g *gif) picture() error {
	b, err := g.s.next(9)
	if err != nil {
		return err
	}
	w, h := int64(binary.LittleEndian.Uint16(b[4:])), int64(binary.LittleEndian.Uint16(b[6:]))
	if g.width == 0 || g.height == 0 {
		g.width, g.height = w, h
	}
	if w > 0 && h > 0 { // an empty frame is shown as nothing
		if err := g.l.picture(w, h); err != nil {
			return err
		}
	}
	if err := g.frame(g.l, w, h); err != nil {
		return err
	}
	if err := g.palette(b[8]); err != nil {
		return err
	}
	codeSize, err := g.s.ReadByte()
	if err != nil {
		return eofIs(err)
	}
	if codeSize < 1 || codeSize > 11 {
		return malformed(g.l, "a frame is packed by codes of %d bits", codeSize)
	}
	_, err = g.blocks(0)
	return err
}

// blocks goes through sub-blocks and returns the first keep bytes of what is in them.
func (g *gif) blocks(keep int) (kept []byte, err error) {
	for {
		n, err := g.s.ReadByte()
		if err != nil {
			return nil, eofIs(err)
		}
		if n == 0 {
			return kept, nil
		}
		if more := min(int(n), keep-len(kept)); more > 0 {
			at := len(kept)
			g.kept = slices.Grow(g.kept[:at], more)[:at+more]
			kept = g.kept
			if _, err := io.ReadFull(g.s, kept[at:]); err != nil {
				return nil, eofIs(err)
			}
			n -= byte(more)
		}
		if err := g.s.skip(int64(n)); err != nil {
			return nil, err
		}
	}
}

// extension looks at comments, plain text and what applications put in.
func (g *gif) extension() error {
	label, err := g.s.ReadByte()
	if err != nil {
		return eofIs(err)
	}
	b, err := g.blocks(32 << 10)
	if err != nil {
		return err
	}
	switch label {
	case 0xf9:
		return nil
	case 0xff: // XMP is markup, but runs nothing
		return g.l.part("an application's block", b)
	}
	return g.l.words("a comment", b)
}
