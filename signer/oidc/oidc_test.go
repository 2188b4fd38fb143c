package oidc

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"airlock/signer"
)

func TestAValidTokenNamesItsCaller(t *testing.T) {
	p := newIDP(t)
	v := p.verifier(t)
	for name, token := range map[string]string{
		"RS256":          p.token(nil),
		"ES256":          sign(jose.ES256, ecKey(), map[string]any{"kid": "e1"}, p.claims(nil)),
		"EdDSA":          sign(jose.EdDSA, edKey(), map[string]any{"kid": "d1"}, p.claims(nil)),
		"PS256":          sign(jose.PS256, rsaKey(), map[string]any{"kid": "any"}, p.claims(nil)),
		"one audience":   p.token(map[string]any{"aud": []string{"other", "airlock"}}),
		"nbf in past":    p.token(map[string]any{"nbf": time.Now().Add(-time.Minute).Unix()}),
		"nbf by a clock": p.token(map[string]any{"nbf": time.Now().Add(time.Minute).Unix()}),
		"a jku":          sign(jose.RS256, rsaKey(), map[string]any{"kid": "r1", "jku": "http://169.254.169.254/"}, p.claims(nil)),
	} {
		c, err := ask(t.Context(), v, token)
		if err != nil || c.Owner != "alice" || !slices.Equal(c.Profiles, []string{"image"}) {
			t.Errorf("%s: got %+v, %v", name, c, err)
		}
	}
	if n := p.asked.Load(); n != 1 {
		t.Errorf("the key set was asked for %d times", n)
	}
}

// segment is a part of a JWS.
func segment(v any) string { return base64.RawURLEncoding.EncodeToString(must(json.Marshal(v))) }

// hs256 signs by HMAC with any bytes, as go-jose refuses to for some.
func hs256(secret []byte, header, claims any) string {
	input := segment(header) + "." + segment(claims)
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(input))
	return input + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// Attacks on the signature (RFC 8725, section 2). For all of them, the keys are known already.
