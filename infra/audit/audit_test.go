package audit_test

import (
	"bytes"
	"context"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"airlock"
	"airlock/events"
	"airlock/infra/audit"
	"airlock/infra/crew"
	"airlock/infra/devstack"
	"airlock/infra/devstack/stacktest"
	"airlock/internal/pace"
	"airlock/validator"
)

// trial is a stack with a validator and an auditor.
type trial struct {
	*devstack.Stack
	store   *events.Store
	s3      *s3.Client
	sqs     *sqs.Client
	auditor *audit.Auditor
	client  *crew.Client
	broken  bool
}

var theTrial *trial

func TestMain(m *testing.M) {
	if stacktest.Elsewhere() {
		return // a queue that others use is never as an auditor wants it
	}
	os.Exit(stacktest.Main(m, devstack.Config{Visibility: 2 * time.Second}, func(s *devstack.Stack) error {
		store, err := events.Open(context.Background(), s.NATS, devstack.QuarantineBucket)
		tr := &trial{
			Stack: s, store: store, s3: s3.NewFromConfig(s.S3Config(devstack.Root, 16), func(o *s3.Options) { o.UsePathStyle = true }),
			sqs: sqs.NewFromConfig(s.SQSConfig(devstack.Root, 4)),
		}
		tr.auditor = audit.New(audit.Config{
			S3: tr.s3, SQS: tr.sqs, NATS: s.NATS, Quarantine: devstack.Quarantine, Clean: devstack.Clean,
			Queues: []string{s.QueueURL}, DLQ: s.DLQURL, Profiles: crew.Profiles(), Durable: "auditor",
		})
		tr.client = crew.NewClient(s.S3Config(devstack.Signer, 16), s.S3Endpoint, devstack.Quarantine, devstack.Clean, store, tr.auditor)
		theTrial = tr
		return err
	}))
}

// run works until the returned stop.
func run(t *testing.T, work func(context.Context)) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { work(ctx) })
	return func() { cancel(); running.Wait() }
}

func (tr *trial) validate(ctx context.Context) {
	v := validator.Validator{
		Bucket: validator.NewS3(tr.S3Config(devstack.Validator, 16), true), Queue: validator.NewSQS(tr.SQSConfig(devstack.Validator, 16), tr.QueueURL),
		Ledger: tr.store, Profiles: crew.Profiles(), Quarantine: devstack.Quarantine, Clean: devstack.Clean, PollWait: time.Second, MinVisibility: time.Second,
	}
	_ = v.Run(ctx)
}

func (tr *trial) check(t *testing.T) audit.Report {
	t.Helper()
	ctx, cancel := pace.Context(t.Context(), 30*time.Second)
	defer cancel()
	r, err := tr.auditor.Check(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// An auditor who never complains proves nothing: first it finds a good run good, then each of its
// invariants is broken on purpose.
func TestTheAuditorFindsAGoodRunGoodAndEachBreachOfIt(t *testing.T) {
	tr := theTrial
	if tr.broken {
		t.Skip("an earlier run has broken everything; the stack is one for all runs")
	}
	tr.broken = true
	defer run(t, tr.auditor.Run)()
	stop := run(t, tr.validate)
	var ids []string
	for n := range 20 {
		signed, err := tr.client.Upload(t.Context(), crew.Mixed("audit", n, 200))
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, signed.ID)
	}
	if err := tr.auditor.Settle(t.Context(), 30*time.Second); err != nil {
		t.Fatal(err)
	}
	stop()
	if r := tr.check(t); r.Violations() != 0 || r.Uploads != 20 || r.Events != 20 || len(r.Rows) != 10 {
		t.Fatalf("a good run:\n%s", r)
	}
	for i, b := range breaches {
		before := tr.check(t).Rows[i]
		b.do(t, tr, ids)
		tr.await(t, b.noticed)
		if r := tr.check(t); len(r.Rows[i].Violations) <= len(before.Violations) {
			t.Errorf("%s was not found by %q:\n%s", b.name, r.Rows[i].Name, r)
		}
	}
	if text := tr.check(t).String(); !strings.Contains(text, "20 uploads by 21 PUTs, 22 events") {
		t.Errorf("the table:\n%s", text)
	}
}

// await waits until the subscriber has seen an event, if there is one.
func (tr *trial) await(t *testing.T, id string) {
	t.Helper()
	if id != "" {
		pace.Eventually(t, 10*time.Second, "the event of "+id, func() bool { _, ok := tr.auditor.Verdict(id); return ok })
	}
}

const (
	unknown = "0b0e4d5c-8a3f-4c1e-9d2b-000000000001"
	absent  = "0b0e4d5c-8a3f-4c1e-9d2b-000000000002"
)

func (tr *trial) put(t *testing.T, z airlock.Zone, key, text string) {
	t.Helper()
	if _, err := tr.s3.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &z.Bucket, Key: aws.String(z.Prefix + key), Body: bytes.NewReader([]byte(text))}); err != nil {
		t.Fatal(err)
	}
}

