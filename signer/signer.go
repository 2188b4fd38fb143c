// Package signer gives a client leave to put exactly one object into quarantine.
//
// What is promised (profile, type, size, checksum, owner) is bound into the URL's signature as far
// as S3 can enforce it, and stored as a grant for the validator to judge by. A URL that was issued
// is a bearer secret until it expires: this package never logs one.
//
// The signer's AWS credentials need s3:PutObject on <quarantine bucket>/<quarantine prefix>* and
// nothing else; it makes no call to S3.
package signer

import (
	"context"
	"encoding/base64"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"airlock"
)

// Caller is who asks, as an [Authorizer] found out.
type Caller struct {
	Owner    string   // whose uploads these will be; "*" may act for any owner
	Profiles []string // which profiles; "*" is all of them
}

func (c Caller) mayUse(profile string) bool {
	return slices.Contains(c.Profiles, "*") || slices.Contains(c.Profiles, profile)
}

func (c Caller) owns(owner string) bool { return c.Owner == "*" || c.Owner == owner }

// Request asks for leave to upload one file.
type Request struct {
	Profile        string            `json:"profile" doc:"Name of the profile in airlock.yaml" example:"image"`
	Filename       string            `json:"filename" doc:"The file's name as the user knows it; goes into the event, never into a key" example:"cat.png"`
	ContentType    string            `json:"content_type" doc:"Media type; must be one of the profile's" example:"image/png"`
	Size           int64             `json:"size" doc:"Exact length in bytes" example:"48213"`
	ChecksumSHA256 string            `json:"checksum_sha256,omitempty" doc:"SHA-256 of the file, base64; S3 then refuses any other bytes"`
	Method         string            `json:"method,omitempty" doc:"put (default)" example:"put"`
	Metadata       map[string]string `json:"metadata,omitempty" doc:"At most 16 strings, 2 KiB together; handed through to the event"`
	Owner          *string           `json:"owner,omitempty" doc:"On whose behalf; only for callers whose own owner is *"`

	traceparent string
}

// Signed is the answer to a [Request]: what to send where, and until when.
type Signed struct {
	ID          string            `json:"id" doc:"The upload's id (UUIDv4)"`
	Method      string            `json:"method" example:"PUT"`
	URL         string            `json:"url" doc:"Presigned; a secret until it expires"`
	Headers     map[string]string `json:"headers" doc:"Every header that the client must send; Content-Length is signed too, and HTTP clients set it themselves"`
	Fields      map[string]string `json:"fields" doc:"For method post"`
	ExpiresAt   time.Time         `json:"expires_at" doc:"The upload must start before"`
	StatusURL   string            `json:"status_url"`
	UploadToken string            `json:"upload_token" doc:"Right to this one upload's status and hint"`
	MaxBytes    int64             `json:"max_bytes"`
}

// A PutSpec is all that the signature of a PUT binds.
type PutSpec struct {
	Object         airlock.Object
	ContentType    string
	Size           int64
	ChecksumSHA256 string        // "" if the client gave none
	Expires        time.Duration // at most
}

// Presigner signs S3 requests without making them.
type Presigner interface {
	// PresignPut returns the URL, the headers to send with it and when it really ends, which is
	// earlier than asked where the credentials end earlier.
	PresignPut(ctx context.Context, spec PutSpec) (url string, headers map[string]string, expiresAt time.Time, err error)
}

// Grants stores what was promised.
type Grants interface {
	CreateGrant(ctx context.Context, g airlock.Grant) error
}

// Signer holds the rules. All fields are needed but Now.
type Signer struct {
	Profiles   map[string]airlock.Profile // with defaults
	Quarantine airlock.Zone
	Clean      airlock.Zone
	Presign    Presigner
	Grants     Grants
	TokenKey   []byte           // 32 bytes, the same for all signers
	Now        func() time.Time // nil: time.Now
}

func (s *Signer) now() time.Time {
	if s.Now != nil {
		return s.Now()
	}
	return time.Now()
}

