package crew

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"airlock"
	"airlock/infra/audit"
	"airlock/infra/dev/samples"
	"airlock/internal/pace"
	"airlock/signer"
	"airlock/signer/presign"
)

// Profiles are those of the samples.
func Profiles() map[string]airlock.Profile {
	return map[string]airlock.Profile{
		"image": airlock.Profile{Name: "image", Types: []string{"image/png", "image/jpeg"}, MaxBytes: 4 << 20}.WithDefaults(),
	}
}

// Sample is the content of one upload to profile image, declared as a PNG.
type Sample struct {
	Data []byte
	Good bool
}

// Good is a PNG of size bytes, or as few as it takes, made unlike any other by tag.
func Good(tag string, size int) Sample { return Sample{samples.TaggedPNG(tag, size), true} }

// Bad is a page that says that it is a PNG.
func Bad(tag string, size int) Sample {
	head := "<!doctype html><html><body>" + tag
	return Sample{append([]byte(head), bytes.Repeat([]byte{' '}, max(0, size-len(head)))...), false}
}

// Mixed is the n-th of a series in which every fifth is bad.
func Mixed(tag string, n, size int) Sample {
	tag = fmt.Sprintf("%s-%d ", tag, n)
	if n%5 == 4 {
		return Bad(tag, size)
	}
	return Good(tag, size)
}

// Client uploads as browsers do, by presigned URLs, and tells the auditor what S3 acknowledged.
type Client struct {
	Signer  *signer.Signer
	Auditor *audit.Auditor
	HTTP    *http.Client
}

// NewClient signs for the S3 at endpoint with credentials that may put into quarantine.
func NewClient(cfg aws.Config, endpoint string, quarantine, clean airlock.Zone, grants signer.Grants, a *audit.Auditor) *Client {
	return &Client{
		Auditor: a, HTTP: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}, Timeout: pace.Scaled(30 * time.Second)},
		Signer: &signer.Signer{
			Profiles: Profiles(), Quarantine: quarantine, Clean: clean, Grants: grants, TokenKey: signer.NewTokenKey(),
			Presign: &presign.S3{Config: cfg, Endpoint: endpoint, PathStyle: true},
		},
	}
}

// Sign gets leave to upload something as long as s.
func (c *Client) Sign(ctx context.Context, s Sample) (signer.Signed, error) {
	return c.Signer.Sign(ctx, signer.Caller{Owner: "trial", Profiles: []string{"*"}}, signer.Request{
		Profile: "image", Filename: "cat.png", ContentType: "image/png", Size: int64(len(s.Data)),
	})
}

// Put puts s as signed, and tells the auditor if S3 took it. The status is S3's.
func (c *Client) Put(ctx context.Context, signed signer.Signed, s Sample) (int, error) {
	began := time.Now()
	req, err := http.NewRequestWithContext(ctx, signed.Method, signed.URL, bytes.NewReader(s.Data))
	if err != nil {
		return 0, fmt.Errorf("put %s: a URL that cannot be asked", signed.ID)
	}
	for k, v := range signed.Headers {
		req.Header.Set(k, v)
	}
	resp, err := c.HTTP.Do(req)
	if err != nil {
		return 0, fmt.Errorf("put %s: no answer", signed.ID) // the error would name the URL
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err == nil && resp.StatusCode == http.StatusOK {
		c.Auditor.Stored(stored(signed.ID, s, began))
	}
	return resp.StatusCode, nil
}

// Upload signs and puts; anything but 200 is an error.
func (c *Client) Upload(ctx context.Context, s Sample) (signer.Signed, error) {
	signed, err := c.Sign(ctx, s)
	if err != nil {
		return signed, err
	}
	status, err := c.Put(ctx, signed, s)
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("put %s: S3 answered %d", signed.ID, status)
	}
	return signed, err
}

func stored(id string, s Sample, began time.Time) audit.Stored {
	return audit.Stored{Upload: airlock.Upload{Profile: "image", ID: id}, ETag: s.ETag(), Size: int64(len(s.Data)), Good: s.Good, Filename: "cat.png", Began: began}
}

// ETag is S3's, of a plain PUT.
func (s Sample) ETag() string {
	sum := md5.Sum(s.Data)
	return hex.EncodeToString(sum[:])
}
