// Package signer gives a client leave to put exactly one object into quarantine.
//
// What is promised (profile, type, size, checksum, owner) is bound into the URL's signature as far
// as S3 can enforce it, and stored as a grant for the validator to judge by. A URL that was issued
// is a bearer secret until it expires: this package never logs one.
//
// The signer's AWS credentials need s3:PutObject on <quarantine bucket>/<quarantine prefix>*. Where a
// profile allows multipart they need s3:AbortMultipartUpload and s3:ListMultipartUploadParts there
// too, and for downloads s3:GetObject on <clean bucket>/<clean prefix>*.
package signer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"airlock"
	"airlock/events"
	"airlock/signer/parts"
	"airlock/signer/presign"
	"airlock/signer/quota"
)

// Caller is who asks, as an [Authorizer] found out.
type Caller struct {
	Owner    string   // whose uploads these will be; "*" may act for any owner
	Profiles []string // which profiles; "*" is all of them

	minted *minted // the token by which he asks, if it is one of ours
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
	Size           int64             `json:"size,omitempty" doc:"Exact length in bytes; only method post may leave it out" example:"48213"`
	ChecksumSHA256 string            `json:"checksum_sha256,omitempty" doc:"SHA-256 of the whole file, base64; other bytes are refused by S3, or rejected where they come in parts" example:"47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="`
	Method         string            `json:"method,omitempty" doc:"put (default), post or multipart, as the profile allows" example:"put"`
	Metadata       map[string]string `json:"metadata,omitempty" doc:"At most 16 strings, 2 KiB together; handed through to the event"`
	Owner          *string           `json:"owner,omitempty" doc:"On whose behalf; only for callers whose own owner is *" example:"u-17"`
}

// Signed is the answer to a [Request]: what to send where, and until when.
type Signed struct {
	ID          string            `json:"id" format:"uuid" doc:"The upload's id (UUIDv4)" example:"0b0e4d5c-8a3f-4c1e-9d2b-6f1f0c1e2d3a"`
	Method      string            `json:"method" enum:"PUT,POST,MULTIPART" example:"PUT"`
	URL         string            `json:"url,omitempty" doc:"Presigned; a secret until it expires. Absent for multipart: ask for its parts" example:"https://uploads.example/quarantine/image/0b0e4d5c-8a3f-4c1e-9d2b-6f1f0c1e2d3a?X-Amz-Signature=..."`
	Headers     map[string]string `json:"headers" doc:"Every header that the client must send; Content-Length is signed too, and HTTP clients set it themselves"`
	Fields      map[string]string `json:"fields" nullable:"true" doc:"For method post: the form's fields, to be sent before the file"`
	ExpiresAt   time.Time         `json:"expires_at" doc:"The upload must start before; for multipart, parts may be asked for until then, and each time moves it on" example:"2026-11-23T10:05:00Z"`
	StatusURL   string            `json:"status_url" example:"/v1/uploads/0b0e4d5c-8a3f-4c1e-9d2b-6f1f0c1e2d3a"`
	UploadToken string            `json:"upload_token" doc:"Right to this one upload: status, hint, parts, complete, cancel and download. A secret" example:"airlock_up1_..."`
	MaxBytes    int64             `json:"max_bytes" doc:"How many bytes may come" example:"48213"`
	PartSize    int64             `json:"part_size,omitempty" doc:"For multipart: bytes of each part but the last" example:"8388608"`
	PartCount   int               `json:"part_count,omitempty" doc:"For multipart" example:"24"`
}

// Presigner signs S3 requests without making them. What it answers ends earlier than asked where the
// credentials end earlier.
type Presigner interface {
	PresignPut(ctx context.Context, spec presign.PutSpec) (presign.Presigned, error)
	PresignPost(ctx context.Context, spec presign.PostSpec) (presign.Presigned, error)
	PresignPart(ctx context.Context, spec presign.PartSpec) (presign.Presigned, error)
	PresignGet(ctx context.Context, spec presign.GetSpec) (presign.Presigned, error)
}

// Multipart makes the requests of a multipart upload that are not a client's.
type Multipart interface {
	Create(ctx context.Context, o airlock.Object, contentType string) (uploadID string, err error)
	List(ctx context.Context, o airlock.Object, uploadID string) ([]parts.Part, error)
	Complete(ctx context.Context, o airlock.Object, uploadID string, all []parts.Part, size int64) error
	Abort(ctx context.Context, o airlock.Object, uploadID string) error
}

// Grants stores what was promised.
type Grants interface {
	CreateGrant(ctx context.Context, g airlock.Grant) error
}

