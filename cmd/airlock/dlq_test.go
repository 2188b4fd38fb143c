package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	natsserver "github.com/nats-io/nats-server/v2/server"
	"github.com/rogpeppe/go-internal/testscript"

	"airlock"
	"airlock/events"
	"airlock/internal/pace"
	"airlock/validator"
)

// What a script needs to make dead letters. No validator but those of the script works here, so that
// other scripts are not in its way.
var dlqCommands = map[string]func(*testscript.TestScript, bool, []string){
	"own-place": ownPlace, "send": sendBody, "place": placeObject, "notice": sendNotice, "grant": createGrant, "bury": bury, "purge": purgeQueue, "no-redrive": noRedrive,
}

// ownPlace makes NATS, buckets and queues whose names begin with args[0], and has all commands use them.
func ownPlace(ts *testscript.TestScript, _ bool, args []string) {
	dir := ts.MkAbs("nats")
	ns, err := natsserver.NewServer(&natsserver.Options{Host: "127.0.0.1", Port: -1, JetStream: true, StoreDir: dir, NoSigs: true, NoLog: true})
	ts.Check(err)
	ns.Start()
	ts.Defer(func() { ns.Shutdown(); ns.WaitForShutdown() })
	if !ns.ReadyForConnections(pace.Scaled(10 * time.Second)) {
		ts.Fatalf("NATS does not start")
	}
	for name, v := range map[string]string{
		"AWS_PROFILE": "root", "AIRLOCK_NATS_URL": ns.ClientURL(), "AIRLOCK_QUARANTINE_BUCKET": args[0] + "-in", "AIRLOCK_CLEAN_BUCKET": args[0] + "-out",
		"AIRLOCK_QUEUE": args[0] + "-queue", "AIRLOCK_STREAM_MAX_BYTES": "67108864",
	} {
		ts.Setenv(name, v)
	}
	ts.Check(ts.Exec("airlock", "setup", "--aws"))
	_, url, _ := strings.Cut(ts.ReadFile("stdout"), "export AIRLOCK_QUEUE_URL=")
	ts.Setenv("AIRLOCK_QUEUE_URL", strings.Fields(url)[0])
	ts.Check(ts.Exec("airlock", "validator", "--once")) // S3's test of the notification
}

func sendBody(ts *testscript.TestScript, _ bool, args []string) {
	_, err := rootSQS().SendMessage(context.Background(), &sqs.SendMessageInput{QueueUrl: new(ts.Getenv("AIRLOCK_QUEUE_URL")), MessageBody: &args[0]})
	ts.Check(err)
}

func sendNotice(ts *testscript.TestScript, _ bool, args []string) {
	bucket := ts.Getenv("AIRLOCK_QUARANTINE_BUCKET")
	sendBody(ts, false, []string{fmt.Sprintf(`{"Records":[{"eventVersion":"2.1","eventSource":"aws:s3","eventName":"ObjectCreated:Put",
"s3":{"bucket":{"name":%q,"arn":"arn:aws:s3:::%s"},"object":{"key":"quarantine/%s"}}}]}`, bucket, bucket, args[0])})
}

// placeObject puts a file into quarantine, as profile/id.
func placeObject(ts *testscript.TestScript, _ bool, args []string) {
	data, err := os.ReadFile(ts.MkAbs(args[1]))
	ts.Check(err)
	_, err = rootS3().PutObject(context.Background(), &s3.PutObjectInput{
		Bucket: new(ts.Getenv("AIRLOCK_QUARANTINE_BUCKET")), Key: new("quarantine/" + args[0]), Body: bytes.NewReader(data)})
	ts.Check(err)
}

// createGrant is what the signer would have promised for a file.
func createGrant(ts *testscript.TestScript, _ bool, args []string) {
	info, err := os.Stat(ts.MkAbs(args[1]))
	ts.Check(err)
	nc, err := events.Connect(events.ConnectOptions{URL: ts.Getenv("AIRLOCK_NATS_URL")})
	ts.Check(err)
	defer nc.Close()
	store, err := events.Open(context.Background(), nc, ts.Getenv("AIRLOCK_QUARANTINE_BUCKET"))
	ts.Check(err)
	profile, id, _ := strings.Cut(args[0], "/")
	now := time.Now()
	ts.Check(store.CreateGrant(context.Background(), airlock.Grant{
		ID: id, Profile: profile, Owner: "o", Method: airlock.MethodPut, Filename: args[1], ContentType: "image/png", Size: info.Size(),
		Clean:     airlock.Object{Bucket: ts.Getenv("AIRLOCK_CLEAN_BUCKET"), Key: airlock.Key("clean/" + args[0])},
		GrantedAt: now, ExpiresAt: now.Add(time.Hour), Deadline: now.Add(2 * time.Hour),
	}))
}

