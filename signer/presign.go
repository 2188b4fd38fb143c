package signer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"airlock"
)

// SignedHeaders are the headers that a presigned PUT binds, as the browser must send them. It is
// also what the quarantine bucket's CORS configuration has to allow: one list for both.
var SignedHeaders = []string{"Content-Type", "If-None-Match", "x-amz-checksum-sha256"}

// S3Presigner signs with the AWS SDK. Config carries the credentials (refreshed by their provider)
// and the region.
type S3Presigner struct {
	Config    aws.Config
	Endpoint  string // the address that clients see and that is signed for; "" is AWS's own
	PathStyle bool
	Now       func() time.Time // nil: time.Now; of the expiry only, the SDK signs with its own clock
}

// shortest is how much life a URL must have to be worth handing out (SECURITY SIG-10).
const shortest = airlock.MinExpires

// PresignPut signs exactly one PUT: this key, length, type and checksum, and If-None-Match: *, by
// which S3 takes the object once (SECURITY SIG-9). It makes no request to S3. Credentials that end
// before spec.Expires shorten the URL's life, as AWS would (SIG-11); with less than two minutes
// left it is an error.
func (p *S3Presigner) PresignPut(ctx context.Context, spec PutSpec) (string, map[string]string, time.Time, error) {
	fail := func(err error) (string, map[string]string, time.Time, error) {
		return "", nil, time.Time{}, fmt.Errorf("presign PUT: %w", err)
	}
	if spec.Size < 1 {
		return fail(errors.New("a length of 0 would not be signed"))
	}
	creds, err := p.Config.Credentials.Retrieve(ctx)
	if err != nil {
		return fail(err)
	}
	now := p.now()
	expires := min(spec.Expires, airlock.MaxExpires) // S3 itself would take a week
	if creds.CanExpire {
		expires = min(expires, creds.Expires.Sub(now).Truncate(time.Second))
	}
	if expires < min(shortest, spec.Expires) {
		return fail(errors.New("the AWS credentials end within two minutes and were not refreshed"))
	}
	in := &s3.PutObjectInput{
		Bucket: &spec.Object.Bucket, Key: aws.String(string(spec.Object.Key)),
		ContentLength: &spec.Size, ContentType: &spec.ContentType, IfNoneMatch: aws.String("*"),
	}
	if spec.ChecksumSHA256 != "" { // never ChecksumAlgorithm alone: that signs the empty body's hash (SIG-12)
		in.ChecksumSHA256 = &spec.ChecksumSHA256
	}
	req, err := s3.NewPresignClient(p.client(creds)).PresignPutObject(ctx, in, s3.WithPresignExpires(expires))
	if err != nil {
		return fail(err)
	}
	headers := map[string]string{}
	for _, h := range SignedHeaders {
		if v := req.SignedHeader.Get(h); v != "" {
			headers[h] = v
		}
	}
	return req.URL, headers, now.Add(expires).Truncate(time.Second), nil
}

// client signs with the very credentials whose end was looked at.
func (p *S3Presigner) client(creds aws.Credentials) *s3.Client {
	return s3.NewFromConfig(p.Config, func(o *s3.Options) {
		o.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return creds, nil })
		o.UsePathStyle = p.PathStyle
		if p.Endpoint != "" {
			o.BaseEndpoint = &p.Endpoint
		}
	})
}

func (p *S3Presigner) now() time.Time {
	if p.Now != nil {
		return p.Now()
	}
	return time.Now()
}
