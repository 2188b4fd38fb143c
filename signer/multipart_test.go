package signer_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"airlock"
	"airlock/infra/devstack"
	"airlock/signer"
)

type signedParts struct {
	Parts []struct {
		PartNumber int32 `json:"part_number"`
		URL        string
		Size       int64
		ExpiresAt  time.Time `json:"expires_at"`
	}
}

func (s *site) get(t *testing.T, up signer.Signed, st *signer.Status) {
	t.Helper()
	a := s.call(t, "GET", up.StatusURL, up.UploadToken, "")
	if err := json.Unmarshal([]byte(a.body), st); err != nil || a.status != 200 {
		t.Fatalf("%d %s", a.status, a.body)
	}
}

// parts asks for parts of an upload.
func (s *site) parts(t *testing.T, up signer.Signed, numbers ...int) (signedParts, answer) {
	t.Helper()
	body, _ := json.Marshal(map[string]any{"part_numbers": numbers})
	a := s.call(t, "POST", up.StatusURL+"/parts", up.UploadToken, string(body))
	var out signedParts
	_ = json.Unmarshal([]byte(a.body), &out)
	return out, a
}

// putPart sends one part and returns S3's status and the part's ETag.
func putPart(t *testing.T, url string, data []byte, change func(*http.Request)) (status int, etag string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), "PUT", url, bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(req)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, resp.Header.Get("ETag")
}

// video is leave for a video of size bytes, in parts.
func (s *site) video(t *testing.T, size int64) signer.Signed {
	t.Helper()
	return s.signed(t, func(r map[string]any) {
		r["profile"], r["method"], r["filename"], r["content_type"], r["size"] = "media", "multipart", "cat.mp4", "video/mp4", size
	})
}

func (s *site) complete(t *testing.T, up signer.Signed, body string) answer {
	t.Helper()
	return s.call(t, "POST", up.StatusURL+"/complete", up.UploadToken, body)
}

const mib = 1 << 20

// 200 MB go up in 24 parts, four at a time, and are one object of exactly that size.
func TestALargeFileGoesUpInParts(t *testing.T) {
	s := newSite(t)
	const size = 200_000_000
	up := s.video(t, size)
	if up.Method != "MULTIPART" || up.URL != "" || up.PartSize != 8*mib || up.PartCount != 24 || up.MaxBytes != size {
		t.Fatalf("%+v", up)
	}
	data := bytes.Repeat([]byte("0123456789abcdef"), 8*mib/16)
	etags := make([]string, up.PartCount)
	var wg sync.WaitGroup
	turns := make(chan struct{}, 4)
	for from := 1; from <= up.PartCount; from += 8 {
		signed, a := s.parts(t, up, from, from+1, from+2, from+3, from+4, from+5, from+6, from+7)
		if a.status != 200 {
			t.Fatalf("%d %s", a.status, a.body)
		}
		for _, p := range signed.Parts {
			wg.Go(func() {
				turns <- struct{}{}
				defer func() { <-turns }()
				status, etag := putPart(t, p.URL, data[:p.Size], nil)
				if status != 200 {
					t.Errorf("part %d: %d", p.PartNumber, status)
				}
				etags[p.PartNumber-1] = etag
			})
		}
	}
	wg.Wait()
	var said []string
	for i, etag := range etags {
		said = append(said, fmt.Sprintf(`{"part_number":%d,"etag":%q}`, i+1, etag))
	}
	body := `{"parts":[` + strings.Join(said, ",") + `]}`
	for range 2 { // the second one as after an answer that was lost
		var st signer.Status
		a := s.complete(t, up, body)
		if err := json.Unmarshal([]byte(a.body), &st); err != nil || a.status != 200 || st.State != "pending" {
			t.Fatalf("%d %s", a.status, a.body)
		}
	}
	root := s3.NewFromConfig(stack.S3Config(devstack.Root, 4), func(o *s3.Options) { o.UsePathStyle = true })
	o := devstack.Quarantine.Object(airlock.Upload{Profile: "media", ID: up.ID})
	head, err := root.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: &o.Bucket, Key: aws.String(string(o.Key))})
	if err != nil || *head.ContentLength != size || *head.ContentType != "video/mp4" {
		t.Errorf("%+v %v", head, err)
	}
}

