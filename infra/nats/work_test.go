package nats_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"

	"airlock"
	"airlock/doctor"
	"airlock/events"
	"airlock/infra/dev/samples"
	"airlock/infra/devstack"
	"airlock/internal/pace"
	"airlock/signer"
	"airlock/signer/presign"
	"airlock/signer/quota"
	"airlock/surroundings"
	"airlock/validator"
)

var profiles = map[string]airlock.Profile{
	"image": airlock.Profile{Name: "image", Types: []string{"image/png"}, MaxBytes: 1 << 20}.WithDefaults(),
}

// startSigner serves the API as `airlock signer` does, as user signer.
func (s *natsServer) startSigner(t *testing.T, ctx context.Context) *signer.Client {
	t.Helper()
	store := s.store(t, "signer")
	key, err := store.SharedSecret(ctx, "token-key", signer.NewTokenKey())
	if err != nil {
		t.Fatal(err)
	}
	api := &signer.Handler{
		Signer: &signer.Signer{
			Profiles: profiles, Quarantine: devstack.Quarantine, Clean: devstack.Clean, Grants: store, TokenKey: key,
			Presign: &presign.S3{Config: stack.S3Config(devstack.Signer, 4), Endpoint: stack.S3Endpoint, PathStyle: true},
			Quota:   &quota.Book{Records: store, Limits: quota.Limits{OpenUploads: 10}},
		},
		Store: store, Authorizer: signer.Anonymous{Owner: "u-1", Profiles: []string{"*"}},
	}
	running(t, func() { api.Run(ctx) })
	srv := httptest.NewServer(api)
	t.Cleanup(srv.Close)
	return &signer.Client{Endpoint: srv.URL}
}

// startValidator works as `airlock validator` does, as user validator, with a sweep each second.
func (s *natsServer) startValidator(t *testing.T, ctx context.Context) {
	t.Helper()
	store := s.store(t, "validator")
	v := validator.Validator{
		Bucket: validator.NewS3(stack.S3Config(devstack.Validator, 16), true), Queue: validator.NewSQS(stack.SQSConfig(devstack.Validator, 16), stack.QueueURL),
		Ledger: store, Hints: store.Hints, Profiles: profiles, Quarantine: devstack.Quarantine, Clean: devstack.Clean,
		PollWait: time.Second, MinVisibility: time.Second, SweepInterval: time.Second, SweepAge: time.Second,
	}
	running(t, func() {
		if err := v.Run(ctx); err != nil {
			t.Error(err)
		}
	})
}

// running waits for f when the test has ended.
func running(t *testing.T, f func()) {
	ended := make(chan struct{})
	go func() { defer close(ended); f() }()
	t.Cleanup(func() { <-ended })
}

// follow collects what a subscriber is handed.
func follow(t *testing.T, ctx context.Context, subscribe func(ctx context.Context, see func(events.Verdict)) error) <-chan events.Verdict {
	t.Helper()
	seen := make(chan events.Verdict, 64)
	running(t, func() {
		if err := subscribe(ctx, func(v events.Verdict) { seen <- v }); err != nil && ctx.Err() == nil {
			t.Error(err)
		}
	})
	return seen
}

// TestAllOfAirlockWorksWithTheseUsers: an upload is signed, put, accepted, told and given back, and one
// is cancelled, listed and swept; NATS refuses none of the users anything on the way, also not after
// it was restarted (see complaints).
func TestAllOfAirlockWorksWithTheseUsers(t *testing.T) { testAllOfAirlock(t, startNATS(t)) }

// Acknowledgements can have another form, which is to come (NATS ADR-15).
func TestAllOfAirlockWorksWithAcknowledgementsOfTheSecondForm(t *testing.T) {
	testAllOfAirlock(t, startNATS(t, "feature_flags { js_ack_fc_v2: true }"))
}

