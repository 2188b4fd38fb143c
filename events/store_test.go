package events

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"airlock"
	"airlock/internal/pace"
)

func TestARecordedVerdictIsTheLast(t *testing.T) {
	_, s := startNATS(t)
	if _, found, err := s.Last(t.Context(), upload(1)); err != nil || found {
		t.Fatalf("before: found %t, %v", found, err)
	}
	want := accepted(1)
	want.Traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	if err := s.Record(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	got, found, err := s.Last(t.Context(), upload(1))
	if err != nil || !found {
		t.Fatalf("after: found %t, %v", found, err)
	}
	want.Sequence = 1 // the first of its stream
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-recorded +read:\n%s", diff)
	}
}

func TestAnUploadHasOneVerdictWhateverItsResultAndProfile(t *testing.T) {
	_, s := startNATS(t)
	if err := s.Record(t.Context(), rejected(1)); err != nil {
		t.Fatal(err)
	}
	other := accepted(1)
	other.Profile = "document"
	for name, v := range map[string]Verdict{"the same": rejected(1), "another result": accepted(1), "another profile": other} {
		if err := s.Record(t.Context(), v); !errors.Is(err, ErrUnsure) {
			t.Errorf("%s: got %v, want ErrUnsure", name, err)
		}
	}
	if got, _, _ := s.Last(t.Context(), upload(1)); got.Result != airlock.Rejected {
		t.Errorf("the first verdict was replaced by %s", got.Result)
	}
}

// A crash's redelivery comes after the window in which the server knows Nats-Msg-Id.
func TestTheCompareAndSetHoldsWhenTheDedupeWindowHasPassed(t *testing.T) {
	_, s := startNATS(t)
	cfg := s.stream.CachedInfo().Config
	cfg.Duplicates = 100 * time.Millisecond
	if _, err := s.js.UpdateStream(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	if err := s.Record(t.Context(), accepted(1)); err != nil {
		t.Fatal(err)
	}
	time.Sleep(300 * time.Millisecond)
	if err := s.Record(t.Context(), rejected(1)); !errors.Is(err, ErrUnsure) {
		t.Errorf("the second verdict: %v, want ErrUnsure", err)
	}
	if got, _, err := s.Last(t.Context(), upload(1)); err != nil || got.Result != airlock.Accepted {
		t.Errorf("the verdict is %s, %v", got.Result, err)
	}
}

func TestOfManyRacingRecordersExactlyOneWins(t *testing.T) {
	_, s := startNATS(t)
	const uploads, racers = 100, 4
	var won, stored atomic.Int64
	var wg sync.WaitGroup
	for n := range uploads {
		for r := range racers {
			wg.Go(func() {
				v := accepted(n)
				if r%2 == 1 {
					v = rejected(n)
				}
				switch err := s.Record(t.Context(), v); {
				case err == nil:
					won.Add(1)
				case !errors.Is(err, ErrUnsure):
					t.Errorf("upload %d: %v", n, err)
				}
			})
		}
	}
	wg.Wait()
	within(t, 10*time.Second, func(ctx context.Context) {
		if err := Tail(ctx, s.nc, Options{UntilNow: true}, time.Unix(1, 0), func(Verdict) error { stored.Add(1); return nil }); err != nil {
			t.Error(err)
		}
	})
	if won.Load() != uploads || stored.Load() != uploads {
		t.Errorf("%d won and %d are stored, want %d", won.Load(), stored.Load(), uploads)
	}
}

// PROTOCOL S6, as a table.
func TestWhatTheReplyToAPublishMeans(t *testing.T) {
	api := func(code int, status int) error {
		return &jetstream.APIError{Code: status, ErrorCode: jetstream.ErrorCode(code)}
	}
	for _, c := range []struct {
		name string
		ack  *jetstream.PubAck
		err  error
		want error
	}{
		{"stored", &jetstream.PubAck{Sequence: 7}, nil, nil},
		{"duplicate by Nats-Msg-Id", &jetstream.PubAck{Sequence: 7, Duplicate: true}, nil, ErrUnsure},
		{"wrong last sequence", nil, api(10071, 400), ErrUnsure},
		{"wrong last sequence, constant", nil, api(10164, 400), ErrUnsure},
		{"duplicate in process", nil, api(10158, 409), ErrUnsure},
		{"an error that nobody knows", nil, api(19999, 400), ErrUnsure},
		{"full", nil, api(10077, 503), ErrUnavailable},
		{"no resources", nil, api(10023, 503), ErrUnavailable},
		{"any 503", nil, api(19998, 503), ErrUnavailable},
		{"no such stream", nil, api(10059, 404), ErrUnavailable},
		{"another stream", nil, api(10060, 400), ErrUnavailable},
		{"no stream answers", nil, jetstream.ErrNoStreamResponse, ErrUnavailable},
		{"nobody answers", nil, nats.ErrNoResponders, ErrUnavailable},
		{"disconnected", nil, nats.ErrReconnectBufExceeded, ErrUnavailable},
		{"closed", nil, nats.ErrConnectionClosed, ErrUnavailable},
		{"time-out", nil, context.DeadlineExceeded, ErrUnsure},
		{"nats time-out", nil, nats.ErrTimeout, ErrUnsure},
	} {
		err := outcome(c.ack, c.err)
		if (c.want == nil) != (err == nil) || c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, err, c.want)
		}
	}
}

