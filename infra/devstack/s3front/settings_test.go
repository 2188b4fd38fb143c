package s3front_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go/middleware"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"airlock/infra/localstack"
)

// days is a lifecycle rule that expires what is below a prefix.
func days(id, prefix string, n int32) types.LifecycleRule {
	return types.LifecycleRule{
		ID: &id, Status: types.ExpirationStatusEnabled,
		Filter: &types.LifecycleRuleFilter{Prefix: &prefix}, Expiration: &types.LifecycleExpiration{Days: &n},
	}
}

// abort is airlock's rule against uploads that nobody completes.
func abort() types.LifecycleRule {
	r := days("airlock-abort-multipart", "", 0)
	r.Expiration, r.AbortIncompleteMultipartUpload = nil, &types.AbortIncompleteMultipartUpload{DaysAfterInitiation: aws.Int32(1)}
	return r
}

func putLifecycle(client *s3.Client, bucket string, rules ...types.LifecycleRule) error {
	_, err := client.PutBucketLifecycleConfiguration(context.Background(), &s3.PutBucketLifecycleConfigurationInput{
		Bucket: &bucket, LifecycleConfiguration: &types.BucketLifecycleConfiguration{Rules: rules},
	})
	return err
}

func getLifecycle(client *s3.Client, bucket string) ([]types.LifecycleRule, error) {
	out, err := client.GetBucketLifecycleConfiguration(context.Background(), &s3.GetBucketLifecycleConfigurationInput{Bucket: &bucket})
	if err != nil {
		return nil, err
	}
	return out.Rules, nil
}

func putBlock(client *s3.Client, bucket string, block types.PublicAccessBlockConfiguration) error {
	_, err := client.PutPublicAccessBlock(context.Background(), &s3.PutPublicAccessBlockInput{Bucket: &bucket, PublicAccessBlockConfiguration: &block})
	return err
}

func getBlock(client *s3.Client, bucket string) (*types.PublicAccessBlockConfiguration, error) {
	out, err := client.GetPublicAccessBlock(context.Background(), &s3.GetPublicAccessBlockInput{Bucket: &bucket})
	if err != nil {
		return nil, err
	}
	return out.PublicAccessBlockConfiguration, nil
}

// wantSame compares what was set with what came back.
func wantSame[T any](t *testing.T, want, got T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreTypes(middleware.Metadata{}), cmpopts.IgnoreUnexported(
		types.LifecycleRule{}, types.LifecycleRuleFilter{}, types.LifecycleExpiration{}, types.AbortIncompleteMultipartUpload{},
		types.PublicAccessBlockConfiguration{})); diff != "" {
		t.Error("-set +got", diff)
	}
}

func wantCode(t *testing.T, err error, wantHTTP int, want string) {
	t.Helper()
	if status(err) != wantHTTP || code(err) != want {
		t.Errorf("%d %s, want %d %s (%v)", status(err), code(err), wantHTTP, want, err)
	}
}

func TestALifecycleIsKeptUntilItIsReplacedOrDeleted(t *testing.T) {
	b, other := newBucket(t), newBucket(t)
	_, err := getLifecycle(store.client, b)
	wantCode(t, err, 404, "NoSuchLifecycleConfiguration")
	for _, rules := range [][]types.LifecycleRule{
		{days("airlock-expire", "quarantine/", 15), abort()},
		{abort()},
	} {
		if err := putLifecycle(store.client, b, rules...); err != nil {
			t.Fatal(err)
		}
		if err := putLifecycle(store.client, other, days("other", "x/", 7), days("another", "y/", 8)); err != nil {
			t.Fatal(err)
		}
		got, err := getLifecycle(store.client, b)
		wantSame(t, rules, got, err)
	}
	for range 2 { // the second finds nothing, and is no error
		if _, err := store.client.DeleteBucketLifecycle(t.Context(), &s3.DeleteBucketLifecycleInput{Bucket: &b}); err != nil {
			t.Fatal(err)
		}
		_, err = getLifecycle(store.client, b)
		wantCode(t, err, 404, "NoSuchLifecycleConfiguration")
	}
	put(t, b, "k", "the bucket is still there")
}

