package presign_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/go-cmp/cmp"

	"airlock"
	"airlock/signer/presign"
)

// noon is the clock of both in this file.
var noon = time.Date(2026, 3, 4, 12, 0, 0, 987654321, time.UTC)

// The SDK has no clock to set: its presigners are told another time than it thinks.
type (
	clock     struct{ s3.HTTPPresignerV4 }
	postClock struct{ sdk s3.PresignPost }
)

func (c clock) PresignHTTP(ctx context.Context, creds aws.Credentials, r *http.Request, hash, service, region string, _ time.Time, opts ...func(*v4.SignerOptions)) (string, http.Header, error) {
	return c.HTTPPresignerV4.PresignHTTP(ctx, creds, r, hash, service, region, noon, opts...)
}

func (c postClock) PresignPost(creds aws.Credentials, bucket, key, region, service string, at time.Time, conditions []any, end time.Time, opts ...func(*v4.SignerOptions)) (map[string]string, error) {
	return c.sdk.PresignPost(creds, bucket, key, region, service, noon, conditions, noon.Add(end.Sub(at)), opts...)
}

// place is where S3 is and how it is called.
type place struct {
	name, region, endpoint string
	pathStyle, dualStack   bool
	bucket, token          string
	starts                 string // what URLs start with
}

var places = []place{
	{name: "path style", region: "us-east-1", endpoint: "http://127.0.0.1:4566", pathStyle: true, bucket: "inbox", starts: "http://127.0.0.1:4566/inbox/"},
	{name: "below a path", region: "us-east-1", endpoint: "https://files.example/s3/v1", pathStyle: true, bucket: "inbox", starts: "https://files.example/s3/v1/inbox/"},
	{name: "below a path with a slash", region: "us-east-1", endpoint: "https://files.example/s3/", pathStyle: true, bucket: "inbox", starts: "https://files.example/s3/inbox/"},
	{name: "a host of ours per bucket", region: "eu-west-1", endpoint: "https://s3.example:8443", bucket: "inbox", starts: "https://inbox.s3.example:8443/"},
	{name: "a host of ours per bucket, below a path", region: "eu-west-1", endpoint: "https://files.example/s3/v1", bucket: "inbox", starts: "https://inbox.files.example/s3/v1/"},
	{name: "a default port", region: "eu-west-1", endpoint: "https://s3.example:443", bucket: "inbox", starts: "https://inbox.s3.example:443/"},
	{name: "AWS", region: "us-east-1", bucket: "inbox", starts: "https://inbox.s3.us-east-1.amazonaws.com/"},
	{name: "AWS in Ireland", region: "eu-west-1", bucket: "inbox", starts: "https://inbox.s3.eu-west-1.amazonaws.com/"},
	{name: "AWS, path style", region: "eu-west-1", pathStyle: true, bucket: "inbox", starts: "https://s3.eu-west-1.amazonaws.com/inbox/"},
	{name: "AWS in China", region: "cn-north-1", bucket: "inbox", starts: "https://inbox.s3.cn-north-1.amazonaws.com.cn/"},
	{name: "dual stack", region: "eu-west-1", dualStack: true, bucket: "inbox", starts: "https://inbox.s3.dualstack.eu-west-1.amazonaws.com/"},
	{name: "a bucket with dots", region: "eu-west-1", bucket: "in.box.example", starts: "https://s3.eu-west-1.amazonaws.com/in.box.example/"},
	{name: "an access point", region: "eu-west-1", bucket: "arn:aws:s3:eu-west-1:123456789012:accesspoint/inbox", starts: "https://inbox-123456789012.s3-accesspoint.eu-west-1.amazonaws.com/"},
	{name: "a session", region: "us-east-1", bucket: "inbox", token: "FwoGZXIvYXdzEJr//////////wEa+/=token", starts: "https://inbox.s3.us-east-1.amazonaws.com/"},
}

type dualStack struct{}

func (dualStack) GetUseDualStackEndpoint(context.Context) (aws.DualStackEndpointState, bool, error) {
	return aws.DualStackEndpointStateEnabled, true, nil
}

func (p place) config() aws.Config {
	cfg := aws.Config{Region: p.region, Credentials: credentials.NewStaticCredentialsProvider("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", p.token)}
	if p.dualStack {
		cfg.ConfigSources = []any{dualStack{}}
	}
	return cfg
}

