//go:build misbehave

package isolation

import (
	"bytes"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"airlock"
	"airlock/internal/pace"
	"airlock/validator/inspect"
)

// In this build (go test -tags misbehave ./validator/isolation) the inspectors of wav, ogg and gif do what
// no bound within a process can stop.
var misbehaving = map[string]string{
	"audio/wav": "allocates without end",
	"audio/ogg": "never returns",
	"image/gif": "recurses until the process ends",
}

func misbehaved(mediaType string) inspect.Upload {
	p := airlock.Profile{Name: "misbehave", Types: []string{mediaType}, MaxBytes: 1 << 30}.WithDefaults()
	return inspect.Upload{Profile: p, Type: mediaType, Name: "a", Size: 10, Bytes: bytes.NewReader(make([]byte, 10))}
}

// A file that no bound stops ends its own inspection, and is uninspectable.
func TestAFileEndsItsOwnInspectionOnly(t *testing.T) {
	i := begin(t)
	for mediaType, what := range misbehaving {
		r, err := i.Inspect(t.Context(), misbehaved(mediaType))
		if err != nil || r.Finding == nil || r.Finding.Reason != airlock.Uninspectable {
			t.Errorf("%s: %+v, %v", what, r, err)
			continue
		}
		t.Logf("%s: %s", what, r.Finding.Detail)
	}
	if r, err := i.Inspect(t.Context(), large()); err != nil || r.Finding != nil {
		t.Errorf("what is honest, after them: %+v, %v", r, err)
	}
}

// Many at once: each is uninspectable, and what is honest goes on at nearly its own rate.
func TestManyAtOnceDontHoldUpTheOthers(t *testing.T) {
	i := begin(t)
	honestRate := func(until func() bool) float64 {
		var n atomic.Int64
		var all sync.WaitGroup
		began := time.Now()
		for range 8 {
			all.Go(func() {
				for !until() {
					if r, err := i.Inspect(t.Context(), large()); err != nil || r.Finding != nil {
						t.Errorf("%+v, %v", r, err)
						return
					}
					n.Add(1)
				}
			})
		}
		all.Wait()
		return float64(n.Load()) / time.Since(began).Seconds()
	}
	quiet := time.Now().Add(pace.Scaled(3 * time.Second))
	alone := honestRate(func() bool { return time.Now().After(quiet) })
	var bad sync.WaitGroup
	var judged atomic.Int64
	const each = 2
	for mediaType := range misbehaving {
		for range each {
			bad.Go(func() {
				r, err := i.Inspect(t.Context(), misbehaved(mediaType))
				if err != nil || r.Finding == nil || r.Finding.Reason != airlock.Uninspectable {
					t.Errorf("%s: %+v, %v", misbehaving[mediaType], r, err)
				}
				judged.Add(1)
			})
		}
	}
	beside := honestRate(func() bool { return judged.Load() == int64(each*len(misbehaving)) })
	bad.Wait()
	t.Logf("%.0f honest files a second alone, %.0f beside %d that misbehave: %.2f", alone, beside, each*len(misbehaving), beside/alone)
}
