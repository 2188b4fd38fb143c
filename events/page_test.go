package events

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"airlock"
	"airlock/internal/pace"
)

// verdictOf is the n-th verdict of a test, on owner's upload.
func verdictOf(n int, owner string, r airlock.Result) Verdict {
	v := expired(0)
	v.UploadID, v.Owner, v.Result = fmt.Sprintf("0b0e4d5c-8a3f-4c1e-9d2b-%012x", n), owner, r
	return v
}

func startFeed(t *testing.T, s *Store) *Feed {
	t.Helper()
	f := &Feed{Store: s}
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { f.Run(ctx) })
	t.Cleanup(func() { stop(); running.Wait() })
	f.init()
	<-f.ready
	return f
}

func record(t *testing.T, s *Store, vs ...Verdict) {
	t.Helper()
	for _, v := range vs {
		if err := s.Record(t.Context(), v); err != nil {
			t.Fatal(err)
		}
	}
}

func ids(page VerdictPage) (ids []string) {
	for _, v := range page.Verdicts {
		ids = append(ids, v.UploadID)
	}
	return ids
}

// Half of the verdicts were recorded before anybody listened, so that pages come from the stream, from
// memory and from both.
func TestPagesHoldEachVerdictOfAnOwnerOnceInOrder(t *testing.T) {
	_, s := startNATS(t)
	var all []string
	put := func(from, to int) {
		for n := from; n < to; n++ {
			v := verdictOf(n, []string{"alice", "bob"}[n%2], []airlock.Result{airlock.Accepted, airlock.Rejected}[n/2%2])
			record(t, s, v)
			if v.Owner == "alice" {
				all = append(all, v.UploadID)
			}
		}
	}
	put(0, 50)
	f := startFeed(t, s)
	put(50, 100)
	var got []string
	for q := (VerdictQuery{Owner: "alice", Most: 7}); ; {
		page, err := f.Page(t.Context(), q, 0)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, ids(page)...)
		if q.After = page.Next; !page.More {
			break
		}
	}
	if !slices.Equal(got, all) {
		t.Errorf("%d verdicts, want %d", len(got), len(all))
	}
	for q, want := range map[*VerdictQuery]int{
		{Owner: "bob", Types: []airlock.Result{airlock.Rejected}, Most: 100}: 25,
		{Owner: "*", Most: 200}:                                   100,
		{Owner: "*", Most: 200, Profile: "document"}:              0,
		{Owner: "carol", Most: 200}:                               0,
		{Owner: "*", Most: 200, After: 90}:                        10,
		{Owner: "*", Most: 200, Since: time.Now().Add(time.Hour)}: 0,
		{Owner: "*", Most: 200, Since: noon.Add(-time.Hour * 24)}: 100,
	} {
		page, err := f.Page(t.Context(), *q, 0)
		if err != nil || len(page.Verdicts) != want || page.More || page.Next != 100 {
			t.Errorf("%+v: %d verdicts, next %d, more %t, %v, want %d", *q, len(page.Verdicts), page.Next, page.More, err, want)
		}
	}
	for name := range s.stream.ConsumerNames(t.Context()).Name() {
		if info, err := s.stream.Consumer(t.Context(), name); err == nil && info.CachedInfo().Config.Replicas == 1 && info.CachedInfo().Config.InactiveThreshold == 10*time.Second {
			t.Errorf("consumer %s was left behind", name)
		}
	}
}

// Where NATS lets others publish, they can spoil their own message and nothing else.
func TestAMessageThatIsNoEventSpoilsNoPage(t *testing.T) {
	_, s := startNATS(t)
	live, later := startFeed(t, s), &Feed{Store: s} // one hears it, the other reads it afterwards
	record(t, s, verdictOf(1, "alice", airlock.Accepted))
	if _, err := s.js.Publish(t.Context(), Subject(airlock.Accepted, airlock.Upload{Profile: "image", ID: upload(9)}), []byte("no event")); err != nil {
		t.Fatal(err)
	}
	record(t, s, verdictOf(2, "alice", airlock.Accepted))
	for name, f := range map[string]*Feed{"heard": live, "read": later} {
		for _, owner := range []string{"alice", "*"} {
			page, err := f.Page(t.Context(), VerdictQuery{Owner: owner, After: 1, Most: 10}, pace.Scaled(20*time.Second))
			if err != nil || !slices.Equal(ids(page), []string{verdictOf(2, "", "").UploadID}) || page.Next != 3 {
				t.Errorf("%s, %s: %v, next %d, %v", name, owner, ids(page), page.Next, err)
			}
		}
	}
}

