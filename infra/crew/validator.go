package crew

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"runtime"
	"sync"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"airlock"
	"airlock/events"
	"airlock/infra/audit"
	"airlock/infra/devstack"
	"airlock/internal/awsconf"
	"airlock/validator"
	"airlock/validator/isolation"
)

// Validator says how a validator child is wired. Its addresses may be those of fault proxies.
type Validator struct {
	S3, SQS, NATS string // http://..., http://..., nats://...
	QueueURL      string
	Quarantine    airlock.Zone
	Clean         airlock.Zone
	Profiles      map[string]airlock.Profile // with defaults
	InFlight      int
	PollWait      time.Duration // 0: 1 s
	StopGrace     time.Duration
	SweepInterval time.Duration
	SweepAge      time.Duration
	NoHints       bool

	KillAt   string        // "copy.after:3": it kills itself when it reaches the point for the third time; also by AIRLOCK_KILL_AT
	RemoveAt string        // a point at which each upload's object is taken out of quarantine
	Profile  string        // with RemoveAt: the profile of all uploads
	SlowRead time.Duration // each read takes this much longer, one after another
}

// run is the child: a validator as `airlock validator` wires it, until SIGTERM; a second one ends it
// at once.
func (v *Validator) run() error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	nc, err := events.Connect(events.ConnectOptions{URL: v.NATS, Name: "validator", Log: log})
	if err != nil {
		return err
	}
	defer nc.Close()
	store, err := events.Open(ctx, nc, v.Quarantine.Bucket)
	if err != nil {
		return err
	}
	reg := prometheus.NewRegistry()
	s3cfg, sqscfg := v.config(v.S3), v.config(v.SQS)
	val, err := v.wire(ctx, store, s3cfg, sqscfg)
	if err != nil {
		return err
	}
	val.Log, val.Metrics, val.Health = log, validator.NewMetrics(reg), &validator.Health{}
	inspector, err := isolation.Start(ctx, isolation.Settings{Log: log, Ended: val.Metrics.InspectionEnded})
	if err != nil {
		return err
	}
	defer inspector.Close()
	val.Inspector = inspector
	if err := v.serve(ctx, val.Health, reg, s3cfg, sqscfg); err != nil {
		return err
	}
	return val.Run(ctx)
}

func (v *Validator) config(endpoint string) aws.Config {
	return awsconf.Fixed(devstack.Region, devstack.Validator.Access, devstack.Validator.Secret, endpoint, max(v.InFlight, 16))
}

// wire puts traps around everything that the validator does.
func (v *Validator) wire(ctx context.Context, store *events.Store, s3cfg, sqscfg aws.Config) (validator.Validator, error) {
	trap, err := v.trap(ctx)
	if err != nil {
		return validator.Validator{}, err
	}
	queue := validator.NewSQS(sqscfg, v.QueueURL)
	settings, err := queue.Settings(ctx)
	if err != nil {
		return validator.Validator{}, err
	}
	val := validator.Validator{
		Bucket: &trappedBucket{Bucket: validator.NewS3(s3cfg, true), trap: trap, zone: v.Quarantine, slow: &sync.Mutex{}, wait: v.SlowRead},
		Queue:  &trappedQueue{Queue: queue, trap: trap, visibility: settings.Visibility},
		Ledger: &trappedLedger{Ledger: store, trap: trap, profile: v.Profile},
		Hints:  store.Hints, Profiles: v.Profiles, Quarantine: v.Quarantine, Clean: v.Clean, InFlight: v.InFlight, PollWait: v.PollWait,
		MinVisibility: time.Second, StopGrace: v.StopGrace, Version: "trial",
		SweepInterval: v.SweepInterval, SweepAge: v.SweepAge,
	}
	if v.NoHints {
		val.Hints = nil
	}
	if val.PollWait == 0 {
		val.PollWait = time.Second
	}
	return val, nil
}

// trap is what happens to this child, if anything.
func (v *Validator) trap(ctx context.Context) (*trap, error) {
	at := v.KillAt
	if at == "" {
		at = os.Getenv("AIRLOCK_KILL_AT")
	}
	switch {
	case at != "":
		point, n, err := parseKillAt(at)
		return &trap{at: point, n: n, do: die}, err
	case v.RemoveAt != "":
		root := s3.NewFromConfig(awsconf.Fixed(devstack.Region, devstack.Root.Access, devstack.Root.Secret, v.S3, 16), func(o *s3.Options) { o.UsePathStyle = true })
		return &trap{at: v.RemoveAt, do: func(u airlock.Upload) {
			o := v.Quarantine.Object(u)
			if _, err := root.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &o.Bucket, Key: aws.String(string(o.Key))}); err != nil {
				slog.Error("cannot remove", "object", o.String(), "error", err)
			}
		}}, nil
	}
	return nil, nil
}

// serve tells the parent when messages are taken, and answers what it asks about this process.
func (v *Validator) serve(ctx context.Context, health *validator.Health, reg *prometheus.Registry, cfgs ...aws.Config) error {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(reg, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /figures", func(w http.ResponseWriter, _ *http.Request) {
		for _, cfg := range cfgs {
			awsconf.CloseIdle(cfg)
		}
		_ = json.NewEncoder(w).Encode(ownFigures())
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if err := health.Ready(); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
		}
	})
	srv := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = srv.Serve(l) }() // as long as the process
	go func() {
		for health.Ready() != nil {
			time.Sleep(5 * time.Millisecond)
		}
		fmt.Println("ready http://" + l.Addr().String())
	}()
	return nil
}

// ownFigures are this process's, when what is idle has been closed and collected.
func ownFigures() audit.Figures {
	time.Sleep(200 * time.Millisecond) // closed connections take their goroutines along
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	open, _ := os.ReadDir("/proc/self/fd")
	return audit.Figures{Goroutines: runtime.NumGoroutine(), Descriptors: len(open), Heap: int64(m.HeapAlloc)}
}
