package signer_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"airlock"
	"airlock/events"
	"airlock/infra/devstack"
	"airlock/infra/devstack/stacktest"
	"airlock/signer"
	"airlock/signer/parts"
	"airlock/signer/presign"
)

// site is a signer over the real stack, with three callers.
type site struct {
	*httptest.Server
	api   *signer.Handler
	store *events.Store
	log   *safeBuffer

	describing sync.Once
	document   *openapi
}

var (
	stack *devstack.Stack
	creds aws.Config
)

func TestMain(m *testing.M) {
	os.Exit(stacktest.Main(m, devstack.Config{}, func(s *devstack.Stack) error {
		stack, creds = s, s.S3Config(devstack.Signer, 16)
		return nil
	}))
}

var profiles = map[string]airlock.Profile{
	"media": airlock.Profile{Name: "media", Types: []string{"image/png", "video/mp4"}, MaxBytes: 1 << 50, Methods: []airlock.Method{"put", "post", "multipart"},
		Serve: airlock.Serve{Disposition: "inline"}}.WithDefaults(),
	"image":    airlock.Profile{Name: "image", Types: []string{"image/png", "image/jpeg"}, MaxBytes: 1 << 20, Clean: airlock.Clean{Key: "{owner}/{id}.{ext}"}}.WithDefaults(),
	"text":     airlock.Profile{Name: "text", Types: []string{"text/plain"}, MaxBytes: 100, Methods: []airlock.Method{"put", "post"}}.WithDefaults(),
	"document": airlock.Profile{Name: "document", Types: []string{"application/pdf"}, MaxBytes: 1 << 20}.WithDefaults(),
}

func hash(token string) [32]byte { return sha256.Sum256([]byte(token)) }

func newSite(t *testing.T) *site {
	t.Helper()
	return newSiteWith(t, func(*signer.Handler) {})
}

// newSiteWith is one whose handler is changed before it serves.
func newSiteWith(t *testing.T, change func(h *signer.Handler)) *site {
	t.Helper()
	store, err := events.Open(t.Context(), stack.NATS, devstack.QuarantineBucket)
	if err != nil {
		t.Fatal(err)
	}
	s := &site{store: store, log: &safeBuffer{}}
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	s.api = &signer.Handler{
		Signer: &signer.Signer{
			Profiles: profiles, Quarantine: devstack.Quarantine, Clean: devstack.Clean, Grants: store, TokenKey: signer.NewTokenKey(),
			Presign:   &presign.S3{Config: creds, Endpoint: stack.S3Endpoint, PathStyle: true},
			Multipart: parts.New(creds, true),
		},
		Store: store, DemoPage: true, Log: slog.New(slog.NewTextHandler(s.log, nil)),
		Authorizer: signer.Tokens{
			hash("alice-token"):   {Owner: "alice", Profiles: []string{"image", "text", "media"}},
			hash("bob-token"):     {Owner: "bob", Profiles: []string{"*"}},
			hash("backend-token"): {Owner: "*", Profiles: []string{"*"}},
		},
	}
	change(s.api)
	running.Go(func() { s.api.Run(ctx) })
	s.Server = httptest.NewServer(s.api)
	fetch(t, s.URL+s.api.Path+"/livez") // built, before a test changes something
	t.Cleanup(func() { s.Close(); stop(); running.Wait() })
	return s
}

// asIs follows no redirect: a download's is an answer.
var asIs = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

type answer struct {
	status int
	header http.Header
	body   string
}

func (a answer) code() string {
	var p signer.Problem
	_ = json.Unmarshal([]byte(a.body), &p)
	return p.Code
}

func (s *site) call(t *testing.T, method, path, token, body string) answer {
	t.Helper()
	return s.callWith(t, method, path, token, body, nil)
}

