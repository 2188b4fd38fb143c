package fault

import (
	"bytes"
	"crypto/rand"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"

	"airlock/infra/devstack"
)

func code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

func TestWithoutRulesEveryOperationPassesAndIsRecognised(t *testing.T) {
	c := through(t)
	bucket := aws.String(devstack.CleanBucket)
	c.put(t, "ops/a", []byte("hello"))
	if data, err := c.get(t, "ops/a"); err != nil || string(data) != "hello" {
		t.Errorf("%q, %v", data, err)
	}
	if _, err := c.copy(t, "ops/a", "ops/b"); err != nil || !c.exists(t, "ops/b") {
		t.Error(err)
	}
	up, err := c.s3.CreateMultipartUpload(t.Context(), &s3.CreateMultipartUploadInput{Bucket: bucket, Key: aws.String("ops/m")})
	if err != nil {
		t.Fatal(err)
	}
	part, err := c.s3.UploadPartCopy(t.Context(), &s3.UploadPartCopyInput{Bucket: bucket, Key: up.Key, UploadId: up.UploadId, PartNumber: aws.Int32(1), CopySource: aws.String(devstack.CleanBucket + "/" + c.dir + "ops/a")})
	if err != nil {
		t.Fatal(err)
	}
	_, listErr := c.s3.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: bucket})
	_, partsErr := c.s3.ListMultipartUploads(t.Context(), &s3.ListMultipartUploadsInput{Bucket: bucket})
	_, completeErr := c.s3.CompleteMultipartUpload(t.Context(), &s3.CompleteMultipartUploadInput{Bucket: bucket, Key: up.Key, UploadId: up.UploadId,
		MultipartUpload: &types.CompletedMultipartUpload{Parts: []types.CompletedPart{{ETag: part.CopyPartResult.ETag, PartNumber: aws.Int32(1)}}}})
	_, deleteErr := c.s3.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: bucket, Key: aws.String("ops/a")})
	_, manyErr := c.s3.DeleteObjects(t.Context(), &s3.DeleteObjectsInput{Bucket: bucket, Delete: &types.Delete{Objects: []types.ObjectIdentifier{{Key: aws.String("ops/b")}, {Key: aws.String("ops/m")}}}})
	_, headErr := c.s3.HeadBucket(t.Context(), &s3.HeadBucketInput{Bucket: bucket})
	c.send(t, 1)
	_, receiveErr := c.receive(t, 1)
	if err := errors.Join(listErr, partsErr, completeErr, deleteErr, manyErr, headErr, receiveErr); err != nil {
		t.Error(err)
	}
	for _, op := range []string{"PutObject", "GetObject", "CopyObject", "HeadObject", "CreateMultipartUpload", "UploadPartCopy", "ListObjectsV2",
		"ListMultipartUploads", "CompleteMultipartUpload", "DeleteObject", "DeleteObjects", "HeadBucket"} {
		if c.s3p.Seen()[op] == 0 {
			t.Errorf("%s was not recognised: %v", op, c.s3p.Seen())
		}
	}
	for _, op := range []string{"CreateQueue", "SendMessage", "ReceiveMessage"} {
		if c.sqsp.Seen()[op] == 0 {
			t.Errorf("%s was not recognised: %v", op, c.sqsp.Seen())
		}
	}
}

// Of a proxy that loses replies by itself nothing can be proved. A server that answers as soon as it has
// read its request is the hardest.
func TestWithoutRulesNoReplyIsLost(t *testing.T) {
	reply := bytes.Repeat([]byte("x"), 20_000)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.ReadFull(r.Body, make([]byte, 200))
		_, _ = w.Write(reply)
	}))
	defer server.Close()
	p, err := ListenHTTP(server.URL, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	var asking sync.WaitGroup
	for range 8 {
		asking.Go(func() {
			for range 2000 {
				resp, err := http.Post(p.URL(), "text/plain", bytes.NewReader(reply[:200]))
				if err != nil {
					t.Error(err)
					return
				}
				if got, err := io.ReadAll(resp.Body); err != nil || len(got) != len(reply) {
					t.Errorf("%d bytes, %v", len(got), err)
				}
				_ = resp.Body.Close()
			}
		})
	}
	asking.Wait()
}

