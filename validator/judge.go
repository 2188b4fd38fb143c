package validator

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"airlock"
	"airlock/validator/inspect"
)

// Judge decides on one upload by what its profile demands, what the grant promised and what was
// seen. It is pure: the same three always give the same verdict.
//
// The order of its checks is the order of certainty: what S3 itself says of the object (size,
// checksum) comes before what its bytes say.
func Judge(p airlock.Profile, g airlock.Grant, f airlock.Facts) airlock.Verdict {
	if v, bad := judgeSize(p, g, f); bad {
		return v
	}
	declared := bareType(g.ContentType)
	switch {
	case g.ChecksumSHA256 != "" && f.ChecksumSHA256 != "" && g.ChecksumSHA256 != f.ChecksumSHA256:
		return reject(airlock.ChecksumMismatch, "the SHA-256 is %s, declared was %s", f.ChecksumSHA256, g.ChecksumSHA256)
	case !slices.Contains(p.Types, declared):
		return reject(airlock.TypeNotAllowed, "profile %s no longer takes %s", p.Name, declared)
	case !inspect.MayDetect(declared, f.DetectedType), !inspect.Fits(declared, f.MagicType):
		return reject(airlock.TypeMismatch, "declared %s, but the content looks like %s and begins as %s", declared, f.DetectedType, orNothing(f.MagicType))
	}
	if ext := lastExtension(g.Filename); !slices.Contains(p.Extensions, ext) {
		return reject(airlock.ExtensionMismatch, "the name ends in %.20q, which profile %s does not take", ext, p.Name)
	}
	if len(f.Findings) > 0 {
		return reject(f.Findings[0].Reason, "%s", f.Findings[0].Detail)
	}
	return airlock.Verdict{Result: airlock.Accepted, Type: g.ContentType}
}

// judgeSize needs no byte of the object; it is asked before one is looked at (SECURITY VAL-3).
func judgeSize(p airlock.Profile, g airlock.Grant, f airlock.Facts) (v airlock.Verdict, bad bool) {
	switch {
	case f.Size == 0:
		return reject(airlock.Empty, "the object is empty"), true
	case f.Size > p.MaxBytes:
		return reject(airlock.TooLarge, "%d bytes are more than the profile's %d", f.Size, p.MaxBytes), true
	case g.Size == 0 && f.Size > g.MaxBytes:
		return reject(airlock.TooLarge, "%d bytes are more than the %d that were granted", f.Size, g.MaxBytes), true
	case g.Size != 0 && f.Size != g.Size:
		return reject(airlock.SizeMismatch, "%d bytes arrived, declared were %d", f.Size, g.Size), true
	}
	return v, false
}

func reject(r airlock.Reason, format string, a ...any) airlock.Verdict {
	return airlock.Verdict{Result: airlock.Rejected, Reason: r, Detail: fmt.Sprintf(format, a...)}
}

// bareType drops the parameters of a media type that is known to be well-formed.
func bareType(t string) string {
	bare, _, _ := strings.Cut(t, ";")
	return strings.TrimSpace(bare)
}

func lastExtension(name string) string {
	return strings.ToLower(strings.TrimPrefix(path.Ext(name), "."))
}

func orNothing(s string) string {
	if s == "" {
		return "nothing known"
	}
	return s
}

// disposition is the bare Content-Disposition to store: inline only where the profile says so and
// a browser runs nothing in that type (SECURITY VAL-8). The name is added at download.
func disposition(p airlock.Profile, mediaType string) string {
	if p.Serve.Disposition == "inline" && slices.Contains(airlock.InlineTypes, bareType(mediaType)) {
		return "inline"
	}
	return "attachment"
}
