package presign_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"maps"
	"mime/multipart"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/uuid"

	"airlock"
	"airlock/infra/devstack"
	"airlock/infra/devstack/stacktest"
	"airlock/signer/presign"
)

// What S3 makes of it: a real one, of the dev stack.
var (
	root   *s3.Client
	signer *presign.S3 // may put into quarantine, and no more
	reader *presign.S3 // may all
)

func TestMain(m *testing.M) {
	os.Exit(stacktest.Main(m, devstack.Config{}, func(s *devstack.Stack) error {
		root = s3.NewFromConfig(s.S3Config(devstack.Root, 4), func(o *s3.Options) { o.UsePathStyle = true })
		signer = &presign.S3{Config: s.S3Config(devstack.Signer, 4), Endpoint: s.S3Endpoint, PathStyle: true}
		reader = &presign.S3{Config: s.S3Config(devstack.Root, 4), PathStyle: true}
		return nil
	}))
}

const content = "0123456789"

func sha(s string) string {
	sum := sha256.Sum256([]byte(s))
	return base64.StdEncoding.EncodeToString(sum[:])
}

func fresh() airlock.Object {
	return devstack.Quarantine.Object(airlock.Upload{Profile: "image", ID: uuid.NewString()})
}

// send returns the status, the header and the body of S3's answer.
func send(t *testing.T, method, url string, header http.Header, body io.Reader) (int, http.Header, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, body)
	if err != nil {
		t.Fatal(err)
	}
	if header != nil {
		req.Header = header
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, resp.Header, string(text)
}

func headerOf(p presign.Presigned) http.Header {
	h := http.Header{}
	for k, v := range p.Headers {
		h.Set(k, v)
	}
	return h
}

// stored is what lies at o; "" type: nothing.
func stored(t *testing.T, o airlock.Object) (text, kind string) {
	t.Helper()
	out, err := root.GetObject(t.Context(), &s3.GetObjectInput{Bucket: &o.Bucket, Key: aws.String(string(o.Key))})
	if err != nil {
		return "", ""
	}
	defer out.Body.Close()
	b, err := io.ReadAll(out.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b), aws.ToString(out.ContentType)
}

func TestS3TakesThePutThatWasSignedOnce(t *testing.T) {
	for _, c := range []struct {
		name, body string
		change     func(http.Header)
		want       int
	}{
		{"as signed", content, func(http.Header) {}, 200},
		{"a byte more", content + "!", func(http.Header) {}, 403},
		{"a byte less", content[1:], func(http.Header) {}, 403},
		{"other bytes", "abcdefghij", func(http.Header) {}, 400},
		{"other bytes and their checksum", "abcdefghij", func(h http.Header) { h.Set("x-amz-checksum-sha256", sha("abcdefghij")) }, 403},
		{"another type", content, func(h http.Header) { h.Set("Content-Type", "text/html") }, 403},
		{"more than once", content, func(h http.Header) { h.Del("If-None-Match") }, 403},
		{"metadata", content, func(h http.Header) { h.Set("x-amz-meta-evil", "1") }, 403},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := fresh()
			p, err := signer.PresignPut(t.Context(), presign.PutSpec{Object: o, ContentType: "image/png", Size: int64(len(content)), ChecksumSHA256: sha(content), Expires: time.Minute})
			if err != nil {
				t.Fatal(err)
			}
			h := headerOf(p)
			c.change(h)
			if got, _, text := send(t, "PUT", p.URL, h, strings.NewReader(c.body)); got != c.want {
				t.Errorf("%d, want %d: %s", got, c.want, text)
			}
			again := 200
			if text, kind := stored(t, o); c.want == 200 {
				if again = 412; text != content || kind != "image/png" {
					t.Errorf("%q of type %q is stored", text, kind)
				}
			} else if kind != "" {
				t.Error("it was stored")
			}
			if got, _, _ := send(t, "PUT", p.URL, headerOf(p), strings.NewReader(content)); got != again {
				t.Errorf("then as signed: %d, want %d", got, again)
			}
		})
	}
}

