package signer_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"airlock"
	"airlock/events"
	"airlock/internal/pace"
	"airlock/signer"
)

func TestEachBadRequestHasItsStableCode(t *testing.T) {
	s := newSite(t)
	set := func(key string, value any) string { return want(func(r map[string]any) { r[key] = value }) }
	for _, c := range []struct {
		name, token, body string
		status            int
		code              string
	}{
		{"good", "alice-token", want(nil), 201, ""},
		{"no credential", "", want(nil), 401, "unauthenticated"},
		{"a wrong credential", "mallory", want(nil), 401, "unauthenticated"},
		{"no credential and nonsense", "", "nonsense", 401, "unauthenticated"}, // who asks comes first
		{"another's profile", "alice-token", set("profile", "document"), 403, "forbidden"},
		{"a profile that is not there, to one who may not look", "alice-token", set("profile", "nothing"), 403, "forbidden"},
		{"a profile that is not there", "bob-token", set("profile", "nothing"), 422, "profile_unknown"},
		{"a path for a profile", "bob-token", set("profile", "../image"), 422, "profile_unknown"},
		{"no profile", "bob-token", set("profile", ""), 422, "profile_unknown"},
		{"another owner", "alice-token", set("owner", "bob"), 403, "forbidden"},
		{"himself as owner", "alice-token", set("owner", "alice"), 201, ""},
		{"null as owner", "alice-token", set("owner", nil), 201, ""},
		{"a backend for nobody", "backend-token", want(nil), 422, "request_invalid"},
		{"a backend for carol", "backend-token", set("owner", "carol"), 201, ""},
		{"a backend for all", "backend-token", set("owner", "*"), 422, "request_invalid"},
		{"a path as name", "alice-token", set("filename", "../cat.png"), 422, "filename_invalid"},
		{"a hidden name", "alice-token", set("filename", "cat\u202egnp.exe"), 422, "filename_invalid"},
		{"no extension", "alice-token", set("filename", "cat"), 422, "extension_mismatch"},
		{"another extension", "alice-token", set("filename", "cat.html"), 422, "extension_mismatch"},
		{"a type that is none", "alice-token", set("content_type", "image/png; text/html"), 422, "type_invalid"},
		{"a type that is not taken", "alice-token", set("content_type", "text/html"), 422, "type_not_allowed"},
		{"nothing", "alice-token", set("size", 0), 422, "size_invalid"},
		{"less than nothing", "alice-token", set("size", -1), 422, "size_invalid"},
		{"half a byte", "alice-token", set("size", 1.5), 422, "request_invalid"},
		{"a size in words", "alice-token", set("size", "10"), 422, "request_invalid"},
		{"too much", "alice-token", set("size", 1<<20+1), 413, "too_large"},
		{"far too much", "alice-token", strings.Replace(want(nil), `"size":10`, `"size":9223372036854775807`, 1), 413, "too_large"},
		{"more than a number", "alice-token", strings.Replace(want(nil), `"size":10`, `"size":92233720368547758070`, 1), 0, "request_invalid"},
		{"a short checksum", "alice-token", set("checksum_sha256", "AAAA"), 422, "checksum_invalid"},
		{"a checksum in hex", "alice-token", set("checksum_sha256", strings.Repeat("ab", 32)), 422, "checksum_invalid"},
		{"a checksum in two lines", "alice-token", set("checksum_sha256", sha(nil)[:20]+"\n"+sha(nil)[20:]), 422, "checksum_invalid"},
		{"17 metadata", "alice-token", set("metadata", manyStrings(17)), 422, "metadata_invalid"},
		{"16 metadata", "alice-token", set("metadata", manyStrings(16)), 201, ""},
		{"long metadata", "alice-token", set("metadata", map[string]string{"a": strings.Repeat("x", 2048)}), 422, "metadata_invalid"},
		{"a line in metadata", "alice-token", set("metadata", map[string]string{"a": "b\nc"}), 422, "metadata_invalid"},
		{"numbers in metadata", "alice-token", set("metadata", map[string]int{"a": 1}), 422, "request_invalid"},
		{"a method that the profile has not", "alice-token", set("method", "multipart"), 422, "method_not_allowed"},
		{"a method that is none", "alice-token", set("method", "get"), 422, "method_not_allowed"},
		{"an unknown field", "alice-token", set("bucket", "mine"), 422, "request_invalid"},
		{"a field in capitals", "alice-token", strings.Replace(want(nil), `"profile"`, `"Profile"`, 1), 400, "request_invalid"},
		{"a field twice, once in capitals", "alice-token", strings.Replace(want(nil), `{`, `{"Size":5,`, 1), 400, "request_invalid"},
		{"a field twice", "alice-token", strings.Replace(want(nil), `{`, `{"size":5,`, 1), 400, "request_invalid"},
		{"a field missing", "alice-token", `{"profile":"image"}`, 422, "request_invalid"},
		{"two values", "alice-token", want(nil) + want(nil), 400, "request_invalid"},
		{"not JSON", "alice-token", "profile=image", 400, "request_invalid"},
		{"nothing at all", "alice-token", "", 400, "request_invalid"},
		{"null", "alice-token", "null", 422, "request_invalid"},
		{"a list", "alice-token", "[]", 422, "request_invalid"},
		{"17 KiB", "alice-token", set("filename", strings.Repeat("a", 17<<10)+".png"), 413, "too_large"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := s.call(t, "POST", "/v1/uploads", c.token, c.body)
			if c.status != 0 && a.status != c.status || a.code() != c.code {
				t.Fatalf("%d %s, want %d %s\n%s", a.status, a.code(), c.status, c.code, a.body)
			}
			if c.status == 201 {
				return
			}
			var p signer.Problem
			if err := json.Unmarshal([]byte(a.body), &p); err != nil || p.Detail == "" || p.Status != a.status ||
				a.header.Get("Content-Type") != "application/problem+json" || p.Type != "urn:airlock:problem:"+c.code {
				t.Errorf("not a problem: %v %s", a.header, a.body)
			}
		})
	}
	if log := s.log.String(); strings.Contains(log, "X-Amz-") || strings.Contains(log, "airlock_up1_") || strings.Contains(log, "-token") {
		t.Errorf("a secret is in the log:\n%s", log)
	}
}

