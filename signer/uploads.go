package signer

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	"airlock"
	"airlock/events"
)

// SignHeaders are those of a request for leave. (It is exported since huma fills no other embedded one.)
type SignHeaders struct {
	Traceparent    string `header:"traceparent" doc:"W3C trace context; the validator links to it" example:"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"`
	IdempotencyKey string `header:"Idempotency-Key" doc:"The same key and body give the same upload for 24 h, newly signed; 1 to 255 printable ASCII characters without spaces" example:"8f14e45f-ceea-467f-9a3b-1c2d3e4f5a6b"`
}

type signInput struct {
	SignHeaders
	Body Request
}

type signOutput struct {
	Location string `header:"Location" doc:"Where its status is"`
	Body     Signed
}

func (a *Handler) sign(ctx context.Context, in *signInput) (*signOutput, error) {
	signed, err := a.signOne(ctx, in.Body, in.SignHeaders, "")
	if err != nil {
		return nil, err
	}
	return &signOutput{Location: signed.StatusURL, Body: signed}, nil
}

type batchInput struct {
	SignHeaders
	Body struct {
		Uploads []Request `json:"uploads" doc:"What to ask for, each as in POST /v1/uploads" nullable:"false" minItems:"1" maxItems:"100"`
	}
}

type batchOutput struct{ Body batchAnswer }

type batchAnswer struct {
	Uploads []batchItem `json:"uploads" nullable:"false" doc:"In the order of the request"`
}

// batchAtOnce is how many of a batch are signed at the same time.
const batchAtOnce = 8

func (a *Handler) batch(ctx context.Context, in *batchInput) (*batchOutput, error) {
	answers := make([]batchItem, len(in.Body.Uploads))
	var group errgroup.Group
	group.SetLimit(batchAtOnce)
	for i, req := range in.Body.Uploads {
		group.Go(func() error {
			signed, err := a.signOne(ctx, req, in.SignHeaders, strconv.Itoa(i))
			if err != nil {
				answers[i].problem = problemOf(err)
			} else {
				answers[i].signed = &signed
			}
			return nil
		})
	}
	_ = group.Wait()
	return &batchOutput{batchAnswer{answers}}, nil
}

var traceparent = regexp.MustCompile(`^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$`)

// signOne gives one grant; its error is a [*Problem]. place tells the requests of one batch apart.
func (a *Handler) signOne(ctx context.Context, req Request, h SignHeaders, place string) (Signed, error) {
	k := ask{Request: req, caller: callerOf(ctx), header: requestOf(ctx).Header}
	if traceparent.MatchString(h.Traceparent) {
		k.traceparent = h.Traceparent
	}
	signed, owner, err := a.grant(ctx, k, h.IdempotencyKey, place)
	if err != nil {
		p := a.answer(ctx, err)
		a.Metrics.refuse(p.Code)
		return Signed{}, p
	}
	a.Metrics.signed(req.Profile, signed.Method)
	a.log.InfoContext(ctx, "signed", "upload", signed.ID, "profile", req.Profile, "owner", owner, "method", signed.Method, "max_bytes", signed.MaxBytes)
	signed.StatusURL = a.path + signed.StatusURL
	return signed, nil
}

func (a *Handler) grant(ctx context.Context, k ask, key, place string) (signed Signed, owner string, err error) {
	g, err := a.Signer.promise(ctx, k)
	if err != nil {
		return Signed{}, "", err
	}
	if key != "" {
		old, granted, err := a.remembered(ctx, &g, k.Request, key, place)
		if err != nil {
			return Signed{}, "", err
		}
		if granted {
			signed, err = a.Signer.again(ctx, old)
			return signed, g.Owner, err
		}
	}
	if err := a.use(ctx, k.caller.minted); err != nil {
		return Signed{}, "", err
	}
	if signed, err = a.Signer.issue(ctx, g); err != nil {
		a.unuse(ctx, k.caller.minted)
	}
	if errors.Is(err, events.ErrExists) { // the same request at the same time
		old, granted, lerr := a.Store.Grant(ctx, g.ID)
		if lerr != nil || !granted {
			return Signed{}, "", errors.Join(err, lerr)
		}
		signed, err = a.Signer.again(ctx, old)
	}
	return signed, g.Owner, err
}

