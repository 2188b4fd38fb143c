package s3front_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"airlock/infra/localstack"
)

func putIf(t *testing.T, bucket, key, body string, ifMatch, ifNoneMatch *string) error {
	_, err := store.client.PutObject(t.Context(), &s3.PutObjectInput{
		Bucket: &bucket, Key: &key, Body: strings.NewReader(body), IfMatch: ifMatch, IfNoneMatch: ifNoneMatch,
	})
	return err
}

// copyIn is a copy from key to key in one bucket.
func copyIn(bucket, from, to string) *s3.CopyObjectInput {
	return &s3.CopyObjectInput{Bucket: &bucket, Key: &to, CopySource: aws.String(bucket + "/" + from)}
}

func TestAConditionalPutIsStoredOnlyOnce(t *testing.T) {
	b := newBucket(t)
	wantStatus(t, putIf(t, b, "k", "first", nil, aws.String("*")), 200)
	err := putIf(t, b, "k", "second", nil, aws.String("*"))
	wantStatus(t, err, 412)
	if code(err) != "PreconditionFailed" {
		t.Errorf("code %q", code(err))
	}
	if got := content(t, b, "k"); got != "first" {
		t.Errorf("the second PUT changed the object to %q", got)
	}
}

func TestAPutWithIfMatchReplacesOnlyThatObject(t *testing.T) {
	b := newBucket(t)
	etag := put(t, b, "k", "one")
	wantStatus(t, putIf(t, b, "k", "two", aws.String(`"00000000000000000000000000000000"`), nil), 412)
	wantStatus(t, putIf(t, b, "k", "three", &etag, nil), 200)
	wantStatus(t, putIf(t, b, "absent", "x", &etag, nil), 404)
}

func TestOfRacingConditionalPutsExactlyOneIsStored(t *testing.T) {
	b := newBucket(t)
	for round := range 4 {
		key := fmt.Sprintf("dir%d/k", round)
		got := race(50, func(i int) error { return putIf(t, b, key, fmt.Sprintf("body %d", i), nil, aws.String("*")) })
		if got[200] != 1 || got[412]+got[409] != 49 {
			t.Errorf("statuses %v, want one 200 and 49 of 412 or 409", got)
		}
	}
}

func TestACopyHonoursConditionsOnItsSource(t *testing.T) {
	b := newBucket(t)
	etag := put(t, b, "src", "content")
	for _, tc := range []struct {
		name    string
		with    func(*s3.CopyObjectInput)
		want    int
		created bool
	}{
		{"matching etag", func(in *s3.CopyObjectInput) { in.CopySourceIfMatch = &etag }, 200, true},
		{"other etag", func(in *s3.CopyObjectInput) { in.CopySourceIfMatch = aws.String(`"beef"`) }, 412, false},
		{"none match", func(in *s3.CopyObjectInput) { in.CopySourceIfNoneMatch = &etag }, 412, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			to := strings.ReplaceAll(tc.name, " ", "-")
			in := copyIn(b, "src", to)
			tc.with(in)
			_, err := store.client.CopyObject(t.Context(), in)
			wantStatus(t, err, tc.want)
			_, err = store.client.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: &b, Key: &to})
			if created := err == nil; created != tc.created {
				t.Errorf("destination there: %v, want %v", created, tc.created)
			}
		})
	}
	_, err := store.client.CopyObject(t.Context(), copyIn(b, "absent", "x"))
	wantStatus(t, err, 404)
}

func TestACopyHonoursConditionsOnItsDestination(t *testing.T) {
	b := newBucket(t)
	put(t, b, "src", "source")
	etag := put(t, b, "taken", "taken")

	in := copyIn(b, "src", "taken")
	in.IfNoneMatch = aws.String("*")
	_, err := store.client.CopyObject(t.Context(), in)
	wantStatus(t, err, 412)
	want := "taken"
	if localstack.Differs(t, "a copy that it refuses with 412 has overwritten the content, as far as the old length goes; AWS leaves it alone") {
		want = "sourc"
	}
	if got := rawContent(t, b, "taken"); got != want {
		t.Errorf("the destination is %q, want %q", got, want)
	}

	in = copyIn(b, "src", "free")
	in.IfNoneMatch = aws.String("*")
	_, err = store.client.CopyObject(t.Context(), in)
	wantStatus(t, err, 200)

	in = copyIn(b, "src", "taken")
	in.IfMatch = aws.String(`"beef"`)
	_, err = store.client.CopyObject(t.Context(), in)
	wantStatus(t, err, 412)
	in.IfMatch = &etag
	_, err = store.client.CopyObject(t.Context(), in)
	wantStatus(t, err, 200)
	if got := content(t, b, "taken"); got != "source" {
		t.Errorf("destination %q after a matching copy", got)
	}
}

