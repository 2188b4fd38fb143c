package inspect

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"hash/maphash"
	"strings"

	"airlock"
)

// checkName refuses names that lead out of the folder that an archive is unpacked into, and those
// that lie to people. Backslashes are separators: old .NET wrote them. Names need not be UTF-8: those
// of CP437, Shift-JIS and others are honest.
func (z *zipArchive) checkName(name []byte) error {
	if len(name) == 0 {
		return z.objectTo(airlock.UnsafeArchive, "one of its entries has no name")
	}
	why := safeName(string(name))
	if why == "" {
		why = lyingName(string(name))
	}
	if why != "" {
		return z.objectTo(airlock.UnsafeArchive, "the name %.120q %s", name, why)
	}
	return nil
}

// cutExtension cuts "a.b" into "a" and "b".
func cutExtension(s string) (stem, ext string) {
	i := strings.LastIndexByte(s, '.')
	if i < 0 {
		return s, ""
	}
	return s[:i], s[i+1:]
}

// hashOf is of a name with its separators made one. It is keyed, so that nobody can make two meet.
func (z *zipArchive) hashOf(name []byte) uint64 {
	if !bytes.ContainsRune(name, '\\') && !bytes.Contains(name, []byte("//")) && !bytes.Contains(name, []byte("./")) {
		return maphash.Bytes(z.seed, bytes.TrimSuffix(name, []byte("/")))
	}
	var h maphash.Hash
	h.SetSeed(z.seed)
	first := true
	for part := range bytes.FieldsFuncSeq(name, func(r rune) bool { return r == '/' || r == '\\' }) {
		if string(part) == "." {
			continue
		}
		if !first {
			h.WriteByte('/')
		}
		first = false
		h.Write(part)
	}
	return h.Sum64()
}

// extras reads the extra fields (APPNOTE 4.5) of an entry: large sizes, names in Unicode, encryption,
// and what kind of file it is on Unix. The mode that comes back is the one to go by.
func (z *zipArchive) extras(e *zipEntry, name, extra []byte, mode uint32) (uint32, error) {
	le := binary.LittleEndian
	z.second = ""
	for len(extra) >= 4 {
		id, n := le.Uint16(extra), int(le.Uint16(extra[2:]))
		if n > len(extra)-4 { // zipalign pads with what is no field
			break
		}
		b := extra[4 : 4+n]
		extra = extra[4+n:]
		switch id {
		case 0x0001:
			for _, v := range []*int64{&e.unpacked, &e.packed, &e.off} {
				if *v == 0xffffffff && len(b) >= 8 {
					*v, b = int64(le.Uint64(b)), b[8:]
				}
			}
		case 0x7075: // Info-ZIP's name in Unicode, for those who read it
			if n < 5 || b[0] != 1 || le.Uint32(b[1:]) != crc32.ChecksumIEEE(name) || n == 5 {
				break
			}
			if err := z.checkName(b[5:]); err != nil {
				return 0, err
			}
			if !looksAlike(name, b[5:]) {
				return 0, z.objectTo(airlock.UnsafeArchive, "%.80q has a second name, %.80q: programs would not agree on which is meant", name, b[5:])
			}
			z.second = string(b[5:])
		case 0x9901, 0x0017: // AES; strong encryption
			e.flags |= zipEncrypted
		case 0x756e: // ASi Unix: checksum, mode
			if n >= 6 {
				mode = uint32(le.Uint16(b[4:]))
			}
		case 0x6c78: // libarchive's, for who reads no directory
			if m := streamedMode(b); m&modeKind == modeLink {
				mode = m
			}
		case 0x000d: // PKWARE Unix: times, owners, then where a link leads
			if n > 12 {
				mode = mode&0o7777 | modeLink
			}
		}
	}
	return mode, nil
}

// streamedMode is the Unix mode in a field "xl" (libarchive, archive_read_support_format_zip.c): bits that
// say what follows, the system, internal and external attributes.
func streamedMode(b []byte) uint32 {
	if len(b) == 0 {
		return 0
	}
	has, at := b[0], 1
	for at < len(b) && b[at-1]&0x80 != 0 {
		at++
	}
	for bit, size := range []int{2, 2} {
		if has&(1<<bit) != 0 {
			at += size
		}
	}
	if has&4 == 0 || at+4 > len(b) {
		return 0
	}
	return binary.LittleEndian.Uint32(b[at:]) >> 16
}

// looksAlike tells whether a name in an old character set and one in Unicode may be the same name:
// where both are ASCII they must be equal.
func looksAlike(old, unicode []byte) bool {
	ascii := func(b []byte) string {
		var out []byte
		for _, c := range b {
			if c < 0x80 && c != '?' && c != '_' && c != '#' {
				out = append(out, c)
			}
		}
		return string(out)
	}
	if isASCII(old) && isASCII(unicode) {
		return bytes.Equal(old, unicode)
	}
	_, a := cutExtension(ascii(old))
	_, b := cutExtension(ascii(unicode))
	return a == b || !isASCII(old)
}

func isASCII(b []byte) bool {
	for _, c := range b {
		if c >= 0x80 {
			return false
		}
	}
	return true
}

// The kinds of file in a Unix mode (stat(2)).
const (
	modeKind   = 0o170000
	modeLink   = 0o120000
	modeFile   = 0o100000
	modeFolder = 0o040000
	modePipe   = 0o010000
)

// checkMode refuses links, where the profile takes none, and devices.
func (z *zipArchive) checkMode(e *zipEntry, name []byte, mode uint32) error {
	switch mode & modeKind {
	case 0, modeFile, modeFolder:
	case modeLink:
		if z.limits.Links != "allow" {
			return z.objectTo(airlock.UnsafeArchive, "%.80q is a link", name)
		}
		e.kind = zipLink
		return nil
	case modePipe, 0o020000, 0o060000, 0o140000:
		if mode&modeKind == modePipe && string(name) == "-" { // what zip(1) read from a pipe is a file when unpacked
			break
		}
		return z.objectTo(airlock.UnsafeArchive, "%.80q is a device", name)
	}
	if last := name[len(name)-1]; last == '/' || last == '\\' {
		e.kind = zipFolder
	}
	return nil
}

// zipRoots are the names in the topmost folder by which an archive is of a kind of its own.
type zipRoots struct{ contentTypes, rels, manifest, android, dex, mimetype bool }

func (r *zipRoots) see(name []byte) {
	switch {
	case len(name) > len("META-INF/MANIFEST.MF"):
	case equalPath(name, "[Content_Types].xml"):
		r.contentTypes = true
	case equalPath(name, "_rels/.rels"):
		r.rels = true
	case equalPath(name, "META-INF/MANIFEST.MF"):
		r.manifest = true
	case equalPath(name, "AndroidManifest.xml"):
		r.android = true
	case equalPath(name, "classes.dex"), equalPath(name, "resources.arsc"):
		r.dex = true
	case string(name) == "mimetype":
		r.mimetype = true
	}
}

func equalPath(name []byte, path string) bool {
	return strings.EqualFold(strings.ReplaceAll(string(name), "\\", "/"), path)
}

// what says which kind it is; "" for an archive like any other.
func (r zipRoots) what() string {
	switch {
	case r.android && r.dex:
		return "an Android app"
	case r.manifest:
		return "a Java program"
	case r.contentTypes && r.rels:
		return "an office document or a package"
	}
	return ""
}
