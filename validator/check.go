package validator

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"airlock"
)

// Check judges a local file as production would judge it as an upload: declared as the media type
// that its name's extension stands for in p. An error is trouble of reading; the content itself is
// always judged.
func Check(p airlock.Profile, name string, size int64, file io.ReaderAt) (airlock.Verdict, airlock.Facts, error) {
	started := time.Now()
	g := airlock.Grant{Profile: p.Name, Filename: name, Size: size, ContentType: declaredBy(p, name)}
	f := airlock.Facts{Size: size, Checks: []string{"size"}}
	if g.ContentType == "" {
		return reject(airlock.ExtensionMismatch, "the name ends in %.20q, which profile %s does not take", lastExtension(name), p.Name), f, nil
	}
	if _, bad := judgeSize(p, g, f); !bad {
		head := make([]byte, min(size, sniffWindow))
		if n, err := file.ReadAt(head, 0); n < len(head) || err != nil && !errors.Is(err, io.EOF) {
			return airlock.Verdict{}, f, fmt.Errorf("read %s: %w", name, err)
		}
		f.BytesRead = int64(len(head))
		inspectSafely(&f, head, inspect)
	}
	f.Spent = time.Since(started)
	return Judge(p, g, f), f, nil
}

// declaredBy is the type of p that files with this name's extension are declared as.
func declaredBy(p airlock.Profile, name string) string {
	ext := lastExtension(name)
	for _, t := range p.Types { // the canonical extension first: .heic is image/heic, not image/heif
		if exts := airlock.KnownTypes[t]; len(exts) > 0 && exts[0] == ext {
			return t
		}
	}
	for _, t := range p.Types {
		if slices.Contains(airlock.KnownTypes[t], ext) {
			return t
		}
	}
	return ""
}
