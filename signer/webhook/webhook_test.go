package webhook

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"airlock/internal/pace"
	"airlock/signer"
)

var secret = []byte("0123456789abcdef")

// hookTo asks a local server; what it logs goes into the buffer.
func hookTo(t *testing.T, url string, change func(*Options)) (*Hook, *bytes.Buffer) {
	t.Helper()
	var log bytes.Buffer
	o := Options{URL: url, Secret: secret, AllowPrivate: true, Log: slog.New(slog.NewTextHandler(&log, nil)), Timeout: maxTimeout}
	if change != nil {
		change(&o)
	}
	h, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.client.CloseIdleConnections)
	return h, &log
}

func serve(t *testing.T, f http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(f)
	t.Cleanup(s.Close)
	return s.URL
}

func answering(t *testing.T, text string) string {
	t.Helper()
	return serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, text) })
}

var alice = signer.Asked{
	Profile: "image", Owner: "alice", Filename: "cat \"1\" <é>.png", ContentType: "image/png", Size: 48213, Method: "put",
	Metadata: map[string]string{"album": "7"},
	Header: http.Header{
		"Authorization": {"Bearer hush"}, "Cookie": {"a=1", "b=2"}, "X-Csrf-Token": {"t"}, "X-Internal": {"not for others"}, "Accept": {"*/*"},
	},
}

// The question, as the application gets it: this is a contract.
func TestTheQuestion(t *testing.T) {
	var body []byte
	var header http.Header
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ = io.ReadAll(r.Body)
		header = r.Header
		_, _ = io.WriteString(w, `{"allow":true,"owner":"alice"}`)
	})
	h, _ := hookTo(t, url+"/may?key=k", nil)
	now := time.Unix(1_800_000_000, 0)
	h.now = func() time.Time { return now }
	for want, asked := range map[string]signer.Asked{
		`{"profile":"image","owner":"alice","filename":"cat \"1\" <é>.png","content_type":"image/png","size":48213,"method":"put",` +
			`"metadata":{"album":"7"},"headers":{"Authorization":"Bearer hush","Cookie":"a=1, b=2","X-CSRF-Token":"t"}}`: alice,
		`{"profile":"text","owner":null,"filename":"a","content_type":"text/plain","size":null,"method":"post","metadata":{},"headers":{}}`: {
			Profile: "text", Filename: "a", ContentType: "text/plain", Method: "post",
		},
	} {
		if _, err := h.Approve(t.Context(), asked); err != nil {
			t.Fatal(err)
		}
		var got, wanted any
		if json.Unmarshal(body, &got) != nil || json.Unmarshal([]byte(want), &wanted) != nil || !cmp.Equal(got, wanted) {
			t.Errorf("got  %s\nwant %s", body, want)
		}
		if err := Verify(secret, header.Get("Airlock-Signature"), body, now); err != nil {
			t.Error(err)
		}
		if header.Get("Content-Type") != "application/json" || header.Get("X-Internal")+header.Get("Cookie")+header.Get("Authorization") != "" || header.Values("Idempotency-Key") != nil {
			t.Errorf("headers: %v", header)
		}
	}
}

func TestOnlyListedHeadersAreHandedOn(t *testing.T) {
	for _, c := range []struct{ list, want []string }{
		{[]string{"x-internal"}, []string{"x-internal"}},
		{[]string{}, nil},
	} {
		var q question
		url := serve(t, func(w http.ResponseWriter, r *http.Request) {
			_ = json.NewDecoder(r.Body).Decode(&q)
			_, _ = io.WriteString(w, `{"allow":true}`)
		})
		h, _ := hookTo(t, url, func(o *Options) { o.Headers = c.list })
		if _, err := h.Approve(t.Context(), alice); err != nil {
			t.Fatal(err)
		}
		if len(q.Headers) != len(c.want) || len(c.want) > 0 && q.Headers[c.want[0]] != "not for others" {
			t.Errorf("%v: got %v", c.list, q.Headers)
		}
	}
}

