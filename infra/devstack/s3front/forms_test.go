package s3front_test

import (
	"bytes"
	"encoding/base64"
	"maps"
	"mime/multipart"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"airlock/infra/devstack/s3front"
	"airlock/infra/localstack"

	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// A form is where a POST goes and its fields. All names but Content-Type are in lower case.
type form struct {
	url    string
	fields map[string]string
}

// formOf is what airlock's signer gives for POST: exact key and type, 5 to 20 bytes.
func formOf(t *testing.T, by s3front.Account, bucket, key string) form {
	t.Helper()
	client := store.client
	if by != root {
		client = clientOf(by)
	}
	return formFrom(t, client, bucket, key, time.Minute)
}

func formFrom(t *testing.T, client *s3.Client, bucket, key string, expires time.Duration) form {
	t.Helper()
	post, err := s3.NewPresignClient(client).PresignPostObject(t.Context(), &s3.PutObjectInput{Bucket: &bucket, Key: &key},
		func(o *s3.PresignPostOptions) {
			o.Expires = expires
			o.Conditions = []any{
				[]any{"content-length-range", 5, 20},
				map[string]string{"content-type": "image/png"},
			}
		})
	if err != nil {
		t.Fatal(err)
	}
	f := form{post.URL, map[string]string{"Content-Type": "image/png"}}
	for k, v := range post.Values {
		f.fields[strings.ToLower(k)] = v
	}
	return f
}

func postForm(t *testing.T, f form, content string) answer {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, k := range slices.Sorted(maps.Keys(f.fields)) {
		if err := w.WriteField(k, f.fields[k]); err != nil {
			t.Fatal(err)
		}
	}
	file, err := w.CreateFormFile("file", "x.png")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.Write([]byte(content)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return send(t, "POST", f.url, http.Header{"Content-Type": {w.FormDataContentType()}}, b.String())
}

func TestAPostFormStoresWhatItsPolicyAllows(t *testing.T) {
	b := newBucket(t)
	check := func(key, kind string) {
		t.Helper()
		head, err := store.client.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: &b, Key: &key})
		if err != nil {
			t.Fatal(err)
		}
		if *head.ContentType != kind || *head.ContentLength != int64(len(body)) {
			t.Errorf("%s: type %s, length %d", key, *head.ContentType, *head.ContentLength)
		}
	}
	postForm(t, formOf(t, root, b, "q/k"), body).want(t, 204)
	check("q/k", "image/png")

	lower := formOf(t, root, b, "q/lower")
	delete(lower.fields, "Content-Type")
	lower.fields["content-type"] = "image/png"
	postForm(t, lower, body).want(t, 204)
	if localstack.Differs(t, "overlooks a form's content-type in lower case; AWS reads names in either case") {
		check("q/lower", "binary/octet-stream")
		return
	}
	check("q/lower", "image/png")
}

func TestAPostFormRefusesWhateverDiffers(t *testing.T) {
	b := newBucket(t)
	for _, tc := range []struct {
		name string
		with func(f *form, content *string)
	}{
		{"another key", func(f *form, _ *string) { f.fields["key"] = "clean/k" }},
		{"a key that climbs", func(f *form, _ *string) { f.fields["key"] = "q/../clean/k" }},
		{"too large", func(_ *form, content *string) { *content = strings.Repeat("x", 21) }},
		{"too small", func(_ *form, content *string) { *content = "1234" }},
		{"empty", func(_ *form, content *string) { *content = "" }},
		{"another type", func(f *form, _ *string) { f.fields["Content-Type"] = "text/html" }},
		{"no type", func(f *form, _ *string) { delete(f.fields, "Content-Type") }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f, content := formOf(t, root, b, "q/k"), body
			tc.with(&f, &content)
			wantRefused(t, b, postForm(t, f, content))
		})
	}
}

// The policy, its signature and that it names each field are what a client's form is held by.
func TestAPostFormIsNothingWithoutItsPolicyAndSignature(t *testing.T) {
	for _, tc := range []struct {
		name, localStack string
		with             func(f *form)
	}{
		{"a field the policy doesn't know", "takes fields outside the policy; AWS answers 403",
			func(f *form) { f.fields["x-amz-meta-evil"] = "1" }},
		{"a forged signature", "does not check the signature of a form; AWS answers 403",
			func(f *form) { f.fields["x-amz-signature"] = strings.Repeat("0", 64) }},
		{"a tampered policy", "does not check that a policy is the signed one; AWS answers 403", tamper},
		{"no policy", "takes a form without a policy; AWS answers 4xx",
			func(f *form) { delete(f.fields, "policy") }},
		{"no signature at all", "takes a form that nobody signed; AWS answers 403",
			func(f *form) { f.fields = map[string]string{"key": "q/k"} }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b := newBucket(t)
			f := formOf(t, root, b, "q/k")
			tc.with(&f)
			got := postForm(t, f, body)
			if localstack.Differs(t, tc.localStack) {
				got.want(t, 204)
				content(t, b, "q/k")
				return
			}
			wantRefused(t, b, got)
		})
	}
}

// tamper raises the size that a form's policy allows.
func tamper(f *form) {
	p, err := base64.StdEncoding.DecodeString(f.fields["policy"])
	if err != nil || !strings.Contains(string(p), ",20]") {
		panic("the policy has no limit of 20")
	}
	f.fields["policy"] = base64.StdEncoding.EncodeToString([]byte(strings.Replace(string(p), ",20]", ",99]", 1)))
}

// wantRefused checks that the bucket is empty, too.
func wantRefused(t *testing.T, bucket string, got answer) {
	t.Helper()
	if got.status < 400 || got.status > 499 {
		t.Errorf("status %d, want 4xx: %s", got.status, got.body)
	}
	list, err := store.client.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: &bucket})
	if err != nil {
		t.Fatal(err)
	}
	if n := len(list.Contents); n != 0 {
		t.Errorf("%d objects stored", n)
	}
}

func TestAPostFormExpires(t *testing.T) {
	b := newBucket(t)
	f := formFrom(t, store.client, b, "k", time.Second)
	time.Sleep(2100 * time.Millisecond)
	if got := postForm(t, f, body); got.status != 403 && got.status != 400 {
		t.Errorf("status %d: %s", got.status, got.body)
	}
}
