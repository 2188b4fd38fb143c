package validator

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/google/uuid"

	"airlock"
	"airlock/infra/devstack"
	"airlock/infra/localstack"
	"airlock/validator/inspect"
)

// versioned makes a bucket that keeps versions, in which the validator may do what the comment of
// type S3 asks for there.
func (r *rig) versioned(t *testing.T) string {
	t.Helper()
	bucket := "versioned-" + uuid.NewString()[:8]
	if _, err := r.root.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &bucket}); err != nil {
		t.Fatal(err)
	}
	r.permit(t, bucket, onObjects, onBucket)
	if _, err := r.root.PutBucketVersioning(t.Context(), &s3.PutBucketVersioningInput{
		Bucket: &bucket, VersioningConfiguration: &s3types.VersioningConfiguration{Status: s3types.BucketVersioningStatusEnabled},
	}); err != nil {
		t.Fatal(err)
	}
	return bucket
}

func (r *rig) putVersion(t *testing.T, o airlock.Object, body []byte) (version string) {
	t.Helper()
	out, err := r.root.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &o.Bucket, Key: aws.String(string(o.Key)), Body: bytes.NewReader(body)})
	if err != nil {
		t.Fatal(err)
	}
	return aws.ToString(out.VersionId)
}

// mark deletes as a stranger would: a delete marker hides all versions.
func (r *rig) mark(t *testing.T, o airlock.Object) {
	t.Helper()
	if _, err := r.root.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: &o.Bucket, Key: aws.String(string(o.Key))}); err != nil {
		t.Fatal(err)
	}
}

// versions lists all that a bucket keeps: versions and delete markers.
func (r *rig) versions(t *testing.T, bucket string) (keys []string) {
	t.Helper()
	pages := s3.NewListObjectVersionsPaginator(r.root, &s3.ListObjectVersionsInput{Bucket: &bucket})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range page.Versions {
			keys = append(keys, *v.Key)
		}
		for _, m := range page.DeleteMarkers {
			keys = append(keys, *m.Key)
		}
	}
	return keys
}

