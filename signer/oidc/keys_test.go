package oidc

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"golang.org/x/time/rate"
)

func TestKeysMayBeRotated(t *testing.T) {
	p := newIDP(t)
	v := p.verifier(t)
	if _, err := ask(t.Context(), v, p.token(nil)); err != nil {
		t.Fatal(err)
	}
	p.serve(jwk("r2", "RS256", otherKey().Public()))
	rotated := sign(jose.RS256, otherKey(), map[string]any{"kid": "r2"}, p.claims(nil))
	if _, err := ask(t.Context(), v, rotated); err != nil {
		t.Errorf("the new key: %v", err)
	}
	_, err := ask(t.Context(), v, p.token(nil))
	wantRefused(t, "the key that was taken back", err)
}

// An issuer that is down stops only those who come with a JWT, and only until it is up.
func TestAnIssuerThatIsDownAtFirst(t *testing.T) {
	p := newIDP(t)
	v := p.verifier(t)
	up := p.Config.Handler
	var down atomic.Bool
	down.Store(true)
	p.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if down.Load() {
			panic(http.ErrAbortHandler)
		}
		up.ServeHTTP(w, r)
	})
	for range 2 * fetchBurst { // more than are asked
		_, err := ask(t.Context(), v, p.token(nil))
		wantUnavailable(t, "down", err)
	}
	down.Store(false)
	v.keys.now = func() time.Time { return time.Now().Add(fetchEvery) }
	if _, err := ask(t.Context(), v, p.token(nil)); err != nil {
		t.Errorf("up again: %v", err)
	}
}

// The key set may move; discovery says where it is now.
func TestAKeySetThatMoved(t *testing.T) {
	p := newIDP(t)
	v := p.verifier(t)
	p.discovery["jwks_uri"] = p.URL + "/old"
	_, err := ask(t.Context(), v, p.token(nil))
	wantUnavailable(t, "moved", err)
	p.mu.Lock()
	p.discovery["jwks_uri"] = p.URL + "/keys"
	p.mu.Unlock()
	if _, err := ask(t.Context(), v, p.token(nil)); err != nil {
		t.Errorf("found again: %v", err)
	}
}

func TestNothingListens(t *testing.T) {
	p := newIDP(t)
	v := p.verifier(t)
	p.Close()
	_, err := ask(t.Context(), v, p.token(nil))
	wantUnavailable(t, "closed", err)
}

// What the issuer may answer instead of keys. None of it is the client's fault.
func TestAnIssuerThatAnswersRubbish(t *testing.T) {
	good := must(json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{jwk("r1", "", rsaKey().Public())}}))
	for name, set := range map[string]func(w http.ResponseWriter){
		"500":       func(w http.ResponseWriter) { w.WriteHeader(http.StatusInternalServerError) },
		"huge":      func(w http.ResponseWriter) { _, _ = w.Write(append(bytes.Repeat([]byte{' '}, maxDocument), good...)) },
		"not JSON":  func(w http.ResponseWriter) { fmt.Fprint(w, "<html>") },
		"no set":    func(w http.ResponseWriter) { fmt.Fprint(w, "{}") },
		"null":      func(w http.ResponseWriter) { fmt.Fprint(w, `{"keys":null}`) },
		"empty set": func(w http.ResponseWriter) { fmt.Fprint(w, `{"keys":[]}`) },
		"a redirect": func(w http.ResponseWriter) {
			w.Header().Set("Location", "http://idp.example/keys")
			w.WriteHeader(http.StatusFound)
		},
		"cut short":   func(w http.ResponseWriter) { w.Header().Set("Content-Length", "999"); fmt.Fprint(w, `{"keys":[`) },
		"not allowed": func(w http.ResponseWriter) { w.WriteHeader(http.StatusUnauthorized) },
	} {
		p := newIDP(t)
		p.answer(set)
		_, err := ask(t.Context(), p.verifier(t), p.token(nil))
		wantUnavailable(t, name, err)
	}
	for name, change := range map[string]map[string]any{
		"another issuer":  {"issuer": "https://evil.example"},
		"no jwks_uri":     {"jwks_uri": nil},
		"jwks_uri http":   {"jwks_uri": "http://idp.example/keys"},
		"jwks_uri a file": {"jwks_uri": "file:///etc/passwd"},
		"only none, HS":   {"id_token_signing_alg_values_supported": []string{"none", "HS256"}},
		"odd algorithms":  {"id_token_signing_alg_values_supported": "RS256"},
	} {
		p := newIDP(t)
		maps.Copy(p.discovery, change)
		_, err := ask(t.Context(), p.verifier(t), p.token(nil))
		wantUnavailable(t, name, err)
	}
}

// Where discovery announces no algorithm, it is the one that is mandatory.
func TestNoAnnouncedAlgorithmIsRS256(t *testing.T) {
	p := newIDP(t)
	delete(p.discovery, "id_token_signing_alg_values_supported")
	v := p.verifier(t)
	if _, err := ask(t.Context(), v, p.token(nil)); err != nil {
		t.Error(err)
	}
	_, err := ask(t.Context(), v, sign(jose.ES256, ecKey(), map[string]any{"kid": "e1"}, p.claims(nil)))
	wantRefused(t, "ES256", err)
}

