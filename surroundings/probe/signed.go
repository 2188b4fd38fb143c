package probe

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/google/uuid"

	"airlock"
	"airlock/internal/presigned"
	"airlock/signer/presign"
)

// What a client can do with a presigned PUT. Each trial changes one thing of what was signed.

const content = "airlock probe"

func sha(body string) string {
	sum := sha256.Sum256([]byte(body))
	return base64.StdEncoding.EncodeToString(sum[:])
}

func (b *bench) key() string { return b.prefix + uuid.NewString() }

func (b *bench) object() airlock.Object {
	return airlock.Object{Bucket: b.Bucket, Key: airlock.Key(b.key())}
}

// put presigns the PUT of content as the signer does, lets change alter the request, and sends it.
func (b *bench) put(ctx context.Context, change func(r *http.Request)) (int, string, error) {
	p := presign.S3{Config: b.S3, PathStyle: b.PathStyle}
	signed, err := p.PresignPut(ctx, presign.PutSpec{
		Object: b.object(), ContentType: "text/plain",
		Size: int64(len(content)), ChecksumSHA256: sha(content), Expires: airlock.MinExpires,
	})
	if err != nil {
		return 0, "", err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPut, signed.URL, nil)
	if err != nil {
		return 0, "", presigned.WithoutURL(err)
	}
	body(r, content)
	for k, v := range signed.Headers {
		r.Header.Set(k, v)
	}
	if change != nil {
		change(r)
	}
	return send(r)
}

func body(r *http.Request, text string) {
	r.Body, r.ContentLength = io.NopCloser(strings.NewReader(text)), int64(len(text))
}

// send returns the status and S3's error code.
func send(r *http.Request) (int, string, error) {
	status, text, err := roundTrip(r)
	var e struct{ Code string }
	_ = xml.Unmarshal(text, &e)
	return status, e.Code, err
}

// fetch returns what is stored, as any client would get it.
func fetch(r *http.Request) (string, error) {
	status, text, err := roundTrip(r)
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("read it back: %d", status)
	}
	return string(text), err
}

func roundTrip(r *http.Request) (status int, text []byte, err error) {
	client := http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true}}
	resp, err := client.Do(r)
	if err != nil {
		return 0, nil, presigned.WithoutURL(err)
	}
	defer resp.Body.Close()
	text, err = io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	return resp.StatusCode, text, err
}

// refusedAs sends a changed PUT, which a store that keeps its promise refuses with one of these.
func (b *bench) refusedAs(ctx context.Context, what string, change func(r *http.Request), statuses ...int) (string, error) {
	if got, code, err := b.put(ctx, nil); err != nil || got != http.StatusOK {
		return "", fmt.Errorf("the PUT as it was signed: %d %s %w", got, code, err)
	}
	got, code, err := b.put(ctx, change)
	return verdict(what, got, code, err, statuses...)
}

func verdict(what string, got int, code string, err error, statuses ...int) (string, error) {
	if err != nil {
		return "", err
	}
	if slices.Contains(statuses, got) {
		return fmt.Sprintf("%s: %d %s", what, got, code), nil
	}
	if got/100 == 2 {
		return "", refuted(what + " was stored")
	}
	return "", fmt.Errorf("%s: %d %s", what, got, code)
}

func forgedSignature(ctx context.Context, b *bench) (string, error) {
	return b.refusedAs(ctx, "a forged signature", func(r *http.Request) {
		q := r.URL.Query()
		q.Set("X-Amz-Signature", strings.Repeat("0", 64))
		r.URL.RawQuery = q.Encode()
	}, 403)
}

func unsigned(ctx context.Context, b *bench) (string, error) {
	return b.refusedAs(ctx, "a PUT without a signature", func(r *http.Request) { r.URL.RawQuery = "" }, 401, 403)
}

func signedLength(ctx context.Context, b *bench) (string, error) {
	return b.refusedAs(ctx, "another length", func(r *http.Request) { body(r, content+"!") }, 403)
}

func signedType(ctx context.Context, b *bench) (string, error) {
	return b.refusedAs(ctx, "another Content-Type", func(r *http.Request) { r.Header.Set("Content-Type", "text/html") }, 403)
}