func TestAFaultyLifecycleIsRefused(t *testing.T) {
	faulty := func(change func(*types.LifecycleRule)) []types.LifecycleRule {
		r := days("a", "q/", 1)
		change(&r)
		return []types.LifecycleRule{r}
	}
	for _, tc := range []struct {
		name, code, localStack string
		rules                  []types.LifecycleRule
	}{
		{"no filter", "MalformedXML", "", faulty(func(r *types.LifecycleRule) { r.Filter = nil })},
		{"an unknown status", "MalformedXML", "takes any status of a lifecycle rule; AWS answers 400 MalformedXML",
			faulty(func(r *types.LifecycleRule) { r.Status = "Perhaps" })},
		{"no action", "InvalidRequest", "takes lifecycle rules without action; AWS answers 400 InvalidRequest",
			faulty(func(r *types.LifecycleRule) { r.Expiration = nil })},
		{"no days", "InvalidArgument", "takes an expiration after 0 days; AWS answers 400 InvalidArgument",
			faulty(func(r *types.LifecycleRule) { r.Expiration.Days = aws.Int32(0) })},
		{"one id twice", "InvalidArgument", "takes two lifecycle rules of one id; AWS answers 400 InvalidArgument",
			[]types.LifecycleRule{days("a", "q/", 1), days("a", "c/", 1)}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b := newBucket(t)
			err := putLifecycle(store.client, b, tc.rules...)
			if tc.localStack != "" && localstack.Differs(t, tc.localStack) {
				wantStatus(t, err, 200)
				return
			}
			wantCode(t, err, 400, tc.code)
			_, err = getLifecycle(store.client, b)
			wantCode(t, err, 404, "NoSuchLifecycleConfiguration")
		})
	}
}

func TestANewBucketBlocksPublicAccessUntilThatIsChangedOrDeleted(t *testing.T) {
	b := newBucket(t)
	on, off := aws.Bool(true), aws.Bool(false)
	got, err := getBlock(store.client, b)
	wantSame(t, &types.PublicAccessBlockConfiguration{BlockPublicAcls: on, IgnorePublicAcls: on, BlockPublicPolicy: on, RestrictPublicBuckets: on}, got, err)
	if err := putBlock(store.client, b, types.PublicAccessBlockConfiguration{BlockPublicPolicy: on}); err != nil {
		t.Fatal(err)
	}
	got, err = getBlock(store.client, b)
	wantSame(t, &types.PublicAccessBlockConfiguration{BlockPublicAcls: off, IgnorePublicAcls: off, BlockPublicPolicy: on, RestrictPublicBuckets: off}, got, err)
	for range 2 {
		if _, err := store.client.DeletePublicAccessBlock(t.Context(), &s3.DeletePublicAccessBlockInput{Bucket: &b}); err != nil {
			t.Fatal(err)
		}
		_, err = getBlock(store.client, b)
		wantCode(t, err, 404, "NoSuchPublicAccessBlockConfiguration")
	}
}

func TestABucketMadeAgainHasNoneOfTheOldConfigurations(t *testing.T) {
	b := newBucket(t)
	if err := putLifecycle(store.client, b, abort()); err != nil {
		t.Fatal(err)
	}
	if _, err := store.client.DeletePublicAccessBlock(t.Context(), &s3.DeletePublicAccessBlockInput{Bucket: &b}); err != nil {
		t.Fatal(err)
	}
	if _, err := store.client.DeleteBucket(t.Context(), &s3.DeleteBucketInput{Bucket: &b}); err != nil {
		t.Fatal(err)
	}
	_, err := getLifecycle(store.client, b)
	wantCode(t, err, 404, "NoSuchBucket")
	_, err = getBlock(store.client, b)
	wantCode(t, err, 404, "NoSuchBucket")
	wantCode(t, putLifecycle(store.client, b, abort()), 404, "NoSuchBucket")
	if _, err := store.client.CreateBucket(t.Context(), createBucket(b)); err != nil {
		t.Fatal(err)
	}
	_, err = getLifecycle(store.client, b)
	wantCode(t, err, 404, "NoSuchLifecycleConfiguration")
	if got, err := getBlock(store.client, b); err != nil || !*got.BlockPublicAcls {
		t.Errorf("public access block %+v, %v", got, err)
	}
}

