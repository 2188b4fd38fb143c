package validator

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"

	"airlock"
)

// A notice is what the queue says: "look at this upload". It is a hint and nothing more; only the
// name of the upload is taken from it.
type notice struct {
	uploads []airlock.Upload
	ignored []remark
	odd     []remark // about uploads that are looked at all the same
}

// remark is for the counters and the log.
type remark struct {
	reason string // for the metric; ignored: test_event, event, bucket, key; odd: copy
	detail string // for the log, quoted
}

// errPoison tells a message that nobody will ever understand: it goes to the DLQ by its receives.
var errPoison = errors.New("not an S3 notification")

// message is all forms in which a notification comes; its marks tell which one it is.
type message struct {
	Event   string     `json:"Event"`   // S3's test of a new configuration
	Records []s3Record `json:"Records"` // S3 itself, or by SNS with raw message delivery
	Type    string     `json:"Type"`    // SNS, around one of the other forms
	Message *string    `json:"Message"` // SNS
	bridged            // EventBridge
}

// s3Record is the part of an event message that we read (S3 user guide, "Event message
// structure", version 2.x).
type s3Record struct {
	EventVersion string `json:"eventVersion"`
	EventSource  string `json:"eventSource"`
	EventName    string `json:"eventName"`
	S3           struct {
		Bucket struct {
			Name string `json:"name"`
			ARN  string `json:"arn"`
		} `json:"bucket"`
		Object struct {
			Key string `json:"key"`
		} `json:"object"`
	} `json:"s3"`
}

// bridged is the part of an EventBridge event that we read (S3 user guide, "EventBridge event
// message structure"). version is EventBridge's own, event-version S3's, which older events lack.
type bridged struct {
	Version    string   `json:"version"`
	DetailType string   `json:"detail-type"`
	Source     string   `json:"source"`
	Resources  []string `json:"resources"`
	Detail     struct {
		Version      string `json:"version"`
		EventVersion string `json:"event-version"`
		Bucket       struct {
			Name string `json:"name"`
		} `json:"bucket"`
		Object struct {
			Key string `json:"key"`
		} `json:"object"`
		Reason string `json:"reason"`
	} `json:"detail"`
}

// parseNotice reads one queue message: from S3 itself, by SNS, by EventBridge, or by EventBridge and
// SNS. It believes nothing that does not have exactly the shape of a notice about our own quarantine
// zone (SECURITY VAL-1).
func parseNotice(body []byte, zone airlock.Zone) (notice, error) {
	m, err := readMessage(body)
	if err == nil && m.Type != "" {
		m, err = unwrap(m)
	}
	n := notice{}
	if err == nil {
		err = n.read(m, zone)
	}
	if err != nil {
		return notice{}, fmt.Errorf("%w: %w", errPoison, err)
	}
	return n, nil
}

// readMessage wants exactly one of the forms.
func readMessage(body []byte) (m message, err error) {
	err = json.Unmarshal(body, &m)
	if wrong := (*json.UnmarshalTypeError)(nil); errors.As(err, &wrong) {
		return m, fmt.Errorf("%s holds a JSON %.20s", cmp.Or(wrong.Field, "it"), wrong.Value)
	} else if err != nil {
		return m, fmt.Errorf("it is not JSON: %w", err)
	}
	forms := 0
	for _, marked := range []bool{m.Event != "", len(m.Records) > 0, m.Type != "", m.DetailType != ""} {
		if marked {
			forms++
		}
	}
	switch {
	case forms == 0:
		return m, errors.New("it has neither Records nor Event, Type or detail-type")
	case forms > 1:
		return m, errors.New("it claims to be more than one form of notification")
	}
	return m, nil
}

// unwrap takes the message out of SNS's envelope (SNS developer guide, "Parsing message formats").
func unwrap(m message) (message, error) {
	switch {
	case m.Type == "SubscriptionConfirmation":
		return m, errors.New("SNS waits for the queue's subscription to be confirmed; confirm it, or subscribe as the owner of the queue")
	case m.Type != "Notification":
		return m, fmt.Errorf("an SNS envelope of type %.40q", m.Type)
	case m.Message == nil:
		return m, errors.New("an SNS envelope without Message")
	}
	inner, err := readMessage([]byte(*m.Message))
	if err == nil && inner.Type != "" {
		err = errors.New("another SNS envelope")
	}
	if err != nil {
		return m, fmt.Errorf("inside an SNS envelope: %w", err)
	}
	return inner, nil
}

