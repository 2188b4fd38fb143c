package crew

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"airlock/events"
	"airlock/infra/child"
)

// NATS is a server of its own for the verdicts, as a child that can be killed, paused and started
// again on its port and directory.
type NATS struct {
	*child.Process
	Addr string // host:port
	dir  string
}

type natsRole struct{ Config string }

// StartNATS runs a server that keeps its data below dir, which must exist. more is added to its
// configuration; see [NATS.Reload].
func StartNATS(dir, more string) (*NATS, error) {
	addr, err := freePort()
	if err != nil {
		return nil, err
	}
	n := &NATS{Addr: addr, dir: dir}
	if err := n.write(more); err != nil {
		return nil, err
	}
	return n, n.Start()
}

// URL is where clients find it.
func (n *NATS) URL() string { return "nats://" + n.Addr }

func (n *NATS) config() string { return filepath.Join(n.dir, "nats.conf") }

// write makes the configuration as infra/nats/nats.conf has it: what is acknowledged is on the disk.
func (n *NATS) write(more string) error {
	text := fmt.Sprintf("listen: %q\njetstream { store_dir: %q, sync_interval: always }\n%s\n", n.Addr, filepath.Join(n.dir, "data"), more)
	if err := os.WriteFile(n.config(), []byte(text), 0o600); err != nil {
		return fmt.Errorf("configure NATS: %w", err)
	}
	return nil
}

// Start starts it again, after [NATS.Kill], and returns when it takes connections.
func (n *NATS) Start() error {
	ready := make(chan struct{})
	p, err := spawn(role{NATS: &natsRole{n.config()}}, sayReady(ready), func(error) {})
	if err != nil {
		return err
	}
	n.Process = p
	return p.Within(ready, startTime)
}

// Pause stops it by SIGSTOP: connections stay, nothing answers.
func (n *NATS) Pause() { n.Signal(syscall.SIGSTOP) }

// Continue ends [NATS.Pause].
func (n *NATS) Continue() { n.Signal(syscall.SIGCONT) }

// Reload makes it read its configuration again, with this more in it. It returns at once.
func (n *NATS) Reload(more string) error {
	if err := n.write(more); err != nil {
		return err
	}
	n.Signal(syscall.SIGHUP)
	return nil
}

// Setup makes the streams of an airlock.
func Setup(ctx context.Context, nc *nats.Conn, quarantineBucket string) error {
	js, err := jetstream.New(nc)
	if err != nil {
		return fmt.Errorf("set up: %w", err)
	}
	return events.Setup(ctx, js, events.SetupOptions{QuarantineBucket: quarantineBucket, MaxBytes: 256 << 20})
}

// freePort names a port that was free a moment ago.
func freePort() (string, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// sayReady closes ready at the word.
func sayReady(ready chan struct{}) func(string) {
	once := sync.OnceFunc(func() { close(ready) })
	return func(line string) {
		if strings.HasPrefix(line, "ready") {
			once()
		}
	}
}

// run is the child: a server until SIGTERM.
func (r natsRole) run() error {
	o, err := server.ProcessConfigFile(r.Config)
	if err != nil {
		return fmt.Errorf("NATS: %w", err)
	}
	o.NoSigs, o.LogFile = true, filepath.Join(filepath.Dir(r.Config), "nats.log")
	ns, err := server.NewServer(o)
	if err != nil {
		return fmt.Errorf("NATS: %w", err)
	}
	ns.ConfigureLogger()
	ns.Start()
	if !ns.ReadyForConnections(time.Hour) { // the parent does not wait as long
		return errors.New("NATS: not ready")
	}
	fmt.Println("ready")
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, syscall.SIGTERM, os.Interrupt, syscall.SIGHUP)
	for s := range signals {
		if s != syscall.SIGHUP {
			break
		}
		if err := ns.Reload(); err != nil {
			fmt.Fprintln(os.Stderr, "NATS: reload:", err)
		}
	}
	ns.Shutdown()
	ns.WaitForShutdown()
	return nil
}