func TestInAVersionedBucketWhatWasReadIsCopiedWhateverCameLater(t *testing.T) {
	r := fresh(t)
	for name, c := range map[string]struct{ size, single int }{"at once": {6, 0}, "in parts": {2*testSingleCopy + 1, testSingleCopy}} {
		t.Run(name, func(t *testing.T) {
			o := airlock.Object{Bucket: r.versioned(t), Key: "quarantine/x"}
			r.putVersion(t, o, []byte("first"))
			judged := bytes.Repeat([]byte("j"), c.size)
			want := r.putVersion(t, o, judged)
			h, data, err := r.bucket.Read(t.Context(), o, inspect.Window)
			if err != nil || h.VersionID != want || want == "" || !bytes.HasPrefix(judged, data) {
				t.Fatalf("%+v, %q, %v; want version %q", h, data, err, want)
			}
			r.putVersion(t, o, []byte("other!"))
			b := NewS3(r.S3Config(devstack.Validator, 16), true)
			b.SingleCopy = int64(c.single)
			spec := CopySpec{From: o, ETag: h.ETag, VersionID: h.VersionID, To: cleanAt("versioned/" + strings.Fields(name)[1]), Size: h.Size, ContentType: "text/plain", Disposition: "attachment"}
			wrong := spec
			wrong.ETag = "00000000000000000000000000000000"
			if _, err := b.Copy(t.Context(), wrong); !errors.Is(err, ErrChanged) {
				t.Errorf("of another etag: %v", err)
			}
			if _, err := b.Copy(t.Context(), spec); err != nil {
				t.Fatal(err)
			}
			if _, data, err := r.bucket.Read(t.Context(), spec.To, int64(c.size)); err != nil || !bytes.Equal(data, judged) {
				t.Errorf("promoted %.20q, %v", data, err)
			}
			r.mark(t, o) // what is hidden can still be copied by version
			spec.To = cleanAt("versioned/hidden")
			if err := r.bucket.Delete(t.Context(), spec.To, ""); err != nil {
				t.Fatal(err)
			}
			if _, err := b.Copy(t.Context(), spec); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestInAVersionedBucketDeleteLeavesNoVersion(t *testing.T) {
	r := fresh(t)
	bucket := r.versioned(t)
	at := func(key string) airlock.Object { return airlock.Object{Bucket: bucket, Key: airlock.Key(key)} }
	longer := at("quarantine/x-longer")
	r.putVersion(t, longer, []byte("x"))
	o := at("quarantine/x")
	for _, body := range []string{"one", "two", "three"} {
		r.putVersion(t, o, []byte(body))
	}
	h, err := r.bucket.Head(t.Context(), o)
	if err != nil || h.VersionID == "" {
		t.Fatalf("%+v, %v", h, err)
	}
	for range 2 { // what is not there is deleted
		if err := r.bucket.Delete(t.Context(), o, h.ETag); err != nil {
			t.Error(err)
		}
		if left := strings.Join(r.versions(t, bucket), " "); left != string(longer.Key) {
			t.Errorf("left: %s", left)
		}
	}
	if err := r.bucket.Delete(t.Context(), longer, ""); err != nil {
		t.Error(err)
	}
	if left := r.versions(t, bucket); len(left) > 0 {
		t.Errorf("left: %q", left)
	}
}

func TestWhatADeleteMarkerHidesIsGoneAndStillDeleted(t *testing.T) {
	r := fresh(t)
	o := airlock.Object{Bucket: r.versioned(t), Key: "quarantine/x"}
	if _, err := r.bucket.Head(t.Context(), o); !errors.Is(err, ErrGone) || errors.Is(err, ErrHidden) {
		t.Errorf("what never was: %v", err)
	}
	for _, etag := range []string{"", "00000000000000000000000000000000"} {
		r.putVersion(t, o, []byte("x"))
		r.mark(t, o)
		_, herr := r.bucket.Head(t.Context(), o)
		_, _, rerr := r.bucket.Read(t.Context(), o, 1)
		for _, err := range []error{herr, rerr} {
			if !errors.Is(err, ErrHidden) || !errors.Is(err, ErrGone) {
				t.Errorf("hidden: %v", err)
			}
		}
		if err := r.bucket.Delete(t.Context(), o, etag); err != nil {
			t.Errorf("with etag %q: %v", etag, err)
		}
		if left := r.versions(t, o.Bucket); len(left) > 0 {
			t.Errorf("with etag %q left: %q", etag, left)
		}
	}
}

func TestManyDeletesAtOnceInAVersionedBucketLeaveNoVersion(t *testing.T) {
	r := fresh(t)
	bucket := r.versioned(t)
	var objects []airlock.Object
	for i := range 12 {
		o := airlock.Object{Bucket: bucket, Key: airlock.Key(fmt.Sprintf("quarantine/%02d", i))}
		r.putVersion(t, o, []byte("x"))
		r.putVersion(t, o, []byte("y"))
		objects = append(objects, o, o) // two callers want the same
	}
	var requests atomic.Int64
	held := make(chan struct{})
	errs := deleteAtOnce(t, r.tapped(deleting(&requests, held)), &requests, held, objects, make([]string, len(objects)))
	if err := errors.Join(errs...); err != nil {
		t.Error(err)
	}
	if left := r.versions(t, bucket); len(left) > 0 {
		t.Errorf("left: %q", left)
	}
}

func TestAnUnversionedBucketCostsNoMoreThanADelete(t *testing.T) {
	r := fresh(t)
	o, etag := r.place(t, "quarantine/test/x", []byte("x"))
	var mu sync.Mutex
	var asked []string
	b := r.tapped(func(req *http.Request, pass func() (*http.Response, error)) (*http.Response, error) {
		mu.Lock()
		defer mu.Unlock()
		asked = append(asked, req.Method)
		return pass()
	})
	want := 1
	if localstack.Differs(t, "DeleteObject with If-Match is 501, so that Delete asks once more; AWS deletes") {
		want = 2
	}
	if err := b.Delete(t.Context(), o, etag); err != nil || len(asked) != want {
		t.Errorf("%q, %v", asked, err)
	}
}
