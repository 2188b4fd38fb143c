package fault

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"airlock/infra/audit"
	"airlock/infra/crew"
	"airlock/infra/devstack"
	"airlock/infra/devstack/stacktest"
)

// world is what all tests share: one S3 and one SQS. Each test has its own prefix of both zones, its own
// queues, proxies, NATS and validators, so that they can run side by side. See lane.
type world struct {
	*devstack.Stack
	s3  *s3.Client // of root, around all proxies
	sqs *sqs.Client

	mu       sync.Mutex
	notified map[string]string // queue URLs by the prefix that notifies them
	lanes    map[*lane]bool    // that are under way
	total    audit.Report
	tests    int
	slow     int // how often the machine was
}

var theWorld *world

// atOnce is how many tests run side by side: most of their time they wait.
const atOnce = "6"

func TestMain(m *testing.M) {
	crew.Main()
	flag.Parse()
	if testing.Short() {
		fmt.Println("fault tests are skipped by -short")
		return
	}
	if f := flag.Lookup("test.parallel"); f.Value.String() == f.DefValue {
		_ = f.Value.Set(atOnce)
	}
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// everything tells whether all of it was asked for.
func everything() bool { return strings.Contains(flag.Lookup("test.run").Value.String(), "Fault") }

// scaled is all where everything was asked for, and else some.
func scaled[T any](all, some T) T {
	if everything() {
		return all
	}
	return some
}

// slow skips a test that a plain `go test ./...` has no time for.
func slow(t *testing.T) {
	t.Helper()
	if !everything() {
		t.Skip("takes long; run with -run Fault")
	}
}

func run(m *testing.M) (code int, err error) {
	stack, err := devstack.Start(context.Background(), devstack.Config{})
	if err != nil {
		return 1, err
	}
	defer func() {
		http.DefaultClient.CloseIdleConnections()
		err = errors.Join(err, stack.Close())
	}()
	theWorld = &world{
		Stack: stack, s3: s3.NewFromConfig(stack.S3Config(devstack.Root, 64), func(o *s3.Options) { o.UsePathStyle = true }),
		sqs: sqs.NewFromConfig(stack.SQSConfig(devstack.Root, 64)), notified: map[string]string{}, lanes: map[*lane]bool{},
	}
	if err := stacktest.Measure(context.Background(), stack); err != nil {
		return 1, err
	}
	if err := putNotification(context.Background(), theWorld.s3, nil); err != nil {
		return 1, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	var watching sync.WaitGroup
	watching.Go(func() { theWorld.watchMachine(ctx) })
	code = stacktest.Run(m)
	cancel()
	watching.Wait()
	if theWorld.tests > 0 {
		fmt.Printf("\nall %d tests together: %s", theWorld.tests, theWorld.total)
	}
	if theWorld.slow > 0 {
		fmt.Printf("%d times this machine was too slow for heartbeats; receives after that are no fault of the validator\n", theWorld.slow)
	}
	return code, nil
}

// putNotification makes S3 notify a queue of what is put below each prefix, and nobody else.
func putNotification(ctx context.Context, client *s3.Client, urls map[string]string) error {
	c := &s3types.NotificationConfiguration{}
	for prefix, url := range urls {
		c.QueueConfigurations = append(c.QueueConfigurations, s3types.QueueConfiguration{
			QueueArn: aws.String(arn(url)), Events: []s3types.Event{"s3:ObjectCreated:*"},
			Filter: &s3types.NotificationConfigurationFilter{Key: &s3types.S3KeyFilter{FilterRules: []s3types.FilterRule{{Name: "prefix", Value: aws.String(prefix)}}}},
		})
	}
	_, err := client.PutBucketNotificationConfiguration(ctx, &s3.PutBucketNotificationConfigurationInput{
		Bucket: aws.String(devstack.QuarantineBucket), NotificationConfiguration: c, SkipDestinationValidation: aws.Bool(true),
	})
	return err
}

// setNotified changes which queue is notified of one prefix; "" is none.
func (w *world) setNotified(ctx context.Context, prefix, url string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if delete(w.notified, prefix); url != "" {
		w.notified[prefix] = url
	}
	return putNotification(ctx, w.s3, w.notified)
}

// tooSlow is how late a heartbeat may be before a message, which is extended every third of its visibility,
// is in danger: 0.7 s of 3 s.
func (l *lane) tooSlow() time.Duration { return l.visibility * 7 / 30 }

// losesReplies is how late an answer may be before a poll is in danger: sqsfront asks NATS for 2 s, and then
// what it has got for the poll is hidden from everybody.
const losesReplies = time.Second

// watchMachine makes right what no validator can help: that this machine stood still for as long as a
// message may be hidden. It measures a wait and a request that both should take milliseconds.
func (w *world) watchMachine(ctx context.Context) {
	for ctx.Err() == nil {
		began := time.Now()
		time.Sleep(50 * time.Millisecond)
		_, _ = w.sqs.ListQueues(ctx, &sqs.ListQueuesInput{QueueNamePrefix: aws.String("none")})
		if late := time.Since(began); ctx.Err() == nil {
			w.excuse(late)
		}
	}
}

// excuse makes right what is held where heartbeats may have come late by this much.
func (w *world) excuse(late time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	slow := false
	for l := range w.lanes {
		if late < l.tooSlow() {
			continue
		}
		slow = true
		for _, r := range l.running() {
			r.ExcuseHeld()
			if late >= losesReplies {
				r.ExcusePolls()
			}
		}
	}
	if slow {
		w.slow++
	}
}

// enters notes that a lane is under way, or no longer.
func (w *world) enters(l *lane, yes bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if delete(w.lanes, l); yes {
		w.lanes[l] = true
	}
}

// add puts one test's report to the total.
func (w *world) add(r audit.Report) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.total, w.tests = w.total.Add(r), w.tests+1
}
