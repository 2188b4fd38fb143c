package validator

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/google/uuid"

	"airlock"
	"airlock/infra/devstack"
	"airlock/infra/localstack"
	"airlock/validator/inspect"
)

// The contract of Bucket and Queue, as the protocol depends on it.

func (r *rig) place(t *testing.T, key string, body []byte) (airlock.Object, string) {
	t.Helper()
	o := airlock.Object{Bucket: devstack.QuarantineBucket, Key: airlock.Key(key)}
	out, err := r.root.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &o.Bucket, Key: &key, Body: bytes.NewReader(body),
		ContentType: aws.String("text/html"), Metadata: map[string]string{"Evil": "1"}})
	if err != nil {
		t.Fatal(err)
	}
	return o, unquote(out.ETag)
}

func cleanAt(name string) airlock.Object {
	return airlock.Object{Bucket: devstack.CleanBucket, Key: airlock.Key("clean/test/" + name)}
}

func TestBucketReadsTheBeginningAndTellsWhatS3Says(t *testing.T) {
	r := fresh(t)
	for _, size := range []int{1, inspect.Window - 1, inspect.Window, inspect.Window + 1, 3 * inspect.Window} {
		body := bytes.Repeat([]byte("x"), size)
		o, etag := r.place(t, "quarantine/test/"+fmt.Sprint(size), body)
		h, data, err := r.bucket.Read(t.Context(), o, inspect.Window)
		if err != nil || h.Size != int64(size) || h.ETag != etag || len(data) != min(size, inspect.Window) || time.Since(h.LastModified) > time.Minute || h.VersionID != "" {
			t.Errorf("%d bytes: %+v, %d read, %v", size, h, len(data), err)
		}
	}
	o, etag := r.place(t, "quarantine/test/empty", nil)
	if h, data, err := r.bucket.Read(t.Context(), o, inspect.Window); err != nil || h.Size != 0 || h.ETag != etag || len(data) != 0 {
		t.Errorf("empty: %+v, %d read, %v", h, len(data), err)
	}
	o.Key = "quarantine/test/missing"
	if _, _, err := r.bucket.Read(t.Context(), o, 1); !errors.Is(err, ErrGone) {
		t.Errorf("missing: %v", err)
	}
	if _, err := r.bucket.Head(t.Context(), o); !errors.Is(err, ErrGone) {
		t.Errorf("HEAD of missing: %v", err)
	}
	o.Bucket = "no-such-bucket"
	if _, _, err := r.bucket.Read(t.Context(), o, 1); err == nil || errors.Is(err, ErrGone) {
		t.Errorf("a missing bucket counts as a missing object: %v", err)
	}
}