func TestATokenThatTheIssuerDidNotSignIsRefused(t *testing.T) {
	p := newIDP(t)
	v := p.verifier(t)
	good := p.token(nil)
	if _, err := ask(t.Context(), v, good); err != nil {
		t.Fatal(err)
	}
	der := must(x509.MarshalPKIXPublicKey(rsaKey().Public()))
	pkcs1 := x509.MarshalPKCS1PublicKey(&rsaKey().PublicKey)
	asPEM := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	hs := map[string]any{"alg": "HS256", "kid": "r1", "typ": "JWT"}
	attacker := jose.JSONWebKey{Key: otherKey().Public(), KeyID: "r1"}
	evil := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the attacker's URL was asked") }))
	defer evil.Close()
	parts := strings.Split(good, ".")
	sig := must(base64.RawURLEncoding.DecodeString(parts[2]))
	sig[len(sig)/2] ^= 1
	for name, token := range map[string]string{
		"none":               segment(map[string]any{"alg": "none", "kid": "r1"}) + "." + segment(p.claims(nil)) + ".",
		"nOnE":               segment(map[string]any{"alg": "nOnE", "kid": "r1"}) + "." + segment(p.claims(nil)) + ".",
		"none, old sig":      segment(map[string]any{"alg": "none", "kid": "r1"}) + "." + parts[1] + "." + parts[2],
		"no alg":             segment(map[string]any{"kid": "r1"}) + "." + parts[1] + "." + parts[2],
		"HS256 by PEM":       hs256(asPEM, hs, p.claims(nil)),
		"HS256 by cut PEM":   hs256(bytes.TrimSpace(asPEM), hs, p.claims(nil)),
		"HS256 by DER":       hs256(der, hs, p.claims(nil)),
		"HS256 by PKCS 1":    hs256(pkcs1, hs, p.claims(nil)),
		"HS256 by nothing":   hs256(nil, hs, p.claims(nil)),
		"another key":        sign(jose.RS256, otherKey(), map[string]any{"kid": "r1"}, p.claims(nil)),
		"jku of attacker":    sign(jose.RS256, otherKey(), map[string]any{"kid": "r1", "jku": evil.URL}, p.claims(nil)),
		"jku, new kid":       sign(jose.RS256, otherKey(), map[string]any{"kid": "x", "jku": evil.URL, "x5u": evil.URL}, p.claims(nil)),
		"jwk of attacker":    sign(jose.RS256, otherKey(), map[string]any{"kid": "r1", "jwk": attacker}, p.claims(nil)),
		"unknown kid":        sign(jose.RS256, rsaKey(), map[string]any{"kid": "r2"}, p.claims(nil)),
		"no kid":             sign(jose.RS256, rsaKey(), nil, p.claims(nil)),
		"empty kid":          sign(jose.RS256, rsaKey(), map[string]any{"kid": ""}, p.claims(nil)),
		"kid is a path":      sign(jose.RS256, rsaKey(), map[string]any{"kid": "../../dev/null"}, p.claims(nil)),
		"kid of another":     sign(jose.RS256, rsaKey(), map[string]any{"kid": "e1"}, p.claims(nil)),
		"alg of another key": sign(jose.PS256, rsaKey(), map[string]any{"kid": "r1"}, p.claims(nil)),
		"alg not announced":  sign(jose.RS384, rsaKey(), map[string]any{"kid": "any"}, p.claims(nil)),
		"truncated":          good[:len(good)-8],
		"no signature":       parts[0] + "." + parts[1] + ".",
		"bit flipped":        parts[0] + "." + parts[1] + "." + base64.RawURLEncoding.EncodeToString(sig),
		"other claims":       parts[0] + "." + segment(p.claims(map[string]any{"sub": "mallory"})) + "." + parts[2],
		"unknown crit":       sign(jose.RS256, rsaKey(), map[string]any{"kid": "r1", "crit": []string{"x"}, "x": 1}, p.claims(nil)),
		"zero ES256":         segment(map[string]any{"alg": "ES256", "kid": "e1"}) + "." + segment(p.claims(nil)) + "." + base64.RawURLEncoding.EncodeToString(make([]byte, 64)),
		"not JSON":           "AAAA.AAAA.AAAA",
		"no claims":          sign(jose.RS256, rsaKey(), map[string]any{"kid": "r1"}, nil),
		"too long":           p.token(map[string]any{"x": strings.Repeat("x", maxToken)}),
	} {
		_, err := ask(t.Context(), v, token)
		wantRefused(t, name, err)
	}
	if n := p.asked.Load(); n > fetchBurst {
		t.Errorf("the key set was asked for %d times", n)
	}
}

