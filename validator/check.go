package validator

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"airlock"
	"airlock/validator/inspect"
)

// Checker judges local files as production would judge them as uploads. The zero value is not
// usable; see [NewChecker]. It is safe for use by many goroutines.
type Checker struct {
	profile   airlock.Profile
	inspector Inspector
}

// NewChecker makes a Checker for a profile with defaults.
func NewChecker(p airlock.Profile) Checker { return Checker{p, inspect.New()} }

// Declared is the media type of the profile that files of this name are uploaded as, by its extension;
// "" if the profile takes none such.
func (c Checker) Declared(name string) string { return declaredBy(c.profile, name) }

// Check judges one file, declared as [Checker.Declared]. An error is trouble of reading, or ctx's; the content itself is always judged.
func (c Checker) Check(ctx context.Context, name string, size int64, file io.ReaderAt) (airlock.Verdict, airlock.Facts, error) {
	started := time.Now()
	g := airlock.Grant{Profile: c.profile.Name, Filename: name, Size: size, ContentType: declaredBy(c.profile, name)}
	f := airlock.Facts{Size: size, Checks: []string{"size"}}
	if g.ContentType == "" {
		f.Checks = append(f.Checks, "extension")
		return reject(airlock.ExtensionMismatch, "the name ends in %.20q, which profile %s does not take", lastExtension(name), c.profile.Name), f, nil
	}
	if _, bad := judgeSize(c.profile, g, f); !bad {
		head := make([]byte, min(size, inspect.Window))
		if n, err := file.ReadAt(head, 0); n < len(head) || err != nil && !errors.Is(err, io.EOF) {
			return airlock.Verdict{}, f, fmt.Errorf("read %s: %w", name, err)
		}
		read, err := gather(ctx, c.inspector, c.profile, g, &f, head, file, nil)
		if f.BytesRead = max(read, int64(len(head))); err != nil {
			return airlock.Verdict{}, f, fmt.Errorf("read %s: %w", name, err)
		}
	}
	f.Spent = time.Since(started)
	return Judge(c.profile, g, f), f, nil
}

// gather learns the facts that the bytes tell, and how many of them inspection asked for. Its error is
// trouble of reading, or what aside says.
func gather(ctx context.Context, i Inspector, p airlock.Profile, g airlock.Grant, f *airlock.Facts, head []byte, all io.ReaderAt, aside func() (func(), error)) (read int64, err error) {
	f.DetectedType, f.MagicType = inspect.Sniff(head)
	f.Checks = append(f.Checks, "type", "extension")
	if Judge(p, g, *f).Result != airlock.Accepted {
		return 0, nil
	}
	r, err := i.Inspect(ctx, inspect.Upload{Profile: p, Type: bareType(g.ContentType), Name: g.Filename, Size: f.Size, Bytes: all, Hash: unverified(g, *f), Aside: aside})
	if err != nil {
		return 0, err
	}
	f.Content, f.Checks = r.Content, append(f.Checks, r.Checks...)
	if r.SHA256 != "" {
		f.ChecksumSHA256 = r.SHA256
	}
	if r.Finding != nil {
		f.Findings = append(f.Findings, *r.Finding)
	}
	return r.Read, nil
}

// unverified tells that the client declared a checksum that nobody has held the bytes against: S3 does
// it for a PUT, not for what comes in parts, and not every store for a form.
func unverified(g airlock.Grant, f airlock.Facts) bool {
	return g.ChecksumSHA256 != "" && g.Method != airlock.MethodPut && f.ChecksumSHA256 == ""
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
