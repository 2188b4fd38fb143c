package s3front

import (
	"encoding/xml"
	"errors"
	"fmt"
	"strings"
	"sync"
)

// A configuration is a bucket's notification configuration. Topics, functions and EventBridge
// are read only to be refused.
type configuration struct {
	XMLName   xml.Name   `xml:"http://s3.amazonaws.com/doc/2006-03-01/ NotificationConfiguration"`
	Queues    []rule     `xml:"QueueConfiguration"`
	Topics    []struct{} `xml:"TopicConfiguration"`
	Functions []struct{} `xml:"CloudFunctionConfiguration"`
	Bridge    *struct{}  `xml:"EventBridgeConfiguration"`
}

// A rule sends some events of some keys to one queue.
type rule struct {
	ID     string   `xml:"Id"`
	Queue  string   `xml:"Queue"`
	Events []string `xml:"Event"`
	Filter []struct {
		Name  string `xml:"Name"`
		Value string `xml:"Value"`
	} `xml:"Filter>S3Key>FilterRule"`
}

// affixes returns what keys must begin and end with.
func (r rule) affixes() (prefix, suffix string) {
	for _, f := range r.Filter {
		switch strings.ToLower(f.Name) {
		case "prefix":
			prefix = f.Value
		case "suffix":
			suffix = f.Value
		}
	}
	return prefix, suffix
}

// wants tells whether an event, named without "s3:", of a key is the rule's.
func (r rule) wants(event, key string) bool {
	prefix, suffix := r.affixes()
	if !strings.HasPrefix(key, prefix) || !strings.HasSuffix(key, suffix) {
		return false
	}
	for _, e := range r.Events {
		if covers(e, "s3:"+event) {
			return true
		}
	}
	return false
}

// covers tells whether a pattern such as "s3:ObjectCreated:*" covers an event, or a pattern.
func covers(pattern, event string) bool {
	family, any := strings.CutSuffix(pattern, "*")
	return pattern == event || any && strings.HasPrefix(event, family)
}

// families are the kinds of events that AWS knows. Only the first two ever happen here.
var families = []string{
	"s3:ObjectCreated:", "s3:ObjectRemoved:", "s3:ObjectRestore:", "s3:ObjectTagging:", "s3:ObjectAcl:", "s3:ObjectAnnotation:",
	"s3:LifecycleExpiration:", "s3:LifecycleTransition", "s3:Replication:", "s3:IntelligentTiering", "s3:ReducedRedundancyLostObject",
}

// check finds the first fault that AWS, too, answers with InvalidArgument.
func (c configuration) check() error {
	if len(c.Topics) > 0 || len(c.Functions) > 0 || c.Bridge != nil {
		return errors.New("only queues can be notified here")
	}
	for i, r := range c.Queues {
		if !strings.HasPrefix(r.Queue, "arn:aws:sqs:") {
			return fmt.Errorf("the ARN %q could not be parsed", r.Queue)
		}
		if len(r.Events) == 0 {
			return errors.New("a configuration has no event")
		}
		for _, e := range r.Events {
			if !known(e) {
				return fmt.Errorf("the event %q is not supported for notifications", e)
			}
		}
		for _, f := range r.Filter {
			if n := strings.ToLower(f.Name); n != "prefix" && n != "suffix" {
				return fmt.Errorf("filter rule name must be either prefix or suffix, not %q", f.Name)
			}
		}
		for _, other := range c.Queues[:i] {
			if overlap(r, other) {
				return errors.New("configurations overlap: two rules with overlapping prefixes and suffixes share an event type")
			}
		}
	}
	return nil
}

func known(event string) bool {
	for _, f := range families {
		if strings.HasPrefix(event, f) {
			return true
		}
	}
	return false
}

func overlap(a, b rule) bool {
	ap, as := a.affixes()
	bp, bs := b.affixes()
	if !strings.HasPrefix(ap, bp) && !strings.HasPrefix(bp, ap) || !strings.HasSuffix(as, bs) && !strings.HasSuffix(bs, as) {
		return false
	}
	for _, x := range a.Events {
		for _, y := range b.Events {
			if covers(x, y) || covers(y, x) {
				return true
			}
		}
	}
	return false
}

// rules are the configurations of all buckets, in memory and as one file per bucket.
type rules struct {
	dir string

	mu       sync.RWMutex
	byBucket map[string]*configuration
}

// openRules reads what an earlier gateway left in dir.
func openRules(dir string) (*rules, error) {
	all, err := readDocuments(dir)
	if err != nil {
		return nil, err
	}
	r := &rules{dir: dir, byBucket: make(map[string]*configuration)}
	for bucket, doc := range all {
		c := new(configuration)
		if err := xml.Unmarshal(doc, c); err != nil {
			return nil, fmt.Errorf("read the notification configuration of bucket %s: %w", bucket, err)
		}
		r.byBucket[bucket] = c
	}
	return r, nil
}

func (r *rules) match(bucket, event, key string) []rule {
	var found []rule
	for _, q := range r.get(bucket).Queues {
		if q.wants(event, key) {
			found = append(found, q)
		}
	}
	return found
}

// get returns the empty configuration where there is none.
func (r *rules) get(bucket string) *configuration {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if c := r.byBucket[bucket]; c != nil {
		return c
	}
	return new(configuration)
}

// set replaces a bucket's configuration; nil removes it.
func (r *rules) set(bucket string, c *configuration) error {
	var doc []byte
	if c != nil {
		var err error
		if doc, err = xml.Marshal(c); err != nil {
			return err
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := writeDocument(r.dir, bucket, doc); err != nil {
		return err
	}
	r.byBucket[bucket] = c
	return nil
}
