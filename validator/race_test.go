package validator

import (
	"context"
	"fmt"
	"testing"
	"time"

	"airlock"
	"airlock/events"
	"airlock/infra/devstack"
	"airlock/internal/pace"
)

// What several validators do to the same uploads at the same time.

// racedLedger is the real ledger, with another worker that is a little faster at the first verdict.
type racedLedger struct {
	Ledger
	first func()
}

func (l *racedLedger) Record(ctx context.Context, v events.Verdict) error {
	if first := l.first; first != nil {
		l.first = nil
		first()
	}
	return l.Ledger.Record(ctx, v)
}

// The other worker judges by another policy, rejects, cleans up and purges the grant, all between
// our copy and our publish: then the copy must go, although no grant tells any more where it is.
func TestACopyThatLostToARejectionIsTakenBack(t *testing.T) {
	r := fresh(t)
	r.notify(t, "")
	s := r.upload(t, "cat.png", pngOf("raced"))
	u := airlock.Upload{Profile: "image", ID: s.ID}
	g, _, err := r.store.Grant(t.Context(), s.ID)
	if err != nil {
		t.Fatal(err)
	}
	strict := r.validator().withDefaults()
	strict.Profiles = map[string]airlock.Profile{"image": airlock.Profile{Name: "image", Types: []string{"image/jpeg"}, MaxBytes: 1 << 20}.WithDefaults()}
	raced := r.validator().withDefaults()
	raced.Ledger = &racedLedger{Ledger: r.store, first: func() {
		if len(r.list(t, devstack.CleanBucket)) != 1 {
			t.Error("nothing was copied yet")
		}
		if out, err := strict.reconciler(ourStore).look(t.Context(), u, fromQueue); out != done || err != nil {
			t.Errorf("the faster worker: %v, %v", out, err)
		}
		// as if its clean-up had come before our copy landed
		o, etag := r.place(t, "quarantine/test/copy", pngOf("raced"))
		if _, err := r.bucket.Copy(t.Context(), CopySpec{From: o, ETag: etag, To: r.destination(g, etag), Size: 1, ContentType: "image/png", Disposition: "inline"}); err != nil {
			t.Error(err)
		}
	}}
	if out, err := raced.reconciler(ourStore).look(t.Context(), u, fromQueue); out != done || err != nil {
		t.Fatalf("%v, %v", out, err)
	}
	if v := r.verdict(t, s.ID); v.Result != airlock.Rejected || v.Reason != airlock.TypeNotAllowed {
		t.Errorf("verdict %s %s", v.Result, v.Reason)
	}
	if left := r.list(t, devstack.CleanBucket); len(left) > 0 {
		t.Errorf("the copy is still in the clean zone: %v", left)
	}
	if n := r.eventsOf(t)[s.ID]; n != 1 {
		t.Errorf("%d events", n)
	}
}

func TestEachNotificationThreeTimesToThreeValidatorsIsOneEvent(t *testing.T) {
	r := fresh(t)
	notified := r.repeat(t, 3)
	for range 3 {
		r.run(t, r.validator())
	}
	const uploads = 60
	var ids []string
	for i := range uploads {
		ids = append(ids, r.upload(t, "cat.png", pngOf(fmt.Sprint(i))).ID)
	}
	for _, id := range ids {
		r.verdict(t, id)
	}
	pace.Eventually(t, 30*time.Second, "every notification three times", func() bool { return notified.Load() >= uploads })
	r.idle(t)
	all := r.eventsOf(t)
	for _, id := range ids {
		if all[id] != 1 {
			t.Errorf("%s: %d events", id, all[id])
		}
	}
	if got := len(r.list(t, devstack.CleanBucket)); got != uploads || notified.Load() != uploads || r.waiting(t, r.DLQURL) != 0 {
		t.Errorf("%d clean objects of %d uploads, %d notifications, %d in the DLQ", got, uploads, notified.Load(), r.waiting(t, r.DLQURL))
	}
}
