package signer

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"

	"airlock"
)

// Authorizer finds out who asks. It returns [ErrNoCredential] for a request without a credential of
// its kind, [ErrUnauthenticated] for one whose credential is not valid; any other error counts as
// unavailable, so that a broken authorizer lets nobody in. It may be called by many goroutines.
type Authorizer interface {
	Authorize(ctx context.Context, r *http.Request) (Caller, error)
}

var (
	// ErrNoCredential tells that a request has no credential that this [Authorizer] knows; another
	// one may.
	ErrNoCredential = errors.New("no known credential")
	// ErrUnauthenticated tells that a request has a credential that is not valid. Nobody else is asked.
	ErrUnauthenticated = errors.New("no valid credential")
)

// Authorizers are asked one after another until one knows the caller or refuses him.
type Authorizers []Authorizer

// Authorize returns the first answer that is not [ErrNoCredential].
func (all Authorizers) Authorize(ctx context.Context, r *http.Request) (Caller, error) {
	for _, a := range all {
		if c, err := a.Authorize(ctx, r); !errors.Is(err, ErrNoCredential) {
			return c, err
		}
	}
	return Caller{}, ErrNoCredential
}

// Anonymous lets everybody in as one caller: for development on loopback only.
type Anonymous Caller

// Authorize returns the one caller.
func (a Anonymous) Authorize(context.Context, *http.Request) (Caller, error) { return Caller(a), nil }

// Tokens authorises by static tokens, sent as Authorization: Bearer. It holds only their SHA-256,
// by which it looks them up, so that comparing takes no time that depends on the secret.
type Tokens map[[sha256.Size]byte]Caller

// Authorize looks the bearer token up.
func (t Tokens) Authorize(_ context.Context, r *http.Request) (Caller, error) {
	token, ok := Bearer(r)
	if !ok {
		return Caller{}, ErrNoCredential
	}
	c, ok := t[sha256.Sum256([]byte(token))]
	if !ok {
		return Caller{}, ErrNoCredential
	}
	return c, nil
}

// Bearer is the token of the Authorization header (RFC 6750, section 2.1).
func Bearer(r *http.Request) (token string, ok bool) {
	scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	token = strings.TrimSpace(token)
	return token, ok && strings.EqualFold(scheme, "Bearer") && token != ""
}

// ReadTokens reads a tokens file: lines "<sha256 hex> <owner|*> <profile,profile|*>", with # for
// comments. It names every bad line at once, and never prints a line's content.
func ReadTokens(path string) (Tokens, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read tokens: %w", err)
	}
	tokens := Tokens{}
	var faults []error
	lines := bufio.NewScanner(bytes.NewReader(data))
	for n := 1; lines.Scan(); n++ {
		line, _, _ := strings.Cut(lines.Text(), "#")
		if strings.TrimSpace(line) == "" {
			continue
		}
		hash, c, err := parseToken(strings.Fields(line))
		if err == nil {
			if _, twice := tokens[hash]; twice {
				err = errors.New("this token stands twice")
			}
		}
		if err != nil {
			faults = append(faults, fmt.Errorf("%s:%d: %w", path, n, err))
			continue
		}
		tokens[hash] = c
	}
	if err := lines.Err(); err != nil {
		faults = append(faults, fmt.Errorf("%s: %w", path, err))
	}
	if len(faults) == 0 && len(tokens) == 0 {
		faults = append(faults, fmt.Errorf("%s holds no token: nobody could sign", path))
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	return tokens, nil
}

func parseToken(fields []string) (hash [sha256.Size]byte, c Caller, err error) {
	if len(fields) != 3 {
		return hash, c, errors.New("want three fields: <sha256 hex> <owner|*> <profile,profile|*>")
	}
	raw, err := hex.DecodeString(fields[0])
	if err != nil || len(raw) != sha256.Size {
		return hash, c, errors.New("the first field must be the SHA-256 of the token, 64 hex digits (printf %s \"$TOKEN\" | sha256sum)")
	}
	copy(hash[:], raw)
	if hash == sha256.Sum256(nil) {
		return hash, c, errors.New("the first field is the SHA-256 of nothing: hash the token itself")
	}
	c = Caller{Owner: fields[1], Profiles: strings.Split(fields[2], ",")}
	for _, p := range c.Profiles {
		if p != "*" && !airlock.ProfileName(p) {
			return hash, c, fmt.Errorf("%q is no profile name", p)
		}
	}
	return hash, c, nil
}
