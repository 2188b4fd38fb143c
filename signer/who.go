package signer

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"airlock"
)

// Who may: the right that a request needs, and who has it.

type (
	requestKey struct{}
	callerKey  struct{}
)

func withRequest(ctx huma.Context, next func(huma.Context)) {
	r, _ := humago.Unwrap(ctx)
	next(huma.WithValue(ctx, requestKey{}, r))
}

func requestOf(ctx context.Context) *http.Request {
	r, _ := ctx.Value(requestKey{}).(*http.Request)
	return r
}

func callerOf(ctx context.Context) Caller {
	c, _ := ctx.Value(callerKey{}).(Caller)
	return c
}

// known lets callers in that identify finds, before the body is read (SIG-1).
func (a *Handler) known(identify func(context.Context, *http.Request) (Caller, error)) huma.Middlewares {
	return huma.Middlewares{withRequest, func(ctx huma.Context, next func(huma.Context)) {
		r, w := humago.Unwrap(ctx)
		caller, err := identify(ctx.Context(), r)
		if err != nil {
			writeProblem(w, a.answer(ctx.Context(), fmt.Errorf("authorise: %w", err)))
			return
		}
		next(huma.WithValue(ctx, callerKey{}, caller))
	}}
}

// mayGrant finds who asks for grants: by a minted token, by a credential of his own, or, where there is
// an approver, without one that is known here: then the approver says who he is.
func (a *Handler) mayGrant(ctx context.Context, r *http.Request) (Caller, error) {
	token, _ := Bearer(r)
	if strings.HasPrefix(token, mintedPrefix) {
		m, ok := openMinted(token, a.Signer.TokenKey, a.Signer.now())
		if !ok {
			return Caller{}, ErrUnauthenticated
		}
		return Caller{Owner: m.Owner, Profiles: m.Profiles, minted: &m}, nil
	}
	c, err := a.own(ctx, r)
	if errors.Is(err, ErrNoCredential) && a.Signer.Approver != nil {
		return Caller{Profiles: []string{"*"}}, nil
	}
	return c, err
}

// own finds who asks by a credential of his own. None of our tokens is one.
func (a *Handler) own(ctx context.Context, r *http.Request) (Caller, error) {
	token, _ := Bearer(r)
	if strings.HasPrefix(token, mintedPrefix) || strings.HasPrefix(token, tokenPrefix) {
		return Caller{}, ErrUnauthenticated
	}
	c, err := a.Authorizer.Authorize(ctx, r)
	if err == nil && c.Owner == "" {
		err = errors.New("the authorizer names no owner")
	}
	return c, err
}

// mayAsk lets the upload's token and its owner in; to all others the upload does not exist (SIG-14).
func (a *Handler) mayAsk(ctx context.Context, id, queryToken string) (owns func(owner string) bool, err error) {
	r := requestOf(ctx)
	token, fromHeader := Bearer(r)
	if !fromHeader {
		token = queryToken
	}
	switch {
	case strings.HasPrefix(token, tokenPrefix):
		if !opens(token, id, a.Signer.TokenKey, a.Signer.now()) {
			return nil, errNotFound
		}
		return func(string) bool { return true }, nil
	case strings.HasPrefix(token, mintedPrefix): // a right to ask for grants, and to nothing that is there
		return nil, errNotFound
	}
	caller, err := a.own(ctx, r)
	if err != nil {
		return nil, fmt.Errorf("authorise: %w", err)
	}
	if !airlock.UploadID(id) {
		return nil, errNotFound
	}
	return caller.owns, nil
}

var errNotFound = refuse("not_found", "there is no such upload, or it is not yours, or it was long ago")

// openUpload is the grant of an upload that the caller may act on and that goes on.
func (a *Handler) openUpload(ctx context.Context, id string) (airlock.Grant, error) {
	owns, err := a.mayAsk(ctx, id, "")
	if err != nil {
		return airlock.Grant{}, err
	}
	g, open, err := a.Store.Grant(ctx, id)
	if err != nil {
		return g, err
	}
	v, ended, err := a.Store.Last(ctx, id)
	switch {
	case err != nil:
		return g, err
	case ended && owns(v.Owner):
		return g, errClosed
	case !open || ended || !owns(g.Owner):
		return g, errNotFound
	case g.Cancelled:
		return g, errCancelled
	}
	return g, nil
}

var errCancelled = refuse("upload_closed", "the upload was cancelled")
