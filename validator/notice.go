package validator

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"airlock"
)

// A notice is what the queue says: "look at this upload". It is a hint and nothing more; only the
// name of the upload is taken from it.
type notice struct {
	uploads []airlock.Upload
	ignored []ignored
}

// ignored is a part of a message that is not for us and may be forgotten.
type ignored struct {
	reason string // for the metric: test_event, event, bucket, key
	detail string // for the log, quoted
}

// errPoison tells a message that nobody will ever understand: it goes to the DLQ by its receives.
var errPoison = errors.New("not an S3 notification")

type s3Message struct {
	Event       string `json:"Event"`
	Type        string `json:"Type"`        // SNS
	DetailType  string `json:"detail-type"` // EventBridge
	EventSource string `json:"source"`
	Records     []s3Record
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

// parseNotice reads one queue message. It believes nothing that does not have exactly the shape of
// a notice about our own quarantine zone (SECURITY VAL-1).
func parseNotice(body []byte, zone airlock.Zone) (notice, error) {
	var m s3Message
	if err := json.Unmarshal(body, &m); err != nil {
		return notice{}, fmt.Errorf("%w: %w", errPoison, err)
	}
	var n notice
	switch {
	case m.Event == "s3:TestEvent":
		n.ignore("test_event", "S3 tests the notification")
		return n, nil
	case m.Type == "Notification":
		return n, fmt.Errorf("%w: an SNS envelope; switch raw message delivery on", errPoison)
	case m.DetailType != "":
		return n, fmt.Errorf("%w: an EventBridge envelope; let the bucket notify the queue itself", errPoison)
	case len(m.Records) == 0:
		return n, fmt.Errorf("%w: it has no Records", errPoison)
	}
	for _, r := range m.Records {
		if major, _, _ := strings.Cut(r.EventVersion, "."); major != "2" {
			return notice{}, fmt.Errorf("%w: event version %.20q, not 2.x", errPoison, r.EventVersion)
		}
		n.add(r, zone)
	}
	return n, nil
}

func (n *notice) ignore(reason, format string, a ...any) {
	n.ignored = append(n.ignored, ignored{reason, fmt.Sprintf(format, a...)})
}

func (n *notice) add(r s3Record, zone airlock.Zone) {
	if r.EventSource != "aws:s3" || !strings.HasPrefix(strings.TrimPrefix(r.EventName, "s3:"), "ObjectCreated:") {
		n.ignore("event", "%.80q of %.40q", r.EventName, r.EventSource)
		return
	}
	if b := r.S3.Bucket; b.Name != zone.Bucket || !strings.HasSuffix(b.ARN, ":::"+zone.Bucket) {
		n.ignore("bucket", "%.80q, %.120q", b.Name, b.ARN)
		return
	}
	key, err := url.QueryUnescape(r.S3.Object.Key)
	if err != nil {
		n.ignore("key", "%.200q: %v", r.S3.Object.Key, err)
		return
	}
	u, err := zone.Upload(airlock.Key(key))
	if err != nil {
		n.ignore("key", "%.200q", key)
		return
	}
	n.uploads = append(n.uploads, u)
}
