// Package surroundings knows what airlock needs of the world around it: buckets, queue, bucket and
// queue policies, stream. It is the one place that says so. [Make] makes it on a development
// endpoint, [Read] asks what is there, [Judge] holds the answers against what is needed, and
// [Doctor] tries out what no setting tells.
//
// INFRA.md has the reasons. Terraform makes the same on AWS.
package surroundings

import (
	"cmp"
	"time"

	"airlock"
)

// Places say where everything is.
type Places struct {
	Quarantine airlock.Zone
	Clean      airlock.Zone
	QueueURL   string
}

// A State is how a check ended.
type State string

// Ok and Skip are no reason to act; Warn is for a quiet hour; with Fail uploads are lost, stuck or
// not what they seem. Skip says why nobody looked: no permission, or the store does not offer it.
const (
	OK   State = "ok"
	Warn State = "warn"
	Fail State = "fail"
	Skip State = "skip"
)

// A Finding is the outcome of one check.
type Finding struct {
	Check  string `json:"check"` // stable
	State  State  `json:"state"`
	Detail string `json:"detail"`
	Fix    string `json:"fix,omitempty"` // what to do, where something is to be done
}

// Need is what the answers are held against. The zero value of an optional field is its default.
type Need struct {
	Places
	MinVisibility time.Duration // 0: 30 s
	LongestExpiry time.Duration // of the profiles; 0: not compared
	AWS           bool          // the store is AWS itself, where bucket policies are expected
}

func (n Need) minVisibility() time.Duration { return cmp.Or(n.MinVisibility, 30*time.Second) }

// What INFRA.md sets, and Make with it.
const (
	visibility       = time.Minute
	longPoll         = 20 * time.Second
	queueRetention   = 4 * day
	dlqRetention     = 14 * day // the most that SQS offers; a message keeps its first time stamp in the DLQ
	maxReceives      = 10
	quarantineExpiry = 15 // days: more than the DLQ's, so that a redrive on its last day finds its object
	abortMultipart   = 1  // days
	corsMaxAge       = 600
	day              = 24 * time.Hour
)

// wantedEvents are what the bucket must tell the queue of: any way to create an object, and the removal
// of one by the lifecycle rule.
var wantedEvents = []string{"s3:ObjectCreated:*", "s3:LifecycleExpiration:Delete"}

// exposed are the headers that a page needs of S3's answer.
var exposed = []string{"ETag", "Location", "x-amz-version-id", "x-amz-request-id"}