func (n *notice) read(m message, zone airlock.Zone) error {
	switch {
	case m.Event == "s3:TestEvent":
		n.ignore("test_event", "S3 tests the notification")
		return nil
	case m.Event != "":
		return fmt.Errorf("the event %.80q, not s3:TestEvent", m.Event)
	case m.DetailType != "":
		return n.addBridged(m.bridged, zone)
	}
	for _, r := range m.Records {
		if err := n.addRecord(r, zone); err != nil {
			return err
		}
	}
	return nil
}

// addRecord reads what S3 itself says. Its keys are encoded as in a form.
func (n *notice) addRecord(r s3Record, zone airlock.Zone) error {
	if major, _, _ := strings.Cut(r.EventVersion, "."); major != "2" {
		return fmt.Errorf("event version %.20q, not 2.x", r.EventVersion)
	}
	name := strings.TrimPrefix(r.EventName, "s3:")
	if r.EventSource != "aws:s3" || !strings.HasPrefix(name, "ObjectCreated:") && name != "LifecycleExpiration:Delete" && name != "LifecycleExpiration:DeleteMarkerCreated" {
		n.ignore("event", "%.80q of %.40q", r.EventName, r.EventSource)
		return nil
	}
	key, err := url.QueryUnescape(r.S3.Object.Key)
	if err != nil {
		key = r.S3.Object.Key // its % is no part of any key of ours
	}
	return n.add(zone, r.S3.Bucket.Name, r.S3.Bucket.ARN, key, name == "ObjectCreated:Copy")
}

// addBridged reads what EventBridge says. Its keys are not encoded, and it names the bucket's ARN as
// its only resource.
func (n *notice) addBridged(e bridged, zone airlock.Zone) error {
	created := e.DetailType == "Object Created"
	expired := e.DetailType == "Object Deleted" && e.Detail.Reason == "Lifecycle Expiration"
	switch {
	case e.Source != "aws.s3" || !created && !expired:
		n.ignore("event", "%.80q of %.40q for %.40q", e.DetailType, e.Source, e.Detail.Reason)
		return nil
	case e.Version != "0" || e.Detail.Version != "0":
		return fmt.Errorf("an EventBridge event of version %.20q with a detail of version %.20q, not 0", e.Version, e.Detail.Version)
	case e.Detail.EventVersion != "" && !strings.HasPrefix(e.Detail.EventVersion, "1."):
		return fmt.Errorf("an EventBridge event with event-version %.20q, not 1.x", e.Detail.EventVersion)
	case len(e.Resources) != 1:
		return fmt.Errorf("an EventBridge event about %d resources, not one bucket", len(e.Resources))
	}
	return n.add(zone, e.Detail.Bucket.Name, e.Resources[0], e.Detail.Object.Key, created && e.Detail.Reason == "CopyObject")
}

// add takes an upload if bucket, ARN and key are those of the zone.
func (n *notice) add(zone airlock.Zone, bucket, arn, key string, copied bool) error {
	if bucket == "" || key == "" {
		return errors.New("it names no bucket or no key")
	}
	if bucket != zone.Bucket || !isBucketARN(arn, zone.Bucket) {
		n.ignore("bucket", "%.80q, %.120q", bucket, arn)
		return nil
	}
	u, err := zone.Upload(airlock.Key(key))
	if err != nil {
		n.ignore("key", "%.200q", key)
		return nil
	}
	if copied { // no grant gives leave to copy
		n.odd = append(n.odd, remark{"copy", fmt.Sprintf("%.200q", key)})
	}
	n.uploads = append(n.uploads, u)
	return nil
}

// isBucketARN tells whether arn is arn:<partition>:s3:::<bucket>.
func isBucketARN(arn, bucket string) bool {
	p := strings.SplitN(arn, ":", 6)
	return len(p) == 6 && p[0] == "arn" && strings.HasPrefix(p[1], "aws") && p[2] == "s3" && p[3] == "" && p[4] == "" && p[5] == bucket
}

func (n *notice) ignore(reason, format string, a ...any) {
	n.ignored = append(n.ignored, remark{reason, fmt.Sprintf(format, a...)})
}

// report counts and logs what somebody may want to know (SECURITY LOG-3).
func (n *notice) report(m *Metrics, log *slog.Logger) {
	for _, r := range n.ignored {
		m.ignored(r.reason)
		if r.reason != "test_event" && r.reason != "event" {
			log.Error("a notice is not about our zone; nothing is touched", "reason", r.reason, "detail", r.detail)
		}
	}
	for _, r := range n.odd {
		m.odd(r.reason)
		log.Warn("an object was copied into quarantine; it is judged as if it had been put", "key", r.detail)
	}
}
