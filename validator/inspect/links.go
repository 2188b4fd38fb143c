package inspect

import (
	"encoding/binary"
	"hash/maphash"
	"strings"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"airlock"
)

// links are the links of one archive, and what else they meet: they are judged as a file system would
// follow them, one part of a path after the other. These rules together keep all within the folder that
// the archive is unpacked into, in whatever order a tool goes about it:
//
//   - no entry lies behind a symbolic link, before or after it, so each lies where its name says;
//   - a link's target leads out neither by itself nor through others;
//   - no hard link is one to a symbolic link, or to what lies behind one.
//
// Names are taken for the same as the most lenient file system takes them, see foldPart.
type links struct {
	l       *look
	seed    maphash.Seed
	fold    cases.Caser
	all     list[archiveLink]
	at      table[placeID, int32] // the last link there: 1 + its index
	folders table[placeID, struct{}]
	hard    table[placeID, struct{}] // what hard links are links to
	turning list[int32]              // links whose target goes up behind a name
	foreign bool                     // a link's name is not ASCII
	path    [mostParts + 1]placeID
	follows int
}

// placeID is where a path leads: a number made of its folder's and of its last part. It is keyed, so that
// nobody can make two meet.
type placeID uint64

type archiveLink struct {
	name, target string
	before       int32 // of another link at the same place: 1 + its index
}

const (
	mostParts   = 255    // of a path
	mostFollows = 20_000 // links that are followed to judge all of an archive: honest ones hardly need any
	mostInChain = 40     // as Linux does (path_resolution(7))
)

// folders are how the parts of a path are told apart: by slashes, and on Windows by backslashes too. What
// holds a backslash is judged both ways.
type folders bool

const (
	bySlash  folders = false
	byEither folders = true
)

func (f folders) isSeparator(r rune) bool { return r == '/' || f == byEither && r == '\\' }

func waysToRead(paths ...string) []folders {
	for _, p := range paths {
		if strings.Contains(p, "\\") {
			return []folders{bySlash, byEither}
		}
	}
	return []folders{bySlash}
}

func newLinks(l *look) *links { return &links{l: l, seed: maphash.MakeSeed(), fold: cases.Fold()} }

// within is the place of a part in a folder.
func (k *links) within(folder placeID, part string) placeID {
	var h maphash.Hash
	h.SetSeed(k.seed)
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], uint64(folder))
	h.Write(b[:])
	h.WriteString(k.foldPart(part))
	return placeID(h.Sum64())
}

// foldPart makes one of names that some file system or archiver takes for the same: upper and lower case,
// letters with marks that are made of one character or of two (APFS, ext4 with casefold), characters that
// these leave out, dots and blanks at the end, and what archivers put a _ for (Windows).
func (k *links) foldPart(part string) string {
	part = strings.TrimRight(part, ". ")
	if strings.ContainsAny(part, `<>:"|?*`) {
		part = notOnWindows.Replace(part)
	}
	if isASCII([]byte(part)) {
		return strings.ToLower(part)
	}
	return strings.TrimRight(norm.NFC.String(k.fold.String(norm.NFD.String(withoutBlanks(part)))), ". ")
}

var notOnWindows = strings.NewReplacer("<", "_", ">", "_", ":", "_", `"`, "_", "|", "_", "?", "_", "*", "_")

// parts are the places of a path's folders and of itself, from the top; good until the next call. The
// path is one that safeName has let through.
func (k *links) parts(name string, by folders) ([]placeID, error) {
	n := 0
	for part := range strings.FieldsFuncSeq(name, by.isSeparator) {
		if part == "." {
			continue
		}
		if n++; n > mostParts {
			return nil, k.l.objectTo(airlock.UnsafeArchive, "%.80q lies in more than %d folders", name, mostParts)
		}
		k.path[n] = k.within(k.path[n-1], part)
	}
	return k.path[1 : n+1], nil
}

// entry takes in the name of any entry, links too.
func (k *links) entry(name string) error {
	return k.behind("%.80q would be unpacked through the link %.80q", name)
}

// behind objects to a path through a link, and notes its folders: none may become one.
func (k *links) behind(format, name string) error {
	for _, by := range waysToRead(name) {
		way, err := k.parts(name, by)
		if err != nil {
			return err
		}
		for _, p := range way[:max(0, len(way)-1)] {
			if i := k.at.all[p]; i > 0 {
				return k.l.objectTo(airlock.UnsafeArchive, format, name, k.all.all[i-1].name)
			}
			if !k.folders.has(p) {
				if err := k.folders.put(k.l, p, struct{}{}, 0); err != nil {
					return err
				}
			}
		}
	}
	return k.l.step()
}

