package fault

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"airlock/infra/crew"
	"airlock/internal/pace"
	"airlock/signer"
)

// load uploads at a steady rate until stop, which returns how many there were. Signing needs NATS:
// signed ahead, so that a test may take it away.
type load struct {
	l       *lane
	done    chan struct{}
	end     func() // closes done; may be called again
	posted  atomic.Int64
	backlog atomic.Int64 // how many may wait for their verdict; 0: any number
	work    sync.WaitGroup
}

// keepUploading puts every pause, at most most uploads.
func (l *lane) keepUploading(most int, pause time.Duration) *load {
	l.Helper()
	signed := l.signAhead(most)
	ld := &load{l: l, done: make(chan struct{})}
	ld.end = sync.OnceFunc(func() { close(ld.done) })
	l.Cleanup(func() { ld.stop() }) // where the test is given up
	ld.work.Go(func() {
		tick := time.NewTicker(pause)
		defer tick.Stop()
		for n := range most {
			select {
			case <-ld.done:
				return
			case <-tick.C:
			}
			ld.awaitBacklog()
			ld.work.Go(func() {
				if status, err := l.client.Put(l.Context(), signed[n], crew.Mixed(l.Name(), n, 200)); l.Context().Err() == nil && (err != nil || status != 200) {
					l.Errorf("put: status %d, %v", status, err)
				}
				ld.posted.Add(1)
			})
		}
	})
	return ld
}

// awaitBacklog waits while too many uploads wait.
func (ld *load) awaitBacklog() {
	for most := ld.backlog.Load(); most > 0 && ld.posted.Load()-int64(ld.l.auditor.Ended()) >= most; {
		select {
		case <-ld.done:
			return
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// stop ends the load and waits for what is under way.
func (ld *load) stop() int {
	ld.end()
	ld.work.Wait()
	return int(ld.posted.Load())
}

// wait is stop after all uploads.
func (ld *load) wait() { ld.work.Wait() }

// signAhead signs n uploads of the series of [crew.Mixed].
func (l *lane) signAhead(n int) []signer.Signed {
	l.Helper()
	all := make([]signer.Signed, n)
	l.each(0, n, func(i int) {
		var err error
		if all[i], err = l.client.Sign(l.Context(), crew.Mixed(l.Name(), i, 200)); err != nil {
			l.Error(err)
		}
	})
	if l.Failed() {
		l.FailNow()
	}
	return all
}

// notices takes n notifications from the side queue.
func (l *lane) notices(n int) (bodies []string) {
	l.Helper()
	ctx, cancel := pace.Context(l.Context(), patience)
	defer cancel()
	for len(bodies) < n {
		out, err := l.sqsroot.ReceiveMessage(l.Context(), &sqs.ReceiveMessageInput{QueueUrl: &l.side, MaxNumberOfMessages: 10, WaitTimeSeconds: 1})
		l.must(err)
		in := &sqs.DeleteMessageBatchInput{QueueUrl: &l.side}
		for i, m := range out.Messages {
			bodies = append(bodies, *m.Body)
			in.Entries = append(in.Entries, sqstypes.DeleteMessageBatchRequestEntry{Id: aws.String(fmt.Sprint(i)), ReceiptHandle: m.ReceiptHandle})
		}
		if len(in.Entries) > 0 {
			_, err = l.sqsroot.DeleteMessageBatch(l.Context(), in)
			l.must(err)
		}
		if ctx.Err() != nil {
			l.Fatalf("%d of %d notifications: %v", len(bodies), n, context.Cause(ctx))
		}
	}
	return bodies
}

// send puts messages into a queue.
func (l *lane) send(url string, bodies ...string) {
	l.Helper()
	for len(bodies) > 0 {
		in := &sqs.SendMessageBatchInput{QueueUrl: &url}
		size := 0
		for i, b := range bodies {
			if size += len(b); len(in.Entries) == 10 || len(in.Entries) > 0 && size > 200<<10 {
				break
			}
			in.Entries = append(in.Entries, sqstypes.SendMessageBatchRequestEntry{Id: aws.String(fmt.Sprint(i)), MessageBody: aws.String(b)})
		}
		out, err := l.sqsroot.SendMessageBatch(l.Context(), in)
		if err == nil && len(out.Failed) > 0 {
			err = fmt.Errorf("%d messages were not taken: %s", len(out.Failed), aws.ToString(out.Failed[0].Message))
		}
		l.must(err)
		bodies = bodies[len(in.Entries):]
	}
}
