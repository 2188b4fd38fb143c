package validator

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"airlock"
	"airlock/events"
	"airlock/signer"
	"airlock/signer/presign"
	"airlock/validator/inspect"
)

// The shipped reconcile, sweeper and signer run in a world of which each step, fault and crash is
// drawn from a seed. `go test ./validator -run Simulation -seed N` repeats one, with its trace;
// `-seeds N` runs many, from -seed on if that is given too.
var (
	seedFlag  = flag.Uint64("seed", 0, "the seed of the simulation to repeat, or to begin with")
	seedsFlag = flag.Uint64("seeds", 0, "how many seeds to simulate")
)

const defaultSeeds = 10_000

var (
	simQuarantine = airlock.Zone{Bucket: "q", Prefix: "quarantine/"}
	simClean      = airlock.Zone{Bucket: "c", Prefix: "clean/"}
	simProfiles   = map[string]airlock.Profile{"image": airlock.Profile{Name: "image", Types: []string{"image/png"}, MaxBytes: 1 << 20}.WithDefaults()}
	strictProfile = map[string]airlock.Profile{"image": airlock.Profile{Name: "image", Types: []string{"image/jpeg"}, MaxBytes: 1 << 20}.WithDefaults()}
)

func TestSimulationKeepsItsPromisesWhateverHappens(t *testing.T) {
	if *seedFlag != 0 && *seedsFlag == 0 {
		if s := simulate(*seedFlag, t.Logf); len(s.wrong) > 0 {
			t.Errorf("seed %d: %s", *seedFlag, strings.Join(s.wrong, "; "))
		}
		return
	}
	first, n := *seedFlag, *seedsFlag
	if n == 0 {
		n = defaultSeeds
	}
	began := time.Now()
	var next, done atomic.Uint64
	var failed atomic.Bool
	var workers sync.WaitGroup
	var mu sync.Mutex
	ends := map[string]int{}
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for i := next.Add(1); i <= n && !failed.Load(); i = next.Add(1) {
				s := simulate(first+i, nil)
				if len(s.wrong) > 0 && failed.CompareAndSwap(false, true) {
					t.Errorf("seed %d: %s\nsee it by: go test ./validator -run Simulation -seed %d -v", first+i, strings.Join(s.wrong, "; "), first+i)
				}
				done.Add(1)
				mu.Lock()
				s.count(ends)
				mu.Unlock()
			}
		})
	}
	workers.Wait()
	t.Logf("%d seeds in %s: %v", done.Load(), time.Since(began).Round(time.Millisecond), ends)
	for _, end := range []string{"accepted", "type_mismatch", "size_mismatch", "type_not_allowed", "mutated", "object_gone", "never_uploaded", "cancelled", "republished", "forgotten by NATS"} {
		if ends[end] == 0 && n >= defaultSeeds && !failed.Load() {
			t.Errorf("no upload ended as %s: the simulation does not go there", end)
		}
	}
}

// count tells how uploads ended, so that a simulation that reaches nothing is seen.
func (s *sim) count(ends map[string]int) {
	for _, id := range s.ids {
		for _, v := range s.verdicts[id] {
			ends[cmp.Or(string(v.Reason), string(v.Result))]++
			if v.Republished {
				ends["republished"]++
			}
		}
		if s.uploads[id].wiped && len(s.verdicts[id]) == 0 {
			ends["forgotten by NATS"]++
		}
	}
}

// sim is one run of the world with all who act in it.
type sim struct {
	*world
	uploads   map[string]*simUpload
	ids       []string // of uploads, in order
	faults    float64  // of each step
	crashes   int      // left
	closing   bool     // no more faults: everything comes to its end
	clients   int
	policy    map[string]airlock.Profile
	limits    []time.Time // until when honest PUTs under way must have ended
	sweeps    int         // asked for
	policyHit bool        // the strict policy was in force
	unswept   bool        // no sweep of the clean zone, which nothing may need if clients put once
}

// simUpload is what the world knows of one upload, besides what airlock does.
type simUpload struct {
	grant     airlock.Grant
	landed    []*body // what S3 took
	inTime    bool    // the only PUT ended before the deadline
	cancelled bool
	wiped     bool // NATS forgot its grant
	lifecycle bool // a rule of the bucket took the object
}