func TestYes(t *testing.T) {
	for text, want := range map[string]signer.Approval{
		`{"allow":true}`: {},
		`{"allow":true,"owner":null,"max_bytes":null,"x":[1]}`: {},
		`{"allow":true,"owner":""}`:                            {},
		`{"allow":true,"owner":"alice"}`:                       {Owner: "alice"},
		`{"allow":true,"max_bytes":1000}`:                      {MaxBytes: 1000},
		`{"allow":true,"types":["image/png"]}`:                 {Types: []string{"image/png"}},
		`{"allow":true,"types":null,"metadata":null}`:          {},
		`{"allow":true,"metadata":{"room":"5"}}`:               {Metadata: map[string]string{"room": "5"}},
		`{"allow":true,"metadata":{}}`:                         {Metadata: map[string]string{}},
		`{"allow":true,"detail":"fine"}` + "\n":                {},
	} {
		h, log := hookTo(t, answering(t, text), nil)
		got, err := h.Approve(t.Context(), alice)
		if diff := cmp.Diff(want, got); err != nil || diff != "" || log.Len() > 0 {
			t.Errorf("%s: %v\n%s%s", text, err, diff, log)
		}
	}
	h, _ := hookTo(t, answering(t, `{"allow":true,"owner":"bob@example.org"}`), nil)
	if got, err := h.Approve(t.Context(), signer.Asked{Profile: "image"}); err != nil || got.Owner != "bob@example.org" {
		t.Errorf("an owner that only the application knows: %+v, %v", got, err)
	}
}

func TestNo(t *testing.T) {
	for text, want := range map[string]string{
		`{"allow":false}`: defaultDetail,
		`{"allow":false,"detail":"your plan ends here"}`:               "your plan ends here",
		`{"allow":false,"owner":"*","max_bytes":-1}`:                   defaultDetail,
		`{"allow":false,"detail":"a\u0000\u001b[31mb\n\u202ec\td "}`:   "a[31mb c d",
		`{"allow":false,"detail":"\n"}`:                                defaultDetail,
		`{"allow":false,"detail":"` + strings.Repeat("ä", 150) + `"}`:  strings.Repeat("ä", 100),
		`{"allow":false,"detail":"x` + strings.Repeat("ä", 150) + `"}`: "x" + strings.Repeat("ä", 99),
	} {
		h, log := hookTo(t, answering(t, text), nil)
		_, err := h.Approve(t.Context(), alice)
		var denied signer.Denied
		if !errors.As(err, &denied) || string(denied) != want || log.Len() > 0 {
			t.Errorf("%s: got %q, want %q\n%s", text, err, want, log)
		}
	}
}