func (s *site) callWith(t *testing.T, method, path, token, body string, header http.Header) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	maps.Copy(req.Header, header)
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	if method == "POST" && req.Header.Get("Content-Type") == "" {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := asIs.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	a := answer{resp.StatusCode, resp.Header, string(text)}
	s.conforms(t, method, path, a)
	return a
}

// want is the request that is good; change makes it another.
func want(change func(r map[string]any)) string {
	r := map[string]any{"profile": "image", "filename": "cat.png", "content_type": "image/png", "size": 10}
	if change != nil {
		change(r)
	}
	b, _ := json.Marshal(r)
	return string(b)
}

func (s *site) signed(t *testing.T, change func(r map[string]any)) signer.Signed {
	t.Helper()
	a := s.call(t, "POST", "/v1/uploads", "alice-token", want(change))
	var out signer.Signed
	if err := json.Unmarshal([]byte(a.body), &out); err != nil || a.status != http.StatusCreated {
		t.Fatalf("%d %s", a.status, a.body)
	}
	return out
}

// put sends data as signed, after change, and returns S3's status.
func put(t *testing.T, s signer.Signed, data []byte, change func(r *http.Request)) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), "PUT", s.URL, bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range s.Headers {
		req.Header.Set(k, v)
	}
	if change != nil {
		change(req)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode
}

// putClean puts what the validator would have promoted.
func (s *site) putClean(t *testing.T, key, text string) {
	t.Helper()
	root := s3.NewFromConfig(stack.S3Config(devstack.Root, 4), func(o *s3.Options) { o.UsePathStyle = true })
	if _, err := root.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("airlock-clean"), Key: &key, Body: strings.NewReader(text)}); err != nil {
		t.Fatal(err)
	}
}

func fetch(t *testing.T, url string) (string, http.Header) {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != 200 {
		t.Fatalf("%d %v %s", resp.StatusCode, err, text)
	}
	return string(text), resp.Header
}

func sha(data []byte) string {
	sum := sha256.Sum256(data)
	return base64.StdEncoding.EncodeToString(sum[:])
}

// SECURITY: what a client may change of a presigned PUT, row by row.
func TestWhatIsSignedCannotBeChanged(t *testing.T) {
	s := newSite(t)
	data := []byte("0123456789")
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	for _, c := range []struct {
		name   string
		data   []byte
		change func(*http.Request)
		want   int
	}{
		{"as signed", data, nil, 200},
		{"one byte more", append(bytes.Clone(data), '!'), nil, 403},
		{"one byte less", data[:9], nil, 403},
		{"other bytes of the same length", []byte("abcdefghij"), nil, 400}, // the signed checksum
		{"another type", data, header("Content-Type", "text/html"), 403},
		{"no type", data, func(r *http.Request) { r.Header.Del("Content-Type") }, 403},
		{"no If-None-Match", data, func(r *http.Request) { r.Header.Del("If-None-Match") }, 403},
		{"another If-None-Match", data, header("If-None-Match", `"etag"`), 403},
		{"no checksum", data, func(r *http.Request) { r.Header.Del("x-amz-checksum-sha256") }, 403},
		{"another checksum", []byte("abcdefghij"), header("x-amz-checksum-sha256", sha([]byte("abcdefghij"))), 403},
		// These S3 takes and stores; promotion drops them all (SECURITY VAL-8).
		{"Cache-Control", data, header("Cache-Control", "public"), 200},
		{"Content-Disposition", data, header("Content-Disposition", "inline"), 200},
		{"Content-Encoding", data, header("Content-Encoding", "gzip"), 200},
		{"Content-Language", data, header("Content-Language", "tlh"), 200},
		{"Expires", data, header("Expires", "Thu, 01 Dec 2994 16:00:00 GMT"), 200},
		{"metadata", data, header("x-amz-meta-evil", "1"), 403},
		{"another storage class", data, header("x-amz-storage-class", "GLACIER"), 403},
		{"a key of his own", data, header("x-amz-server-side-encryption-customer-algorithm", "AES256"), 403},
		{"an ACL", data, header("x-amz-acl", "public-read"), 403},
		{"tags", data, header("x-amz-tagging", "a=b"), 403},
		{"a redirect", data, header("x-amz-website-redirect-location", "http://127.0.0.1/"), 403},
		{"another key", data, func(r *http.Request) {
			r.URL.Path = strings.Replace(r.URL.Path, "quarantine/image", "quarantine/text", 1)
		}, 403},
		{"the clean zone", data, func(r *http.Request) {
			r.URL.Path = strings.Replace(r.URL.Path, "airlock-quarantine/quarantine", "airlock-clean/clean", 1)
		}, 403},
		{"a longer life", data, func(r *http.Request) {
			r.URL.RawQuery = strings.Replace(r.URL.RawQuery, "X-Amz-Expires=300", "X-Amz-Expires=3600", 1)
		}, 403},
		{"a read", nil, func(r *http.Request) { r.Method = "GET" }, 403},
		{"a deletion", nil, func(r *http.Request) { r.Method = "DELETE" }, 403},
	} {
		t.Run(c.name, func(t *testing.T) {
			signed := s.signed(t, func(r map[string]any) { r["checksum_sha256"] = sha(data) })
			if got := put(t, signed, c.data, c.change); got != c.want {
				t.Errorf("S3 answers %d, want %d", got, c.want)
			}
			if c.want == 200 {
				if got := put(t, signed, c.data, nil); got != 412 {
					t.Errorf("a second PUT: %d, want 412", got)
				}
			}
		})
	}
}

