// Package fault makes dependencies fail on purpose: [HTTP] stands between an SDK and S3 or SQS,
// [TCP] between a client and NATS. What they do to whom is said by rules, which may change at any
// time, and each thing that went wrong is counted.
//
// Both stream: nothing of a body is kept. Neither is for production.
package fault

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strconv"
	"sync"
	"time"
)

// HTTP is a proxy on a port of 127.0.0.1 that hands each request on to one server. The Host header
// stays the client's: SigV4 signs it, so that a request signed for the proxy is valid at the server.
type HTTP struct {
	*plan
	listener net.Listener
	server   *http.Server
	forward  *httputil.ReverseProxy
	pool     *http.Transport
	served   sync.WaitGroup
	ended    chan struct{} // closed by Close: what stalls ends
}

// ListenHTTP starts a proxy to target ("http://127.0.0.1:4566"). The same seed draws the same
// faults for the same order of requests. Close ends it.
func ListenHTTP(target string, seed uint64) (*HTTP, error) {
	u, err := url.Parse(target)
	if err != nil {
		return nil, fmt.Errorf("fault proxy to %q: %w", target, err)
	}
	var lc net.ListenConfig
	l, err := lc.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("fault proxy to %s: %w", target, err)
	}
	p := &HTTP{plan: newPlan(seed), listener: l, ended: make(chan struct{})}
	p.pool = &http.Transport{MaxIdleConnsPerHost: 256, DisableCompression: true, ExpectContinueTimeout: time.Second}
	p.forward = &httputil.ReverseProxy{
		Transport: p.pool, FlushInterval: -1, ErrorLog: log.New(io.Discard, "", 0),
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme, r.Out.URL.Host, r.Out.Host = u.Scheme, u.Host, r.In.Host
			r.Out.URL.RawQuery = r.In.URL.RawQuery
			if r.Out.Body != nil && r.Out.ContentLength > 0 {
				r.Out.Body = &exact{r.Out.Body, r.Out.ContentLength}
			}
		},
		ModifyResponse: p.spoil,
		ErrorHandler:   func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
	}
	p.server = &http.Server{Handler: p, ReadHeaderTimeout: 10 * time.Second, ErrorLog: log.New(io.Discard, "", 0)}
	p.served.Go(func() { _ = p.server.Serve(l) })
	return p, nil
}

// URL is where clients find the proxy.
func (p *HTTP) URL() string { return "http://" + p.listener.Addr().String() }

// Set replaces the rules; none means that all goes well. Requests under way keep their fault.
func (p *HTTP) Set(rules ...Rule) { p.set(rules) }

// Seen counts the requests that came, by [Operation].
func (p *HTTP) Seen() map[string]int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return maps.Clone(p.seen)
}

// Injected counts what went wrong.
func (p *HTTP) Injected() map[Injection]int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return maps.Clone(p.injected)
}

// Total is how much went wrong.
func (p *HTTP) Total() int { return p.total() }

// Close cuts what is under way.
func (p *HTTP) Close() error {
	close(p.ended)
	err := p.server.Close()
	p.served.Wait()
	p.pool.CloseIdleConnections()
	return err
}

// drawn is the fault of one request, on its way from ServeHTTP to spoil.
type drawn struct{}

// ServeHTTP forwards one request, or does to it what a rule says.
func (p *HTTP) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	rule, hit := p.draw(Operation(r), r.URL.Path)
	if !hit {
		p.forward.ServeHTTP(w, r)
		return
	}
	switch rule.Kind {
	case CutBefore:
		panic(http.ErrAbortHandler)
	case Status:
		answer(w, r, rule)
		return
	case ErrorBody, EmptyBody:
		if !rule.Done {
			answer(w, r, rule)
			return
		}
	case FailEntries:
		p.failEntries(w, r)
		return
	case Delay:
		if !p.pause(r.Context(), rule.For) {
			panic(http.ErrAbortHandler)
		}
	case CutBody, StallBody:
		w = &eager{ResponseWriter: w}
	}
	p.forward.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), drawn{}, rule)))
}

// pause waits d; false if the client went away or the proxy ended meanwhile.
func (p *HTTP) pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
	case <-p.ended:
	}
	return false
}

var errCut = errors.New("cut on purpose")

// spoil does to the server's reply what the request's rule says.
func (p *HTTP) spoil(resp *http.Response) error {
	rule, ok := resp.Request.Context().Value(drawn{}).(Rule)
	if !ok {
		return nil
	}
	switch rule.Kind {
	case CutAfter:
		_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<20)) // so that the server sees its reply taken
		return errCut
	case ErrorBody, EmptyBody:
		_ = resp.Body.Close()
		text := body(resp.Request, rule)
		resp.StatusCode, resp.Body, resp.ContentLength = rule.status(), io.NopCloser(text), int64(text.Len())
		if rule.Kind == EmptyBody {
			resp.StatusCode = http.StatusOK
		}
		resp.Header.Set("Content-Length", strconv.Itoa(text.Len()))
	case CutBody:
		resp.Body = &spoiled{ReadCloser: resp.Body, left: rule.After, then: func() error { return errCut }}
	case StallBody:
		ctx := resp.Request.Context()
		resp.Body = &spoiled{ReadCloser: resp.Body, left: rule.After, then: func() error { p.pause(ctx, rule.For); return errCut }}
	case SkewClock:
		if at, err := http.ParseTime(resp.Header.Get("Last-Modified")); err == nil {
			resp.Header.Set("Last-Modified", at.Add(rule.For).UTC().Format(http.TimeFormat))
		}
	}
	return nil
}

// exact is a request's body that ends with its last byte. net/http reads once more, to see that there
// is no more; by then a fast server may have answered and the body be closed, and that read's error
// would cut the reply.
type exact struct {
	io.ReadCloser
	left int64
}

func (e *exact) Read(b []byte) (int, error) {
	if e.left == 0 {
		return 0, io.EOF
	}
	n, err := e.ReadCloser.Read(b[:min(int64(len(b)), e.left)])
	if e.left -= int64(n); e.left == 0 {
		err = io.EOF
	}
	return n, err
}

// spoiled is a body that lets left bytes pass, and then ends as then says, even where it would have
// ended by itself.
type spoiled struct {
	io.ReadCloser
	left int64
	then func() error
}

func (s *spoiled) Read(b []byte) (int, error) {
	if s.left == 0 {
		return 0, s.then()
	}
	n, err := s.ReadCloser.Read(b[:min(int64(len(b)), s.left)])
	if s.left -= int64(n); err != nil {
		s.left = 0
		err = s.then()
	}
	return n, err
}

// eager sends the status line at once: a body that is cut before its first byte is one all the same.
type eager struct{ http.ResponseWriter }

func (e *eager) WriteHeader(status int) {
	e.ResponseWriter.WriteHeader(status)
	_ = http.NewResponseController(e.ResponseWriter).Flush()
}

// Unwrap lets [http.ResponseController] find what is below.
func (e *eager) Unwrap() http.ResponseWriter { return e.ResponseWriter }
