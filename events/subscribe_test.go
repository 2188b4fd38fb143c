package events

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"airlock"
	"airlock/internal/pace"
)

func TestASubscriberGetsEachVerdictUntilItIsAcknowledged(t *testing.T) {
	nc, s := startNATS(t)
	for n := range 3 {
		if err := s.Record(t.Context(), accepted(n)); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	within(t, 20*time.Second, func(ctx context.Context) {
		ctx, stop := context.WithCancel(ctx)
		err := Subscribe(ctx, nc, Options{Durable: "photos"}, func(_ context.Context, v Verdict) error {
			got = append(got, v.UploadID)
			if len(got) == 2 {
				return errors.New("not now") // comes again after a second
			}
			if len(got) == 4 {
				stop()
			}
			return nil
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("ended with %v", err)
		}
	})
	if want := []string{upload(0), upload(1), upload(2), upload(1)}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	within(t, 20*time.Second, func(ctx context.Context) { // goes on where it stopped
		ctx, stop := context.WithCancel(ctx)
		if err := s.Record(ctx, accepted(9)); err != nil {
			t.Error(err)
		}
		_ = Subscribe(ctx, nc, Options{Durable: "photos"}, func(_ context.Context, v Verdict) error {
			if v.UploadID != upload(9) {
				t.Errorf("got %s again", v.UploadID)
			}
			stop()
			return nil
		})
	})
}

// NATS restarts while a verdict is being handled, before and after its acknowledgement. Each verdict
// is handled, the subscription goes on by itself, and what the server has acknowledged does not come
// again.
func TestASubscriptionOutlivesRestartsOfNATS(t *testing.T) {
	server := startServer(t)
	nc, s := server.open(t)
	const uploads = 12
	for n := range uploads {
		if err := s.Record(t.Context(), accepted(n)); err != nil {
			t.Fatal(err)
		}
	}
	handled := map[string]int{}
	ctx, stop := pace.Context(t.Context(), time.Minute)
	defer stop()
	var again []string
	err := Subscribe(ctx, nc, Options{Durable: "photos"}, func(_ context.Context, v Verdict) error {
		if handled[v.UploadID]++; handled[v.UploadID] > 1 {
			again = append(again, v.UploadID)
		}
		switch len(handled) {
		case 3, 7: // the acknowledgement meets a server that has forgotten who asked
			if handled[v.UploadID] == 1 {
				server.restart(t)
			}
		case uploads:
			stop()
		}
		return nil
	})
	if !errors.Is(err, context.Canceled) || len(handled) != uploads || len(again) > 2 {
		t.Errorf("%d handled, again %v; ended with %v", len(handled), again, err)
	}
	pace.Eventually(t, 20*time.Second, "a connection", func() bool { return s.Ping(t.Context()) == nil })
	c, err := s.js.Consumer(t.Context(), StreamName, "photos")
	if err != nil {
		t.Fatal(err)
	}
	if info := c.CachedInfo(); info.NumAckPending != 0 || info.NumPending != 0 {
		t.Errorf("%d are not acknowledged and %d not delivered", info.NumAckPending, info.NumPending)
	}
}

// Two processes share a name: what one is slow with holds up nothing else.
func TestASlowSubscriberLeavesTheRestToOthers(t *testing.T) {
	nc, s := startNATS(t)
	for n := range 10 {
		if err := s.Record(t.Context(), accepted(n)); err != nil {
			t.Fatal(err)
		}
	}
	within(t, 20*time.Second, func(ctx context.Context) {
		ctx, stop := context.WithCancel(ctx)
		busy, slow := make(chan struct{}), sync.WaitGroup{}
		slow.Go(func() {
			_ = Subscribe(ctx, nc, Options{Durable: "photos"}, func(ctx context.Context, v Verdict) error {
				close(busy)
				<-ctx.Done()
				return nil
			})
		})
		<-busy
		got := 0
		_ = Subscribe(ctx, nc, Options{Durable: "photos"}, func(context.Context, Verdict) error {
			if got++; got == 9 {
				stop()
			}
			return nil
		})
		slow.Wait()
		if got != 9 {
			t.Errorf("the other got %d, want 9", got)
		}
	})
}

func TestASubscriberChoosesProfileAndTypes(t *testing.T) {
	nc, s := startNATS(t)
	other := accepted(3)
	other.Profile = "document"
	for _, v := range []Verdict{accepted(1), rejected(2), other, expired(4)} {
		if err := s.Record(t.Context(), v); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		o    Options
		want []string
	}{
		"all":             {Options{}, []string{upload(1), upload(2), upload(3), upload(4)}},
		"accepted":        {Options{Types: []airlock.Result{airlock.Accepted}}, []string{upload(1), upload(3)}},
		"image":           {Options{Profile: "image"}, []string{upload(1), upload(2), upload(4)}},
		"image, rejected": {Options{Profile: "image", Types: []airlock.Result{airlock.Rejected}}, []string{upload(2)}},
		"nothing":         {Options{Profile: "archive"}, nil},
	} {
		var got []string
		c.o.UntilNow = true
		within(t, 10*time.Second, func(ctx context.Context) {
			if err := Tail(ctx, nc, c.o, time.Unix(1, 0), func(v Verdict) error { got = append(got, v.UploadID); return nil }); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		})
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}

func TestSubscribeNeedsAName(t *testing.T) {
	nc, _ := startNATS(t)
	if err := Subscribe(t.Context(), nc, Options{}, nil); err == nil {
		t.Error("a subscription without a name was taken")
	}
}

func TestManyWaitForOneVerdictWithOneConsumer(t *testing.T) {
	_, s := startNATS(t)
	f := &Feed{Store: s}
	ctx, stop := context.WithCancel(t.Context())
	var running, waiting sync.WaitGroup
	running.Go(func() { f.Run(ctx) })
	defer func() { stop(); running.Wait() }()
	for range 20 {
		waiting.Go(func() {
			within(t, 10*time.Second, func(ctx context.Context) {
				v, found, err := f.Wait(ctx, upload(1))
				if err != nil || !found || v.Result != airlock.Accepted {
					t.Errorf("found %t, %v, %v", found, v.Result, err)
				}
			})
		})
	}
	time.Sleep(50 * time.Millisecond) // most wait by now; those that don't must find it too
	if err := s.Record(t.Context(), accepted(1)); err != nil {
		t.Fatal(err)
	}
	waiting.Wait()
	info, err := s.stream.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if info.State.Consumers != 1 {
		t.Errorf("%d consumers, want 1", info.State.Consumers)
	}
	if n := len(f.waiting); n != 0 {
		t.Errorf("%d uploads are still waited for", n)
	}
}

func TestWaitEndsWithPatience(t *testing.T) {
	_, s := startNATS(t)
	f := &Feed{Store: s}
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { f.Run(ctx) })
	defer func() { stop(); running.Wait() }()
	patience, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, found, err := f.Wait(patience, upload(1)); found || err != nil {
		t.Errorf("found %t, %v", found, err)
	}
}
