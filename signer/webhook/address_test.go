package webhook

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"airlock/internal/pace"
)

type lookUp = func(context.Context, string, string) ([]netip.Addr, error)

// resolver answers the same for every name.
func resolver(addrs ...string) lookUp {
	return func(context.Context, string, string) (all []netip.Addr, err error) {
		for _, a := range addrs {
			all = append(all, netip.MustParseAddr(a))
		}
		return all, nil
	}
}

// Cloud metadata and what is no host at all, in all spellings: never, whatever is allowed.
var neverAsked = []string{
	"169.254.169.254", "::ffff:169.254.169.254", "::ffff:a9fe:a9fe", "64:ff9b::169.254.169.254", "64:ff9b::a9fe:a9fe", "::169.254.169.254",
	"2002:a9fe:a9fe::1", "64:ff9b:1::a9fe:a9fe", "169.254.0.1", "169.254.170.2", "169.254.170.23", "fe80::1", "fe80::1%eth0", "febf::1", "fe80::a9fe:a9fe",
	"fd00:ec2::254", "fd00:ec2::254%eth0", "fd00:ec2::23", "fd20:ce::254", "fd00:c1::a9fe:a9fe", "100.100.100.200", "::ffff:100.100.100.200",
	"64:ff9b::100.100.100.200", "192.0.0.192", "::ffff:192.0.0.192", "64:ff9b::192.0.0.192", "168.63.129.16", "::ffff:168.63.129.16",
	"0.0.0.0", "0.1.2.3", "::", "::ffff:0.0.0.0", "64:ff9b::", "224.0.0.1", "239.255.255.250", "255.255.255.255", "240.0.0.1", "ff02::1", "ff0e::1", "::ffff:224.0.0.1",
	"2001:0:a9fe:a9fe::1", "2001:db8::1", "192.0.2.1", "198.18.0.1", "fec0::1",
}

var privateOnly = []string{
	"127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1", "64:ff9b::127.0.0.1", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1",
	"::ffff:10.0.0.1", "100.64.0.1", "100.127.255.255", "fc00::1", "fd12:3456::1", "64:ff9b::10.0.0.1",
}

var publicToo = []string{
	"8.8.8.8", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2606:4700::1111", "172.15.255.255", "172.32.0.1", "100.63.255.255", "100.128.0.1", "169.253.1.1", "168.63.129.17",
}

func TestWhichAddressesAreAsked(t *testing.T) {
	public, private := newGate(false, time.Second), newGate(true, time.Second)
	for _, c := range []struct {
		addrs             []string
		public, allowPriv bool
	}{{neverAsked, false, false}, {privateOnly, false, true}, {publicToo, true, true}} {
		for _, a := range c.addrs {
			addr := netip.MustParseAddr(a)
			if err := public.check(addr); (err == nil) != c.public {
				t.Errorf("%s: %v", a, err)
			}
			if err := private.check(addr); (err == nil) != c.allowPriv {
				t.Errorf("%s with allow_private: %v", a, err)
			}
		}
	}
}

// The same through New and Approve: as the host of the URL, and as what a name resolves to.
func TestARefusedAddressIsNotDialled(t *testing.T) {
	try := func(url string, allowPrivate bool, resolve lookUp) {
		t.Helper()
		h, log := hookTo(t, url, func(o *Options) { o.AllowPrivate = allowPrivate })
		if resolve != nil {
			h.gate.lookUp = resolve
		}
		h.gate.connect = func(_ context.Context, _, address string) (net.Conn, error) {
			t.Errorf("%s: %s was dialled", url, address)
			return nil, io.EOF
		}
		got, err := h.Approve(t.Context(), alice)
		wantNoAnswer(t, url, got, err, log, "address refused")
		if !errors.Is(err, errRefused) {
			t.Errorf("%s: %v", url, err)
		}
	}
	for _, a := range neverAsked {
		if addr := netip.MustParseAddr(a); addr.Zone() == "" {
			try("https://"+netip.AddrPortFrom(addr, 443).String()+"/?key=hush", true, nil)
			try("http://"+netip.AddrPortFrom(addr, 80).String()+"/?key=hush", true, nil)
		}
		try("https://metadata.google.internal/?key=hush", true, resolver(a))
	}
	try("http://[fe80::1%25eth0]/", true, nil)
	for _, a := range privateOnly {
		try("https://app.example/", false, resolver(a))
		try("https://"+netip.AddrPortFrom(netip.MustParseAddr(a), 443).String(), false, nil)
	}
	try("https://localhost/", false, nil)
	try("https://app.example/", false, resolver("8.8.8.8", "10.0.0.1"))          // one is enough
	try("https://app.example/", true, resolver("10.0.0.1", "169.254.169.254"))   // here too
	try("https://app.example/", false, resolver("2606:4700::1111", "fe80::1%x")) // and in the other family
}

