package sqsfront

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/nats-io/nats.go/jetstream"
)

// CreateQueue makes a queue, or finds one whose attributes are the same as far as attrs names them, and returns its ARN.
// Attributes have SQS's names and values; nil is fine. Wrong ones are errors that show SQS's code.
func (f *Front) CreateQueue(ctx context.Context, name string, attrs map[string]string) (arn string, err error) {
	if attrs["FifoQueue"] == "true" {
		return "", fmt.Errorf("create queue %s: %w", name, failure("UnsupportedOperation", "FIFO queues are not supported here."))
	}
	if err := checkName(name); err != nil {
		return "", fmt.Errorf("create queue %s: %w", name, err)
	}
	f.admin.Lock()
	defer f.admin.Unlock()
	q, err := f.queue(ctx, name)
	switch {
	case errors.Is(err, ErrNoQueue):
		err = f.build(ctx, name, attrs)
	case err == nil:
		err = sameAttributes(q.set.Load().attrs, attrs)
	}
	if err != nil {
		return "", fmt.Errorf("create queue %s: %w", name, err)
	}
	return f.arn(name), nil
}

func (f *Front) build(ctx context.Context, name string, attrs map[string]string) error {
	s, err := with(defaults(), attrs)
	if err != nil {
		return err
	}
	if err := f.checkTarget(ctx, name, s.redrive); err != nil {
		return err
	}
	stream, err := f.cfg.JS.CreateStream(ctx, streamConfig(name, s, f.cfg.Storage))
	if err != nil {
		return err
	}
	_, err = f.open(ctx, name, stream)
	return err
}

func sameAttributes(have, want map[string]string) error {
	for name, value := range want {
		value, err := canonical(name, value)
		if err != nil {
			return err
		}
		if have[name] != value {
			return failure("QueueNameExists", "A queue already exists with the same name and a different value for attribute %s", name)
		}
	}
	return nil
}

// checkTarget: the dead-letter queue of a redrive policy must be here, another one, and allow it.
func (f *Front) checkTarget(ctx context.Context, source string, p *redrivePolicy) error {
	if p == nil {
		return nil
	}
	name, ok := f.nameInARN(p.Target)
	if !ok || name == source {
		return badValue("RedrivePolicy", marshal(p), "Dead letter target must be another queue of this account and region.")
	}
	target, err := f.queue(ctx, name)
	if errors.Is(err, ErrNoQueue) {
		return badValue("RedrivePolicy", marshal(p), "Dead letter target does not exist.")
	} else if err != nil {
		return err
	}
	allow := redriveAllow{Permission: "allowAll"}
	if stored := target.set.Load().attrs["RedriveAllowPolicy"]; stored != "" {
		if err := json.Unmarshal([]byte(stored), &allow); err != nil {
			return fmt.Errorf("read RedriveAllowPolicy of %s: %w", name, err)
		}
	}
	if allow.Permission == "allowAll" || slices.Contains(allow.Sources, f.arn(source)) {
		return nil
	}
	return badValue("RedrivePolicy", marshal(p), "Queue does not have permission to use the dead letter target.")
}

func (f *Front) arn(name string) string {
	return "arn:aws:sqs:" + f.cfg.Region + ":" + f.cfg.Account + ":" + name
}

func (f *Front) nameInARN(arn string) (string, bool) {
	name, ok := strings.CutPrefix(arn, f.arn(""))
	return name, ok && checkName(name) == nil
}

// queueURL is under the host that the client itself used, so that it works from where the client is.
func (f *Front) queueURL(host, name string) string {
	return "http://" + host + "/" + f.cfg.Account + "/" + name
}

// at finds the queue of a queue URL, of which only the last segment counts.
func (f *Front) at(ctx context.Context, url string) (*queue, error) {
	if url == "" {
		return nil, failure("MissingParameter", "The request must contain the parameter QueueUrl.")
	}
	return f.queue(ctx, url[strings.LastIndexByte(url, '/')+1:])
}

type urlAnswer struct{ QueueUrl string }

type createRequest struct {
	QueueName  string
	Attributes map[string]string
	Tags       map[string]string `json:"tags"` // ignored
}

func (f *Front) createQueue(ctx context.Context, host string, in createRequest) (any, error) {
	if _, err := f.CreateQueue(ctx, in.QueueName, in.Attributes); err != nil {
		return nil, err
	}
	return urlAnswer{f.queueURL(host, in.QueueName)}, nil
}

func (f *Front) getQueueURL(ctx context.Context, host string, in struct{ QueueName string }) (any, error) {
	if _, err := f.queue(ctx, in.QueueName); err != nil {
		return nil, err
	}
	return urlAnswer{f.queueURL(host, in.QueueName)}, nil
}

type listRequest struct {
	QueueNamePrefix string
	MaxResults      int
	NextToken       string
}

type listAnswer struct {
	QueueUrls []string `json:",omitempty"`
	NextToken string   `json:",omitempty"`
}

