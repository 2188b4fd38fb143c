package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"github.com/nats-io/nats.go"

	"airlock"
	"airlock/events"
)

// zoneFlags say where the zones are.
type zoneFlags struct {
	QuarantineBucket string `required:"" placeholder:"BUCKET" help:"Bucket that clients put into."`
	QuarantinePrefix string `default:"quarantine/" help:"Prefix of quarantine keys; ends with /."`
	CleanBucket      string `required:"" placeholder:"BUCKET" help:"Bucket for what was accepted."`
	CleanPrefix      string `default:"clean/" help:"Prefix of clean keys; ends with /."`
	PathStyle        bool   `help:"Put the bucket into the URL's path, as most emulators want it."`
}

// optionalZoneFlags are the same for commands that do something without them too.
type optionalZoneFlags struct {
	QuarantineBucket string `placeholder:"BUCKET" help:"Bucket that clients put into."`
	QuarantinePrefix string `default:"quarantine/" help:"Prefix of quarantine keys; ends with /."`
	CleanBucket      string `placeholder:"BUCKET" help:"Bucket for what was accepted."`
	CleanPrefix      string `default:"clean/" help:"Prefix of clean keys; ends with /."`
	PathStyle        bool   `help:"Put the bucket into the URL's path, as most emulators want it."`
}

// prefixes are the zones, whether or not they lie in one another.
func (f zoneFlags) prefixes() (quarantine, clean airlock.Zone, err error) {
	for flag, prefix := range map[string]string{"--quarantine-prefix": f.QuarantinePrefix, "--clean-prefix": f.CleanPrefix} {
		if prefix != "" && (!strings.HasSuffix(prefix, "/") || !airlock.SafeKey(airlock.Key(strings.TrimSuffix(prefix, "/")))) {
			return quarantine, clean, fmt.Errorf("%w: %s %q must be made of [a-z0-9/._-] and end with /", errConfig, flag, prefix)
		}
	}
	quarantine = airlock.Zone{Bucket: f.QuarantineBucket, Prefix: f.QuarantinePrefix}
	return quarantine, airlock.Zone{Bucket: f.CleanBucket, Prefix: f.CleanPrefix}, nil
}

func (f zoneFlags) zones() (quarantine, clean airlock.Zone, err error) {
	if quarantine, clean, err = f.prefixes(); err != nil {
		return quarantine, clean, err
	}
	if quarantine.Overlaps(clean) {
		return quarantine, clean, fmt.Errorf("%w: the quarantine zone and the clean zone lie in one another: promoted objects would be judged again, for ever; use two buckets or disjoint prefixes", errConfig)
	}
	return quarantine, clean, nil
}

// natsFlags say where NATS is.
type natsFlags struct {
	NatsURL   string `name:"nats-url" default:"nats://127.0.0.1:4222" help:"NATS server; several with commas."`
	NatsCreds string `placeholder:"FILE" help:"NATS credentials: a .creds file, or the seed of an nkey."`
	NatsTLSCA string `name:"nats-tls-ca" placeholder:"FILE" help:"Authority that signed the NATS server's certificate (PEM)."`
}

func (f natsFlags) connect(name string, log *slog.Logger) (*nats.Conn, error) {
	nc, err := events.Connect(events.ConnectOptions{URL: f.NatsURL, Creds: f.NatsCreds, TLSCA: f.NatsTLSCA, Name: "airlock " + name, Log: log})
	if errors.Is(err, events.ErrCredentials) {
		return nil, fmt.Errorf("%w: %w", errConfig, err)
	}
	return nc, err
}

// open connects and finds what `airlock setup` made.
func (f natsFlags) open(ctx context.Context, name, quarantineBucket string, log *slog.Logger) (*nats.Conn, *events.Store, error) {
	nc, err := f.connect(name, log)
	if err != nil {
		return nil, nil, err
	}
	store, err := events.Open(ctx, nc, quarantineBucket)
	if err != nil {
		nc.Close()
		return nil, nil, err
	}
	return nc, store, nil
}

// logFlags say how to log.
type logFlags struct {
	LogLevel  slog.Level `default:"info" help:"debug, info, warn or error."`
	LogFormat string     `enum:"text,json" default:"text" help:"text or json."`
}

func (f logFlags) logger(w io.Writer) *slog.Logger {
	o := &slog.HandlerOptions{Level: f.LogLevel}
	if f.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}

// configFlag is the file of profiles.
type configFlag struct {
	Config string `short:"c" default:"airlock.yaml" placeholder:"FILE" help:"Profiles and who may use them."`
}

// signerFlags say where a signer is, for its clients.
type signerFlags struct {
	Endpoint string `default:"http://127.0.0.1:8080" help:"The signer's address."`
	Token    string `help:"Credential for the signer; better in the environment as AIRLOCK_TOKEN."`
}

// closing runs close after the command and keeps its error only if there is no other.
func closing(err *error, close func() error) {
	*err = errors.Join(*err, close())
}
