// Package presign makes requests to S3 that somebody else sends: PUT, a browser's POST form, one
// part of a multipart upload, GET. It signs with the AWS SDK's own SigV4 signer, its URLs are byte
// for byte those of s3.PresignClient, and it takes a quarter of the time, since it asks the SDK
// only once what requests to a bucket look like.
//
// It never makes a request to S3, and needs no IAM permission itself: what a URL may do is what its
// credentials may, when it is used. Those are s3:PutObject on the quarantine prefix for PUT, POST
// and parts, s3:GetObject (s3:GetObjectVersion with a version) for GET.
//
// What was signed is a secret: it must not get into logs (SECURITY LOG-1). No error of this package
// holds any of it.
package presign

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"airlock"
)

// SignedHeaders are the headers that a presigned PUT binds, as the browser must send them. It is
// also what the quarantine bucket's CORS configuration has to allow: one list for both.
var SignedHeaders = []string{headerType, headerOnce, headerSHA256}

const (
	headerType   = "Content-Type"
	headerOnce   = "If-None-Match"
	headerSHA256 = "x-amz-checksum-sha256"
)

// Presigned is one request to S3 that whoever holds it may make until ExpiresAt. It is a secret.
type Presigned struct {
	URL string

	// Headers must all be sent as they are; nil if there are none. Content-Length is signed too,
	// but HTTP clients set it themselves.
	Headers map[string]string

	// Fields are all fields of a POST form (multipart/form-data) but the file, which comes last; nil
	// if it is no POST.
	Fields map[string]string

	// ExpiresAt is when S3 stops to take it, in whole seconds. What was begun before may end after.
	ExpiresAt time.Time
}

// PutSpec is a PUT of one object.
type PutSpec struct {
	Object         airlock.Object
	ContentType    string
	Size           int64  // bytes, at least 1: the SDK signs no length of 0
	ChecksumSHA256 string // base64 (standard) of the SHA-256; "": any content
	Expires        time.Duration
}

// PostSpec is a POST of one object by a form.
type PostSpec struct {
	Object             airlock.Object
	ContentType        string
	MinBytes, MaxBytes int64  // of the file, both inclusive; 1 <= MinBytes <= MaxBytes
	ChecksumSHA256     string // base64 (standard) of the SHA-256; "": any content
	Expires            time.Duration
}

// PartSpec is one part of a multipart upload that was created before.
type PartSpec struct {
	Object   airlock.Object
	UploadID string
	Number   int32 // 1 to [airlock.MaxParts]
	Size     int64 // bytes, at least 1; S3 wants 5 MiB of all parts but the last, when it completes
	Expires  time.Duration
}

// GetSpec is a GET of one object.
type GetSpec struct {
	Object      airlock.Object
	VersionID   string // "": the latest
	Disposition string // the Content-Disposition that S3 shall answer with; "": the stored one
	Expires     time.Duration
}

// S3 signs. All methods may be called at once. The fields must not change after the first call;
// the credentials may, for they are retrieved for each call, and are best cached by their provider.
type S3 struct {
	Config    aws.Config // credentials (refreshed by their provider) and region
	Endpoint  string     // the address that clients see and that is signed for; "" is Config.BaseEndpoint or AWS's own
	PathStyle bool
	Now       func() time.Time // nil: time.Now. It is the clock of signatures, too

	shapes sync.Map                   // shapeKey -> *shape
	signer atomic.Pointer[urlSigner]  // of the credentials seen last
	key    atomic.Pointer[derivedKey] // of the day and credentials seen last
}

// PresignPut signs exactly one PUT: this key, length, type and checksum, and If-None-Match: *, by
// which S3 takes the object once and answers 412 from then on (SECURITY SIG-9). S3 answers 403 to
// another length, header or key, and 400 to bytes that have another checksum.
//
// Of this and its sisters: the life is the shortest of spec.Expires, [airlock.MaxExpires] and what
// the credentials have left, with which AWS ends the URL, too (SIG-11). Credentials that end within
// two minutes, and before spec.Expires, are an error (SIG-10). So is whatever could not be signed.
func (p *S3) PresignPut(ctx context.Context, spec PutSpec) (Presigned, error) {
	fail := failure("PUT", spec.Object)
	if err := errors.Join(checkType(spec.ContentType), checkSize(spec.Size), checkChecksum(spec.ChecksumSHA256)); err != nil {
		return fail(err)
	}
	header := http.Header{headerType: {spec.ContentType}, headerOnce: {"*"}}
	headers := map[string]string{headerType: spec.ContentType, headerOnce: "*"}
	if spec.ChecksumSHA256 != "" { // never an algorithm alone: that signs the empty body's hash (SIG-12)
		header["X-Amz-Checksum-Sha256"] = []string{spec.ChecksumSHA256}
		headers[headerSHA256] = spec.ChecksumSHA256
	}
	signed, err := p.presign(ctx, call{kind: put, object: spec.Object, header: header, size: spec.Size}, spec.Expires)
	if err != nil {
		return fail(err)
	}
	signed.Headers = headers
	return signed, nil
}

