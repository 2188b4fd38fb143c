package inspect

import "bytes"

// tag is the size of the ID3v2 tag at off; 0 if there is none (id3.org, "ID3 tag version 2.4.0").
func (m *mp3) tag(off int64) (int64, error) {
	b, err := m.l.upTo(off, 10)
	if err != nil {
		return 0, err
	}
	if len(b) < 10 || string(b[:3]) != "ID3" {
		return 0, nil
	}
	for _, c := range b[6:] {
		if c >= 0x80 {
			return 0, malformed(m.l, "its ID3 tag does not say how long it is")
		}
	}
	body := synchsafe(b[6:])
	size := body + 10
	if b[3] == 4 && b[5]&0x10 != 0 { // a footer
		size += 10
	}
	if b[3] == 0xff || b[4] == 0xff || size > m.l.size-off {
		return 0, malformed(m.l, "its ID3 tag is longer than the file")
	}
	return size, m.tagFrames(b[3], off+10, off+10+body)
}

func synchsafe(b []byte) int64 {
	return int64(b[0])<<21 | int64(b[1])<<14 | int64(b[2])<<7 | int64(b[3])
}

// tagFrames looks into the frames of a tag. What can't be read as frames is left to the search for
// what runs: readers stop there, too.
func (m *mp3) tagFrames(version byte, off, end int64) error {
	if err := m.l.edges("the ID3 tag", off, end); err != nil {
		return err
	}
	header := int64(10)
	if version == 2 {
		header = 6
	}
	for n := 0; off+header <= end && n < 10_000; n++ {
		if err := m.l.step(); err != nil {
			return err
		}
		b, err := m.l.bytes(off, int(header))
		if err != nil {
			return err
		}
		var size int64
		var name string
		switch version {
		case 2:
			name, size = string(b[:3]), u24be(b[3:])
		case 4:
			name, size = string(b[:4]), synchsafe(b[4:])
		default:
			name, size = string(b[:4]), u24be(b[5:])|int64(b[4])<<24
		}
		if b[0] < 'A' || b[0] > 'Z' || size > end-off-header {
			return nil
		}
		if err := m.tagFrame(name, off+header, size); err != nil {
			return err
		}
		off += header + size
	}
	return nil
}

// tagFrame looks at the words of a text frame, and at what is attached in the others.
func (m *mp3) tagFrame(name string, off, size int64) error {
	b, err := m.l.upTo(off, int(min(size, textBytes)))
	if err != nil {
		return err
	}
	title := "the tag " + name
	switch name {
	case "APIC", "PIC", "GEOB", "GEO", "PRIV":
		// Behind an encoding, a media type and names, which end in zeros.
		for i, rest := 0, b; i < 6 && len(rest) > 0; i++ {
			if what := payload(rest); what != "" {
				return m.l.active("%s of it holds %s", title, what)
			}
			_, after, ok := bytes.Cut(rest[:min(len(rest), 1024)], []byte{0})
			if !ok {
				break
			}
			rest = rest[len(rest[:min(len(rest), 1024)])-len(after):]
		}
		return m.l.part(title, b)
	}
	return m.l.fields(title, b)
}