func TestBucketCopiesOnlyWhatWasJudgedAndNeverOverwrites(t *testing.T) {
	r := fresh(t)
	from, etag := r.place(t, "quarantine/test/from", []byte("judged"))
	spec := CopySpec{From: from, ETag: etag, To: cleanAt("to"), Size: 6, ContentType: "text/plain", Disposition: "attachment", Metadata: map[string]string{"airlock-upload": "x"}}
	h, err := r.bucket.Copy(t.Context(), spec)
	if err != nil || h.ETag != etag || h.ChecksumSHA256 == "" {
		t.Fatalf("%+v, %v", h, err)
	}
	if got, err := r.bucket.Head(t.Context(), spec.To); err != nil || got.Size != 6 || got.Metadata["airlock-upload"] != "x" || got.Metadata["evil"] != "" || got.ChecksumSHA256 != h.ChecksumSHA256 {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := r.bucket.Copy(t.Context(), spec); !errors.Is(err, ErrChanged) {
		t.Errorf("over an object: %v", err)
	}
	spec.To = cleanAt("other")
	r.place(t, "quarantine/test/from", []byte("swapped"))
	if _, err := r.bucket.Copy(t.Context(), spec); !errors.Is(err, ErrChanged) {
		t.Errorf("of other bytes: %v", err)
	}
	spec.From.Key = "quarantine/test/missing"
	if _, err := r.bucket.Copy(t.Context(), spec); !errors.Is(err, ErrGone) {
		t.Errorf("of nothing: %v", err)
	}
	if _, err := r.bucket.Head(t.Context(), spec.To); !errors.Is(err, ErrGone) {
		t.Errorf("a refused copy left something: %v", err)
	}
}

func TestOfRacingCopiesToOneKeyExactlyOneWins(t *testing.T) {
	r := fresh(t)
	from, etag := r.place(t, "quarantine/test/from", []byte("x"))
	var won atomic.Int64
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			_, err := r.bucket.Copy(t.Context(), CopySpec{From: from, ETag: etag, To: cleanAt("to"), Size: 1, ContentType: "text/plain", Disposition: "attachment"})
			switch {
			case err == nil:
				won.Add(1)
			case !errors.Is(err, ErrChanged):
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 {
		t.Errorf("%d copies won", won.Load())
	}
}

func TestBucketDeletesIfUnchanged(t *testing.T) {
	r := fresh(t)
	o, etag := r.place(t, "quarantine/test/x", []byte("x"))
	err := r.bucket.Delete(t.Context(), o, "00000000000000000000000000000000")
	if localstack.Differs(t, "DeleteObject with If-Match is 501, so that Delete falls back to a plain one; AWS deletes or answers 412") {
		if err != nil {
			t.Errorf("another etag: %v, though LocalStack knows no condition", err)
		}
	} else if !errors.Is(err, ErrChanged) {
		t.Errorf("another etag: %v", err)
	}
	for range 2 { // what is not there is deleted
		if err := r.bucket.Delete(t.Context(), o, etag); err != nil {
			t.Error(err)
		}
	}
	r.place(t, "quarantine/test/x", []byte("y"))
	if err := r.bucket.Delete(t.Context(), o, ""); err != nil {
		t.Error(err)
	}
	if _, err := r.bucket.Head(t.Context(), o); !errors.Is(err, ErrGone) {
		t.Errorf("still there: %v", err)
	}
}

func TestTheProbeFindsWhatTheStoreCanAndLeavesNothing(t *testing.T) {
	r := fresh(t)
	c, err := r.bucket.Probe(t.Context(), devstack.Clean)
	deletes := !localstack.Differs(t, "DeleteObject with If-Match is 501; AWS deletes or answers 412")
	keeps := !localstack.Differs(t, "CopyObject with If-None-Match: * answers 412 and overwrites all the same; AWS leaves the object alone")
	if err != nil || c != (Capabilities{CopySource: true, CopyDestination: keeps, ConditionalDelete: deletes, PutOnce: true}) {
		t.Errorf("%+v, %v", c, err)
	}
	if left := r.list(t, devstack.CleanBucket); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
	if err := r.bucket.Ping(t.Context(), devstack.QuarantineBucket); err != nil {
		t.Error(err)
	}
	if err := r.bucket.Ping(t.Context(), "no-such-bucket"); err == nil {
		t.Error("a missing bucket answers")
	}
}

func TestQueueHandsOutHidesAndForgets(t *testing.T) {
	r := fresh(t)
	for range 12 {
		if _, err := r.sqs.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &r.QueueURL, MessageBody: aws.String(uuid.NewString())}); err != nil {
			t.Fatal(err)
		}
	}
	first, err := r.queue.Receive(t.Context(), 64, 0)
	if err != nil || len(first) != 10 {
		t.Fatalf("%d messages, %v", len(first), err)
	}
	if m := first[0]; m.Receives != 1 || len(m.Body) != 36 || m.Handle == "" || m.ID == "" || time.Since(m.SentAt) > time.Minute || time.Since(m.HeldAt) > time.Minute {
		t.Errorf("%+v", m)
	}
	if failed, err := r.queue.Delete(t.Context(), first[1:]); err != nil || len(failed) > 0 {
		t.Errorf("%v, %v", failed, err)
	}
	if failed, err := r.queue.Hide(t.Context(), first[:1], 0); err != nil || len(failed) > 0 {
		t.Errorf("%v, %v", failed, err)
	}
	rest, err := r.queue.Receive(t.Context(), 10, time.Second)
	if err != nil || len(rest) != 3 {
		t.Fatalf("%d messages, %v", len(rest), err)
	}
	for _, m := range rest {
		if want := 1 + strings.Count(m.ID, first[0].ID); m.Receives != want {
			t.Errorf("message %s was received %d times, want %d", m.ID, m.Receives, want)
		}
	}
	broken := rest[0]
	broken.Handle = "broken"
	if failed, err := r.queue.Delete(t.Context(), []Message{rest[1], broken, rest[2]}); err != nil || len(failed) != 1 || failed[0].Handle != "broken" {
		t.Errorf("a batch that fails in part: %v, %v", failed, err)
	}
	s, err := r.queue.Settings(t.Context())
	if err != nil || s.Visibility != visibility || s.MaxReceives != 2 || !strings.Contains(s.DLQ, "dlq") || s.Retention != 4*24*time.Hour {
		t.Errorf("%+v, %v", s, err)
	}
}