func TestAFullStreamIsUnavailableAndForgetsNothing(t *testing.T) {
	_, s := startNATS(t)
	if err := Setup(t.Context(), s.js, SetupOptions{QuarantineBucket: "q", MaxBytes: 4096}); err != nil {
		t.Fatal(err)
	}
	var err error
	n := 0
	for ; n < 20 && err == nil; n++ {
		err = s.Record(t.Context(), accepted(n))
	}
	if !errors.Is(err, ErrUnavailable) {
		t.Fatalf("after %d: got %v, want ErrUnavailable", n, err)
	}
	if _, found, err := s.Last(t.Context(), upload(0)); !found || err != nil {
		t.Errorf("the first verdict is gone: %v", err)
	}
}

func TestAGrantIsThereFromCreateToPurge(t *testing.T) {
	_, s := startNATS(t)
	g := airlock.Grant{ID: upload(1), Profile: "image", Owner: "o", Method: airlock.MethodPut, Filename: "a.png",
		Clean: airlock.Object{Bucket: "c", Key: "clean/x"}, GrantedAt: noon, ExpiresAt: noon, Deadline: noon, Size: 1}
	if err := s.CreateGrant(t.Context(), g); err != nil {
		t.Fatal(err)
	}
	if err := s.CreateGrant(t.Context(), g); !errors.Is(err, ErrExists) {
		t.Errorf("the second Create: got %v, want ErrExists", err)
	}
	got, found, err := s.Grant(t.Context(), g.ID)
	if err != nil || !found {
		t.Fatalf("found %t, %v", found, err)
	}
	if diff := cmp.Diff(g, got); diff != "" {
		t.Error(diff)
	}
	for range 2 { // no grant is no error
		if err := s.PurgeGrant(t.Context(), g.ID); err != nil {
			t.Fatal(err)
		}
	}
	if _, found, err := s.Grant(t.Context(), g.ID); found || err != nil {
		t.Errorf("after Purge: found %t, %v", found, err)
	}
}

func TestAllSignersGetTheSameSecret(t *testing.T) {
	_, s := startNATS(t)
	secrets := make([]string, 8)
	var wg sync.WaitGroup
	for i := range secrets {
		wg.Go(func() {
			b, err := s.SharedSecret(t.Context(), "token-key", fmt.Appendf(nil, "candidate %d", i))
			if err != nil {
				t.Error(err)
			}
			secrets[i] = string(b)
		})
	}
	wg.Wait()
	for _, got := range secrets {
		if got != secrets[0] || got == "" {
			t.Fatalf("got %q and %q", secrets[0], got)
		}
	}
}

