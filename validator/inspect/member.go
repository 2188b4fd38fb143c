package inspect

import (
	"bufio"
	"errors"
	"io"

	"airlock"
)

// archives are what a member of an archive is looked into as, by how it begins.
var archives = map[string]string{"zip": "application/zip", "gzip": "application/gzip", "tar": "application/x-tar"}

// member reads all of one member of an archive out of r, which counts what it unpacks; an archive
// is looked into. One that can't be read as what it begins as is no objection: nobody unpacks it
// either, and honest archives hold such files for their tests.
func (l *look) member(name string, r io.Reader) error {
	in := bufio.NewReaderSize(r, 4096)
	head, err := in.Peek(512)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	mediaType := archives[magicType(head)]
	f, ok := familyOf(mediaType)
	if !ok {
		_, err := io.Copy(io.Discard, in)
		return err
	}
	if int64(l.depth) >= l.limits.MaxDepth {
		return l.objectTo(airlock.Bomb, "%.80q is an archive in %d others, more than the %d that are looked into", name, l.depth+1, l.limits.MaxDepth)
	}
	p, err := l.piece(name, in)
	if err != nil {
		return err
	}
	defer p.done()
	p.mediaType, p.depth = mediaType, l.depth+1
	switch o := finding(f.look(p)); {
	case o == nil, o.Reason == airlock.Malformed, o.Reason == airlock.TrailingData:
		return nil
	default:
		return &objection{*o}
	}
}
