package quota_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go/jetstream"

	"airlock/events"
	"airlock/internal/pace"
	"airlock/signer/quota"
)

// twoStores are those of two signers on one real NATS.
func twoStores(t *testing.T) [2]*events.Store {
	t.Helper()
	ns, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: -1, JetStream: true, StoreDir: t.TempDir(), NoLog: true, NoSigs: true})
	if err != nil {
		t.Fatal(err)
	}
	ns.Start()
	t.Cleanup(func() { ns.Shutdown(); ns.WaitForShutdown() })
	if !ns.ReadyForConnections(pace.Scaled(10 * time.Second)) {
		t.Fatal("NATS did not start")
	}
	var stores [2]*events.Store
	for i := range stores {
		nc, err := events.Connect(events.ConnectOptions{URL: ns.ClientURL()})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(nc.Close)
		js, err := jetstream.New(nc)
		if err != nil {
			t.Fatal(err)
		}
		if err := events.Setup(t.Context(), js, events.SetupOptions{QuarantineBucket: "q", MaxBytes: 1 << 20}); err != nil {
			t.Fatal(err)
		}
		if stores[i], err = events.Open(t.Context(), nc, "q"); err != nil {
			t.Fatal(err)
		}
	}
	return stores
}

func books(t *testing.T, l quota.Limits) [2]*quota.Book {
	stores := twoStores(t)
	return [2]*quota.Book{{Records: stores[0], Limits: l}, {Records: stores[1], Limits: l}}
}

func hold(n int) quota.Hold {
	return quota.Hold{ID: fmt.Sprint("upload-", n), Bytes: 10, Until: time.Now().Add(time.Hour)}
}

// limit is the one that err names; "" for none.
func limit(t *testing.T, err error) string {
	t.Helper()
	var e *quota.Exceeded
	switch {
	case err == nil:
		return ""
	case !errors.As(err, &e):
		t.Fatal(err)
	case e.RetryAfter <= 0 || e.RetryAfter > time.Minute:
		t.Errorf("%s: try again after %s", e.Limit, e.RetryAfter)
	}
	return e.Limit
}

func TestTwoSignersTogetherNeverGiveMoreThanTheLimit(t *testing.T) {
	for name, l := range map[string]quota.Limits{"open_uploads": {OpenUploads: 100}, "open_bytes": {OpenBytes: 1005}, "grants_per_minute": {GrantsPerMinute: 100}} {
		t.Run(name, func(t *testing.T) {
			both := books(t, l)
			var given atomic.Int64
			var wg sync.WaitGroup
			for n := range 200 {
				wg.Go(func() {
					switch got := limit(t, both[n%2].Reserve(t.Context(), "alice", hold(n))); got {
					case "":
						given.Add(1)
					case name:
					default:
						t.Errorf("refused by %s", got)
					}
				})
			}
			wg.Wait()
			if n := given.Load(); n < 100 || n > 101 && name == "grants_per_minute" || n != 100 && name != "grants_per_minute" {
				t.Errorf("%d were given, want 100", n) // a slow machine may earn another one of the rate meanwhile
			}
			if got := limit(t, both[0].Reserve(t.Context(), "bob", hold(0))); got != "" {
				t.Errorf("another owner: %s", got)
			}
		})
	}
}

func TestWhatIsLargerThanTheWholeLimitIsNotWorthWaitingFor(t *testing.T) {
	both := books(t, quota.Limits{OpenBytes: 100})
	var e *quota.Exceeded
	if err := both[0].Reserve(t.Context(), "alice", quota.Hold{ID: "large", Bytes: 101, Until: time.Now().Add(time.Hour)}); !errors.As(err, &e) || e.RetryAfter != 0 {
		t.Errorf("%v, try again after %v", err, e)
	}
	if err := both[0].Reserve(t.Context(), "alice", quota.Hold{ID: "whole", Bytes: 100, Until: time.Now().Add(time.Hour)}); err != nil {
		t.Error(err)
	}
}