func testAllOfAirlock(t *testing.T, s *natsServer) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	subscribers := map[string]<-chan events.Verdict{
		"thumbnails": follow(t, ctx, func(ctx context.Context, see func(events.Verdict)) error {
			return events.Subscribe(ctx, s.as(t, "thumbnails"), events.Options{Durable: "thumbnails", Types: []airlock.Result{airlock.Accepted}},
				func(_ context.Context, v events.Verdict) error { see(v); return nil })
		}),
		"operator": follow(t, ctx, func(ctx context.Context, see func(events.Verdict)) error {
			return events.Tail(ctx, s.as(t, "operator"), events.Options{Types: []airlock.Result{airlock.Accepted}}, time.Unix(1, 0),
				func(v events.Verdict) error { see(v); return nil })
		}),
	}
	client := s.startSigner(t, ctx)
	s.startValidator(t, ctx)
	t.Cleanup(stop) // before what waits for the end
	told(t, subscribers, upload(t, client))

	cancelled, err := client.Sign(ctx, signer.Request{Profile: "image", Filename: "cat.png", ContentType: "image/png", Size: 9})
	if err == nil {
		err = client.Cancel(ctx, cancelled)
	}
	if err != nil {
		t.Fatal(err)
	}
	s.givenBack(t)
	s.swept(t)

	s.Shutdown()
	s.WaitForShutdown()
	s.start(t)
	pace.Eventually(t, 20*time.Second, "the signer answers again", func() bool {
		_, err := client.Status(ctx, cancelled.ID)
		return err == nil
	})
	told(t, subscribers, upload(t, client))
	s.acknowledged(t)
}

// upload brings a picture through signer and validator, as a browser would, and returns its id.
func upload(t *testing.T, client *signer.Client) string {
	t.Helper()
	png := samples.PNG()
	signed, err := client.Sign(t.Context(), signer.Request{Profile: "image", Filename: "cat.png", ContentType: "image/png", Size: int64(len(png))})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(client.Put(t.Context(), signed, bytes.NewReader(png)), client.Uploaded(t.Context(), signed)); err != nil {
		t.Fatal(err)
	}
	st, err := client.Wait(t.Context(), signed)
	if err != nil || st.State != "accepted" {
		t.Fatalf("%+v %v", st, err)
	}
	return signed.ID
}

// told waits until all subscribers have seen the verdict on this upload.
func told(t *testing.T, subscribers map[string]<-chan events.Verdict, id string) {
	t.Helper()
	for name, seen := range subscribers {
		if v := pace.Receive(t, 20*time.Second, fmt.Sprintf("%s is told of %s", name, id), seen); v.UploadID != id {
			t.Errorf("%s sees %s, not %s", name, v.UploadID, id)
		}
	}
}

// acknowledged waits until no verdict would come again to those who have had it.
func (s *natsServer) acknowledged(t *testing.T) {
	t.Helper()
	js, err := jetstream.New(s.as(t, "root"))
	if err != nil {
		t.Fatal(err)
	}
	for _, durable := range []string{"thumbnails", "airlock-quota"} {
		pace.Eventually(t, 20*time.Second, durable+" has acknowledged", func() bool {
			c, err := js.Consumer(t.Context(), events.StreamName, durable)
			if err != nil {
				t.Fatal(err)
			}
			info := c.CachedInfo()
			return info.NumAckPending == 0 && info.AckFloor.Stream > 0
		})
	}
}

// givenBack waits until the quota of what has ended is: all of it, since the other is cancelled.
func (s *natsServer) givenBack(t *testing.T) {
	t.Helper()
	store := s.store(t, "signer")
	pace.Eventually(t, 20*time.Second, "the quota is given back", func() bool {
		open := 0
		if err := store.UpdateQuota(t.Context(), "u-1", func(old []byte) ([]byte, time.Time, error) {
			open = bytes.Count(old, []byte(`"id"`))
			return old, time.Now().Add(time.Hour), nil
		}); err != nil {
			t.Fatal(err)
		}
		return open <= 1
	})
}

// swept asks as the sweeper does, and as `airlock sweep` would.
func (s *natsServer) swept(t *testing.T) {
	t.Helper()
	store := s.store(t, "validator")
	pace.Eventually(t, 20*time.Second, "the one grant that is open is that of the cancelled upload", func() bool {
		n := 0
		for _, err := range store.Grants(t.Context()) {
			if n++; err != nil {
				t.Fatal(err)
			}
		}
		return n == 1
	})
	pace.Eventually(t, 20*time.Second, "the validator takes its turn at sweeping", func() bool {
		mine, err := store.Turn(t.Context(), "sweep", time.Second)
		return err == nil && !mine
	})
}

