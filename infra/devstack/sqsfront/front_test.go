package sqsfront_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"airlock/infra/devstack/sqsfront"
	"airlock/infra/localstack"
	"airlock/internal/pace"
)

func TestEverythingOutlivesARestart(t *testing.T) {
	elsewhere(t, "restarts the server")
	t.Parallel()
	hidden := 3 * brief() // for longer than a restart takes
	dir := t.TempDir()
	s := startStand(dir, sqsfront.Config{})
	d := deskAt(t, client(t, s.web.URL), map[string]string{"VisibilityTimeout": fmt.Sprint(hidden)})
	d.send("removed", "kept", "shown")
	removed, kept, shown := d.one(), d.one(), d.one()
	d.send("waiting")
	s.stop()

	s = startStand(dir, sqsfront.Config{})
	defer s.stop()
	name := d.name()
	d = desk{t, client(t, s.web.URL), s.web.URL + "/000000000000/" + name}
	if v := d.attributes("VisibilityTimeout")["VisibilityTimeout"]; v != fmt.Sprint(hidden) {
		t.Errorf("VisibilityTimeout is %q", v)
	}
	d.holds("1", "3")
	d.delete(removed)
	d.hide(shown, 0)
	d.hide(kept, hidden)
	d.holds("2", "1")
	got := d.receive(10, 3)
	if len(got) != 2 || *got[0].Body != "shown" || count(got[0]) != "2" || *got[1].Body != "waiting" || count(got[1]) != "1" {
		t.Fatalf("received %d: %v", len(got), got)
	}
	d.delete(got[0])
	d.delete(got[1])
	if m := d.receive(1, int(min(hidden+3, 20))); len(m) != 1 || *m[0].Body != "kept" || count(m[0]) != "2" {
		t.Errorf("after its visibility timeout: %v", m)
	}
}

func TestAHandleDeletesEvenIfTheConsumerForgotTheDelivery(t *testing.T) {
	elsewhere(t, "reaches into JetStream")
	t.Parallel()
	s := startStand(t.TempDir(), sqsfront.Config{})
	defer s.stop()
	d := deskAt(t, client(t, s.web.URL), nil)
	d.send("a", "b")
	a := d.one()
	// NATS killed before it wrote the consumer's state comes back with one that knows less.
	stream := "SQS-" + d.name()
	c, err := s.js.Consumer(t.Context(), stream, "sqs")
	if err != nil {
		t.Fatal(err)
	}
	cfg := c.CachedInfo().Config
	if err := s.js.DeleteConsumer(t.Context(), stream, "sqs"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.js.CreateConsumer(t.Context(), stream, cfg); err != nil {
		t.Fatal(err)
	}
	d.delete(a)
	if m := d.one(); *m.Body != "b" {
		t.Errorf("received %q", *m.Body)
	}
	d.none()
}

func TestAReceiverThatGoesAwayLosesNoMessage(t *testing.T) {
	d := newDesk(t, map[string]string{"VisibilityTimeout": "600"})
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if _, err := d.c.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: &d.url, WaitTimeSeconds: 20}); err == nil {
		t.Fatal("received from an empty queue")
	}
	time.Sleep(50 * time.Millisecond)
	d.send("a")
	if localstack.Differs(t, "hides a message that it gave to a receiver who had gone, for its visibility timeout; AWS may, our front gives it back") {
		d.holds("0", "1")
		return
	}
	elsewhere(t, "AWS may hide such messages for their visibility timeout")
	if m := d.one(); count(m) != "1" {
		t.Errorf("receive count %s: somebody swallowed the message", count(m))
	}
}

