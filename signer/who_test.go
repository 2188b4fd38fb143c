package signer_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"airlock/signer"
)

type minted struct {
	Token     string
	Path      string
	ExpiresAt time.Time `json:"expires_at"`
}

func (s *site) mint(t *testing.T, token, body string) (m minted, a answer) {
	t.Helper()
	a = s.call(t, "POST", "/v1/tokens", token, body)
	_ = json.Unmarshal([]byte(a.body), &m)
	return m, a
}

func TestAMintedTokenIsARightToAskForGrants(t *testing.T) {
	s := newSite(t)
	m, a := s.mint(t, "backend-token", `{"profiles":["image"],"owner":"carol","expires":"10m"}`)
	if d := time.Until(m.ExpiresAt); a.status != 201 || m.Path != "/u/"+m.Token || d < 9*time.Minute || d > 10*time.Minute {
		t.Fatalf("%d %s", a.status, a.body)
	}
	for name, a := range map[string]answer{
		"as Bearer":   s.call(t, "POST", "/v1/uploads", m.Token, want(nil)),
		"in the path": s.call(t, "POST", m.Path+"/v1/uploads", "", want(nil)),
	} {
		var up signer.Signed
		if err := json.Unmarshal([]byte(a.body), &up); err != nil || a.status != 201 {
			t.Fatalf("%s: %d %s", name, a.status, a.body)
		}
		if g, _, err := s.store.Grant(t.Context(), up.ID); err != nil || g.Owner != "carol" {
			t.Errorf("%s: %+v %v", name, g, err)
		}
		if a := s.call(t, "GET", up.StatusURL, up.UploadToken, ""); a.status != 200 {
			t.Errorf("%s: its upload's status: %d", name, a.status)
		}
		if a := s.call(t, "GET", up.StatusURL, m.Token, ""); a.status != 404 { // no right to what is there
			t.Errorf("%s: the status by the token itself: %d", name, a.status)
		}
	}
	if got, a := s.batch(t, m.Token, nil, want(nil), want(func(r map[string]any) { r["profile"] = "text" })); a.status != 200 || got.Uploads[0].ID == "" || got.Uploads[1].Code != "forbidden" {
		t.Errorf("a batch: %d %s", a.status, a.body)
	}
	for name, body := range map[string]string{
		"another profile":              want(func(r map[string]any) { r["profile"] = "document" }),
		"a profile that is not there":  want(func(r map[string]any) { r["profile"] = "nothing" }),
		"another owner":                want(func(r map[string]any) { r["owner"] = "bob" }),
		"all owners, by a star for it": want(func(r map[string]any) { r["owner"] = "*" }),
	} {
		if a := s.call(t, "POST", "/v1/uploads", m.Token, body); a.status != 403 {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
	if strings.Contains(s.log.String(), m.Token) || strings.Contains(s.log.String(), "airlock_mt1_") {
		t.Error("the token is in the log")
	}
}

func TestWhoMayMintWhat(t *testing.T) {
	s := newSite(t)
	m, _ := s.mint(t, "bob-token", `{"profiles":["image"]}`)
	up := s.signed(t, nil)
	for _, c := range []struct{ name, token, body, code string }{
		{"his own", "alice-token", `{"profiles":["image","text"],"owner":"alice"}`, ""},
		{"all profiles, of one who has all", "bob-token", `{"profiles":["*"]}`, ""},
		{"another's profile", "alice-token", `{"profiles":["image","document"]}`, "forbidden"},
		{"all profiles", "alice-token", `{"profiles":["*"]}`, "forbidden"},
		{"a profile that is not there", "bob-token", `{"profiles":["nothing"]}`, "profile_unknown"},
		{"another owner", "alice-token", `{"profiles":["image"],"owner":"bob"}`, "forbidden"},
		{"for nobody", "backend-token", `{"profiles":["image"]}`, "request_invalid"},
		{"for all", "backend-token", `{"profiles":["image"],"owner":"*"}`, "request_invalid"},
		{"no profile", "alice-token", `{"profiles":[]}`, "request_invalid"},
		{"a profile twice", "alice-token", `{"profiles":["image","image"]}`, "request_invalid"},
		{"for a week", "alice-token", `{"profiles":["image"],"expires":"168h"}`, "request_invalid"},
		{"for no time", "alice-token", `{"profiles":["image"],"expires":"0s"}`, "request_invalid"},
		{"until tomorrow", "alice-token", `{"profiles":["image"],"expires":"tomorrow"}`, "request_invalid"},
		{"less than no upload", "alice-token", `{"profiles":["image"],"max_uploads":-1}`, "request_invalid"},
		{"by a minted token", m.Token, `{"profiles":["image"]}`, "unauthenticated"},
		{"by an upload's token", up.UploadToken, `{"profiles":["image"]}`, "unauthenticated"},
		{"by nobody", "", `{"profiles":["image"]}`, "unauthenticated"},
	} {
		if _, a := s.mint(t, c.token, c.body); a.code() != c.code {
			t.Errorf("%s: %d %s, want %q", c.name, a.status, a.body, c.code)
		}
	}
}

// SECURITY TOK-1: tokens of another upload, of another purpose, expired, cut or changed are all refused
// alike: with the very answer that a stranger gets.
func TestATokenThatIsNotRightIsRefusedLikeNone(t *testing.T) {
	s := newSite(t)
	up, other := s.signed(t, nil), s.signed(t, nil)
	m, _ := s.mint(t, "alice-token", `{"profiles":["image"],"expires":"1m"}`)
	flip := func(token string) string {
		prefix, raw := token[:12], token[12:]
		b, _ := base64.RawURLEncoding.DecodeString(raw)
		b[3] ^= 1
		return prefix + base64.RawURLEncoding.EncodeToString(b)
	}
	stranger := s.call(t, "POST", "/v1/uploads", "a-stranger", want(nil))
	for name, token := range map[string]string{
		"an upload's": up.UploadToken, "cut": m.Token[:len(m.Token)-1], "half": m.Token[:len(m.Token)/2], "a bit flipped": flip(m.Token),
		"only the prefix": "airlock_mt1_", "an upload's as a minted one": "airlock_mt1_" + up.UploadToken[12:], "twice": m.Token + m.Token[12:],
		"nothing": "", "a JSON of one's own": "airlock_mt1_" + base64.RawURLEncoding.EncodeToString([]byte(`{"i":"1","o":"alice","p":["*"],"e":9999999999}`+strings.Repeat("x", 32))),
	} {
		for where, a := range map[string]answer{"Bearer": s.call(t, "POST", "/v1/uploads", token, want(nil)), "path": s.call(t, "POST", "/u/"+token+"/v1/uploads", "", want(nil))} {
			if a.status != 401 || a.body != stranger.body {
				t.Errorf("asking by %s (%s): %d %s", name, where, a.status, a.body)
			}
		}
	}
	missing := s.call(t, "GET", "/v1/uploads/0b0e4d5c-8a3f-4c1e-9d2b-000000000099", "alice-token", "")
	for name, token := range map[string]string{
		"another upload's": other.UploadToken, "a minted one": m.Token, "cut": up.UploadToken[:len(up.UploadToken)-1], "a bit flipped": flip(up.UploadToken),
		"a minted one as an upload's": "airlock_up1_" + m.Token[12:], "only the prefix": "airlock_up1_",
	} {
		for _, c := range []struct{ method, path, body string }{
			{"GET", "", ""}, {"GET", "/download", ""}, {"POST", "/uploaded", ""}, {"DELETE", "", ""}, {"POST", "/parts", `{"part_numbers":[1]}`}, {"POST", "/complete", "{}"},
		} {
			if a := s.call(t, c.method, up.StatusURL+c.path, token, c.body); a.status != 404 || a.body != missing.body {
				t.Errorf("%s %s by %s: %d %s", c.method, c.path, name, a.status, a.body)
			}
		}
	}
	s.api.Signer.Now = func() time.Time { return time.Now().Add(61 * time.Second) }
	if a := s.call(t, "POST", "/v1/uploads", m.Token, want(nil)); a.status != 401 || a.body != stranger.body {
		t.Errorf("asking by one that has expired: %d %s", a.status, a.body)
	}
	s.api.Signer.Now = func() time.Time { return time.Now().Add(80 * time.Hour) }
	if a := s.call(t, "GET", up.StatusURL, up.UploadToken, ""); a.status != 404 || a.body != missing.body {
		t.Errorf("the status by one that has expired: %d %s", a.status, a.body)
	}
}

func TestAMintedTokenIsGoodForSoManyUploads(t *testing.T) {
	s := newSite(t)
	m, _ := s.mint(t, "alice-token", `{"profiles":["image"],"max_uploads":5}`)
	html := want(func(r map[string]any) { r["content_type"] = "text/html" })
	for range 10 { // what is refused counts for nothing
		if a := s.call(t, "POST", "/v1/uploads", m.Token, html); a.code() != "type_not_allowed" {
			t.Fatalf("%d %s", a.status, a.body)
		}
	}
	var given, used atomic.Int64
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			switch a := s.call(t, "POST", "/v1/uploads", m.Token, want(nil)); {
			case a.status == 201:
				given.Add(1)
			case a.status == 403 && strings.Contains(a.body, "used up"):
				used.Add(1)
			default:
				t.Errorf("%d %s", a.status, a.body)
			}
		})
	}
	wg.Wait()
	if given.Load() != 5 || used.Load() != 15 {
		t.Errorf("%d given and %d refused, want 5 and 15", given.Load(), used.Load())
	}
}

