package signer

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/rs/cors"

	"airlock/events"
)

// Handler serves the signer over HTTP, in any Go server: see the example. /openapi.json and /docs of a
// running one describe it. Signer, Store and Authorizer are needed; no field may change once it serves.
// [Handler.Run] must be running beside it.
type Handler struct {
	Signer     *Signer
	Store      *events.Store
	Authorizer Authorizer
	Origins    []string     // whose pages may call this API from a browser: exact, such as https://app.example
	Path       string       // below which it is mounted, such as /files; "" is the root
	DemoPage   bool         // serve a page at / that uploads a file
	Log        *slog.Logger // nil: silent
	Version    string       // of airlock, for the OpenAPI document
	Metrics    *Metrics     // nil: none

	once  sync.Once
	log   *slog.Logger
	path  string // without a slash at its end
	http  http.Handler
	feed  *events.Feed
	hints *hintLimits
}

// The limits of the API itself.
const (
	maxBody      = 16 << 10  // SECURITY SIG-16
	maxBatchBody = 256 << 10 // 100 requests
	maxPartsBody = 1 << 20   // 10,000 parts with their ETags
	maxWait      = 55 * time.Second
)

// ServeHTTP answers one request; see [Handler.Run].
func (a *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.init()
	a.http.ServeHTTP(w, r)
}

// Run hears of verdicts until ctx ends: for those who wait for them, and to give back quotas.
func (a *Handler) Run(ctx context.Context) {
	a.init()
	var both sync.WaitGroup
	both.Go(func() { a.feed.Run(ctx) })
	if a.Signer.Quota != nil {
		both.Go(func() { a.giveBack(ctx) })
	}
	both.Wait()
}

// giveBack releases the quota of each upload that has its verdict. All signers share that work.
func (a *Handler) giveBack(ctx context.Context) {
	for ctx.Err() == nil {
		err := a.Store.Batches(ctx, "airlock-quota", func(ctx context.Context, verdicts []events.Verdict) error {
			ended := map[string][]string{}
			for _, v := range verdicts {
				ended[v.Owner] = append(ended[v.Owner], v.UploadID)
			}
			var errs []error
			for owner, ids := range ended {
				errs = append(errs, a.Signer.Quota.Release(ctx, owner, ids...))
			}
			return errors.Join(errs...)
		})
		if ctx.Err() == nil {
			a.log.WarnContext(ctx, "quotas are not given back now; trying again", "error", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
}

func (a *Handler) init() {
	a.once.Do(func() {
		if a.log = a.Log; a.log == nil {
			a.log = slog.New(slog.DiscardHandler)
		}
		a.path = strings.TrimSuffix(a.Path, "/")
		a.feed = &events.Feed{Store: a.Store}
		a.hints = newHintLimits()
		a.http = a.build()
	})
}

func (a *Handler) build() http.Handler {
	mux := http.NewServeMux()
	cfg := huma.DefaultConfig("airlock signer", a.Version)
	cfg.CreateHooks = nil // no $schema field in answers
	cfg.Transformers = []huma.Transformer{fromHuma}
	cfg.DefaultFormat = "application/json"
	cfg.Formats = map[string]huma.Format{
		"application/json": {Marshal: writeJSON, Unmarshal: readJSON},
		"json":             {Marshal: writeJSON, Unmarshal: readJSON},
	}
	if a.path != "" {
		cfg.Servers = []*huma.Server{{URL: a.path}}
	}
	describe(cfg.OpenAPI)
	a.register(humago.New(mux, cfg))
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok\n") })
	mux.HandleFunc("GET /readyz", a.ready)
	if a.DemoPage {
		mux.HandleFunc("GET /{$}", demoPage(a.Signer.Profiles))
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { writeProblem(w, nothingHere) })
	return headers(a.cors(a.mount(mux)))
}

var nothingHere = newProblem("not_found", "there is nothing here; see /docs")

// mount takes the path away below which the API is, and a token that is sent in the path.
func (a *Handler) mount(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path, below := strings.CutPrefix(r.URL.Path, a.path+"/")
		if !below {
			writeProblem(w, nothingHere)
			return
		}
		r = r.Clone(r.Context())
		if rest, ok := strings.CutPrefix(path, "u/"); ok {
			var token string
			token, path, _ = strings.Cut(rest, "/")
			r.Header.Set("Authorization", "Bearer "+token)
		}
		r.URL.Path, r.URL.RawPath = "/"+path, "" // nothing here needs an escape
		next.ServeHTTP(w, r)
	})
}

// cors lets the pages of the configured origins call the API. Cookies matter to an approver only.
func (a *Handler) cors(next http.Handler) http.Handler {
	if len(a.Origins) == 0 {
		return next
	}
	return cors.New(cors.Options{
		AllowOriginFunc:  func(origin string) bool { return slices.Contains(a.Origins, origin) }, // no wildcards
		AllowedMethods:   []string{http.MethodGet, http.MethodPost, http.MethodDelete},
		AllowedHeaders:   []string{"Authorization", "Content-Type", "Idempotency-Key", "traceparent", "X-CSRF-Token", "X-Requested-With"},
		ExposedHeaders:   []string{"Location", "Retry-After"},
		AllowCredentials: a.Signer.Approver != nil,
		MaxAge:           600,
	}).Handler(next)
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

func (a *Handler) ready(w http.ResponseWriter, r *http.Request) {
	if err := a.Store.Ping(r.Context()); err != nil {
		writeProblem(w, a.answer(r.Context(), err))
		return
	}
	_, _ = io.WriteString(w, "ok\n")
}

// answer logs what is ours and returns what the caller may know.
func (a *Handler) answer(ctx context.Context, err error) *Problem {
	p := problemOf(err)
	if p.Status >= 500 && !errors.Is(err, context.Canceled) {
		a.log.ErrorContext(ctx, "cannot answer", "error", err)
	}
	return p
}