// SECURITY: what a client may change of a presigned part, row by row.
func TestWhatAPartBindsCannotBeChanged(t *testing.T) {
	s := newSite(t)
	up := s.video(t, 8*mib+10)
	other := s.video(t, 8*mib+10)
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	query := func(name, value string) func(*http.Request) {
		return func(r *http.Request) {
			q := r.URL.Query()
			q.Set(name, value)
			r.URL.RawQuery = q.Encode()
		}
	}
	signed, _ := s.parts(t, other, 2)
	elsewhere := signed.Parts[0].URL
	for _, c := range []struct {
		name   string
		data   []byte
		change func(*http.Request)
		want   int
	}{
		{"as signed", []byte("0123456789"), nil, 200},
		{"again, with other bytes", []byte("abcdefghij"), nil, 200}, // the validator judges what is there at the end
		{"one byte more", []byte("0123456789!"), nil, 403},
		{"one byte less", []byte("012345678"), nil, 403},
		{"nothing", nil, nil, 403},
		{"another part", []byte("0123456789"), query("partNumber", "1"), 403},
		{"another upload", []byte("0123456789"), func(r *http.Request) {
			r.URL.RawQuery = strings.Replace(r.URL.RawQuery, id(r.URL.String()), id(elsewhere), 1)
		}, 403},
		{"another key", []byte("0123456789"), func(r *http.Request) { r.URL.Path = strings.Replace(r.URL.Path, up.ID, other.ID, 1) }, 403},
		{"an object instead", []byte("0123456789"), func(r *http.Request) {
			q := r.URL.Query()
			q.Del("partNumber")
			q.Del("uploadId")
			q.Set("x-id", "PutObject")
			r.URL.RawQuery = q.Encode()
		}, 403},
		{"metadata", []byte("0123456789"), header("x-amz-meta-evil", "1"), 403},
		{"a copy", nil, header("x-amz-copy-source", "/airlock-clean/clean/x"), 403},
		{"a longer life", []byte("0123456789"), query("X-Amz-Expires", "3600"), 403},
		{"a read", nil, func(r *http.Request) { r.Method = "GET" }, 403},
		{"an abort", nil, func(r *http.Request) { r.Method = "DELETE" }, 403},
	} {
		t.Run(c.name, func(t *testing.T) {
			signed, a := s.parts(t, up, 2)
			if a.status != 200 || signed.Parts[0].Size != 10 {
				t.Fatalf("%d %s", a.status, a.body)
			}
			if got, _ := putPart(t, signed.Parts[0].URL, c.data, c.change); got != c.want {
				t.Errorf("S3 answers %d, want %d", got, c.want)
			}
		})
	}
}

// id is the store's upload id in a part's URL.
func id(url string) string {
	_, rest, _ := strings.Cut(url, "uploadId=")
	v, _, _ := strings.Cut(rest, "&")
	return v
}

