package inspect

import (
	"io"
	"path"
	"strings"

	"airlock"
)

// checkLinks looks where links lead, where the profile takes them: not out of the archive's folder,
// and nothing may be unpacked through one.
func (z *zipArchive) checkLinks() error {
	links := map[uint64]bool{}
	for i, e := range z.entries {
		if e.kind != zipLink || e.flags&zipEncrypted != 0 {
			continue
		}
		name, body, err := z.local(i)
		if err != nil {
			return err
		}
		if e.unpacked > longestName {
			return z.objectTo(airlock.UnsafeArchive, "%.80q is a link that leads nowhere", name)
		}
		r, err := z.open(&e, name, body)
		if err != nil {
			return err
		}
		target, err := io.ReadAll(r)
		if err != nil {
			return err
		}
		z.content.UnpackedBytes -= int64(len(target)) // it is read once more
		if linkLeadsOut(name, string(target)) {
			return z.objectTo(airlock.UnsafeArchive, "%.80q is a link that leads out of the archive, to %.80q", name, target)
		}
		if err := z.hold(32); err != nil {
			return err
		}
		links[e.hash] = true
	}
	return z.throughLinks(links)
}

// linkLeadsOut tells whether a link called name with this target leads out of the folder it lies in at
// the top.
func linkLeadsOut(name, target string) bool {
	target = strings.ReplaceAll(target, "\\", "/")
	if target == "" || target[0] == '/' || len(target) > 1 && target[1] == ':' || strings.ContainsRune(target, 0) {
		return true
	}
	to := path.Join(path.Dir(strings.ReplaceAll(name, "\\", "/")), target)
	return to == ".." || strings.HasPrefix(to, "../")
}

// throughLinks refuses entries whose folder is a link: they would be unpacked where it leads. Names
// are not kept, so the local headers tell them once more.
func (z *zipArchive) throughLinks(links map[uint64]bool) error {
	for i := range z.entries {
		name, _, err := z.local(i)
		if err != nil {
			return err
		}
		for at, c := range name {
			if (c == '/' || c == '\\') && at < len(name)-1 && links[z.hashOf([]byte(name[:at]))] {
				return z.objectTo(airlock.UnsafeArchive, "%.80q would be unpacked through a link", name)
			}
		}
	}
	return nil
}
