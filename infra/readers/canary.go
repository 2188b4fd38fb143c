package readers

import (
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
}

func newCanary() (*canary, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	c := &canary{address: l.Addr().String()}
	c.server = &http.Server{Handler: c, ReadHeaderTimeout: time.Minute}
	go c.server.Serve(l) //nolint:errcheck // it ends by close
	return c, nil
}

func (c *canary) close() { _ = c.server.Close() }

// show is what is served from now on.
func (c *canary) show(f file) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.shown, c.wanted = f, nil
}

// take is what was wanted since.
func (c *canary) take() (saw []sight) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, address := range c.wanted {
		saw = append(saw, sight{"fetch", address})
	}
	c.wanted = nil
	return saw
}

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
		if r.Method == http.MethodConnect {
			w.WriteHeader(http.StatusBadGateway)
		} // else an empty answer: a document type that declares nothing
	}
}
