package validator

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestTheIntakeGrowsWhileItIsFullAndHalvesWhenItIsTooMuch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := newIntake(256)
		if n := i.now(); n != firstInFlight {
			t.Errorf("begins with %d", n)
		}
		for range 2000 {
			n := i.take(t.Context(), batchSize)
			i.done(n) // never full: nothing says that more would be taken
		}
		if n := i.now(); n != firstInFlight {
			t.Errorf("an idle intake grew to %d", n)
		}
		for i.held < i.now() {
			i.take(t.Context(), batchSize)
		}
		for range 10_000 {
			i.done(1)
			i.take(t.Context(), i.now()-i.held)
		}
		if n := i.now(); n != 256 {
			t.Errorf("a full intake grew to %d, want 256", n)
		}
		for range 10 {
			i.tooMuch() // many see the same trouble
		}
		if n := i.now(); n != 128 {
			t.Errorf("halved to %d", n)
		}
		for range 10 {
			time.Sleep(halveEvery)
			i.tooMuch()
		}
		if n := i.now(); n != leastInFlight {
			t.Errorf("at last %d, want %d", n, leastInFlight)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if n := i.take(ctx, 1); n != 0 {
			t.Errorf("%d more were let in", n)
		}
	})
}

func TestOneOwnerLeavesRoomForOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := newIntake(256)
		var mu sync.Mutex
		done := map[string]time.Duration{}
		began := time.Now()
		var working sync.WaitGroup
		handle := func(owner string, d time.Duration) {
			i.take(t.Context(), 1)
			working.Go(func() {
				defer i.free(1)
				here, err := i.admit(t.Context(), owner)
				if err != nil {
					t.Error(err)
					return
				}
				defer here.release()
				time.Sleep(d)
				mu.Lock()
				defer mu.Unlock()
				done[owner] = max(done[owner], time.Since(began))
			})
		}
		for range 200 {
			handle("slow", time.Minute)
			synctest.Wait()
		}
		for n := range 16 {
			handle(fmt.Sprint("quick ", n%4), time.Second)
		}
		working.Wait()
		for n := range 4 {
			if d := done[fmt.Sprint("quick ", n)]; d != time.Second {
				t.Errorf("a quick owner waited for the slow one: %s", d)
			}
		}
		if want := 5 * time.Minute; done["slow"] != want { // 200 by 48 at once
			t.Errorf("the slow one took %s, want %s", done["slow"], want)
		}
		if i.held != 0 || i.parked != 0 || len(i.busy) != 0 || len(i.queued) != 0 {
			t.Errorf("left: %+v", i)
		}
	})
}

func TestWhatWaitsToBeInspectedAloneLetsOthersPast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := newIntake(256)
		cell := make(chan struct{})
		var waiting sync.WaitGroup
		waits := func() {
			if i.take(t.Context(), 1) == 0 {
				t.Error("it takes none any more")
			}
			waiting.Go(func() {
				defer i.free(1)
				here, err := i.admit(t.Context(), "one")
				if err != nil {
					t.Error(err)
					return
				}
				defer here.release()
				back, _ := here.aside()
				<-cell
				back()
			})
			synctest.Wait()
		}
		for range mostAside {
			waits()
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		most := i.now()
		for n := range most { // as many as ever may be worked on beside them
			if i.take(ctx, 1) == 0 {
				t.Fatalf("%d are let past, want %d", n, most)
			}
		}
		if i.take(ctx, 1) != 0 {
			t.Error("more than ever are let past")
		}
		if here, err := i.admit(t.Context(), "one"); err != nil { // their owner's own share is free, too
			t.Error(err)
		} else {
			here.release()
		}
		i.free(most)
		waits() // one too many keeps its place
		if got := i.take(t.Context(), most); got != most-1 {
			t.Errorf("%d are let past where one more waits than may be aside, want %d", got, most-1)
		}
		i.free(most - 1)
		close(cell)
		waiting.Wait()
		if i.aside != 0 || i.held != 0 || i.parked != 0 || len(i.busy) != 0 {
			t.Errorf("left: %d aside, %d held, %d parked, busy %v", i.aside, i.held, i.parked, i.busy)
		}
	})
}

func TestTheIntakeHoldsNoMoreThanItMay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := newIntake(100)
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		var waiting sync.WaitGroup
		n := 0
		for got := i.take(ctx, batchSize); got > 0; got = i.take(ctx, batchSize) {
			n += got
			for range got {
				waiting.Go(func() {
					if _, err := i.admit(ctx, "one"); err != nil && !errors.Is(err, context.DeadlineExceeded) {
						t.Error(err)
					}
				})
			}
			synctest.Wait()
		}
		waiting.Wait()
		if n != 100 {
			t.Errorf("%d are held, want 100", n)
		}
		if i.parked != 0 || len(i.queued) != 0 {
			t.Errorf("who gave up still waits: %d parked", i.parked)
		}
	})
}
