// Package events is what airlock tells the world: exactly one verdict per upload, as a CloudEvent
// in the NATS JetStream stream AIRLOCK.
//
// A service that wants to know what was accepted calls [Subscribe]. The signer and the validator
// use [Store]: the stream is not a copy of the state, it is the state (PROTOCOL decision 3).
//
// Delivery to subscribers is at least once, with the upload id in Nats-Msg-Id. There is no order
// between uploads. Read only through JetStream: a plain core subscription also sees publishes
// that the stream refused.
package events

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"airlock"
)

// Verdict is the data of an event: how one upload ended, and all that a service needs to go on
// without asking back. The zero value of an optional field is null in JSON.
type Verdict struct {
	UploadID       string
	Profile        string
	Owner          string
	Filename       string // as the client named it, NFC; untrusted text, for people
	Metadata       map[string]string
	Result         airlock.Result
	Reason         airlock.Reason // "" for accepted
	Detail         string         // for people
	Size           int64          // bytes; 0 where no object was seen
	DeclaredType   string
	DetectedType   string
	ETag           string // of the bytes that were judged, without quotes
	ChecksumSHA256 string // base64
	Clean          *Clean // nil unless accepted
	GrantedAt      time.Time
	UploadedAt     time.Time // when S3 stored it; zero where no object was seen
	DecidedAt      time.Time
	PolicyVersion  string
	Inspection     Inspection
	Republished    bool

	Traceparent string // travels as a NATS header, not in the body
	Sequence    uint64 // in the stream; known of what was read from it
}

// Clean is where an accepted object lies.
type Clean struct {
	Bucket    string      `json:"bucket" example:"airlock-clean"`
	Key       airlock.Key `json:"key" example:"clean/image/0b0e4d5c-8a3f-4c1e-9d2b-6f1f0c1e2d3a"`
	ETag      string      `json:"etag" doc:"Without quotes" example:"9b2cf535f27731c974343645a3985328"`
	VersionID *string     `json:"version_id" doc:"Where the bucket is versioned"`
}

// Inspection is what the verdict cost.
type Inspection struct {
	BytesRead    int64    `json:"bytes_read" doc:"From S3, until the verdict" example:"4096"`
	Requests     int      `json:"requests" doc:"To S3, until the verdict" example:"1"`
	Milliseconds float64  `json:"milliseconds" example:"1.25"`
	Checks       []string `json:"checks" nullable:"false" doc:"What was looked at" example:"[\"size\",\"type\"]"`
}

// wire is the JSON shape of a Verdict: DESIGN's contract, held by golden files.
type wire struct {
	UploadID       string            `json:"upload_id"`
	Profile        string            `json:"profile"`
	Owner          string            `json:"owner"`
	Filename       string            `json:"filename"`
	Metadata       map[string]string `json:"metadata"`
	Result         airlock.Result    `json:"result" enum:"accepted,rejected,expired"`
	Reason         *airlock.Reason   `json:"reason"`
	Detail         *string           `json:"detail"`
	Size           *int64            `json:"size"`
	DeclaredType   string            `json:"declared_type"`
	DetectedType   *string           `json:"detected_type"`
	ETag           *string           `json:"etag"`
	ChecksumSHA256 *string           `json:"checksum_sha256"`
	Clean          *Clean            `json:"clean"`
	GrantedAt      time.Time         `json:"granted_at"`
	UploadedAt     *time.Time        `json:"uploaded_at"`
	DecidedAt      time.Time         `json:"decided_at"`
	PolicyVersion  string            `json:"policy_version"`
	Inspection     Inspection        `json:"inspection"`
	Republished    bool              `json:"republished"`
}

