package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"airlock/config"
	"airlock/events"
	"airlock/signer"
	"airlock/signer/oidc"
	"airlock/signer/webhook"
)

// who is who may sign: callers that authorizers know, and what the approver says.
type who struct {
	authorizers signer.Authorizers
	approver    signer.Approver // nil: the rules alone decide
}

// authority builds what airlock.yaml asks for. Static tokens come first: one may look like a JWT.
func authority(auth config.Auth, insecure bool, log *slog.Logger) (w who, err error) {
	named := auth.TokensFile != "" || auth.OIDC != nil || auth.Webhook != nil
	switch {
	case insecure && named:
		return w, errors.New("auth says who may sign, and --insecure-no-auth lets everybody: drop one of them")
	case insecure:
		w.authorizers = signer.Authorizers{signer.Anonymous{Owner: "anonymous", Profiles: []string{"*"}}}
		return w, nil
	case !named:
		return w, errors.New("it names no way to authenticate: set auth.tokens_file, auth.oidc or auth.webhook, or give --insecure-no-auth for development")
	}
	if auth.TokensFile != "" {
		tokens, err := signer.ReadTokens(auth.TokensFile)
		if err != nil {
			return w, err
		}
		w.authorizers = append(w.authorizers, tokens)
	}
	if auth.OIDC != nil {
		v, err := verifier(*auth.OIDC, log)
		if err != nil {
			return w, err
		}
		w.authorizers = append(w.authorizers, v)
	}
	if auth.Webhook != nil {
		secret, err := os.ReadFile(auth.Webhook.SecretFile)
		if err != nil {
			return w, fmt.Errorf("read the webhook's secret: %w", err)
		}
		if w.approver, err = hook(*auth.Webhook, bytes.TrimRight(secret, "\r\n"), log); err != nil {
			return w, err
		}
	}
	return w, nil
}

func verifier(o config.OIDC, log *slog.Logger) (*oidc.Verifier, error) {
	return oidc.New(oidc.Options{Issuer: o.Issuer, Audience: o.Audience, OwnerClaim: o.OwnerClaim, ProfilesClaim: o.ProfilesClaim, Log: log})
}

func hook(h config.Webhook, secret []byte, log *slog.Logger) (*webhook.Hook, error) {
	return webhook.New(webhook.Options{URL: h.URL, Secret: secret, Timeout: h.Timeout, AllowPrivate: h.AllowPrivate, Headers: h.Headers, Log: log})
}

// lintAuth finds what the signer would refuse, without the secrets that only it can read.
func lintAuth(auth config.Auth) error {
	var errs []error
	if auth.OIDC != nil {
		_, err := verifier(*auth.OIDC, nil)
		errs = append(errs, err)
	}
	if auth.Webhook != nil {
		_, err := hook(*auth.Webhook, make([]byte, 32), nil)
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// tokenKey is what seals upload tokens and minted ones: a file's, or the one that all signers share.
func tokenKey(ctx context.Context, file string, store *events.Store) ([]byte, error) {
	if file == "" {
		ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		return store.SharedSecret(ctx, "token-key", signer.NewTokenKey())
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("%w: read token key: %w", errConfig, err)
	}
	key, err := decodeKey(strings.TrimSpace(string(data)))
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", errConfig, file, err)
	}
	return key, nil
}

func decodeKey(text string) ([]byte, error) {
	for _, decode := range []func(string) ([]byte, error){hex.DecodeString, base64.StdEncoding.DecodeString} {
		if key, err := decode(text); err == nil && len(key) == 32 {
			return key, nil
		}
	}
	return nil, errors.New("want 32 bytes as hex or base64; make one with: openssl rand -hex 32")
}