// PresignPart signs the PUT of one part: this upload, number and length. A part may be put again
// until the upload is completed or aborted; the last one counts.
func (p *S3) PresignPart(ctx context.Context, spec PartSpec) (Presigned, error) {
	fail := failure("part", spec.Object)
	if err := checkSize(spec.Size); err != nil {
		return fail(err)
	}
	if spec.UploadID == "" || spec.Number < 1 || spec.Number > airlock.MaxParts {
		return fail(fmt.Errorf("a part has an upload and a number of 1 to %d, not %d", airlock.MaxParts, spec.Number))
	}
	query := param("partNumber", strconv.Itoa(int(spec.Number))) + param("uploadId", spec.UploadID)
	signed, err := p.presign(ctx, call{kind: part, object: spec.Object, query: query, size: spec.Size}, spec.Expires)
	if err != nil {
		return fail(err)
	}
	return signed, nil
}

// PresignGet signs reads of one object, in whole or in ranges.
func (p *S3) PresignGet(ctx context.Context, spec GetSpec) (Presigned, error) {
	query := ""
	if spec.Disposition != "" {
		query += param("response-content-disposition", spec.Disposition)
	}
	if spec.VersionID != "" {
		query += param("versionId", spec.VersionID)
	}
	signed, err := p.presign(ctx, call{kind: get, object: spec.Object, query: query}, spec.Expires)
	if err != nil {
		return failure("GET", spec.Object)(err)
	}
	return signed, nil
}

func failure(what string, o airlock.Object) func(error) (Presigned, error) {
	return func(err error) (Presigned, error) {
		return Presigned{}, fmt.Errorf("presign %s of %s: %w", what, o, err)
	}
}

// life is what one signature is made with: credentials, the second of signing and the seconds from
// then on.
type life struct {
	creds   aws.Credentials
	from    time.Time // UTC, in whole seconds as signatures have it
	expires time.Duration
}

func (l life) end() time.Time { return l.from.Add(l.expires) }

// shortest is how much life a URL must have to be worth handing out (SECURITY SIG-10).
const shortest = airlock.MinExpires

func (p *S3) life(ctx context.Context, want time.Duration) (life, error) {
	if want = want.Truncate(time.Second); want < time.Second {
		return life{}, errors.New("it would expire within a second")
	}
	if p.Config.Credentials == nil {
		return life{}, errors.New("there are no AWS credentials")
	}
	creds, err := p.Config.Credentials.Retrieve(ctx)
	if err != nil {
		return life{}, err
	}
	if !creds.HasKeys() {
		return life{}, errors.New("the AWS credentials are empty")
	}
	now := time.Now
	if p.Now != nil {
		now = p.Now
	}
	at := now()
	expires := min(want, airlock.MaxExpires) // S3 itself would take a week
	if creds.CanExpire {
		expires = min(expires, creds.Expires.Sub(at).Truncate(time.Second))
	}
	if expires < min(shortest, want) {
		return life{}, errors.New("the AWS credentials end within two minutes and were not refreshed")
	}
	return life{creds, at.UTC().Truncate(time.Second), expires}, nil
}

func checkSize(n int64) error {
	if n < 1 {
		return fmt.Errorf("a length of %d would not be signed", n)
	}
	return nil
}

// checkType refuses what a header or a form would not carry as it was signed.
func checkType(s string) error {
	if s == "" || !printable(s) {
		return fmt.Errorf("the type %q is not printable ASCII", s)
	}
	return nil
}

func checkChecksum(s string) error {
	if !printable(s) {
		return fmt.Errorf("the checksum %q is not base64", s)
	}
	return nil
}

func printable(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}
