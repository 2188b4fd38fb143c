package validator

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"airlock"
)

func TestABatchHoldsEachKeyOnceAndAHundredOfThem(t *testing.T) {
	d := &deletes{}
	for _, w := range [][2]string{{"x", "1"}, {"x", "2"}, {"y", ""}, {"x", "1"}, {"y", "3"}, {"x", "2"}} {
		d.enter(waitingFor(airlock.Key(w[0]), w[1]))
	}
	for i := range batchLimit {
		d.enter(waitingFor(airlock.Key(fmt.Sprint(i)), ""))
	}
	l := d.buckets["b"]
	for i, want := range []string{"x1 y x1", "x2 y3 x2"} {
		var got []string
		b := l.take(nil)
		for _, one := range b.deletions[:3] {
			got = append(got, string(one.object.Key)+one.etag)
		}
		if got := strings.Join(got, " "); got != want {
			t.Errorf("batch %d begins with %q, want %q", i, got, want)
		}
		if n := len(b.deletions); i == 0 && n != batchLimit+1 || i == 1 && n != 5 {
			t.Errorf("batch %d: %d deletions", i, n)
		}
	}
	if len(l.waiting) != 0 {
		t.Errorf("%d wait for ever", len(l.waiting))
	}
}

// slowly is a store that takes a second for each request, unless it is given up.
func slowly(ctx context.Context, batch []*deletion) map[airlock.Key]deleted {
	select {
	case <-ctx.Done():
	case <-time.After(time.Second):
	}
	results := map[airlock.Key]deleted{}
	for _, one := range batch {
		results[one.object.Key] = deleted{err: ctx.Err()}
	}
	return results
}

func TestACallerWhoLeavesHarmsNoOther(t *testing.T) {
	const ms = time.Millisecond
	type caller struct {
		patience time.Duration // 0: endless
		ends     time.Duration // when it hears; with an error if err
		err      bool
	}
	for name, callers := range map[string][]caller{
		"while another's request is under way":  {{0, 1000 * ms, false}, {500 * ms, 500 * ms, true}, {0, 2000 * ms, false}},
		"while it sends for others, and waits":  {{0, 1000 * ms, false}, {1500 * ms, 2000 * ms, false}, {0, 2000 * ms, false}},
		"while another sends for it":            {{0, 1000 * ms, false}, {0, 2000 * ms, false}, {1500 * ms, 1500 * ms, true}},
		"and with the last of them the request": {{0, 1000 * ms, false}, {1500 * ms, 1600 * ms, true}, {1600 * ms, 1600 * ms, true}},
		"alone":                                 {{300 * ms, 300 * ms, true}},
		"before it came":                        {{1, 1, true}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := &deletes{}
				begun := time.Now()
				var wg sync.WaitGroup
				for i, c := range callers {
					ctx := t.Context()
					if c.patience > 0 {
						var cancel context.CancelFunc
						ctx, cancel = context.WithTimeout(ctx, c.patience)
						defer cancel()
					}
					wg.Go(func() {
						err := d.do(ctx, airlock.Object{Bucket: "b", Key: airlock.Key(fmt.Sprint(i))}, "", slowly).err
						if ended := time.Since(begun); ended != c.ends || errors.Is(err, context.DeadlineExceeded) != c.err || !c.err && err != nil {
							t.Errorf("caller %d heard %v after %s, want after %s", i, err, ended, c.ends)
						}
					})
					synctest.Wait() // in this order
				}
				wg.Wait()
				if l := d.buckets["b"]; len(l.waiting) > 0 || l.leader != nil {
					t.Errorf("left behind: %+v", l)
				}
			})
		})
	}
}

func TestACallerWhoLeavesWhenItsTurnComesHandsItOn(t *testing.T) {
	d := &deletes{}
	mine, next := waitingFor("x", ""), waitingFor("y", "")
	d.enter(mine)
	d.enter(next)
	<-mine.lead
	d.leave(mine)
	select {
	case <-next.lead:
	default:
		t.Error("nobody leads")
	}
	d.leave(next)
	if l := d.buckets["b"]; len(l.waiting) > 0 || l.leader != nil {
		t.Errorf("left behind: %+v", l)
	}
}

func waitingFor(key airlock.Key, etag string) *deletion {
	return &deletion{object: airlock.Object{Bucket: "b", Key: key}, etag: etag, lead: make(chan struct{}), done: make(chan deleted, 1)}
}