func TestS3TakesThePartThatWasSigned(t *testing.T) {
	o := fresh()
	up, err := root.CreateMultipartUpload(t.Context(), &s3.CreateMultipartUploadInput{Bucket: &o.Bucket, Key: aws.String(string(o.Key))})
	if err != nil {
		t.Fatal(err)
	}
	p, err := signer.PresignPart(t.Context(), presign.PartSpec{Object: o, UploadID: *up.UploadId, Number: 2, Size: int64(len(content)), Expires: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, url, body string
		want            int
	}{
		{"a byte more", p.URL, content + "!", 403},
		{"a byte less", p.URL, content[1:], 403},
		{"another number", strings.Replace(p.URL, "partNumber=2", "partNumber=3", 1), content, 403},
		{"another upload", strings.Replace(p.URL, *up.UploadId, uuid.NewString(), 1), content, 403},
		{"the object as a whole", strings.NewReplacer("partNumber=2&", "", "uploadId="+*up.UploadId+"&", "").Replace(p.URL), content, 403},
		{"as signed", p.URL, content, 200},
		{"again", p.URL, content, 200},
	} {
		got, header, text := send(t, "PUT", c.url, nil, strings.NewReader(c.body))
		if got != c.want || (got == 200) != (header.Get("ETag") != "") {
			t.Errorf("%s: %d, want %d: %s", c.name, got, c.want, text)
		}
	}
}

func TestS3TakesTheGetThatWasSigned(t *testing.T) {
	o := fresh()
	if _, err := root.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &o.Bucket, Key: aws.String(string(o.Key)), Body: strings.NewReader(content)}); err != nil {
		t.Fatal(err)
	}
	const name = `attachment; filename="x.png"; filename*=UTF-8''%E6%97%A5%E6%9C%AC.png`
	p, err := reader.PresignGet(t.Context(), presign.GetSpec{Object: o, Disposition: name, Expires: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	got, header, text := send(t, "GET", p.URL, nil, nil)
	if got != 200 || text != content || header.Get("Content-Disposition") != name {
		t.Errorf("%d %q as %q", got, text, header.Get("Content-Disposition"))
	}
	if got, _, text := send(t, "GET", p.URL, http.Header{"Range": {"bytes=2-3"}}, nil); got != 206 || text != "23" {
		t.Errorf("a range: %d %q", got, text)
	}
	for name, url := range map[string]string{
		"inline":      strings.Replace(p.URL, "attachment", "inline", 1),
		"another key": strings.Replace(p.URL, string(o.Key), string(fresh().Key), 1),
	} {
		if got, _, _ := send(t, "GET", url, nil, nil); got != 403 {
			t.Errorf("%s: %d", name, got)
		}
	}
	if got, _, _ := send(t, "PUT", p.URL, nil, strings.NewReader(content)); got != 403 {
		t.Errorf("a PUT: %d", got)
	}
}

func postSpec(o airlock.Object) presign.PostSpec {
	return presign.PostSpec{Object: o, ContentType: "image/png", MinBytes: 5, MaxBytes: 20, ChecksumSHA256: sha(content), Expires: time.Minute}
}

func postForm(t *testing.T, p presign.Presigned, file string) (int, string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(p.Fields)) {
		if err := w.WriteField(name, p.Fields[name]); err != nil {
			t.Fatal(err)
		}
	}
	part, err := w.CreateFormFile("file", "evil.html")
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(part, file)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	status, _, text := send(t, "POST", p.URL, http.Header{"Content-Type": {w.FormDataContentType()}}, &b)
	return status, text
}

func TestS3TakesTheFormThatWasSigned(t *testing.T) {
	for _, checksum := range []string{sha(content), ""} {
		o := fresh()
		spec := postSpec(o)
		spec.ChecksumSHA256 = checksum
		p, err := signer.PresignPost(t.Context(), spec)
		if err != nil {
			t.Fatal(err)
		}
		got, text := postForm(t, p, content)
		if got != 201 || !strings.Contains(text, "<Key>"+string(o.Key)+"</Key>") {
			t.Errorf("%d %s", got, text)
		}
		if text, kind := stored(t, o); text != content || kind != "image/png" {
			t.Errorf("%q of type %q is stored", text, kind)
		}
		if got, _ := postForm(t, p, content); got != 201 { // hence the validator verifies after its copy
			t.Errorf("a second time: %d", got)
		}
	}
}