// The request's end is set off just when the message comes. Here the front is called without a network, so that it is certain
// which answers were written.
func TestAMessageIsAnsweredOrGivenBack(t *testing.T) {
	elsewhere(t, "calls the front in this process")
	t.Parallel()
	s := startStand(t.TempDir(), sqsfront.Config{})
	defer s.stop()
	d := deskAt(t, client(t, s.web.URL), map[string]string{"VisibilityTimeout": "600"})
	arn := d.attributes("QueueArn")["QueueArn"]
	const rounds = 300
	got := map[string]bool{}
	for i := range rounds {
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() {
			for _, m := range receiveDirectly(ctx, s.front, d.url) {
				got[m.Body] = true
			}
		})
		time.Sleep(time.Millisecond)
		wg.Go(func() {
			at := time.Now().Add(time.Duration(rand.IntN(200)) * time.Microsecond)
			for time.Now().Before(at) { // a sleep is too coarse
				runtime.Gosched()
			}
			cancel()
		})
		if err := s.front.Send(t.Context(), arn, fmt.Sprint(i)); err != nil {
			t.Error(err)
		}
		wg.Wait()
		cancel()
	}
	ctx, cancel := pace.Context(t.Context(), 10*time.Second) // what nobody took is given back soon
	defer cancel()
	for more := true; more || len(got) < rounds && ctx.Err() == nil; {
		more = false
		for _, m := range d.receive(10, 1) {
			if got[*m.Body] {
				t.Errorf("%s was answered and then received again", *m.Body)
			}
			got[*m.Body], more = true, true
		}
	}
	if len(got) < rounds {
		t.Errorf("%d of %d messages are hidden though nobody has them", rounds-len(got), rounds)
	}
}

func receiveDirectly(ctx context.Context, front http.Handler, url string) []struct{ Body string } {
	in := strings.NewReader(fmt.Sprintf(`{"QueueUrl":%q,"MaxNumberOfMessages":10,"WaitTimeSeconds":20}`, url))
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/", in)
	r.Header.Set("X-Amz-Target", "AmazonSQS.ReceiveMessage")
	w := httptest.NewRecorder()
	front.ServeHTTP(w, r)
	var out struct{ Messages []struct{ Body string } }
	if w.Code != http.StatusOK || json.Unmarshal(w.Body.Bytes(), &out) != nil {
		return nil
	}
	return out.Messages
}

func TestOnlyTheNewestHandleChangesVisibility(t *testing.T) {
	d := newDesk(t, briefQueue())
	d.send("a")
	old := d.one()
	time.Sleep(briefly(2.5))
	if localstack.Differs(t, "an old handle changes the visibility of whoever has the message now; AWS knows MessageNotInflight") {
		d.hide(old, 10)
		d.one()
		d.hide(old, 0)
		d.delete(d.one())
		return
	}
	elsewhere(t, "AWS doesn't say what it answers to each")
	wantError[*types.MessageNotInflight](t, d.change(old, 10))
	current := d.one()
	wantCode(t, d.change(old, 0), "InvalidParameterValue")
	d.none()
	d.hide(current, 10)
	d.delete(old) // deletes, as standard queues do
	d.holds("0", "0")
	wantCode(t, d.change(current, 10), "InvalidParameterValue")
}

func TestAHandleIsOnlyForItsQueue(t *testing.T) {
	elsewhere(t, "AWS keeps a deleted name for a minute")
	d := newDesk(t, nil)
	d.send("a")
	m, name := d.one(), d.name()
	other := deskAt(t, d.c, nil)
	wantError[*types.ReceiptHandleIsInvalid](t, other.change(m, 0))
	if _, err := d.c.DeleteQueue(t.Context(), &sqs.DeleteQueueInput{QueueUrl: &d.url}); err != nil {
		t.Fatal(err)
	}
	if _, err := d.c.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: &name}); err != nil {
		t.Fatal(err)
	}
	d.send("b")
	_, err := d.c.DeleteMessage(t.Context(), &sqs.DeleteMessageInput{QueueUrl: &d.url, ReceiptHandle: m.ReceiptHandle})
	wantError[*types.ReceiptHandleIsInvalid](t, err)
	d.holds("1", "0")
}

func TestPoisonDoesNotHideWhatIsBehindIt(t *testing.T) {
	dead := newDesk(t, nil)
	d := deskAt(t, dead.c, map[string]string{
		"RedrivePolicy": fmt.Sprintf(`{"deadLetterTargetArn":%q,"maxReceiveCount":1}`, dead.attributes("QueueArn")["QueueArn"]),
	})
	for i := range 12 {
		d.send(fmt.Sprint("poison ", i))
	}
	for n := 0; n < 12; {
		for _, m := range d.receive(10, 1) {
			n++
			d.hide(m, 0)
		}
	}
	d.send("good")
	if m := d.one(); *m.Body != "good" {
		t.Errorf("received %q", *m.Body)
	}
	dead.holds("12", "0")
	d.holds("0", "1")
}

