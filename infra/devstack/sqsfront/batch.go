package sqsfront

import (
	"errors"
	"log/slog"
	"sync"
)

// batchDone is the result of an entry that has nothing else to say.
type batchDone struct{ Id string }

type batchFailed struct {
	Id          string
	Code        string
	Message     string
	SenderFault bool
}

type batchAnswer struct {
	Successful []any
	Failed     []batchFailed
}

// batch checks the entries' ids and does the entries side by side. What is wrong with one entry is that entry's failure alone;
// an error that isn't the client's doing fails its entry too, and is logged.
func batch[E any](log *slog.Logger, entries []E, id func(E) string, do func(E) (any, error)) (any, error) {
	if err := checkBatch(entries, id); err != nil {
		return nil, err
	}
	done, errs := make([]any, len(entries)), make([]error, len(entries))
	each(len(entries), func(i int) { done[i], errs[i] = do(entries[i]) })
	out := batchAnswer{Successful: []any{}, Failed: []batchFailed{}}
	for i, err := range errs {
		var e *apiError
		switch {
		case err == nil:
			out.Successful = append(out.Successful, done[i])
		case errors.Is(err, ErrNoQueue):
			return nil, err
		case errors.As(err, &e):
			out.Failed = append(out.Failed, batchFailed{id(entries[i]), queryCode(e.code), e.message, true})
		default:
			log.Error("SQS batch entry failed", "err", err)
			out.Failed = append(out.Failed, batchFailed{id(entries[i]), "InternalFailure", "Try again.", false})
		}
	}
	return out, nil
}

func checkBatch[E any](entries []E, id func(E) string) error {
	if len(entries) == 0 {
		return failure("EmptyBatchRequest", "There should be at least one entry in the request.")
	}
	if len(entries) > 10 {
		return failure("TooManyEntriesInBatchRequest", "Maximum number of entries per request are 10. You have sent %d.", len(entries))
	}
	seen := map[string]bool{}
	for _, e := range entries {
		switch {
		case !plainName(id(e)):
			return failure("InvalidBatchEntryId", "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.")
		case seen[id(e)]:
			return failure("BatchEntryIdsNotDistinct", "Id %s repeated.", id(e))
		}
		seen[id(e)] = true
	}
	return nil
}

// each calls do(0) ... do(n-1) side by side and waits for all. n is at most a batch.
func each(n int, do func(i int)) {
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { do(i) })
	}
	wg.Wait()
}