// symbolic takes in a symbolic link, besides its name as an entry.
func (k *links) symbolic(name, target string) error {
	if why := k.badTarget(name, target); why != "" {
		return k.l.objectTo(airlock.UnsafeArchive, "the link %.80q to %.80q %s", name, target, why)
	}
	for _, by := range waysToRead(name) {
		way, err := k.parts(name, by)
		if err != nil {
			return err
		}
		if len(way) == 0 {
			return k.l.objectTo(airlock.UnsafeArchive, "a link takes the place of the whole tree")
		}
		if err := k.put(archiveLink{name: name, target: target}, way[len(way)-1]); err != nil {
			return err
		}
	}
	if turns(target) {
		return k.turning.add(k.l, int32(len(k.all.all)-1), 0)
	}
	return nil
}

func (k *links) put(link archiveLink, p placeID) error {
	k.foreign = k.foreign || !isASCII([]byte(link.name))
	switch {
	case k.folders.has(p):
		return k.l.objectTo(airlock.UnsafeArchive, "other entries would be unpacked through the link %.80q", link.name)
	case k.hard.has(p):
		return k.l.objectTo(airlock.UnsafeArchive, "a hard link leads to the link %.80q", link.name)
	}
	link.before = k.at.all[p]
	if err := k.all.add(k.l, link, len(link.name)+len(link.target)); err != nil {
		return err
	}
	return k.at.put(k.l, p, int32(len(k.all.all)), 0)
}

// hardLink takes in a hard link, whose target is a path in the archive.
func (k *links) hardLink(name, target string) error {
	if why := safeName(target); why != "" || target == "/" || target == "\\" {
		return k.l.objectTo(airlock.UnsafeArchive, "the hard link %.80q to %.80q leads out of the archive", name, target)
	}
	if hasShortName(target) {
		return k.l.objectTo(airlock.UnsafeArchive, "the hard link %.80q leads to %.80q, which may be short for another name", name, target)
	}
	if err := k.behind("a hard link to %.80q leads through the link %.80q", target); err != nil {
		return err
	}
	for _, by := range waysToRead(target) {
		way, err := k.parts(target, by)
		if err != nil || len(way) == 0 {
			return err
		}
		p := way[len(way)-1]
		if k.at.all[p] > 0 {
			return k.l.objectTo(airlock.UnsafeArchive, "the hard link %.80q leads to the symbolic link %.80q", name, target)
		}
		if err := k.hard.put(k.l, p, struct{}{}, 0); err != nil {
			return err
		}
	}
	return nil
}

// judge follows the links that go through others, when all are known. Those that don't go up behind a
// name need not be followed: they go down into what is judged by itself.
func (k *links) judge() error {
	for _, i := range k.turning.all {
		link := k.all.all[i]
		if k.foreign && !isASCII([]byte(link.target)) { // which letters these are depends on who reads the names
			return k.l.objectTo(airlock.UnsafeArchive, "the link %.80q to %.80q goes up behind a name that may be another link's in some charset", link.name, link.target)
		}
		for _, by := range waysToRead(link.name, link.target) {
			way, err := k.folderOf(link.name, by)
			if err != nil {
				return err
			}
			if err := k.follow(link, way, link.target, by, 0); err != nil {
				return err
			}
		}
	}
	return nil
}

// folderOf is the way to the folder that an entry lies in, for the caller to keep.
func (k *links) folderOf(name string, by folders) ([]placeID, error) {
	way, err := k.parts(name, by)
	return append(make([]placeID, 0, 2*len(way)+8), way[:max(0, len(way)-1)]...), err
}

// follow goes along target from the folder that way leads to. A name may be a link, or not where another
// file system tells it from one, so both are tried.
func (k *links) follow(link archiveLink, way []placeID, target string, by folders, chain int) error {
	up := strings.LastIndex(target, "..")
	for at := 0; at <= up; {
		part := target[at:]
		if i := strings.IndexFunc(part, by.isSeparator); i >= 0 {
			part = part[:i]
		}
		at += len(part) + 1
		switch {
		case part == "" || part == ".":
			continue
		case part == ".." && len(way) == 0:
			return k.l.objectTo(airlock.UnsafeArchive, "the link %.80q to %.80q leads out of the archive through other links", link.name, link.target)
		case part == "..":
			way = way[:len(way)-1]
			continue
		case at > up:
			return nil
		}
		folder := placeID(0)
		if len(way) > 0 {
			folder = way[len(way)-1]
		}
		p := k.within(folder, part)
		for i := k.at.all[p]; i > 0; i = k.all.all[i-1].before {
			if err := k.through(link, k.all.all[i-1], target[at:], by, chain+1); err != nil {
				return err
			}
		}
		way = append(way, p)
	}
	return nil
}

// through goes on behind another link.
func (k *links) through(link, other archiveLink, rest string, by folders, chain int) error {
	target := other.target + "/" + rest
	if k.follows++; k.follows > mostFollows || chain > mostInChain || len(target) > 2*longestName {
		return k.l.objectTo(airlock.UnsafeArchive, "the link %.80q to %.80q leads through more links than anybody follows", link.name, link.target)
	}
	if err := k.l.step(); err != nil {
		return err
	}
	way, err := k.folderOf(other.name, by)
	if err != nil {
		return err
	}
	return k.follow(link, way, target, by, chain)
}
