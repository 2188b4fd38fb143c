package presign

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/encoding/httpbinding"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"airlock"
)

// kind is a kind of request that is signed in its URL.
type kind int

const (
	put kind = iota
	part
	get
	post // signed in its policy; of its shape only URL, service and region are known
)

// shape is what all requests of one kind to one bucket have in common, as the SDK makes them.
type shape struct {
	method          string
	url             url.URL // of the key "": paths end with "/" where the key follows
	host            string  // as http.Request.Host
	query           string  // x-id and such, each after "&"
	hash            string  // what stands for the payload's
	service, region string  // that are signed for
}

type shapeKey struct {
	bucket string
	kind   kind
}

// shape asks the SDK once: endpoint rules, hosts of buckets and paths are its own.
func (p *S3) shape(ctx context.Context, bucket string, k kind) (*shape, error) {
	if s, ok := p.shapes.Load(shapeKey{bucket, k}); ok {
		return s.(*shape), nil
	}
	if bucket == "" {
		return nil, errors.New("there is no bucket")
	}
	s := &shape{}
	learn := s.learn
	if k == post {
		learn = s.learnPost
	}
	if err := learn(ctx, p.client(), bucket, k); err != nil {
		return nil, err
	}
	p.shapes.Store(shapeKey{bucket, k}, s)
	return s, nil
}

var nobody = aws.Credentials{AccessKeyID: "nobody", SecretAccessKey: "nothing"}

// client is one that signs with nobody's credentials and reaches nothing.
func (p *S3) client() *s3.Client {
	return s3.NewFromConfig(p.Config, func(o *s3.Options) {
		o.HTTPClient = smithyhttp.NopClient{}
		o.DisableS3ExpressSessionAuth = aws.Bool(true) // a session would have to be asked for
		o.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return nobody, nil })
		o.UsePathStyle = p.PathStyle
		if p.Endpoint != "" {
			o.BaseEndpoint = &p.Endpoint
		}
	})
}

// anyKey is the key of the requests from which shapes are learnt.
const anyKey = "k"

// variable are the parameters that each request has its own of.
var variable = []string{
	"X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders", "X-Amz-Signature", "partNumber", "uploadId",
}

func (s *shape) learn(ctx context.Context, client *s3.Client, bucket string, k kind) error {
	var seen recorder
	if err := sign(ctx, s3.NewPresignClient(client, func(o *s3.PresignOptions) { o.Presigner = &seen }), bucket, k); err != nil {
		return err
	}
	if seen.request == nil || !strings.HasSuffix(seen.request.URL.Path, "/"+anyKey) {
		return fmt.Errorf("bucket %s is not of a kind that is signed for by SigV4", bucket)
	}
	*s = shape{method: seen.request.Method, url: *seen.request.URL, host: seen.request.Host, hash: seen.hash, service: seen.service, region: seen.region}
	s.url.Path, s.url.RawPath = strings.TrimSuffix(s.url.Path, anyKey), strings.TrimSuffix(s.url.EscapedPath(), anyKey)
	return s.learnQuery(ctx, seen.request)
}

// learnQuery signs once, for the signer to say which of the SDK's headers go into the query and
// which do not count.
func (s *shape) learnQuery(ctx context.Context, r *http.Request) error {
	text, header, err := v4.NewSigner(asS3).PresignHTTP(ctx, nobody, r, s.hash, s.service, s.region, time.Unix(0, 0))
	if err != nil {
		return err
	}
	signed, err := url.Parse(text)
	if err != nil {
		return err
	}
	header.Del("Host")
	header.Del("Content-Length")
	if len(header) > 0 {
		return fmt.Errorf("the SDK signs headers of its own, which no client knows of: %v", slices.Sorted(maps.Keys(header)))
	}
	query := signed.Query()
	for _, name := range variable {
		query.Del(name)
	}
	if len(query) > 0 {
		s.query = "&" + query.Encode()
	}
	return nil
}

// asS3 is how s3.Client makes its own signer: keys are escaped once.
func asS3(o *v4.SignerOptions) { o.DisableURIPathEscaping = true }