func TestAMessageIsDeliveredOnIfItsDeadLetterQueueIsGone(t *testing.T) {
	elsewhere(t, "AWS keeps a deleted queue for a minute")
	dead := newDesk(t, nil)
	d := deskAt(t, dead.c, map[string]string{
		"RedrivePolicy": fmt.Sprintf(`{"deadLetterTargetArn":%q,"maxReceiveCount":1}`, dead.attributes("QueueArn")["QueueArn"]),
	})
	if _, err := d.c.DeleteQueue(t.Context(), &sqs.DeleteQueueInput{QueueUrl: &dead.url}); err != nil {
		t.Fatal(err)
	}
	d.send("a")
	d.hide(d.one(), 0)
	if m := d.one(); count(m) != "2" {
		t.Errorf("receive count %s", count(m))
	}
}

func TestWhatIsNotSupportedSaysSo(t *testing.T) {
	elsewhere(t, "AWS supports it")
	d := newDesk(t, nil)
	_, err := d.c.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("x.fifo"), Attributes: map[string]string{"FifoQueue": "true"}})
	wantError[*types.UnsupportedOperation](t, err)
	wantError[*types.UnsupportedOperation](t, d.set(map[string]string{"DelaySeconds": "1"}))
	_, err = d.c.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &d.url, MessageBody: aws.String("a"), DelaySeconds: 1})
	wantError[*types.UnsupportedOperation](t, err)
	_, err = d.c.TagQueue(t.Context(), &sqs.TagQueueInput{QueueUrl: &d.url, Tags: map[string]string{"a": "b"}})
	wantCode(t, err, "InvalidAction")
}

func TestAQueueWithoutVisibilityTimeoutHidesNothing(t *testing.T) {
	d := newDesk(t, map[string]string{"VisibilityTimeout": "0"})
	d.send("a")
	d.one()
	m := d.one()
	if count(m) == "1" {
		t.Error("the receive count is still 1")
	}
	d.delete(m)
}

func TestSendStoresBeforeItReturns(t *testing.T) {
	elsewhere(t, "is Go, not SQS")
	t.Parallel()
	s := startStand(t.TempDir(), sqsfront.Config{Region: "eu-central-1"})
	defer s.stop()
	arn, err := s.front.CreateQueue(t.Context(), "events", map[string]string{"VisibilityTimeout": "5"})
	if err != nil || arn != "arn:aws:sqs:eu-central-1:000000000000:events" {
		t.Fatal(arn, err)
	}
	if err := s.front.Send(t.Context(), arn, "notice"); err != nil {
		t.Fatal(err)
	}
	d := desk{t, client(t, s.web.URL), s.web.URL + "/000000000000/events"}
	d.holds("1", "0")
	if m := d.one(); *m.Body != "notice" {
		t.Errorf("received %q", *m.Body)
	}
	for _, arn := range []string{arn + "-lost", strings.Replace(arn, "eu-central-1", "us-east-1", 1), "events"} {
		if err := s.front.Send(t.Context(), arn, "x"); !errors.Is(err, sqsfront.ErrNoQueue) {
			t.Errorf("send to %s: %v", arn, err)
		}
	}
	if err := s.js.DeleteStream(t.Context(), "SQS-events"); err != nil { // by another front
		t.Fatal(err)
	}
	if err := s.front.Send(t.Context(), arn, "x"); !errors.Is(err, sqsfront.ErrNoQueue) {
		t.Errorf("send to a queue that somebody else deleted: %v", err)
	}
}

func TestFaultsBreakOperationsBeforeOrAfterTheyAreDone(t *testing.T) {
	elsewhere(t, "breaks the server")
	t.Parallel()
	var broken switchable
	s := startStand(t.TempDir(), sqsfront.Config{Fault: broken.fault, Log: slog.New(slog.DiscardHandler)})
	defer s.stop()
	once := func(o *sqs.Options) { o.RetryMaxAttempts = 1 }
	d := deskAt(t, client(t, s.web.URL, once), nil)
	d.send("a")
	receive := func() error {
		_, err := d.c.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &d.url, WaitTimeSeconds: 1}) // a short poll may overlook a message
		return err
	}
	broken.set("ReceiveMessage")
	wantCode(t, receive(), "InternalFailure")
	d.holds("1", "0")
	broken.set("ReceiveMessage.answer")
	wantCode(t, receive(), "InternalFailure")
	d.holds("0", "1")
}