func TestAPageIsWaitedForAndOnlyByThoseItConcerns(t *testing.T) {
	_, s := startNATS(t)
	f := startFeed(t, s)
	record(t, s, verdictOf(1, "alice", airlock.Accepted))
	within(t, 20*time.Second, func(ctx context.Context) {
		go func() {
			time.Sleep(50 * time.Millisecond)
			record(t, s, verdictOf(2, "bob", airlock.Accepted), verdictOf(3, "alice", airlock.Rejected), verdictOf(4, "alice", airlock.Accepted))
		}()
		page, err := f.Page(ctx, VerdictQuery{Owner: "alice", Types: []airlock.Result{airlock.Accepted}, After: 1, Most: 10}, pace.Scaled(time.Minute))
		if err != nil || !slices.Equal(ids(page), []string{verdictOf(4, "", "").UploadID}) {
			t.Errorf("%v %v", ids(page), err)
		}
	})
	page, err := f.Page(t.Context(), VerdictQuery{Owner: "carol", Most: 10}, 100*time.Millisecond)
	if err != nil || len(page.Verdicts) != 0 || page.Next != 4 || page.More {
		t.Errorf("who waited in vain: %+v %v", page, err)
	}
}

func TestAFeedThatLostItsConsumerMissesNothing(t *testing.T) {
	server := startServer(t)
	_, s := server.open(t)
	f := startFeed(t, s)
	record(t, s, verdictOf(1, "alice", airlock.Accepted))
	done := make(chan VerdictPage, 1)
	go func() {
		page, err := f.Page(t.Context(), VerdictQuery{Owner: "alice", After: 1, Most: 10}, pace.Scaled(time.Minute))
		if err != nil {
			t.Error(err)
		}
		done <- page
	}()
	time.Sleep(100 * time.Millisecond)
	server.restart(t)
	pace.Eventually(t, 20*time.Second, "NATS is back", func() bool { return s.Record(t.Context(), verdictOf(2, "alice", airlock.Accepted)) == nil })
	if page := pace.Receive(t, 30*time.Second, "a page after the restart", done); len(page.Verdicts) != 1 || page.Verdicts[0].Sequence != 2 {
		t.Errorf("%+v", page)
	}
}

func TestMemoryHoldsTheLastVerdictsOnly(t *testing.T) {
	var r recent
	for n := range mostRecent + 10 {
		v := verdictOf(n, "alice", airlock.Accepted)
		v.Sequence = uint64(n + 1)
		r.add(v)
	}
	if _, ok := r.page(VerdictQuery{Owner: "*", After: 9, Most: 5}); ok {
		t.Error("memory answers for what it has forgotten")
	}
	page, ok := r.page(VerdictQuery{Owner: "*", After: 10, Most: 5})
	if !ok || len(page.Verdicts) != 5 || page.Verdicts[0].Sequence != 11 || page.Next != 15 || !page.More {
		t.Errorf("%t %+v", ok, page.Next)
	}
	if page, ok = r.page(VerdictQuery{Owner: "*", After: mostRecent + 10, Most: 5}); !ok || len(page.Verdicts) != 0 || page.Next != mostRecent+10 {
		t.Errorf("at the end: %t %+v", ok, page)
	}
}

func TestBatchesAreSharedAndComeAgainAfterAnError(t *testing.T) {
	_, s := startNATS(t)
	ctx, stop := context.WithCancelCause(t.Context())
	var mu sync.Mutex
	seen, calls := map[string]int{}, 0
	var running sync.WaitGroup
	for range 2 {
		running.Go(func() {
			err := s.Batches(ctx, "shared", func(_ context.Context, vs []Verdict) error {
				mu.Lock()
				defer mu.Unlock()
				if calls++; calls == 1 {
					return errors.New("not now")
				}
				for _, v := range vs {
					seen[v.UploadID]++
				}
				return nil
			})
			if !errors.Is(err, errEnough) {
				t.Error(err)
			}
		})
	}
	pace.Eventually(t, 20*time.Second, "the consumer is there", func() bool { _, err := s.stream.Consumer(t.Context(), "shared"); return err == nil })
	for n := range 100 {
		record(t, s, verdictOf(n, "alice", airlock.Accepted))
	}
	pace.Eventually(t, 20*time.Second, "all have been seen", func() bool { mu.Lock(); defer mu.Unlock(); return len(seen) == 100 })
	stop(errEnough)
	running.Wait()
	for id, n := range seen {
		if n != 1 {
			t.Errorf("%s came %d times", id, n)
		}
	}
}

var errEnough = errors.New("enough")
