package signer

import (
	"context"
	"hash/maphash"
	"time"

	"golang.org/x/time/rate"

	"airlock/events"
)

// What may be asked of an upload: its status, and to look at it now.

type getInput struct {
	ID          string `path:"id" doc:"Upload id"`
	UploadToken string `query:"upload_token" doc:"Instead of the Authorization header"`
	Wait        string `query:"wait" doc:"Wait so long for the verdict, at most 55s" example:"30s"`
}

type getOutput struct{ Body Status }

func (a *Handler) get(ctx context.Context, in *getInput) (*getOutput, error) {
	wait, err := parseWait(in.Wait)
	if err != nil {
		return nil, a.answer(ctx, err)
	}
	owns, err := a.mayAsk(ctx, in.ID, in.UploadToken)
	if err != nil {
		return nil, a.answer(ctx, err)
	}
	status, err := a.status(ctx, in.ID, owns, wait)
	if err != nil {
		return nil, a.answer(ctx, err)
	}
	return &getOutput{status}, nil
}

func parseWait(s string) (time.Duration, error) {
	if s == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(s)
	if err != nil || d < 0 {
		return 0, refuse("request_invalid", "wait must be a duration such as 30s")
	}
	return min(d, maxWait), nil
}

// status reads grant first, then verdict; if the grant is gone it was replaced by a verdict
// meanwhile, or there never was one (PROTOCOL section 2).
func (a *Handler) status(ctx context.Context, id string, owns func(string) bool, wait time.Duration) (Status, error) {
	g, open, err := a.Store.Grant(ctx, id)
	if err != nil {
		return Status{}, err
	}
	if open && !owns(g.Owner) {
		return Status{}, errNotFound
	}
	var v events.Verdict
	var ended bool
	if open && wait > 0 {
		ctx, cancel := context.WithTimeout(ctx, wait)
		defer cancel()
		v, ended, err = a.feed.Wait(ctx, id)
	} else {
		v, ended, err = a.Store.Last(ctx, id)
	}
	switch {
	case err != nil:
		return Status{}, err
	case ended && owns(v.Owner):
		return endedStatus(v), nil
	case open && !ended:
		return openStatus(g), nil
	}
	return Status{}, errNotFound
}

type hintInput struct {
	ID string `path:"id" doc:"Upload id"`
}

func (a *Handler) uploaded(ctx context.Context, in *hintInput) (*struct{}, error) {
	owns, err := a.mayAsk(ctx, in.ID, "")
	if err != nil {
		return nil, a.answer(ctx, err)
	}
	if _, err := a.status(ctx, in.ID, owns, 0); err != nil {
		return nil, a.answer(ctx, err)
	}
	if !a.hints.allow(in.ID) {
		return nil, limited("rate_limited", "one hint is enough", time.Second)
	}
	if err := a.Store.Hint(in.ID); err != nil { // lossy by design: the queue brings it all the same
		a.log.WarnContext(ctx, "a hint was lost", "upload", in.ID, "error", err)
	}
	return nil, nil
}

// hintLimits bounds hints per upload: two at once, then one a second. Uploads share 4096 limiters,
// so that memory is bounded; to be wrongly refused costs only time.
type hintLimits [4096]*rate.Limiter

var hintSeed = maphash.MakeSeed()

func newHintLimits() *hintLimits {
	h := &hintLimits{}
	for i := range h {
		h[i] = rate.NewLimiter(1, 2)
	}
	return h
}

func (h *hintLimits) allow(id string) bool {
	return h[maphash.String(hintSeed, id)%uint64(len(h))].Allow()
}
