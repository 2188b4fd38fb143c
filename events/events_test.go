package events

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

// The events are a contract with services that we don't know: a change here is a new version.
func TestTheEventsAreWhatTheGoldenFilesSay(t *testing.T) {
	for name, v := range map[string]Verdict{"accepted": accepted(1), "rejected": rejected(2), "expired": expired(3)} {
		t.Run(name, func(t *testing.T) {
			body, err := Encode("airlock-quarantine", v)
			if err != nil {
				t.Fatal(err)
			}
			var pretty bytes.Buffer
			if err := json.Indent(&pretty, body, "", "  "); err != nil {
				t.Fatal(err)
			}
			pretty.WriteByte('\n')
			golden(t, filepath.Join("testdata", name+".json"), pretty.Bytes())
			back, err := Decode(body)
			if err != nil {
				t.Fatal(err)
			}
			if v.Metadata == nil {
				v.Metadata = map[string]string{}
			}
			if v.Inspection.Checks == nil {
				v.Inspection.Checks = []string{}
			}
			if diff := cmp.Diff(v, back); diff != "" {
				t.Errorf("decoded otherwise than encoded (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTheSchemaInDocsDescribesTheEvents(t *testing.T) {
	registry := huma.NewMapRegistry("#/$defs/", huma.DefaultSchemaNamer)
	schema := registry.Schema(reflect.TypeFor[wire](), false, "UploadVerdict")
	schema.Properties["clean"] = &huma.Schema{AnyOf: []*huma.Schema{schema.Properties["clean"], {Type: "null"}}}
	schema.PrecomputeMessages()
	for _, nested := range registry.Map() {
		nested.AdditionalProperties = true // a reader of version 1 must bear what is added to it
	}
	defs, err := json.Marshal(registry.Map())
	if err != nil {
		t.Fatal(err)
	}
	body, err := json.Marshal(schema)
	if err != nil {
		t.Fatal(err)
	}
	var doc map[string]any
	if err := json.Unmarshal(body, &doc); err != nil {
		t.Fatal(err)
	}
	doc["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	doc["$id"] = dataSchema
	doc["title"] = "The data of an airlock event: the verdict on one upload"
	doc["$defs"] = json.RawMessage(defs)
	doc["additionalProperties"] = true
	out, err := json.MarshalIndent(doc, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, filepath.Join("..", "docs", "upload-verdict.v1.schema.json"), append(out, '\n'))

	for name, v := range map[string]Verdict{"accepted": accepted(1), "rejected": rejected(2), "expired": expired(3)} {
		body, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		var value any
		if err := json.Unmarshal(body, &value); err != nil {
			t.Fatal(err)
		}
		result := &huma.ValidateResult{}
		huma.Validate(registry, schema, huma.NewPathBuffer(nil, 0), huma.ModeReadFromServer, value, result)
		for _, e := range result.Errors {
			t.Errorf("%s does not fit the schema: %v", name, e)
		}
	}
}

func TestDecodeRefusesWhatIsNotOurs(t *testing.T) {
	for name, body := range map[string]string{
		"not JSON":        "verdict",
		"no CloudEvent":   `{"data":{}}`,
		"another schema":  `{"specversion":"1.0","dataschema":"urn:other","data":{}}`,
		"another version": `{"specversion":"0.3","dataschema":"urn:airlock:upload-verdict:v1","data":{}}`,
	} {
		if _, err := Decode([]byte(body)); err == nil || !strings.HasPrefix(err.Error(), "decode event: ") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func golden(t *testing.T, file string, got []byte) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v; go test ./events -update writes it", err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s is a contract (-want +got):\n%s", file, diff)
	}
}
