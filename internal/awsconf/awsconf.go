// Package awsconf loads the AWS SDK's configuration in the one way that all rooms use.
package awsconf

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
)

// Load reads the SDK's own chain (environment, profiles, roles; AWS_ENDPOINT_URL, AWS_REGION,
// AWS_CA_BUNDLE) and sets what throughput and safety need: a connection pool as large as the work
// in flight and four attempts. No time-out is set here: whoever makes a request bounds it.
func Load(ctx context.Context, inFlight int) (aws.Config, error) {
	cfg, err := config.LoadDefaultConfig(ctx, config.WithHTTPClient(pool(inFlight)), config.WithRetryer(retryer))
	if err != nil {
		return cfg, fmt.Errorf("load AWS configuration: %w", err)
	}
	if cfg.Region == "" {
		return cfg, errors.New("load AWS configuration: there is no region; set AWS_REGION")
	}
	b, ok := cfg.HTTPClient.(*awshttp.BuildableClient) // with AWS_CA_BUNDLE in its transport by now
	if !ok {
		return cfg, fmt.Errorf("load AWS configuration: an HTTP client of type %T is not ours", cfg.HTTPClient)
	}
	cfg.HTTPClient = client(b)
	return cfg, nil
}

// Fixed is the configuration for one service whose endpoint and credentials are known, with nothing
// of the environment in it.
func Fixed(region, access, secret, endpoint string, inFlight int) aws.Config {
	return aws.Config{
		Region: region, Credentials: credentials.NewStaticCredentialsProvider(access, secret, ""),
		HTTPClient: client(pool(inFlight)), Retryer: retryer, BaseEndpoint: &endpoint,
	}
}

func retryer() aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts = 4
		o.MaxBackoff = 5 * time.Second
	})
}

func client(b *awshttp.BuildableClient) plainBodies {
	return plainBodies{&http.Client{Transport: b.GetTransport(), CheckRedirect: sameMethodOnly}}
}

// sameMethodOnly follows the redirects that repeat the request as it is, and hands all others to
// the SDK as they are, as the SDK's own client does.
func sameMethodOnly(r *http.Request, via []*http.Request) error {
	if len(via) >= 10 {
		return errors.New("more than ten redirects")
	}
	if r.Response != nil && (r.Response.StatusCode == http.StatusTemporaryRedirect || r.Response.StatusCode == http.StatusPermanentRedirect) {
		return nil
	}
	return http.ErrUseLastResponse
}

// CloseIdle closes the connections that no request of cfg's clients uses now. A server that is
// about to stop would wait for them.
func CloseIdle(cfg aws.Config) {
	if c, ok := cfg.HTTPClient.(plainBodies); ok {
		c.next.CloseIdleConnections()
	}
}

// pool keeps as many idle connections as there may be requests at once: with the SDK's default of
// 10 per host, 128 workers opened and closed 501 connections.
func pool(inFlight int) *awshttp.BuildableClient {
	return awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
		t.MaxIdleConnsPerHost = 2 * max(inFlight, 16)
		t.MaxIdleConns = 2 * t.MaxIdleConnsPerHost
	})
}

// plainBodies hides the WriteTo of smithy-go's request bodies. smithy closes the body once response
// headers arrive; WriteTo then returns io.EOF, net/http takes that for a write error and drops the
// connection, and answers of ReceiveMessage are lost with their messages hidden.
type plainBodies struct{ next *http.Client }

type plainBody struct{ io.ReadCloser }

// Do sends the request with a body that can only be read.
func (c plainBodies) Do(r *http.Request) (*http.Response, error) {
	if r.Body != nil && r.Body != http.NoBody {
		r = r.Clone(r.Context())
		r.Body = plainBody{r.Body}
	}
	return c.next.Do(r)
}
