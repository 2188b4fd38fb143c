package signer_test

import (
	"encoding/json"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// openapi is the API's own description. Every answer to a call of these tests is held against it.
type openapi struct {
	OpenAPI string
	Paths   map[string]map[string]struct {
		Summary   string
		Responses map[string]struct {
			Description string
			Headers     map[string]any
			Content     map[string]struct {
				Schema   any
				Examples map[string]struct{ Value any }
			}
		}
	}
	Components struct {
		Schemas map[string]struct {
			Properties map[string]map[string]any
		}
	}

	compiling sync.Mutex
	schemas   *jsonschema.Compiler
}

func (s *site) openapi(t *testing.T) *openapi {
	t.Helper()
	s.describing.Do(func() {
		resp, err := http.Get(s.URL + s.api.Path + "/openapi.json")
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		doc := &openapi{schemas: jsonschema.NewCompiler()}
		whole, err := jsonschema.UnmarshalJSON(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		text, _ := json.Marshal(whole)
		if err := json.Unmarshal(text, doc); err != nil {
			t.Fatal(err)
		}
		doc.schemas.DefaultDraft(jsonschema.Draft2020)
		doc.schemas.AssertFormat()
		if err := doc.schemas.AddResource("openapi.json", whole); err != nil {
			t.Fatal(err)
		}
		s.document = doc
	})
	return s.document
}

// template is the path of the document that p is an instance of; "" if the document has none.
func (o *openapi) template(p string) string {
	p, _, _ = strings.Cut(p, "?")
	for template := range o.Paths {
		pattern := strings.ReplaceAll(template, "{id}", "*")
		if ok, _ := path.Match(pattern, p); ok && template != "/v1/uploads/{id}" {
			return template
		}
	}
	if ok, _ := path.Match("/v1/uploads/*", p); ok {
		return "/v1/uploads/{id}"
	}
	return ""
}

// conforms fails the test unless the document describes a.
func (s *site) conforms(t *testing.T, method, p string, a answer) {
	t.Helper()
	doc := s.openapi(t)
	p, below := strings.CutPrefix(p, s.api.Path)
	if !below {
		return
	}
	if rest, ok := strings.CutPrefix(p, "/u/"); ok {
		_, p, _ = strings.Cut(rest, "/")
		p = "/" + p
	}
	template := doc.template(p)
	op, ok := doc.Paths[template][strings.ToLower(method)]
	if !ok {
		return
	}
	r, ok := op.Responses[strconv.Itoa(a.status)]
	if !ok {
		t.Errorf("%s %s answers %d, which its description does not know: %s", method, template, a.status, a.body)
		return
	}
	mediaType := a.header.Get("Content-Type")
	content, ok := r.Content[mediaType]
	if a.body == "" && len(r.Content) == 0 {
		return
	}
	if !ok {
		t.Errorf("%s %s answers %d as %q, not as described", method, template, a.status, mediaType)
		return
	}
	escape := func(s string) string { return strings.NewReplacer("~", "~0", "/", "~1").Replace(s) }
	at := "openapi.json#/paths/" + escape(template) + "/" + strings.ToLower(method) + "/responses/" + strconv.Itoa(a.status) + "/content/" + escape(mediaType) + "/schema"
	doc.compiling.Lock()
	schema, err := doc.schemas.Compile(at)
	doc.compiling.Unlock()
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(a.body))
	if err == nil {
		err = schema.Validate(value)
	}
	if err != nil {
		t.Errorf("%s %s answers %d, not as described: %v\n%s", method, template, a.status, err, a.body)
	}
	if mediaType != "application/problem+json" {
		return
	}
	if _, ok := content.Examples[a.code()]; !ok {
		t.Errorf("%s %s answers %s, which its description does not name for %d", method, template, a.code(), a.status)
	}
}

// The document leaves nothing out: each operation says what it does and shows each problem that it may
// answer, each field has an example or a description, and each code belongs to an operation.
func TestTheDescriptionIsComplete(t *testing.T) {
	s := newSite(t)
	doc := s.openapi(t)
	if !strings.HasPrefix(doc.OpenAPI, "3.1") {
		t.Errorf("OpenAPI %s", doc.OpenAPI)
	}
	said := map[string]bool{}
	operations := 0
	for path, methods := range doc.Paths {
		for method, op := range methods {
			operations++
			if op.Summary == "" {
				t.Errorf("%s %s has no summary", method, path)
			}
			for status, r := range op.Responses {
				problem, failed := r.Content["application/problem+json"]
				if failed != (status >= "400") || failed && len(problem.Examples) == 0 || r.Description == "" {
					t.Errorf("%s %s: %s is not described", method, path, status)
				}
				for code := range problem.Examples {
					said[code] = true
				}
				if _, ok := r.Headers["Retry-After"]; ok != (status == "429") {
					t.Errorf("%s %s: %s has a Retry-After: %t", method, path, status, ok)
				}
			}
		}
	}
	if operations != 10 {
		t.Errorf("%d operations", operations)
	}
	for name, schema := range doc.Components.Schemas {
		for field, about := range schema.Properties {
			if about["examples"] == nil && about["description"] == nil && about["enum"] == nil && about["$ref"] == nil && about["format"] != "date-time" {
				t.Errorf("%s.%s has neither description nor example: %v", name, field, about)
			}
		}
	}
	codes, _ := doc.Components.Schemas["Problem"].Properties["code"]["enum"].([]any)
	if len(codes) < 19 {
		t.Errorf("%d codes: %v", len(codes), codes)
	}
	for _, code := range codes {
		if !said[code.(string)] {
			t.Errorf("no operation says that it may answer %s", code)
		}
	}
}
