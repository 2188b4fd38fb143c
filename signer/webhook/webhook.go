// Package webhook asks the application about each upload before it is signed: may this caller do
// this? It is a [signer.Approver].
//
// The application gets one POST of JSON, signed so that it can tell the signer from a stranger (see
// [Verify]), and answers allow or not; it may only narrow what the profile allows. Whatever is not
// such an answer lets nobody in: a time-out, another status than 200, a redirect, an answer that
// is not understood.
//
// The URL is an operator's, and still this package never lets it reach cloud metadata, and nothing
// private without leave: a name may come to resolve to anything. Names are resolved by the system,
// each time a connection is made, and that very address is dialled. Proxies from the environment are
// not used.
package webhook

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"time"

	"airlock/signer"
)

// Options say whom to ask, and how.
type Options struct {
	URL          string        // https, or http with AllowPrivate; without user and fragment
	Secret       []byte        // signs each question; at least 16 bytes, used as they are
	Timeout      time.Duration // for one question, with connecting; 100 ms to 10 s; 0 for 2 s
	AllowPrivate bool          // lets the URL be http, and its host private, loopback or shared (RFC 6598)
	Headers      []string      // of the client's request that are handed on, under these names; nil for [DefaultHeaders]
	Log          *slog.Logger  // nil for none
}

const (
	minSecret      = 16 // bytes; HMAC-SHA256 by less can be guessed
	minTimeout     = 100 * time.Millisecond
	maxTimeout     = 10 * time.Second // browsers and proxies in front give up soon after
	defaultTimeout = 2 * time.Second
	maxAnswer      = 64 << 10
	idleFor        = 30 * time.Second // less than servers and balancers keep a connection
	maxIdle        = 32               // connections; for a burst of uploads
)

// DefaultHeaders are those by which applications know their users, and where a request came from.
func DefaultHeaders() []string {
	return []string{"Authorization", "Cookie", "Origin", "Referer", "User-Agent", "X-CSRF-Token", "X-Forwarded-For", "X-Requested-With"}
}

// Hook asks one URL. It may be used by many goroutines.
type Hook struct {
	url     *url.URL
	secret  []byte
	timeout time.Duration
	headers []string
	client  *http.Client
	gate    *gate
	log     *slog.Logger
	now     func() time.Time
}

var _ signer.Approver = (*Hook)(nil)

// New checks the options, all at once. It makes no request and starts nothing. An address that is
// refused shows only when it is asked.
func New(o Options) (*Hook, error) {
	o.Timeout = cmp.Or(o.Timeout, defaultTimeout)
	if o.Headers == nil {
		o.Headers = DefaultHeaders()
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	target, faults := o.check()
	if len(faults) > 0 {
		return nil, fmt.Errorf("webhook: %w", errors.Join(faults...))
	}
	h := &Hook{
		url: target, secret: slices.Clone(o.Secret), timeout: o.Timeout, headers: slices.Clone(o.Headers),
		gate: newGate(o.AllowPrivate, o.Timeout), log: o.Log, now: time.Now,
	}
	h.client = &http.Client{
		Transport: &http.Transport{ // HTTP/1.1, without Proxy
			DialContext: h.gate.dial, TLSHandshakeTimeout: o.Timeout, MaxResponseHeaderBytes: maxAnswer,
			IdleConnTimeout: idleFor, MaxIdleConnsPerHost: maxIdle,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return h, nil
}

// headerName is a token of RFC 9110, section 5.6.2.
var headerName = regexp.MustCompile("^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")

func (o Options) check() (target *url.URL, faults []error) {
	bad := func(format string, a ...any) { faults = append(faults, fmt.Errorf(format, a...)) }
	target, err := url.Parse(o.URL)
	switch {
	case o.URL == "":
		bad("url is missing")
	case err != nil || target.Hostname() == "": // neither is printed: a URL may hold secrets
		bad("url must be one, with a host")
	case target.User != nil || target.Fragment != "":
		bad("url must be without user and fragment: the secret proves who asks")
	case target.Scheme == "http" && !o.AllowPrivate:
		bad("url must be https; http needs allow_private")
	case target.Scheme != "https" && target.Scheme != "http":
		bad("url must be https, not %.20q", target.Scheme)
	}
	if len(o.Secret) < minSecret {
		bad("the secret has %d bytes, and needs %d at least", len(o.Secret), minSecret)
	}
	if o.Timeout < minTimeout || o.Timeout > maxTimeout {
		bad("timeout %s is not within %s and %s", o.Timeout, minTimeout, maxTimeout)
	}
	for _, name := range o.Headers {
		if !headerName.MatchString(name) {
			bad("header %.40q is no name of one", name)
		}
	}
	return target, faults
}

// Approve asks, and blocks for at most the time-out. An error that is no [signer.Denied] means
// that there was no answer to go by; it is logged here, with the host and the cause alone.
func (h *Hook) Approve(ctx context.Context, a signer.Asked) (signer.Approval, error) {
	approval, err := h.approve(ctx, a)
	var denied signer.Denied
	if err == nil || errors.As(err, &denied) {
		return approval, err
	}
	level := slog.LevelError
	if ctx.Err() != nil { // the client hung up, or the signer stops
		level = slog.LevelDebug
	}
	h.log.Log(ctx, level, "webhook gives no usable answer: the upload is not signed", "host", h.url.Host, "cause", fmt.Sprintf("%.300s", err))
	return signer.Approval{}, fmt.Errorf("ask the webhook at %s: %w", h.url.Host, err)
}

func (h *Hook) approve(ctx context.Context, a signer.Asked) (signer.Approval, error) {
	body, err := h.question(a)
	if err != nil {
		return signer.Approval{}, err
	}
	data, err := h.post(ctx, body)
	if err != nil {
		return signer.Approval{}, err
	}
	return readAnswer(data, a.Owner)
}

func (h *Hook) post(ctx context.Context, body []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, h.timeout, fmt.Errorf("no answer within %s", h.timeout))
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, h.url.String(), bytes.NewReader(body))
	if err != nil {
		return nil, bare(ctx, err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "airlock")
	req.Header.Set(SignatureHeader, sign(h.secret, body, h.now()))
	// Asking twice does no harm. This lets net/http ask once more where an idle connection was closed
	// meanwhile; an empty list is not sent (http.Transport).
	req.Header["Idempotency-Key"] = []string{}
	resp, err := h.client.Do(req)
	if err != nil {
		return nil, bare(ctx, err)
	}
	defer resp.Body.Close()
	switch {
	case resp.StatusCode >= 300 && resp.StatusCode < 400:
		return nil, fmt.Errorf("status %d; redirects are not followed", resp.StatusCode)
	case resp.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("status %d; want 200 with {\"allow\": true or false}", resp.StatusCode)
	}
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return nil, bare(ctx, err)
	}
	if len(data) > maxAnswer {
		return nil, fmt.Errorf("the answer is larger than %d bytes", maxAnswer)
	}
	return data, nil
}

// bare is err without the URL, whose query may be secret, and with the cause of a time-out.
func bare(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	var withURL *url.Error
	if errors.As(err, &withURL) {
		return withURL.Err
	}
	return err
}