func TestAPresignedURLOfTheProxyIsValidAndABigBodyIsNotKept(t *testing.T) {
	c := through(t)
	const size = 64 << 20
	signed, err := s3.NewPresignClient(c.s3).PresignPutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String(devstack.CleanBucket), Key: aws.String("big"), ContentLength: aws.Int64(size)})
	if err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if status := plainPut(t, signed.URL, io.LimitReader(rand.Reader, size), size); status != 200 {
		t.Fatalf("status %d", status)
	}
	out, err := c.s3.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String(devstack.CleanBucket), Key: aws.String("big")})
	if err != nil {
		t.Fatal(err)
	}
	defer out.Body.Close()
	if n, err := io.Copy(io.Discard, out.Body); n != size || err != nil {
		t.Fatalf("%d bytes, %v", n, err)
	}
	runtime.ReadMemStats(&after)
	if grown := int64(after.TotalAlloc - before.TotalAlloc); grown > size {
		t.Errorf("%d MiB were allocated for an object of %d MiB", grown>>20, size>>20)
	}
}

func TestWhatIsCutBeforeIsNotDoneAndWhatIsCutAfterIs(t *testing.T) {
	c := through(t)
	c.put(t, "cut/a", []byte("hello"))
	c.s3p.Set(Rule{Ops: []string{"CopyObject"}, Kind: CutBefore})
	if _, err := c.copy(t, "cut/a", "cut/before"); err == nil || c.exists(t, "cut/before") {
		t.Errorf("before: %v", err)
	}
	c.s3p.Set(Rule{Ops: []string{"CopyObject"}, Kind: CutAfter})
	if _, err := c.copy(t, "cut/a", "cut/after"); err == nil || !c.exists(t, "cut/after") {
		t.Errorf("after: %v", err)
	}
	c.send(t, 3)
	c.sqsp.Set(Rule{Ops: []string{"ReceiveMessage"}, Kind: CutAfter, Count: 1})
	if _, err := c.receive(t, 10); err == nil {
		t.Error("the reply was not lost")
	}
	if m, err := c.receive(t, 10); err != nil || len(m) != 0 {
		t.Errorf("the messages of the lost reply are not hidden: %d, %v", len(m), err)
	}
}

func TestAStatusIsWhatTheSDKTakesForSlowDownOrExpiredCredentials(t *testing.T) {
	c := through(t)
	c.put(t, "status/a", []byte("hello"))
	c.s3p.Set(Rule{Ops: []string{"GetObject"}, Kind: Status})
	if _, err := c.get(t, "status/a"); code(err) != "SlowDown" {
		t.Errorf("%v", err)
	}
	c.s3p.Set(Rule{Kind: Status, Status: 403, Code: "ExpiredToken"})
	if _, err := c.copy(t, "status/a", "status/b"); code(err) != "ExpiredToken" {
		t.Errorf("%v", err)
	}
	c.sqsp.Set(Rule{Ops: []string{"ReceiveMessage"}, Kind: Status, Status: 500})
	if _, err := c.receive(t, 1); code(err) != "InternalError" {
		t.Errorf("%v", err)
	}
}

func TestACopyCanAnswer200WithAnErrorOrWithNothing(t *testing.T) {
	c := through(t)
	c.put(t, "copy/a", []byte("hello"))
	for _, done := range []bool{false, true} {
		c.s3p.Set(Rule{Ops: []string{"CopyObject"}, Kind: ErrorBody, Done: done})
		if _, err := c.copy(t, "copy/a", "copy/error"); code(err) != "InternalError" || c.exists(t, "copy/error") != done {
			t.Errorf("done %t: %v", done, err)
		}
		c.s3p.Set(Rule{Ops: []string{"CopyObject"}, Kind: EmptyBody, Done: done})
		if out, err := c.copy(t, "copy/a", "copy/empty"); err != nil || out.CopyObjectResult != nil || c.exists(t, "copy/empty") != done {
			t.Errorf("done %t: %+v, %v", done, out, err)
		}
	}
}

