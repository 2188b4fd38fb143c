package signer_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"airlock"
	"airlock/events"
	"airlock/internal/pace"
	"airlock/signer"
	"airlock/signer/quota"
)

type batchAnswer struct {
	Uploads []struct {
		signer.Signed
		Code string
	}
}

func (s *site) batch(t *testing.T, token string, header http.Header, items ...string) (batchAnswer, answer) {
	t.Helper()
	a := s.callWith(t, "POST", "/v1/uploads/batch", token, `{"uploads":[`+strings.Join(items, ",")+`]}`, header)
	var out batchAnswer
	if err := json.Unmarshal([]byte(a.body), &out); err != nil {
		t.Fatalf("%d %s", a.status, a.body)
	}
	return out, a
}

// anew is a name that no test has used, not even the same one before.
func anew(name string) string { return fmt.Sprint(name, "-", time.Now().UnixNano()) }

func TestABatchAnswersInOrderEachAGrantOrAProblem(t *testing.T) {
	s := newSite(t)
	html := want(func(r map[string]any) { r["content_type"] = "text/html" })
	form := want(func(r map[string]any) { r["profile"], r["method"], r["size"] = "media", "post", 7 })
	got, a := s.batch(t, "alice-token", nil, want(nil), html, form, want(func(r map[string]any) { r["profile"] = "document" }), want(nil))
	if a.status != 200 || len(got.Uploads) != 5 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	for i, code := range []string{"", "type_not_allowed", "", "forbidden", ""} {
		if u := got.Uploads[i]; u.Code != code || (u.ID == "") != (code != "") {
			t.Errorf("answer %d: %+v, want %q", i, u, code)
		}
	}
	if u := got.Uploads[2]; u.Method != "POST" || u.MaxBytes != 7 {
		t.Errorf("the form: %+v", u)
	}
	for name, body := range map[string]string{"none": `{"uploads":[]}`, "101": `{"uploads":[` + strings.Repeat(want(nil)+",", 100) + want(nil) + `]}`,
		"an unknown field in one": `{"uploads":[` + want(func(r map[string]any) { r["bucket"] = "b" }) + `]}`,
		"a field twice in one":    `{"uploads":[` + strings.Replace(want(nil), "{", `{"size":5,`, 1) + `]}`,
		"a field in capitals":     `{"uploads":[` + strings.Replace(want(nil), "{", `{"Size":5,`, 1) + `]}`,
	} {
		if a := s.call(t, "POST", "/v1/uploads/batch", "alice-token", body); a.code() != "request_invalid" {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
	if a := s.call(t, "POST", "/v1/uploads/batch", "alice-token", `{"uploads":["`+strings.Repeat("x", 300<<10)+`"]}`); a.status != 413 {
		t.Errorf("300 KiB: %d", a.status)
	}
}

func TestAnIdempotencyKeyGivesTheSameUploadAgain(t *testing.T) {
	s := newSite(t)
	k1 := anew("k1")
	key := func(k string) http.Header { return http.Header{"Idempotency-Key": {k}} }
	sign := func(token, k, body string) (signer.Signed, answer) {
		a := s.callWith(t, "POST", "/v1/uploads", token, body, key(k))
		var out signer.Signed
		_ = json.Unmarshal([]byte(a.body), &out)
		return out, a
	}
	first, _ := sign("alice-token", k1, want(nil))
	now := time.Now().Add(90 * time.Second)
	s.api.Signer.Now = func() time.Time { return now }
	again, a := sign("alice-token", k1, " "+want(nil))
	if a.status != 201 || again.ID != first.ID || !again.ExpiresAt.Equal(first.ExpiresAt) || again.URL == first.URL {
		t.Errorf("%d: id %s, then %s; until %s, then %s", a.status, first.ID, again.ID, first.ExpiresAt, again.ExpiresAt)
	}
	if u, _ := url.Parse(again.URL); u.Query().Get("X-Amz-Expires") > "210" {
		t.Errorf("it lives on for %s s", u.Query().Get("X-Amz-Expires"))
	}
	s.api.Signer.Now = nil
	if got := put(t, again, []byte("0123456789"), nil); got != 200 {
		t.Errorf("the second URL: %d", got)
	}
	if _, a := sign("alice-token", k1, want(func(r map[string]any) { r["size"] = 11 })); a.status != 409 || a.code() != "idempotency_conflict" {
		t.Errorf("another body: %d %s", a.status, a.body)
	}
	if other, a := sign("bob-token", k1, want(nil)); a.status != 201 || other.ID == first.ID {
		t.Errorf("another owner's key of the same name: %d %s", a.status, other.ID)
	}
	for _, bad := range []string{"a b", strings.Repeat("k", 256), "ü"} {
		if _, a := sign("alice-token", bad, want(nil)); a.code() != "request_invalid" {
			t.Errorf("key %.10q: %d %s", bad, a.status, a.body)
		}
	}
	s.api.Signer.Now = func() time.Time { return time.Now().Add(10 * time.Minute) }
	if _, a := sign("alice-token", k1, want(nil)); a.code() != "upload_closed" {
		t.Errorf("once it has expired: %d %s", a.status, a.body)
	}
	s.api.Signer.Now = nil
	if err := s.store.Record(t.Context(), verdictOn(again, airlock.Accepted)); err != nil {
		t.Fatal(err)
	}
	if err := s.store.PurgeGrant(t.Context(), again.ID); err != nil {
		t.Fatal(err)
	}
	if _, a := sign("alice-token", k1, want(nil)); a.code() != "upload_closed" {
		t.Errorf("after the verdict: %d %s", a.status, a.body)
	}
}

func TestARequestThatIsSentManyTimesAtOnceIsOneUpload(t *testing.T) {
	s := newSiteWith(t, func(h *signer.Handler) {
		h.Signer.Quota = &quota.Book{Records: h.Store, Limits: quota.Limits{OpenUploads: 2}}
	})
	many := anew("many")
	for _, method := range []string{"put", "multipart"} {
		ids := sync.Map{}
		var wg sync.WaitGroup
		for range 16 {
			wg.Go(func() {
				body := want(func(r map[string]any) { r["profile"], r["method"], r["owner"] = "media", method, many })
				a := s.callWith(t, "POST", "/v1/uploads", "backend-token", body, http.Header{"Idempotency-Key": {many + method}})
				var out signer.Signed
				if _ = json.Unmarshal([]byte(a.body), &out); a.status != 201 {
					t.Errorf("%d %s", a.status, a.body)
				}
				ids.Store(out.ID, true)
			})
		}
		wg.Wait()
		n := 0
		ids.Range(func(any, any) bool { n++; return true })
		if n != 1 {
			t.Errorf("%s: %d uploads", method, n)
		}
	}
	other := want(func(r map[string]any) { r["owner"] = many + "-too" })
	batch := func() batchAnswer {
		got, _ := s.batch(t, "backend-token", http.Header{"Idempotency-Key": {many}}, other, other)
		return got
	}
	one, two := batch(), batch()
	if one.Uploads[0].ID != two.Uploads[0].ID || one.Uploads[1].ID != two.Uploads[1].ID || one.Uploads[0].ID == one.Uploads[1].ID {
		t.Errorf("a batch twice: %+v, %+v", one, two)
	}
}

func TestAnUploadIsCancelledOnceAndForAll(t *testing.T) {
	s := newSite(t)
	up := s.signed(t, nil)
	for name, token := range map[string]string{"another owner": "bob-token", "another's token": s.signed(t, nil).UploadToken} {
		if a := s.call(t, "DELETE", up.StatusURL, token, ""); a.status != 404 {
			t.Errorf("%s: %d", name, a.status)
		}
	}
	for range 2 {
		if a := s.call(t, "DELETE", up.StatusURL, "alice-token", ""); a.status != 204 || a.body != "" {
			t.Errorf("%d %s", a.status, a.body)
		}
	}
	var st signer.Status
	if s.get(t, up, &st); st.State != "pending" { // its URL can still be used
		t.Errorf("%s", st.State)
	}
	if g, _, err := s.store.Grant(t.Context(), up.ID); err != nil || !g.Cancelled {
		t.Errorf("%+v %v", g, err)
	}
	ended := s.signed(t, nil)
	if err := s.store.Record(t.Context(), verdictOn(ended, airlock.Rejected)); err != nil {
		t.Fatal(err)
	}
	if a := s.call(t, "DELETE", ended.StatusURL, ended.UploadToken, ""); a.code() != "upload_closed" {
		t.Errorf("after the verdict: %d %s", a.status, a.body)
	}
}

// verdictOn is one on an upload of alice's that lies in the clean zone, if it is accepted.
func verdictOn(up signer.Signed, r airlock.Result) events.Verdict {
	v := events.Verdict{UploadID: up.ID, Profile: "image", Owner: "alice", Filename: "Müller's \"cat\".png", Result: r,
		DeclaredType: "image/png", DetectedType: "image/png", Size: 10, GrantedAt: time.Now(), UploadedAt: time.Now(), DecidedAt: time.Now()}
	if r == airlock.Accepted {
		v.Clean = &events.Clean{Bucket: "airlock-clean", Key: airlock.Key("clean/alice/" + up.ID + ".png"), ETag: "e"}
	} else {
		v.Reason = airlock.TypeMismatch
	}
	return v
}

func TestTheFeedHoldsTheCallersOwnVerdicts(t *testing.T) {
	s := newSite(t)
	var page struct {
		Uploads []signer.Status
		Next    string
		More    bool
	}
	list := func(token, query string) answer {
		t.Helper()
		a := s.call(t, "GET", "/v1/uploads?"+query, token, "")
		page.Uploads, page.Next, page.More = nil, "", false
		_ = json.Unmarshal([]byte(a.body), &page)
		return a
	}
	began := time.Now().UTC().Format(time.RFC3339Nano)
	list("alice-token", "")
	cursor := page.Next
	one, two := s.signed(t, nil), s.signed(t, nil)
	heard := make(chan struct{})
	go func() {
		defer close(heard)
		list("alice-token", "wait=30s&state=rejected&since="+cursor)
	}()
	time.Sleep(50 * time.Millisecond)
	foreign := verdictOn(s.signed(t, nil), airlock.Rejected)
	foreign.Owner = "bob"
	for _, v := range []events.Verdict{foreign, verdictOn(one, airlock.Accepted), verdictOn(two, airlock.Rejected)} {
		if err := s.store.Record(t.Context(), v); err != nil {
			t.Fatal(err)
		}
	}
	<-heard
	if len(page.Uploads) != 1 || page.Uploads[0].ID != two.ID || *page.Uploads[0].Reason != airlock.TypeMismatch {
		t.Errorf("waited for a rejected one: %+v", page)
	}
	for query, want := range map[string]int{"since=" + cursor: 2, "since=" + cursor + "&state=accepted": 1, "since=" + cursor + "&profile=text": 0, "since=" + url.QueryEscape(began): 2} {
		if a := list("alice-token", query); a.status != 200 || len(page.Uploads) != want || page.More {
			t.Errorf("%s: %d uploads, %d %s", query, len(page.Uploads), a.status, a.body)
		}
	}
	if list("backend-token", "since="+cursor); len(page.Uploads) != 3 {
		t.Errorf("a backend sees %d", len(page.Uploads))
	}
	if list("backend-token", "owner=bob&since="+cursor); len(page.Uploads) != 1 || page.Uploads[0].Owner != "bob" {
		t.Errorf("a backend for bob: %+v", page)
	}
	for query, code := range map[string]string{"since=yesterday": "request_invalid", "since=-1": "request_invalid", "wait=x": "request_invalid",
		"state=pending": "request_invalid", "owner=bob": "forbidden", "profile=..": "profile_unknown"} {
		if a := list("alice-token", query); a.code() != code {
			t.Errorf("%s: %d %s", query, a.status, a.body)
		}
	}
	for name, token := range map[string]string{"nobody": "", "an upload's token": one.UploadToken} {
		if a := list(token, ""); a.status != 401 {
			t.Errorf("%s: %d", name, a.status)
		}
	}
}

func TestADownloadIsTheAcceptedObjectUnderItsOwnName(t *testing.T) {
	s := newSite(t)
	up := s.signed(t, nil)
	download := func(up signer.Signed, token string) answer {
		t.Helper()
		return s.call(t, "GET", up.StatusURL+"/download?upload_token="+token, "", "")
	}
	if a := download(up, up.UploadToken); a.status != 404 {
		t.Errorf("before the verdict: %d", a.status)
	}
	v := verdictOn(up, airlock.Accepted)
	s.putClean(t, string(v.Clean.Key), "the content")
	if err := s.store.Record(t.Context(), v); err != nil {
		t.Fatal(err)
	}
	a := download(up, up.UploadToken)
	if a.status != 302 || a.body != "" || strings.Contains(s.log.String(), "X-Amz-Signature") {
		t.Fatalf("%d %s", a.status, a.body)
	}
	text, header := fetch(t, a.header.Get("Location"))
	if text != "the content" || header.Get("Content-Disposition") != `attachment; filename*=utf-8''M%C3%BCller%27s%20%22cat%22.png` {
		t.Errorf("%q as %s", text, header.Get("Content-Disposition"))
	}
	other := s.signed(t, nil)
	if a := download(up, other.UploadToken); a.status != 404 {
		t.Errorf("by another's token: %d", a.status)
	}
	if err := s.store.Record(t.Context(), verdictOn(other, airlock.Rejected)); err != nil {
		t.Fatal(err)
	}
	if a := download(other, other.UploadToken); a.code() != "upload_closed" {
		t.Errorf("of a rejected one: %d %s", a.status, a.body)
	}
}

func TestAnOwnersQuotaIsFreedByItsVerdicts(t *testing.T) {
	s := newSiteWith(t, func(h *signer.Handler) {
		h.Signer.Quota = &quota.Book{Records: h.Store, Limits: quota.Limits{OpenUploads: 3, OpenBytes: 1000}}
	})
	owner := anew("quota")
	ask := func(size int64) (signer.Signed, answer) {
		t.Helper()
		a := s.call(t, "POST", "/v1/uploads", "backend-token", want(func(r map[string]any) { r["owner"], r["size"] = owner, size }))
		var out signer.Signed
		_ = json.Unmarshal([]byte(a.body), &out)
		return out, a
	}
	full := func(size int64) {
		t.Helper()
		_, a := ask(size)
		if a.status != 429 || a.code() != "quota_exceeded" || a.header.Get("Retry-After") == "" {
			t.Errorf("%d %s, Retry-After %q", a.status, a.body, a.header.Get("Retry-After"))
		}
	}
	if _, a := ask(1001); a.code() != "too_large" { // to wait would not help
		t.Errorf("%d %s", a.status, a.body)
	}
	one, _ := ask(400)
	two, _ := ask(400)
	full(201)
	if _, a := ask(200); a.status != 201 {
		t.Errorf("%d %s", a.status, a.body)
	}
	full(1)
	for _, up := range []signer.Signed{one, two} {
		v := verdictOn(up, airlock.Accepted)
		v.Owner = owner
		if err := s.store.Record(t.Context(), v); err != nil {
			t.Fatal(err)
		}
	}
	pace.Eventually(t, 20*time.Second, "both are freed", func() bool { _, a := ask(800); return a.status == 201 })
	full(1) // 200 and 800 are open
}

// What is promised to nobody holds nothing: the signer gives back what it had reserved.
func TestAGrantThatIsNotStoredHoldsNoQuota(t *testing.T) {
	s := newSiteWith(t, func(h *signer.Handler) {
		h.Signer.Quota = &quota.Book{Records: h.Store, Limits: quota.Limits{OpenUploads: 1}}
	})
	grants := s.api.Signer.Grants
	s.api.Signer.Grants = brokenGrants{}
	body := want(func(r map[string]any) { r["owner"] = anew("unlucky") })
	for range 3 {
		if a := s.call(t, "POST", "/v1/uploads", "backend-token", body); a.status != 503 {
			t.Errorf("%d %s", a.status, a.body)
		}
	}
	s.api.Signer.Grants = grants
	if a := s.call(t, "POST", "/v1/uploads", "backend-token", body); a.status != 201 {
		t.Errorf("%d %s", a.status, a.body)
	}
}
