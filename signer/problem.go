package signer

import (
	"errors"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"airlock/events"
)

// Problem is how the API says no (RFC 9457), with a code that stays the same for ever.
type Problem struct {
	Type   string   `json:"type" example:"urn:airlock:problem:too_large"`
	Title  string   `json:"title"`
	Status int      `json:"status"`
	Detail string   `json:"detail" doc:"For people: what to do"`
	Code   string   `json:"code" doc:"Stable" example:"too_large"`
	Errors []string `json:"errors,omitempty" doc:"Where the request was not understood"`
}

// Error is the problem for people.
func (p *Problem) Error() string { return p.Code + ": " + p.Detail }

// GetStatus is the HTTP status; huma asks for it.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType is RFC 9457's; huma asks for it.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// problems is the one table of stable codes and their HTTP status. The client reads it too.
var problems = map[string]struct {
	status int
	title  string
}{
	"request_invalid":    {http.StatusUnprocessableEntity, "The request was not understood"},
	"profile_unknown":    {http.StatusUnprocessableEntity, "There is no such profile"},
	"type_invalid":       {http.StatusUnprocessableEntity, "The content type is not one"},
	"type_not_allowed":   {http.StatusUnprocessableEntity, "The profile does not take this content type"},
	"extension_mismatch": {http.StatusUnprocessableEntity, "The extension does not fit the content type"},
	"filename_invalid":   {http.StatusUnprocessableEntity, "The file name is not safe"},
	"size_invalid":       {http.StatusUnprocessableEntity, "The size is not one"},
	"checksum_invalid":   {http.StatusUnprocessableEntity, "The checksum is not one"},
	"metadata_invalid":   {http.StatusUnprocessableEntity, "The metadata is not allowed"},
	"method_not_allowed": {http.StatusUnprocessableEntity, "The profile does not take this method"},
	"too_large":          {http.StatusRequestEntityTooLarge, "Too large"},
	"unauthenticated":    {http.StatusUnauthorized, "No valid credential"},
	"forbidden":          {http.StatusForbidden, "Not allowed"},
	"not_found":          {http.StatusNotFound, "Not found"},
	"upload_closed":      {http.StatusConflict, "The upload has ended"},
	"rate_limited":       {http.StatusTooManyRequests, "Too many requests"},
	"unavailable":        {http.StatusServiceUnavailable, "Unavailable"},
}

func newProblem(code, detail string) *Problem {
	p := problems[code]
	return &Problem{Type: "urn:airlock:problem:" + code, Title: p.title, Status: p.status, Detail: detail, Code: code}
}

// problemOf turns any error of this package into the caller's answer. What is ours to know (NATS,
// S3 credentials) does not go into it.
func problemOf(err error) *Problem {
	var r refusal
	var p *Problem
	switch {
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
