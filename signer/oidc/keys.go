package oidc

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
	"golang.org/x/time/rate"
)

const (
	// keysFresh is how long keys are used without asking again: a key that the issuer took back
	// works no longer than this while the issuer answers.
	keysFresh = 15 * time.Minute
	// keysUsable is how long keys outlive an issuer that is down.
	keysUsable = 24 * time.Hour
	// fetchEvery and fetchBurst bound the requests that tokens with invented kids cause. A fetch
	// takes the whole set, so a new key is known after fetchEvery even during a flood.
	fetchEvery = 5 * time.Second
	fetchBurst = 3
	// minRSA is in bits (RFC 7518, section 3.3).
	minRSA = 2048
)

// keys are an issuer's, fetched when needed: go-oidc's own set asks the issuer for each unknown kid,
// and does not tell that from an issuer that is down.
type keys struct {
	issuer string
	client *http.Client
	log    *slog.Logger
	now    func() time.Time
	limit  *rate.Limiter
	turn   chan struct{} // held by who fetches

	mu    sync.Mutex
	known published
}

// published is what the issuer said. It is never changed, only replaced.
type published struct {
	jwksURI    string // "" before discovery
	algorithms []string
	set        []jose.JSONWebKey
	at         time.Time // when set was fetched; zero for never

	attempts int   // at fetching
	err      error // of the last attempt
}

func newKeys(issuer string, client *http.Client, log *slog.Logger) *keys {
	return &keys{
		issuer: issuer, client: client, log: log, now: time.Now,
		limit: rate.NewLimiter(rate.Every(fetchEvery), fetchBurst), turn: make(chan struct{}, 1),
	}
}

// public are the keys that may verify a token with this header. A key is for one algorithm where
// it says so (RFC 8725, section 3.1).
func (p published) public(kid, alg string) (found []crypto.PublicKey) {
	for _, k := range p.set {
		if k.KeyID == kid && (k.Algorithm == "" || k.Algorithm == alg) {
			found = append(found, k.Key)
		}
	}
	return found
}

func (p published) has(kid string) bool {
	return slices.ContainsFunc(p.set, func(k jose.JSONWebKey) bool { return k.KeyID == kid })
}

// lookUp returns what the issuer has published, with the key kid in it. A kid that the issuer does
// not know is a [signer.ErrUnauthenticated]; any other error is the issuer's.
func (k *keys) lookUp(ctx context.Context, kid string) (published, error) {
	seen := k.snapshot()
	age := k.now().Sub(seen.at)
	switch {
	case seen.has(kid) && age < keysFresh:
		return seen, nil
	case seen.has(kid) && age < keysUsable: // one caller fetches; the others need not wait for him
		select {
		case k.turn <- struct{}{}:
			k.refresh(ctx, seen)
		default:
		}
	default:
		select {
		case k.turn <- struct{}{}:
			k.refresh(ctx, seen)
		case <-ctx.Done():
			return published{}, fmt.Errorf("wait for the keys of %s: %w", k.issuer, context.Cause(ctx))
		}
	}
	now := k.snapshot()
	switch {
	case now.has(kid) && k.now().Sub(now.at) < keysUsable:
		return now, nil
	case now.err != nil:
		return published{}, fmt.Errorf("fetch the keys of %s: %w", k.issuer, now.err)
	}
	return published{}, refuse("the issuer has no key %.40q", kid)
}

func (k *keys) snapshot() published {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.known
}

// refresh fetches once, unless somebody has done it since seen or it was done too often. The caller
// holds the turn, which refresh gives back.
func (k *keys) refresh(ctx context.Context, seen published) {
	defer func() { <-k.turn }()
	next := k.snapshot()
	if next.attempts != seen.attempts || !k.limit.AllowN(k.now(), 1) {
		return
	}
	next.attempts++
	// The result is for everybody: a client that hangs up must not spend the attempt.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	if next.err = k.fetch(ctx, &next); next.err != nil {
		next.jwksURI = "" // it may have moved: discover again
		k.log.ErrorContext(ctx, "OIDC issuer gives no keys: callers with a JWT whose key is not known yet cannot be let in",
			"issuer", k.issuer, "cause", fmt.Sprintf("%.300s", next.err), "known_keys", len(next.set))
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.known = next
}

func (k *keys) fetch(ctx context.Context, into *published) error {
	if into.jwksURI == "" {
		uri, algs, err := k.discover(ctx)
		if err != nil {
			return fmt.Errorf("discovery: %w", err)
		}
		into.jwksURI, into.algorithms = uri, algs
	}
	set, err := k.fetchSet(ctx, into.jwksURI)
	if err != nil {
		return fmt.Errorf("key set: %w", err)
	}
	into.set, into.at = set, k.now()
	if len(set) == 0 {
		return errors.New("key set: it holds no key with a kid that can verify signatures")
	}
	return nil
}

// discover reads the issuer's document (OpenID Connect Discovery 1.0, section 4).
func (k *keys) discover(ctx context.Context) (jwksURI string, algs []string, err error) {
	provider, err := oidc.NewProvider(oidc.ClientContext(ctx, k.client), k.issuer)
	if err != nil {
		return "", nil, err
	}
	var doc struct {
		JWKSURI    string   `json:"jwks_uri"`
		Algorithms []string `json:"id_token_signing_alg_values_supported"`
	}
	if err := provider.Claims(&doc); err != nil {
		return "", nil, err
	}
	if doc.JWKSURI == "" {
		return "", nil, errors.New("the document names no jwks_uri")
	}
	if len(doc.Algorithms) == 0 {
		doc.Algorithms = []string{oidc.RS256} // the one that every issuer must have (section 3)
	}
	for _, a := range doc.Algorithms {
		if slices.Contains(algorithms, jose.SignatureAlgorithm(a)) {
			algs = append(algs, a)
		}
	}
	if len(algs) == 0 {
		return "", nil, fmt.Errorf("of the algorithms %.100q none is safe; there is %s", doc.Algorithms, algorithms)
	}
	return doc.JWKSURI, algs, nil
}

// fetchSet reads a JWK Set (RFC 7517, section 5) and leaves out what cannot verify a signature
// here, as that section wants it.
func (k *keys) fetchSet(ctx context.Context, uri string) (set []jose.JSONWebKey, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, uri, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/jwk-set+json, application/json")
	resp, err := k.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answered %s", uri, resp.Status)
	}
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	var doc struct {
		Keys *[]json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(data, &doc); err != nil {
		return nil, err
	}
	if doc.Keys == nil {
		return nil, errors.New("the answer is no JWK Set: it has no keys")
	}
	for _, raw := range *doc.Keys {
		var key jose.JSONWebKey
		if key.UnmarshalJSON(raw) == nil && verifies(key) {
			set = append(set, key)
		}
	}
	return set, nil
}

// verifies tells whether a key can be looked up and is a public one for signatures. A symmetric or
// a private key in a public set is no secret any more, and of none of these types.
func verifies(k jose.JSONWebKey) bool {
	if k.KeyID == "" || k.Use != "" && k.Use != "sig" || !k.Valid() {
		return false
	}
	switch public := k.Key.(type) {
	case *rsa.PublicKey:
		return public.N.BitLen() >= minRSA
	case *ecdsa.PublicKey, ed25519.PublicKey:
		return true
	}
	return false
}
