package presign

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"
)

// The names and formats of a POST's signature (Amazon S3 API Reference, "Browser-based uploads
// using POST"), cased as the SDK has them.
const (
	algorithm   = "AWS4-HMAC-SHA256"
	dayFormat   = "20060102"
	timeFormat  = "20060102T150405Z"
	fieldStatus = "success_action_status"
)

// PresignPost signs a policy for one form: exactly this bucket, key, type and checksum, and a file
// of MinBytes to MaxBytes (SECURITY SIG-13). S3 answers 201 to it, and 4xx to any other value, any
// other field and any other size. It may be sent more than once: a policy has no If-None-Match.
//
// What is signed is the policy. All its conditions are fields of the form but the bucket, which is
// in the URL, and the size.
func (p *S3) PresignPost(ctx context.Context, spec PostSpec) (Presigned, error) {
	fail := failure("POST", spec.Object)
	err := errors.Join(checkKey(spec.Object.Key), checkType(spec.ContentType), checkChecksum(spec.ChecksumSHA256))
	if err == nil && (spec.MinBytes < 1 || spec.MinBytes > spec.MaxBytes) {
		err = fmt.Errorf("%d to %d bytes are no range of a file", spec.MinBytes, spec.MaxBytes)
	}
	if err != nil {
		return fail(err)
	}
	l, err := p.life(ctx, spec.Expires)
	if err != nil {
		return fail(err)
	}
	s, err := p.shape(ctx, spec.Object.Bucket, post)
	if err != nil {
		return fail(err)
	}
	day := l.from.Format(dayFormat)
	b := newPolicy(l.end())
	b.size(spec.MinBytes, spec.MaxBytes)
	b.exact("bucket", spec.Object.Bucket)
	b.field("key", string(spec.Object.Key))
	b.field(headerType, spec.ContentType)
	b.field(fieldStatus, "201")
	if spec.ChecksumSHA256 != "" {
		b.field(headerSHA256, spec.ChecksumSHA256)
	}
	b.field("X-Amz-Algorithm", algorithm)
	b.field("X-Amz-Credential", l.creds.AccessKeyID+"/"+day+"/"+s.region+"/"+s.service+"/aws4_request")
	b.field("X-Amz-Date", l.from.Format(timeFormat))
	if l.creds.SessionToken != "" {
		b.field("X-Amz-Security-Token", l.creds.SessionToken)
	}
	fields := b.signed(p.signingKey(scope{l.creds.SecretAccessKey, day, s.region, s.service}))
	return Presigned{URL: s.url.String(), Fields: fields, ExpiresAt: l.end()}, nil
}

// A policy is a POST policy while it is written, and the fields that answer to its conditions.
type policy struct {
	doc    []byte
	fields map[string]string
}

func newPolicy(end time.Time) *policy {
	b := &policy{make([]byte, 0, 2048), make(map[string]string, 12)}
	b.doc = append(b.doc, `{"expiration":"`...)
	b.doc = end.AppendFormat(b.doc, time.RFC3339)
	b.doc = append(b.doc, `","conditions":[`...)
	return b
}

// size comes first.
func (b *policy) size(least, most int64) {
	b.doc = append(b.doc, `["content-length-range",`...)
	b.doc = strconv.AppendInt(b.doc, least, 10)
	b.doc = append(b.doc, ',')
	b.doc = strconv.AppendInt(b.doc, most, 10)
	b.doc = append(b.doc, ']')
}

func (b *policy) exact(name, value string) {
	b.doc = append(b.doc, `,{"`...)
	b.doc = append(b.doc, name...)
	b.doc = append(b.doc, `":`...)
	b.doc = appendJSON(b.doc, value)
	b.doc = append(b.doc, '}')
}

func (b *policy) field(name, value string) {
	b.exact(name, value)
	b.fields[name] = value
}

// signed ends the policy.
func (b *policy) signed(key []byte) map[string]string {
	b.doc = append(b.doc, `]}`...)
	text := base64.StdEncoding.EncodeToString(b.doc)
	b.fields["policy"] = text
	b.fields["X-Amz-Signature"] = hex.EncodeToString(hmacSHA256(key, text))
	return b.fields
}

// appendJSON appends s as a JSON string; almost all are what they are.
func appendJSON(doc []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			quoted, _ := json.Marshal(s) // a string never fails
			return append(doc, quoted...)
		}
	}
	doc = append(doc, '"')
	doc = append(doc, s...)
	return append(doc, '"')
}

// scope is what a signing key is for.
type scope struct{ secret, day, region, service string }

type derivedKey struct {
	scope scope
	key   []byte
}

// signingKey is derived once a day from each secret.
func (p *S3) signingKey(s scope) []byte {
	if k := p.key.Load(); k != nil && k.scope == s {
		return k.key
	}
	k := &derivedKey{s, s.derive()}
	p.key.Store(k)
	return k.key
}

// derive follows the IAM User Guide, "Create a signed AWS API request", step 4.
func (s scope) derive() []byte {
	key := []byte("AWS4" + s.secret)
	for _, data := range []string{s.day, s.region, s.service, "aws4_request"} {
		key = hmacSHA256(key, data)
	}
	return key
}

func hmacSHA256(key []byte, data string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(data))
	return h.Sum(nil)
}
