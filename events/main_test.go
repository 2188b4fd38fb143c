package events

import (
	"context"
	"net"
	"os"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"airlock"
	"airlock/internal/pace"
)

// startNATS runs a real server on a free port, with the stream and buckets of one airlock.
func startNATS(t *testing.T) (*nats.Conn, *Store) {
	t.Helper()
	return startServer(t).open(t)
}

// natsServer can be restarted, with what it has stored and at its address.
type natsServer struct {
	*server.Server
	options server.Options
}

func startServer(t *testing.T) *natsServer {
	t.Helper()
	dir, err := os.MkdirTemp("", "airlock-events-") // not t.TempDir: the server may still write while it goes
	if err != nil {
		t.Fatal(err)
	}
	s := &natsServer{options: server.Options{Host: "127.0.0.1", Port: -1, JetStream: true, StoreDir: dir, NoLog: true, NoSigs: true}}
	s.start(t)
	s.options.Port = s.Addr().(*net.TCPAddr).Port
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown(); _ = os.RemoveAll(dir) })
	return s
}

func (s *natsServer) start(t testing.TB) {
	t.Helper()
	options := s.options // NewServer changes them
	ns, err := server.NewServer(&options)
	if err != nil {
		t.Fatal(err)
	}
	ns.Start()
	if s.Server = ns; !ns.ReadyForConnections(pace.Scaled(10 * time.Second)) {
		t.Fatal("NATS did not start")
	}
}

func (s *natsServer) restart(t *testing.T) {
	t.Helper()
	s.Shutdown()
	s.WaitForShutdown()
	s.start(t)
}

// open connects, and sets the stream and buckets up.
func (s *natsServer) open(t testing.TB) (*nats.Conn, *Store) {
	t.Helper()
	nc, err := Connect(ConnectOptions{URL: s.ClientURL(), Name: t.Name()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	if err := Setup(t.Context(), js, SetupOptions{QuarantineBucket: "q", MaxBytes: 64 << 20}); err != nil {
		t.Fatal(err)
	}
	store, err := Open(t.Context(), nc, "q")
	if err != nil {
		t.Fatal(err)
	}
	return nc, store
}

// upload names the n-th upload of a test.
func upload(n int) string {
	const hex = "0123456789abcdef"
	return "0b0e4d5c-8a3f-4c1e-9d2b-0000000000" + string([]byte{hex[n>>4&15], hex[n&15]})
}

var noon = time.Date(2026, 11, 24, 12, 0, 0, 123_000_000, time.UTC)

func accepted(n int) Verdict {
	version := "v1"
	return Verdict{
		UploadID: upload(n), Profile: "image", Owner: "u-17", Filename: "Katze 😺 <1>.png", Metadata: map[string]string{"album": "7"},
		Result: airlock.Accepted, Size: 48213, DeclaredType: "image/png", DetectedType: "image/png",
		ETag: "9b2cf535f27731c974343645a3985328", ChecksumSHA256: "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
		Clean:     &Clean{Bucket: "airlock-clean", Key: airlock.Key("clean/image/" + upload(n)), ETag: "9b2cf535f27731c974343645a3985328", VersionID: &version},
		GrantedAt: noon.Add(-time.Minute), UploadedAt: noon.Add(-time.Second), DecidedAt: noon, PolicyVersion: "a1b2c3d4e5f6",
		Inspection: Inspection{BytesRead: 4096, Requests: 1, Milliseconds: 1.25, Checks: []string{"size", "type", "extension"}},
	}
}

func rejected(n int) Verdict {
	v := accepted(n)
	v.Result, v.Reason, v.Detail = airlock.Rejected, airlock.TypeMismatch, "declared image/png, but the content is text/html"
	v.DetectedType, v.Clean, v.ChecksumSHA256 = "text/html", nil, ""
	return v
}

func expired(n int) Verdict {
	return Verdict{
		UploadID: upload(n), Profile: "image", Owner: "u-17", Filename: "cat.png", Result: airlock.Expired, Reason: airlock.NeverUploaded,
		Detail: "no object came before the deadline", DeclaredType: "image/png", GrantedAt: noon.Add(-2 * time.Hour), DecidedAt: noon, PolicyVersion: "a1b2c3d4e5f6",
	}
}

// within fails the test unless f ends in d, as package pace has it.
func within(t *testing.T, d time.Duration, f func(ctx context.Context)) {
	t.Helper()
	ctx, cancel := pace.Context(t.Context(), d)
	defer cancel()
	f(ctx)
	if ctx.Err() != nil {
		t.Fatal(context.Cause(ctx))
	}
}
