package events

import (
	"bytes"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/nats-io/nats.go"
)

// ErrCredentials says that a file of credentials, or of the authority, can't be used: trying again is of
// no use.
var ErrCredentials = errors.New("read NATS credentials")

// ConnectOptions say where NATS is.
type ConnectOptions struct {
	URL   string // nats://host:port, or tls://; several with commas
	Creds string // file with a JWT and its key (.creds), or with the seed of an nkey; "" for none
	TLSCA string // PEM file of the authority that signed the server's certificate; "" for the system's
	Name  string // shown by the server's monitoring
	Log   *slog.Logger
}

// connectTimeout is how long one server may take to answer a connection. The 2 s of nats.go are over
// soon on a machine that is busy just when everything on it starts.
const connectTimeout = 5 * time.Second

// Connect dials NATS and blocks until it is connected or has failed once. Later it reconnects for
// ever (nats.go gives up after 60 tries by default) and buffers nothing while it is away: a
// publish that was buffered would be stored after the caller had given it up.
func Connect(o ConnectOptions) (*nats.Conn, error) {
	log := o.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	opts := []nats.Option{
		nats.Name(o.Name), nats.Timeout(connectTimeout), nats.MaxReconnects(-1), nats.ReconnectBufSize(-1),
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
		if err := authority(o.TLSCA); err != nil {
			return nil, err
		}
		opts = append(opts, nats.RootCAs(o.TLSCA))
	}
	nc, err := nats.Connect(o.URL, opts...)
	if err != nil {
		return nil, fmt.Errorf("connect to NATS at %s: %w", redactURL(o.URL), err)
	}
	return nc, nil
}

// authority tells whether nats.RootCAs could use a file.
func authority(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrCredentials, err)
	}
	if !x509.NewCertPool().AppendCertsFromPEM(text) {
		return fmt.Errorf("%w: %s holds no certificate (PEM)", ErrCredentials, file)
	}
	return nil
}

// credentials tells by what a file holds how the server knows us: by a JWT, where accounts are kept
// outside of its configuration, or by an nkey, of which its configuration has the public half. Both
// are read again at each reconnect.
func credentials(file string) (nats.Option, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCredentials, err)
	}
	defer clear(text)
	if bytes.Contains(text, []byte("BEGIN NATS USER JWT")) {
		return nats.UserCredentials(file), nil
	}
	key, err := nats.NkeyOptionFromSeed(file)
	if err != nil {
		return nil, fmt.Errorf("%w: %s holds neither a user's JWT with its key (.creds) nor the seed of a user's nkey (SU...)", ErrCredentials, file)
	}
	return key, nil
}
