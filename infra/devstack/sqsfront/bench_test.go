package sqsfront_test

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// workers is how many clients a benchmark runs side by side.
const workers = 16

// BenchmarkSend counts messages of 1 KiB, sent one by one.
func BenchmarkSend(b *testing.B) {
	d := deskAt(b, client(b, endpoint), nil)
	b.ResetTimer()
	fill(d, b.N)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "msg/s")
}

// BenchmarkReceiveAndDelete counts messages received and deleted ten at a time.
func BenchmarkReceiveAndDelete(b *testing.B) {
	d := deskAt(b, client(b, endpoint), map[string]string{"VisibilityTimeout": "600"})
	fill(d, b.N)
	var done atomic.Int64
	b.ResetTimer()
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for done.Load() < int64(b.N) {
				n, err := receiveAndDelete(d)
				if err != nil {
					b.Error(err)
					return
				}
				done.Add(int64(n))
			}
		})
	}
	wg.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "msg/s")
}

func fill(d desk, n int) {
	body := strings.Repeat("x", 1024)
	var next atomic.Int64
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for next.Add(1) <= int64(n) {
				if _, err := d.c.SendMessage(d.t.Context(), &sqs.SendMessageInput{QueueUrl: &d.url, MessageBody: &body}); err != nil {
					d.t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
}

func receiveAndDelete(d desk) (int, error) {
	out, err := d.c.ReceiveMessage(d.t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &d.url, MaxNumberOfMessages: 10})
	if err != nil || len(out.Messages) == 0 {
		return 0, err
	}
	in := &sqs.DeleteMessageBatchInput{QueueUrl: &d.url}
	for i, m := range out.Messages {
		in.Entries = append(in.Entries, types.DeleteMessageBatchRequestEntry{Id: aws.String(fmt.Sprint(i)), ReceiptHandle: m.ReceiptHandle})
	}
	deleted, err := d.c.DeleteMessageBatch(d.t.Context(), in)
	if err != nil {
		return 0, err
	}
	return len(deleted.Successful), nil
}