func simulate(seed uint64, trace func(string, ...any)) *sim {
	rng := rand.New(rand.NewPCG(seed, 1))
	s := &sim{
		world: &world{
			rng: rng, trace: trace, now: time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC),
			objects: map[airlock.Object][]stored{}, grants: map[string]airlock.Grant{}, verdicts: map[string][]events.Verdict{}, order: map[string]int{},
			versioned: rng.IntN(4) == 0,
			store:     Capabilities{CopySource: true, CopyDestination: rng.IntN(4) > 0, PutOnce: rng.IntN(4) > 0, ConditionalDelete: rng.IntN(4) > 0},
		},
		uploads: map[string]*simUpload{}, policy: simProfiles, unswept: rng.IntN(4) == 0,
		faults: []float64{0, 0.02, 0.1}[rng.IntN(3)], crashes: rng.IntN(6),
	}
	if trace != nil {
		trace("seed %d: %+v, versioned %t, faults %g, crashes %d, clean zone not swept %t", seed, s.store, s.versioned, s.faults, s.crashes, s.unswept)
	}
	for range 1 + rng.IntN(2) {
		s.clients++
		s.begin("client", false, s.client)
	}
	s.begin("worker 1", true, s.worker)
	if s.unswept { // two versions of a policy at once
		s.policy, s.policyHit = strictProfile, true
	}
	s.begin("worker 2", true, s.worker)
	s.begin("hints", true, s.hints)
	s.begin("sweeper", true, s.sweeper)
	s.chaos(150 + rng.IntN(200))
	s.close()
	for _, a := range s.actors {
		a.stop()
	}
	s.audit()
	return s
}

// begin starts a process with the policy that is in force now.
func (s *sim) begin(name string, mortal bool, body func(a *actor)) {
	s.start(name, mortal, body).policy = s.policy
}

// reconciler is the shipped one, for one actor.
func (s *sim) reconciler(a *actor) *reconciler {
	return &reconciler{
		bucket: simBucket{a}, ledger: simLedger{a}, inspector: simInspector{s, inspect.New()}, profiles: a.policy, quarantine: simQuarantine, store: s.store, version: "sim",
		log:   slog.New(slog.DiscardHandler),
		sleep: func(context.Context, time.Duration) error { a.step("pause"); return nil },
		rand:  s.rng.Uint32,
	}
}

// simInspector is inspection whose process is lost now and then (isolation.ErrUnavailable): nothing may be
// decided by that (PROTOCOL 18).
type simInspector struct {
	s *sim
	*inspect.Inspector
}

func (i simInspector) Inspect(ctx context.Context, u inspect.Upload) (inspect.Report, error) {
	if !i.s.closing && i.s.rng.Float64() < i.s.faults {
		return inspect.Report{}, errAway
	}
	return i.Inspector.Inspect(ctx, u)
}

// worker is a validator process without its pollers: it takes a message, looks, deletes it.
func (s *sim) worker(a *actor) {
	recon := s.reconciler(a)
	for {
		a.idle(func() bool { return s.visible() != nil })
		m := s.visible()
		if m == nil {
			continue
		}
		if m.receives++; m.receives > maxReceives {
			m.dead = true
			continue
		}
		m.holder = a
		out, err := handBack, errAway
		for try := 0; err != nil && try < 5; try++ { // in an outage it is held
			out, err = recon.look(context.Background(), m.upload, fromQueue)
		}
		if err != nil || out == handBack {
			if err != nil {
				m.receives-- // it would be held on
			}
			if m.holder == a {
				m.holder = nil
			}
			continue
		}
		_, _ = effect(a, "delete message", nil, nil, func() (struct{}, error) {
			m.gone = m.gone || m.holder == a
			return struct{}{}, nil
		})
		if !m.gone && m.holder == a {
			m.holder = nil
		}
	}
}

// hints is a validator process that hears of uploads from their clients, whether they are there or not.
func (s *sim) hints(a *actor) {
	recon := s.reconciler(a)
	for range 3 + s.rng.IntN(5) {
		a.step("idle")
		if len(s.ids) > 0 {
			u := s.uploads[s.ids[s.rng.IntN(len(s.ids))]]
			_, _ = recon.look(context.Background(), u.grant.Upload(), fromHint)
		}
	}
}

func (s *sim) sweeper(a *actor) {
	w := &sweeper{recon: s.reconciler(a), clean: []airlock.Zone{simClean}, age: 10 * time.Minute, retention: events.DefaultRetention, workers: 1}
	if s.unswept {
		w.rest = s.now.Add(cleanAge)
	}
	for {
		a.idle(func() bool { return s.sweeps > 0 })
		s.sweeps = max(0, s.sweeps-1)
		_ = w.run(context.Background())
	}
}

func (s *sim) visible() *simMessage {
	var seen []*simMessage
	for _, m := range s.messages {
		if m.holder == nil && !m.gone && !m.dead {
			seen = append(seen, m)
		}
	}
	if len(seen) == 0 {
		return nil
	}
	return seen[s.rng.IntN(len(seen))]
}