// MarshalJSON writes the shape of DESIGN's "Events", with null for what is unknown.
func (v Verdict) MarshalJSON() ([]byte, error) {
	w := wire{
		UploadID: v.UploadID, Profile: v.Profile, Owner: v.Owner, Filename: v.Filename,
		Metadata: v.Metadata, Result: v.Result, Reason: orNull(v.Reason), Detail: orNull(v.Detail),
		DeclaredType: v.DeclaredType, DetectedType: orNull(v.DetectedType), ETag: orNull(v.ETag),
		ChecksumSHA256: orNull(v.ChecksumSHA256), Clean: v.Clean, GrantedAt: v.GrantedAt.UTC(),
		DecidedAt: v.DecidedAt.UTC(), PolicyVersion: v.PolicyVersion, Inspection: v.Inspection,
		Republished: v.Republished,
	}
	if !v.UploadedAt.IsZero() { // an object was seen, maybe an empty one
		at := v.UploadedAt.UTC()
		w.UploadedAt, w.Size = &at, &v.Size
	}
	if w.Metadata == nil {
		w.Metadata = map[string]string{}
	}
	if w.Inspection.Checks == nil {
		w.Inspection.Checks = []string{}
	}
	return json.Marshal(w)
}

// UnmarshalJSON reads what MarshalJSON wrote; unknown fields are ignored, so that old readers
// understand newer events.
func (v *Verdict) UnmarshalJSON(b []byte) error {
	var w wire
	if err := json.Unmarshal(b, &w); err != nil {
		return err
	}
	*v = Verdict{
		UploadID: w.UploadID, Profile: w.Profile, Owner: w.Owner, Filename: w.Filename,
		Metadata: w.Metadata, Result: w.Result, Reason: orZero(w.Reason), Detail: orZero(w.Detail),
		Size: orZero(w.Size), DeclaredType: w.DeclaredType, DetectedType: orZero(w.DetectedType),
		ETag: orZero(w.ETag), ChecksumSHA256: orZero(w.ChecksumSHA256), Clean: w.Clean,
		GrantedAt: w.GrantedAt, UploadedAt: orZero(w.UploadedAt), DecidedAt: w.DecidedAt,
		PolicyVersion: w.PolicyVersion, Inspection: w.Inspection, Republished: w.Republished,
	}
	return nil
}

func orNull[T ~string](v T) *T {
	if v == "" {
		return nil
	}
	return &v
}

func orZero[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

// envelope is a CloudEvent in structured mode (CloudEvents 1.0.2, JSON event format).
type envelope struct {
	SpecVersion     string    `json:"specversion"`
	ID              string    `json:"id"`
	Source          string    `json:"source"`
	Type            string    `json:"type"`
	Subject         string    `json:"subject"`
	Time            time.Time `json:"time"`
	DataContentType string    `json:"datacontenttype"`
	DataSchema      string    `json:"dataschema"`
	Data            Verdict   `json:"data"`
}

const (
	contentType = "application/cloudevents+json"
	dataSchema  = "urn:airlock:upload-verdict:v1"
)

// Encode writes v as a structured CloudEvent of the airlock that serves quarantineBucket.
func Encode(quarantineBucket string, v Verdict) ([]byte, error) {
	return json.Marshal(envelope{
		SpecVersion: "1.0", ID: v.UploadID, Source: "/airlock/" + quarantineBucket,
		Type: "airlock.upload." + string(v.Result) + ".v1", Subject: v.UploadID, Time: v.DecidedAt.UTC(),
		DataContentType: "application/json", DataSchema: dataSchema, Data: v,
	})
}

// Decode reads a structured CloudEvent that [Encode] wrote.
func Decode(b []byte) (Verdict, error) {
	var e envelope
	if err := json.Unmarshal(b, &e); err != nil {
		return Verdict{}, fmt.Errorf("decode event: %w", err)
	}
	if e.SpecVersion != "1.0" || e.DataSchema != dataSchema {
		return Verdict{}, fmt.Errorf("decode event: CloudEvents %q with schema %q is not ours", e.SpecVersion, e.DataSchema)
	}
	return e.Data, nil
}

// Subject is where the verdict on u is published: airlock.v1.<result>.<profile>.<upload id>.
func Subject(r airlock.Result, u airlock.Upload) string {
	return strings.Join([]string{"airlock.v1", string(r), u.Profile, u.ID}, ".")
}

// anyVerdict matches every possible verdict on one upload, whatever its profile.
func anyVerdict(id string) string { return "airlock.v1.*.*." + id }

// lookSubject carries the client's hint "look at this upload" (core NATS, lossy by design).
func lookSubject(id string) string { return "airlock.look." + id }
