package devstack_test

import (
	"context"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"airlock/events"
	"airlock/infra/devstack"
	"airlock/infra/devstack/stacktest"
	"airlock/internal/pace"
)

var stack *devstack.Stack

func TestMain(m *testing.M) {
	if os.Getenv(forKilling) != "" {
		waitToBeKilled()
	}
	os.Exit(stacktest.Main(m, devstack.Config{}, func(s *devstack.Stack) error { stack = s; return nil }))
}

// ours skips what is only true of our own S3 and SQS.
func ours(t *testing.T) {
	t.Helper()
	if stacktest.Elsewhere() {
		t.Skip("this is about the S3 and SQS of the stack itself; run it without AIRLOCK_TEST_S3_ENDPOINT")
	}
}

func clients(t *testing.T, s *devstack.Stack, a devstack.Account) (*s3.Client, *sqs.Client) {
	t.Helper()
	return s3.NewFromConfig(s.S3Config(a, 4)), sqs.NewFromConfig(s.SQSConfig(a, 4))
}

func receive(t *testing.T, q *sqs.Client, url string, want int) (bodies []string) {
	t.Helper()
	ctx, cancel := pace.Context(t.Context(), 20*time.Second)
	defer cancel()
	for ctx.Err() == nil {
		out, err := q.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &url, MaxNumberOfMessages: 10, WaitTimeSeconds: 1})
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range out.Messages {
			bodies = append(bodies, *m.Body)
			if _, err := q.DeleteMessage(t.Context(), &sqs.DeleteMessageInput{QueueUrl: &url, ReceiptHandle: m.ReceiptHandle}); err != nil {
				t.Fatal(err)
			}
		}
		if len(bodies) >= want {
			return bodies
		}
	}
	t.Fatalf("%d messages, want %d: %v", len(bodies), want, context.Cause(ctx))
	return nil
}

func TestWhatIsPutBelowThePrefixIsInTheQueueBeforeThePutIsAnswered(t *testing.T) {
	ours(t)
	put, _ := clients(t, stack, devstack.Signer)
	_, queue := clients(t, stack, devstack.Validator)
	const key = "quarantine/image/0b0e4d5c-8a3f-4c1e-9d2b-000000000001"
	if _, err := put.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String(devstack.QuarantineBucket), Key: aws.String(key), Body: strings.NewReader("hello")}); err != nil {
		t.Fatal(err)
	}
	root, _ := clients(t, stack, devstack.Root)
	if _, err := root.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String(devstack.QuarantineBucket), Key: aws.String("elsewhere/x"), Body: strings.NewReader("x")}); err != nil {
		t.Fatal(err)
	}
	bodies := receive(t, queue, stack.QueueURL, 2)
	if len(bodies) != 2 || !strings.Contains(bodies[0]+bodies[1], "s3:TestEvent") {
		t.Fatalf("want S3's test event and one notice, got %q", bodies)
	}
	for _, body := range bodies {
		if strings.Contains(body, "s3:TestEvent") {
			continue
		}
		var m struct {
			Records []struct {
				EventVersion, EventSource, EventName string
				S3                                   struct {
					Bucket struct{ Name, Arn string }
					Object struct {
						Key, ETag string
						Size      int
					}
				}
			}
		}
		if err := json.Unmarshal([]byte(body), &m); err != nil || len(m.Records) != 1 {
			t.Fatalf("%v: %s", err, body)
		}
		r := m.Records[0]
		if r.EventVersion != "2.1" || r.EventSource != "aws:s3" || r.EventName != "ObjectCreated:Put" || r.S3.Bucket.Name != devstack.QuarantineBucket ||
			r.S3.Bucket.Arn != "arn:aws:s3:::"+devstack.QuarantineBucket || r.S3.Object.Key != key || r.S3.Object.Size != 5 || r.S3.Object.ETag != "5d41402abc4b2a76b9719d911017c592" {
			t.Errorf("notice: %s", body)
		}
	}
}

func TestTheStackIsSetUpForAirlock(t *testing.T) {
	if _, err := events.Open(t.Context(), stack.NATS, devstack.QuarantineBucket); err != nil {
		t.Error(err)
	}
	_, queue := clients(t, stack, devstack.Validator)
	out, err := queue.GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{QueueUrl: &stack.QueueURL, AttributeNames: []sqstypes.QueueAttributeName{"All"}})
	if err != nil {
		t.Fatal(err)
	}
	if out.Attributes["VisibilityTimeout"] != "60" || !strings.Contains(out.Attributes["RedrivePolicy"], "airlock-uploads-dlq") {
		t.Errorf("%v", out.Attributes)
	}
}
