package sqsfront

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"
)

// settings are a queue's attributes as set, and what they mean.
type settings struct {
	attrs map[string]string // what was set, canonical, with defaults

	visibility time.Duration
	wait       time.Duration
	retention  time.Duration
	maxSize    int
	redrive    *redrivePolicy // nil: messages are never given up
}

// redrivePolicy sends a message to another queue when it was received more often than MaxReceives.
type redrivePolicy struct {
	Target      string `json:"deadLetterTargetArn"`
	MaxReceives int    `json:"maxReceiveCount"`
}

// redriveAllow says which queues may use this one as their dead-letter queue.
type redriveAllow struct {
	Permission string   `json:"redrivePermission"`
	Sources    []string `json:"sourceQueueArns,omitempty"`
}

// span is what a number in an attribute may be, and what it is if nobody says
// (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html).
type span struct{ min, max, unset int }

func spanOf(attribute string) (span, bool) {
	switch attribute {
	case "VisibilityTimeout":
		return span{0, 43200, 30}, true
	case "MessageRetentionPeriod":
		return span{60, 1209600, 345600}, true
	case "ReceiveMessageWaitTimeSeconds":
		return span{0, 20, 0}, true
	case "DelaySeconds":
		return span{0, 900, 0}, true
	case "MaximumMessageSize":
		// SQS allows 1 MiB and so does this, but NATS carries that only if max_payload is above its default of 1 MiB.
		return span{1024, 1 << 20, 1 << 20}, true
	case "KmsDataKeyReusePeriodSeconds":
		return span{60, 86400, 300}, true
	}
	return span{}, false
}

// defaults are the attributes of a queue that was created without any.
func defaults() map[string]string {
	attrs := map[string]string{"SqsManagedSseEnabled": "true"}
	for _, name := range []string{"VisibilityTimeout", "MessageRetentionPeriod", "ReceiveMessageWaitTimeSeconds", "DelaySeconds", "MaximumMessageSize"} {
		s, _ := spanOf(name)
		attrs[name] = strconv.Itoa(s.unset)
	}
	return attrs
}

// knownAttribute tells an attribute that isn't set from one that SQS doesn't know. Queues that aren't FIFO may be asked for
// what only those have.
func knownAttribute(name string) bool {
	switch name {
	case "FifoQueue", "ContentBasedDeduplication", "DeduplicationScope", "FifoThroughputLimit":
		return true
	}
	_, err := canonical(name, "")
	e := (*apiError)(nil)
	return !errors.As(err, &e) || e.code != "InvalidAttributeName"
}

// canonical checks one attribute and writes it in one way, so that equal ones compare equal.
func canonical(name, value string) (string, error) {
	if s, ok := spanOf(name); ok {
		n, err := strconv.Atoi(value)
		if err != nil || n < s.min || n > s.max {
			return "", failure("InvalidAttributeValue", "Invalid value for the parameter %s. It must be %d to %d.", name, s.min, s.max)
		}
		if name == "DelaySeconds" && n > 0 {
			return "", failure("UnsupportedOperation", "Delays are not supported here: DelaySeconds must be 0.")
		}
		if name == "KmsDataKeyReusePeriodSeconds" && n == s.unset {
			return "", nil
		}
		return strconv.Itoa(n), nil
	}
	switch name {
	case "SqsManagedSseEnabled":
		on, err := strconv.ParseBool(value)
		if err != nil {
			return "", failure("InvalidAttributeValue", "Invalid value for the parameter %s.", name)
		}
		return strconv.FormatBool(on), nil
	case "KmsMasterKeyId":
		return value, nil
	case "FifoQueue", "ContentBasedDeduplication":
		return "", failure("InvalidAttributeName", "Unknown Attribute %s.", name)
	case "DeduplicationScope", "FifoThroughputLimit":
		return "", failure("InvalidAttributeName", "You can specify the %s only when FifoQueue is set to true.", name)
	case "Policy":
		return compactJSON(name, value)
	case "RedrivePolicy":
		return canonicalRedrive(value)
	case "RedriveAllowPolicy":
		return canonicalAllow(value)
	}
	return "", failure("InvalidAttributeName", "Unknown Attribute %s.", name)
}

