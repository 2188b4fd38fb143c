package validator

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"airlock"
	"airlock/infra/devstack"
)

// keysBelow lists a zone; the test fails on an error.
func (r *rig) keysBelow(t *testing.T, z airlock.Zone) (keys []string) {
	t.Helper()
	for o, err := range r.bucket.List(t.Context(), z) {
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, string(o.Object.Key))
	}
	return keys
}

// open lists the multipart uploads that nobody ended; the test fails on an error.
func (r *rig) open(t *testing.T, z airlock.Zone) (open []OpenUpload) {
	t.Helper()
	for u, err := range r.bucket.Uploads(t.Context(), z) {
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, u)
	}
	return open
}

func TestBucketListsWhatLiesBelowAPrefixInTheOrderOfKeys(t *testing.T) {
	r := fresh(t)
	_, etag := r.place(t, "quarantine/test/b/2", []byte("22"))
	for _, key := range []string{"quarantine/test/b/1", "quarantine/test/b-0", "quarantine/test/a", "quarantine/test/bb", "other/x"} {
		r.place(t, key, []byte("1"))
	}
	for prefix, want := range map[string][]string{
		"quarantine/":         {"quarantine/test/a", "quarantine/test/b-0", "quarantine/test/b/1", "quarantine/test/b/2", "quarantine/test/bb"},
		"quarantine/test/b/":  {"quarantine/test/b/1", "quarantine/test/b/2"}, // a whole key and "/"
		"quarantine/test/a":   {"quarantine/test/a"},                          // a whole key
		"quarantine/test/b/2": {"quarantine/test/b/2"},
		"quarantine/none/":    nil,
		"quarantine/test/a/":  nil,
	} {
		if got := r.keysBelow(t, airlock.Zone{Bucket: devstack.QuarantineBucket, Prefix: prefix}); !slices.Equal(got, want) {
			t.Errorf("below %q: %q, want %q", prefix, got, want)
		}
	}
	for o := range r.bucket.List(t.Context(), airlock.Zone{Bucket: devstack.QuarantineBucket, Prefix: "quarantine/test/b/2"}) {
		if o.Object.Bucket != devstack.QuarantineBucket || o.ETag != etag || o.Size != 2 || time.Since(o.LastModified) > time.Minute {
			t.Errorf("%+v", o)
		}
	}
}

func TestBucketListsManyPagesAndEndsWhereTheCallerDoes(t *testing.T) {
	r := fresh(t)
	var want []string
	for i := range 1003 {
		want = append(want, fmt.Sprintf("quarantine/test/%04d", i))
		r.place(t, want[i], nil)
	}
	if got := r.keysBelow(t, devstack.Quarantine); !slices.Equal(got, want) {
		t.Errorf("%d keys, want %d", len(got), len(want))
	}
	seen := 0
	for _, err := range r.bucket.List(t.Context(), devstack.Quarantine) {
		if seen++; err != nil || seen == 3 {
			break
		}
	}
	if seen != 3 {
		t.Errorf("%d seen", seen)
	}
}

func TestBucketEndsAListAfterTheFirstError(t *testing.T) {
	r := fresh(t)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for what, c := range map[string]struct {
		ctx context.Context
		z   airlock.Zone
	}{"a missing bucket": {t.Context(), airlock.Zone{Bucket: "no-such-bucket"}}, "an ended context": {ended, devstack.Clean}} {
		var objects, uploads []error
		for _, err := range r.bucket.List(c.ctx, c.z) {
			objects = append(objects, err)
		}
		for _, err := range r.bucket.Uploads(c.ctx, c.z) {
			uploads = append(uploads, err)
		}
		for _, errs := range [][]error{objects, uploads} {
			if len(errs) != 1 || errs[0] == nil || errors.Is(errs[0], ErrGone) {
				t.Errorf("%s: %v", what, errs)
			}
		}
	}
}

func TestBucketFindsOpenUploadsAndAbortsThem(t *testing.T) {
	r := fresh(t)
	for _, key := range []string{"quarantine/test/a", "quarantine/test/b"} {
		begun, err := r.root.CreateMultipartUpload(t.Context(), &s3.CreateMultipartUploadInput{Bucket: aws.String(devstack.QuarantineBucket), Key: &key})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.root.UploadPart(t.Context(), &s3.UploadPartInput{
			Bucket: begun.Bucket, Key: &key, UploadId: begun.UploadId, PartNumber: aws.Int32(1), Body: bytes.NewReader([]byte("x")),
		}); err != nil {
			t.Fatal(err)
		}
	}
	open := r.open(t, devstack.Quarantine)
	if len(open) != 2 || open[0].Object.Key != "quarantine/test/a" || open[1].Object.Key != "quarantine/test/b" || open[0].ID == "" || time.Since(open[0].Begun) > time.Minute {
		t.Fatalf("%+v", open)
	}
	if one := r.open(t, airlock.Zone{Bucket: devstack.QuarantineBucket, Prefix: "quarantine/test/b"}); len(one) != 1 || one[0] != open[1] {
		t.Errorf("below one key: %+v", one)
	}
	for _, u := range open {
		for range 2 { // one that is not there is aborted
			if err := r.bucket.Abort(t.Context(), u); err != nil {
				t.Error(err)
			}
		}
	}
	if open := r.open(t, devstack.Quarantine); len(open) != 0 {
		t.Errorf("still open: %+v", open)
	}
}

func TestBucketTellsTheStoresTime(t *testing.T) {
	r := fresh(t)
	before := time.Now()
	now, err := r.bucket.Now(t.Context(), devstack.QuarantineBucket)
	if after := time.Now(); err != nil || now.Before(before.Add(-2*time.Second)) || now.After(after.Add(2*time.Second)) {
		t.Errorf("%s, between %s and %s, %v", now, before, after, err)
	}
	if _, err := r.bucket.Now(t.Context(), "no-such-bucket"); err == nil {
		t.Error("a missing bucket has a clock")
	}
}
