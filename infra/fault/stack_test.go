package fault

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/google/uuid"

	"airlock/infra/devstack"
	"airlock/infra/devstack/stacktest"
	"airlock/internal/awsconf"
)

var stack *devstack.Stack

func TestMain(m *testing.M) {
	os.Exit(stacktest.Main(m, devstack.Config{Visibility: 2 * time.Second}, func(s *devstack.Stack) error { stack = s; return nil }))
}

// clients speak through a proxy each, and try once, so that a test sees each fault.
type clients struct {
	s3p, sqsp *HTTP
	s3        *s3.Client
	sqs       *sqs.Client
	queue     string
	dir       string // of this test's objects
}

func through(t *testing.T) clients {
	t.Helper()
	listen := func(target string) (*HTTP, aws.Config) {
		p, err := ListenHTTP(target, 1)
		if err != nil {
			t.Fatal(err)
		}
		cfg := awsconf.Fixed(devstack.Region, devstack.Root.Access, devstack.Root.Secret, p.URL(), 4)
		cfg.RetryMaxAttempts, cfg.Retryer = 1, nil
		t.Cleanup(func() {
			awsconf.CloseIdle(cfg)
			if err := p.Close(); err != nil {
				t.Error(err)
			}
		})
		return p, cfg
	}
	c := clients{dir: uuid.NewString() + "/"}
	var cfg aws.Config
	c.s3p, cfg = listen(stack.S3Endpoint)
	c.s3 = s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = true })
	c.sqsp, cfg = listen(stack.SQSEndpoint)
	c.sqs = sqs.NewFromConfig(cfg)
	out, err := c.sqs.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("fault-" + c.dir[:8])})
	if err != nil {
		t.Fatal(err)
	}
	c.queue = *out.QueueUrl
	return c
}

func (c clients) put(t *testing.T, key string, data []byte) string {
	t.Helper()
	out, err := c.s3.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String(devstack.CleanBucket), Key: aws.String(c.dir + key), Body: bytes.NewReader(data)})
	if err != nil {
		t.Fatal(err)
	}
	return *out.ETag
}

func (c clients) get(t *testing.T, key string) ([]byte, error) {
	out, err := c.s3.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String(devstack.CleanBucket), Key: aws.String(c.dir + key)})
	if err != nil {
		return nil, err
	}
	defer out.Body.Close()
	return io.ReadAll(out.Body)
}

func (c clients) copy(t *testing.T, from, to string) (*s3.CopyObjectOutput, error) {
	return c.s3.CopyObject(t.Context(), &s3.CopyObjectInput{Bucket: aws.String(devstack.CleanBucket), Key: aws.String(c.dir + to), CopySource: aws.String(devstack.CleanBucket + "/" + c.dir + from)})
}

func (c clients) exists(t *testing.T, key string) bool {
	_, err := c.s3.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: aws.String(devstack.CleanBucket), Key: aws.String(c.dir + key)})
	return err == nil
}

func (c clients) send(t *testing.T, n int) {
	t.Helper()
	for i := range n {
		if _, err := c.sqs.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &c.queue, MessageBody: aws.String(fmt.Sprint(i))}); err != nil {
			t.Fatal(err)
		}
	}
}

func (c clients) receive(t *testing.T, n int) ([]sqstypes.Message, error) {
	out, err := c.sqs.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &c.queue, MaxNumberOfMessages: int32(n), WaitTimeSeconds: 1})
	if err != nil {
		return nil, err
	}
	return out.Messages, nil
}

// plainPut is a presigned PUT, as a browser makes it.
func plainPut(t *testing.T, url string, body io.Reader, size int64) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, url, body)
	if err != nil {
		t.Fatal(err)
	}
	req.ContentLength = size
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode
}