func TestTheSignedHeadersAreThoseThatCORSAllows(t *testing.T) {
	s := newSite(t)
	signed := s.signed(t, func(r map[string]any) { r["checksum_sha256"] = sha([]byte("0123456789")) })
	_, list, _ := strings.Cut(signed.URL, "X-Amz-SignedHeaders=")
	list, _, _ = strings.Cut(list, "&")
	if list != "content-length%3Bcontent-type%3Bhost%3Bif-none-match%3Bx-amz-checksum-sha256" {
		t.Errorf("signed: %s", list)
	}
	if len(signed.Headers) != len(presign.SignedHeaders) {
		t.Errorf("to send: %v, allowed: %v", signed.Headers, presign.SignedHeaders)
	}
	req, _ := http.NewRequestWithContext(t.Context(), "OPTIONS", signed.URL, nil)
	req.Header.Set("Origin", "https://app.example")
	req.Header.Set("Access-Control-Request-Method", "PUT")
	req.Header.Set("Access-Control-Request-Headers", strings.ToLower(strings.Join(presign.SignedHeaders, ",")))
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != 200 || resp.Header.Get("Access-Control-Allow-Origin") == "" {
		t.Errorf("preflight: %d %v", resp.StatusCode, resp.Header)
	}
}

// What goes wrong with NATS is the signer's to know: nothing is promised, and nothing leaks.
func TestWithoutItsStoreTheSignerPromisesNothing(t *testing.T) {
	s := newSite(t)
	s.api.Signer.Grants = brokenGrants{}
	a := s.call(t, "POST", "/v1/uploads", "alice-token", want(nil))
	if a.status != 503 || a.code() != "unavailable" || strings.Contains(a.body, "X-Amz") || strings.Contains(a.body, "nats") {
		t.Errorf("%d %s", a.status, a.body)
	}
	if log := s.log.String(); !strings.Contains(log, "broken pipe") || strings.Contains(log, "X-Amz-Signature") {
		t.Errorf("log: %s", log)
	}
}

// brokenGrants stands for a NATS that goes away between two requests of one test.
type brokenGrants struct{}

func (brokenGrants) CreateGrant(context.Context, airlock.Grant) error {
	return fmt.Errorf("%w: %w", events.ErrUnavailable, errors.New("broken pipe"))
}

type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}
