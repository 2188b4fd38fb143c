package sqsfront_test

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/google/uuid"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"airlock/infra/devstack/sqsfront"
	"airlock/internal/pace"
)

// endpoint is where the conformance tests run: a front of ours, or what AIRLOCK_TEST_SQS_ENDPOINT names. Where LocalStack is not
// AWS a test says so by localstack.Differs(t, "what it does"), and holds it to that.
var endpoint string

func TestMain(m *testing.M) {
	endpoint = os.Getenv("AIRLOCK_TEST_SQS_ENDPOINT")
	if endpoint != "" {
		os.Exit(m.Run())
	}
	dir, err := os.MkdirTemp("", "sqsfront")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	s := startStand(dir, sqsfront.Config{})
	endpoint = s.web.URL
	code := m.Run()
	s.stop()
	os.RemoveAll(dir)
	os.Exit(code)
}

// elsewhere skips what is only true of our front.
func elsewhere(t *testing.T, why string) {
	t.Helper()
	if os.Getenv("AIRLOCK_TEST_SQS_ENDPOINT") != "" {
		t.Skip(why)
	}
}

// stand is NATS with a directory, a front over it, and a web server for the front.
type stand struct {
	nats  *server.Server
	nc    *nats.Conn
	js    jetstream.JetStream
	front *sqsfront.Front
	web   *httptest.Server
}

// startStand panics if it can't, because TestMain has no t.
func startStand(dir string, cfg sqsfront.Config) *stand {
	must := func(err error) {
		if err != nil {
			panic(err)
		}
	}
	s := &stand{}
	var err error
	s.nats, err = server.NewServer(&server.Options{Host: "127.0.0.1", Port: -1, JetStream: true, StoreDir: dir, NoSigs: true})
	must(err)
	s.nats.Start()
	if !s.nats.ReadyForConnections(pace.Scaled(10 * time.Second)) {
		panic("NATS isn't ready")
	}
	s.nc, err = nats.Connect(s.nats.ClientURL())
	must(err)
	s.js, err = jetstream.New(s.nc)
	must(err)
	cfg.JS = s.js
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.NewTextHandler(os.Stderr, nil))
	}
	s.front = sqsfront.New(cfg)
	s.web = httptest.NewServer(s.front)
	return s
}

func (s *stand) stop() {
	s.web.CloseClientConnections()
	s.web.Close()
	s.nc.Close()
	s.nats.Shutdown()
	s.nats.WaitForShutdown()
}

// client is the real SDK's, with one connection pool per test.
func client(t testing.TB, endpoint string, change ...func(*sqs.Options)) *sqs.Client {
	transport := &http.Transport{
		DialContext:         (&net.Dialer{Timeout: pace.Scaled(5 * time.Second)}).DialContext,
		MaxIdleConnsPerHost: 64,
	}
	t.Cleanup(transport.CloseIdleConnections)
	return sqs.New(sqs.Options{
		Region:       cmp.Or(os.Getenv("AWS_REGION"), "us-east-1"),
		BaseEndpoint: aws.String(endpoint),
		Credentials: credentials.NewStaticCredentialsProvider(
			cmp.Or(os.Getenv("AWS_ACCESS_KEY_ID"), "test"), cmp.Or(os.Getenv("AWS_SECRET_ACCESS_KEY"), "test"), os.Getenv("AWS_SESSION_TOKEN")),
		HTTPClient: &http.Client{Transport: plainBodies{transport}},
	}, change...)
}

// plainBodies hides the WriteTo of request bodies. With it the SDK, which closes a body when the answer begins, makes net/http
// believe that the write failed, drop the answer, and lose the messages in it for a visibility timeout.
type plainBodies struct{ *http.Transport }

func (p plainBodies) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil && r.Body != http.NoBody {
		r = r.Clone(r.Context())
		r.Body = struct{ io.ReadCloser }{r.Body}
	}
	return p.Transport.RoundTrip(r)
}

// desk is a queue and a client for it.
type desk struct {
	t   testing.TB
	c   *sqs.Client
	url string
}

// newDesk makes a queue of its own for a test that may run beside others, and deletes it at the end.
func newDesk(t testing.TB, attrs map[string]string) desk {
	t.Helper()
	if t, ok := t.(*testing.T); ok {
		t.Parallel()
	}
	return deskAt(t, client(t, endpoint), attrs)
}

func deskAt(t testing.TB, c *sqs.Client, attrs map[string]string) desk {
	t.Helper()
	name := "t-" + uuid.NewString()[:13]
	out, err := c.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: &name, Attributes: attrs})
	if err != nil {
		t.Fatal("CreateQueue:", err)
	}
	d := desk{t, c, *out.QueueUrl}
	t.Cleanup(func() {
		// The test may have deleted it, or stopped its server: then there is nothing to clean.
		ctx, cancel := context.WithTimeout(context.Background(), pace.Scaled(time.Second))
		defer cancel()
		_, _ = d.c.DeleteQueue(ctx, &sqs.DeleteQueueInput{QueueUrl: &d.url}, func(o *sqs.Options) { o.RetryMaxAttempts = 1 })
	})
	return d
}

