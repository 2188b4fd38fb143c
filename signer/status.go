package signer

import (
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"airlock"
	"airlock/events"
)

// Status is how an upload stands. state is pending until the verdict.
type Status struct {
	ID             string             `json:"id" doc:"Upload id" example:"0b0e4d5c-8a3f-4c1e-9d2b-6f1f0c1e2d3a"`
	Profile        string             `json:"profile" example:"image"`
	Owner          string             `json:"owner" example:"u-17"`
	State          string             `json:"state" enum:"pending,accepted,rejected,expired"`
	Reason         *airlock.Reason    `json:"reason" doc:"Stable code; null for accepted and pending"`
	Detail         *string            `json:"detail" doc:"For people"`
	Filename       string             `json:"filename" doc:"As the client named it, NFC; untrusted text" example:"cat.png"`
	Metadata       map[string]string  `json:"metadata" doc:"As it came with the request, or from the approver"`
	Declared       Declared           `json:"declared"`
	DetectedType   *string            `json:"detected_type" doc:"What the content is" example:"image/png"`
	Size           *int64             `json:"size" doc:"Bytes that arrived"`
	ChecksumSHA256 *string            `json:"checksum_sha256" doc:"Base64; null where nobody computed it"`
	Clean          *events.Clean      `json:"clean" doc:"Where the accepted object lies"`
	GrantedAt      time.Time          `json:"granted_at"`
	DecidedAt      *time.Time         `json:"decided_at"`
	Inspection     *events.Inspection `json:"inspection" doc:"What the verdict cost; null before it"`
}

// Declared is what the client promised.
type Declared struct {
	ContentType    string  `json:"content_type" example:"image/png"`
	Size           *int64  `json:"size" doc:"Bytes; null for a form without one, and after the verdict" example:"48213"`
	ChecksumSHA256 *string `json:"checksum_sha256" doc:"Base64; null after the verdict"`
}

// TransformSchema says of clean and inspection that they may be null; huma says it of plain values only.
func (s Status) TransformSchema(_ huma.Registry, schema *huma.Schema) *huma.Schema {
	for _, name := range []string{"clean", "inspection"} {
		p := schema.Properties[name]
		schema.Properties[name] = &huma.Schema{Description: p.Description, AnyOf: []*huma.Schema{{Ref: p.Ref}, {Type: "null"}}}
	}
	return schema
}

// Pending is the state of an upload without a verdict.
const Pending = "pending"

var reflectProblem = reflect.TypeFor[Problem]()

func openStatus(g airlock.Grant) Status {
	var size *int64
	if g.Size > 0 {
		size = &g.Size
	}
	return Status{
		ID: g.ID, Profile: g.Profile, Owner: g.Owner, State: Pending, Filename: g.Filename,
		Metadata: orEmpty(g.Metadata), GrantedAt: g.GrantedAt,
		Declared: Declared{ContentType: g.ContentType, Size: size, ChecksumSHA256: orNull(g.ChecksumSHA256)},
	}
}

func endedStatus(v events.Verdict) Status {
	s := Status{
		ID: v.UploadID, Profile: v.Profile, Owner: v.Owner, State: string(v.Result),
		Reason: orNull(v.Reason), Detail: orNull(v.Detail), Filename: v.Filename, Metadata: orEmpty(v.Metadata),
		Declared: Declared{ContentType: v.DeclaredType}, DetectedType: orNull(v.DetectedType),
		ChecksumSHA256: orNull(v.ChecksumSHA256), Clean: v.Clean, GrantedAt: v.GrantedAt,
		DecidedAt: &v.DecidedAt, Inspection: &v.Inspection,
	}
	if !v.UploadedAt.IsZero() {
		s.Size = &v.Size
	}
	return s
}

func orNull[T ~string](v T) *T {
	if v == "" {
		return nil
	}
	return &v
}

func orEmpty(m map[string]string) map[string]string {
	if m == nil {
		return map[string]string{}
	}
	return m
}