func TestConfigurationsOutliveARestart(t *testing.T) {
	ours(t, "it can be restarted")
	b := newBucket(t)
	rules := []types.LifecycleRule{days("airlock-expire", "quarantine/", 15), abort()}
	if err := putLifecycle(store.client, b, rules...); err != nil {
		t.Fatal(err)
	}
	if err := putBlock(store.client, b, types.PublicAccessBlockConfiguration{BlockPublicAcls: aws.Bool(true)}); err != nil {
		t.Fatal(err)
	}
	queue := watch(t, b, "in/", "", "s3:ObjectCreated:*")
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if err := start(); err != nil {
		t.Fatal(err)
	}
	got, err := getLifecycle(store.client, b)
	wantSame(t, rules, got, err)
	if block, err := getBlock(store.client, b); err != nil || !*block.BlockPublicAcls || *block.BlockPublicPolicy {
		t.Errorf("public access block %+v, %v", block, err)
	}
	put(t, b, "in/k", "x")
	if n := len(notices(t, queue, 1)); n != 1 {
		t.Errorf("%d notices after the restart", n)
	}
}

func TestConfigurationsAreForTheOwnerAndWhomThePolicyAllows(t *testing.T) {
	ours(t, "accounts are made otherwise elsewhere")
	b := newBucket(t)
	policy := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":["validator"]},
"Action":["s3:GetLifecycleConfiguration","s3:PutBucketPublicAccessBlock"],"Resource":["arn:aws:s3:::` + b + `"]}]}`
	if _, err := store.client.PutBucketPolicy(t.Context(), &s3.PutBucketPolicyInput{Bucket: &b, Policy: &policy}); err != nil {
		t.Fatal(err)
	}
	if err := putLifecycle(store.client, b, abort()); err != nil {
		t.Fatal(err)
	}
	for who, want := range map[*s3.Client]struct{ getLifecycle, putLifecycle, getBlock, putBlock int }{
		clientOf(signer):    {403, 403, 403, 403},
		clientOf(validator): {200, 403, 403, 200},
	} {
		_, err := getLifecycle(who, b)
		wantStatus(t, err, want.getLifecycle)
		wantStatus(t, putLifecycle(who, b, abort()), want.putLifecycle)
		_, err = who.DeleteBucketLifecycle(t.Context(), &s3.DeleteBucketLifecycleInput{Bucket: &b})
		wantStatus(t, err, want.putLifecycle)
		_, err = getBlock(who, b)
		wantStatus(t, err, want.getBlock)
		wantStatus(t, putBlock(who, b, types.PublicAccessBlockConfiguration{}), want.putBlock)
		_, err = who.DeletePublicAccessBlock(t.Context(), &s3.DeletePublicAccessBlockInput{Bucket: &b})
		wantStatus(t, err, want.putBlock)
	}
	send(t, "GET", store.endpoint+"/"+b+"?lifecycle", nil, "").want(t, 403)
}

// What `airlock doctor` asks of a bucket, besides the configurations above.
func TestANewBucketSaysWhatItIs(t *testing.T) {
	b := newBucket(t)
	c, ctx := store.client, t.Context()
	if out, err := c.GetBucketOwnershipControls(ctx, &s3.GetBucketOwnershipControlsInput{Bucket: &b}); err != nil || out.OwnershipControls.Rules[0].ObjectOwnership != "BucketOwnerEnforced" {
		t.Errorf("ownership %+v, %v", out, err)
	}
	if out, err := c.GetBucketVersioning(ctx, &s3.GetBucketVersioningInput{Bucket: &b}); err != nil || out.Status != "" {
		t.Errorf("versioning %+v, %v", out, err)
	}
	if out, err := c.GetBucketLocation(ctx, &s3.GetBucketLocationInput{Bucket: &b}); err != nil || store.region == "us-east-1" && out.LocationConstraint != "" {
		t.Errorf("location %+v, %v", out, err)
	}
	if out, err := c.GetBucketNotificationConfiguration(ctx, &s3.GetBucketNotificationConfigurationInput{Bucket: &b}); err != nil || len(out.QueueConfigurations) != 0 {
		t.Errorf("notifications %+v, %v", out, err)
	}
	_, err := c.GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: &b})
	wantCode(t, err, 404, "NoSuchBucketPolicy")
	_, err = c.GetBucketCors(ctx, &s3.GetBucketCorsInput{Bucket: &b})
	wantCode(t, err, 404, "NoSuchCORSConfiguration")

	enc, err := c.GetBucketEncryption(ctx, &s3.GetBucketEncryptionInput{Bucket: &b})
	if store.gateway != nil { // our front doesn't encrypt, and says so
		wantCode(t, err, 501, "NotImplemented")
	} else if err != nil || enc.ServerSideEncryptionConfiguration.Rules[0].ApplyServerSideEncryptionByDefault.SSEAlgorithm != "AES256" {
		t.Errorf("encryption %+v, %v", enc, err)
	}
}
