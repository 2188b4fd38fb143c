package signer

import (
	"encoding/base64"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"airlock"
)

// checkMethod returns the method that was asked for, or the default.
func checkMethod(p airlock.Profile, asked string) (airlock.Method, error) {
	method := airlock.Method(asked)
	if asked == "" {
		method = airlock.MethodPut
	}
	if !slices.Contains(p.Methods, method) {
		return "", refuse("method_not_allowed", "profile %s does not allow method %.20q", p.Name, method)
	}
	return method, nil
}

func checkExtension(name, bare string, p airlock.Profile) error {
	ext, err := extension(name)
	if err != nil {
		return err
	}
	if !extensionFits(ext, bare, p) {
		return refuse("extension_mismatch", "the name ends in .%s, which is no extension of %s", ext, bare)
	}
	return nil
}

func canonicalExtension(bare string) string {
	if exts := airlock.KnownTypes[bare]; len(exts) > 0 {
		return exts[0]
	}
	return "bin"
}

// checkSize holds SIG-7: the SDK does not sign a length of 0, so an empty grant would be an
// unlimited one. Only a form is bound by a range, and may leave the size out.
func checkSize(size, limit int64, m airlock.Method) error {
	if m != airlock.MethodMultipart {
		limit = min(limit, airlock.MaxPutBytes)
	}
	switch {
	case size == 0 && m == airlock.MethodPost:
		return nil
	case size < 1:
		return refuse("size_invalid", "size must be the file's exact length in bytes, at least 1")
	case size > limit, size == math.MaxInt64:
		return refuse("too_large", "%d bytes are more than the %d that this profile takes by this method", size, limit)
	}
	return nil
}

// checkChecksum takes a SHA-256 of the whole object. S3 holds the bytes of a PUT against it; of what
// comes in parts it knows only a checksum of checksums (S3 user guide, "Checking object integrity"),
// so there the validator does.
func checkChecksum(sum string) error {
	if sum == "" {
		return nil
	}
	raw, err := base64.StdEncoding.Strict().DecodeString(sum)
	if err != nil || len(raw) != 32 || strings.ContainsAny(sum, "\r\n") {
		return refuse("checksum_invalid", "checksum_sha256 must be the 32 bytes of a SHA-256 in standard base64 (44 characters)")
	}
	return nil
}

// The bounds of DESIGN for metadata.
const (
	maxMetadata      = 16
	maxMetadataBytes = 2 << 10
)

func checkMetadata(m map[string]string) error {
	total := 0
	for k, v := range m {
		total += len(k) + len(v)
		if k == "" || !plainText(k) || !plainText(v) {
			return refuse("metadata_invalid", "metadata must be named, printable text; %.40q is not", k)
		}
	}
	if len(m) > maxMetadata || total > maxMetadataBytes {
		return refuse("metadata_invalid", "metadata is limited to %d strings and %d bytes; this has %d and %d", maxMetadata, maxMetadataBytes, len(m), total)
	}
	return nil
}

// plainText tells text that is safe to hand on and to print: valid UTF-8 without control
// characters.
func plainText(s string) bool {
	for _, r := range s {
		if r < 0x20 || r >= 0x7f && r < 0xa0 || r == 0x2028 || r == 0x2029 {
			return false
		}
	}
	return utf8.ValidString(s)
}