func TestOnlyWhatWasPromisedIsPutTogether(t *testing.T) {
	s := newSite(t)
	up := s.video(t, 8*mib+10)
	first, second := bytes.Repeat([]byte("x"), 8*mib), []byte("0123456789")
	if a := s.complete(t, up, `{}`); a.code() != "request_invalid" || !strings.Contains(a.body, "part 1 is missing") {
		t.Errorf("without parts: %d %s", a.status, a.body)
	}
	signed, _ := s.parts(t, up, 1, 2)
	_, one := putPart(t, signed.Parts[0].URL, first, nil)
	if a := s.complete(t, up, `{}`); a.code() != "request_invalid" || !strings.Contains(a.body, "part 2 is missing") {
		t.Errorf("without the second part: %d %s", a.status, a.body)
	}
	_, two := putPart(t, signed.Parts[1].URL, second, nil)
	one, two = strings.Trim(one, `"`), strings.Trim(two, `"`)
	said := func(format string) string { return strings.NewReplacer("ONE", one, "TWO", two).Replace(format) }
	for name, body := range map[string]string{
		"another etag": said(`{"parts":[{"part_number":1,"etag":"ONE"},{"part_number":2,"etag":"ONE"}]}`),
		"a part twice": said(`{"parts":[{"part_number":1,"etag":"ONE"},{"part_number":1,"etag":"ONE"}]}`),
		"half of them": said(`{"parts":[{"part_number":1,"etag":"ONE"}]}`),
		"a third part": said(`{"parts":[{"part_number":1,"etag":"ONE"},{"part_number":2,"etag":"TWO"},{"part_number":3,"etag":"TWO"}]}`),
		"its own id":   said(`{"upload_id":"x"}`),
	} {
		if a := s.complete(t, up, body); a.code() != "request_invalid" {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
	if a := s.complete(t, up, said(`{"parts":[{"part_number":2,"etag":"\"TWO\""},{"part_number":1,"etag":"ONE"}]}`)); a.status != 200 {
		t.Errorf("in another order, one with quotes: %d %s", a.status, a.body)
	}
	if _, a := s.parts(t, s.video(t, 100), 2); a.code() != "request_invalid" {
		t.Errorf("a part that there is not: %s", a.body)
	}
	if _, a := s.parts(t, up, 1, 1); a.code() != "request_invalid" {
		t.Errorf("a part twice: %s", a.body)
	}
	if _, a := s.parts(t, s.signed(t, nil), 1); a.code() != "method_not_allowed" {
		t.Errorf("parts of a PUT: %s", a.body)
	}
	for name, token := range map[string]string{"another's token": s.signed(t, nil).UploadToken, "another owner": "bob-token"} {
		for op, body := range map[string]string{"/parts": `{"part_numbers":[1]}`, "/complete": "{}"} {
			if a := s.call(t, "POST", up.StatusURL+op, token, body); a.status != 404 {
				t.Errorf("%s: %s: %d %s", op, name, a.status, a.body)
			}
		}
	}
}

// Parts keep an upload open; a cancellation ends it, and what S3 had begun is gone.
func TestAnUploadInPartsEndsWhenItIsCancelled(t *testing.T) {
	s := newSite(t)
	s.api.Signer.Now = func() time.Time { return time.Now().In(time.FixedZone("here", 3600)) }
	up := s.video(t, 8*mib+10)
	s.api.Signer.Now = nil
	if up.ExpiresAt.Location() != time.UTC {
		t.Errorf("the answer's times are of the signer's own zone: %s", up.ExpiresAt)
	}
	grant := func() airlock.Grant {
		t.Helper()
		g, found, err := s.store.Grant(t.Context(), up.ID)
		if err != nil || !found {
			t.Fatalf("%t %v", found, err)
		}
		return g
	}
	begun := grant()
	if d := time.Until(begun.Deadline); d < 23*time.Hour || d > 24*time.Hour || strings.Contains(up.UploadToken, begun.MultipartID) {
		t.Errorf("ends in %s", d)
	}
	s.api.Signer.Now = func() time.Time { return time.Now().Add(20 * time.Hour) }
	if _, a := s.parts(t, up, 1); a.status != 200 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if d := grant().Deadline.Sub(begun.Deadline); d < 19*time.Hour {
		t.Errorf("asked for parts after 20 h, the deadline moved by %s", d)
	}
	s.api.Signer.Now = nil
	signed, _ := s.parts(t, up, 2)
	for range 2 {
		if a := s.call(t, "DELETE", up.StatusURL, up.UploadToken, ""); a.status != 204 {
			t.Errorf("cancel: %d %s", a.status, a.body)
		}
	}
	if g := grant(); !g.Cancelled || time.Until(g.Deadline) > time.Hour {
		t.Errorf("%+v", g)
	}
	if status, _ := putPart(t, signed.Parts[0].URL, []byte("0123456789"), nil); status != 404 {
		t.Errorf("a part after the abort: %d", status)
	}
	if _, a := s.parts(t, up, 1); a.status != 409 || a.code() != "upload_closed" {
		t.Errorf("parts after the cancellation: %d %s", a.status, a.body)
	}
	if a := s.complete(t, up, "{}"); a.status != 409 {
		t.Errorf("complete after the cancellation: %d %s", a.status, a.body)
	}
}

func TestPartsByArithmetic(t *testing.T) {
	for size, want := range map[int64]struct {
		part  int64
		count int
	}{
		1: {8 * mib, 1}, 8 * mib: {8 * mib, 1}, 8*mib + 1: {8 * mib, 2}, 80_000 * mib: {8 * mib, 10_000},
		80_000*mib + 1: {9 * mib, 8889}, 50_000_000_000_000: {4769 * mib, 9999}, airlock.MaxObjectBytes: {5 << 30, 10_000},
	} {
		g := airlock.Grant{Size: size, PartSize: airlock.PartSize(size)}
		var sum int64
		for n := 1; n <= g.PartCount(); n++ {
			sum += g.PartBytes(n)
		}
		if g.PartSize != want.part || g.PartCount() != want.count || sum != size || g.PartBytes(0) != 0 || g.PartBytes(want.count+1) != 0 {
			t.Errorf("%d bytes: %d parts of %d, %d together, want %d of %d", size, g.PartCount(), g.PartSize, sum, want.count, want.part)
		}
	}
}