func signedChecksum(ctx context.Context, b *bench) (string, error) {
	return b.refusedAs(ctx, "another checksum", func(r *http.Request) {
		body(r, strings.ToUpper(content))
		r.Header.Set("x-amz-checksum-sha256", sha(strings.ToUpper(content)))
	}, 403)
}

func wrongBytes(ctx context.Context, b *bench) (string, error) {
	return b.refusedAs(ctx, "other bytes than the signed checksum's", func(r *http.Request) { body(r, strings.ToUpper(content)) }, 400)
}

func extraHeader(ctx context.Context, b *bench) (string, error) {
	return b.refusedAs(ctx, "metadata that was not signed", func(r *http.Request) { r.Header.Set("x-amz-meta-evil", "1") }, 403)
}

// hourAgo signs as if an hour had passed since.
type hourAgo struct{ *v4.Signer }

func (s hourAgo) PresignHTTP(ctx context.Context, c aws.Credentials, r *http.Request, hash, service, region string, at time.Time, opts ...func(*v4.SignerOptions)) (string, http.Header, error) {
	return s.Signer.PresignHTTP(ctx, c, r, hash, service, region, at.Add(-time.Hour), opts...)
}

func expired(ctx context.Context, b *bench) (string, error) {
	pre := s3.NewPresignClient(b.s3, func(o *s3.PresignOptions) {
		o.Presigner = hourAgo{v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true })}
	})
	signed, err := pre.PresignPutObject(ctx, &s3.PutObjectInput{Bucket: &b.Bucket, Key: aws.String(b.key())}, s3.WithPresignExpires(time.Minute))
	if err != nil {
		return "", err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPut, signed.URL, bytes.NewReader(nil))
	if err != nil {
		return "", presigned.WithoutURL(err)
	}
	got, code, err := send(r)
	return verdict("a URL that has expired", got, code, err, 403)
}

func partLength(ctx context.Context, b *bench) (string, error) {
	key := b.key()
	up, err := b.s3.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{Bucket: &b.Bucket, Key: &key})
	if err != nil {
		return "", err
	}
	defer func() {
		_, _ = b.s3.AbortMultipartUpload(context.WithoutCancel(ctx), &s3.AbortMultipartUploadInput{Bucket: &b.Bucket, Key: &key, UploadId: up.UploadId})
	}()
	p := presign.S3{Config: b.S3, PathStyle: b.PathStyle}
	signed, err := p.PresignPart(ctx, presign.PartSpec{
		Object: airlock.Object{Bucket: b.Bucket, Key: airlock.Key(key)}, UploadID: *up.UploadId, Number: 1, Size: int64(len(content)), Expires: airlock.MinExpires,
	})
	if err != nil {
		return "", err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPut, signed.URL, nil)
	if err != nil {
		return "", presigned.WithoutURL(err)
	}
	body(r, content+"!")
	got, code, err := send(r)
	return verdict("a part of another length", got, code, err, 403)
}

// cors sets a rule and asks as a browser does before a PUT.
func cors(ctx context.Context, b *bench) (string, error) {
	if !b.made {
		return "", errors.New("not tried: it would change the bucket's rules")
	}
	const origin = "https://app.example"
	if _, err := b.s3.PutBucketCors(ctx, &s3.PutBucketCorsInput{Bucket: &b.Bucket, CORSConfiguration: &s3types.CORSConfiguration{CORSRules: []s3types.CORSRule{
		{AllowedOrigins: []string{origin}, AllowedMethods: []string{"PUT"}, AllowedHeaders: presign.SignedHeaders},
	}}}); err != nil {
		return "", err
	}
	got, code, err := b.put(ctx, func(r *http.Request) {
		r.Method = http.MethodOptions
		body(r, "")
		r.Header = http.Header{"Origin": {origin}, "Access-Control-Request-Method": {"PUT"}, "Access-Control-Request-Headers": {strings.ToLower(strings.Join(presign.SignedHeaders, ","))}}
	})
	switch {
	case err != nil:
		return "", err
	case got/100 != 2:
		return "", refuted(fmt.Sprintf("a browser's preflight was refused: %d %s", got, code))
	}
	return "a browser of an allowed origin may PUT", nil
}