func sign(ctx context.Context, client *s3.PresignClient, bucket string, k kind) (err error) {
	key := aws.String(anyKey)
	switch k {
	case put:
		_, err = client.PresignPutObject(ctx, &s3.PutObjectInput{Bucket: &bucket, Key: key})
	case part:
		_, err = client.PresignUploadPart(ctx, &s3.UploadPartInput{Bucket: &bucket, Key: key, UploadId: key, PartNumber: aws.Int32(1)})
	case get:
		_, err = client.PresignGetObject(ctx, &s3.GetObjectInput{Bucket: &bucket, Key: key})
	}
	return err
}

// recorder stands where the SDK would sign, and sees all that a signature depends on.
type recorder struct {
	request               *http.Request
	hash, service, region string
}

func (r *recorder) PresignHTTP(_ context.Context, _ aws.Credentials, req *http.Request, hash, service, region string, _ time.Time, _ ...func(*v4.SignerOptions)) (string, http.Header, error) {
	*r = recorder{req.Clone(context.Background()), hash, service, region}
	return "", nil, nil
}

// learnPost learns where forms go. A form's address ends with "/", as AWS's examples have it.
func (s *shape) learnPost(ctx context.Context, client *s3.Client, bucket string, _ kind) error {
	signed, err := s3.NewPresignClient(client).PresignPostObject(ctx, &s3.PutObjectInput{Bucket: &bucket, Key: aws.String(anyKey)},
		func(o *s3.PresignPostOptions) { o.PostPresigner = s })
	if err != nil {
		return err
	}
	u, err := url.Parse(strings.TrimSuffix(signed.URL, "/") + "/")
	if err != nil {
		return err
	}
	s.url = *u
	return nil
}

// PresignPost is where the SDK would sign a form.
func (s *shape) PresignPost(_ aws.Credentials, _, _, region, service string, _ time.Time, _ []any, _ time.Time, _ ...func(*v4.SignerOptions)) (map[string]string, error) {
	s.region, s.service = region, service
	return nil, nil
}

// call is one request of a shape.
type call struct {
	kind   kind
	object airlock.Object
	header http.Header // nil: none
	query  string      // each parameter after "&"
	size   int64       // 0: not signed
}

func param(name, value string) string { return "&" + name + "=" + url.QueryEscape(value) }

// request is the call as the SDK's signer takes it.
func (s *shape) request(c call, expires time.Duration) *http.Request {
	u := s.url
	u.Path += string(c.object.Key)
	u.RawPath += httpbinding.EscapePath(string(c.object.Key), false)
	if u.RawPath == u.Path { // as almost always: spares it being checked again and again
		u.RawPath = ""
	}
	u.RawQuery = "X-Amz-Expires=" + strconv.FormatInt(int64(expires/time.Second), 10) + s.query + c.query
	return &http.Request{Method: s.method, URL: &u, Host: s.host, Header: c.header, ContentLength: c.size}
}

// urlSigner is the SDK's signer, which keeps the day's derived key. It knows keys by the access key
// alone: another secret has to have another signer.
type urlSigner struct {
	secret string
	v4     *v4.Signer
}

func (p *S3) signerOf(creds aws.Credentials) *v4.Signer {
	if s := p.signer.Load(); s != nil && s.secret == creds.SecretAccessKey {
		return s.v4
	}
	s := &urlSigner{creds.SecretAccessKey, v4.NewSigner(asS3, func(o *v4.SignerOptions) {
		o.DisableHeaderHoisting = true // the shape has done it
	})}
	p.signer.Store(s)
	return s.v4
}

func (p *S3) presign(ctx context.Context, c call, want time.Duration) (Presigned, error) {
	if err := checkKey(c.object.Key); err != nil {
		return Presigned{}, err
	}
	l, err := p.life(ctx, want)
	if err != nil {
		return Presigned{}, err
	}
	s, err := p.shape(ctx, c.object.Bucket, c.kind)
	if err != nil {
		return Presigned{}, err
	}
	signed, _, err := p.signerOf(l.creds).PresignHTTP(ctx, l.creds, s.request(c, l.expires), s.hash, s.service, s.region, l.from)
	if err != nil {
		return Presigned{}, err
	}
	return Presigned{URL: signed, ExpiresAt: l.end()}, nil
}

// checkKey refuses keys that clients and proxies on the way take for others.
func checkKey(k airlock.Key) error {
	if k == "" || k[0] == '/' {
		return fmt.Errorf("%q is no key", k)
	}
	return nil
}
