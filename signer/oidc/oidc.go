// Package oidc authorises callers of the signer by JWT (RFC 7519) from one OpenID Connect issuer.
//
// It needs the issuer's discovery document and its key set, and nothing else from it. Both are
// fetched when the first token comes, so that an issuer that is down when the signer starts only
// makes JWT callers wait. While keys are known, an issuer that is down is not noticed for a day.
//
// Rules are those of RFC 8725: algorithms are fixed here, keys come from the issuer's own set by
// kid, and iss, aud and exp must be there and right. Several issuers send no nbf, so it is heeded
// where there is one (with 5 minutes for clocks that differ), and not demanded.
package oidc

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"

	"airlock/signer"
)

// Options say whose tokens are believed and what is read from them.
type Options struct {
	Issuer        string       // as in the iss claim, letter for letter; https, or http on loopback
	Audience      string       // must be in the aud claim
	OwnerClaim    string       // whose uploads these will be; "" for "sub"
	ProfilesClaim string       // which profiles; "" for "airlock_profiles"
	HTTP          *http.Client // nil for the default transport; without a time-out of its own it gets 5 s
	Log           *slog.Logger // nil for none
}

// Verifier is a [signer.Authorizer] for the tokens of one issuer. It may be used by many goroutines.
type Verifier struct {
	issuer, audience          string
	ownerClaim, profilesClaim string
	keys                      *keys
	log                       *slog.Logger
	now                       func() time.Time
}

var _ signer.Authorizer = (*Verifier)(nil)

// algorithms are all that may sign (RFC 8725, section 3.1): asymmetric ones only, so that a public
// key can never be taken for a shared secret.
var algorithms = []jose.SignatureAlgorithm{
	jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.PS384, jose.PS512,
	jose.ES256, jose.ES384, jose.ES512, jose.EdDSA,
}

// New checks the options, all at once. It makes no request and starts nothing.
func New(o Options) (*Verifier, error) {
	log := o.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	var faults []error
	issuer, err := url.Parse(o.Issuer)
	switch {
	case o.Issuer == "":
		faults = append(faults, errors.New("issuer is missing"))
	case err != nil || issuer.Host == "" || issuer.User != nil || issuer.RawQuery != "" || issuer.Fragment != "":
		faults = append(faults, fmt.Errorf("issuer %.100q must be a URL with a host and without user, query and fragment", o.Issuer))
	case issuer.Scheme != "https" && (issuer.Scheme != "http" || !loopback(issuer)):
		faults = append(faults, fmt.Errorf("issuer %.100q must be https; http is for loopback only", o.Issuer))
	}
	if o.Audience == "" {
		faults = append(faults, errors.New("audience is missing: without it, a token made for anybody would do"))
	}
	if len(faults) > 0 {
		return nil, fmt.Errorf("oidc: %w", errors.Join(faults...))
	}
	return &Verifier{
		issuer: o.Issuer, audience: o.Audience,
		ownerClaim: cmp.Or(o.OwnerClaim, "sub"), profilesClaim: cmp.Or(o.ProfilesClaim, "airlock_profiles"),
		keys: newKeys(o.Issuer, guard(o.HTTP, issuer.Scheme == "http"), log), log: log, now: time.Now,
	}, nil
}

func loopback(u *url.URL) bool {
	addr, err := netip.ParseAddr(u.Hostname())
	return u.Hostname() == "localhost" || err == nil && addr.IsLoopback()
}

// shape is a JWS in compact serialization (RFC 7515, section 7.1). The signature may be empty, so
// that an unsigned token is refused here and not handed to the next authorizer.
var shape = regexp.MustCompile(`^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*$`)

// maxToken is more than servers take in a header by default.
const maxToken = 16 << 10

// Authorize reads the caller from a bearer token. A token that is no JWT is
// [signer.ErrNoCredential], a JWT that is not valid [signer.ErrUnauthenticated]; any other error
// means that the issuer's keys could not be had. It blocks for at most 5 s, and only where keys
// have to be fetched.
func (v *Verifier) Authorize(ctx context.Context, r *http.Request) (signer.Caller, error) {
	token, ok := signer.Bearer(r)
	if !ok || !shape.MatchString(token) {
		return signer.Caller{}, signer.ErrNoCredential
	}
	c, err := v.caller(ctx, token)
	if errors.Is(err, signer.ErrUnauthenticated) {
		v.log.DebugContext(ctx, "JWT refused", "reason", fmt.Sprintf("%.300q", err))
	}
	return c, err
}

func (v *Verifier) caller(ctx context.Context, token string) (signer.Caller, error) {
	if len(token) > maxToken {
		return signer.Caller{}, refuse("longer than %d bytes", maxToken)
	}
	// What can be refused without the issuer is, so that rubbish makes no requests.
	jws, err := jose.ParseSignedCompact(token, algorithms)
	if err != nil {
		return signer.Caller{}, refuse("%w", err)
	}
	header := jws.Signatures[0].Protected
	if header.KeyID == "" {
		return signer.Caller{}, refuse("it names no key (kid)")
	}
	known, err := v.keys.lookUp(ctx, header.KeyID)
	if err != nil {
		return signer.Caller{}, err
	}
	verifier := oidc.NewVerifier(v.issuer, &oidc.StaticKeySet{PublicKeys: known.public(header.KeyID, header.Algorithm)},
		&oidc.Config{ClientID: v.audience, SupportedSigningAlgs: known.algorithms, Now: v.now})
	verified, err := verifier.Verify(ctx, token)
	if err != nil {
		return signer.Caller{}, refuse("%w", err)
	}
	var said claims
	if err := verified.Claims(&said); err != nil {
		return signer.Caller{}, refuse("%w", err)
	}
	return said.caller(v.ownerClaim, v.profilesClaim)
}

// refuse is a [signer.ErrUnauthenticated] with a reason for the log.
func refuse(format string, a ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{signer.ErrUnauthenticated}, a...)...)
}