// Numbers that some resolvers take for addresses are looked up and checked as any name is.
func TestOddSpellingsOfMetadata(t *testing.T) {
	for _, host := range []string{"2852039166", "0xa9fea9fe", "0251.0376.0251.0376", "169.254.43518", "169.254.169.254."} {
		h, _ := hookTo(t, "http://"+host+"/", nil)
		real := h.gate.lookUp
		h.gate.lookUp = func(ctx context.Context, network, name string) ([]netip.Addr, error) {
			if addrs, err := real(ctx, network, name); err == nil {
				return addrs, nil
			}
			return resolver("169.254.169.254")(ctx, network, name)
		}
		if _, err := h.Approve(t.Context(), alice); !errors.Is(err, errRefused) {
			t.Errorf("%s: %v", host, err)
		}
	}
}

// A name that is public when it is checked and private when it is dialled: there is no second look-up.
func TestRebinding(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"allow":true}`) }))
	defer s.Close()
	h, _ := hookTo(t, "http://app.example", nil)
	h.gate = newGate(false, time.Second) // http is only for the test's server
	lookUps := 0
	var dialled []string
	h.gate.lookUp = func(ctx context.Context, _, host string) ([]netip.Addr, error) {
		if lookUps++; lookUps == 1 {
			return resolver("8.8.8.8")(ctx, "", host)
		}
		return resolver("127.0.0.1")(ctx, "", host)
	}
	h.gate.connect = func(ctx context.Context, network, address string) (net.Conn, error) {
		dialled = append(dialled, address)
		return new(net.Dialer).DialContext(ctx, network, s.Listener.Addr().String())
	}
	transport := h.client.Transport.(*http.Transport)
	transport.DialContext = h.gate.dial
	if _, err := h.Approve(t.Context(), alice); err != nil || lookUps != 1 || !slices.Equal(dialled, []string{"8.8.8.8:80"}) {
		t.Errorf("%d look-ups, dialled %v: %v", lookUps, dialled, err)
	}
	transport.CloseIdleConnections()
	if _, err := h.Approve(t.Context(), alice); !errors.Is(err, errRefused) || len(dialled) != 1 {
		t.Errorf("the second call: dialled %v, %v", dialled, err)
	}
}

// One address that does not answer leaves time for the next.
func TestTheNextAddressIsTried(t *testing.T) {
	g := newGate(false, pace.Scaled(200*time.Millisecond))
	g.lookUp = resolver("8.8.8.8", "8.8.4.4")
	g.connect = func(ctx context.Context, _, address string) (net.Conn, error) {
		if strings.HasPrefix(address, "8.8.8.8:") {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		client, server := net.Pipe()
		defer server.Close()
		return client, nil
	}
	conn, err := g.dial(context.Background(), "tcp", "app.example:443")
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
	g.lookUp = resolver()
	if _, err := g.dial(context.Background(), "tcp", "app.example:443"); err == nil || !strings.Contains(err.Error(), "no address") {
		t.Errorf("got %v", err)
	}
}

func TestNoProxyFromTheEnvironment(t *testing.T) {
	t.Setenv("HTTPS_PROXY", "http://127.0.0.1:1")
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:1")
	h, _ := hookTo(t, "https://app.example", nil)
	if h.client.Transport.(*http.Transport).Proxy != nil || h.client.Jar != nil {
		t.Error("a proxy or a cookie jar is used")
	}
}
