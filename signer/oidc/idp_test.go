package oidc

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"airlock/signer"
)

// idp is a real issuer: discovery, a key set, and tokens.
type idp struct {
	*httptest.Server
	mu        sync.Mutex
	discovery map[string]any
	set       func(w http.ResponseWriter) // answers the key set
	asked     atomic.Int64                // for the key set
}

var (
	rsaKey   = sync.OnceValue(func() *rsa.PrivateKey { return must(rsa.GenerateKey(rand.Reader, 2048)) })
	otherKey = sync.OnceValue(func() *rsa.PrivateKey { return must(rsa.GenerateKey(rand.Reader, 2048)) })
	ecKey    = sync.OnceValue(func() *ecdsa.PrivateKey { return must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader)) })
	edKey    = sync.OnceValue(func() ed25519.PrivateKey { _, k, _ := ed25519.GenerateKey(rand.Reader); return k })
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func jwk(kid, alg string, public crypto.PublicKey) jose.JSONWebKey {
	return jose.JSONWebKey{Key: public, KeyID: kid, Algorithm: alg, Use: "sig"}
}

// newIDP serves keys r1 (RS256), e1 (ES256), d1 (EdDSA) and any (RSA, for any algorithm).
func newIDP(t *testing.T) *idp {
	t.Helper()
	p := &idp{}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		p.mu.Lock()
		defer p.mu.Unlock()
		_ = json.NewEncoder(w).Encode(p.discovery)
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		p.asked.Add(1)
		p.mu.Lock()
		defer p.mu.Unlock()
		p.set(w)
	})
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	p.discovery = map[string]any{
		"issuer": p.URL, "jwks_uri": p.URL + "/keys",
		"id_token_signing_alg_values_supported": []string{"none", "HS256", "RS256", "ES256", "PS256", "EdDSA"},
	}
	p.serve(jwk("r1", "RS256", rsaKey().Public()), jwk("e1", "", ecKey().Public()), jwk("d1", "", edKey().Public()),
		jwk("any", "", rsaKey().Public()))
	return p
}

func (p *idp) serve(keys ...jose.JSONWebKey) {
	data := must(json.Marshal(jose.JSONWebKeySet{Keys: keys}))
	p.answer(func(w http.ResponseWriter) { _, _ = w.Write(data) })
}

func (p *idp) answer(set func(http.ResponseWriter)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.set = set
}

func (p *idp) verifier(t *testing.T) *Verifier {
	t.Helper()
	v, err := New(Options{Issuer: p.URL, Audience: "airlock"})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// claims are a good token's, with changes; a nil takes one out.
func (p *idp) claims(changes map[string]any) map[string]any {
	c := map[string]any{
		"iss": p.URL, "aud": "airlock", "sub": "alice", "exp": time.Now().Add(time.Hour).Unix(),
		"airlock_profiles": []string{"image"},
	}
	maps.Copy(c, changes)
	maps.DeleteFunc(c, func(_ string, v any) bool { return v == nil })
	return c
}

func sign(alg jose.SignatureAlgorithm, key any, header map[string]any, claims map[string]any) string {
	o := &jose.SignerOptions{}
	for k, v := range header {
		o = o.WithHeader(jose.HeaderKey(k), v)
	}
	s := must(jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: key}, o))
	return must(must(s.Sign(must(json.Marshal(claims)))).CompactSerialize())
}

// token is a good token with changed claims.
func (p *idp) token(changes map[string]any) string {
	return sign(jose.RS256, rsaKey(), map[string]any{"kid": "r1"}, p.claims(changes))
}

func ask(ctx context.Context, v *Verifier, token string) (signer.Caller, error) {
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/v1/uploads", strings.NewReader("{}"))
	r.Header.Set("Authorization", "Bearer "+token)
	return v.Authorize(ctx, r)
}

func wantRefused(t *testing.T, what string, err error) {
	t.Helper()
	if !errors.Is(err, signer.ErrUnauthenticated) {
		t.Errorf("%s: got %v, want ErrUnauthenticated", what, err)
	}
}

func wantUnavailable(t *testing.T, what string, err error) {
	t.Helper()
	if err == nil || errors.Is(err, signer.ErrUnauthenticated) || errors.Is(err, signer.ErrNoCredential) {
		t.Errorf("%s: got %v, want an error that counts as unavailable", what, err)
	}
}
