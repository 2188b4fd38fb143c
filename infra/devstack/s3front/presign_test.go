package s3front_test

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"

	"airlock/infra/devstack/s3front"
	"airlock/infra/localstack"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

const body = "twelve bytes"

func sum(s string) string {
	h := sha256.Sum256([]byte(s))
	return base64.StdEncoding.EncodeToString(h[:])
}

// presigned is what airlock's signer gives: length, type, checksum and If-None-Match are signed.
func presigned(t *testing.T, bucket, key string, expires time.Duration) *v4.PresignedHTTPRequest {
	t.Helper()
	req, err := s3.NewPresignClient(store.client).PresignPutObject(t.Context(), &s3.PutObjectInput{
		Bucket: &bucket, Key: &key,
		ContentLength:  aws.Int64(int64(len(body))),
		ContentType:    aws.String("image/png"),
		IfNoneMatch:    aws.String("*"),
		ChecksumSHA256: aws.String(sum(body)),
	}, s3.WithPresignExpires(expires))
	if err != nil {
		t.Fatal(err)
	}
	return req
}

func TestAPresignedPutTakesExactlyWhatWasSignedAndOnlyOnce(t *testing.T) {
	b := newBucket(t)
	req := presigned(t, b, "q/k", time.Minute)
	for _, h := range []string{"Content-Length", "Content-Type", "If-None-Match", "X-Amz-Checksum-Sha256"} {
		if req.SignedHeader.Get(h) == "" {
			t.Errorf("%s is not signed", h)
		}
	}
	send(t, "PUT", req.URL, req.SignedHeader, body).want(t, 200)
	if got := content(t, b, "q/k"); got != body {
		t.Errorf("stored %q", got)
	}
	send(t, "PUT", req.URL, req.SignedHeader, body).want(t, 412)
}

func TestAPresignedPutRefusesWhateverDiffers(t *testing.T) {
	b := newBucket(t)
	for _, tc := range []struct {
		name string
		with func(url *string, h http.Header, body *string)
		want int
	}{
		{"a longer body", func(_ *string, _ http.Header, body *string) { *body += "!" }, 403},
		{"a shorter body", func(_ *string, _ http.Header, body *string) { *body = "short" }, 403},
		{"another type", func(_ *string, h http.Header, _ *string) { h.Set("Content-Type", "text/html") }, 403},
		{"no type", func(_ *string, h http.Header, _ *string) { h.Del("Content-Type") }, 403},
		{"no If-None-Match", func(_ *string, h http.Header, _ *string) { h.Del("If-None-Match") }, 403},
		{"another If-None-Match", func(_ *string, h http.Header, _ *string) { h.Set("If-None-Match", "x") }, 403},
		{"no checksum", func(_ *string, h http.Header, _ *string) { h.Del("X-Amz-Checksum-Sha256") }, 403},
		{"another checksum", func(_ *string, h http.Header, _ *string) { h.Set("X-Amz-Checksum-Sha256", sum("x")) }, 403},
		{"another content", func(_ *string, _ http.Header, body *string) { *body = "TWELVE BYTES" }, 400},
		{"unsigned metadata", func(_ *string, h http.Header, _ *string) { h.Set("X-Amz-Meta-Evil", "1") }, 403},
		{"an unsigned tag", func(_ *string, h http.Header, _ *string) { h.Set("X-Amz-Tagging", "a=b") }, 403},
		{"an unsigned ACL", func(_ *string, h http.Header, _ *string) { h.Set("X-Amz-Acl", "public-read") }, 403},
		{"another key", func(url *string, _ http.Header, _ *string) { *url = strings.Replace(*url, "/q/", "/clean/", 1) }, 403},
		{"another signature", func(url *string, _ http.Header, _ *string) { *url = flipLast(*url) }, 403},
		{"a later expiry", func(url *string, _ http.Header, _ *string) {
			*url = strings.Replace(*url, "X-Amz-Expires=60", "X-Amz-Expires=600", 1)
		}, 403},
	} {
		t.Run(tc.name, func(t *testing.T) {
			req := presigned(t, b, "q/"+tc.name, time.Minute)
			url, header, sent := req.URL, req.SignedHeader.Clone(), body
			tc.with(&url, header, &sent)
			got := send(t, "PUT", url, header, sent)
			got.want(t, tc.want)
			wantRefused(t, b, got)
		})
	}
}

// flipLast changes the last hex digit of the signature.
func flipLast(url string) string {
	i := strings.Index(url, "X-Amz-Signature=") + len("X-Amz-Signature=") + 63
	digit := "0"
	if url[i] == '0' {
		digit = "1"
	}
	return url[:i] + digit + url[i+1:]
}

func TestAPresignedPutExpires(t *testing.T) {
	b := newBucket(t)
	req := presigned(t, b, "k", time.Second)
	time.Sleep(2100 * time.Millisecond)
	send(t, "PUT", req.URL, req.SignedHeader, body).want(t, 403)
}

func TestAPresignedPutForMoreThanSevenDaysIsRefused(t *testing.T) {
	b := newBucket(t)
	req := presigned(t, b, "k", 8*24*time.Hour)
	got := send(t, "PUT", req.URL, req.SignedHeader, body)
	if localstack.Differs(t, "takes URLs of 8 days; AWS refuses more than 7") {
		got.want(t, 200)
		return
	}
	wantRefused(t, b, got)
}