func TestWhatIsNoJWTIsLeftToOthers(t *testing.T) {
	p := newIDP(t)
	v := p.verifier(t)
	good := p.token(nil)
	parts := strings.Split(good, ".")
	jsonForm := fmt.Sprintf(`{"payload":%q,"protected":%q,"signature":%q}`, parts[1], parts[0], parts[2])
	two := fmt.Sprintf(`{"payload":%q,"signatures":[{"protected":%q,"signature":%q},{"protected":%q,"signature":%q}]}`,
		parts[1], parts[0], parts[2], parts[0], parts[2])
	for name, token := range map[string]string{
		"a static token": "s3cret", "an upload token": "airlock_up1_AAAA", "JSON serialization": jsonForm, "two signatures": two,
		"encrypted": good + ".AAAA.AAAA", "cut to two": parts[0] + "." + parts[1], "padded": good + "=", "white space": parts[0] + ". " + parts[1] + "." + parts[2],
		"none": "", "new line": parts[0] + ".\n" + parts[1] + "." + parts[2], "base64": strings.Replace(good, ".", "+.", 1),
	} {
		if _, err := ask(t.Context(), v, token); !errors.Is(err, signer.ErrNoCredential) {
			t.Errorf("%s: got %v, want ErrNoCredential", name, err)
		}
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/?access_token="+good, nil)
	r.Header.Set("Authorization", "Basic "+good)
	if _, err := v.Authorize(t.Context(), r); !errors.Is(err, signer.ErrNoCredential) {
		t.Errorf("another scheme: %v", err)
	}
	if n := p.asked.Load(); n != 0 {
		t.Errorf("the key set was asked for %d times", n)
	}
}

func TestATokenForSomethingElseIsRefused(t *testing.T) {
	p := newIDP(t)
	v := p.verifier(t)
	in := func(d time.Duration) int64 { return time.Now().Add(d).Unix() }
	for name, changes := range map[string]map[string]any{
		"wrong aud":         {"aud": "other"},
		"aud by a prefix":   {"aud": "airlock2"},
		"no aud":            {"aud": nil},
		"empty aud":         {"aud": []string{}},
		"aud not text":      {"aud": 5},
		"wrong iss":         {"iss": "https://evil.example"},
		"iss with a slash":  {"iss": p.URL + "/"},
		"no iss":            {"iss": nil},
		"expired":           {"exp": in(-time.Second)},
		"no exp":            {"exp": nil},
		"exp as text":       {"exp": "tomorrow"},
		"nbf in the future": {"nbf": in(time.Hour)},
		"nbf as text":       {"nbf": "now"},
		"no owner":          {"sub": nil},
		"empty owner":       {"sub": ""},
		"owner *":           {"sub": "*"},
		"owner a number":    {"sub": 7},
		"owner a list":      {"sub": []string{"alice"}},
		"owner too long":    {"sub": strings.Repeat("x", 256)},
		"owner new line":    {"sub": "alice\nbob"},
		"owner bidi":        {"sub": "alice\u202e"},
		"owner replacement": {"sub": "alice\ufffd"},
		"profile a path":    {"airlock_profiles": []string{"../image"}},
		"profile upper":     {"airlock_profiles": "Image"},
		"profile empty":     {"airlock_profiles": []string{""}},
		"profiles a number": {"airlock_profiles": 1},
		"profiles true":     {"airlock_profiles": true},
		"profiles a map":    {"airlock_profiles": map[string]any{"image": true}},
		"profiles mixed":    {"airlock_profiles": []any{"image", 1}},
	} {
		_, err := ask(t.Context(), v, p.token(changes))
		wantRefused(t, name, err)
	}
}

// A null is a claim too, and needs its own token: in a Go map it means "take it out" above.
func TestANullClaim(t *testing.T) {
	p := newIDP(t)
	v := p.verifier(t)
	null := json.RawMessage("null")
	for _, name := range []string{"iss", "aud", "exp", "sub"} {
		_, err := ask(t.Context(), v, p.token(map[string]any{name: null}))
		wantRefused(t, name, err)
	}
}

func TestProfilesMayBeWrittenInSeveralWays(t *testing.T) {
	p := newIDP(t)
	v, err := New(Options{Issuer: p.URL, Audience: "airlock", OwnerClaim: "email", ProfilesClaim: "scope"})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		claim any
		want  []string
	}{
		"a list":     {[]string{"image", "doc-1"}, []string{"image", "doc-1"}},
		"spaces":     {"image doc", []string{"image", "doc"}},
		"commas":     {"image, doc", []string{"image", "doc"}},
		"all":        {"*", []string{"*"}},
		"empty":      {"", nil},
		"empty list": {[]string{}, nil},
		"missing":    {nil, nil},
		"null":       {json.RawMessage("null"), nil},
	} {
		got, err := ask(t.Context(), v, p.token(map[string]any{"scope": c.claim, "email": "bob@example.org"}))
		if err != nil || got.Owner != "bob@example.org" || !slices.Equal(got.Profiles, c.want) {
			t.Errorf("%s: got %+v, %v", name, got, err)
		}
	}
}

