package events

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/nats-io/nats.go"
)

// ConnectOptions say where NATS is.
type ConnectOptions struct {
	URL   string // nats://host:port, or tls://; several with commas
	Creds string // file with a JWT and its key (.creds), or with the seed of an nkey; "" for none
	TLSCA string // PEM file of the authority that signed the server's certificate; "" for the system's
	Name  string // shown by the server's monitoring
	Log   *slog.Logger
}

// Connect dials NATS and blocks until it is connected or has failed once. Later it reconnects for
// ever (nats.go gives up after 60 tries by default) and buffers nothing while it is away: a
// publish that was buffered would be stored after the caller had given it up.
func Connect(o ConnectOptions) (*nats.Conn, error) {
	log := o.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	opts := []nats.Option{
		nats.Name(o.Name), nats.MaxReconnects(-1), nats.ReconnectBufSize(-1),
		nats.PingInterval(10 * time.Second), nats.MaxPingsOutstanding(2),
		nats.ReconnectWait(250 * time.Millisecond), nats.ReconnectJitter(250*time.Millisecond, time.Second),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil { // nil: we closed it
				log.Warn("NATS is disconnected", "error", err)
			}
		}),
		nats.ReconnectHandler(func(*nats.Conn) { log.Info("NATS is connected again") }),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			if !errors.Is(err, nats.ErrSlowConsumer) { // hints are lossy on purpose
				log.Warn("NATS reports", "error", err)
			}
		}),
	}
	if o.Creds != "" {
		creds, err := credentials(o.Creds)
		if err != nil {
			return nil, err
		}
		opts = append(opts, creds)
	}
	if o.TLSCA != "" {
		opts = append(opts, nats.RootCAs(o.TLSCA))
	}
	nc, err := nats.Connect(o.URL, opts...)
	if err != nil {
		return nil, fmt.Errorf("connect to NATS at %s: %w", redactURL(o.URL), err)
	}
	return nc, nil
}

// credentials tells by what a file holds how the server knows us: by a JWT, where accounts are kept
// outside of its configuration, or by an nkey, of which its configuration has the public half. Both
// are read again at each reconnect.
func credentials(file string) (nats.Option, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read NATS credentials: %w", err)
	}
	defer clear(text)
	if bytes.Contains(text, []byte("BEGIN NATS USER JWT")) {
		return nats.UserCredentials(file), nil
	}
	key, err := nats.NkeyOptionFromSeed(file)
	if err != nil {
		return nil, fmt.Errorf("read NATS credentials: %s holds neither a user's JWT with its key (.creds) nor the seed of a user's nkey (SU...)", file)
	}
	return key, nil
}