// What is no answer lets nobody in, and is one line in the log, without secrets.
func TestWhatIsNoAnswer(t *testing.T) {
	status := func(code int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code); _, _ = io.WriteString(w, body) }
	}
	text := func(s string) http.HandlerFunc { return status(http.StatusOK, s) }
	redirected := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		t.Error("a redirect was followed")
		_, _ = io.WriteString(w, `{"allow":true}`)
	})
	for name, c := range map[string]struct {
		f     http.HandlerFunc
		asked signer.Asked
		want  string
	}{
		"500":           {status(500, `{"allow":true}`), alice, "status 500"},
		"201":           {status(201, `{"allow":true}`), alice, "status 201"},
		"403":           {status(403, `{"allow":false}`), alice, "status 403"},
		"redirect":      {http.RedirectHandler(redirected, http.StatusTemporaryRedirect).ServeHTTP, alice, "redirects are not followed"},
		"not JSON":      {text("<html>"), alice, "not understood"},
		"two values":    {text(`{"allow":true}{"allow":false}`), alice, "not understood"},
		"nothing":       {text(""), alice, "not understood"},
		"null":          {text("null"), alice, "does not say allow"},
		"a list":        {text(`[{"allow":true}]`), alice, "not understood"},
		"no allow":      {text(`{"owner":"alice"}`), alice, "does not say allow"},
		"allow null":    {text(`{"allow":null}`), alice, "does not say allow"},
		"allow as text": {text(`{"allow":"true"}`), alice, "not understood"},
		"allow 1":       {text(`{"allow":1}`), alice, "not understood"},
		"no owner":      {text(`{"allow":true}`), signer.Asked{}, "names no owner"},
		"empty owner":   {text(`{"allow":true,"owner":""}`), signer.Asked{}, "names no owner"},
		"owner *":       {text(`{"allow":true,"owner":"*"}`), signer.Asked{}, "and not *"},
		"odd owner":     {text(`{"allow":true,"owner":"a\nb"}`), signer.Asked{}, "printable"},
		"long owner":    {text(`{"allow":true,"owner":"` + strings.Repeat("x", 256) + `"}`), signer.Asked{}, "255 bytes"},
		"another owner": {text(`{"allow":true,"owner":"bob"}`), alice, `is not`},
		"no bytes":      {text(`{"allow":true,"max_bytes":0}`), alice, "max_bytes is 0"},
		"minus":         {text(`{"allow":true,"max_bytes":-5}`), alice, "max_bytes is -5"},
		"half a byte":   {text(`{"allow":true,"max_bytes":1.5}`), alice, "not understood"},
		"no types":      {text(`{"allow":true,"types":[]}`), alice, "types are none"},
		"metadata":      {text(`{"allow":true,"metadata":{"a":1}}`), alice, "not understood"},
		"65 KiB":        {text(`{"allow":true,"x":"` + strings.Repeat("x", 65<<10) + `"}`), alice, "larger than"},
		"hangs up":      {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, alice, "EOF"},
		"cut short": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "99")
			_, _ = io.WriteString(w, `{"allow":true}`)
		}, alice, "EOF"},
	} {
		h, log := hookTo(t, serve(t, c.f)+"/may?key=hush", nil)
		got, err := h.Approve(t.Context(), c.asked)
		wantNoAnswer(t, name, got, err, log, c.want)
	}
}

func wantNoAnswer(t *testing.T, name string, got signer.Approval, err error, log *bytes.Buffer, want string) {
	t.Helper()
	var denied signer.Denied
	if err == nil || errors.As(err, &denied) || !strings.Contains(err.Error(), want) || !cmp.Equal(got, signer.Approval{}) {
		t.Errorf("%s: got %+v, %v; want %q", name, got, err, want)
	}
	line := log.String()
	if strings.Count(line, "\n") != 1 || !strings.Contains(line, "level=ERROR") || !strings.Contains(line, "host=") {
		t.Errorf("%s: want one line:\n%s", name, line)
	}
	for _, hush := range []string{"hush", string(secret), "a=1"} {
		if strings.Contains(line+err.Error(), hush) {
			t.Errorf("%s: %q is told in %s or %v", name, hush, line, err)
		}
	}
}

// hang keeps the client waiting until it goes, which a server sees only once it has read the body.
func hang(r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	<-r.Context().Done()
}

func TestASlowApplication(t *testing.T) {
	slow := serve(t, func(_ http.ResponseWriter, r *http.Request) { hang(r) })
	body := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, `{"allow":true`)
		w.(http.Flusher).Flush()
		hang(r)
	})
	for name, url := range map[string]string{"no answer": slow, "half an answer": body} {
		h, log := hookTo(t, url+"?key=hush", func(o *Options) { o.Timeout = 100 * time.Millisecond })
		start := time.Now()
		got, err := h.Approve(t.Context(), alice)
		wantNoAnswer(t, name, got, err, log, "no answer within 100ms")
		if took := time.Since(start); took > pace.Scaled(2*time.Second) {
			t.Errorf("%s: took %s", name, took)
		}
	}
}

func TestNobodyListens(t *testing.T) {
	s := httptest.NewServer(nil)
	s.Close()
	h, log := hookTo(t, s.URL+"?key=hush", nil)
	got, err := h.Approve(t.Context(), alice)
	wantNoAnswer(t, "down", got, err, log, "refused")
}

