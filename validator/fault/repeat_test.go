package fault

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/google/uuid"
	"github.com/nats-io/nats.go/jetstream"

	"airlock/events"
	"airlock/infra/crew"
	"airlock/infra/fault"
	"airlock/internal/pace"
)

// Cell "duplicate, reorder": each notification three times, shuffled over three workers, 1,000 uploads.
func TestFaultEachNotificationThreeTimesInAnyOrderIsOneVerdict(t *testing.T) {
	l := enter(t, options{side: true})
	uploads := scaled(1000, 150)
	l.upload(0, uploads)
	var all []string
	for _, body := range l.notices(uploads) {
		all = append(all, body, body, body)
	}
	rand.New(rand.NewPCG(1, 0)).Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	l.startMany(3, l.spec())
	l.send(l.queue, all...)
	l.quiet()
	l.finish()
}

// Cell "duplicate, reorder": the same message to two workers at once, 500 times.
func TestFaultTheSameMessageToTwoWorkersAtOnceIsOneVerdict(t *testing.T) {
	l := enter(t, options{side: true})
	other := l.secondQueue()
	twin := l.spec()
	twin.QueueURL = other
	l.forgiving(1, l.spec()) // who comes second may have to come again
	l.forgiving(1, twin)
	uploads := scaled(500, 100)
	l.upload(0, uploads)
	for _, body := range l.notices(uploads) {
		var both sync.WaitGroup
		for _, url := range []string{l.queue, other} {
			both.Go(func() { l.send(url, body) })
		}
		both.Wait()
	}
	l.quiet()
	pace.Eventually(l, patience, "the other queue empty", func() bool { n, err := l.auditor.Waiting(t.Context(), other); return n == 0 && err == nil })
	l.finish()
}

// secondQueue is like the first, with the same DLQ.
func (l *lane) secondQueue() string {
	return l.makeQueue("t"+strings.ReplaceAll(uuid.NewString()[:13], "-", ""), map[string]string{
		"VisibilityTimeout": "3", "RedrivePolicy": fmt.Sprintf(`{"deadLetterTargetArn":"%s","maxReceiveCount":10}`, arn(l.dlq)),
	})
}

// forgetful makes the stream's window for duplicates as short as it gets: what Nats-Msg-Id says then
// helps nobody, and the compare-and-set alone decides.
func (l *lane) forgetful() {
	l.Helper()
	js, err := jetstream.New(l.nc)
	l.must(err)
	stream, err := js.Stream(l.Context(), events.StreamName)
	l.must(err)
	cfg := stream.CachedInfo().Config
	cfg.Duplicates = 100 * time.Millisecond
	_, err = js.UpdateStream(l.Context(), cfg)
	l.must(err)
}

// Cell "duplicate, reorder": redelivery after the dedupe window.
func TestFaultARedeliveryAfterTheDedupeWindowIsNoSecondVerdict(t *testing.T) {
	l := enter(t, options{side: true})
	l.forgetful()
	l.startMany(2, l.spec())
	uploads := scaled(100, 40)
	l.upload(0, uploads)
	bodies := l.notices(uploads)
	for range 3 {
		l.send(l.queue, bodies...)
		l.quiet()
		time.Sleep(300 * time.Millisecond)
	}
	l.finish()
}

// Cell "duplicate, reorder": the same message to two workers at once, of which one copies so slowly that
// it records its verdict after the dedupe window.
func TestFaultASlowTwinAfterTheDedupeWindowIsNoSecondVerdict(t *testing.T) {
	l := enter(t, options{side: true})
	l.forgetful()
	other := l.secondQueue()
	twin := l.spec()
	twin.QueueURL = other
	l.forgiving(1, l.spec())
	l.forgiving(1, twin)
	l.s3.Set(fault.Rule{Ops: []string{"CopyObject"}, Kind: fault.Delay, P: 0.5, For: 500 * time.Millisecond})
	uploads := scaled(100, 30)
	l.upload(0, uploads)
	for _, body := range l.notices(uploads) {
		l.send(l.queue, body)
		l.send(other, body)
	}
	l.quiet()
	pace.Eventually(l, patience, "the other queue empty", func() bool { n, err := l.auditor.Waiting(t.Context(), other); return n == 0 && err == nil })
	l.finish()
}

