package validator

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"airlock"
	"airlock/infra/localstack"
)

// What the comment of type S3 asks for, on a versioned bucket that holds both zones; but for
// s3:GetObjectVersion, which AWS needs for a copy of a version and versitygw does not.
var (
	onObjects = []string{"s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:DeleteObjectVersion", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"}
	onBucket  = []string{"s3:ListBucket", "s3:ListBucketVersions", "s3:ListBucketMultipartUploads"}
)

func (r *rig) permit(t *testing.T, bucket string, onObjects, onBucket []string) {
	t.Helper()
	statement := func(actions []string, below string) string {
		return fmt.Sprintf(`{"Effect":"Allow","Principal":{"AWS":["validator"]},"Action":["%s"],"Resource":["arn:aws:s3:::%s%s"]}`, strings.Join(actions, `","`), bucket, below)
	}
	if _, err := r.root.PutBucketPolicy(t.Context(), &s3.PutBucketPolicyInput{Bucket: &bucket, Policy: aws.String(
		`{"Version":"2012-10-17","Statement":[` + statement(onObjects, "/*") + "," + statement(onBucket, "") + `]}`)}); err != nil {
		t.Fatal(err)
	}
}

// everything uses each request that S3 makes of the store, but for those of the probe.
func (r *rig) everything(t *testing.T, bucket string) error {
	t.Helper()
	from, to := airlock.Object{Bucket: bucket, Key: "quarantine/x"}, airlock.Object{Bucket: bucket, Key: "clean/x"}
	r.putVersion(t, from, []byte("x"))
	h, err := r.root.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: &bucket, Key: aws.String(string(from.Key))})
	if err != nil {
		t.Fatal(err)
	}
	spec := CopySpec{From: from, ETag: unquote(h.ETag), VersionID: aws.ToString(h.VersionId), To: to, Size: 1, ContentType: "text/plain", Disposition: "attachment"}
	errs := []error{r.bucket.Ping(t.Context(), bucket)}
	_, _, err = r.bucket.Read(t.Context(), from, 1)
	errs = append(errs, err)
	_, err = r.bucket.Copy(t.Context(), spec)
	errs = append(errs, err)
	u, err := r.bucket.begin(t.Context(), spec)
	if errs = append(errs, err); err == nil {
		_, err = r.bucket.copyParts(t.Context(), spec, u)
		errs = append(errs, err, r.bucket.giveUp(t.Context(), u))
	}
	for _, err := range r.bucket.List(t.Context(), airlock.Zone{Bucket: bucket}) {
		errs = append(errs, err)
	}
	for _, err := range r.bucket.Uploads(t.Context(), airlock.Zone{Bucket: bucket}) {
		errs = append(errs, err)
	}
	errs = append(errs, r.bucket.Delete(t.Context(), from, ""), r.bucket.Delete(t.Context(), to, ""))
	return errors.Join(errs...)
}

func TestTheValidatorNeedsEachPermissionThatItAsksFor(t *testing.T) {
	if localstack.Here() {
		t.Skip("LocalStack lets everybody do everything")
	}
	r := fresh(t)
	bucket := r.versioned(t)
	r.permit(t, bucket, onObjects, onBucket)
	if err := r.everything(t, bucket); err != nil {
		t.Errorf("with all: %v", err)
	}
	for _, dropped := range slices.Concat(onObjects, onBucket) {
		without := func(actions []string) []string {
			return slices.DeleteFunc(slices.Clone(actions), func(a string) bool { return a == dropped })
		}
		r.permit(t, bucket, without(onObjects), without(onBucket))
		if err := r.everything(t, bucket); err == nil || !strings.Contains(err.Error(), "AccessDenied") && !strings.Contains(err.Error(), "StatusCode: 403") {
			t.Errorf("without %s: %v", dropped, err)
		}
	}
}