// listQueues pages by name: the token is the last one given. As in SQS a listing without MaxResults ends at 1000.
func (f *Front) listQueues(ctx context.Context, host string, in listRequest) (any, error) {
	if in.MaxResults < 0 || in.MaxResults > 1000 {
		return nil, badValue("MaxResults", in.MaxResults, "Must be between 1 and 1000, if provided.")
	}
	after, err := base64.URLEncoding.DecodeString(in.NextToken)
	if err != nil {
		return nil, badValue("NextToken", in.NextToken, "Not a token of this service.")
	}
	var names []string
	lister := f.cfg.JS.StreamNames(ctx, jetstream.WithStreamListSubject(subject(">")))
	for stream := range lister.Name() {
		name, ok := strings.CutPrefix(stream, streamName(""))
		if ok && strings.HasPrefix(name, in.QueueNamePrefix) && name > string(after) {
			names = append(names, name)
		}
	}
	if err := lister.Err(); err != nil {
		return nil, fmt.Errorf("list queues: %w", err)
	}
	slices.Sort(names)
	var out listAnswer
	if limit := cmp.Or(in.MaxResults, 1000); len(names) > limit {
		names = names[:limit]
		if in.MaxResults > 0 {
			out.NextToken = base64.URLEncoding.EncodeToString([]byte(names[limit-1]))
		}
	}
	for _, name := range names {
		out.QueueUrls = append(out.QueueUrls, f.queueURL(host, name))
	}
	return out, nil
}

type getAttributesRequest struct {
	QueueUrl       string
	AttributeNames []string
}

func (f *Front) getQueueAttributes(ctx context.Context, _ string, in getAttributesRequest) (any, error) {
	q, err := f.at(ctx, in.QueueUrl)
	if err != nil {
		return nil, err
	}
	all, err := f.attributes(ctx, q)
	if err != nil {
		return nil, err
	}
	asked := map[string]string{}
	for _, name := range in.AttributeNames {
		value, ok := all[name]
		switch {
		case name == "All":
			asked = all
		case ok:
			asked[name] = value
		case !knownAttribute(name):
			return nil, failure("InvalidAttributeName", "Unknown Attribute %s.", name)
		}
	}
	return map[string]any{"Attributes": asked}, nil
}

// attributes are those that were set and those that are counted. All messages that are not in flight count as visible.
func (f *Front) attributes(ctx context.Context, q *queue) (map[string]string, error) {
	info, err := q.stream.Info(ctx)
	if err != nil {
		return nil, fmt.Errorf("attributes of %s: %w", q.name, f.gone(ctx, q, err))
	}
	consumer, err := q.stream.Consumer(ctx, durable)
	if err != nil {
		return nil, fmt.Errorf("attributes of %s: %w", q.name, f.gone(ctx, q, err))
	}
	hidden := q.flight.count(consumer.CachedInfo().NumAckPending, info.State.FirstSeq)
	hidden = min(hidden, int(info.State.Msgs))
	all := maps.Clone(q.set.Load().attrs)
	all["QueueArn"] = f.arn(q.name)
	all["ApproximateNumberOfMessages"] = strconv.Itoa(int(info.State.Msgs) - hidden)
	all["ApproximateNumberOfMessagesNotVisible"] = strconv.Itoa(hidden)
	all["ApproximateNumberOfMessagesDelayed"] = "0"
	all["CreatedTimestamp"] = strconv.FormatInt(info.Created.Unix(), 10)
	all["LastModifiedTimestamp"] = info.Config.Metadata[metadataPrefix+modifiedKey]
	return all, nil
}

type setAttributesRequest struct {
	QueueUrl   string
	Attributes map[string]string
}

func (f *Front) setQueueAttributes(ctx context.Context, _ string, in setAttributesRequest) (any, error) {
	f.admin.Lock()
	defer f.admin.Unlock()
	q, err := f.at(ctx, in.QueueUrl)
	if err != nil {
		return nil, err
	}
	return nothing{}, f.change(ctx, q, in.Attributes)
}

// nothing is the answer of operations that return nothing.
type nothing struct{}

type queueRequest struct{ QueueUrl string }

func (f *Front) purgeQueue(ctx context.Context, _ string, in queueRequest) (any, error) {
	q, err := f.at(ctx, in.QueueUrl)
	if err != nil {
		return nil, err
	}
	if err := q.stream.Purge(ctx); err != nil {
		return nil, fmt.Errorf("purge %s: %w", q.name, f.gone(ctx, q, err))
	}
	return nothing{}, nil
}

func (f *Front) deleteQueue(ctx context.Context, _ string, in queueRequest) (any, error) {
	f.admin.Lock()
	defer f.admin.Unlock()
	q, err := f.at(ctx, in.QueueUrl)
	if err != nil {
		return nil, err
	}
	if err := f.cfg.JS.DeleteStream(ctx, streamName(q.name)); err != nil {
		return nil, fmt.Errorf("delete queue %s: %w", q.name, f.gone(ctx, q, err))
	}
	f.forget(q)
	return nothing{}, nil
}