func TestOfRacingConditionalCopiesExactlyOneIsStored(t *testing.T) {
	b := newBucket(t)
	for i := range 20 {
		put(t, b, fmt.Sprintf("src/%d", i), fmt.Sprintf("source %d", i))
	}
	for round := range 4 {
		got := race(20, func(i int) error {
			in := copyIn(b, fmt.Sprintf("src/%d", i), fmt.Sprintf("clean/%d/k", round))
			in.IfNoneMatch = aws.String("*")
			_, err := store.client.CopyObject(t.Context(), in)
			return err
		})
		if got[200] != 1 || got[412]+got[409] != 19 {
			t.Errorf("statuses %v, want one 200 and 19 of 412 or 409", got)
		}
	}
}

func TestAConditionalCopyRacingPutsWinsOnlyOnAFreeKey(t *testing.T) {
	b := newBucket(t)
	put(t, b, "src", "source")
	for round := range 10 {
		key := fmt.Sprintf("r%d/k", round)
		got := race(10, func(i int) error {
			if i%2 == 0 {
				return putIf(t, b, key, "put", nil, aws.String("*"))
			}
			in := copyIn(b, "src", key)
			in.IfNoneMatch = aws.String("*")
			_, err := store.client.CopyObject(t.Context(), in)
			return err
		})
		if got[200] != 1 {
			t.Errorf("statuses %v, want one 200", got)
		}
	}
}

func TestAConditionalDeleteRemovesOnlyThatObject(t *testing.T) {
	b := newBucket(t)
	etag := put(t, b, "k", "content")
	del := func(key, ifMatch string) error {
		_, err := store.client.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: &b, Key: &key, IfMatch: &ifMatch})
		return err
	}
	if localstack.Differs(t, "DeleteObject with If-Match is 501; AWS deletes or answers 412") {
		wantStatus(t, del("k", etag), 501)
		content(t, b, "k")
		return
	}
	wantStatus(t, del("k", `"beef"`), 412)
	content(t, b, "k")
	wantStatus(t, del("k", etag), 200)
	err := del("k", etag)
	wantStatus(t, err, 404)
	if code(err) != "NoSuchKey" {
		t.Errorf("code %q", code(err))
	}
	put(t, b, "k", "again")
	wantStatus(t, del("k", "*"), 200)
	wantStatus(t, del("k", "*"), 404)
}

func TestAPlainDeleteOfAMissingKeySucceeds(t *testing.T) {
	b := newBucket(t)
	_, err := store.client.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: &b, Key: aws.String("absent")})
	wantStatus(t, err, 200)
}

func TestABatchDeleteRemovesManyAndReportsEachFailure(t *testing.T) {
	b := newBucket(t)
	var all []types.ObjectIdentifier
	for i := range 20 {
		key := fmt.Sprintf("a/%d", i)
		put(t, b, key, "x")
		all = append(all, types.ObjectIdentifier{Key: &key})
	}
	all = append(all, types.ObjectIdentifier{Key: aws.String("absent")})
	put(t, b, "kept", "x")
	all = append(all, types.ObjectIdentifier{Key: aws.String("kept"), ETag: aws.String(`"beef"`)})
	deleted, kept := 21, 1
	if localstack.Differs(t, "DeleteObjects ignores the ETag beside a key; AWS takes it for a condition") {
		deleted, kept = 22, 0
	}
	out, err := store.client.DeleteObjects(t.Context(), &s3.DeleteObjectsInput{Bucket: &b, Delete: &types.Delete{Objects: all}})
	if err != nil {
		t.Fatal(err)
	}
	if len(out.Deleted) != deleted || len(out.Errors) != len(all)-deleted {
		t.Errorf("%d deleted, %d errors", len(out.Deleted), len(out.Errors))
	}
	list, err := store.client.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: &b})
	if err != nil {
		t.Fatal(err)
	}
	if len(list.Contents) != kept {
		t.Errorf("%d objects left, want %d", len(list.Contents), kept)
	}
}

func TestPutsAndDeletesInOneDirectoryDoNotDisturbEachOther(t *testing.T) {
	b := newBucket(t)
	got := race(16, func(i int) error {
		key := fmt.Sprintf("a/b/c/%d/k", i%4)
		for range 25 {
			if err := putIf(t, b, key, "x", nil, nil); err != nil {
				return err
			}
			if _, err := store.client.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: &b, Key: &key}); err != nil {
				return err
			}
		}
		return nil
	})
	if got[200] != 16 {
		t.Errorf("statuses %v, want none but 200", got)
	}
}