// idempotent is what is kept of a request that had an Idempotency-Key.
type idempotent struct {
	ID   string `json:"id"`
	Body []byte `json:"body"` // its SHA-256
}

const idempotentFor = 24 * time.Hour

// remembered finds what the same owner's request with the same key was granted. Where that was nothing,
// because whoever was at it died, g takes its id and may be granted.
func (a *Handler) remembered(ctx context.Context, g *airlock.Grant, req Request, key, place string) (old airlock.Grant, granted bool, err error) {
	if !headerText(key) || len(key) > 255 {
		return old, false, refuse("request_invalid", "Idempotency-Key must be 1 to 255 printable ASCII characters without spaces")
	}
	body, err := json.Marshal(req)
	if err != nil {
		return old, false, fmt.Errorf("remember request: %w", err)
	}
	sum := sha256.Sum256(body)
	mine, err := json.Marshal(idempotent{g.ID, sum[:]})
	if err != nil {
		return old, false, fmt.Errorf("remember request: %w", err)
	}
	data, err := a.Store.Remember(ctx, "request\x00"+g.Owner+"\x00"+key+"\x00"+place, mine, idempotentFor)
	if err != nil {
		return old, false, err
	}
	var kept idempotent
	if err := json.Unmarshal(data, &kept); err != nil {
		return old, false, fmt.Errorf("remember request: %w", err)
	}
	switch {
	case string(kept.Body) != string(sum[:]):
		return old, false, refuse("idempotency_conflict", "this Idempotency-Key came with another body before; take a new one for another upload")
	case kept.ID == g.ID:
		return old, false, nil
	}
	g.ID = kept.ID
	if old, granted, err = a.Store.Grant(ctx, g.ID); granted || err != nil {
		return old, granted, err
	}
	_, ended, err := a.Store.Last(ctx, g.ID)
	if err == nil && ended {
		err = errClosed
	}
	return old, false, err
}

func headerText(s string) bool {
	for _, r := range s {
		if r < 0x21 || r > 0x7e {
			return false
		}
	}
	return s != ""
}

type cancelInput struct {
	ID string `path:"id" doc:"Upload id"`
}

// cancel marks the grant; the verdict comes when the URL can no longer be used.
func (a *Handler) cancel(ctx context.Context, in *cancelInput) (*struct{}, error) {
	g, err := a.openUpload(ctx, in.ID)
	if errors.Is(err, errCancelled) {
		return nil, nil // as it is asked for
	}
	if err != nil {
		return nil, a.answer(ctx, err)
	}
	now := a.Signer.now()
	g, found, err := a.Store.UpdateGrant(ctx, g.ID, func(g *airlock.Grant) error {
		g.Cancelled = true
		if soon := now.Add(cancelGrace); g.Method == airlock.MethodMultipart && soon.Before(g.Deadline) {
			g.Deadline = soon.UTC().Truncate(time.Second) // no part can come once it is aborted
		}
		return nil
	})
	if err != nil {
		return nil, a.answer(ctx, err)
	}
	if !found {
		return nil, a.answer(ctx, errClosed)
	}
	if g.MultipartID != "" {
		if err := a.Signer.Multipart.Abort(ctx, a.Signer.Quarantine.Object(g.Upload()), g.MultipartID); err != nil {
			a.log.WarnContext(ctx, "a multipart upload was not aborted; the sweeper does it", "upload", g.ID, "error", err)
		}
	}
	a.log.InfoContext(ctx, "cancelled", "upload", g.ID, "owner", g.Owner)
	return nil, nil
}

// cancelGrace is how long parts that were under way may go on after the abort.
const cancelGrace = time.Hour