// Quota is what each owner may have open; see package quota.
type Quota interface {
	Reserve(ctx context.Context, owner string, h quota.Hold) error
	Extend(ctx context.Context, owner string, h quota.Hold) error
	Release(ctx context.Context, owner string, ids ...string) error
}

// Signer holds the rules. Profiles, the zones, Presign, Grants and TokenKey are needed.
type Signer struct {
	Profiles      map[string]airlock.Profile // with defaults
	Quarantine    airlock.Zone
	Clean         airlock.Zone
	Presign       Presigner
	Multipart     Multipart // nil: no profile may allow multipart
	Grants        Grants
	Quota         Quota            // nil: none
	Approver      Approver         // nil: the rules alone decide
	PublicURLBase string           // takes the place of all before the key in what is signed; "": nothing does
	TokenKey      []byte           // 32 bytes, the same for all signers
	Now           func() time.Time // nil: time.Now
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
	g, err := s.promise(ctx, ask{Request: req, caller: c})
	if err != nil {
		return Signed{}, err
	}
	return s.issue(ctx, g)
}

// issue signs and stores what was promised.
func (s *Signer) issue(ctx context.Context, g airlock.Grant) (signed Signed, err error) {
	var to presign.Presigned
	g.Clean = s.place(g)
	if g.Method == airlock.MethodMultipart {
		g.PartSize = airlock.PartSize(g.Size)
		g.Deadline = airlock.MultipartDeadline(g.GrantedAt, s.now()).UTC().Truncate(time.Second)
		g.ExpiresAt = g.Deadline
	} else {
		if to, err = s.presign(ctx, g, s.Profiles[g.Profile].Expires); err != nil {
			return Signed{}, err
		}
		g.ExpiresAt = to.ExpiresAt.UTC()
		g.Deadline = airlock.UploadDeadline(g.ExpiresAt, g.Most())
	}
	if err := s.reserve(ctx, g); err != nil {
		return Signed{}, err
	}
	if err := s.open(ctx, &g); err != nil {
		if !errors.Is(err, events.ErrExists) { // then the hold is that grant's
			s.release(ctx, g)
		}
		return Signed{}, err
	}
	return s.signed(g, to), nil
}

// place is where g's object goes if it is good.
func (s *Signer) place(g airlock.Grant) airlock.Object {
	p := s.Profiles[g.Profile]
	bucket := p.Clean.Bucket
	if bucket == "" {
		bucket = s.Clean.Bucket
	}
	ext := canonicalExtension(bareType(g.ContentType))
	return airlock.Object{Bucket: bucket, Key: p.CleanKey(s.Clean.Prefix, g.Upload(), g.Owner, ext, g.GrantedAt)}
}

// open stores the grant, of a multipart upload after S3 has begun it. What S3 has begun without a
// grant is given up, at the latest by the bucket's lifecycle.
func (s *Signer) open(ctx context.Context, g *airlock.Grant) (err error) {
	object := s.Quarantine.Object(g.Upload())
	if g.Method == airlock.MethodMultipart {
		if g.MultipartID, err = s.Multipart.Create(ctx, object, g.ContentType); err != nil {
			return fmt.Errorf("begin upload %s: %w", g.ID, err)
		}
	}
	if err := s.Grants.CreateGrant(ctx, *g); err != nil {
		if g.MultipartID != "" {
			err = errors.Join(err, s.Multipart.Abort(context.WithoutCancel(ctx), object, g.MultipartID))
		}
		return err
	}
	return nil
}

// again signs anew what is granted already, until the very time that was told before.
func (s *Signer) again(ctx context.Context, g airlock.Grant) (Signed, error) {
	left := g.ExpiresAt.Sub(s.now()).Truncate(time.Second)
	switch {
	case g.Cancelled, left <= 0:
		return Signed{}, errClosed
	case g.Method == airlock.MethodMultipart:
		return s.signed(g, presign.Presigned{}), nil
	}
	to, err := s.presign(ctx, g, left)
	if err != nil {
		return Signed{}, err
	}
	return s.signed(g, to), nil
}

var errClosed = refuse("upload_closed", "the upload has ended; ask for its status")

