package events

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"airlock"
)

// The names in NATS that DESIGN fixes.
const (
	StreamName   = "AIRLOCK"
	GrantsBucket = "airlock_grants"
	QuotaBucket  = "airlock_quota"
	StateBucket  = "airlock_state"
)

// DefaultRetention is how long verdicts are kept: longer than a DLQ keeps a message (14 d), so that
// whatever is redriven still meets its verdict.
const DefaultRetention = 21 * 24 * time.Hour

// dedupeWindow stays at the server's default: the compare-and-set decides, not Nats-Msg-Id, and an
// hour of window cost 139 MB per million uploads (PROTOCOL decision 4).
const dedupeWindow = 2 * time.Minute

// bucketKey is the stream metadata that says whose verdicts these are.
const bucketKey = "airlock.quarantine-bucket"

// SetupOptions say what to create.
type SetupOptions struct {
	QuarantineBucket string
	Retention        time.Duration // 0: [DefaultRetention]
	Replicas         int           // 0: 1
	MaxBytes         int64         // of the verdict stream; 0: 8 GiB
	Storage          jetstream.StorageType
}

// ErrWrongBucket tells that the stream belongs to the airlock of another quarantine bucket.
var ErrWrongBucket = errors.New("belongs to another quarantine bucket")

// unanswered tells what no answer means here: NATS does not say that somebody may not ask.
func unanswered(err error) string {
	if errors.Is(err, nats.ErrNoResponders) || errors.Is(err, context.DeadlineExceeded) {
		return "; is JetStream on, and may this user set it up (infra/nats/README.md)?"
	}
	return ""
}

// Setup makes the stream and the KV buckets, or brings existing ones to this configuration; it
// may be run again. It refuses a stream of another quarantine bucket, and it blocks until the
// server has answered.
func Setup(ctx context.Context, js jetstream.JetStream, o SetupOptions) error {
	if old, err := js.Stream(ctx, StreamName); err == nil {
		if err := checkOwner(old.CachedInfo().Config, o.QuarantineBucket); err != nil {
			return err
		}
	}
	for _, cfg := range o.streams() {
		if _, err := js.CreateOrUpdateStream(ctx, cfg); err != nil {
			return fmt.Errorf("set up stream %s: %w%s", cfg.Name, err, unanswered(err))
		}
	}
	return nil
}

func (o SetupOptions) streams() []jetstream.StreamConfig {
	if o.Retention == 0 {
		o.Retention = DefaultRetention
	}
	if o.MaxBytes == 0 {
		o.MaxBytes = 8 << 30
	}
	o.Replicas = max(o.Replicas, 1)
	meta := map[string]string{bucketKey: o.QuarantineBucket}
	return []jetstream.StreamConfig{
		{
			Name: StreamName, Description: "airlock: one verdict per upload",
			Subjects: verdictSubjects(), Storage: o.Storage, Replicas: o.Replicas,
			// DiscardOld would silently erase verdicts; AllowDirect would let a lagging replica
			// answer "no verdict yet".
			Discard: jetstream.DiscardNew, AllowDirect: false,
			MaxAge: o.Retention, MaxBytes: o.MaxBytes, Duplicates: min(dedupeWindow, o.Retention), Metadata: meta,
		},
		o.bucket(GrantsBucket, "airlock: open uploads", o.Retention, meta),
		o.bucket(QuotaBucket, "airlock: what each owner has open", o.Retention, meta),
		o.bucket(StateBucket, "airlock: keys that all signers share", 0, meta),
	}
}

// bucket is the stream behind a KV bucket (NATS ADR-8), made by hand because CreateKeyValue forces
// AllowDirect, with which a lagging replica may answer "not found".
func (o SetupOptions) bucket(name, about string, maxAge time.Duration, meta map[string]string) jetstream.StreamConfig {
	window := dedupeWindow
	if maxAge > 0 {
		window = min(window, maxAge)
	}
	return jetstream.StreamConfig{
		Name: "KV_" + name, Description: about, Subjects: []string{"$KV." + name + ".>"},
		Storage: o.Storage, Replicas: o.Replicas, Discard: jetstream.DiscardNew, AllowDirect: false,
		MaxMsgsPerSubject: 1, MaxAge: maxAge, AllowRollup: true, DenyDelete: true,
		AllowMsgTTL: true, SubjectDeleteMarkerTTL: time.Minute, Duplicates: window, Metadata: meta,
	}
}

func verdictSubjects() []string {
	var s []string
	for _, r := range []airlock.Result{airlock.Accepted, airlock.Rejected, airlock.Expired} {
		s = append(s, Subject(r, airlock.Upload{Profile: "*", ID: "*"}))
	}
	return s
}

func checkOwner(cfg jetstream.StreamConfig, bucket string) error {
	if owner := cfg.Metadata[bucketKey]; owner != bucket {
		return fmt.Errorf("stream %s %w: %q, not %q; use the NATS account that belongs to this bucket", cfg.Name, ErrWrongBucket, owner, bucket)
	}
	return nil
}

// CheckStream tells why the protocol would not hold on this stream, which is the one of verdicts or
// the one behind a KV bucket of ours; the error says what to do.
func CheckStream(cfg jetstream.StreamConfig, quarantineBucket string) error {
	have, want := slices.Sorted(slices.Values(cfg.Subjects)), slices.Sorted(slices.Values(verdictSubjects()))
	switch {
	case cfg.Discard != jetstream.DiscardNew:
		return fmt.Errorf("stream %s discards old messages: it would forget verdicts; set discard to new", cfg.Name)
	case cfg.AllowDirect:
		return fmt.Errorf("stream %s allows direct gets: a lagging replica could answer for it; switch allow_direct off", cfg.Name)
	case cfg.Name == StreamName && !slices.Equal(have, want):
		return fmt.Errorf("stream %s holds %s, not exactly %s; run airlock setup", cfg.Name, strings.Join(have, " "), strings.Join(want, " "))
	}
	return checkOwner(cfg, quarantineBucket)
}

// redactURL drops user and password of NATS addresses.
func redactURL(s string) string {
	parts := strings.Split(s, ",")
	for i, p := range parts {
		if u, err := url.Parse(strings.TrimSpace(p)); err == nil {
			parts[i] = u.Redacted()
		}
	}
	return strings.Join(parts, ",")
}
