package signer

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"airlock/events"
	"airlock/signer/quota"
)

// Problem is how the API says no (RFC 9457), with a code that stays the same for ever.
type Problem struct {
	Type   string   `json:"type" example:"urn:airlock:problem:too_large"`
	Title  string   `json:"title" example:"Too large"`
	Status int      `json:"status" doc:"The HTTP status" example:"413"`
	Detail string   `json:"detail" doc:"For people: what to do"`
	Code   string   `json:"code" doc:"Stable" example:"too_large"`
	Errors []string `json:"errors,omitempty" nullable:"false" doc:"Where the request was not understood"`

	RetryAfter int64 `json:"retry_after,omitempty" doc:"Seconds, for 429; in the header Retry-After too" example:"7"`
}

// Error is the problem for people.
func (p *Problem) Error() string { return p.Code + ": " + p.Detail }

// GetStatus is the HTTP status; huma asks for it.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType is RFC 9457's; huma asks for it.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// GetHeaders are Retry-After's; huma asks for them.
func (p *Problem) GetHeaders() http.Header {
	if p.RetryAfter == 0 {
		return http.Header{}
	}
	return http.Header{"Retry-After": {strconv.FormatInt(p.RetryAfter, 10)}}
}

// TransformSchema adds the list of codes to the document of the API.
func (p Problem) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	for _, code := range slices.Sorted(maps.Keys(problems)) {
		s.Properties["code"].Enum = append(s.Properties["code"].Enum, code)
	}
	return s
}

// problems is the one table of stable codes and their HTTP status. The client reads it too.
var problems = map[string]struct {
	status int
	title  string
}{
	"request_invalid":      {http.StatusUnprocessableEntity, "The request was not understood"},
	"profile_unknown":      {http.StatusUnprocessableEntity, "There is no such profile"},
	"type_invalid":         {http.StatusUnprocessableEntity, "The content type is not one"},
	"type_not_allowed":     {http.StatusUnprocessableEntity, "The profile does not take this content type"},
	"extension_mismatch":   {http.StatusUnprocessableEntity, "The extension does not fit the content type"},
	"filename_invalid":     {http.StatusUnprocessableEntity, "The file name is not safe"},
	"size_invalid":         {http.StatusUnprocessableEntity, "The size is not one"},
	"checksum_invalid":     {http.StatusUnprocessableEntity, "The checksum is not one"},
	"metadata_invalid":     {http.StatusUnprocessableEntity, "The metadata is not allowed"},
	"method_not_allowed":   {http.StatusUnprocessableEntity, "The profile does not take this method"},
	"too_large":            {http.StatusRequestEntityTooLarge, "Too large"},
	"unauthenticated":      {http.StatusUnauthorized, "No valid credential"},
	"forbidden":            {http.StatusForbidden, "Not allowed"},
	"not_found":            {http.StatusNotFound, "Not found"},
	"idempotency_conflict": {http.StatusConflict, "The key was used for another request"},
	"quota_exceeded":       {http.StatusTooManyRequests, "The owner's quota is used up"},
	"upload_closed":        {http.StatusConflict, "The upload has ended"},
	"rate_limited":         {http.StatusTooManyRequests, "Too many requests"},
	"unavailable":          {http.StatusServiceUnavailable, "Unavailable"},
}

func newProblem(code, detail string) *Problem {
	p := problems[code]
	return &Problem{Type: "urn:airlock:problem:" + code, Title: p.title, Status: p.status, Detail: detail, Code: code}
}

// limited is a problem that goes away by waiting; at least a second.
func limited(code, detail string, wait time.Duration) *Problem {
	p := newProblem(code, detail)
	p.RetryAfter = int64(max(wait+time.Second-1, time.Second) / time.Second)
	return p
}

// problemOf turns any error of this package into the caller's answer. What is ours to know (NATS,
// S3 credentials) does not go into it.
func problemOf(err error) *Problem {
	var r refusal
	var p *Problem
	var over *quota.Exceeded
	switch {
	case errors.As(err, &over) && over.Limit == "grants_per_minute":
		return limited("rate_limited", "this owner asks for too many grants a minute", over.RetryAfter)
	case errors.As(err, &over) && over.RetryAfter == 0:
		return newProblem("too_large", "this is more than this owner may have open at all (open_bytes); a form without a size counts as the profile's max_bytes")
	case errors.As(err, &over):
		return limited("quota_exceeded", "this owner has too much open ("+over.Limit+"); uploads that get their verdict or end make room", over.RetryAfter)
	case errors.As(err, &p):
		return p
	case errors.As(err, &r):
		return newProblem(r.code, r.detail)
	case errors.Is(err, ErrUnauthenticated), errors.Is(err, ErrNoCredential):
		return newProblem("unauthenticated", "send a valid credential as Authorization: Bearer")
	case errors.Is(err, events.ErrUnavailable):
		return newProblem("unavailable", "the event store cannot be reached; try again in a moment")
	}
	return newProblem("unavailable", "the signer cannot answer now; try again in a moment")
}

// fromHuma turns what huma found wrong with a request into a Problem. It is a huma.Transformer, so
// that no package-level variable of huma has to be replaced.
func fromHuma(_ huma.Context, _ string, v any) (any, error) {
	e, ok := v.(*huma.ErrorModel)
	if !ok {
		return v, nil
	}
	code := "request_invalid"
	if e.Status == http.StatusRequestEntityTooLarge {
		code = "too_large"
	}
	p := newProblem(code, e.Detail)
	p.Status = e.Status
	for _, d := range e.Errors {
		text := d.Message
		if d.Location != "" {
			text = d.Location + ": " + text
		}
		p.Errors = append(p.Errors, text)
	}
	if len(p.Errors) > 0 {
		p.Detail += ": " + strings.Join(p.Errors, "; ")
	}
	return p, nil
}

func writeProblem(w http.ResponseWriter, p *Problem) {
	maps.Copy(w.Header(), p.GetHeaders())
	w.Header().Set("Content-Type", p.ContentType(""))
	w.WriteHeader(p.Status)
	_ = writeJSON(w, p)
}

func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// batchItem is one answer of a batch.
type batchItem struct {
	signed  *Signed
	problem *Problem
}

// MarshalJSON writes the one that is there.
func (o batchItem) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	var err error
	if o.problem != nil {
		err = writeJSON(&b, o.problem)
	} else {
		err = writeJSON(&b, o.signed) // json.Marshal would escape the & of its URL
	}
	return b.Bytes(), err
}

// Schema is that of either.
func (o batchItem) Schema(r huma.Registry) *huma.Schema {
	return &huma.Schema{OneOf: []*huma.Schema{
		r.Schema(reflect.TypeFor[Signed](), true, "Signed"), r.Schema(reflectProblem, true, "Problem"),
	}}
}