func TestABodyIsCutOrStalledAfterItsFirstBytes(t *testing.T) {
	c := through(t)
	c.put(t, "body/a", bytes.Repeat([]byte("x"), 10_000))
	for _, n := range []int64{0, 1, 4096, 9_999} {
		c.s3p.Set(Rule{Ops: []string{"GetObject"}, Kind: CutBody, After: n})
		if data, err := c.get(t, "body/a"); err == nil || int64(len(data)) != n {
			t.Errorf("cut after %d: %d bytes, %v", n, len(data), err)
		}
	}
	c.s3p.Set(Rule{Ops: []string{"GetObject"}, Kind: StallBody, After: 10, For: 300 * time.Millisecond})
	started := time.Now()
	if data, err := c.get(t, "body/a"); err == nil || len(data) != 10 || time.Since(started) < 300*time.Millisecond {
		t.Errorf("%d bytes after %s, %v", len(data), time.Since(started), err)
	}
	c.s3p.Set(Rule{Ops: []string{"GetObject"}, Kind: Delay, For: 300 * time.Millisecond})
	started = time.Now()
	if data, err := c.get(t, "body/a"); err != nil || len(data) != 10_000 || time.Since(started) < 300*time.Millisecond {
		t.Errorf("%d bytes after %s, %v", len(data), time.Since(started), err)
	}
}

func TestABatchFailsInPartAndTheRestIsDone(t *testing.T) {
	c := through(t)
	c.send(t, 5)
	var all []sqstypes.Message
	for len(all) < 5 {
		m, err := c.receive(t, 10)
		if err != nil || len(m) == 0 {
			t.Fatalf("%d messages, %v", len(all), err)
		}
		all = append(all, m...)
	}
	in := &sqs.DeleteMessageBatchInput{QueueUrl: &c.queue}
	for i, m := range all {
		in.Entries = append(in.Entries, sqstypes.DeleteMessageBatchRequestEntry{Id: aws.String(string(rune('a' + i))), ReceiptHandle: m.ReceiptHandle})
	}
	c.sqsp.Set(Rule{Ops: []string{"DeleteMessageBatch"}, Kind: FailEntries, Count: 1})
	out, err := c.sqs.DeleteMessageBatch(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	var failed, done []string
	for _, f := range out.Failed {
		failed = append(failed, *f.Id)
	}
	for _, s := range out.Successful {
		done = append(done, *s.Id)
	}
	if slices.Sort(done); !slices.Equal(failed, []string{"a", "c", "e"}) || !slices.Equal(done, []string{"b", "d"}) {
		t.Errorf("failed %v, done %v", failed, done)
	}
}

func TestRulesStrikeByProbabilityCountAndPathAndAreCounted(t *testing.T) {
	c := through(t)
	c.put(t, "some/a", []byte("hello"))
	c.put(t, "some/b", []byte("hello"))
	c.s3p.Set(Rule{Path: "some/b", Kind: Status}, Rule{Ops: []string{"GetObject"}, Kind: Status, P: 0.5, Count: 5})
	failed := 0
	for range 40 {
		if _, err := c.get(t, "some/a"); err != nil {
			failed++
		}
	}
	if _, err := c.get(t, "some/b"); err == nil {
		t.Error("the path was not struck")
	}
	if got := c.s3p.Injected()[Injection{"GetObject", Status}]; failed != 5 || got != 6 || c.s3p.Total() != 6 {
		t.Errorf("%d of 40 failed; counted %v", failed, c.s3p.Injected())
	}
	c.s3p.Set()
	if _, err := c.get(t, "some/b"); err != nil {
		t.Error(err)
	}
}

func TestTheStoresClockCanBeADayAhead(t *testing.T) {
	c := through(t)
	c.put(t, "clock", []byte(strings.Repeat("x", 10)))
	c.s3p.Set(Rule{Ops: []string{"HeadObject"}, Kind: SkewClock, For: 24 * time.Hour})
	out, err := c.s3.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: aws.String(devstack.CleanBucket), Key: aws.String(c.dir + "clock")})
	if err != nil {
		t.Fatal(err)
	}
	if ahead := time.Until(*out.LastModified); ahead < 23*time.Hour || ahead > 25*time.Hour {
		t.Errorf("ahead by %s", ahead)
	}
}