func TestAHandlerMountsAnywhere(t *testing.T) {
	s := newSiteWith(t, func(h *signer.Handler) { h.Path = "/files" })
	a := s.call(t, "POST", "/files/v1/uploads", "alice-token", want(nil))
	var up signer.Signed
	if err := json.Unmarshal([]byte(a.body), &up); err != nil || up.StatusURL != "/files/v1/uploads/"+up.ID || a.header.Get("Location") != up.StatusURL {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if a := s.call(t, "GET", up.StatusURL, up.UploadToken, ""); a.status != 200 {
		t.Errorf("%d %s", a.status, a.body)
	}
	m := s.call(t, "POST", "/files/v1/tokens", "alice-token", `{"profiles":["image"]}`)
	var token minted
	if err := json.Unmarshal([]byte(m.body), &token); err != nil || !strings.HasPrefix(token.Path, "/files/u/") {
		t.Fatalf("%s", m.body)
	}
	if a := s.call(t, "POST", token.Path+"/v1/uploads", "", want(nil)); a.status != 201 {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := s.call(t, "GET", "/files/docs", "", ""); a.status != 200 || !strings.Contains(a.body, "/files/openapi") {
		t.Errorf("/files/docs: %d %s", a.status, a.body)
	}
	for _, path := range []string{"/v1/uploads", "/files", "/filesystem/v1/uploads"} {
		if a := s.call(t, "GET", path, "alice-token", ""); a.status != 404 {
			t.Errorf("%s: %d", path, a.status)
		}
	}
}

func TestOnlyTheConfiguredOriginsPagesMayCall(t *testing.T) {
	s := newSiteWith(t, func(h *signer.Handler) {
		h.Origins = []string{"https://app.example", "http://127.0.0.1:3000", "https://*.wild.example", "*"}
	})
	ask := func(method, origin, wants string) http.Header {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, s.URL+"/v1/uploads", strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Origin", origin)
		if method == "OPTIONS" {
			req.Header.Set("Access-Control-Request-Method", wants)
			req.Header.Set("Access-Control-Request-Headers", "authorization,content-type,idempotency-key")
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		return resp.Header
	}
	for origin, allowed := range map[string]bool{
		"https://app.example": true, "http://127.0.0.1:3000": true, "http://app.example": false, "https://app.example.evil.example": false,
		"https://evil.app.example": false, "https://app.example:8443": false, "https://a.wild.example": false, "null": false,
	} {
		for _, method := range []string{"POST", "GET", "DELETE"} {
			h := ask("OPTIONS", origin, method)
			if got := h.Get("Access-Control-Allow-Origin"); (got == origin) != allowed || got == "*" || h.Get("Access-Control-Allow-Credentials") != "" || !strings.Contains(fmt.Sprint(h["Vary"]), "Origin") {
				t.Errorf("preflight of %s from %s: %v", method, origin, h)
			}
		}
		if h := ask("POST", origin, ""); (h.Get("Access-Control-Allow-Origin") == origin) != allowed {
			t.Errorf("from %s: %v", origin, h)
		}
	}
	if h := ask("OPTIONS", "https://app.example", "PUT"); h.Get("Access-Control-Allow-Methods") != "" {
		t.Errorf("PUT: %v", h)
	}
}
