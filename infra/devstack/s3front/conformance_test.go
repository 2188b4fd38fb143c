// The conformance suite: what airlock needs of an S3 store, asked with the real SDK and with
// plain HTTP. It runs on the front of this package, and with AIRLOCK_TEST_S3_ENDPOINT on another
// store (AWS, LocalStack with S3_SKIP_SIGNATURE_VALIDATION=0); credentials and region are then
// the SDK's usual ones, and AIRLOCK_TEST_SQS_ENDPOINT names the SQS that the store notifies.
//
// Where LocalStack is not AWS a test says so by localstack.Differs(t, "what it does"), and holds it to that.
package s3front_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"airlock/infra/devstack/s3front"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

const region = "us-east-1"

var (
	root      = s3front.Account{Access: "root", Secret: "root-secret"}
	signer    = s3front.Account{Access: "signer", Secret: "signer-secret"}
	validator = s3front.Account{Access: "validator", Secret: "validator-secret"}
)

// store is the S3 under test. gateway is nil when it isn't ours.
var store struct {
	client   *s3.Client
	endpoint string
	region   string
	gateway  *s3front.Gateway
	config   s3front.Config
}

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	if endpoint := os.Getenv("AIRLOCK_TEST_S3_ENDPOINT"); endpoint != "" {
		cfg, err := config.LoadDefaultConfig(context.Background())
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		store.endpoint, store.region = endpoint, cfg.Region
		store.client = s3.NewFromConfig(cfg, func(o *s3.Options) { o.BaseEndpoint, o.UsePathStyle = &endpoint, true })
		return m.Run()
	}
	dir, err := os.MkdirTemp("", "s3front")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	store.config = s3front.Config{Dir: dir, Root: root, Users: []s3front.Account{signer, validator}, Notify: inbox.take}
	if err := start(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer stop()
	return m.Run()
}

// start starts our front, again after it was stopped.
func start() (err error) {
	if store.gateway, err = s3front.Start(context.Background(), store.config); err != nil {
		return err
	}
	store.endpoint, store.region = store.gateway.Endpoint(), region
	store.client = clientOf(root)
	return nil
}

// stop closes the clients' connections first: the gateway would wait for those that were never used.
func stop() error {
	http.DefaultClient.CloseIdleConnections()
	return store.gateway.Close()
}

// clientOf returns a client that doesn't retry, so that each test sees each answer.
func clientOf(a s3front.Account) *s3.Client {
	return s3.New(s3.Options{
		HTTPClient:       http.DefaultClient,
		BaseEndpoint:     aws.String(store.endpoint),
		UsePathStyle:     true,
		Region:           store.region,
		Credentials:      credentials.NewStaticCredentialsProvider(a.Access, a.Secret, ""),
		RetryMaxAttempts: 1,
	})
}

// ours skips a test on other stores.
func ours(t *testing.T, because string) {
	t.Helper()
	if store.gateway == nil {
		t.Skip("only on our own front: " + because)
	}
}

var buckets atomic.Int64

// newBucket makes a bucket that goes, with all in it, when the test ends.
func newBucket(t *testing.T) string {
	t.Helper()
	name := fmt.Sprintf("airlock-%d-%d", time.Now().UnixMilli(), buckets.Add(1))
	if _, err := store.client.CreateBucket(t.Context(), createBucket(name)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { removeBucket(t, name) })
	return name
}

func createBucket(name string) *s3.CreateBucketInput {
	in := &s3.CreateBucketInput{Bucket: &name}
	if store.region != "us-east-1" {
		in.CreateBucketConfiguration = &types.CreateBucketConfiguration{LocationConstraint: types.BucketLocationConstraint(store.region)}
	}
	return in
}

func removeBucket(t *testing.T, name string) {
	ctx := context.Background()
	pages := s3.NewListObjectVersionsPaginator(store.client, &s3.ListObjectVersionsInput{Bucket: &name})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			t.Error(err)
			return
		}
		var all []types.ObjectIdentifier
		for _, v := range page.Versions {
			all = append(all, types.ObjectIdentifier{Key: v.Key, VersionId: v.VersionId})
		}
		for _, v := range page.DeleteMarkers {
			all = append(all, types.ObjectIdentifier{Key: v.Key, VersionId: v.VersionId})
		}
		if len(all) == 0 {
			continue
		}
		if _, err := store.client.DeleteObjects(ctx, &s3.DeleteObjectsInput{Bucket: &name, Delete: &types.Delete{Objects: all}}); err != nil {
			t.Error(err)
		}
	}
	if _, err := store.client.DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: &name}); err != nil {
		t.Error(err)
	}
}

// put stores an object and returns its ETag, with quotes.
func put(t *testing.T, bucket, key, body string) string {
	t.Helper()
	out, err := store.client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: strings.NewReader(body)})
	if err != nil {
		t.Fatalf("put %s: %v", key, err)
	}
	return *out.ETag
}

// content returns what a key holds.
func content(t *testing.T, bucket, key string) string {
	t.Helper()
	out, err := store.client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: &bucket, Key: &key})
	if err != nil {
		t.Fatalf("get %s: %v", key, err)
	}
	defer out.Body.Close()
	b, err := io.ReadAll(out.Body)
	if err != nil {
		t.Fatalf("get %s: %v", key, err)
	}
	return string(b)
}

// rawContent is content without the SDK, which checks checksums.
func rawContent(t *testing.T, bucket, key string) string {
	t.Helper()
	req, err := s3.NewPresignClient(store.client).PresignGetObject(t.Context(), &s3.GetObjectInput{Bucket: &bucket, Key: &key})
	if err != nil {
		t.Fatal(err)
	}
	return send(t, "GET", req.URL, nil, "").body
}

// status is the HTTP status of an SDK error, 200 of nil and 0 of an error without one.
func status(err error) int {
	if err == nil {
		return 200
	}
	var re interface{ HTTPStatusCode() int }
	if errors.As(err, &re) {
		return re.HTTPStatusCode()
	}
	return 0
}

func code(err error) string {
	var ae interface{ ErrorCode() string }
	if errors.As(err, &ae) {
		return ae.ErrorCode()
	}
	return ""
}

func wantStatus(t *testing.T, err error, want int) {
	t.Helper()
	if got := status(err); got != want {
		t.Errorf("status %d, want %d (%v)", got, want, err)
	}
}

// race runs f n times at once and counts the statuses of what it returns.
func race(n int, f func(i int) error) map[int]int {
	var wg sync.WaitGroup
	var mu sync.Mutex
	counts := make(map[int]int)
	start := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-start
			s := status(f(i))
			mu.Lock()
			defer mu.Unlock()
			counts[s]++
		})
	}
	close(start)
	wg.Wait()
	return counts
}

type answer struct {
	status int
	header http.Header
	body   string
}

// send makes one plain HTTP request, as a browser or curl would.
func send(t *testing.T, method, url string, header http.Header, body string) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, bytes.NewReader([]byte(body)))
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range header {
		if k != "Host" && k != "Content-Length" { // net/http sets both
			req.Header[k] = v
		}
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{res.StatusCode, res.Header, string(b)}
}

func (a answer) want(t *testing.T, want int) {
	t.Helper()
	if a.status != want {
		t.Errorf("status %d, want %d: %s", a.status, want, a.body)
	}
}