func manyStrings(n int) map[string]string {
	m := map[string]string{}
	for i := range n {
		m[strings.Repeat("k", i+1)] = "v"
	}
	return m
}

func TestTheGrantHoldsWhatWasPromised(t *testing.T) {
	s := newSite(t)
	before := time.Now()
	signed := s.signed(t, func(r map[string]any) {
		r["filename"], r["metadata"] = "Müller's cat.png", map[string]string{"album": "7"}
		r["checksum_sha256"] = sha([]byte("0123456789"))
	})
	g, found, err := s.store.Grant(t.Context(), signed.ID)
	if err != nil || !found {
		t.Fatalf("%t %v", found, err)
	}
	if g.Owner != "alice" || g.Filename != "Müller's cat.png" || g.Metadata["album"] != "7" || g.Size != 10 || g.ContentType != "image/png" ||
		g.ChecksumSHA256 != sha([]byte("0123456789")) || g.Method != airlock.MethodPut || g.PolicyVersion != profiles["image"].PolicyVersion() {
		t.Errorf("%+v", g)
	}
	if want := airlock.Key("clean/alice/" + signed.ID + ".png"); g.Clean.Key != want || g.Clean.Bucket != "airlock-clean" {
		t.Errorf("clean: %v, want %s", g.Clean, want)
	}
	if d := g.ExpiresAt.Sub(before); d < 4*time.Minute || d > 6*time.Minute || !g.ExpiresAt.Equal(signed.ExpiresAt) || !g.Deadline.Equal(airlock.UploadDeadline(g.ExpiresAt, 10)) {
		t.Errorf("expires in %s, deadline %s", d, g.Deadline)
	}
}

