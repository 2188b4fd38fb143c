//go:build !misbehave

package fault

const (
	misbehaves  = false
	misbehaving = 0
)
