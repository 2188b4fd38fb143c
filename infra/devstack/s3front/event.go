package s3front

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/versity/versitygw/auth"
	"github.com/versity/versitygw/s3err"
)

// An object is what a notification says of one.
type object struct {
	bucket, key, etag, version, sequencer string
	size                                  *int64 // nil when removed
}

// stored describes an object that was just written. The caller holds the key's lock.
func (s *store) stored(ctx context.Context, bucket, key *string, etag, version string) object {
	o := object{bucket: *bucket, key: *key, etag: etag, version: version, sequencer: s.nextSequencer()}
	o.size = new(int64)
	head, err := s.Posix.HeadObject(ctx, &s3.HeadObjectInput{Bucket: bucket, Key: key})
	if err == nil && head.ContentLength != nil {
		*o.size = *head.ContentLength
	}
	return o
}

// nextSequencer grows over restarts too, as the clock does.
func (s *store) nextSequencer() string {
	for {
		last := s.sequence.Load()
		next := max(last+1, uint64(time.Now().UnixNano()))
		if s.sequence.CompareAndSwap(last, next) {
			return fmt.Sprintf("%018X", next)
		}
	}
}

// announce sends a notification to each queue that asked for it. The error is for the client.
func (s *store) announce(ctx context.Context, name string, o object) error {
	for _, r := range s.rules.match(o.bucket, name, o.key) {
		body, err := json.Marshal(message{Records: []record{s.record(ctx, name, r.ID, o)}})
		if err == nil {
			err = (*s.notify.Load())(s.lifetime, r.Queue, body)
		}
		if err != nil {
			s.log.Error("notification failed", "event", name, "bucket", o.bucket, "key", o.key, "queue", r.Queue, "error", err)
			return errNotNotified
		}
	}
	return nil
}

// errNotNotified is the answer when the object is stored but its notification is not. AWS has no
// such answer: it sends notifications later. Here a 200 says that both are done.
var errNotNotified = s3err.APIError{
	Code:           "ServiceUnavailable",
	Description:    "The object is stored, but its notification could not be sent.",
	HTTPStatusCode: http.StatusServiceUnavailable,
}

// testEvent tells a queue that it was configured. AWS sends it once, in this format.
func (s *store) testEvent(ctx context.Context, bucket, queue string) error {
	r := requestOf(ctx)
	body, err := json.Marshal(struct {
		Service, Event, Time, Bucket string
		RequestID                    string `json:"RequestId"`
		HostID                       string `json:"HostId"`
	}{"Amazon S3", "s3:TestEvent", timestamp(), bucket, r.id, r.hostID})
	if err != nil {
		return err
	}
	if err := (*s.notify.Load())(s.lifetime, queue, body); err != nil {
		s.log.Error("test notification failed", "bucket", bucket, "queue", queue, "error", err)
		return errors.New("unable to validate the following destination configurations: " + queue)
	}
	return nil
}

func timestamp() string { return time.Now().UTC().Format("2006-01-02T15:04:05.000Z") }

// A message and what it holds follow
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
type message struct {
	Records []record `json:"Records"`
}

type record struct {
	EventVersion      string            `json:"eventVersion"`
	EventSource       string            `json:"eventSource"`
	AWSRegion         string            `json:"awsRegion"`
	EventTime         string            `json:"eventTime"`
	EventName         string            `json:"eventName"`
	UserIdentity      identity          `json:"userIdentity"`
	RequestParameters map[string]string `json:"requestParameters"`
	ResponseElements  map[string]string `json:"responseElements"`
	S3                entity            `json:"s3"`
}

type identity struct {
	PrincipalID string `json:"principalId"`
}

type entity struct {
	SchemaVersion   string       `json:"s3SchemaVersion"`
	ConfigurationID string       `json:"configurationId"`
	Bucket          bucketEntity `json:"bucket"`
	Object          objectEntity `json:"object"`
}

type bucketEntity struct {
	Name          string   `json:"name"`
	OwnerIdentity identity `json:"ownerIdentity"`
	ARN           string   `json:"arn"`
}

type objectEntity struct {
	Key       string `json:"key"`
	Size      *int64 `json:"size,omitempty"`
	ETag      string `json:"eTag,omitempty"`
	VersionID string `json:"versionId,omitempty"`
	Sequencer string `json:"sequencer"`
}

func (s *store) record(ctx context.Context, name, rule string, o object) record {
	r := requestOf(ctx)
	account, _ := ctx.Value("account").(auth.Account)
	return record{
		EventVersion:      "2.1",
		EventSource:       "aws:s3",
		AWSRegion:         s.region,
		EventTime:         timestamp(),
		EventName:         name,
		UserIdentity:      identity{"AWS:" + account.Access},
		RequestParameters: map[string]string{"sourceIPAddress": r.ip},
		ResponseElements:  map[string]string{"x-amz-request-id": r.id, "x-amz-id-2": r.hostID},
		S3: entity{
			SchemaVersion:   "1.0",
			ConfigurationID: rule,
			Bucket:          bucketEntity{o.bucket, identity{s.owner}, "arn:aws:s3:::" + o.bucket},
			Object: objectEntity{
				Key:       encodeKey(o.key),
				Size:      o.size,
				ETag:      strings.Trim(o.etag, `"`),
				VersionID: o.version,
				Sequencer: o.sequencer,
			},
		},
	}
}

// encodeKey encodes as AWS does: as in a form, but slashes stay.
func encodeKey(key string) string {
	return strings.ReplaceAll(url.QueryEscape(key), "%2F", "/")
}