func TestOnlyItsOwnersAndItsTokenSeeAnUpload(t *testing.T) {
	s := newSite(t)
	one, other := s.signed(t, nil), s.signed(t, nil)
	get := func(id, token string) answer { return s.call(t, "GET", "/v1/uploads/"+id, token, "") }
	for name, token := range map[string]string{"its token": one.UploadToken, "its owner": "alice-token", "a backend": "backend-token"} {
		var st signer.Status
		a := get(one.ID, token)
		if err := json.Unmarshal([]byte(a.body), &st); err != nil || a.status != 200 || st.State != "pending" || st.ID != one.ID || *st.Declared.Size != 10 {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
	if a := s.call(t, "GET", "/v1/uploads/"+one.ID+"?upload_token="+one.UploadToken, "", ""); a.status != 200 {
		t.Errorf("its token in the query: %d %s", a.status, a.body)
	}
	missing := get("0b0e4d5c-8a3f-4c1e-9d2b-000000000099", "bob-token")
	if missing.status != 404 {
		t.Fatalf("what never was: %d", missing.status)
	}
	for name, a := range map[string]answer{
		"another owner": get(one.ID, "bob-token"), "another upload's token": get(one.ID, other.UploadToken),
		"a broken token": get(one.ID, one.UploadToken+"x"), "no id": get("nonsense", "bob-token"),
	} {
		if a.status != 404 || a.body != missing.body {
			t.Errorf("%s: %d %s, unlike what never was", name, a.status, a.body)
		}
	}
	if a := get(one.ID, ""); a.status != 401 {
		t.Errorf("nobody: %d", a.status)
	}
}

func TestALongPollEndsWithTheVerdict(t *testing.T) {
	s := newSite(t)
	signed := s.signed(t, nil)
	got := make(chan signer.Status)
	client := &signer.Client{Endpoint: s.URL}
	go func() {
		st, err := client.Wait(t.Context(), signed)
		if err != nil {
			t.Error(err)
		}
		got <- st
	}()
	time.Sleep(50 * time.Millisecond)
	v := events.Verdict{UploadID: signed.ID, Profile: "image", Owner: "alice", Filename: "cat.png", Result: airlock.Rejected,
		Reason: airlock.TypeMismatch, Detail: "a page", DeclaredType: "image/png", DetectedType: "text/html", Size: 10,
		ETag: "e", GrantedAt: time.Now(), UploadedAt: time.Now(), DecidedAt: time.Now()}
	if err := s.store.Record(t.Context(), v); err != nil {
		t.Fatal(err)
	}
	st := pace.Receive(t, 20*time.Second, "the end of the long poll", got)
	if st.State != "rejected" || *st.Reason != airlock.TypeMismatch || *st.Detail != "a page" || *st.DetectedType != "text/html" || *st.Size != 10 || st.Clean != nil {
		t.Errorf("%+v", st)
	}
	if err := s.store.PurgeGrant(t.Context(), signed.ID); err != nil { // the verdict alone still tells
		t.Fatal(err)
	}
	for token, want := range map[string]int{signed.UploadToken: 200, "alice-token": 200, "bob-token": 404} {
		if a := s.call(t, "GET", "/v1/uploads/"+signed.ID, token, ""); a.status != want {
			t.Errorf("afterwards: %d, want %d", a.status, want)
		}
	}
	if a := s.call(t, "GET", "/v1/uploads/"+signed.ID+"?wait=soon", signed.UploadToken, ""); a.code() != "request_invalid" {
		t.Errorf("a wait that is none: %s", a.body)
	}
}

func TestAWaitOutlivesASignerThatRestarts(t *testing.T) {
	s := newSite(t)
	signed := s.signed(t, nil)
	client := &signer.Client{Endpoint: s.URL, HTTP: &http.Client{Transport: &http.Transport{}}}
	failed := make(chan error, 1)
	go func() {
		_, err := client.Wait(t.Context(), signed)
		failed <- err
	}()
	for range 3 {
		time.Sleep(50 * time.Millisecond)
		s.CloseClientConnections()
	}
	if err := s.store.Record(t.Context(), events.Verdict{UploadID: signed.ID, Profile: "image", Owner: "alice", Result: airlock.Accepted, DecidedAt: time.Now()}); err != nil {
		t.Fatal(err)
	}
	if err := <-failed; err != nil {
		t.Error(err)
	}
	stranger := signed
	stranger.UploadToken += "x"
	var p *signer.Problem
	if _, err := client.Wait(t.Context(), stranger); !errors.As(err, &p) || p.Code != "not_found" {
		t.Errorf("with a broken token: %v", err)
	}
}

func TestAHintIsTakenNowAndThen(t *testing.T) {
	s := newSite(t)
	heard := make(chan string, 10)
	stop, err := s.store.Hints(func(id string) { heard <- id })
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = stop() }()
	signed := s.signed(t, nil)
	path := "/v1/uploads/" + signed.ID + "/uploaded"
	if a := s.call(t, "POST", path, signed.UploadToken, ""); a.status != 202 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if id := pace.Receive(t, 10*time.Second, "the hint", heard); id != signed.ID {
		t.Errorf("heard %s", id)
	}
	limited := false
	for range 20 {
		a := s.call(t, "POST", path, signed.UploadToken, "")
		if a.status == 429 && a.code() == "rate_limited" && a.header.Get("Retry-After") != "" {
			limited = true
		}
	}
	if !limited {
		t.Error("twenty hints at once were all taken")
	}
	for name, token := range map[string]string{"another owner": "bob-token", "another's token": s.signed(t, nil).UploadToken} {
		if a := s.call(t, "POST", path, token, ""); a.status != 404 {
			t.Errorf("%s: %d", name, a.status)
		}
	}
	if a := s.call(t, "POST", path+"?upload_token="+signed.UploadToken, "", ""); a.status != 401 {
		t.Errorf("a token in the query of a POST: %d", a.status)
	}
}

func TestTheAPIDescribesAndGuardsItself(t *testing.T) {
	s := newSite(t)
	spec := s.call(t, "GET", "/openapi.json", "", "")
	var doc struct {
		OpenAPI string
		Paths   map[string]map[string]any
	}
	if err := json.Unmarshal([]byte(spec.body), &doc); err != nil || !strings.HasPrefix(doc.OpenAPI, "3.1") {
		t.Fatalf("%v: %.100s", err, spec.body)
	}
	for path, method := range map[string]string{"/v1/uploads": "post", "/v1/uploads/{id}": "get", "/v1/uploads/{id}/uploaded": "post"} {
		if doc.Paths[path][method] == nil {
			t.Errorf("%s %s is not described", method, path)
		}
	}
	for path, status := range map[string]int{"/livez": 200, "/readyz": 200, "/docs": 200, "/": 200, "/nothing": 404, "/v1/uploads/": 404} {
		a := s.call(t, "GET", path, "", "")
		if a.status != status || a.header.Get("X-Content-Type-Options") != "nosniff" || a.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d %v", path, a.status, a.header)
		}
	}
	if a := s.call(t, "GET", "/", "", ""); !strings.Contains(a.body, "<select id=\"profile\">") || !strings.Contains(a.header.Get("Content-Security-Policy"), "default-src 'none'") {
		t.Errorf("the page: %v", a.header)
	}
	if a := s.call(t, "PUT", "/v1/uploads", "alice-token", "{}"); a.status != http.StatusMethodNotAllowed && a.status != 404 {
		t.Errorf("PUT /v1/uploads: %d", a.status)
	}
}
