package signer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"golang.org/x/time/rate"

	"airlock"
	"airlock/events"
)

// API serves the signer over HTTP; see /openapi.json and /docs of a running one. All fields are
// needed unless they say otherwise.
type API struct {
	Signer     *Signer
	Store      *events.Store
	Feed       *events.Feed // its Run must be running
	Authorizer Authorizer
	DemoPage   bool         // serve a page at / that uploads a file
	Log        *slog.Logger // nil: silent
	Version    string       // of airlock, for the OpenAPI document
	Metrics    *Metrics     // nil: none

	hints *hintLimits
}

// The limits of the API itself.
const (
	maxBody = 16 << 10 // SECURITY SIG-16
	maxWait = 55 * time.Second
)

// Handler builds the API; it may be mounted in any Go server. It starts no goroutine.
func (a *API) Handler() http.Handler {
	if a.Log == nil {
		a.Log = slog.New(slog.DiscardHandler)
	}
	a.hints = newHintLimits()
	mux := http.NewServeMux()
	cfg := huma.DefaultConfig("airlock signer", a.Version)
	cfg.CreateHooks = nil // no $schema field in answers
	cfg.Transformers = []huma.Transformer{fromHuma}
	cfg.DefaultFormat = "application/json"
	cfg.Formats = map[string]huma.Format{
		"application/json": {Marshal: writeJSON, Unmarshal: readJSON},
		"json":             {Marshal: writeJSON, Unmarshal: readJSON},
	}
	api := humago.New(mux, cfg)
	a.register(api)
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok\n") })
	mux.HandleFunc("GET /readyz", a.ready)
	if a.DemoPage {
		mux.HandleFunc("GET /{$}", demoPage(a.Signer.Profiles))
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		writeProblem(w, newProblem("not_found", "there is nothing here; see /docs"))
	})
	return headers(mux)
}

// headers are on every answer: nothing here is for a cache, a frame or a sniffer.
func headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Frame-Options", "DENY")
		next.ServeHTTP(w, r)
	})
}

func (a *API) register(api huma.API) {
	secured := huma.Middlewares{withRequest}
	schema := api.OpenAPI().Components.Schemas.Schema(reflectProblem, true, "Problem")
	op := func(id, method, path, summary string, status int, mw huma.Middlewares) huma.Operation {
		return huma.Operation{
			OperationID: id, Method: method, Path: path, Summary: summary, DefaultStatus: status,
			Middlewares: mw, MaxBodyBytes: maxBody,
			Responses: map[string]*huma.Response{"default": {
				Description: "A problem (RFC 9457) with a stable code",
				Content:     map[string]*huma.MediaType{"application/problem+json": {Schema: schema}},
			}},
		}
	}
	// Who asks is settled before the body is read (SIG-1).
	authenticated := append(huma.Middlewares{}, withRequest, func(ctx huma.Context, next func(huma.Context)) {
		r, w := humago.Unwrap(ctx)
		caller, err := a.Authorizer.Authorize(ctx.Context(), r)
		if err != nil {
			writeProblem(w, a.answer(ctx.Context(), fmt.Errorf("authorise: %w", err)))
			return
		}
		next(huma.WithValue(ctx, callerKey{}, caller))
	})
	huma.Register(api, op("sign-upload", "POST", "/v1/uploads", "Ask for leave to upload one file", http.StatusCreated, authenticated), a.sign)
	huma.Register(api, op("get-upload", "GET", "/v1/uploads/{id}", "How an upload stands; wait to long-poll for its verdict", http.StatusOK, secured), a.get)
	huma.Register(api, op("hint-uploaded", "POST", "/v1/uploads/{id}/uploaded", "Say that the file is there; the verdict then comes sooner", http.StatusAccepted, secured), a.uploaded)
}

type (
	requestKey struct{}
	callerKey  struct{}
)

func withRequest(ctx huma.Context, next func(huma.Context)) {
	r, _ := humago.Unwrap(ctx)
	next(huma.WithValue(ctx, requestKey{}, r))
}

type signInput struct {
	Traceparent string `header:"traceparent" doc:"W3C trace context; the validator links to it"`
	Body        Request
}

type signOutput struct {
	Location string `header:"Location"`
	Body     Signed
}

var traceparent = regexp.MustCompile(`^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$`)

