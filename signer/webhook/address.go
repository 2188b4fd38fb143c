package webhook

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"time"

	"code.dny.dev/ssrf"
)

// errRefused tells that a host is, or resolves to, an address that is not asked.
var errRefused = errors.New("address refused")

// never are the addresses where clouds tell secrets to whoever asks from inside: those of EC2, ECS
// and EKS, Google, Oracle, Azure and Alibaba, and with them all that is link-local (RFC 3927,
// RFC 4291). Leave for private ones does not open them.
var never = prefixes("169.254.0.0/16", "fe80::/10", "fd00:ec2::/32", "fd20:ce::254/128",
	"192.0.0.192/32", "fd00:c1::a9fe:a9fe/128", "168.63.129.16/32", "100.100.100.200/32")

// private are what AllowPrivate opens: RFC 1918, loopback and RFC 6598; unique local (RFC 4193).
var private4, private6 = prefixes("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "100.64.0.0/10"),
	prefixes("fc00::/7", "::1/128")

func prefixes(texts ...string) (all []netip.Prefix) {
	for _, t := range texts {
		all = append(all, netip.MustParsePrefix(t))
	}
	return all
}

// gate dials addresses that may be asked, and no others.
type gate struct {
	special *ssrf.Guardian // the registries of IANA: RFC 6890
	timeout time.Duration
	lookUp  func(ctx context.Context, network, host string) ([]netip.Addr, error)
	connect func(ctx context.Context, network, address string) (net.Conn, error)
}

func newGate(allowPrivate bool, timeout time.Duration) *gate {
	options := []ssrf.Option{ssrf.WithAnyPort()}
	if allowPrivate {
		options = append(options, ssrf.WithAllowedV4Prefixes(private4...), ssrf.WithAllowedV6Prefixes(private6...))
	}
	return &gate{
		special: ssrf.New(options...), timeout: timeout,
		lookUp: net.DefaultResolver.LookupNetIP, connect: new(net.Dialer).DialContext,
	}
}

// check returns [errRefused] for an address that may not be asked.
func (g *gate) check(a netip.Addr) error {
	a = embedded(a)
	if slices.ContainsFunc(never, func(p netip.Prefix) bool { return p.Contains(a) }) {
		return fmt.Errorf("%w: %s is link-local or a cloud's metadata", errRefused, a)
	}
	if err := g.special.SafeAddr(a); err != nil {
		return fmt.Errorf("%w: %s is not public; if it is meant, see allow_private", errRefused, a)
	}
	return nil
}

// embedded is the address that is reached in the end: the IPv4 address that stands in an IPv6 one
// (RFC 4291, section 2.5.5.2; RFC 6052, section 2.1), and one without zone, since no prefix
// contains a zone. Other ways to embed one (6to4, Teredo) are refused as special.
func embedded(a netip.Addr) netip.Addr {
	a = a.Unmap().WithZone("")
	if b := a.As16(); ssrf.IPv6NAT64Prefix.Contains(a) {
		return netip.AddrFrom4([4]byte(b[12:]))
	}
	return a
}

// dial resolves once, and connects to one of the addresses that it has checked. One address that is
// refused refuses all: a name with a public and a private address is a trick or a mistake.
func (g *gate) dial(ctx context.Context, network, hostport string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, g.timeout) // http.Transport takes the deadline away
	defer cancel()
	host, port, err := net.SplitHostPort(hostport)
	if err != nil {
		return nil, err
	}
	addrs, err := g.lookUp(ctx, "ip", host)
	if err != nil {
		return nil, err
	}
	for _, a := range addrs {
		if err := g.check(a); err != nil {
			return nil, err
		}
	}
	var faults []error
	for i, a := range addrs {
		conn, err := g.try(ctx, network, net.JoinHostPort(a.Unmap().String(), port), len(addrs)-i)
		if err == nil {
			return conn, nil
		}
		faults = append(faults, err)
	}
	if len(faults) == 0 {
		return nil, fmt.Errorf("%s has no address", host)
	}
	return nil, errors.Join(faults...)
}

// try connects within this address's share of the time that is left.
func (g *gate) try(ctx context.Context, network, address string, left int) (net.Conn, error) {
	deadline, _ := ctx.Deadline()
	ctx, cancel := context.WithTimeout(ctx, time.Until(deadline)/time.Duration(left))
	defer cancel()
	return g.connect(ctx, network, address)
}
