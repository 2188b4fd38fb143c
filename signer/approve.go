package signer

import (
	"context"
	"net/http"

	"airlock"
)

// An Approver is asked about each upload before it is signed: may this caller do this? It may only
// narrow what the rules allow.
type Approver interface {
	// Approve returns [Denied] to refuse; any other error counts as unavailable.
	Approve(ctx context.Context, a Asked) (Approval, error)
}

// Asked is what an [Approver] is asked.
type Asked struct {
	Profile     string
	Owner       string // "" where no [Authorizer] knew the caller
	Filename    string
	ContentType string
	Size        int64 // bytes; 0 where the client promised none
	Method      airlock.Method
	Metadata    map[string]string
	Header      http.Header // of the client's request
}

// Approval is what an [Approver] allows; the zero value changes nothing.
type Approval struct {
	Owner    string            // whose upload it will be; needed where [Asked] names none
	MaxBytes int64             // 0: what the profile says
	Types    []string          // of the profile's; none: all of them
	Metadata map[string]string // instead of the client's; nil: the client's
}

// Denied is an [Approver]'s no; its text is told to the client.
type Denied string

// Error is the text.
func (d Denied) Error() string { return string(d) }