func (d desk) name() string { return d.url[strings.LastIndexByte(d.url, '/')+1:] }

func (d desk) send(bodies ...string) {
	d.t.Helper()
	for _, b := range bodies {
		if _, err := d.c.SendMessage(d.t.Context(), &sqs.SendMessageInput{QueueUrl: &d.url, MessageBody: &b}); err != nil {
			d.t.Fatal("SendMessage:", err)
		}
	}
}

// receive waits up to the seconds for up to n messages.
func (d desk) receive(n, seconds int) []types.Message {
	d.t.Helper()
	out, err := d.c.ReceiveMessage(d.t.Context(), &sqs.ReceiveMessageInput{
		QueueUrl: &d.url, MaxNumberOfMessages: int32(n), WaitTimeSeconds: int32(seconds),
		MessageSystemAttributeNames: []types.MessageSystemAttributeName{"All"}, MessageAttributeNames: []string{"All"},
	})
	if err != nil {
		d.t.Fatal("ReceiveMessage:", err)
	}
	return out.Messages
}

// one is a message that must come soon.
func (d desk) one() types.Message {
	d.t.Helper()
	return d.some(1)[0]
}

// some are 1 to n messages, of which the first must come within 3 s, as package pace has it.
func (d desk) some(n int) []types.Message {
	d.t.Helper()
	ctx, cancel := pace.Context(d.t.Context(), 3*time.Second)
	defer cancel()
	for {
		if got := d.receive(n, 3); len(got) > 0 {
			return got
		}
		if ctx.Err() != nil {
			d.t.Fatalf("no message: %v", context.Cause(ctx))
		}
	}
}

// brief is a visibility timeout in seconds whose end a test waits for: 1, or as many as it takes that
// none ends between two requests on this machine.
var brief = sync.OnceValue(func() int32 {
	return int32(max(1, min(6, pace.Scaled(500*time.Millisecond).Round(time.Second).Seconds())))
})

// briefly is a part of [brief].
func briefly(part float64) time.Duration {
	return time.Duration(part * float64(brief()) * float64(time.Second))
}

func briefQueue() map[string]string {
	return map[string]string{"VisibilityTimeout": fmt.Sprint(brief())}
}

func (d desk) none() {
	d.t.Helper()
	if got := d.receive(10, 0); len(got) != 0 {
		d.t.Fatalf("received %d messages that should not be visible, the first %q", len(got), *got[0].Body)
	}
}

func (d desk) delete(m types.Message) {
	d.t.Helper()
	if _, err := d.c.DeleteMessage(d.t.Context(), &sqs.DeleteMessageInput{QueueUrl: &d.url, ReceiptHandle: m.ReceiptHandle}); err != nil {
		d.t.Fatal("DeleteMessage:", err)
	}
}

func (d desk) change(m types.Message, seconds int32) error {
	_, err := d.c.ChangeMessageVisibility(d.t.Context(), &sqs.ChangeMessageVisibilityInput{
		QueueUrl: &d.url, ReceiptHandle: m.ReceiptHandle, VisibilityTimeout: seconds,
	})
	return err
}

func (d desk) hide(m types.Message, seconds int32) {
	d.t.Helper()
	if err := d.change(m, seconds); err != nil {
		d.t.Fatal("ChangeMessageVisibility:", err)
	}
}

func (d desk) attributes(names ...types.QueueAttributeName) map[string]string {
	d.t.Helper()
	out, err := d.c.GetQueueAttributes(d.t.Context(), &sqs.GetQueueAttributesInput{QueueUrl: &d.url, AttributeNames: names})
	if err != nil {
		d.t.Fatal("GetQueueAttributes:", err)
	}
	return out.Attributes
}

func (d desk) set(attrs map[string]string) error {
	_, err := d.c.SetQueueAttributes(d.t.Context(), &sqs.SetQueueAttributesInput{QueueUrl: &d.url, Attributes: attrs})
	return err
}

// holds checks how many messages are visible and in flight. Our front knows at once; others may take a minute.
func (d desk) holds(visible, hidden string) {
	d.t.Helper()
	patience := time.Duration(0)
	if os.Getenv("AIRLOCK_TEST_SQS_ENDPOINT") != "" {
		patience = pace.Scaled(time.Minute)
	}
	for start := time.Now(); ; time.Sleep(time.Second) {
		a := d.attributes("All")
		v, h := a["ApproximateNumberOfMessages"], a["ApproximateNumberOfMessagesNotVisible"]
		if v == visible && h == hidden {
			return
		}
		if time.Since(start) >= patience {
			d.t.Errorf("%s visible and %s in flight, want %s and %s", v, h, visible, hidden)
			return
		}
	}
}

func count(m types.Message) string { return m.Attributes["ApproximateReceiveCount"] }

// switchable is a fault that a test turns on.
type switchable struct {
	mu sync.Mutex
	op string
}

func (s *switchable) set(op string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.op = op
}

func (s *switchable) fault(op string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if op == s.op {
		return fmt.Errorf("fault in %s as ordered", op)
	}
	return nil
}
