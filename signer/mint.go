package signer

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
)

// A minted token is a short-lived right to ask for grants, that a backend makes for a client of its own
// (SECURITY TOK-1). All of it is in the token, sealed by HMAC-SHA256; only how often it was used is
// kept, and only where it is limited.
type minted struct {
	ID         string   `json:"i"`
	Owner      string   `json:"o"`
	Profiles   []string `json:"p"`
	Expires    int64    `json:"e"` // Unix seconds
	MaxUploads int64    `json:"n,omitempty"`
}

const mintedPrefix = "airlock_mt1_"

// The life of a minted token.
const (
	mintedExpires    = 15 * time.Minute
	mostMintedLife   = 24 * time.Hour
	mostMintedGrants = 1_000_000
)

func (m minted) end() time.Time { return time.Unix(m.Expires, 0) }

func (m minted) seal(key []byte) string {
	body, err := json.Marshal(m)
	if err != nil {
		panic(err) // strings and numbers only: cannot fail
	}
	return mintedPrefix + seal(key, mintedPurpose, body)
}

// openMinted reads a token that [minted.seal] made and that is valid at now.
func openMinted(token string, key []byte, now time.Time) (m minted, ok bool) {
	sealed, ok := strings.CutPrefix(token, mintedPrefix)
	if !ok {
		return m, false
	}
	body, ok := unseal(key, mintedPurpose, sealed)
	if !ok || json.Unmarshal(body, &m) != nil {
		return minted{}, false
	}
	return m, now.Before(m.end())
}

// mintRequest is what a backend asks for.
type mintRequest struct {
	Profiles   []string `json:"profiles" nullable:"false" doc:"Which profiles; each must be the caller's too" minItems:"1" maxItems:"32" example:"[\"image\"]"`
	Owner      *string  `json:"owner,omitempty" doc:"Whose uploads they will be; needed if the caller's own owner is *" example:"u-17"`
	Expires    string   `json:"expires,omitempty" doc:"How long it is valid: 1s to 24h, 15m by default" example:"15m"`
	MaxUploads int64    `json:"max_uploads,omitempty" doc:"How many grants it is good for; as many as the quota allows by default" minimum:"0" maximum:"1000000" example:"20"`
}

type mintedAnswer struct {
	Token     string    `json:"token" doc:"Send it as Authorization: Bearer. A secret" example:"airlock_mt1_..."`
	Path      string    `json:"path" doc:"Stands before /v1/uploads, for clients that can set no header. A secret" example:"/u/airlock_mt1_..."`
	ExpiresAt time.Time `json:"expires_at"`
}

// mint checks that c may give away what req asks for.
func (s *Signer) mint(c Caller, req mintRequest) (minted, error) {
	m := minted{ID: uuid.NewString(), Owner: c.Owner, Profiles: req.Profiles, MaxUploads: req.MaxUploads}
	for i, p := range req.Profiles {
		switch _, known := s.Profiles[p]; {
		case !c.mayUse(p) && p != "*", p == "*" && !slices.Contains(c.Profiles, "*"):
			return m, refuse("forbidden", "these credentials may not upload to this profile")
		case p != "*" && !known:
			return m, refuse("profile_unknown", "there is no profile %.40q", p)
		case slices.Contains(req.Profiles[:i], p):
			return m, refuse("request_invalid", "profile %.40q stands twice", p)
		}
	}
	switch {
	case req.Owner != nil && !c.owns(*req.Owner):
		return m, refuse("forbidden", "these credentials may not act for another owner")
	case req.Owner != nil:
		m.Owner = *req.Owner
	case c.Owner == "*":
		return m, refuse("request_invalid", "these credentials act for others: say for whom in owner")
	}
	if !OwnerName(m.Owner) {
		return m, refuse("request_invalid", "owner must be 1 to 255 bytes of printable text, and not *")
	}
	if req.MaxUploads < 0 || req.MaxUploads > mostMintedGrants {
		return m, refuse("request_invalid", "max_uploads must be 1 to %d, or be left out", mostMintedGrants)
	}
	life := mintedExpires
	if req.Expires != "" {
		var err error
		if life, err = time.ParseDuration(req.Expires); err != nil || life < time.Second || life > mostMintedLife {
			return m, refuse("request_invalid", "expires must be a duration from 1s to 24h, such as 15m")
		}
	}
	m.Expires = s.now().Add(life).Unix()
	return m, nil
}

type mintInput struct{ Body mintRequest }

type mintOutput struct{ Body mintedAnswer }

func (a *Handler) mint(ctx context.Context, in *mintInput) (*mintOutput, error) {
	m, err := a.Signer.mint(callerOf(ctx), in.Body)
	if err != nil {
		return nil, a.answer(ctx, err)
	}
	token := m.seal(a.Signer.TokenKey)
	a.log.InfoContext(ctx, "minted a token", "token", m.ID, "owner", m.Owner, "profiles", m.Profiles, "expires", m.end().UTC())
	return &mintOutput{mintedAnswer{Token: token, Path: a.path + "/u/" + token, ExpiresAt: m.end().UTC()}}, nil
}

// use counts one more grant by a minted token, if it is limited. unuse takes that back.
func (a *Handler) use(ctx context.Context, m *minted) error {
	if m == nil || m.MaxUploads == 0 {
		return nil
	}
	ok, err := a.Store.Take(ctx, "token\x00"+m.ID, 1, m.MaxUploads, m.end())
	if err == nil && !ok {
		err = refuse("forbidden", "this token was good for %d uploads, and they are used up", m.MaxUploads)
	}
	return err
}

func (a *Handler) unuse(ctx context.Context, m *minted) {
	if m != nil && m.MaxUploads > 0 {
		_, _ = a.Store.Take(context.WithoutCancel(ctx), "token\x00"+m.ID, -1, m.MaxUploads, m.end())
	}
}
