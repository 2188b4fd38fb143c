package signer

import (
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// need is what a request must bring.
type need int

const (
	needGrant need = iota // a credential of one's own, a minted token, or the approver's word
	needOwn               // a credential of one's own
	needToken             // the upload's token, or its owner's credential
)

var security = map[need][]map[string][]string{
	needGrant: {{"credential": {}}, {"mintedToken": {}}},
	needOwn:   {{"credential": {}}},
	needToken: {{"uploadToken": {}}, {"credential": {}}},
}

// describe says what the document of the API begins with.
func describe(doc *huma.OpenAPI) {
	doc.Info.Description = "Leave to upload exactly one file straight into S3, and its verdict. Errors are application/problem+json (RFC 9457) with a code that stays the same."
	doc.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"credential":  {Type: "http", Scheme: "bearer", Description: "A static token or a JWT of the caller's own"},
		"mintedToken": {Type: "http", Scheme: "bearer", Description: "A token of POST /v1/tokens: a right to ask for grants. It may stand in the path instead: /u/<token>/v1/uploads"},
		"uploadToken": {Type: "http", Scheme: "bearer", Description: "upload_token of the upload's grant; on GET also as ?upload_token="},
	}
}

// operation describes and guards one operation. codes are those that it may answer, besides those
// that every one may.
func (a *Handler) operation(id, method, path, summary string, status, body int, n need, codes ...string) huma.Operation {
	codes = append(codes, "request_invalid", "unauthenticated", "unavailable")
	guard := huma.Middlewares{withRequest}
	switch n {
	case needGrant:
		guard = a.known(a.mayGrant)
	case needOwn:
		guard = a.known(a.own)
	case needToken:
		codes = append(codes, "not_found")
	}
	op := huma.Operation{
		OperationID: id, Method: method, Path: path, Summary: summary, DefaultStatus: status,
		Middlewares: guard, MaxBodyBytes: int64(body), Security: security[n], Responses: map[string]*huma.Response{},
	}
	if body > 0 {
		codes = append(codes, "too_large")
		op.Middlewares = append(op.Middlewares, onlyJSON)
	}
	describeProblems(&op, codes)
	return op
}

// onlyJSON refuses a body that is not said to be JSON. So no page of another origin can send one along
// with its visitor's cookies without asking first (Fetch, "CORS-safelisted request-header").
func onlyJSON(ctx huma.Context, next func(huma.Context)) {
	if mediaType, _, err := mime.ParseMediaType(ctx.Header("Content-Type")); err != nil || mediaType != "application/json" {
		_, w := humago.Unwrap(ctx)
		p := newProblem("request_invalid", "send JSON, and say so: Content-Type: application/json")
		p.Status = http.StatusUnsupportedMediaType
		writeProblem(w, p)
		return
	}
	r, _ := humago.Unwrap(ctx)
	r.Header.Set("Content-Type", "application/json") // the one spelling that huma knows
	next(ctx)
}

// describeProblems adds one response per HTTP status, with the codes that come with it and an example
// of each.
func describeProblems(op *huma.Operation, codes []string) {
	slices.Sort(codes)
	for _, code := range slices.Compact(codes) {
		statuses := []int{problems[code].status}
		if code == "request_invalid" {
			statuses = []int{http.StatusBadRequest, http.StatusUnprocessableEntity}
			if op.MaxBodyBytes > 0 {
				statuses = append(statuses, http.StatusUnsupportedMediaType)
			}
		}
		for _, status := range statuses {
			r := op.Responses[strconv.Itoa(status)]
			if r == nil {
				r = &huma.Response{Content: map[string]*huma.MediaType{"application/problem+json": {
					Schema: &huma.Schema{Ref: "#/components/schemas/Problem"}, Examples: map[string]*huma.Example{},
				}}}
				op.Responses[strconv.Itoa(status)] = r
			}
			r.Description = strings.TrimPrefix(r.Description+", "+code, ", ")
			example := newProblem(code, problems[code].title+": what to do")
			example.Status = status
			if status == http.StatusTooManyRequests {
				example.RetryAfter = 7
				r.Headers = map[string]*huma.Param{"Retry-After": {Description: "Seconds", Schema: &huma.Schema{Type: huma.TypeInteger}}}
			}
			r.Content["application/problem+json"].Examples[code] = &huma.Example{Value: example}
		}
	}
}

func (a *Handler) register(api huma.API) {
	api.OpenAPI().Components.Schemas.Schema(reflectProblem, true, "Problem")
	rules := []string{"profile_unknown", "type_invalid", "type_not_allowed", "extension_mismatch", "filename_invalid", "size_invalid",
		"checksum_invalid", "metadata_invalid", "method_not_allowed", "forbidden", "idempotency_conflict", "upload_closed", "quota_exceeded", "rate_limited"}
	huma.Register(api, a.operation("sign-upload", "POST", "/v1/uploads", "Ask for leave to upload one file", 201, maxBody, needGrant, rules...), a.sign)
	huma.Register(api, a.operation("sign-uploads", "POST", "/v1/uploads/batch", "Ask for leave to upload up to 100 files: each answer is a grant or a problem", 200, maxBatchBody, needGrant), a.batch)
	huma.Register(api, a.operation("mint-token", "POST", "/v1/tokens", "Make a short-lived right to ask for grants, for a client of yours", 201, maxBody, needOwn, "forbidden", "profile_unknown"), a.mint)
	huma.Register(api, a.operation("list-uploads", "GET", "/v1/uploads", "The caller's uploads that have a verdict, oldest first; wait to long-poll for the next", 200, 0, needOwn, "forbidden", "profile_unknown"), a.list)
	huma.Register(api, a.operation("get-upload", "GET", "/v1/uploads/{id}", "How an upload stands; wait to long-poll for its verdict", 200, 0, needToken), a.get)
	huma.Register(api, a.operation("hint-uploaded", "POST", "/v1/uploads/{id}/uploaded", "Say that the file is there; the verdict then comes sooner", 202, 0, needToken, "rate_limited"), a.uploaded)
	huma.Register(api, a.operation("sign-parts", "POST", "/v1/uploads/{id}/parts", "Sign parts of a multipart upload, each for its exact length", 200, maxBody, needToken, "upload_closed", "method_not_allowed"), a.parts)
	huma.Register(api, a.operation("complete-upload", "POST", "/v1/uploads/{id}/complete", "Put the parts together. It may be repeated", 200, maxPartsBody, needToken, "upload_closed", "method_not_allowed", "size_invalid"), a.complete)
	huma.Register(api, a.operation("cancel-upload", "DELETE", "/v1/uploads/{id}", "Take a pending upload back: it ends as expired (cancelled) when its URL can no longer be used", 204, 0, needToken, "upload_closed"), a.cancel)
	huma.Register(api, a.operation("download-upload", "GET", "/v1/uploads/{id}/download", "Go to the accepted object, as a download under its own name", 302, 0, needToken, "upload_closed"), a.download)
}
