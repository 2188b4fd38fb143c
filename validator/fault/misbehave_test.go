//go:build misbehave

package fault

import (
	"os"
	"strconv"
)

const misbehaves = true

// misbehaving is how many of each kind are uploaded at once.
var misbehaving = func() int {
	if n, err := strconv.Atoi(os.Getenv("AIRLOCK_MISBEHAVING")); err == nil {
		return n
	}
	return 2
}()