func TestOptionsAreChecked(t *testing.T) {
	for issuer, want := range map[string]string{
		"": "issuer is missing", "idp.example": "must be a URL", "ftp://idp.example": "must be https", "http://idp.example": "must be https",
		"http://localhost.evil.example": "must be https", "https://user:pw@idp.example": "without user", "https://idp.example?x=1": "query",
		"https://idp.example#x": "fragment", "https://": "host", "http://127.0.0.1.nip.io": "must be https",
	} {
		if _, err := New(Options{Issuer: issuer, Audience: "airlock"}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", issuer, err, want)
		}
	}
	if _, err := New(Options{}); err == nil || !strings.Contains(err.Error(), "issuer") || !strings.Contains(err.Error(), "audience") {
		t.Errorf("not all faults at once: %v", err)
	}
	for _, issuer := range []string{"https://idp.example/realms/a", "http://127.0.0.1:9", "http://[::1]:9", "http://localhost:9"} {
		if _, err := New(Options{Issuer: issuer, Audience: "airlock"}); err != nil {
			t.Errorf("%q: %v", issuer, err)
		}
	}
}

// The log says why, in quotes, and never holds the token.
func TestTheLogHoldsNoToken(t *testing.T) {
	p := newIDP(t)
	var out bytes.Buffer
	v, err := New(Options{Issuer: p.URL, Audience: "airlock", Log: slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	if err != nil {
		t.Fatal(err)
	}
	token := sign(jose.RS256, rsaKey(), map[string]any{"kid": "evil\nlevel=ERROR"}, p.claims(nil))
	_, err = ask(t.Context(), v, token)
	wantRefused(t, "unknown kid", err)
	text := out.String()
	if !strings.Contains(text, "JWT refused") || strings.Count(text, "\n") != 1 {
		t.Errorf("want one line that says why:\n%s", text)
	}
	for part := range strings.SplitSeq(token, ".") {
		if strings.Contains(text, part) {
			t.Errorf("the token is in the log:\n%s", text)
		}
	}
}

// Keys in the set that must not verify anything: too small, secret, for encryption, without kid.
func TestKeysThatAreNoSigningKeysAreLeftOut(t *testing.T) {
	p := newIDP(t)
	v := p.verifier(t)
	t.Setenv("GODEBUG", "rsa1024min=0")
	small := must(rsa.GenerateKey(rand.Reader, 1024))
	ec := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	enc := jwk("enc", "", ec.Public())
	enc.Use = "enc"
	set := must(json.Marshal(map[string]any{"keys": []any{
		jwk("small", "", small.Public()), enc, jwk("", "", ec.Public()), jose.JSONWebKey{Key: []byte("0123456789abcdef0123456789abcdef"), KeyID: "oct"},
		jose.JSONWebKey{Key: ec, KeyID: "private"}, map[string]any{"kty": "XYZ", "kid": "new"}, "rubbish", nil, jwk("r1", "", rsaKey().Public()),
	}}))
	p.answer(func(w http.ResponseWriter) { _, _ = w.Write(set) })
	if _, err := ask(t.Context(), v, p.token(nil)); err != nil {
		t.Fatalf("one odd key spoils the set: %v", err)
	}
	for _, token := range []string{
		sign(jose.RS256, small, map[string]any{"kid": "small"}, p.claims(nil)),
		sign(jose.ES256, ec, map[string]any{"kid": "enc"}, p.claims(nil)),
		sign(jose.ES256, ec, nil, p.claims(nil)),
		sign(jose.ES256, ec, map[string]any{"kid": "private"}, p.claims(nil)),
		hs256([]byte("0123456789abcdef0123456789abcdef"), map[string]any{"alg": "HS256", "kid": "oct"}, p.claims(nil)),
	} {
		_, err := ask(t.Context(), v, token)
		wantRefused(t, token[:40], err)
	}
}
