package pace

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// thatIs is a machine that measures as one factor after another, and then stays at the last.
func thatIs(factors ...float64) *machine {
	return &machine{loop: func() float64 {
		f := factors[0]
		if len(factors) > 1 {
			factors = factors[1:]
		}
		return f
	}}
}

func TestTheWorstFigureCountsFromOneToTheGreatest(t *testing.T) {
	for name, c := range map[string]struct {
		loop  float64
		found []float64
		want  time.Duration // of 10 s
	}{
		"a faster machine":         {0.2, nil, 10 * time.Second},
		"the reference machine":    {1, nil, 10 * time.Second},
		"a slower one":             {3.3, nil, 33 * time.Second},
		"one with a slow store":    {1.5, []float64{4}, 40 * time.Second},
		"one with a fast store":    {3, []float64{0.5}, 30 * time.Second},
		"load that came and went":  {1, []float64{6, 1}, time.Minute},
		"one that is stuck":        {1000, nil, 400 * time.Second},
		"one whose store is stuck": {1, []float64{41}, 400 * time.Second},
	} {
		m := thatIs(c.loop)
		for _, f := range c.found {
			m.found(f)
		}
		if got := m.wait(10 * time.Second).bound(); got.Round(time.Microsecond) != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestAWaitGoesOnAsLongAsTheMachineBecomesSlower(t *testing.T) {
	for name, c := range map[string]struct {
		factors []float64
		want    time.Duration
		says    string
	}{
		"it stays":                     {[]float64{1}, 10 * time.Second, "not within 10s x 1.0"},
		"it is slow and stays so":      {[]float64{3}, 30 * time.Second, "not within 10s x 3.0"},
		"it becomes slower once":       {[]float64{1, 2.5}, 25 * time.Second, "not within 10s x 2.5"},
		"and again":                    {[]float64{1, 2, 5}, 50 * time.Second, "not within 10s x 5.0"},
		"it becomes faster":            {[]float64{4, 1}, 40 * time.Second, "not within 10s x 4.0"},
		"ever slower, up to the bound": {[]float64{1, 30, 100, 1000}, 400 * time.Second, "not within 10s x 40.0"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				ctx, stop := thatIs(c.factors...).context(t.Context(), 10*time.Second)
				defer stop()
				latest, told := ctx.Deadline()
				<-ctx.Done()
				if !told || latest.Before(time.Now()) {
					t.Errorf("it told that it ends by %s, told %t", latest, told)
				}
				if took := time.Since(began); took != c.want {
					t.Errorf("it ended after %s, want %s", took, c.want)
				}
				if err := context.Cause(ctx); err.Error() != c.says || !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("it says %v, want %s", err, c.says)
				}
			})
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				err := thatIs(c.factors...).eventually(10*time.Second, func() bool { return false })
				if took := time.Since(began); took < c.want || took > c.want+pollEvery {
					t.Errorf("polling ended after %s, want %s", took, c.want)
				}
				if err == nil || err.Error() != c.says {
					t.Errorf("polling says %v, want %s", err, c.says)
				}
			})
		})
	}
}

func TestAWaitEndsWhenItsCallerDoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		parent, cancel := context.WithCancelCause(t.Context())
		ctx, stop := thatIs(1).context(parent, time.Minute)
		defer stop()
		cancel(context.Canceled)
		<-ctx.Done()
		if err := context.Cause(ctx); err != context.Canceled {
			t.Errorf("it says %v", err)
		}
		other, stop := thatIs(1).context(t.Context(), time.Minute)
		stop()
		if other.Err() == nil {
			t.Error("it goes on after its end")
		}
	})
}

func TestPollingLooksOnceMoreAfterAPauseInWhichTheMachineStoodStill(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		looks := 0
		err := thatIs(1).eventually(10*time.Millisecond, func() bool { looks++; return looks == 2 }) // a pause is 20 ms
		if err != nil {
			t.Error(err)
		}
	})
}

func TestWhatComesIsReceivedAndTheEndToo(t *testing.T) {
	c := make(chan int, 1)
	c <- 7
	if got := Receive(t, time.Minute, "a number", c); got != 7 {
		t.Errorf("%d came", got)
	}
	close(c)
	if got := Receive(t, time.Minute, "the end", c); got != 0 {
		t.Errorf("%d came at the end", got)
	}
}

func TestTheLoopMeasuresThisMachine(t *testing.T) {
	if f := loop(); f <= 0 {
		t.Errorf("a factor of %g", f)
	}
	if a, b := scramble(rounds), scramble(rounds); a != b || a == 0 {
		t.Errorf("the loop is not the same each time: %d, %d", a, b)
	}
}