// A client that hangs up is no fault of the application, and no line for the person on call.
func TestAClientThatHangsUp(t *testing.T) {
	ctx, hangUp := context.WithCancel(t.Context())
	h, log := hookTo(t, serve(t, func(_ http.ResponseWriter, r *http.Request) { hangUp(); hang(r) }), nil)
	if _, err := h.Approve(ctx, alice); !errors.Is(err, context.Canceled) || log.Len() > 0 {
		t.Errorf("got %v\n%s", err, log)
	}
}

// A connection that was closed while idle is no outage: the question is put again.
func TestAnIdleConnectionThatWasClosed(t *testing.T) {
	var n atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if n.Add(1) == 2 {
			panic(http.ErrAbortHandler) // reads the question on a kept connection, and goes
		}
		_, _ = io.WriteString(w, `{"allow":true}`)
	}))
	defer s.Close()
	h, _ := hookTo(t, s.URL, nil)
	for range 2 {
		if _, err := h.Approve(t.Context(), alice); err != nil {
			t.Error(err)
		}
	}
	if n.Load() != 3 {
		t.Errorf("asked %d times", n.Load())
	}
}

// The address comes from the resolver, the name in the certificate stays the host's.
func TestTLSNamesTheHost(t *testing.T) {
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprintf(w, `{"allow":true,"metadata":{"sni":%q,"host":%q}}`, r.TLS.ServerName, r.Host)
	}))
	defer s.Close()
	_, port, _ := net.SplitHostPort(s.Listener.Addr().String())
	for host, ok := range map[string]bool{"example.com": true, "other.test": false} { // httptest's certificate is for example.com
		h, _ := hookTo(t, "https://"+net.JoinHostPort(host, port), nil)
		h.gate.lookUp = resolver("127.0.0.1")
		h.client.Transport.(*http.Transport).TLSClientConfig = s.Client().Transport.(*http.Transport).TLSClientConfig
		got, err := h.Approve(t.Context(), alice)
		if ok != (err == nil) || ok && (got.Metadata["sni"] != host || got.Metadata["host"] != net.JoinHostPort(host, port)) {
			t.Errorf("%s: %v, %v", host, got.Metadata, err)
		}
	}
}

func TestOptionsAreChecked(t *testing.T) {
	for name, c := range map[string]struct {
		o    Options
		want string
	}{
		"no url":       {Options{Secret: secret}, "url is missing"},
		"http":         {Options{URL: "http://app.example", Secret: secret}, "needs allow_private"},
		"ftp":          {Options{URL: "ftp://app.example", Secret: secret, AllowPrivate: true}, "must be https"},
		"no host":      {Options{URL: "https:///x", Secret: secret}, "with a host"},
		"only a port":  {Options{URL: "https://:443/x", Secret: secret}, "with a host"},
		"no scheme":    {Options{URL: "app.example/x", Secret: secret}, "with a host"},
		"user":         {Options{URL: "https://u:hush@app.example", Secret: secret}, "without user"},
		"fragment":     {Options{URL: "https://app.example#x", Secret: secret}, "fragment"},
		"broken":       {Options{URL: "https://u:hush@app.example:x", Secret: secret}, "must be one"},
		"short secret": {Options{URL: "https://app.example", Secret: secret[:15]}, "15 bytes"},
		"too fast":     {Options{URL: "https://app.example", Secret: secret, Timeout: 99 * time.Millisecond}, "not within 100ms and 10s"},
		"negative":     {Options{URL: "https://app.example", Secret: secret, Timeout: -time.Second}, "not within"},
		"too slow":     {Options{URL: "https://app.example", Secret: secret, Timeout: 11 * time.Second}, "not within"},
		"header":       {Options{URL: "https://app.example", Secret: secret, Headers: []string{"X: y"}}, "no name of one"},
		"all at once":  {Options{Timeout: 1}, "at least\ntimeout"},
	} {
		_, err := New(c.o)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "hush") {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
	h, err := New(Options{URL: "https://app.example/may?x=1", Secret: secret})
	if err != nil || h.timeout != 2*time.Second || !cmp.Equal(h.headers, DefaultHeaders()) {
		t.Errorf("defaults: %+v, %v", h, err)
	}
}
