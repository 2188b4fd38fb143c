package s3front_test

import (
	"io"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"airlock/infra/localstack"
)

func TestARangedReadIsPinnedByIfMatch(t *testing.T) {
	b := newBucket(t)
	etag := put(t, b, "k", "0123456789")
	read := func(span string, match *string) (string, string, error) {
		out, err := store.client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: &b, Key: aws.String("k"), Range: &span, IfMatch: match})
		if err != nil {
			return "", "", err
		}
		defer out.Body.Close()
		data, err := io.ReadAll(out.Body)
		return string(data), aws.ToString(out.ContentRange), err
	}
	for span, want := range map[string][2]string{
		"bytes=0-3": {"0123", "bytes 0-3/10"}, "bytes=0-4095": {"0123456789", "bytes 0-9/10"}, "bytes=-2": {"89", "bytes 8-9/10"},
	} {
		if data, where, err := read(span, &etag); err != nil || data != want[0] || where != want[1] {
			t.Errorf("%s: %q, %q, %v", span, data, where, err)
		}
	}
	_, _, err := read("bytes=0-3", aws.String(`"00000000000000000000000000000000"`))
	wantStatus(t, err, 412)
	_, _, err = read("bytes=20-30", nil)
	wantStatus(t, err, 416)
	put(t, b, "k", "")
	_, _, err = read("bytes=0-4095", nil)
	wantStatus(t, err, 416)
	if code(err) != "InvalidRange" {
		t.Errorf("code %q", code(err))
	}
}

func TestAPromotionReplacesAllHeaders(t *testing.T) {
	from, to := newBucket(t), newBucket(t)
	if _, err := store.client.PutObject(t.Context(), &s3.PutObjectInput{
		Bucket: &from, Key: aws.String("q"), Body: strings.NewReader("x"), ContentType: aws.String("text/html"), CacheControl: aws.String("public"),
		ContentDisposition: aws.String("inline"), ContentEncoding: aws.String("gzip"), ContentLanguage: aws.String("xx"), Metadata: map[string]string{"evil": "1"},
	}); err != nil {
		t.Fatal(err)
	}
	copied, err := store.client.CopyObject(t.Context(), &s3.CopyObjectInput{
		Bucket: &to, Key: aws.String("c"), CopySource: aws.String(from + "/q"), MetadataDirective: types.MetadataDirectiveReplace,
		TaggingDirective: types.TaggingDirectiveReplace, ContentType: aws.String("image/png"), ContentDisposition: aws.String("attachment"),
		Metadata: map[string]string{"airlock": "1"}, ChecksumAlgorithm: types.ChecksumAlgorithmSha256,
	})
	if err != nil {
		t.Fatal(err)
	}
	if aws.ToString(copied.CopyObjectResult.ChecksumSHA256) != sum("x") {
		t.Errorf("checksum %q, want %q", aws.ToString(copied.CopyObjectResult.ChecksumSHA256), sum("x"))
	}
	h, err := store.client.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: &to, Key: aws.String("c"), ChecksumMode: types.ChecksumModeEnabled})
	if err != nil {
		t.Fatal(err)
	}
	for name, got := range map[string][2]string{
		"type": {aws.ToString(h.ContentType), "image/png"}, "disposition": {aws.ToString(h.ContentDisposition), "attachment"},
		"cache": {aws.ToString(h.CacheControl), ""}, "encoding": {aws.ToString(h.ContentEncoding), ""}, "language": {aws.ToString(h.ContentLanguage), ""},
		"our metadata": {h.Metadata["airlock"], "1"}, "the client's metadata": {h.Metadata["evil"], ""}, "checksum": {aws.ToString(h.ChecksumSHA256), sum("x")},
	} {
		if got[0] != got[1] {
			t.Errorf("%s: %q, want %q", name, got[0], got[1])
		}
	}
}

func TestKeysThatAFileSystemWouldTakeForOthersAreRefused(t *testing.T) {
	ours(t, "AWS takes such keys")
	b := newBucket(t)
	for _, key := range []string{"quarantine/../clean/x", "a//b", "a/./b", "../x", "/x", "a/.."} {
		req, err := s3.NewPresignClient(store.client).PresignPutObject(t.Context(), &s3.PutObjectInput{Bucket: &b, Key: &key})
		if err != nil {
			t.Fatal(err)
		}
		if a := send(t, "PUT", req.URL, req.SignedHeader, "x"); a.status/100 != 4 {
			t.Errorf("%q: %d", key, a.status)
		}
	}
	list, err := store.client.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: &b})
	if err != nil || len(list.Contents) > 0 {
		t.Errorf("%d objects, %v", len(list.Contents), err)
	}
}

