package inspect

import (
	"io"
	"slices"

	"airlock"
)

// linkedName tells the links of an entry's names, where the profile takes links.
func (z *zipArchive) linkedName(e *zipEntry, name []byte) error {
	if z.links == nil {
		return nil
	}
	if e.kind == zipLink {
		if err := z.linkNames.put(z.look, e.hash, [2]string{string(name), z.second}, len(name)+len(z.second)); err != nil {
			return err
		}
	}
	if z.second != "" {
		if err := z.links.entry(z.second); err != nil {
			return err
		}
	}
	return z.links.entry(string(name))
}

// checkLinks looks where links lead, where the profile takes them. Only their own headers and targets are
// read for it: the names of the others are the directory's.
func (z *zipArchive) checkLinks() error {
	if z.links == nil {
		return nil
	}
	for i := range z.entries {
		e := &z.entries[i]
		if e.kind != zipLink {
			continue
		}
		if e.flags&zipEncrypted != 0 {
			return z.objectTo(airlock.UnsafeArchive, "it holds an encrypted link, which leads nobody knows where")
		}
		if err := z.checkLink(i, e); err != nil {
			return err
		}
	}
	return z.links.judge()
}

func (z *zipArchive) checkLink(i int, e *zipEntry) error {
	name, body, err := z.local(i)
	if err != nil {
		return err
	}
	names := []string{name, z.second, z.linkNames.all[e.hash][0], z.linkNames.all[e.hash][1]}
	if e.unpacked > longestName {
		return z.objectTo(airlock.UnsafeArchive, "%.80q is a link that leads nowhere", name)
	}
	r, err := z.open(e, name, body)
	if err != nil {
		return err
	}
	target, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	z.content.UnpackedBytes -= int64(len(target)) // it is read once more
	for j, n := range names {
		if n == "" || slices.Contains(names[:j], n) {
			continue
		}
		if err := z.links.symbolic(n, string(target)); err != nil {
			return err
		}
	}
	return nil
}
