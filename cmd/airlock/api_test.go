package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"airlock/signer/webhook"
)

// walks are the blocks of a page that follow a mark, as one script.
var walks = regexp.MustCompile("(?s)<!-- walk -->\n```sh\n(.*?)```")

const secret = "a secret that only the application shares"

// The whole of docs/api.md, by bash, curl and jq, against a signer that has every kind of credential.
func TestTheAPIPagesWalk(t *testing.T) {
	apiPage, err := os.ReadFile("../../docs/api.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, tool := range []string{"bash", "curl", "jq"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is not here; install it to run the walk of docs/api.md", tool)
		}
	}
	var script strings.Builder
	for _, block := range walks.FindAllStringSubmatch(string(apiPage), -1) {
		script.WriteString(block[1])
	}
	purge(t)
	issuer, jwt := startIssuer(t)
	api := start(t, "signer", "signer", "--listen", "127.0.0.1:0", "-c", everyCredential(t, issuer, startApplication(t))).says(`serves" address=`)
	v := start(t, "validator", "validator")
	v.says("the validator works")
	cmd := exec.Command("bash", "-euo", "pipefail", "-c", script.String())
	cmd.Dir = t.TempDir()
	cmd.Env = append(os.Environ(), "API=http://"+api, "TOKEN=alice-token", "BACKEND_TOKEN=backend-token", "JWT="+jwt)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	want := strings.TrimSpace(`
put 200
put is accepted
hello, airlock
post 201
post is accepted
part 1 200
part 2 200
part 3 200
multipart is accepted, 20000000 bytes
signed for 15 bytes
refused: type_not_allowed
one upload
cancel 204
note.txt accepted
note.txt accepted
long.txt accepted
0 rejected since
201 PUT
201 PUT
201 PUT
201 PUT
403 forbidden
201 PUT
201 PUT
403 forbidden`)
	if got := strings.TrimSpace(string(out)); got != want {
		t.Errorf("the walk printed\n%s\nwant\n%s", got, want)
	}
	v.stop()
}

// everyCredential is an airlock.yaml with static tokens, JWT and a webhook.
func everyCredential(t *testing.T, issuer, application string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"airlock.yaml": profilesYAML + "auth:\n  tokens_file: tokens\n  oidc: {issuer: " + issuer + ", audience: airlock}\n" +
			"  webhook: {url: " + application + "/may-upload, secret_file: secret, allow_private: true}\n",
		"tokens": hashOf("alice-token") + " alice media\n" + hashOf("backend-token") + " * *\n",
		"secret": secret + "\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "airlock.yaml")
}

// startIssuer is an identity provider, and a token of erin's.
func startIssuer(t *testing.T) (issuer, jwt string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	idp := httptest.NewServer(mux)
	t.Cleanup(idp.Close)
	answer := func(path string, v any) {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_ = json.NewEncoder(w).Encode(v)
		})
	}
	answer("/.well-known/openid-configuration", map[string]any{"issuer": idp.URL, "jwks_uri": idp.URL + "/keys", "id_token_signing_alg_values_supported": []string{"ES256"}})
	answer("/keys", jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: key.Public(), KeyID: "k1", Algorithm: "ES256", Use: "sig"}}})
	s, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: key, KeyID: "k1"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	claims, _ := json.Marshal(map[string]any{"iss": idp.URL, "aud": "airlock", "sub": "erin", "airlock_profiles": []string{"media"}, "exp": time.Now().Add(time.Hour).Unix()})
	signed, err := s.Sign(claims)
	if err == nil {
		jwt, err = signed.CompactSerialize()
	}
	if err != nil {
		t.Fatal(err)
	}
	return idp.URL, jwt
}

// startApplication answers the webhook: it knows dora's session, refuses mallory's, and has nothing
// against those whom the signer knows.
func startApplication(t *testing.T) string {
	t.Helper()
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			err = webhook.Verify([]byte(secret), r.Header.Get(webhook.SignatureHeader), body, time.Now())
		}
		var asked struct {
			Owner   *string
			Headers map[string]string
		}
		if err == nil {
			err = json.Unmarshal(body, &asked)
		}
		switch {
		case err != nil:
			http.Error(w, err.Error(), http.StatusUnauthorized)
		case asked.Owner != nil:
			fmt.Fprint(w, `{"allow":true}`)
		case asked.Headers["Cookie"] == "session=of-dora":
			fmt.Fprint(w, `{"allow":true,"owner":"dora"}`)
		default:
			fmt.Fprint(w, `{"allow":false,"detail":"who are you?"}`)
		}
	}))
	t.Cleanup(app.Close)
	return app.URL
}

func hashOf(token string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(token))) }
