// Package s3front is an S3 server for development and tests: versitygw's gateway over a
// directory, behind a thin wrapper that makes it behave as AWS does where airlock depends on it.
//
// It checks signatures, presigned URLs, signed headers, expiry, checksums, POST policies,
// bucket policies, CORS and conditional requests for real. On top of versitygw it
//
//   - announces new and removed objects by the bucket's notification configuration, before
//     the client gets its answer, so that a 200 means that the notification was taken;
//   - keeps conditions on the destination of a copy, atomically;
//   - refuses keys with empty, "." and ".." segments;
//   - answers 404 to a conditional delete of a missing key;
//   - lets restricted accounts use POST forms.
//
// Lifecycle configurations and public access blocks are kept and given back, without effect:
// objects don't expire on a development store, and nothing is public here unless a bucket policy
// says so. Encryption is not offered (501), since data lies on the disk as it is. "p" and "p/q"
// can't both be keys, since keys are files. Nothing that ships may import this package.
//
// # The working directory
//
// The gateway works with relative file names: from [Start] until [Gateway.Close] the working
// directory of the whole process is the data directory. Use absolute names for everything else
// (t.TempDir is one), and start only one gateway per process at a time, in TestMain.
package s3front

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/versity/versitygw/backend"
	"github.com/versity/versitygw/backend/meta"
	"github.com/versity/versitygw/backend/posix"
	"github.com/versity/versitygw/embedgw"
	"github.com/versity/versitygw/s3api"
)

// An Account is a pair of static credentials. Session tokens are refused.
type Account struct{ Access, Secret string }

// A Config says where the gateway listens, keeps its data and sends notifications.
type Config struct {
	// Dir keeps everything, absolute; created when missing. Its file system must offer
	// extended attributes ("user." ones), where ETags and headers are kept.
	Dir string
	// Listen is "IP:port"; port 0, or an empty Listen, takes a free port of 127.0.0.1.
	// An IP, not a name: for a name the SDK would put the bucket into the host.
	Listen string
	// Region must be the one that clients sign for. Empty means us-east-1.
	Region string
	// Root may do everything and owns all buckets.
	Root Account
	// Users may do what a bucket policy grants to their access key (as Principal), nothing else.
	Users []Account
	// Notify takes one notification: the JSON document that AWS would send to that queue.
	// It is called on the request's goroutine, many at a time; while it runs the client
	// waits, and its error becomes the client's 503. ctx ends when the gateway has stopped.
	// nil drops every notification.
	Notify func(ctx context.Context, queueARN string, body []byte) error
	// Bare leaves versitygw as it is, without anything of the list above: to see what that adds.
	Bare bool
	// Log hears of notifications that failed. nil is silent.
	Log *slog.Logger
}

// A Gateway is a running S3 server.
type Gateway struct {
	endpoint string
	store    *store
	stop     func() error // stops serving, and waits
	wd       string       // the working directory before Start
	closing  sync.Once
	closed   error
}

// running holds off a second gateway: versitygw has package variables, and changes the working
// directory, so that it can run but once per process.
var running atomic.Bool

// Start starts the gateway and returns when it answers requests. ctx bounds the start only:
// the gateway runs until Close. A second Start without Close in between is an error.
//
// It changes the working directory of the process (see above), and for a moment os.Stdout.
func Start(ctx context.Context, cfg Config) (*Gateway, error) {
	if err := cfg.complete(); err != nil {
		return nil, fmt.Errorf("start the S3 front: %w", err)
	}
	if !running.CompareAndSwap(false, true) {
		return nil, errors.New("start the S3 front: one is running in this process already, and there can be only one: share it, or Close it first")
	}
	g, err := start(ctx, cfg)
	if err != nil {
		running.Store(false)
		return nil, fmt.Errorf("start the S3 front: %w", err)
	}
	return g, nil
}

// complete checks the configuration and fills in defaults.
func (cfg *Config) complete() error {
	if !filepath.IsAbs(cfg.Dir) {
		return fmt.Errorf("the directory %q is not absolute", cfg.Dir)
	}
	if cfg.Root.Access == "" || cfg.Root.Secret == "" {
		return errors.New("the root account needs an access key and a secret")
	}
	if cfg.Listen == "" {
		cfg.Listen = "127.0.0.1:0"
	}
	host, _, err := net.SplitHostPort(cfg.Listen)
	if err != nil {
		return err
	}
	if net.ParseIP(host) == nil {
		return fmt.Errorf("%q does not start with an IP address", cfg.Listen)
	}
	if cfg.Region == "" {
		cfg.Region = "us-east-1"
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return nil
}

func start(ctx context.Context, cfg Config) (g *Gateway, err error) {
	wd, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Chdir(wd))
		}
	}()
	g = &Gateway{wd: wd}
	files, err := openFiles(cfg.Dir)
	if err != nil {
		return nil, err
	}
	lifetime, stop := context.WithCancel(context.WithoutCancel(ctx))
	if g.store, err = newStore(lifetime, files, cfg); err != nil {
		stop()
		files.Shutdown()
		return nil, err
	}
	g.SetNotify(cfg.Notify)
	if err = g.listen(ctx, cfg); err != nil {
		stop()
		files.Shutdown()
		return nil, err
	}
	serving := g.stop
	g.stop = func() error { defer stop(); return serving() }
	return g, nil
}

