//go:build unix

package inspect

import (
	"syscall"
	"time"
)

// processTime is how long this process used processors (getrusage(2)), about half a microsecond's work to
// ask for.
func processTime() time.Duration {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		return 0
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}
