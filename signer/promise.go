package signer

import (
	"context"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"airlock"
)

// ask is a request with what came beside its body.
type ask struct {
	Request
	caller      Caller
	header      http.Header
	traceparent string
}

// promise is what the caller may have, by every rule of SECURITY that needs no S3 and by the
// approver's word.
func (s *Signer) promise(ctx context.Context, a ask) (airlock.Grant, error) {
	p, owner, err := s.authorise(a.caller, a.Request)
	if err != nil {
		return airlock.Grant{}, err
	}
	g, err := s.grant(p, owner, a)
	if err != nil {
		return airlock.Grant{}, err
	}
	if s.Approver != nil {
		if err := s.approve(ctx, &g, a.header); err != nil {
			return airlock.Grant{}, err
		}
	}
	if !OwnerName(g.Owner) {
		return airlock.Grant{}, errors.New("nobody says whose upload it is")
	}
	return g, nil
}

// authorise finds the profile and the owner that c may use. To a caller who may not use all
// profiles, one that does not exist looks like one that is not his (SIG-14). The owner is "" where
// only the approver can tell it.
func (s *Signer) authorise(c Caller, req Request) (airlock.Profile, string, error) {
	if !c.mayUse(req.Profile) {
		return airlock.Profile{}, "", refuse("forbidden", "these credentials may not upload to this profile")
	}
	p, ok := s.Profiles[req.Profile]
	if !ok {
		return p, "", refuse("profile_unknown", "there is no profile %.40q", req.Profile)
	}
	owner := c.Owner
	switch {
	case req.Owner == nil && owner == "*":
		return p, "", refuse("request_invalid", "these credentials act for others: say for whom in owner")
	case req.Owner == nil:
		return p, owner, nil
	case !c.owns(*req.Owner):
		return p, "", refuse("forbidden", "these credentials may not act for another owner")
	case !OwnerName(*req.Owner):
		return p, "", refuse("request_invalid", "owner must be 1 to 255 bytes of printable text, and not *")
	}
	return p, *req.Owner, nil
}

// OwnerName tells whether s may own uploads: 1 to 255 bytes of printable text. "*" would act for
// everybody; U+FFFD stands where bytes were no UTF-8, and would make one owner of two.
func OwnerName(s string) bool {
	odd := func(r rune) bool { return r == utf8.RuneError || !unicode.IsPrint(r) }
	return s != "" && len(s) <= 255 && s != "*" && !strings.ContainsFunc(s, odd)
}

// approve asks the approver and narrows g to what he allows. What widens it is his fault, not the
// client's.
func (s *Signer) approve(ctx context.Context, g *airlock.Grant, header http.Header) error {
	said, err := s.Approver.Approve(ctx, Asked{
		Profile: g.Profile, Owner: g.Owner, Filename: g.Filename, ContentType: g.ContentType, Size: g.Size,
		Method: g.Method, Metadata: g.Metadata, Header: header,
	})
	var denied Denied
	switch {
	case errors.As(err, &denied):
		return refuse("forbidden", "%s", string(denied))
	case err != nil:
		return fmt.Errorf("approve: %w", err)
	case g.Owner != "" && said.Owner != "" && said.Owner != g.Owner:
		return fmt.Errorf("approve: it names owner %.40q, but the caller is %.40q", said.Owner, g.Owner)
	case said.MaxBytes < 0:
		return errors.New("approve: max_bytes is negative")
	case said.MaxBytes > 0 && g.Size > said.MaxBytes:
		return refuse("too_large", "%d bytes are more than the %d that this caller may upload", g.Size, said.MaxBytes)
	case len(said.Types) > 0 && !slices.Contains(said.Types, bareType(g.ContentType)):
		return refuse("type_not_allowed", "this caller may not upload %s", bareType(g.ContentType))
	}
	if g.Owner == "" {
		g.Owner = said.Owner
	}
	if said.MaxBytes > 0 && g.Size == 0 {
		g.MaxBytes = min(g.MaxBytes, said.MaxBytes)
	}
	if said.Metadata != nil {
		if err := checkMetadata(said.Metadata); err != nil {
			return errors.New("approve: its metadata is not allowed")
		}
		g.Metadata = said.Metadata
	}
	return nil
}

func bareType(canonical string) string {
	bare, _, _ := mime.ParseMediaType(canonical)
	return bare
}