func TestAMissingObjectIsNotAMissingBucket(t *testing.T) {
	b := newBucket(t)
	_, err := store.client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: &b, Key: aws.String("missing")})
	if code(err) != "NoSuchKey" {
		t.Errorf("a missing object: %v", err)
	}
	_, err = store.client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String(b + "-missing"), Key: aws.String("x")})
	if code(err) != "NoSuchBucket" {
		t.Errorf("a missing bucket: %v", err)
	}
}

// The signer may put below one prefix, the validator may read and delete there and write elsewhere.
func TestAccountsMayDoWhatTheBucketPolicyGrantsAndNoMore(t *testing.T) {
	lenient := localstack.Differs(t, "does not enforce bucket policies; AWS answers 403")
	if !lenient {
		ours(t, "accounts are made otherwise elsewhere")
	}
	q, c := newBucket(t), newBucket(t)
	for b, policy := range map[string]string{
		q: `{"Version":"2012-10-17","Statement":[
{"Effect":"Allow","Principal":{"AWS":["signer"]},"Action":["s3:PutObject"],"Resource":["arn:aws:s3:::` + q + `/quarantine/*"]},
{"Effect":"Allow","Principal":{"AWS":["validator"]},"Action":["s3:GetObject","s3:DeleteObject"],"Resource":["arn:aws:s3:::` + q + `/quarantine/*"]}]}`,
		c: `{"Version":"2012-10-17","Statement":[
{"Effect":"Allow","Principal":{"AWS":["validator"]},"Action":["s3:PutObject","s3:GetObject"],"Resource":["arn:aws:s3:::` + c + `/clean/*"]}]}`,
	} {
		if _, err := store.client.PutBucketPolicy(t.Context(), &s3.PutBucketPolicyInput{Bucket: &b, Policy: &policy}); err != nil {
			t.Fatal(err)
		}
	}
	sign, judge := clientOf(signer), clientOf(validator)
	write := func(client *s3.Client, bucket, key string) error {
		_, err := client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: strings.NewReader("x")})
		return err
	}
	read := func(client *s3.Client, bucket, key string) error {
		_, err := client.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: &bucket, Key: &key})
		return err
	}
	promote := func(client *s3.Client, to string) error {
		_, err := client.CopyObject(t.Context(), &s3.CopyObjectInput{Bucket: &c, Key: &to, CopySource: aws.String(q + "/quarantine/a")})
		return err
	}
	for _, step := range []struct {
		name string
		err  error
		want int
	}{
		{"signer puts in quarantine", write(sign, q, "quarantine/a"), 200},
		{"signer puts outside", write(sign, q, "clean/a"), 403},
		{"signer puts in clean", write(sign, c, "clean/a"), 403},
		{"signer reads", read(sign, q, "quarantine/a"), 403},
		{"validator puts in quarantine", write(judge, q, "quarantine/b"), 403},
		{"validator reads", read(judge, q, "quarantine/a"), 200},
		{"validator promotes", promote(judge, "clean/a"), 200},
		{"validator promotes to elsewhere", promote(judge, "other/a"), 403},
		{"signer promotes", promote(sign, "clean/b"), 403},
	} {
		if lenient {
			step.want = 200
		}
		if got := status(step.err); got != step.want {
			t.Errorf("%s: %d, want %d (%v)", step.name, got, step.want, step.err)
		}
	}
}

func TestABrowserOfAnotherOriginMayPutWhatCORSAllows(t *testing.T) {
	b := newBucket(t)
	if _, err := store.client.PutBucketCors(t.Context(), &s3.PutBucketCorsInput{Bucket: &b, CORSConfiguration: &types.CORSConfiguration{CORSRules: []types.CORSRule{{
		AllowedOrigins: []string{"https://app.example"}, AllowedMethods: []string{"PUT"},
		AllowedHeaders: []string{"content-type", "if-none-match", "x-amz-checksum-sha256"}, ExposeHeaders: []string{"ETag"},
	}}}}); err != nil {
		t.Fatal(err)
	}
	req := presigned(t, b, "k", 60e9)
	preflight := func(origin, header string) answer {
		return send(t, "OPTIONS", req.URL, map[string][]string{
			"Origin": {origin}, "Access-Control-Request-Method": {"PUT"}, "Access-Control-Request-Headers": {header},
		}, "")
	}
	a := preflight("https://app.example", "content-type,if-none-match,x-amz-checksum-sha256")
	a.want(t, 200)
	if a.header.Get("Access-Control-Allow-Origin") != "https://app.example" {
		t.Errorf("preflight: %v", a.header)
	}
	preflight("https://evil.example", "content-type").want(t, 403)
	preflight("https://app.example", "x-amz-meta-evil").want(t, 403)
	h := req.SignedHeader.Clone()
	h.Set("Origin", "https://app.example")
	a = send(t, "PUT", req.URL, h, body)
	a.want(t, 200)
	if a.header.Get("Access-Control-Allow-Origin") == "" || !strings.Contains(a.header.Get("Access-Control-Expose-Headers"), "ETag") {
		t.Errorf("PUT: %v", a.header)
	}
}