func compactJSON(name, value string) (string, error) {
	var b bytes.Buffer
	if value == "" {
		return "", nil
	}
	if err := json.Compact(&b, []byte(value)); err != nil || !strings.HasPrefix(b.String(), "{") {
		return "", failure("InvalidAttributeValue", "Invalid value for the parameter %s.", name)
	}
	return b.String(), nil
}

func canonicalRedrive(value string) (string, error) {
	if value == "" {
		return "", nil
	}
	var in struct {
		Target      string `json:"deadLetterTargetArn"`
		MaxReceives any    `json:"maxReceiveCount"` // 3 or "3"
	}
	if err := json.Unmarshal([]byte(value), &in); err != nil {
		return "", badValue("RedrivePolicy", value, "Redrive policy is not a valid JSON map.")
	}
	n, err := strconv.Atoi(fmt.Sprint(in.MaxReceives))
	if err != nil || n < 1 || n > 1000 {
		return "", badValue("RedrivePolicy", value, "Invalid value for maxReceiveCount: must be an integer from 1 to 1000.")
	}
	if !strings.HasPrefix(in.Target, "arn:") {
		return "", badValue("RedrivePolicy", value, "Invalid value for deadLetterTargetArn.")
	}
	return marshal(redrivePolicy{Target: in.Target, MaxReceives: n}), nil
}

func canonicalAllow(value string) (string, error) {
	if value == "" {
		return "", nil
	}
	var in redriveAllow
	if err := json.Unmarshal([]byte(value), &in); err != nil {
		return "", badValue("RedriveAllowPolicy", value, "Redrive allow policy is not a valid JSON map.")
	}
	byQueue := in.Permission == "byQueue"
	if !byQueue && in.Permission != "allowAll" && in.Permission != "denyAll" {
		return "", badValue("RedriveAllowPolicy", value, "redrivePermission must be allowAll, denyAll or byQueue.")
	}
	if byQueue != (len(in.Sources) > 0) || len(in.Sources) > 10 {
		return "", badValue("RedriveAllowPolicy", value, "1 to 10 sourceQueueArns go with byQueue, and only with it.")
	}
	return marshal(in), nil
}

// marshal is for the types of this file, which always can be.
func marshal(v any) string {
	b, _ := json.Marshal(v)
	return string(b)
}

// with is old plus changes, each checked. An empty value of an attribute that has no default takes it away.
func with(old, changes map[string]string) (settings, error) {
	attrs := maps.Clone(old)
	for name, value := range changes {
		value, err := canonical(name, value)
		if err != nil {
			return settings{}, err
		}
		attrs[name] = value
		if value == "" {
			delete(attrs, name)
		}
	}
	return settingsOf(attrs)
}

// settingsOf reads attributes that went through canonical before.
func settingsOf(attrs map[string]string) (settings, error) {
	s := settings{attrs: attrs}
	for name, to := range map[string]*time.Duration{
		"VisibilityTimeout":             &s.visibility,
		"ReceiveMessageWaitTimeSeconds": &s.wait,
		"MessageRetentionPeriod":        &s.retention,
	} {
		n, err := strconv.Atoi(attrs[name])
		if err != nil {
			return settings{}, fmt.Errorf("read attribute %s: %w", name, err)
		}
		*to = time.Duration(n) * time.Second
	}
	var err error
	if s.maxSize, err = strconv.Atoi(attrs["MaximumMessageSize"]); err != nil {
		return settings{}, fmt.Errorf("read attribute MaximumMessageSize: %w", err)
	}
	if p := attrs["RedrivePolicy"]; p != "" {
		s.redrive = &redrivePolicy{}
		if err := json.Unmarshal([]byte(p), s.redrive); err != nil {
			return settings{}, fmt.Errorf("read attribute RedrivePolicy: %w", err)
		}
	}
	return s, nil
}