func (p place) ours() *presign.S3 {
	return &presign.S3{Config: p.config(), Endpoint: p.endpoint, PathStyle: p.pathStyle, Now: func() time.Time { return noon }}
}

func (p place) sdk() *s3.PresignClient { return p.sdkAs(p.config()) }

func (p place) sdkAs(cfg aws.Config) *s3.PresignClient {
	return s3.NewPresignClient(s3.NewFromConfig(cfg, func(o *s3.Options) {
		o.UsePathStyle = p.pathStyle
		if p.endpoint != "" {
			o.BaseEndpoint = &p.endpoint
		}
	}))
}

func at(o *s3.PresignOptions) { o.Presigner, o.Expires = clock{o.Presigner}, 5*time.Minute }

var keys = []airlock.Key{
	"quarantine/image/0e8b3c52-7a3f-4f0e-9d55-6f6f3f0a1b2c", "k", "a.b_c-d/0/..x", "clean/alice/2026/x.tar.gz", "dir/",
	"clean/Ünï cödé/a+b &c=d%2F?#.pdf", "a//b", // airlock makes no such keys; yet they are signed right
}

// trial is one request in our words and in the SDK's.
type trial struct {
	name string
	ours func(*presign.S3, airlock.Object) (presign.Presigned, error)
	sdk  func(*s3.PresignClient, airlock.Object) (*v4.PresignedHTTPRequest, error)
}

func trials(ctx context.Context) []trial {
	key := func(o airlock.Object) *string { return aws.String(string(o.Key)) }
	put := func(checksum string) trial {
		return trial{"PUT " + checksum, func(p *presign.S3, o airlock.Object) (presign.Presigned, error) {
			return p.PresignPut(ctx, presign.PutSpec{Object: o, ContentType: `text/plain; charset="utf-8"`, Size: 12, ChecksumSHA256: checksum, Expires: 5 * time.Minute})
		}, func(c *s3.PresignClient, o airlock.Object) (*v4.PresignedHTTPRequest, error) {
			in := &s3.PutObjectInput{Bucket: &o.Bucket, Key: key(o), ContentType: aws.String(`text/plain; charset="utf-8"`), ContentLength: aws.Int64(12), IfNoneMatch: aws.String("*")}
			if checksum != "" {
				in.ChecksumSHA256 = &checksum
			}
			return c.PresignPutObject(ctx, in, at)
		}}
	}
	part := func(number int32, upload string) trial {
		return trial{fmt.Sprint("part ", number), func(p *presign.S3, o airlock.Object) (presign.Presigned, error) {
			return p.PresignPart(ctx, presign.PartSpec{Object: o, UploadID: upload, Number: number, Size: 5 << 20, Expires: 5 * time.Minute})
		}, func(c *s3.PresignClient, o airlock.Object) (*v4.PresignedHTTPRequest, error) {
			return c.PresignUploadPart(ctx, &s3.UploadPartInput{Bucket: &o.Bucket, Key: key(o), UploadId: &upload, PartNumber: &number, ContentLength: aws.Int64(5 << 20)}, at)
		}}
	}
	get := func(version, disposition *string) trial {
		return trial{fmt.Sprint("GET ", aws.ToString(version), " ", aws.ToString(disposition)), func(p *presign.S3, o airlock.Object) (presign.Presigned, error) {
			return p.PresignGet(ctx, presign.GetSpec{Object: o, VersionID: aws.ToString(version), Disposition: aws.ToString(disposition), Expires: 5 * time.Minute})
		}, func(c *s3.PresignClient, o airlock.Object) (*v4.PresignedHTTPRequest, error) {
			return c.PresignGetObject(ctx, &s3.GetObjectInput{Bucket: &o.Bucket, Key: key(o), VersionId: version, ResponseContentDisposition: disposition}, at)
		}}
	}
	name := aws.String(`attachment; filename="Füße & 100%+?.pdf"; filename*=UTF-8''F%C3%BC%C3%9Fe%20日本.pdf`)
	return []trial{
		put(""), put("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="), part(1, "2~ab.c_-d"), part(10000, "VXBsb2FkIElE/+=="),
		get(nil, nil), get(aws.String("3/L4kqtJlcpXroDTDmJ+rmSpXd3dIbrHY"), nil), get(nil, name), get(aws.String("null"), name),
	}
}