func (s *Signer) presign(ctx context.Context, g airlock.Grant, expires time.Duration) (to presign.Presigned, err error) {
	object := s.Quarantine.Object(g.Upload())
	if g.Method == airlock.MethodPost {
		low, high := g.Size, g.Size
		if g.Size == 0 {
			low, high = 1, g.MaxBytes
		}
		to, err = s.Presign.PresignPost(ctx, presign.PostSpec{
			Object: object, ContentType: g.ContentType, MinBytes: low, MaxBytes: high, ChecksumSHA256: g.ChecksumSHA256, Expires: expires,
		})
	} else {
		to, err = s.Presign.PresignPut(ctx, presign.PutSpec{
			Object: object, ContentType: g.ContentType, Size: g.Size, ChecksumSHA256: g.ChecksumSHA256, Expires: expires,
		})
	}
	if err != nil {
		return to, fmt.Errorf("sign upload %s: %w", g.ID, err)
	}
	return to, nil
}

// signed is the answer to the client.
func (s *Signer) signed(g airlock.Grant, to presign.Presigned) Signed {
	key := s.Quarantine.Object(g.Upload()).Key
	if g.Method == airlock.MethodPost {
		key = "" // a form goes to the bucket
	}
	method := map[airlock.Method]string{airlock.MethodPut: "PUT", airlock.MethodPost: "POST", airlock.MethodMultipart: "MULTIPART"}[g.Method]
	headers := to.Headers
	if headers == nil {
		headers = map[string]string{}
	}
	return Signed{
		ID: g.ID, Method: method, URL: s.public(to.URL, key), Headers: headers, Fields: to.Fields, ExpiresAt: g.ExpiresAt,
		StatusURL: "/v1/uploads/" + g.ID, MaxBytes: g.Most(), PartSize: g.PartSize, PartCount: g.PartCount(),
		UploadToken: uploadToken{id: g.ID, expires: tokenEnd(g)}.seal(s.TokenKey),
	}
}

// tokenGrace is how long after the upload's deadline its token still reads the verdict: a page
// that was left open over a weekend shows the result.
const tokenGrace = 72 * time.Hour

// tokenEnd is when the upload's token ends; parts may move a multipart upload's deadline on.
func tokenEnd(g airlock.Grant) time.Time {
	if g.Method == airlock.MethodMultipart {
		return g.GrantedAt.Add(airlock.MultipartMost + tokenGrace)
	}
	return g.Deadline.Add(tokenGrace)
}

// reserve holds the owner's quota until the upload's URL can no longer be used.
func (s *Signer) reserve(ctx context.Context, g airlock.Grant) error {
	if s.Quota == nil {
		return nil
	}
	err := s.Quota.Reserve(ctx, g.Owner, holdOf(g))
	var e *quota.Exceeded
	if err != nil && !errors.As(err, &e) {
		s.release(ctx, g) // it may be held or not
	}
	return err
}

func holdOf(g airlock.Grant) quota.Hold {
	return quota.Hold{ID: g.ID, Bytes: g.Most(), Until: g.Deadline}
}

// release gives the quota back that was reserved for nothing. Where it fails, the hold ends by itself.
func (s *Signer) release(ctx context.Context, g airlock.Grant) {
	if s.Quota == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	_ = s.Quota.Release(ctx, g.Owner, g.ID)
}

// grant is what is promised by all rules but the approver's; promise asks him too.
func (s *Signer) grant(p airlock.Profile, owner string, a ask) (airlock.Grant, error) {
	method, err := checkMethod(p, a.Method)
	if err != nil {
		return airlock.Grant{}, err
	}
	name, err := cleanFilename(a.Filename)
	if err != nil {
		return airlock.Grant{}, err
	}
	canonical, bare, err := canonicalType(a.ContentType, p.Types)
	if err != nil {
		return airlock.Grant{}, err
	}
	if err := checkExtension(name, bare, p); err != nil {
		return airlock.Grant{}, err
	}
	if err := checkSize(a.Size, p.MaxBytes, method); err != nil {
		return airlock.Grant{}, err
	}
	if err := checkChecksum(a.ChecksumSHA256); err != nil {
		return airlock.Grant{}, err
	}
	if err := checkMetadata(a.Metadata); err != nil {
		return airlock.Grant{}, err
	}
	g := airlock.Grant{
		ID: uuid.NewString(), Profile: p.Name, PolicyVersion: p.PolicyVersion(), Owner: owner,
		Method: method, Filename: name, Metadata: a.Metadata, ContentType: canonical,
		Size: a.Size, ChecksumSHA256: a.ChecksumSHA256, GrantedAt: s.now().UTC().Truncate(time.Millisecond), Traceparent: a.traceparent,
	}
	if g.Size == 0 {
		g.MaxBytes = min(p.MaxBytes, airlock.MaxPutBytes)
	}
	return g, nil
}