func (tr *trial) record(t *testing.T, v events.Verdict) {
	t.Helper()
	v.Profile, v.DecidedAt = "image", time.Now()
	if err := tr.store.Record(t.Context(), v); err != nil {
		t.Fatal(err)
	}
}

// breaches are in the order of the rows.
var breaches = []struct {
	name    string
	noticed string // the id of an event that the subscriber must see first
	do      func(t *testing.T, tr *trial, ids []string)
}{
	{"a page in the clean zone", "", func(t *testing.T, tr *trial, ids []string) {
		tr.put(t, devstack.Clean, "image/"+ids[0], "<!doctype html><html>")
	}},
	{"a verdict on nothing", unknown, func(t *testing.T, tr *trial, _ []string) {
		tr.record(t, events.Verdict{UploadID: unknown, Result: airlock.Rejected, Reason: airlock.Empty})
	}},
	{"an announcement of nothing", absent, func(t *testing.T, tr *trial, _ []string) {
		tr.record(t, events.Verdict{UploadID: absent, Result: airlock.Accepted, Size: 1, Clean: &events.Clean{Bucket: devstack.CleanBucket, Key: "clean/image/" + absent, ETag: "x"}})
	}},
	{"an object in quarantine", "", func(t *testing.T, tr *trial, _ []string) { tr.put(t, devstack.Quarantine, "image/left", "x") }},
	{"a stray clean object", "", func(t *testing.T, tr *trial, _ []string) { tr.put(t, devstack.Clean, "image/stray", "x") }},
	{"a message in the DLQ", "", func(t *testing.T, tr *trial, _ []string) {
		if _, err := tr.sqs.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &tr.DLQURL, MessageBody: aws.String("{}")}); err != nil {
			t.Fatal(err)
		}
	}},
	{"an open multipart upload", "", func(t *testing.T, tr *trial, _ []string) {
		if _, err := tr.s3.CreateMultipartUpload(t.Context(), &s3.CreateMultipartUploadInput{Bucket: aws.String(devstack.CleanBucket), Key: aws.String("clean/parts")}); err != nil {
			t.Fatal(err)
		}
	}},
	{"goroutines that stay", "", func(_ *testing.T, tr *trial, _ []string) {
		tr.auditor.Compare("validator", audit.Figures{Goroutines: 30}, audit.Figures{Goroutines: 60})
	}},
	{"an event older than its object", "", func(t *testing.T, tr *trial, ids []string) {
		v, _ := tr.auditor.Verdict(ids[1])
		tr.auditor.Stored(audit.Stored{Upload: airlock.Upload{Profile: "image", ID: ids[1]}, ETag: v.ETag, Good: true, Began: time.Now().Add(time.Hour)})
	}},
	{"a message received twice for nothing", "", func(_ *testing.T, tr *trial, _ []string) { tr.auditor.Received("m", 2, "validator") }},
}