// The signer's list of verdicts is read from the stream by consumers that nobody deletes.
func TestASignerListsVerdicts(t *testing.T) {
	s := startNATS(t)
	store, feed := s.store(t, "validator"), &events.Feed{Store: s.store(t, "signer")}
	for _, id := range []string{anUpload, another} {
		if err := store.Record(t.Context(), events.Verdict{UploadID: id, Profile: "image", Owner: "u-1", Result: airlock.Rejected, Reason: airlock.TypeMismatch, DecidedAt: time.Now()}); err != nil {
			t.Fatal(err)
		}
	}
	for _, q := range []events.VerdictQuery{{Owner: "u-1", Most: 10}, {Owner: "u-1", Profile: "image", Types: []airlock.Result{airlock.Rejected}, Most: 10}} {
		page, err := feed.Page(t.Context(), q, 0)
		if err != nil || len(page.Verdicts) != 2 {
			t.Errorf("%+v: %d verdicts, %v", q, len(page.Verdicts), err)
		}
	}
}

// A request for the next message is answered by heartbeats until there is one: one answer is not all.
func TestAServiceThatHasWaitedIsStillTold(t *testing.T) {
	s := startNATS(t)
	ctx, stop := context.WithCancel(t.Context())
	told := follow(t, ctx, func(ctx context.Context, see func(events.Verdict)) error {
		return events.Subscribe(ctx, s.as(t, "thumbnails"), events.Options{Durable: "thumbnails"}, func(_ context.Context, v events.Verdict) error { see(v); return nil })
	})
	t.Cleanup(stop)
	store := s.store(t, "validator")
	time.Sleep(2500 * time.Millisecond) // events.Subscribe wants a heartbeat every 2 s
	if err := store.Record(t.Context(), events.Verdict{UploadID: anUpload, Profile: "image", Owner: "u-1", Result: airlock.Expired, Reason: airlock.NeverUploaded, DecidedAt: time.Now()}); err != nil {
		t.Fatal(err)
	}
	pace.Receive(t, 5*time.Second, "the verdict", told)
}

// The sweeper's list of many grants comes under flow control, which the validator must answer.
func TestManyGrantsAreListed(t *testing.T) {
	s := startNATS(t)
	signer, validator := s.store(t, "signer"), s.store(t, "validator")
	const grants = 1200
	var group errgroup.Group
	group.SetLimit(64)
	for range grants {
		group.Go(func() error {
			return signer.CreateGrant(t.Context(), airlock.Grant{ID: uuid.NewString(), Profile: "image", Metadata: map[string]string{"note": strings.Repeat("x", 4<<10)}})
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, err := range validator.Grants(t.Context()) {
		if n++; err != nil {
			t.Fatal(err)
		}
	}
	if n != grants {
		t.Errorf("%d grants are listed of %d", n, grants)
	}
}

// What `airlock doctor` asks of NATS, as user operator.
func TestDoctorIsContentForAnOperatorAndForTheValidator(t *testing.T) {
	s := startNATS(t)
	for _, user := range []string{"operator", "validator"} {
		d := doctor.Doctor{
			Need: surroundings.Need{Places: surroundings.Places{Quarantine: devstack.Quarantine, Clean: devstack.Clean, QueueURL: stack.QueueURL}, MinVisibility: time.Second},
			S3:   stack.S3Config(devstack.Root, 4), SQS: stack.SQSConfig(devstack.Root, 4), PathStyle: true,
			Connect: func() (*nats.Conn, error) { return s.as(t, user), nil },
		}
		content := []string{}
		d.Run(t.Context(), func(f surroundings.Finding) {
			if f.State == surroundings.OK {
				content = append(content, f.Check)
			}
		})
		for _, check := range []string{"nats", "stream", "grants", "quota", "state"} {
			if !slices.Contains(content, check) {
				t.Errorf("%s: doctor is not content with %s; it is with %v", user, check, content)
			}
		}
	}
}

// NATS answers nothing to whom it does not let ask; what comes of it must still say what to do.
func TestSetupByAnotherUserSaysSo(t *testing.T) {
	s := startNATS(t)
	for _, user := range []string{"signer", "validator"} {
		key, err := nats.NkeyOptionFromSeed(s.users[user].seed)
		if err != nil {
			t.Fatal(err)
		}
		nc, err := nats.Connect(s.ClientURL(), key)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(nc.Close)
		js, err := jetstream.New(nc)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), pace.Scaled(time.Second))
		err = events.Setup(ctx, js, events.SetupOptions{QuarantineBucket: devstack.QuarantineBucket, MaxBytes: 64 << 20})
		cancel()
		if err == nil || !strings.Contains(err.Error(), "may this user set it up") {
			t.Errorf("%s: %v", user, err)
		}
	}
}