func TestWhatIsReleasedIsFree(t *testing.T) {
	both := books(t, quota.Limits{OpenUploads: 2})
	reserve := func(n int) string { t.Helper(); return limit(t, both[n%2].Reserve(t.Context(), "alice", hold(n))) }
	if reserve(1) != "" || reserve(2) != "" || reserve(3) != "open_uploads" {
		t.Fatal("two of three were to be given")
	}
	if got := reserve(1); got != "" {
		t.Errorf("what is held already: %s", got)
	}
	if err := both[1].Release(t.Context(), "alice", hold(1).ID, "never-held"); err != nil {
		t.Fatal(err)
	}
	if reserve(3) != "" || reserve(4) != "open_uploads" {
		t.Error("one was to be free")
	}
	if err := errors.Join(both[0].Release(t.Context(), "alice", hold(2).ID, hold(3).ID), both[0].Release(t.Context(), "nobody", "x")); err != nil {
		t.Fatal(err)
	}
	if reserve(4) != "" || reserve(5) != "" {
		t.Error("two were to be free")
	}
}

// A signer that dies between reserving and granting leaks nothing beyond the grant's end.
func TestWhatNobodyReleasesIsFreeOnceItsTimeHasPassed(t *testing.T) {
	both := books(t, quota.Limits{OpenUploads: 1})
	now := time.Now()
	both[1].Now = func() time.Time { return now }
	h := hold(1)
	if got := limit(t, both[0].Reserve(t.Context(), "alice", h)); got != "" {
		t.Fatal(got)
	}
	now = h.Until.Add(-time.Second)
	if got := limit(t, both[1].Reserve(t.Context(), "alice", hold(2))); got != "open_uploads" {
		t.Errorf("before its time has passed: %q", got)
	}
	now = h.Until
	if got := limit(t, both[1].Reserve(t.Context(), "alice", quota.Hold{ID: "later", Until: now.Add(time.Hour)})); got != "" {
		t.Errorf("afterwards: %q", got)
	}
}

func TestAHoldIsExtendedAndNoneIsMadeByThat(t *testing.T) {
	both := books(t, quota.Limits{OpenUploads: 1})
	now := time.Now()
	both[1].Now = func() time.Time { return now }
	h := hold(1)
	if got := limit(t, both[0].Reserve(t.Context(), "alice", h)); got != "" {
		t.Fatal(got)
	}
	h.Until = h.Until.Add(time.Hour)
	if err := errors.Join(both[0].Extend(t.Context(), "alice", h), both[0].Extend(t.Context(), "bob", h)); err != nil {
		t.Fatal(err)
	}
	now = now.Add(90 * time.Minute)
	if got := limit(t, both[1].Reserve(t.Context(), "alice", quota.Hold{ID: "later", Until: now.Add(time.Hour)})); got != "open_uploads" {
		t.Errorf("before its new end: %q", got)
	}
	if got := limit(t, both[1].Reserve(t.Context(), "bob", quota.Hold{ID: "later", Until: now.Add(time.Hour)})); got != "" {
		t.Errorf("of one who held nothing: %q", got)
	}
}

func TestARateIsEarnedBackBitByBit(t *testing.T) {
	both := books(t, quota.Limits{GrantsPerMinute: 60})
	now := time.Now()
	for _, b := range both {
		b.Now = func() time.Time { return now }
	}
	given := func(asked int) (n int) {
		for i := range asked {
			if limit(t, both[i%2].Reserve(t.Context(), "alice", quota.Hold{ID: fmt.Sprint(now.UnixNano(), i), Until: now.Add(time.Millisecond)})) == "" {
				n++
			}
		}
		return n
	}
	if n := given(70); n != 60 {
		t.Errorf("at once: %d, want 60", n)
	}
	if now = now.Add(5 * time.Second); given(10) != 5 {
		t.Error("five seconds later five more were to be given")
	}
	if now = now.Add(time.Hour); given(70) != 60 {
		t.Error("no more than a minute's worth is saved up")
	}
}

func TestWithoutItsRecordsNothingIsReserved(t *testing.T) {
	b := &quota.Book{Records: broken{}, Limits: quota.Limits{OpenUploads: 1}}
	if err := b.Reserve(t.Context(), "alice", hold(1)); !errors.Is(err, events.ErrUnavailable) {
		t.Errorf("%v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := b.Reserve(ctx, "alice", hold(1)); err == nil {
		t.Error("no error after the caller's end")
	}
}

// broken stands for a NATS that is away.
type broken struct{}

func (broken) UpdateQuota(context.Context, string, func([]byte) ([]byte, time.Time, error)) error {
	time.Sleep(10 * time.Millisecond)
	return events.ErrUnavailable
}
