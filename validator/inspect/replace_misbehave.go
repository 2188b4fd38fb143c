//go:build misbehave

package inspect

// In this build some inspectors are what no bound within the process can stop, as one with a fault would
// be: tests of isolation upload files of these types. Nothing ships it.
func replaced(f family) family {
	switch f.name {
	case "wav":
		f.look = func(*look) error { // allocates without end
			for all := [][]byte{}; ; {
				b := make([]byte, 1<<20)
				for i := range b {
					b[i] = 1
				}
				all = append(all, b)
			}
		}
	case "ogg":
		f.look = func(*look) error { // never returns
			for n := 0; ; n++ {
				if n < 0 {
					n = 0
				}
			}
		}
	case "gif":
		f.look = func(*look) error { // ends the process: recover can't help
			var grow func(int) int
			grow = func(n int) int { return grow(n+1) + 1 }
			return func() error { _ = grow(0); return nil }()
		}
	}
	return f
}
