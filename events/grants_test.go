package events

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"airlock"
	"airlock/internal/pace"
)

func TestGrantsAreListedUntilTheyArePurged(t *testing.T) {
	_, s := startNATS(t)
	listed := func() map[string]airlock.Grant {
		found := map[string]airlock.Grant{}
		for g, err := range s.Grants(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			found[g.ID] = g
		}
		return found
	}
	if got := listed(); len(got) != 0 {
		t.Fatalf("in an empty bucket: %v", got)
	}
	const many = 200
	for n := range many {
		if err := s.CreateGrant(t.Context(), airlock.Grant{ID: upload(n), Profile: "image", Size: int64(n)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.PurgeGrant(t.Context(), upload(7)); err != nil {
		t.Fatal(err)
	}
	got := listed()
	if _, found := got[upload(7)]; len(got) != many-1 || found || got[upload(8)].Size != 8 {
		t.Errorf("%d grants: %v", len(got), slices.Sorted(maps.Keys(got)))
	}
	for range s.Grants(t.Context()) { // whoever stops early holds nothing up
		break
	}
}

func TestGrantsCannotBeListedWithoutNATS(t *testing.T) {
	nc, s := startNATS(t)
	nc.Close()
	for _, err := range s.Grants(t.Context()) {
		if !errors.Is(err, ErrUnavailable) {
			t.Errorf("%v", err)
		}
		return
	}
	t.Error("no error and no grant")
}

func TestATurnIsTakenOnceInItsTime(t *testing.T) {
	_, s := startNATS(t)
	var last time.Time // before the last turn was asked for
	for turns := range 3 {
		pace.Eventually(t, 10*time.Second, fmt.Sprint("turn ", turns), func() bool {
			asked := time.Now()
			mine, err := s.Turn(t.Context(), "sweep", time.Second)
			if err != nil {
				t.Fatal(err)
			}
			if mine && time.Since(last) < 900*time.Millisecond {
				t.Errorf("turn %d came %s after the one before, of a second", turns, time.Since(last))
			}
			if mine {
				last = asked
			}
			return mine
		})
	}
}
