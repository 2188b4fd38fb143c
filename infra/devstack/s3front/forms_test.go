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

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// A form is where a POST goes and its fields, in lower case.
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
	f := form{post.URL, map[string]string{"content-type": "image/png"}}
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
	postForm(t, formOf(t, root, b, "q/k"), body).want(t, 204)
	head, err := store.client.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: &b, Key: aws.String("q/k")})
	if err != nil {
		t.Fatal(err)
	}
	if *head.ContentType != "image/png" || *head.ContentLength != int64(len(body)) {
		t.Errorf("type %s, length %d", *head.ContentType, *head.ContentLength)
	}
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
		{"another type", func(f *form, _ *string) { f.fields["content-type"] = "text/html" }},
		{"no type", func(f *form, _ *string) { delete(f.fields, "content-type") }},
		{"a field the policy doesn't know", func(f *form, _ *string) { f.fields["x-amz-meta-evil"] = "1" }},
		{"a forged signature", func(f *form, _ *string) { f.fields["x-amz-signature"] = strings.Repeat("0", 64) }},
		{"a tampered policy", func(f *form, _ *string) {
			p, err := base64.StdEncoding.DecodeString(f.fields["policy"])
			if err != nil {
				panic(err)
			}
			f.fields["policy"] = base64.StdEncoding.EncodeToString([]byte(strings.Replace(string(p), "20", "99", 1)))
		}},
		{"no policy", func(f *form, _ *string) { delete(f.fields, "policy") }},
		{"no signature at all", func(f *form, _ *string) { f.fields = map[string]string{"key": "q/k"} }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f, content := formOf(t, root, b, "q/k"), body
			tc.with(&f, &content)
			if got := postForm(t, f, content); got.status < 400 || got.status > 499 {
				t.Errorf("status %d, want 4xx: %s", got.status, got.body)
			}
			list, err := store.client.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: &b})
			if err != nil {
				t.Fatal(err)
			}
			if n := len(list.Contents); n != 0 {
				t.Errorf("%d objects stored", n)
			}
		})
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
