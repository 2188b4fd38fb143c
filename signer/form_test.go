package signer_test

import (
	"bytes"
	"encoding/base64"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"slices"
	"strings"
	"testing"

	"airlock/infra/localstack"
	"airlock/signer"
)

// form is a form as a browser sends it: fields, then the file.
type form struct {
	url    string
	fields map[string]string
	file   []byte
	typ    string // of the file's own part
}

// send posts f and returns S3's status.
func (f form) send(t *testing.T) int {
	t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for k, v := range f.fields {
		_ = w.WriteField(k, v)
	}
	part, _ := w.CreatePart(textproto.MIMEHeader{"Content-Disposition": {`form-data; name="file"; filename="evil.html"`}, "Content-Type": {f.typ}})
	_, _ = part.Write(f.file)
	_ = w.Close()
	req, err := http.NewRequestWithContext(t.Context(), "POST", f.url, &body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", w.FormDataContentType())
	resp, err := asIs.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode
}

// SECURITY: what a client may change of a presigned form, row by row.
func TestWhatAFormBindsCannotBeChanged(t *testing.T) {
	s := newSite(t)
	data := []byte("0123456789")
	set := func(name, value string) func(*form) { return func(f *form) { f.fields[name] = value } }
	drop := func(name string) func(*form) { return func(f *form) { delete(f.fields, name) } }
	here := localstack.Here()
	for _, c := range []struct {
		name   string
		change func(*form)
		want   []int
		differ string // what LocalStack does not check
	}{
		{"as signed", nil, []int{201}, ""},
		{"the file's own type says otherwise", func(f *form) { f.typ = "text/html" }, []int{201}, ""}, // the field counts
		{"one byte more", func(f *form) { f.file = append(bytes.Clone(data), '!') }, []int{400}, ""},
		{"one byte less", func(f *form) { f.file = data[:9] }, []int{400}, ""},
		{"nothing", func(f *form) { f.file = nil }, []int{400}, ""},
		{"other bytes than the checksum's", func(f *form) { f.file = []byte("abcdefghij") }, []int{400}, "the checksum of a form is not checked"},
		{"other bytes and their checksum", func(f *form) {
			f.file, f.fields["x-amz-checksum-sha256"] = []byte("abcdefghij"), sha([]byte("abcdefghij"))
		}, []int{403}, ""},
		{"no checksum", drop("x-amz-checksum-sha256"), []int{403}, ""},
		{"another type", set("Content-Type", "text/html"), []int{403}, ""},
		{"no type", drop("Content-Type"), []int{403}, ""},
		{"another key", set("key", "quarantine/text/0b0e4d5c-8a3f-4c1e-9d2b-000000000001"), []int{403}, ""},
		{"a key of the file's name", set("key", "quarantine/${filename}"), []int{403}, ""},
		{"metadata", set("x-amz-meta-evil", "1"), []int{403}, "a field that the policy does not name is taken"},
		{"Cache-Control", set("Cache-Control", "public"), []int{403}, "a field that the policy does not name is taken"},
		{"Content-Disposition", set("Content-Disposition", "inline"), []int{403}, "a field that the policy does not name is taken"},
		{"an ACL", set("acl", "public-read"), []int{403}, "a field that the policy does not name is taken"},
		{"a redirect", set("success_action_redirect", "http://127.0.0.1/"), []int{403}, "a field that the policy does not name is taken"},
		{"another status", set("success_action_status", "200"), []int{403}, ""},
		{"no policy", drop("policy"), []int{400, 403}, "an unsigned form is stored"},
		{"no signature", drop("X-Amz-Signature"), []int{400, 403}, ""},
		{"another signature", set("X-Amz-Signature", strings.Repeat("0", 64)), []int{403}, "the signature of a form is not checked"},
		{"a signature of another day", set("X-Amz-Date", "20200101T000000Z"), []int{403}, ""},
		{"a wider policy", func(f *form) {
			policy, _ := base64.StdEncoding.DecodeString(f.fields["policy"])
			f.fields["policy"] = base64.StdEncoding.EncodeToString(bytes.Replace(policy, []byte(`,10,10]`), []byte(`,10,99]`), 1))
		}, []int{403}, "the signature of a form is not checked"},
		{"another bucket", func(f *form) { f.url = strings.Replace(f.url, "airlock-quarantine", "airlock-clean", 1) }, []int{403}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			signed := s.signed(t, func(r map[string]any) { r["profile"], r["method"], r["checksum_sha256"] = "media", "post", sha(data) })
			f := form{signed.URL, signed.Fields, data, "image/png"}
			if c.change != nil {
				c.change(&f)
			}
			want := c.want
			if c.differ != "" && here && localstack.Differs(t, c.differ) {
				want = []int{201, 204, 200, 303}
			}
			got := f.send(t)
			if slices.Contains(want, got) {
				return
			}
			t.Errorf("S3 answers %d, want %v", got, want)
		})
	}
}

// Only a form may leave the size out: then the profile's limit is its range.
func TestAFormMayLeaveItsSizeOut(t *testing.T) {
	s := newSite(t)
	open := func(r map[string]any) {
		r["profile"], r["method"], r["filename"], r["content_type"] = "text", "post", "a.txt", "text/plain"
		delete(r, "size")
	}
	for size, want := range map[int]int{0: 400, 1: 201, 100: 201, 101: 400} {
		signed := s.signed(t, open)
		if signed.Method != "POST" || signed.MaxBytes != 100 || !strings.HasSuffix(signed.URL, "/") || strings.Contains(signed.URL, "?") {
			t.Errorf("%+v", signed)
		}
		f := form{signed.URL, signed.Fields, bytes.Repeat([]byte("a"), size), "text/plain"}
		if got := f.send(t); got != want {
			t.Errorf("%d bytes: %d, want %d", size, got, want)
		}
	}
	signed := s.signed(t, open)
	if g, _, err := s.store.Grant(t.Context(), signed.ID); err != nil || g.Size != 0 || g.MaxBytes != 100 || g.Method != "post" {
		t.Errorf("%+v %v", g, err)
	}
	var st signer.Status
	s.get(t, signed, &st)
	if st.Declared.Size != nil {
		t.Errorf("a size was declared: %d", *st.Declared.Size)
	}
	a := s.call(t, "POST", "/v1/uploads", "alice-token", want(func(r map[string]any) { delete(r, "size") }))
	if a.code() != "size_invalid" {
		t.Errorf("a PUT without a size: %d %s", a.status, a.body)
	}
}
