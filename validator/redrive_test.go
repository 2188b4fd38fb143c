package validator

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"airlock"
	"airlock/internal/pace"
)

// NATS comes back from an old copy, without a grant; its upload's notice ends in the DLQ. When the
// grant is there again, the notice is sent back, and the upload is judged as if nothing had been.
func TestWhatIsRedrivenFromTheDLQIsJudged(t *testing.T) {
	r := fresh(t)
	s := r.upload(t, "cat.png", pngOf("redriven"))
	g, _, err := r.store.Grant(t.Context(), s.ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.store.PurgeGrant(t.Context(), s.ID); err != nil {
		t.Fatal(err)
	}
	r.run(t, r.validator())
	pace.Eventually(t, 30*time.Second, "a message in the DLQ", func() bool { return r.waiting(t, r.DLQURL) == 1 })
	if err := r.store.CreateGrant(t.Context(), g); err != nil {
		t.Fatal(err)
	}
	settings, err := r.queue.Settings(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.sqs.StartMessageMoveTask(t.Context(), &sqs.StartMessageMoveTaskInput{SourceArn: &settings.DLQ}); err != nil {
		t.Fatal(err)
	}
	if v := r.verdict(t, s.ID); v.Result != airlock.Accepted {
		t.Errorf("%s %s", v.Result, v.Reason)
	}
	r.idle(t)
	if n, e := r.waiting(t, r.DLQURL), r.eventsOf(t)[s.ID]; n != 0 || e != 1 {
		t.Errorf("%d messages in the DLQ, %d events", n, e)
	}
}

// Whoever may write to quarantine without a signed length, a form or a mistaken role, can leave
// there more than was promised, and more than the profile takes.
func TestWhatIsLargerThanItsProfileTakesIsRejected(t *testing.T) {
	r := fresh(t)
	r.run(t, r.validator())
	s := r.sign(t, "cat.png", pngOf("small"))
	huge := append(pngOf(""), bytes.Repeat([]byte{0}, 1<<20)...)
	r.place(t, "quarantine/image/"+s.ID, huge)
	if v := r.verdict(t, s.ID); v.Result != airlock.Rejected || v.Reason != airlock.TooLarge || !strings.Contains(v.Detail, "1048576") {
		t.Errorf("%s %s: %s", v.Result, v.Reason, v.Detail)
	}
	r.idle(t)
}