// A flood of invented kids is no flood at the issuer, harms nobody with a known key, and does not
// keep a new key out for longer than fetchEvery.
func TestAFloodOfUnknownKids(t *testing.T) {
	p := newIDP(t)
	v := p.verifier(t)
	var wg sync.WaitGroup
	for i := range 400 {
		wg.Go(func() {
			token := sign(jose.ES256, ecKey(), map[string]any{"kid": fmt.Sprint("x", i)}, p.claims(nil))
			_, err := ask(t.Context(), v, token)
			wantRefused(t, "invented", err)
			if _, err := ask(t.Context(), v, sign(jose.ES256, ecKey(), map[string]any{"kid": "e1"}, p.claims(nil))); err != nil {
				t.Errorf("a known key: %v", err)
			}
		})
	}
	wg.Wait()
	if n := p.asked.Load(); n > fetchBurst+1 {
		t.Errorf("400 invented kids made %d requests", n)
	}
	p.serve(jwk("r2", "RS256", otherKey().Public()))
	later := time.Now().Add(fetchEvery)
	v.keys.now = func() time.Time { return later }
	_, _ = ask(t.Context(), v, sign(jose.ES256, ecKey(), map[string]any{"kid": "one more"}, p.claims(nil))) // takes the turn
	if _, err := ask(t.Context(), v, sign(jose.RS256, otherKey(), map[string]any{"kid": "r2"}, p.claims(nil))); err != nil {
		t.Errorf("the new key: %v", err)
	}
}

// Keys outlive an issuer that is down by a day; one that answers takes them back within minutes.
func TestKeysGrowOld(t *testing.T) {
	p := newIDP(t)
	v := p.verifier(t)
	start := time.Now()
	clock := start
	v.keys.now = func() time.Time { return clock }
	if _, err := ask(t.Context(), v, p.token(nil)); err != nil {
		t.Fatal(err)
	}
	p.answer(func(w http.ResponseWriter) { w.WriteHeader(http.StatusBadGateway) })
	for _, age := range []time.Duration{keysFresh - 1, keysFresh + 1, keysUsable - time.Minute} {
		clock = start.Add(age)
		if _, err := ask(t.Context(), v, p.token(nil)); err != nil {
			t.Errorf("after %s: %v", age, err)
		}
	}
	_, err := ask(t.Context(), v, sign(jose.RS256, otherKey(), map[string]any{"kid": "r2"}, p.claims(nil)))
	wantUnavailable(t, "an unknown kid while the issuer is down", err)
	clock = start.Add(keysUsable + time.Minute)
	_, err = ask(t.Context(), v, p.token(nil))
	wantUnavailable(t, "after a day", err)

	p.serve(jwk("r1", "", rsaKey().Public()))
	clock = clock.Add(fetchEvery)
	if _, err := ask(t.Context(), v, p.token(nil)); err != nil {
		t.Errorf("up again: %v", err)
	}
	p.serve(jwk("r2", "", otherKey().Public()))
	clock = clock.Add(keysFresh + 1)
	_, err = ask(t.Context(), v, p.token(nil))
	wantRefused(t, "taken back", err)
}

// A client that hangs up does not spoil the fetch for the others, and one who waits can leave.
func TestAClientThatHangsUp(t *testing.T) {
	p := newIDP(t)
	v := p.verifier(t)
	v.keys.limit = rate.NewLimiter(0, 1) // one fetch, and never another
	ctx, hangUp := context.WithCancel(t.Context())
	good := p.set
	p.answer(func(w http.ResponseWriter) { hangUp(); time.Sleep(20 * time.Millisecond); good(w) })
	_, _ = ask(ctx, v, p.token(nil))
	if _, err := ask(t.Context(), v, p.token(nil)); err != nil {
		t.Errorf("the next one: %v", err)
	}

	v = p.verifier(t)
	v.keys.turn <- struct{}{} // somebody fetches, and it takes long
	_, err := ask(ctx, v, p.token(nil))
	wantUnavailable(t, "leaving", err)
}

// Who waited for the turn takes what the one before him fetched.
func TestWhoWaitedDoesNotFetchAgain(t *testing.T) {
	p := newIDP(t)
	k := p.verifier(t).keys
	seen := k.snapshot()
	for range 2 {
		k.turn <- struct{}{}
		k.refresh(t.Context(), seen)
	}
	if n := p.asked.Load(); n != 1 {
		t.Errorf("asked %d times", n)
	}
}

// What can be refused without the issuer makes no request to it.
func TestRubbishMakesNoRequest(t *testing.T) {
	p := newIDP(t)
	v := p.verifier(t)
	for _, token := range []string{
		sign(jose.RS256, rsaKey(), nil, p.claims(nil)), // no kid
		hs256(nil, map[string]any{"alg": "HS256", "kid": "r1"}, p.claims(nil)),
		"AAAA.AAAA.AAAA",
	} {
		_, err := ask(t.Context(), v, token)
		wantRefused(t, token, err)
	}
	if n := p.asked.Load(); n != 0 {
		t.Errorf("asked %d times", n)
	}
}

// https that sends to http is not followed, not even to loopback.
func TestNoRedirectFromHTTPSToHTTP(t *testing.T) {
	plain := newIDP(t)
	tls := httptest.NewTLSServer(http.RedirectHandler(plain.URL+"/.well-known/openid-configuration", http.StatusFound))
	defer tls.Close()
	plain.discovery["issuer"] = tls.URL
	v, err := New(Options{Issuer: tls.URL, Audience: "airlock", HTTP: tls.Client()})
	if err != nil {
		t.Fatal(err)
	}
	_, err = ask(t.Context(), v, plain.token(map[string]any{"iss": tls.URL}))
	wantUnavailable(t, "a redirect to http", err)
	if !strings.Contains(err.Error(), "only https is asked") {
		t.Errorf("got %v", err)
	}
}
