package validator

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/time/rate"
)

// Redrive says how to send dead letters back. The zero value leaves all to the store.
type Redrive struct {
	PerSecond int  // messages; 0: as fast as it goes
	NoWait    bool // return when the store has begun
	// OneByOne carries the messages instead of having the store move them, as is done where the
	// store cannot. All go to the queue, whichever they came from.
	OneByOne bool
	// Progress is called now and then, if given; of is 0 where the number is not known.
	Progress func(moved, of int)
}

// ErrStopped tells that messages are left in the dead-letter queue.
var ErrStopped = errors.New("the redrive stopped before its end")

// How often a move is looked at, and how long it may stand still until it is given up.
const (
	movePoll     = 200 * time.Millisecond
	movePollMost = 3 * time.Second
	movePatience = 5 * time.Minute
)

// Redrive sends the messages of the dead-letter queue back to where they came from and returns how
// many went, about; with NoWait 0. None is lost, however it ends: a move that the store has begun goes
// on without us.
func (d DeadLetters) Redrive(ctx context.Context, r Redrive) (moved int, err error) {
	if r.Progress == nil {
		r.Progress = func(int, int) {}
	}
	dlq, arn, err := d.Queue.deadLetters(ctx)
	if err != nil {
		return 0, err
	}
	if r.OneByOne {
		return d.carryAll(ctx, dlq, r)
	}
	before, err := d.Queue.newestMove(ctx, arn)
	if err == nil {
		err = d.Queue.startMove(ctx, arn, r.PerSecond)
	}
	switch {
	case errors.Is(err, errNoMoves):
		return d.carryAll(ctx, dlq, r)
	case err != nil || r.NoWait:
		return 0, err
	}
	return d.await(ctx, arn, before.started, r)
}

// await follows the move that began after the one of before.
func (d DeadLetters) await(ctx context.Context, arn string, before int64, r Redrive) (moved int, err error) {
	last := time.Now()
	for pause := movePoll; ; pause = min(2*pause, movePollMost) {
		m, err := d.Queue.newestMove(ctx, arn)
		switch {
		case err != nil && ctx.Err() == nil:
			return moved, err
		case err == nil && m.started != before:
			if m.moved != moved {
				moved, last = m.moved, time.Now()
				r.Progress(moved, m.of)
			}
			if m.failure != "" {
				return moved, fmt.Errorf("%w: %s", ErrStopped, m.failure)
			}
			if !m.running {
				return moved, nil
			}
		}
		if time.Since(last) > movePatience {
			return moved, fmt.Errorf("%w: nothing moved for %s, though the store says that it does", ErrStopped, movePatience)
		}
		if err := sleep(ctx, pause); err != nil {
			return moved, fmt.Errorf("the store moves on without us: %w", err)
		}
	}
}

// carryAll ends when nothing is left but what came meanwhile, maybe what was carried before.
func (d DeadLetters) carryAll(ctx context.Context, dlq *SQS, r Redrive) (moved int, err error) {
	limit := rate.NewLimiter(rate.Inf, 1)
	if r.PerSecond > 0 {
		limit.SetLimit(rate.Limit(r.PerSecond))
	}
	var kept []Message
	defer func() {
		for batch := range slices.Chunk(kept, batchSize) {
			_, _ = dlq.Hide(context.WithoutCancel(ctx), batch, 0)
		}
	}()
	for began := time.Now(); ; {
		sent, newer, err := d.Queue.carry(ctx, dlq, began, limit.Wait)
		moved, kept = moved+sent, append(kept, newer...)
		if err != nil {
			return moved, fmt.Errorf("%w: %w", ErrStopped, err)
		}
		if sent == 0 {
			return moved, nil
		}
		r.Progress(moved, 0)
	}
}
