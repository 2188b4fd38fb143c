package s3front_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"airlock/internal/pace"
)

// inbox has the notifications by queue. Each test has a queue of its own: for our front only an ARN,
// elsewhere a real one at AIRLOCK_TEST_SQS_ENDPOINT.
var inbox inboxes

type inboxes struct {
	mu      sync.Mutex
	bodies  map[string][][]byte
	refused map[string]error
	urls    map[string]string
}

func (in *inboxes) take(_ context.Context, queue string, body []byte) error {
	in.mu.Lock()
	defer in.mu.Unlock()
	if err := in.refused[queue]; err != nil {
		return err
	}
	if in.bodies == nil {
		in.bodies = make(map[string][][]byte)
	}
	in.bodies[queue] = append(in.bodies[queue], body)
	return nil
}

// refuse makes every notification to a queue fail, until err is nil.
func (in *inboxes) refuse(queue string, err error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.refused == nil {
		in.refused = make(map[string]error)
	}
	in.refused[queue] = err
}

// A notice is a notification as AWS documents it, read strictly.
type notice struct {
	EventVersion, EventSource, AWSRegion, EventTime, EventName string

	UserIdentity      struct{ PrincipalID string }
	RequestParameters struct{ SourceIPAddress string }
	ResponseElements  map[string]string
	S3                struct {
		S3SchemaVersion, ConfigurationID string
		Bucket                           struct {
			Name, ARN     string
			OwnerIdentity struct{ PrincipalID string }
		}
		Object struct {
			Key, ETag, VersionID, Sequencer string
			Size                            *int64
		}
	}
}

// notices returns the records that came to a queue, without test events. A store that isn't ours
// has time for n of them to come, and a second for what may come though n is 0.
func notices(t *testing.T, queue string, n int) []notice {
	t.Helper()
	ctx, cancel := pace.Context(t.Context(), 10*time.Second)
	defer cancel()
	for {
		all := inbox.notices(t, queue)
		if store.gateway != nil || n > 0 && len(all) >= n || ctx.Err() != nil {
			return all
		}
		if !inbox.fetch(t, queue) && n == 0 {
			return inbox.notices(t, queue)
		}
	}
}

// testEvents returns what else came to the queue.
func testEvents(t *testing.T, queue string) []map[string]string {
	t.Helper()
	if store.gateway == nil {
		inbox.fetch(t, queue)
	}
	var all []map[string]string
	for _, body := range inbox.of(queue) {
		var event map[string]string
		if json.Unmarshal(body, &event) == nil && event["Event"] != "" {
			all = append(all, event)
		}
	}
	return all
}

func (in *inboxes) of(queue string) [][]byte {
	in.mu.Lock()
	defer in.mu.Unlock()
	return slices.Clone(in.bodies[queue])
}

func (in *inboxes) notices(t *testing.T, queue string) []notice {
	t.Helper()
	var all []notice
	for _, body := range in.of(queue) {
		var m struct {
			Records []notice
			Event   string
		}
		if err := json.Unmarshal(body, &m); err != nil {
			t.Fatalf("%s: %v", body, err)
		}
		if m.Event != "s3:TestEvent" {
			all = append(all, m.Records...)
		}
	}
	return all
}

// fetch takes what is in a real queue, or comes within a second.
func (in *inboxes) fetch(t *testing.T, queue string) (more bool) {
	t.Helper()
	url := in.url(queue)
	out, err := queues().ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &url, MaxNumberOfMessages: 10, WaitTimeSeconds: 1})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range out.Messages {
		if err := in.take(t.Context(), queue, []byte(*m.Body)); err != nil {
			t.Fatal(err)
		}
		if _, err := queues().DeleteMessage(t.Context(), &sqs.DeleteMessageInput{QueueUrl: &url, ReceiptHandle: m.ReceiptHandle}); err != nil {
			t.Fatal(err)
		}
	}
	return len(out.Messages) > 0
}

func (in *inboxes) url(queue string) string {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.urls[queue]
}

// queues is the SQS of a store that isn't ours.
var queues = sync.OnceValue(func() *sqs.Client {
	cfg, err := config.LoadDefaultConfig(context.Background())
	if err != nil {
		panic(err)
	}
	return sqs.NewFromConfig(cfg, func(o *sqs.Options) {
		if endpoint := os.Getenv("AIRLOCK_TEST_SQS_ENDPOINT"); endpoint != "" {
			o.BaseEndpoint = &endpoint
		}
	})
})

// queueOf is the ARN of the test's queue. A real one takes what S3 sends, and goes when the test ends.
func queueOf(t *testing.T) string {
	t.Helper()
	if store.gateway != nil {
		return "arn:aws:sqs:us-east-1:000000000000:" + strings.ReplaceAll(t.Name(), "/", "-")
	}
	name := fmt.Sprintf("airlock-%d-%d", time.Now().UnixMilli(), buckets.Add(1))
	policy := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"s3.amazonaws.com"},"Action":"sqs:SendMessage","Resource":"*"}]}`
	made, err := queues().CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: &name, Attributes: map[string]string{"Policy": policy}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := queues().DeleteQueue(context.Background(), &sqs.DeleteQueueInput{QueueUrl: made.QueueUrl}); err != nil {
			t.Error(err)
		}
	})
	got, err := queues().GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{QueueUrl: made.QueueUrl, AttributeNames: []sqstypes.QueueAttributeName{"QueueArn"}})
	if err != nil {
		t.Fatal(err)
	}
	arn := got.Attributes["QueueArn"]
	inbox.mu.Lock()
	defer inbox.mu.Unlock()
	if inbox.urls == nil {
		inbox.urls = make(map[string]string)
	}
	inbox.urls[arn] = *made.QueueUrl
	return arn
}