// Cell "duplicate, reorder": an old event after a new one. The object was put twice (as a store without
// conditions would let a client), and what the notices say of it is out of date.
func TestFaultAnOldNoticeAfterANewOneJudgesWhatIsThere(t *testing.T) {
	l := enter(t, options{side: true})
	uploads := scaled(50, 20)
	there := map[string]string{}
	for n := range uploads {
		first, second := crew.Good(fmt.Sprint("first ", n), 200), crew.Bad(fmt.Sprint("second ", n), 200)
		if n%2 == 1 {
			first, second = second, first
		}
		signed, err := l.client.Upload(t.Context(), first)
		l.must(err)
		l.overwrite(signed.ID, second)
		there[signed.ID] = second.ETag()
	}
	bodies := l.notices(2 * uploads)
	newestFirst := make([]string, 0, len(bodies))
	for i := range bodies {
		newestFirst = append(newestFirst, bodies[len(bodies)-1-i])
	}
	l.startMany(2, l.spec())
	l.send(l.queue, newestFirst...)
	l.quiet()
	for id, etag := range there {
		if v, _ := l.auditor.Verdict(id); v.ETag != etag {
			t.Errorf("%s is judged by %s, not by what is there", id, v.ETag)
		}
	}
	l.finish()
}

// Cell "duplicate, reorder": messages redriven from the DLQ days later. Their uploads have ended and
// their grants are gone; the verdict is still there.
func TestFaultARedriveLongAfterTheVerdictIsForgotten(t *testing.T) {
	l := enter(t, options{side: true})
	l.startMany(2, l.spec())
	uploads := scaled(50, 20)
	l.upload(0, uploads)
	bodies := l.notices(uploads)
	l.send(l.queue, bodies...)
	l.quiet()
	l.send(l.dlq, bodies...)
	_, err := l.sqsroot.StartMessageMoveTask(t.Context(), &sqs.StartMessageMoveTaskInput{
		SourceArn: aws.String(arn(l.dlq)), DestinationArn: aws.String(arn(l.queue)),
	})
	l.must(err)
	pace.Eventually(l, patience, "an empty DLQ", func() bool { n, err := l.auditor.Waiting(t.Context(), l.dlq); return n == 0 && err == nil })
	l.quiet()
	l.finish()
}

// Cell "duplicate, reorder": key encodings of AWS, LocalStack and others. The safe alphabet makes them
// equal. EventBridge's envelope is not taken: it is poison, and says what to change.
func TestFaultAKeyIsUnderstoodInEachEncoding(t *testing.T) {
	l := enter(t, options{side: true, maxReceives: 1})
	l.forgiving(1, l.spec())
	encodings := []func(string) string{
		func(key string) string { return key },
		func(key string) string { return strings.ReplaceAll(key, "/", "%2F") },
		func(key string) string { return strings.ReplaceAll(strings.ReplaceAll(key, "/", "%2f"), "-", "%2D") },
		percentAll,
	}
	for n, encode := range encodings {
		l.upload(n, n+1)
		body := l.notices(1)[0]
		key := keyIn(t, body)
		l.send(l.queue, strings.Replace(body, key, encode(key), 1))
	}
	l.quiet()
	l.upload(len(encodings), len(encodings)+1)
	body := l.notices(1)[0]
	bridge := fmt.Sprintf(`{"version":"0","source":"aws.s3","detail-type":"Object Created","detail":{"object":{"key":%q}}}`, keyIn(t, body))
	l.auditor.Poison(bridge)
	l.send(l.queue, bridge, body)
	l.finish()
}

func percentAll(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		fmt.Fprintf(&b, "%%%02X", c)
	}
	return b.String()
}

// keyIn is the key of a notice, as it is spelled there.
func keyIn(t *testing.T, body string) string {
	t.Helper()
	var n struct {
		Records []struct {
			S3 struct{ Object struct{ Key string } }
		}
	}
	if err := json.Unmarshal([]byte(body), &n); err != nil || len(n.Records) != 1 {
		t.Fatalf("%v: %s", err, body)
	}
	return n.Records[0].S3.Object.Key
}
