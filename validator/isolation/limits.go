package isolation

import (
	"errors"
	"fmt"
	"math"

	"github.com/KimMachineGun/automemlimit/memlimit"

	"airlock/validator/inspect"
)

// Limits are what this process and its children may use of memory, in bytes (PROTOCOL 18). Together they
// stay below nine tenths of what the cgroup may: where the kernel ends a child for want of memory it may end
// the parent as well (memory.oom.group, which Kubernetes sets since 1.28), so that each child's own limit
// must come first.
type Limits struct {
	Parent int64 // what is left to the validator itself
	Common int64 // of the child that inspects all uploads
	Cell   int64 // of the one that inspects suspects
	Heavy  int   // inspections at once that hold much memory
}

const (
	leastParent = 96 << 20
	cellMemory  = 96 << 20 // what one inspection may hold, its buffers, and Go itself
	commonBase  = 80 << 20 // Go itself, and the caches and buffers of those that are light
	commonHeavy = inspect.MemoryOfOne + 8<<20
	mostHeavy   = 4
)

// FitLimits are the limits that fit the memory of this process's cgroup, or of the machine where it has
// none. ErrTooLittle says how much is too little.
func FitLimits() (Limits, error) {
	whole, err := memlimit.FromCgroup()
	if err != nil || whole == 0 || whole > math.MaxInt64 {
		whole = math.MaxInt64 // no cgroup, or none with a limit
	}
	return fit(int64(whole))
}

// ErrTooLittle tells that the memory of the cgroup does not suffice.
var ErrTooLittle = errors.New("too little memory")

// fit divides whole: as many heavy inspections as there is room for, and the rest to the parent.
func fit(whole int64) (Limits, error) {
	may := whole / 10 * 9
	for heavy := mostHeavy; heavy > 0; heavy-- {
		l := Limits{Common: commonBase + int64(heavy)*commonHeavy, Cell: cellMemory, Heavy: heavy}
		if l.Parent = may - l.Common - l.Cell; l.Parent >= leastParent {
			return l, nil
		}
	}
	least := (leastParent + cellMemory + commonBase + commonHeavy) / 9 * 10
	return Limits{}, fmt.Errorf("%w: the limit of this process's cgroup is %d MiB, and a validator needs %d: 512 are right for most", ErrTooLittle, whole>>20, least>>20+1)
}
