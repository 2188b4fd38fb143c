package inspect

import "airlock"

// link judges a symbolic or hard link. Where the profile takes links, none may lead out of the tree
// in which the archive is unpacked.
func (t *tarWalk) link(h tarHeader, name string) error {
	l := t.l
	targets := t.next.targets
	if h.target != "" || len(targets) == 0 {
		targets = append(targets, h.target)
	}
	if l.limits.Links != "allow" {
		return l.objectTo(airlock.UnsafeArchive, "%.80q is a link to %.80q", name, targets[0])
	}
	for _, target := range targets { // each tool believes another
		var err error
		if h.kind == '1' {
			err = t.links.hardLink(name, target)
		} else {
			err = t.links.symbolic(name, target)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
