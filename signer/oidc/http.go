package oidc

import (
	"cmp"
	"errors"
	"net/http"
	"time"
)

const (
	// patience is how long a fetch from the issuer may take, with discovery and redirects.
	patience = 5 * time.Second
	// maxDocument bounds an answer of the issuer; a set of ten RSA keys with certificates is 20 KB.
	maxDocument = 1 << 20
)

// guard is c with a time-out, with bounded answers, and without http except where the issuer
// itself is http on loopback. nil is the default client.
func guard(c *http.Client, loopbackHTTP bool) *http.Client {
	if c == nil {
		c = &http.Client{}
	}
	guarded := *c
	guarded.Timeout = cmp.Or(c.Timeout, patience)
	inner := c.Transport
	if inner == nil {
		inner = http.DefaultTransport
	}
	guarded.Transport = guardian{inner, loopbackHTTP}
	return &guarded
}

// guardian sees every request, those after a redirect too.
type guardian struct {
	inner        http.RoundTripper
	loopbackHTTP bool
}

// RoundTrip refuses a URL that somebody on the way could change, and bounds the body.
func (g guardian) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Scheme != "https" && (!g.loopbackHTTP || !loopback(r.URL)) {
		return nil, errors.New("only https is asked")
	}
	resp, err := g.inner.RoundTrip(r)
	if err == nil {
		resp.Body = http.MaxBytesReader(nil, resp.Body, maxDocument)
	}
	return resp, err
}
