package main

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"airlock/infra/crew"
)

// memory is the resident memory of one validator over time.
type memory struct {
	mu      sync.Mutex
	samples []int64 // bytes, one per second
}

// watch samples until ctx ends.
func (m *memory) watch(ctx context.Context, r *crew.Running) {
	for pause(ctx, time.Second) {
		if n := r.Resident(); n > 0 {
			m.mu.Lock()
			m.samples = append(m.samples, n)
			m.mu.Unlock()
		}
	}
}

// thirds are the means of the first and the last third of the time.
func (m *memory) thirds() (first, last int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := len(m.samples) / 3
	if n == 0 {
		return 0, 0
	}
	return mean(m.samples[:n]), mean(m.samples[len(m.samples)-n:])
}

func mean(all []int64) int64 {
	var sum int64
	for _, n := range all {
		sum += n
	}
	return sum / int64(len(all))
}

// slack is what the runtime may take without meaning anything: pools of connections and buffers fill up
// for a while.
const slack = 10 << 20

// flat tells whether the last third took no more than the first: a tenth, and the slack.
func (m *memory) flat() bool {
	first, last := m.thirds()
	return last <= first+first/10+slack
}

// String draws it, a column for each part of the time.
func (m *memory) String() string {
	first, last := m.thirds()
	m.mu.Lock()
	defer m.mu.Unlock()
	if first == 0 {
		return "memory: too short a time to tell"
	}
	const columns = 60
	var most int64
	var parts []int64
	step := max(1, len(m.samples)/columns)
	for i := 0; i+step <= len(m.samples); i += step {
		parts = append(parts, mean(m.samples[i:i+step]))
		most = max(most, parts[len(parts)-1])
	}
	var b strings.Builder
	for _, p := range parts {
		b.WriteRune([]rune("▁▂▃▄▅▆▇█")[min(7, 8*p/(most+1))])
	}
	return fmt.Sprintf("memory of the validator that lived through all: %s\nfirst third %.1f MiB, last third %.1f MiB, most %.1f MiB",
		b.String(), mib(first), mib(last), mib(most))
}

func mib(n int64) float64 { return float64(n) / (1 << 20) }
