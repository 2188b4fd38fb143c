package signer_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"

	"airlock/signer"
)

// An approver may only narrow; whatever else he says lets nobody in.
func TestAnApproverNarrowsAndNeverWidens(t *testing.T) {
	s := newSite(t)
	for _, c := range []struct {
		name     string
		token    string
		approval signer.Approval
		err      error
		code     string
	}{
		{"as asked", "alice-token", signer.Approval{}, nil, ""},
		{"the same owner", "alice-token", signer.Approval{Owner: "alice", MaxBytes: 10, Types: []string{"image/png"}}, nil, ""},
		{"metadata of his own", "alice-token", signer.Approval{Metadata: map[string]string{"tenant": "7"}}, nil, ""},
		{"a stranger whom he knows", "a-session", signer.Approval{Owner: "carol"}, nil, ""},
		{"a stranger whom he does not name", "a-session", signer.Approval{}, nil, "unavailable"},
		{"another owner", "alice-token", signer.Approval{Owner: "bob"}, nil, "unavailable"},
		{"all owners", "a-session", signer.Approval{Owner: "*"}, nil, "unavailable"},
		{"fewer bytes", "alice-token", signer.Approval{MaxBytes: 9}, nil, "too_large"},
		{"other types", "alice-token", signer.Approval{Types: []string{"image/jpeg"}}, nil, "type_not_allowed"},
		{"bad metadata", "alice-token", signer.Approval{Metadata: map[string]string{"a": "\n"}}, nil, "unavailable"},
		{"no", "alice-token", signer.Approval{}, signer.Denied("not on Sundays"), "forbidden"},
		{"down", "alice-token", signer.Approval{}, errors.New("connection refused"), "unavailable"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var asked signer.Asked
			s.api.Signer.Approver = approver(func(a signer.Asked) (signer.Approval, error) { asked = a; return c.approval, c.err })
			a := s.callWith(t, "POST", "/v1/uploads", c.token, want(nil), http.Header{"X-Csrf-Token": {"7"}})
			if a.code() != c.code || (a.status == 201) != (c.code == "") {
				t.Fatalf("%d %s, want %q", a.status, a.body, c.code)
			}
			if c.name == "no" && !strings.Contains(a.body, "not on Sundays") {
				t.Errorf("%s", a.body)
			}
			if asked.Profile != "image" || asked.Size != 10 || asked.Method != "put" || asked.Header.Get("X-Csrf-Token") != "7" || asked.Owner != map[string]string{"alice-token": "alice"}[c.token] {
				t.Errorf("asked: %+v", asked)
			}
			if a.status != 201 {
				return
			}
			var up signer.Signed
			_ = json.Unmarshal([]byte(a.body), &up)
			g, _, err := s.store.Grant(t.Context(), up.ID)
			if err != nil || g.Owner == "" || c.approval.Owner != "" && g.Owner != c.approval.Owner || g.Metadata["tenant"] != c.approval.Metadata["tenant"] || !strings.Contains(string(g.Clean.Key), g.Owner) {
				t.Errorf("%+v %v", g, err)
			}
		})
	}
	for _, path := range []string{"/v1/tokens", "/v1/uploads"} { // an approver says who may upload, and nothing else
		if a := s.call(t, map[string]string{"/v1/tokens": "POST", "/v1/uploads": "GET"}[path], path, "a-session", ""); a.status != 401 {
			t.Errorf("%s: %d", path, a.status)
		}
	}
}

type approver func(signer.Asked) (signer.Approval, error)

func (f approver) Approve(_ context.Context, a signer.Asked) (signer.Approval, error) { return f(a) }

// A credential that is not valid is refused like none, whoever finds that out and whatever he says; what
// cannot be found out now lets nobody in.
func TestAllThatIsNotValidGetsOneAnswer(t *testing.T) {
	s := newSite(t)
	none := s.call(t, "POST", "/v1/uploads", "", want(nil))
	tokens := s.api.Authorizer
	for name, err := range map[string]error{
		"not known": signer.ErrNoCredential, "not valid": signer.ErrUnauthenticated, "not valid, with a reason": errors.Join(signer.ErrUnauthenticated, errors.New("kid k9")),
	} {
		s.api.Authorizer = signer.Authorizers{tokens, authorizer(func() (signer.Caller, error) { return signer.Caller{Owner: "x", Profiles: []string{"*"}}, err })}
		if a := s.call(t, "POST", "/v1/uploads", "a.b.c", want(nil)); a.status != 401 || a.body != none.body {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
		if a := s.call(t, "POST", "/v1/uploads", "alice-token", want(nil)); a.status != 201 {
			t.Errorf("%s: another's: %d %s", name, a.status, a.body)
		}
	}
	for name, f := range map[string]authorizer{
		"out of reach": func() (signer.Caller, error) {
			return signer.Caller{Owner: "x", Profiles: []string{"*"}}, errors.New("no route to host")
		},
		"of nobody": func() (signer.Caller, error) { return signer.Caller{Profiles: []string{"*"}}, nil },
	} {
		s.api.Authorizer = f
		for _, path := range []string{"/v1/uploads", "/v1/tokens"} {
			if a := s.call(t, "POST", path, "a.b.c", want(nil)); a.status != 503 || strings.Contains(a.body, "route") {
				t.Errorf("%s, %s: %d %s", name, path, a.status, a.body)
			}
		}
	}
	// A JWT that is not valid is not put to the approver: he might take it for checked.
	s.api.Signer.Approver = approver(func(signer.Asked) (signer.Approval, error) { return signer.Approval{Owner: "x"}, nil })
	s.api.Authorizer = authorizer(func() (signer.Caller, error) { return signer.Caller{}, signer.ErrUnauthenticated })
	if a := s.call(t, "POST", "/v1/uploads", "a.b.c", want(nil)); a.status != 401 || a.body != none.body {
		t.Errorf("with an approver: %d %s", a.status, a.body)
	}
}

type authorizer func() (signer.Caller, error)

func (f authorizer) Authorize(context.Context, *http.Request) (signer.Caller, error) { return f() }

func TestABodyMustBeSaidToBeJSON(t *testing.T) {
	s := newSite(t)
	for _, typ := range []string{"text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/json; charset", "application/jsonp", "text/plain; application/json"} {
		if a := s.callWith(t, "POST", "/v1/uploads", "alice-token", want(nil), http.Header{"Content-Type": {typ}}); a.status != 415 || a.code() != "request_invalid" {
			t.Errorf("%s: %d %s", typ, a.status, a.body)
		}
	}
	req, err := http.NewRequestWithContext(t.Context(), "POST", s.URL+"/v1/uploads", strings.NewReader(want(nil)))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer alice-token")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != 415 {
		t.Errorf("without a type: %d", resp.StatusCode)
	}
	if a := s.callWith(t, "POST", "/v1/uploads", "alice-token", want(nil), http.Header{"Content-Type": {"Application/JSON; charset=utf-8"}}); a.status != 201 {
		t.Errorf("%d %s", a.status, a.body)
	}
}
