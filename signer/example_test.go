package signer_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"airlock/events"
	"airlock/infra/devstack"
	"airlock/signer"
	"airlock/signer/parts"
	"airlock/signer/presign"
)

// sessions is an Authorizer of the application's own: whoever has a session is its user.
type sessions map[string]string

func (s sessions) Authorize(_ context.Context, r *http.Request) (signer.Caller, error) {
	cookie, err := r.Cookie("session")
	if err != nil || s[cookie.Value] == "" {
		return signer.Caller{}, signer.ErrNoCredential
	}
	return signer.Caller{Owner: s[cookie.Value], Profiles: []string{"image"}}, nil
}

// The signer in an application's own server, below /files, for the users that the application knows.
func ExampleHandler() {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	store, err := events.Open(ctx, stack.NATS, devstack.QuarantineBucket)
	if err != nil {
		panic(err)
	}
	files := &signer.Handler{
		Signer: &signer.Signer{
			Profiles: profiles, Quarantine: devstack.Quarantine, Clean: devstack.Clean, Grants: store, TokenKey: signer.NewTokenKey(),
			Presign: &presign.S3{Config: creds, Endpoint: stack.S3Endpoint, PathStyle: true}, Multipart: parts.New(creds, true),
		},
		Store: store, Authorizer: sessions{"s-1": "alice"}, Path: "/files",
	}
	go files.Run(ctx)
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "the application") })
	mux.Handle("/files/", files)
	server := httptest.NewServer(mux)
	defer server.Close()

	req, _ := http.NewRequestWithContext(ctx, "POST", server.URL+"/files/v1/uploads",
		strings.NewReader(`{"profile":"image","filename":"cat.png","content_type":"image/png","size":48213}`))
	req.Header.Set("Content-Type", "application/json")
	req.AddCookie(&http.Cookie{Name: "session", Value: "s-1"})
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		panic(err)
	}
	defer resp.Body.Close()
	var signed signer.Signed
	_ = json.NewDecoder(resp.Body).Decode(&signed)
	fmt.Println(resp.StatusCode, signed.Method, signed.Headers, strings.HasPrefix(signed.StatusURL, "/files/v1/uploads/"))
	// Output: 201 PUT map[Content-Type:image/png If-None-Match:*] true
}