func TestOnlyKnownAccessKeysAreServed(t *testing.T) {
	elsewhere(t, "has its own keys")
	t.Parallel()
	s := startStand(t.TempDir(), sqsfront.Config{AccessKeys: []string{cmp.Or(os.Getenv("AWS_ACCESS_KEY_ID"), "test"), "validator"}})
	defer s.stop()
	deskAt(t, client(t, s.web.URL), nil)
	stranger := client(t, s.web.URL, func(o *sqs.Options) {
		o.Credentials = credentials.NewStaticCredentialsProvider("stranger", "secret", "")
	})
	_, err := stranger.ListQueues(t.Context(), &sqs.ListQueuesInput{})
	wantCode(t, err, "InvalidClientTokenId")
	res, err := http.Post(s.web.URL, "application/x-www-form-urlencoded", strings.NewReader("Action=ListQueues"))
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusBadRequest {
		t.Errorf("the old protocol answered %d", res.StatusCode)
	}
}

func TestManyWorkersReceiveEachMessageOnce(t *testing.T) {
	d := newDesk(t, map[string]string{"VisibilityTimeout": "60"})
	const senders, each = 8, 250
	var sending, wg sync.WaitGroup
	for i := range senders {
		sending.Go(func() {
			for j := range each {
				d.c.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &d.url, MessageBody: aws.String(fmt.Sprint(i, "-", j))})
			}
		})
	}
	sent := make(chan struct{})
	go func() { sending.Wait(); close(sent) }()
	var mu sync.Mutex
	seen := map[string]int{}
	for range senders {
		wg.Go(func() {
			for {
				var all bool
				select {
				case <-sent:
					all = true
				default:
				}
				out, err := d.c.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &d.url, MaxNumberOfMessages: 10, WaitTimeSeconds: 1})
				switch {
				case err != nil || all && len(out.Messages) == 0:
					return
				case len(out.Messages) == 0: // who sends is slow
					continue
				}
				in := &sqs.DeleteMessageBatchInput{QueueUrl: &d.url}
				mu.Lock()
				for i, m := range out.Messages {
					seen[*m.Body]++
					in.Entries = append(in.Entries, types.DeleteMessageBatchRequestEntry{Id: aws.String(fmt.Sprint(i)), ReceiptHandle: m.ReceiptHandle})
				}
				mu.Unlock()
				if out, err := d.c.DeleteMessageBatch(t.Context(), in); err != nil || len(out.Failed) > 0 {
					t.Errorf("delete batch: %v, %v", out, err)
				}
			}
		})
	}
	wg.Wait()
	for body, n := range seen {
		if n > 1 {
			t.Errorf("%s received %d times", body, n)
		}
	}
	if len(seen) != senders*each {
		t.Errorf("received %d of %d messages", len(seen), senders*each)
	}
	d.holds("0", "0")
}

// A worker that beats its heart while it deletes: what is deleted must not count as hidden afterwards.
func TestAHeartbeatDuringADeleteHidesNothing(t *testing.T) {
	elsewhere(t, "SQS counts approximately")
	d := newDesk(t, nil)
	d.send("given back")
	d.hide(d.one(), 0)
	for range 30 {
		bodies := make([]string, 9) // of ten, one is given back
		for i := range bodies {
			bodies[i] = "deleted"
		}
		d.send(bodies...)
		var all []types.Message
		for len(all) < 10 { // a short poll may overlook some
			all = append(all, d.some(10-len(all))...)
		}
		var beats sync.WaitGroup
		for _, m := range all {
			if aws.ToString(m.Body) == "given back" {
				d.hide(m, 0)
				continue
			}
			beats.Go(func() { _ = d.change(m, 30) }) // it may be too late
			beats.Go(func() { d.delete(m) })
		}
		beats.Wait()
	}
	d.holds("1", "0")
}