// bury receives until args[0] messages are in the dead-letter queue.
func bury(ts *testscript.TestScript, _ bool, args []string) {
	url := ts.Getenv("AIRLOCK_QUEUE_URL")
	ctx, cancel := pace.Context(context.Background(), 30*time.Second)
	defer cancel()
	for ctx.Err() == nil {
		out, err := rootSQS().ReceiveMessage(context.Background(), &sqs.ReceiveMessageInput{QueueUrl: &url, MaxNumberOfMessages: 10, WaitTimeSeconds: 1})
		ts.Check(err)
		for _, m := range out.Messages {
			_, err := rootSQS().ChangeMessageVisibility(context.Background(), &sqs.ChangeMessageVisibilityInput{QueueUrl: &url, ReceiptHandle: m.ReceiptHandle})
			ts.Check(err)
		}
		left, err := rootSQS().GetQueueAttributes(context.Background(), &sqs.GetQueueAttributesInput{QueueUrl: new(url + "-dlq"), AttributeNames: []sqstypes.QueueAttributeName{"All"}})
		ts.Check(err)
		if left.Attributes["ApproximateNumberOfMessages"] == args[0] {
			return
		}
	}
	ts.Fatalf("there are not %s messages in the dead-letter queue", args[0])
}

func purgeQueue(ts *testscript.TestScript, _ bool, _ []string) {
	_, err := rootSQS().PurgeQueue(context.Background(), &sqs.PurgeQueueInput{QueueUrl: new(ts.Getenv("AIRLOCK_QUEUE_URL"))})
	ts.Check(err)
}

func noRedrive(ts *testscript.TestScript, _ bool, _ []string) {
	_, err := rootSQS().SetQueueAttributes(context.Background(), &sqs.SetQueueAttributesInput{
		QueueUrl: new(ts.Getenv("AIRLOCK_QUEUE_URL")), Attributes: map[string]string{"RedrivePolicy": ""}})
	ts.Check(err)
}

func TestDeadLettersFitATerminalAndLoseNoWord(t *testing.T) {
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	const id = "7b0e4d5c-8a3f-4c1e-9d2b-000000000001"
	long := "a-profile-with-a-name-of-32-char/" + id
	letters := []validator.DeadLetter{
		{SentAt: now.Add(-14 * 24 * time.Hour), Receives: 11, Upload: "image/" + id, Why: "an object without a grant: find out who put it, then delete it, or bring the grant back (was NATS restored?)"},
		{SentAt: now.Add(-3 * time.Second), Receives: 123456, Upload: long, Why: "nothing is wrong now: redrive it"},
		{SentAt: now, Why: `not an S3 notification: inside an SNS envelope: event version "3.0", not 2.x; and many words more`},
	}
	for _, width := range []int{0, 80, 40} {
		var out bytes.Buffer
		for _, l := range letters {
			printLetter(&out, width, now, l)
		}
		lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
		if width == 0 && len(lines) != len(letters) {
			t.Errorf("for a program: %d lines\n%s", len(lines), out.String())
		}
		for _, line := range lines {
			if width > 0 && len(line) > width {
				t.Errorf("wider than %d columns: %s", width, line)
			}
		}
		text := strings.Join(strings.Fields(out.String()), " ")
		for _, l := range letters {
			if !strings.Contains(text, l.Why) {
				t.Errorf("not all of %q in\n%s", l.Why, out.String())
			}
		}
		if strings.Count(out.String(), "000000000001") != 2 || width == 80 && strings.Count(out.String(), id) != 2 {
			t.Errorf("ids are cut\n%s", out.String())
		}
	}
}

func TestAnAgeIsInItsLargestUnit(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Second: "0s", 59 * time.Second: "59s", time.Minute: "1m", 23 * time.Hour: "23h", 14 * 24 * time.Hour: "14d",
	} {
		if got := age(d); got != want {
			t.Errorf("%s: %s, want %s", strconv.FormatInt(int64(d), 10), got, want)
		}
	}
}