// openFiles opens the POSIX backend over dir/buckets, with older versions in dir/versions.
// It changes the working directory.
func openFiles(dir string) (*posix.Posix, error) {
	buckets, versions := filepath.Join(dir, "buckets"), filepath.Join(dir, "versions")
	for _, d := range []string{buckets, versions} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			return nil, err
		}
	}
	var attributes meta.XattrMeta
	if err := attributes.Test(buckets); err != nil {
		return nil, fmt.Errorf("the file system of %s keeps no extended attributes: %w", dir, err)
	}
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		return nil, err
	}
	defer null.Close()
	stdout := os.Stdout
	os.Stdout = null // posix.New prints its options
	defer func() { os.Stdout = stdout }()
	return posix.New(buckets, attributes, posix.PosixOpts{
		VersioningDir:       versions,
		CopyObjectThreshold: 5 << 30,  // CopyObject's limit on AWS
		IOBufferSize:        64 << 10, // ranged reads are small; the default of 1 MiB made them 2.5 times slower
		Concurrency:         1 << 20,  // no limit: a delete waits for puts, which must not wait for its slot
		ForceNoObjLockFile:  true,     // one process per directory
	})
}

// listen starts serving on cfg.Listen. versitygw opens the port itself and doesn't tell which
// one, so a free port is looked for first, and looked for again if somebody else was faster.
func (g *Gateway) listen(ctx context.Context, cfg Config) error {
	for try := 1; ; try++ {
		addr, err := freePort(ctx, cfg.Listen)
		if err != nil {
			return err
		}
		err = g.serve(ctx, addr, cfg)
		if errors.Is(err, syscall.EADDRINUSE) && addr != cfg.Listen && try < 10 {
			continue
		}
		if err != nil {
			return err
		}
		g.endpoint = "http://" + addr
		return nil
	}
}

// freePort replaces port 0 by a port that was free a moment ago.
func freePort(ctx context.Context, addr string) (string, error) {
	if _, port, err := net.SplitHostPort(addr); err != nil || port != "0" {
		return addr, err
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", addr)
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// serve runs the gateway in a goroutine that Close waits for, and returns once the port is open.
func (g *Gateway) serve(ctx context.Context, addr string, cfg Config) error {
	run, stop := context.WithCancel(context.WithoutCancel(ctx))
	ready := make(chan struct{})
	var once sync.Once
	users := newAccounts(cfg)
	options := append(g.store.routes(cfg, users),
		s3api.WithOnListen(func() { once.Do(func() { close(ready) }) }))
	var store backend.Backend = g.store
	if cfg.Bare {
		store, options = g.store.Posix, options[len(options)-1:]
	}
	done := make(chan error, 1)
	go func() {
		done <- embedgw.RunVersityGW(run, store, &embedgw.Config{
			RootUserAccess:    cfg.Root.Access,
			RootUserSecret:    cfg.Root.Secret,
			Region:            cfg.Region,
			Ports:             []string{addr},
			MaxConnections:    1 << 14,
			MaxRequests:       1 << 14,
			MultipartMaxParts: 10000,
			KeepAlive:         true,
			Quiet:             true,
			IAMService:        users,
			S3Options:         options,
		})
	}()
	select {
	case <-ready:
		g.stop = func() error { stop(); return <-done }
		return nil
	case err := <-done:
		stop()
		return err
	case <-ctx.Done():
		stop()
		return errors.Join(context.Cause(ctx), <-done)
	}
}

// Endpoint is the base URL, such as "http://127.0.0.1:40123". Clients must use path style; the
// SDK does so of itself when the host is an IP.
func (g *Gateway) Endpoint() string { return g.endpoint }

// SetNotify replaces Config.Notify while the gateway runs: a test's way to lose (nil), delay,
// double, reorder or refuse notifications. Calls under way end with the old one.
func (g *Gateway) SetNotify(notify func(ctx context.Context, queueARN string, body []byte) error) {
	if notify == nil {
		notify = func(context.Context, string, []byte) error { return nil }
	}
	g.store.notify.Store(&notify)
}

// Close stops taking requests, lets those under way end (for at most 10 s) and gives the working
// directory back. Idle connections don't hold it up, save those that never sent a request: for up
// to 5 s, so let clients close theirs first. A second Close returns what the first did.
func (g *Gateway) Close() error {
	g.closing.Do(func() {
		err := g.stop()
		g.store.Posix.Shutdown()
		g.closed = errors.Join(err, os.Chdir(g.wd))
		running.Store(false)
	})
	return g.closed
}