// client signs, and then does what a client may do, honestly or not.
func (s *sim) client(a *actor) {
	defer func() { s.clients-- }()
	sign := &signer.Signer{
		Profiles: simProfiles, Quarantine: simQuarantine, Clean: simClean, Presign: simPresigner{w: s.world}, Grants: simGrants{simLedger{a}, s},
		TokenKey: make([]byte, 32), Now: func() time.Time { return s.now },
	}
	signed, err := sign.Sign(context.Background(), signer.Caller{Owner: "o", Profiles: []string{"*"}}, signer.Request{
		Profile: "image", Filename: "a.png", ContentType: "image/png", Size: bodySize})
	if err != nil {
		return // the client learns no URL, whether or not the grant was stored
	}
	u := s.uploads[signed.ID]
	u.grant.Method = []airlock.Method{airlock.MethodPut, airlock.MethodPut, airlock.MethodPost, airlock.MethodMultipart}[s.rng.IntN(4)]
	if g, there := s.grants[signed.ID]; there {
		g.Method = u.grant.Method
		s.grants[signed.ID] = g
	}
	what := s.rng.IntN(8)
	if what == 5 && s.unswept {
		what = 6
	}
	switch what {
	case 0: // nothing is ever put
	case 1:
		s.cancel(a, u)
	case 2, 3, 4:
		s.upload(a, u, s.anyBody())
	case 5: // one MD5, two contents: the good one is looked at, the other is copied
		s.upload(a, u, twinGood)
		s.upload(a, u, twinBad)
	default: // again and again
		times := 1 + s.rng.IntN(4)
		if s.unswept {
			times = 1
		}
		for range times {
			s.upload(a, u, s.anyBody())
			if s.rng.IntN(8) == 0 {
				s.cancel(a, u)
			}
		}
	}
}

func (s *sim) anyBody() *body {
	return []*body{goodA, goodA, goodA, goodB, badA, badB, twinGood, twinBad, truncated}[s.rng.IntN(9)]
}

func (s *sim) cancel(a *actor, u *simUpload) {
	a.step("cancel")
	if g, there := s.grants[u.grant.ID]; there {
		g.Cancelled, u.cancelled = true, true
		s.grants[u.grant.ID] = g
	}
}

// upload begins before the URL's end, or not at all, and ends in time if it is honest.
func (s *sim) upload(a *actor, u *simUpload, b *body) {
	if s.now.After(u.grant.ExpiresAt) {
		return
	}
	up := u.grant.Upload()
	id := ""
	if u.grant.Method == airlock.MethodMultipart {
		s.versions++
		id = fmt.Sprint("mpu ", s.versions)
		s.open = append(s.open, openUpload{object: simQuarantine.Object(up), id: id, begun: s.now})
	}
	inTime := s.rng.IntN(10) > 0
	deadline := u.grant.ExpiresAt.Add(time.Hour) // of so few bytes
	if inTime {
		s.limits = append(s.limits, deadline)
	}
	for range s.rng.IntN(3) {
		a.step("PUT goes on")
	}
	if id != "" && s.rng.IntN(4) == 0 {
		s.release(inTime, deadline)
		return // never completed
	}
	a.step("PUT ends: " + b.name)
	inTime = s.release(inTime, deadline) || !s.now.After(deadline)
	etag := b.etag
	if id != "" {
		n := len(s.open)
		if s.open = slices.DeleteFunc(s.open, func(o openUpload) bool { return o.id == id }); len(s.open) == n {
			return // it was aborted
		}
		etag = b.etag[:30] + "-2"
	}
	if s.clientPut(up, b, etag, u.grant.Method == airlock.MethodPut) {
		u.landed = append(u.landed, b)
		u.inTime = inTime
	}
}

func (s *sim) release(inTime bool, deadline time.Time) bool {
	if i := slices.Index(s.limits, deadline); inTime && i >= 0 {
		s.limits = slices.Delete(s.limits, i, i+1)
	}
	return inTime
}

// simGrants lets the world know what was granted.
type simGrants struct {
	simLedger
	s *sim
}

func (g simGrants) CreateGrant(ctx context.Context, grant airlock.Grant) error {
	if _, known := g.s.uploads[grant.ID]; !known {
		g.s.uploads[grant.ID] = &simUpload{grant: grant}
		g.s.order[grant.ID] = len(g.s.ids)
		g.s.ids = append(g.s.ids, grant.ID)
	}
	return g.simLedger.CreateGrant(ctx, grant)
}

// simPresigner signs PUTs only; what a client then does by a form or in parts is the world's.
type simPresigner struct {
	signer.Presigner
	w *world
}

func (p simPresigner) PresignPut(_ context.Context, spec presign.PutSpec) (presign.Presigned, error) {
	return presign.Presigned{URL: "https://s3.invalid/" + string(spec.Object.Key), ExpiresAt: p.w.now.Add(spec.Expires)}, nil
}

// idle waits until there is something to do.
func (a *actor) idle(ready func() bool) {
	a.ready = ready
	a.step("idle")
	a.ready = nil
}
