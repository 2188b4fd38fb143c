// Package probe finds out what an S3 store can really do. A store may ignore a condition silently,
// so that only trying tells.
//
// Everything happens in a bucket that is made for it and goes with it, by requests that are like
// those of signer, client and validator.
package probe

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/google/uuid"
)

// Store is what to probe. The credentials must be allowed to make a bucket and a queue, or the
// bucket is given.
type Store struct {
	S3        aws.Config
	SQS       *aws.Config // nil: there is none that the store could notify
	PathStyle bool
	Bucket    string // an existing bucket, used below airlock-probe/ and not changed; "": one is made and removed
}

// A Feature is one thing that a store can do or not.
type Feature struct {
	Name   string `json:"feature"` // stable
	Holds  Answer `json:"holds"`
	Detail string `json:"detail"` // what was seen
}

// An Answer is yes, no, or unknown where it could not be tried; the detail says why.
type Answer string

// The answers.
const (
	Yes     Answer = "yes"
	No      Answer = "no"
	Unknown Answer = "unknown"
)

// The time that a question may take, and one that waits for notifications.
const (
	soon  = 30 * time.Second
	later = 2*patience + soon
)

// Run tries everything and returns the features in a fixed order. An error is trouble that makes
// all of it meaningless, such as credentials that may not make a bucket. It blocks for a few seconds,
// and where notifications are slow or missing for up to two minutes more.
func Run(ctx context.Context, s Store) (features []Feature, err error) {
	b, err := open(ctx, s)
	if err != nil {
		return nil, fmt.Errorf("probe: %w", err)
	}
	defer func() { err = errors.Join(err, b.close(ctx)) }()
	for _, t := range trials {
		f := Feature{Name: t.name}
		detail, err := t.within(ctx, b)
		switch {
		case err == nil:
			f.Holds, f.Detail = Yes, detail
		case errors.As(err, new(refuted)):
			f.Holds, f.Detail = No, err.Error()
		default:
			f.Holds, f.Detail = Unknown, err.Error()
		}
		features = append(features, f)
	}
	return features, ctx.Err()
}

// A trial is one question: nil with what was seen, a refuted where the store does not do it, any
// other error where that is not known.
type trial struct {
	name string
	try  func(ctx context.Context, b *bench) (string, error)
	wait time.Duration // 0: soon
}

func (t trial) within(ctx context.Context, b *bench) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(t.wait, soon))
	defer cancel()
	return t.try(ctx, b)
}

var trials = []trial{
	{"signature", forgedSignature, 0},
	{"unsigned", unsigned, 0},
	{"signed_length", signedLength, 0},
	{"signed_type", signedType, 0},
	{"signed_checksum", signedChecksum, 0},
	{"checksum", wrongBytes, 0},
	{"signed_headers", extraHeader, 0},
	{"expiry", expired, 0},
	{"put_condition", putOnce, 0},
	{"put_race", putRace, 0},
	{"copy_source_condition", copySource, 0},
	{"copy_destination_condition", copyDestination, 0},
	{"copy_refused", copyRefused, 0},
	{"copy_race", copyRace, 0},
	{"copy_sha256", copySHA256, 0},
	{"copy_replaces_headers", copyHeaders, 0},
	{"read_condition", readCondition, 0},
	{"missing_is_404", missing, 0},
	{"delete_condition", deleteCondition, 0},
	{"batch_delete", batchDelete, 0},
	{"part_length", partLength, 0},
	{"post_signature", postSignature, 0},
	{"post_policy", postPolicy, 0},
	{"cors", cors, 0},
	{"notification", notified, later},
	{"notification_sequencer", sequencer, later},
}

// refuted is a promise that the store does not keep.
type refuted string

func (r refuted) Error() string { return string(r) }

// bench is where the trials take place.
type bench struct {
	Store
	s3     *s3.Client
	sqs    *sqs.Client
	prefix string
	made   bool
}

func open(ctx context.Context, s Store) (*bench, error) {
	s.S3.Retryer = func() aws.Retryer { return aws.NopRetryer{} } // each answer is to be seen
	b := &bench{Store: s, prefix: "airlock-probe/", s3: s3.NewFromConfig(s.S3, func(o *s3.Options) {
		o.UsePathStyle, o.ResponseChecksumValidation = s.PathStyle, aws.ResponseChecksumValidationWhenRequired
	})}
	if s.SQS != nil {
		b.sqs = sqs.NewFromConfig(*s.SQS)
	}
	if b.Bucket != "" {
		return b, nil
	}
	b.Bucket, b.made = "airlock-probe-"+strings.ReplaceAll(uuid.NewString(), "-", "")[:20], true
	in := &s3.CreateBucketInput{Bucket: &b.Bucket}
	if region := b.s3.Options().Region; region != "us-east-1" {
		in.CreateBucketConfiguration = &s3types.CreateBucketConfiguration{LocationConstraint: s3types.BucketLocationConstraint(region)}
	}
	if _, err := b.s3.CreateBucket(ctx, in); err != nil {
		if _, code := status(err); code == "AccessDenied" {
			return nil, fmt.Errorf("these credentials may not make a bucket to try things in (%s); use others, or name a bucket by --probe-bucket", code)
		}
		return nil, fmt.Errorf("make a bucket to try things in: %w", err)
	}
	return b, nil
}

// close removes everything, whether or not ctx has ended.
func (b *bench) close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	pages := s3.NewListObjectsV2Paginator(b.s3, &s3.ListObjectsV2Input{Bucket: &b.Bucket, Prefix: &b.prefix})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return fmt.Errorf("remove what the probe left in %s: %w", b.Bucket, err)
		}
		for _, o := range page.Contents {
			if _, err := b.s3.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &b.Bucket, Key: o.Key}); err != nil {
				return fmt.Errorf("remove what the probe left in %s: %w", b.Bucket, err)
			}
		}
	}
	if !b.made {
		return nil
	}
	if _, err := b.s3.DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: &b.Bucket}); err != nil {
		return fmt.Errorf("remove the probe's bucket %s: %w", b.Bucket, err)
	}
	return nil
}