func TestOpenRefusesSurroundingsThatWouldBreakTheProtocol(t *testing.T) {
	nc, s := startNATS(t)
	if _, err := Open(t.Context(), nc, "another-bucket"); !errors.Is(err, ErrNotSetUp) || !errors.Is(err, ErrWrongBucket) {
		t.Errorf("another bucket: got %v", err)
	}
	if err := Setup(t.Context(), s.js, SetupOptions{QuarantineBucket: "another-bucket"}); !errors.Is(err, ErrWrongBucket) {
		t.Errorf("setup for another bucket: got %v", err)
	}
	for name, change := range map[string]func(*jetstream.StreamConfig){
		"discards old":  func(c *jetstream.StreamConfig) { c.Discard = jetstream.DiscardOld },
		"direct gets":   func(c *jetstream.StreamConfig) { c.AllowDirect = true },
		"more subjects": func(c *jetstream.StreamConfig) { c.Subjects = append(c.Subjects, "airlock.v2.>") },
	} {
		cfg := SetupOptions{QuarantineBucket: "q", MaxBytes: 64 << 20}.streams()[0]
		change(&cfg)
		if _, err := s.js.UpdateStream(t.Context(), cfg); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(t.Context(), nc, "q"); !errors.Is(err, ErrNotSetUp) {
			t.Errorf("%s: got %v, want ErrNotSetUp", name, err)
		}
	}
	if err := s.js.DeleteStream(t.Context(), StreamName); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), nc, "q"); !errors.Is(err, ErrNotSetUp) {
		t.Errorf("no stream: got %v", err)
	}
}

func TestTheRetentionIsWhatTheStreamHasNow(t *testing.T) {
	_, s := startNATS(t)
	for _, want := range []time.Duration{DefaultRetention, time.Hour} {
		if err := Setup(t.Context(), s.js, SetupOptions{QuarantineBucket: "q", MaxBytes: 64 << 20, Retention: want}); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Retention(t.Context()); got != want || err != nil {
			t.Errorf("%s, %v; want %s", got, err, want)
		}
	}
}

func TestWithoutNATSTheStoreIsUnavailable(t *testing.T) {
	nc, s := startNATS(t)
	nc.Close()
	_, _, lastErr := s.Last(t.Context(), upload(1))
	_, _, grantErr := s.Grant(t.Context(), upload(1))
	_, retentionErr := s.Retention(t.Context())
	for name, err := range map[string]error{
		"Record": s.Record(t.Context(), accepted(1)), "Last": lastErr, "Grant": grantErr, "Retention": retentionErr, "Ping": s.Ping(t.Context()),
		"CreateGrant": s.CreateGrant(t.Context(), airlock.Grant{ID: upload(1)}), "PurgeGrant": s.PurgeGrant(t.Context(), upload(1)),
	} {
		if !errors.Is(err, ErrUnavailable) {
			t.Errorf("%s: got %v, want ErrUnavailable", name, err)
		}
	}
}

func TestAHintReachesOneValidator(t *testing.T) {
	nc, s := startNATS(t)
	heard := make(chan string, 10)
	for range 3 {
		stop, err := s.Hints(func(id string) { heard <- id })
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = stop() }()
	}
	_ = nc.Publish("airlock.look.not-an-upload", nil)
	if err := s.Hint(upload(1)); err != nil {
		t.Fatal(err)
	}
	if err := nc.Flush(); err != nil {
		t.Fatal(err)
	}
	if id := pace.Receive(t, 5*time.Second, "the hint", heard); id != upload(1) {
		t.Errorf("heard %q", id)
	}
	select {
	case id := <-heard:
		t.Errorf("heard %q too", id)
	case <-time.After(50 * time.Millisecond):
	}
}
