//go:build !unix

package inspect

import "time"

var started = time.Now()

// processTime is what went by since the process began: nothing better is known here.
func processTime() time.Duration { return time.Since(started) }