func (a *API) sign(ctx context.Context, in *signInput) (*signOutput, error) {
	caller, _ := ctx.Value(callerKey{}).(Caller)
	if traceparent.MatchString(in.Traceparent) {
		in.Body.traceparent = in.Traceparent
	}
	signed, err := a.Signer.Sign(ctx, caller, in.Body)
	if err != nil {
		p := a.answer(ctx, err)
		a.Metrics.refuse(p.Code)
		return nil, p
	}
	a.Metrics.signed(in.Body.Profile, "put")
	a.Log.InfoContext(ctx, "signed", "upload", signed.ID, "profile", in.Body.Profile, "owner", caller.Owner, "size", in.Body.Size)
	return &signOutput{Location: signed.StatusURL, Body: signed}, nil
}

// mayAsk lets the upload's token and its owner in; to all others the upload does not exist (SIG-14).
func (a *API) mayAsk(ctx context.Context, id, queryToken string) (owns func(owner string) bool, err error) {
	r, _ := ctx.Value(requestKey{}).(*http.Request)
	token, fromHeader := Bearer(r)
	if !fromHeader {
		token = queryToken
	}
	if strings.HasPrefix(token, tokenPrefix) {
		if !opens(token, id, a.Signer.TokenKey, a.Signer.now()) {
			return nil, errNotFound
		}
		return func(string) bool { return true }, nil
	}
	caller, err := a.Authorizer.Authorize(ctx, r)
	if err != nil {
		return nil, err
	}
	if !airlock.UploadID(id) {
		return nil, errNotFound
	}
	return caller.owns, nil
}

var errNotFound = refuse("not_found", "there is no such upload, or it is not yours, or it was long ago")

type getInput struct {
	ID          string `path:"id" doc:"Upload id"`
	UploadToken string `query:"upload_token" doc:"Instead of the Authorization header"`
	Wait        string `query:"wait" doc:"Wait so long for the verdict, at most 55s" example:"30s"`
}

type getOutput struct{ Body Status }

func (a *API) get(ctx context.Context, in *getInput) (*getOutput, error) {
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
	return &getOutput{Body: status}, nil
}

func parseWait(s string) (time.Duration, error) {
	if s == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(s)
	if err != nil || d < 0 {
		return 0, refuse("request_invalid", "wait must be a duration such as 30s, at most 55s")
	}
	return min(d, maxWait), nil
}

// status reads grant first, then verdict; if the grant is gone it was replaced by a verdict
// meanwhile, or there never was one (PROTOCOL section 2).
func (a *API) status(ctx context.Context, id string, owns func(string) bool, wait time.Duration) (Status, error) {
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
		v, ended, err = a.Feed.Wait(ctx, id)
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

func (a *API) uploaded(ctx context.Context, in *hintInput) (*struct{}, error) {
	owns, err := a.mayAsk(ctx, in.ID, "")
	if err != nil {
		return nil, a.answer(ctx, err)
	}
	if _, err := a.status(ctx, in.ID, owns, 0); err != nil {
		return nil, a.answer(ctx, err)
	}
	if !a.hints.allow(in.ID) {
		return nil, huma.ErrorWithHeaders(newProblem("rate_limited", "one hint is enough"), http.Header{"Retry-After": {"1"}})
	}
	if err := a.Store.Hint(in.ID); err != nil { // lossy by design: the queue brings it all the same
		a.Log.WarnContext(ctx, "a hint was lost", "upload", in.ID, "error", err)
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

// answer logs what is ours and returns what the caller may know.
func (a *API) answer(ctx context.Context, err error) *Problem {
	p := problemOf(err)
	if p.Status >= 500 && !errors.Is(err, context.Canceled) {
		a.Log.ErrorContext(ctx, "cannot answer", "error", err)
	}
	return p
}

func (a *API) ready(w http.ResponseWriter, r *http.Request) {
	if err := a.Store.Ping(r.Context()); err != nil {
		writeProblem(w, a.answer(r.Context(), err))
		return
	}
	_, _ = io.WriteString(w, "ok\n")
}

func writeProblem(w http.ResponseWriter, p *Problem) {
	w.Header().Set("Content-Type", p.ContentType(""))
	w.WriteHeader(p.Status)
	_ = writeJSON(w, p)
}

func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}
