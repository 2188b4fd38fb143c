package inspect

import (
	"path"
	"strings"

	"airlock"
)

// link judges a symbolic or hard link. Where the profile takes links, none may lead out of the tree
// in which the archive is unpacked.
func (t *tarWalk) link(h tarHeader, name string) error {
	l := t.l
	targets := append([]string{h.target}, t.next.targets...)
	target := targets[len(targets)-1]
	if l.limits.Links != "allow" {
		return l.objectTo(airlock.UnsafeArchive, "%.80q is a link to %.80q", name, target)
	}
	if tarPlace(name) == "." {
		return l.objectTo(airlock.UnsafeArchive, "a link takes the place of the whole tree")
	}
	for _, target := range targets {
		if target == "" && len(targets) > 1 {
			continue
		}
		if why := leadsOut(h.kind, name, target); why != "" {
			return l.objectTo(airlock.UnsafeArchive, "the link %.80q to %.80q %s", name, target, why)
		}
	}
	if h.kind == '1' {
		return t.behindLink(name, target)
	}
	if err := l.hold(int64(len(name)) + 64); err != nil {
		return err
	}
	if t.links == nil {
		t.links = map[string]bool{}
	}
	t.links[tarPlace(name)] = true
	return nil
}

// behindLink objects to a hard link to what lies behind a symbolic one.
func (t *tarWalk) behindLink(name, target string) error {
	for dir := path.Dir(tarPlace(target)); dir != "."; dir = path.Dir(dir) {
		if t.links[dir] {
			return t.l.objectTo(airlock.UnsafeArchive, "the link %.80q leads behind the link %.80q", name, dir)
		}
	}
	return nil
}

// leadsOut says why a link must not lead to target; "" if it may. A hard link's target is a name in
// the archive, a symbolic link's is relative to where the link lies.
func leadsOut(kind byte, name, target string) string {
	if kind == '1' {
		return safeName(target)
	}
	up := 0
	rest := target
	for strings.HasPrefix(rest, "../") || strings.HasPrefix(rest, "./") || rest == ".." {
		if strings.HasPrefix(rest, "..") {
			up++
		}
		_, rest, _ = strings.Cut(rest, "/")
		rest = strings.TrimLeft(rest, "/")
	}
	if up > strings.Count(path.Clean(name), "/") {
		return "leads out of the archive"
	}
	if rest == "" && target != "" {
		return ""
	}
	// Behind a name, ".." is the parent of what that leads to, which another link may decide.
	return safeName(rest)
}
