// Package nats_test starts the real server with users.conf, and holds every user to what it may.
package nats_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nkeys"

	"airlock/events"
	"airlock/infra/devstack"
	"airlock/infra/devstack/stacktest"
	"airlock/internal/pace"
	"airlock/signer/quota"
)

// stack is the S3 and the SQS that signer and validator work on; its own NATS is not used.
var stack *devstack.Stack

func TestMain(m *testing.M) {
	os.Exit(stacktest.Main(m, devstack.Config{Visibility: 2 * time.Second}, func(s *devstack.Stack) error { stack = s; return nil }))
}

// A user has the seed of its nkey in a file, and the server its public half in a variable.
type user struct{ variable, public, seed string }

var names = []string{"setup", "validator", "signer", "operator", "thumbnails"}

// keys are new ones for each of the users, and for root.
func keys(t *testing.T) map[string]user {
	t.Helper()
	all, dir := map[string]user{}, t.TempDir()
	for _, name := range append([]string{"root"}, names...) {
		pair, err := nkeys.CreateUser()
		if err != nil {
			t.Fatal(err)
		}
		public, err := pair.PublicKey()
		if err != nil {
			t.Fatal(err)
		}
		seed, err := pair.Seed()
		if err != nil {
			t.Fatal(err)
		}
		u := user{"AIRLOCK_NATS_" + strings.ToUpper(name), public, filepath.Join(dir, name+".nk")}
		if err := os.WriteFile(u.seed, seed, 0o600); err != nil {
			t.Fatal(err)
		}
		if name != "root" {
			t.Setenv(u.variable, public)
		}
		all[name] = u
	}
	return all
}

// configure writes a server's configuration that includes users.conf, and reads it as the server does.
func configure(t *testing.T, more string) (*server.Options, error) {
	t.Helper()
	dir, err := os.MkdirTemp("", "airlock-nats-") // not t.TempDir: the server may still write while it goes
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	data, err := os.ReadFile("users.conf")
	if err != nil {
		t.Fatal(err)
	}
	main := fmt.Sprintf("listen: \"127.0.0.1:-1\"\njetstream { store_dir: %q }\ninclude \"users.conf\"\n%s\n", filepath.Join(dir, "data"), more)
	for name, text := range map[string]string{"users.conf": string(data), "nats.conf": main} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return server.ProcessConfigFile(filepath.Join(dir, "nats.conf"))
}

// natsServer is one with the users of users.conf, on which setup has run, and with root, who may all
// that can be done in airlock's account: what nobody answers to root proves nothing.
type natsServer struct {
	*server.Server
	options *server.Options
	users   map[string]user
}

func startNATS(t *testing.T, more ...string) *natsServer {
	t.Helper()
	users := keys(t)
	o, err := configure(t, strings.Join(more, "\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range o.Nkeys {
		if u.Nkey == users["setup"].public {
			o.Nkeys = append(o.Nkeys, &server.NkeyUser{Nkey: users["root"].public, Account: u.Account})
			break
		}
	}
	o.NoSigs, o.NoLog = true, true
	s := &natsServer{options: o, users: users}
	s.start(t)
	o.Port = s.Addr().(*net.TCPAddr).Port
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	js, err := jetstream.New(s.as(t, "setup"))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time it updates
		if err := events.Setup(t.Context(), js, events.SetupOptions{QuarantineBucket: devstack.QuarantineBucket, MaxBytes: 64 << 20}); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func (s *natsServer) start(t *testing.T) {
	t.Helper()
	ns, err := server.NewServer(s.options.Clone())
	if err != nil {
		t.Fatal(err)
	}
	ns.Start()
	if s.Server = ns; !ns.ReadyForConnections(pace.Scaled(10 * time.Second)) {
		t.Fatal("NATS did not start")
	}
}

// as connects as airlock does. Whatever the server holds against this user fails the test.
func (s *natsServer) as(t *testing.T, user string) *nats.Conn {
	t.Helper()
	nc, err := events.Connect(events.ConnectOptions{URL: s.ClientURL(), Creds: s.users[user].seed, Name: user, Log: slog.New(complaints{t, user})})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	return nc
}

// store is what signer and validator work with.
func (s *natsServer) store(t *testing.T, user string) *events.Store {
	t.Helper()
	store, err := events.Open(t.Context(), s.as(t, user), devstack.QuarantineBucket)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// complaints is a log in which a violation of permissions is an error of the test.
type complaints struct {
	t    *testing.T
	user string
}

func (complaints) Enabled(context.Context, slog.Level) bool { return true }
func (c complaints) WithAttrs([]slog.Attr) slog.Handler     { return c }
func (c complaints) WithGroup(string) slog.Handler          { return c }
func (c complaints) Handle(_ context.Context, r slog.Record) error {
	r.Attrs(func(a slog.Attr) bool {
		if strings.Contains(strings.ToLower(a.Value.String()), "permissions violation") {
			c.t.Errorf("%s: %s: %s", c.user, r.Message, a.Value)
		}
		return true
	})
	return nil
}

// TestEachKeyIsNeeded: a server that was started without one of them would let nobody or anybody in.
func TestEachKeyIsNeeded(t *testing.T) {
	for _, missing := range names {
		users := keys(t)
		if err := os.Unsetenv(users[missing].variable); err != nil {
			t.Fatal(err)
		}
		if _, err := configure(t, ""); err == nil || !strings.Contains(err.Error(), users[missing].variable) {
			t.Errorf("without %s: %v", users[missing].variable, err)
		}
	}
}

// What is larger than max_payload cannot be stored, and the owner could sign nothing any more.
func TestTheLargestQuotaFits(t *testing.T) {
	o, err := server.ProcessConfigFile("nats.conf")
	if err != nil {
		t.Fatal(err)
	}
	const most = 10_000 // open_uploads, in package config
	holds := make([]quota.Hold, most)
	for i := range holds {
		holds[i] = quota.Hold{ID: anUpload, Bytes: 5 << 40, Until: time.Date(2026, 11, 25, 12, 0, 0, 123_000_000, time.UTC)} // signers count in milliseconds
	}
	record, err := json.Marshal(map[string]any{"open": holds, "next": time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	if len(record) > int(o.MaxPayload) {
		t.Errorf("a quota of %d open uploads is %d bytes; max_payload is %d", most, len(record), o.MaxPayload)
	}
}

func TestAStrangerGetsNothing(t *testing.T) {
	s := startNATS(t)
	other, err := nats.NkeyOptionFromSeed(keys(t)["validator"].seed)
	if err != nil {
		t.Fatal(err)
	}
	public := s.users["validator"].public
	for who, option := range map[string]nats.Option{
		"nobody": nats.Name("nobody"), "with a key of his own": other,
		"who says that he is the validator": nats.Nkey(public, func([]byte) ([]byte, error) { return make([]byte, 64), nil }),
		"with the public half for a name":   nats.UserInfo(public, ""),
		"with the public half for both":     nats.UserInfo(public, public),
	} {
		nc, err := nats.Connect(s.ClientURL(), option)
		if err == nil {
			nc.Close()
		}
		if err == nil || !strings.Contains(err.Error(), "Authorization Violation") {
			t.Errorf("a stranger %s: %v", who, err)
		}
	}
}

// heard collects what a subscription brings.
type heard struct {
	mu   sync.Mutex
	msgs []string
}

func (h *heard) add(m *nats.Msg) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.msgs = append(h.msgs, m.Subject+" "+string(m.Data))
}

func (h *heard) all() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]string(nil), h.msgs...)
}
