package events

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go/jetstream"

	"airlock"
	"airlock/internal/pace"
)

// cluster is three real servers with a stream of three replicas, and a store at each of them.
type cluster struct {
	servers [3]*server.Server
	stores  [3]*Store
}

func startCluster(t *testing.T) *cluster {
	t.Helper()
	dir, err := os.MkdirTemp("", "airlock-cluster-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	var routes []*url.URL
	for range 3 {
		routes = append(routes, &url.URL{Scheme: "nats", Host: fmt.Sprintf("127.0.0.1:%d", freePort(t))})
	}
	c := &cluster{}
	for i := range c.servers {
		var port int
		_, _ = fmt.Sscanf(routes[i].Port(), "%d", &port)
		ns, err := server.NewServer(&server.Options{
			ServerName: fmt.Sprint("n", i), Host: "127.0.0.1", Port: -1, JetStream: true, StoreDir: filepath.Join(dir, fmt.Sprint(i)), NoLog: true, NoSigs: true,
			Cluster: server.ClusterOpts{Name: "airlock", Host: "127.0.0.1", Port: port}, Routes: routes,
		})
		if err != nil {
			t.Fatal(err)
		}
		ns.Start()
		t.Cleanup(func() { ns.Shutdown(); ns.WaitForShutdown() })
		c.servers[i] = ns
	}
	c.setUp(t)
	return c
}

// setUp waits for the servers to agree, and makes stream and buckets.
func (c *cluster) setUp(t *testing.T) {
	t.Helper()
	for i, ns := range c.servers {
		if !ns.ReadyForConnections(pace.Scaled(10 * time.Second)) {
			t.Fatal("NATS did not start")
		}
		nc, err := Connect(ConnectOptions{URL: ns.ClientURL(), Name: t.Name()})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(nc.Close)
		js, err := jetstream.New(nc)
		if err != nil {
			t.Fatal(err)
		}
		pace.Eventually(t, 20*time.Second, "three replicas", func() bool {
			ctx, cancel := context.WithTimeout(t.Context(), pace.Scaled(2*time.Second))
			defer cancel()
			if err = Setup(ctx, js, SetupOptions{QuarantineBucket: "q", MaxBytes: 64 << 20, Replicas: 3}); err == nil {
				c.stores[i], err = Open(ctx, nc, "q")
			}
			return err == nil
		})
	}
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// stepDown has the leaders of verdicts and grants give up, and tells how many did.
func (c *cluster) stepDown(ctx context.Context) (n int) {
	for _, stream := range []string{StreamName, "KV_" + GrantsBucket} {
		ctx, cancel := context.WithTimeout(ctx, pace.Scaled(200*time.Millisecond))
		if _, err := c.stores[rand.N(3)].nc.RequestWithContext(ctx, "$JS.API.STREAM.LEADER.STEPDOWN."+stream, nil); err == nil {
			n++
		}
		cancel()
	}
	return n
}

// patient repeats what NATS cannot do now, as the validator does, and fails the test for any other
// error. What is not answered in a second will not be: its leader has gone.
func patient(t *testing.T, what string, do func(ctx context.Context) error) {
	t.Helper()
	ctx, cancel := pace.Context(t.Context(), 20*time.Second)
	defer cancel()
	for ; ctx.Err() == nil; time.Sleep(rand.N(20 * time.Millisecond)) {
		once, end := context.WithTimeout(ctx, pace.Scaled(time.Second))
		err := do(once)
		end()
		switch {
		case err == nil:
			return
		case !errors.Is(err, ErrUnavailable) && !errors.Is(err, ErrUnsure):
			t.Errorf("%s: %v", what, err)
			return
		}
	}
	t.Errorf("%v: %s", context.Cause(ctx), what)
}

// oneUpload promises an upload, has eight record a verdict on it over all nodes at once, and looks
// whether all nodes know what was written.
func (c *cluster) oneUpload(t *testing.T, n int) {
	id := fmt.Sprintf("0b0e4d5c-8a3f-4c1e-9d2b-%012x", n)
	at := func(i int) *Store { return c.stores[i%3] }
	patient(t, "grant", func(ctx context.Context) error {
		err := at(n).CreateGrant(ctx, airlock.Grant{ID: id, Profile: "image"})
		if errors.Is(err, ErrExists) { // by an earlier try whose answer was lost
			return nil
		}
		return err
	})
	patient(t, "read the grant", func(ctx context.Context) error {
		_, found, err := at(n+1).Grant(ctx, id)
		if err == nil && !found {
			t.Errorf("%s: a grant was written, but another node does not know it", id)
		}
		return err
	})
	var winners atomic.Int64
	var racers sync.WaitGroup
	for r := range 8 {
		racers.Go(func() {
			v := accepted(0)
			v.UploadID = id
			if r%2 == 1 {
				v.Result, v.Clean = airlock.Rejected, nil
			}
			patient(t, "record", func(ctx context.Context) error {
				err := at(r).Record(ctx, v)
				if err == nil {
					winners.Add(1)
					c.knows(t, ctx, at(r+1), id, v.Result)
					return nil
				}
				if _, found, rerr := at(r).Last(ctx, id); rerr != nil || found {
					return rerr // the re-read decides
				}
				return err
			})
		})
	}
	racers.Wait()
	if winners.Load() > 1 {
		t.Errorf("%s: %d recorded it", id, winners.Load())
	}
}

func (c *cluster) knows(t *testing.T, ctx context.Context, s *Store, id string, want airlock.Result) {
	if v, found, err := s.Last(ctx, id); err == nil && (!found || v.Result != want) {
		t.Errorf("%s: %s was recorded, but another node says found %t, %s", id, want, found, v.Result)
	}
}

// many runs uploads from first on, some at once, until enough says so, and returns the next number.
func (c *cluster) many(t *testing.T, first int, enough func(n int) bool) int {
	var next atomic.Int64
	next.Store(int64(first))
	var workers sync.WaitGroup
	for range 8 {
		workers.Go(func() {
			for !t.Failed() {
				n := int(next.Add(1)) - 1
				c.oneUpload(t, n)
				if enough(n - first + 1) {
					return
				}
			}
		})
	}
	workers.Wait()
	return int(next.Load())
}

// Three replicas lose their leader again and again, and then a node for good: each upload has one
// verdict, and what was written is read, at whichever node.
func TestAClusterThatChangesItsLeadersKeepsOneVerdictPerUpload(t *testing.T) {
	if testing.Short() {
		t.Skip("runs three servers for some seconds; run without -short")
	}
	c := startCluster(t)
	ctx, calm := pace.Context(t.Context(), time.Minute)
	var storm sync.WaitGroup
	var stepped atomic.Int64
	storm.Go(func() {
		for ctx.Err() == nil {
			stepped.Add(int64(c.stepDown(ctx)))
			select {
			case <-ctx.Done():
			case <-time.After(300 * time.Millisecond):
			}
		}
	})
	end := time.Now().Add(3 * time.Second)
	n := c.many(t, 0, func(done int) bool {
		return done >= 200 && time.Now().After(end) && (stepped.Load() >= 8 || ctx.Err() != nil)
	})
	calm()
	storm.Wait()
	if stepped.Load() < 8 {
		t.Errorf("leaders stepped down only %d times", stepped.Load())
	}
	info, err := c.stores[0].stream.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, ns := range c.servers {
		if ns.Name() == info.Cluster.Leader {
			ns.Shutdown()
			ns.WaitForShutdown()
		}
	}
	total := c.many(t, n, func(done int) bool { return done >= 50 })
	t.Logf("%d uploads while leaders stepped down %d times, %d more on two nodes", n, stepped.Load(), total-n)
	c.audit(t, total)
}

// audit counts the verdicts of each upload.
func (c *cluster) audit(t *testing.T, uploads int) {
	t.Helper()
	stored := map[string]int{}
	within(t, 10*time.Second, func(ctx context.Context) {
		if err := Tail(ctx, c.stores[0].nc, Options{UntilNow: true}, time.Unix(1, 0), func(v Verdict) error { stored[v.UploadID]++; return nil }); err != nil {
			t.Error(err)
		}
	})
	for id, n := range stored {
		if n != 1 {
			t.Errorf("%s has %d verdicts", id, n)
		}
	}
	if len(stored) != uploads {
		t.Errorf("%d uploads have a verdict, want %d", len(stored), uploads)
	}
}