func TestAnAnonymousPutIsRefused(t *testing.T) {
	b := newBucket(t)
	url, _, _ := strings.Cut(presigned(t, b, "k", time.Minute).URL, "?")
	got := send(t, "PUT", url, nil, body)
	if localstack.Differs(t, "takes anonymous PUTs; AWS answers 403") {
		got.want(t, 200)
		return
	}
	got.want(t, 403)
	wantRefused(t, b, got)
}

func TestARequestSignedByAStrangerIsRefused(t *testing.T) {
	b := newBucket(t)
	for _, who := range []s3front.Account{{Access: "stranger", Secret: "x"}, {Access: root.Access, Secret: "x"}} {
		_, err := clientOf(who).PutObject(t.Context(), &s3.PutObjectInput{Bucket: &b, Key: aws.String("k"), Body: strings.NewReader("x")})
		want := 403
		if localstack.Differs(t, "takes headers signed by whatever key; AWS answers 403") {
			want = 200
		}
		wantStatus(t, err, want)
	}
}

func TestAPresignedGetSetsTheDisposition(t *testing.T) {
	b := newBucket(t)
	put(t, b, "k", body)
	req, err := s3.NewPresignClient(store.client).PresignGetObject(t.Context(), &s3.GetObjectInput{
		Bucket: &b, Key: aws.String("k"), ResponseContentDisposition: aws.String(`attachment; filename="x.png"`),
	})
	if err != nil {
		t.Fatal(err)
	}
	got := send(t, "GET", req.URL, nil, "")
	got.want(t, 200)
	if d := got.header.Get("Content-Disposition"); got.body != body || d != `attachment; filename="x.png"` {
		t.Errorf("body %q, disposition %q", got.body, d)
	}
}

func TestAPresignedPartTakesExactlyItsLength(t *testing.T) {
	b := newBucket(t)
	key := aws.String("multi")
	up, err := store.client.CreateMultipartUpload(t.Context(), &s3.CreateMultipartUploadInput{Bucket: &b, Key: key})
	if err != nil {
		t.Fatal(err)
	}
	req, err := s3.NewPresignClient(store.client).PresignUploadPart(t.Context(), &s3.UploadPartInput{
		Bucket: &b, Key: key, UploadId: up.UploadId, PartNumber: aws.Int32(1), ContentLength: aws.Int64(int64(len(body))),
	})
	if err != nil {
		t.Fatal(err)
	}
	send(t, "PUT", req.URL, req.SignedHeader, body+"!").want(t, 403)
	part := send(t, "PUT", req.URL, req.SignedHeader, body)
	part.want(t, 200)
	etag := part.header.Get("ETag")
	complete := &s3.CompleteMultipartUploadInput{
		Bucket: &b, Key: key, UploadId: up.UploadId, IfNoneMatch: aws.String("*"), MpuObjectSize: aws.Int64(1),
		MultipartUpload: &types.CompletedMultipartUpload{Parts: []types.CompletedPart{{ETag: &etag, PartNumber: aws.Int32(1)}}},
	}
	_, err = store.client.CompleteMultipartUpload(t.Context(), complete)
	wantStatus(t, err, 400) // another size than it has
	complete.MpuObjectSize = aws.Int64(int64(len(body)))
	put(t, b, *key, "taken")
	_, err = store.client.CompleteMultipartUpload(t.Context(), complete)
	wantStatus(t, err, 412)
	if _, err := store.client.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: &b, Key: key}); err != nil {
		t.Fatal(err)
	}
	_, err = store.client.CompleteMultipartUpload(t.Context(), complete)
	wantStatus(t, err, 200)
	if got := content(t, b, *key); got != body {
		t.Errorf("content %q", got)
	}
}

// putParts stores an object of one part.
func putParts(t *testing.T, bucket, key, body string) {
	t.Helper()
	up, err := store.client.CreateMultipartUpload(t.Context(), &s3.CreateMultipartUploadInput{
		Bucket: &bucket, Key: &key, ChecksumAlgorithm: types.ChecksumAlgorithmCrc32, // else its parts may not name their checksums
	})
	if err != nil {
		t.Fatal(err)
	}
	part, err := store.client.UploadPart(t.Context(), &s3.UploadPartInput{
		Bucket: &bucket, Key: &key, UploadId: up.UploadId, PartNumber: aws.Int32(1), Body: strings.NewReader(body),
		ChecksumAlgorithm: types.ChecksumAlgorithmCrc32,
	})
	if err != nil {
		t.Fatal(err)
	}
	parts := []types.CompletedPart{{ETag: part.ETag, PartNumber: aws.Int32(1), ChecksumCRC32: part.ChecksumCRC32}}
	if _, err := store.client.CompleteMultipartUpload(t.Context(), &s3.CompleteMultipartUploadInput{
		Bucket: &bucket, Key: &key, UploadId: up.UploadId, MultipartUpload: &types.CompletedMultipartUpload{Parts: parts},
	}); err != nil {
		t.Fatal(err)
	}
}
