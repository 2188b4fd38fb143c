package readers

import (
	"cmp"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// origin is where Chromium finds the file that it is shown; no such host exists.
const origin = "http://shown.airlock.test/one/folder/"

// canary is a proxy that reaches nothing: whatever a reader asks the network for comes here. It serves
// one file, if any, and writes down what else was wanted.
type canary struct {
	server  *http.Server
	address string

	mu     sync.Mutex
	shown  file
	wanted []string
	kinds  map[string]string // of what is wanted, where who asks says more than "fetch"
}

func newCanary() (*canary, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	c := &canary{address: l.Addr().String(), kinds: map[string]string{}}
	c.server = &http.Server{Handler: c, ReadHeaderTimeout: time.Minute}
	go c.server.Serve(l) //nolint:errcheck // it ends by close
	return c, nil
}

func (c *canary) close() { _ = c.server.Close() }

// show is what is served from now on.
func (c *canary) show(f file) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.shown, c.wanted, c.kinds = f, nil, map[string]string{}
}

// take is what was wanted since.
func (c *canary) take() (saw []sight) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, address := range c.wanted {
		kind := cmp.Or(c.kinds[address], "fetch")
		saw = append(saw, sight{kind, address})
	}
	c.wanted = nil
	return saw
}

// expect says as what an address will be wanted. Of TLS only the host is seen: there it counts if all that
// is wanted of it is of one kind.
func (c *canary) expect(kind, address string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if u, err := url.Parse(address); err == nil && u.Scheme == "https" {
		address = "https://" + u.Host
	}
	if before, ok := c.kinds[address]; ok && before != kind {
		kind = "fetch"
	}
	c.kinds[address] = kind
}

// transformation is what is served as a style sheet, of which Chromium does not say whether it wants colours
// (CSS) or a program (XSLT): for one it is nothing, for the other a page with a script.
const transformation = `<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"><xsl:template match="/">` +
	`<html xmlns="http://www.w3.org/1999/xhtml"><script>window.x=1</script></html></xsl:template></xsl:stylesheet>`

func (c *canary) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	address := r.URL.String()
	if r.Method == http.MethodConnect {
		address = "https://" + strings.TrimSuffix(r.Host, ":443")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch address {
	case origin + url.PathEscape(c.shown.name):
		w.Header().Set("Content-Type", c.shown.kind)
		if !c.shown.sniff {
			w.Header().Set("X-Content-Type-Options", "nosniff")
		}
		_, _ = w.Write(c.shown.data)
	case "http://shown.airlock.test/favicon.ico":
		w.WriteHeader(http.StatusNotFound)
	default:
		if !slices.Contains(c.wanted, address) {
			c.wanted = append(c.wanted, address)
		}
		switch {
		case r.Method == http.MethodConnect:
			w.WriteHeader(http.StatusBadGateway)
		case strings.HasPrefix(r.Header.Get("Accept"), "text/css"):
			w.Header().Set("Content-Type", "text/xsl")
			_, _ = w.Write([]byte(transformation))
		} // else an empty answer: a document type that declares nothing
	}
}
