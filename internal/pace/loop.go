package pace

import "time"

// rounds of the loop are some 20 ms of the reference machine: several turns of a scheduler, so that
// whoever else wants the processor gets his.
const (
	rounds    = 12_000_000
	usualLoop = 20 * time.Millisecond
)

// loop is arithmetic alone. It takes no memory, and no instruction that some processors lack, and the
// race detector leaves it as it is: what it measures is the share of a processor that one gets.
func loop() float64 {
	began := time.Now()
	if x := scramble(rounds); x == 0 {
		panic("pace: a xorshift never gets to 0")
	}
	return float64(time.Since(began)) / float64(usualLoop)
}

// scramble is Marsaglia's xorshift, whose every step needs the one before.
func scramble(n int) uint64 {
	x := uint64(1)
	for range n {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
	}
	return x
}
