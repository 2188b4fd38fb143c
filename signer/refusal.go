package signer

import "fmt"

// A refusal is what a caller did wrong, with the stable code that says so (see problems).
type refusal struct{ code, detail string }

func (r refusal) Error() string { return r.code + ": " + r.detail }

func refuse(code, format string, a ...any) error {
	return refusal{code, fmt.Sprintf(format, a...)}
}