// Sign checks req against the rules, signs, and stores the grant before anybody learns the URL.
// An error that a client caused says so by a stable code; any other is ours (S3 credentials, NATS)
// and nothing was promised.
func (s *Signer) Sign(ctx context.Context, c Caller, req Request) (Signed, error) {
	g, err := s.grant(c, req)
	if err != nil {
		return Signed{}, err
	}
	url, headers, expiresAt, err := s.Presign.PresignPut(ctx, PutSpec{
		Object: s.Quarantine.Object(g.Upload()), ContentType: g.ContentType, Size: g.Size,
		ChecksumSHA256: g.ChecksumSHA256, Expires: s.Profiles[g.Profile].Expires,
	})
	if err != nil {
		return Signed{}, fmt.Errorf("sign upload %s: %w", g.ID, err)
	}
	g.ExpiresAt = expiresAt.UTC()
	g.Deadline = airlock.UploadDeadline(g.ExpiresAt, g.Size)
	if err := s.Grants.CreateGrant(ctx, g); err != nil {
		return Signed{}, err
	}
	return Signed{
		ID: g.ID, Method: "PUT", URL: url, Headers: headers, ExpiresAt: g.ExpiresAt,
		StatusURL: "/v1/uploads/" + g.ID, MaxBytes: g.Size,
		UploadToken: uploadToken{id: g.ID, expires: g.Deadline.Add(tokenGrace)}.seal(s.TokenKey),
	}, nil
}

// tokenGrace is how long after the upload's deadline its token still reads the verdict: a page
// that was left open over a weekend shows the result.
const tokenGrace = 72 * time.Hour

// grant applies every rule of SECURITY that needs no S3.
func (s *Signer) grant(c Caller, req Request) (airlock.Grant, error) {
	p, owner, err := s.authorise(c, req)
	if err != nil {
		return airlock.Grant{}, err
	}
	if err := checkMethod(p, req.Method); err != nil {
		return airlock.Grant{}, err
	}
	name, err := cleanFilename(req.Filename)
	if err != nil {
		return airlock.Grant{}, err
	}
	canonical, bare, err := canonicalType(req.ContentType, p.Types)
	if err != nil {
		return airlock.Grant{}, err
	}
	if err := checkExtension(name, bare, p); err != nil {
		return airlock.Grant{}, err
	}
	if err := checkSize(req.Size, p.MaxBytes); err != nil {
		return airlock.Grant{}, err
	}
	if err := checkChecksum(req.ChecksumSHA256); err != nil {
		return airlock.Grant{}, err
	}
	if err := checkMetadata(req.Metadata); err != nil {
		return airlock.Grant{}, err
	}
	now := s.now().UTC().Truncate(time.Millisecond)
	u := airlock.Upload{Profile: p.Name, ID: uuid.NewString()}
	bucket := p.Clean.Bucket
	if bucket == "" {
		bucket = s.Clean.Bucket
	}
	return airlock.Grant{
		ID: u.ID, Profile: p.Name, PolicyVersion: p.PolicyVersion(), Owner: owner,
		Method: airlock.MethodPut, Filename: name, Metadata: req.Metadata, ContentType: canonical,
		Size: req.Size, ChecksumSHA256: req.ChecksumSHA256, GrantedAt: now, Traceparent: req.traceparent,
		Clean: airlock.Object{Bucket: bucket, Key: p.CleanKey(s.Clean.Prefix, u, owner, canonicalExtension(bare), now)},
	}, nil
}

// authorise finds the profile and the owner that c may use. To a caller who may not use all
// profiles, one that does not exist looks like one that is not his (SIG-14).
func (s *Signer) authorise(c Caller, req Request) (airlock.Profile, string, error) {
	if !c.mayUse(req.Profile) {
		return airlock.Profile{}, "", refuse("forbidden", "these credentials may not upload to this profile")
	}
	p, ok := s.Profiles[req.Profile]
	if !ok {
		return p, "", refuse("profile_unknown", "there is no profile %.40q", req.Profile)
	}
	owner := c.Owner
	switch {
	case req.Owner == nil && owner == "*":
		return p, "", refuse("request_invalid", "these credentials act for others: say for whom in owner")
	case req.Owner == nil:
		return p, owner, nil
	case !c.owns(*req.Owner):
		return p, "", refuse("forbidden", "these credentials may not act for another owner")
	case !plainText(*req.Owner) || len(*req.Owner) > 255 || *req.Owner == "" || *req.Owner == "*":
		return p, "", refuse("request_invalid", "owner must be 1 to 255 bytes of printable text, and not *")
	}
	return p, *req.Owner, nil
}

func checkMethod(p airlock.Profile, method string) error {
	if method == "" {
		method = string(airlock.MethodPut)
	}
	if !slices.Contains(p.Methods, airlock.Method(method)) {
		return refuse("method_not_allowed", "profile %s does not allow method %.20q", p.Name, method)
	}
	if method != string(airlock.MethodPut) {
		return refuse("method_not_allowed", "method %s is not served by this version; use put", method)
	}
	return nil
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
// unlimited one.
func checkSize(size, limit int64) error {
	switch {
	case size < 1:
		return refuse("size_invalid", "size must be the file's exact length in bytes, at least 1")
	case size > limit, size == math.MaxInt64:
		return refuse("too_large", "%d bytes are more than this profile's %d", size, limit)
	}
	return nil
}

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
