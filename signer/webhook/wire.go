package webhook

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"airlock"
	"airlock/signer"
)

// question is what the application is asked.
type question struct {
	Profile     string            `json:"profile"`
	Owner       *string           `json:"owner"` // null where nobody knows the caller yet
	Filename    string            `json:"filename"`
	ContentType string            `json:"content_type"`
	Size        *int64            `json:"size"` // bytes; null where none was promised
	Method      airlock.Method    `json:"method"`
	Metadata    map[string]string `json:"metadata"`
	Headers     map[string]string `json:"headers"`
}

func (h *Hook) question(a signer.Asked) ([]byte, error) {
	q := question{
		Profile: a.Profile, Filename: a.Filename, ContentType: a.ContentType, Method: a.Method,
		Metadata: a.Metadata, Headers: map[string]string{},
	}
	if a.Owner != "" {
		q.Owner = &a.Owner
	}
	if a.Size != 0 {
		q.Size = &a.Size
	}
	if q.Metadata == nil {
		q.Metadata = map[string]string{}
	}
	for _, name := range h.headers {
		if values := a.Header.Values(name); len(values) > 0 {
			q.Headers[name] = strings.Join(values, ", ")
		}
	}
	return json.Marshal(q)
}

// answer is what the application says. Fields that are not here are for later versions, and ignored.
type answer struct {
	Allow    *bool             `json:"allow"`
	Owner    string            `json:"owner"`
	MaxBytes *int64            `json:"max_bytes"`
	Types    *[]string         `json:"types"`
	Metadata map[string]string `json:"metadata"`
	Detail   string            `json:"detail"`
}

// readAnswer returns [signer.Denied] for a no. known is the owner that the question named, or "".
func readAnswer(data []byte, known string) (signer.Approval, error) {
	var a answer
	if err := json.Unmarshal(data, &a); err != nil {
		return signer.Approval{}, fmt.Errorf("the answer is not understood: %w", err)
	}
	switch {
	case a.Allow == nil:
		return signer.Approval{}, errors.New("the answer does not say allow")
	case !*a.Allow:
		return signer.Approval{}, signer.Denied(plainDetail(a.Detail))
	case a.Owner == "" && known == "":
		return signer.Approval{}, errors.New("the answer allows, and names no owner; nobody else knows the caller")
	case a.Owner != "" && !signer.OwnerName(a.Owner):
		return signer.Approval{}, fmt.Errorf("the answer's owner %.40q must be 1 to 255 bytes of printable text, and not *", a.Owner)
	case a.Owner != "" && known != "" && a.Owner != known:
		return signer.Approval{}, fmt.Errorf("the answer's owner %.40q is not %.40q, who asks", a.Owner, known)
	case a.MaxBytes != nil && *a.MaxBytes < 1:
		return signer.Approval{}, fmt.Errorf("the answer's max_bytes is %d; to allow nothing, answer allow: false", *a.MaxBytes)
	case a.Types != nil && len(*a.Types) == 0: // for signer.Approval, none is all
		return signer.Approval{}, errors.New("the answer's types are none; to allow nothing, answer allow: false")
	}
	approval := signer.Approval{Owner: a.Owner, Metadata: a.Metadata}
	if a.MaxBytes != nil {
		approval.MaxBytes = *a.MaxBytes
	}
	if a.Types != nil {
		approval.Types = *a.Types
	}
	return approval, nil
}

const (
	maxDetail     = 200 // bytes; it is shown to a person
	defaultDetail = "the application does not allow this upload"
)

// plainDetail is an application's text that can be shown and logged: printable, and cut to length.
func plainDetail(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsPrint(r):
			return r
		}
		return -1
	}, s)
	if s = strings.TrimSpace(s); len(s) > maxDetail {
		cut := maxDetail
		for !utf8.RuneStart(s[cut]) {
			cut--
		}
		s = strings.TrimSpace(s[:cut])
	}
	if s == "" {
		return defaultDetail
	}
	return s
}
