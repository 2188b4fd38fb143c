package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"os"
	"runtime/debug"

	"airlock/validator"
	"airlock/validator/isolation"
)

// inspects starts the processes that w's uploads are inspected in; close ends them. ended hears of those that
// end by what they inspect; it may be nil.
func (w *work) inspects(ctx context.Context, log *slog.Logger, ended func(room, how string)) (err error) {
	if err := validator.NeedsFiles(); err != nil {
		return err
	}
	i, err := isolation.Start(ctx, isolation.Settings{Log: log, Ended: ended})
	switch {
	case errors.Is(err, isolation.ErrTooLittle):
		return fmt.Errorf("%w: %w", errConfig, err)
	case err != nil:
		return err
	}
	// The rest of the cgroup's memory is this process's, unless somebody says otherwise.
	if l := i.Limits().Parent; os.Getenv("GOMEMLIMIT") == "" && l > 0 && l < math.MaxInt64/2 {
		debug.SetMemoryLimit(l)
	}
	before := w.close
	w.validator.Inspector, w.close = i, func() { i.Close(); before() }
	return nil
}