// PERFORMANCE: what was made fast is the same, byte for byte.
func TestURLsAreThoseOfTheSDK(t *testing.T) {
	for _, at := range places {
		t.Run(at.name, func(t *testing.T) {
			ours, sdk := at.ours(), at.sdk()
			for _, key := range keys {
				for _, c := range trials(t.Context()) {
					o := airlock.Object{Bucket: at.bucket, Key: key}
					got, err := c.ours(ours, o)
					want, wantErr := c.sdk(sdk, o)
					if err != nil || wantErr != nil {
						t.Fatal(err, wantErr)
					}
					if got.URL != want.URL || !strings.HasPrefix(got.URL, at.starts) {
						t.Errorf("%s of %s\n got %s\nwant %s", c.name, key, got.URL, want.URL)
					}
					checkHeaders(t, got, want.SignedHeader)
				}
			}
		})
	}
}

// checkHeaders checks that a client is told of exactly the headers that are signed.
func checkHeaders(t *testing.T, got presign.Presigned, signed http.Header) {
	t.Helper()
	told := http.Header{}
	for k, v := range got.Headers {
		told.Set(k, v)
	}
	want := signed.Clone()
	want.Del("Host")
	want.Del("Content-Length")
	if d := cmp.Diff(want, told); d != "" {
		t.Error(d)
	}
	if end := noon.Truncate(time.Second).Add(5 * time.Minute); !got.ExpiresAt.Equal(end) {
		t.Errorf("until %s, want %s", got.ExpiresAt, end)
	}
}

// The SDK makes no form whole: its fields are a part of ours, and its policy is ours if it is told
// our conditions.
func TestFormsAreThoseOfTheSDK(t *testing.T) {
	const kind, checksum = "image/png", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
	for _, at := range places {
		t.Run(at.name, func(t *testing.T) {
			for _, key := range keys {
				got, err := at.ours().PresignPost(t.Context(), presign.PostSpec{Object: airlock.Object{Bucket: at.bucket, Key: key}, ContentType: kind,
					MinBytes: 5, MaxBytes: 20, ChecksumSHA256: checksum, Expires: 5 * time.Minute})
				if err != nil {
					t.Fatal(err)
				}
				want := sdkForm(t, at, key, []any{"content-length-range", 5, 20},
					map[string]string{"Content-Type": kind}, map[string]string{"success_action_status": "201"}, map[string]string{"x-amz-checksum-sha256": checksum})
				compareForms(t, got, want)
				if got.URL != at.starts {
					t.Errorf("it goes to %s", got.URL)
				}
			}
		})
	}
}

func sdkForm(t *testing.T, at place, key airlock.Key, conditions ...any) *s3.PresignedPostRequest {
	t.Helper()
	form, err := at.sdk().PresignPostObject(t.Context(), &s3.PutObjectInput{Bucket: &at.bucket, Key: aws.String(string(key))}, func(o *s3.PresignPostOptions) {
		o.PostPresigner, o.Expires, o.Conditions = postClock{o.PostPresigner}, 5*time.Minute, conditions
	})
	if err != nil {
		t.Fatal(err)
	}
	return form
}

func compareForms(t *testing.T, got presign.Presigned, want *s3.PresignedPostRequest) {
	t.Helper()
	if d := cmp.Diff(readPolicy(t, want.Values["policy"]), readPolicy(t, got.Fields["policy"])); d != "" {
		t.Errorf("policy: %s", d)
	}
	ours := maps.Clone(got.Fields)
	for k, v := range map[string]string{"Content-Type": "image/png", "success_action_status": "201", "x-amz-checksum-sha256": "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="} {
		if ours[k] != v {
			t.Errorf("%s: %q", k, ours[k])
		}
		delete(ours, k)
	}
	for _, signed := range []string{"policy", "X-Amz-Signature"} { // the order of conditions differs
		delete(ours, signed)
		delete(want.Values, signed)
	}
	if d := cmp.Diff(want.Values, ours); d != "" {
		t.Errorf("fields: %s", d)
	}
}

type policy struct {
	Expiration string
	Conditions []string // sorted JSON
}

func readPolicy(t *testing.T, text string) policy {
	t.Helper()
	doc, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	var p struct {
		Expiration string
		Conditions []any
	}
	if err := json.Unmarshal(doc, &p); err != nil {
		t.Fatal(err)
	}
	set := make([]string, len(p.Conditions))
	for i, c := range p.Conditions {
		b, _ := json.Marshal(c)
		set[i] = string(b)
	}
	slices.Sort(set)
	return policy{p.Expiration, set}
}
