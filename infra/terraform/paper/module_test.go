package main

import (
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	tfjson "github.com/hashicorp/terraform-json"
)

var update = flag.Bool("update", false, "write ../tests/rendered.json")

// A tool is terraform or tofu, on a copy of the module, with this provider for hashicorp/aws.
type tool struct {
	t              *testing.T
	path, dir, cli string
}

// tools are all that are on the PATH; TOFU and TERRAFORM name others.
func tools(t *testing.T) (found map[string]string) {
	found = map[string]string{}
	for name, variable := range map[string]string{"terraform": "TERRAFORM", "tofu": "TOFU"} {
		if path, err := exec.LookPath(cmp.Or(os.Getenv(variable), name)); err == nil {
			found[name] = path
		}
	}
	if len(found) == 0 {
		t.Skip("needs terraform or tofu on the PATH: infra/terraform/check.sh --install builds tofu")
	}
	return found
}

// each runs a test by every tool there is.
func each(t *testing.T, run func(t *testing.T, with tool)) {
	provider := filepath.Join(t.TempDir(), "provider")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", provider, ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	for name, path := range tools(t) {
		t.Run(name, func(t *testing.T) {
			with := tool{t: t, path: path, dir: filepath.Join(t.TempDir(), "module"), cli: mirror(t, provider)}
			if err := os.CopyFS(with.dir, os.DirFS("..")); err != nil {
				t.Fatal(err)
			}
			with.ok("init", "-backend=false")
			run(t, with)
		})
	}
}

// mirror is a CLI configuration that takes providers from a folder only, and has this one there.
func mirror(t *testing.T, provider string) string {
	dir := t.TempDir()
	for _, registry := range []string{"registry.terraform.io", "registry.opentofu.org"} {
		at := filepath.Join(dir, registry, "hashicorp/aws", version(t), "linux_amd64")
		if err := os.MkdirAll(at, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(provider, filepath.Join(at, "terraform-provider-aws")); err != nil {
			t.Fatal(err)
		}
	}
	rc := filepath.Join(dir, "rc")
	text := fmt.Sprintf("provider_installation {\n  filesystem_mirror {\n    path = %q\n  }\n}\n", dir)
	if err := os.WriteFile(rc, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return rc
}

// version is the one whose schema this provider speaks.
func version(t *testing.T) string {
	var schema struct {
		Version string `json:"provider_version"`
	}
	if err := json.Unmarshal(schemaJSON, &schema); err != nil {
		t.Fatal(err)
	}
	return schema.Version
}

// run gives what the tool prints, on both streams, and its exit code.
func (with tool) run(args ...string) (string, int) {
	with.t.Helper()
	c := exec.CommandContext(with.t.Context(), with.path, args...)
	c.Dir = with.dir
	c.Env = append(os.Environ(), "TF_CLI_CONFIG_FILE="+with.cli, "TF_IN_AUTOMATION=1", "CHECKPOINT_DISABLE=1", "TF_CLI_ARGS=-no-color")
	out, err := c.CombinedOutput()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		with.t.Fatal(err)
	}
	return string(out), c.ProcessState.ExitCode()
}

func (with tool) ok(args ...string) string {
	with.t.Helper()
	out, code := with.run(args...)
	if code != 0 {
		with.t.Fatalf("%s: exit %d\n%s", strings.Join(args, " "), code, out)
	}
	return out
}

func (with tool) in(dir string) tool {
	with.dir = filepath.Join(with.dir, dir)
	return with
}

func TestTheModuleIsValidAndDoesWhatItsTestsSay(t *testing.T) {
	each(t, func(t *testing.T, with tool) {
		with.ok("fmt", "-check", "-diff", "-recursive")
		with.ok("validate")
		said := with.ok("test")
		t.Log(said[strings.LastIndex(strings.TrimSpace(said), "\n")+1:])
	})
}

// The examples are what people copy.
func TestTheExamplesApplyAndThenNothingIsLeftToDo(t *testing.T) {
	each(t, func(t *testing.T, with tool) {
		for _, dir := range []string{"examples/complete", "examples/localstack"} {
			at := with.in(dir)
			if err := os.Rename(filepath.Join(at.dir, "terraform.tfvars.example"), filepath.Join(at.dir, "terraform.tfvars")); err != nil && !errors.Is(err, os.ErrNotExist) {
				t.Fatal(err)
			}
			at.ok("init")
			at.ok("validate")
			at.ok("apply", "-auto-approve", "-input=false")
			if out, code := at.run("plan", "-detailed-exitcode", "-input=false"); code != 0 {
				t.Errorf("%s: a second plan is not empty: exit %d\n%s", dir, code, out)
			}
			at.ok("destroy", "-auto-approve", "-input=false")
		}
	})
}

const (
	signerRole    = `{"role_arn": "arn:aws:iam::123456789012:role/signer"}`
	validatorRole = `{"role_arn": "arn:aws:iam::123456789012:role/validator"}`
)

// usual are the variables that have no default.
func usual(more map[string]any) map[string]any {
	all := map[string]any{
		"quarantine_bucket": "airlock-quarantine", "clean_bucket": "airlock-clean", "cors_allowed_origins": []string{"https://app.example"},
		"signer": json.RawMessage(signerRole), "validator": json.RawMessage(validatorRole),
	}
	maps.Copy(all, more)
	return all
}

func (with tool) variables(v map[string]any) {
	with.t.Helper()
	text, err := json.Marshal(v)
	if err == nil {
		err = os.WriteFile(filepath.Join(with.dir, "terraform.tfvars.json"), text, 0o600)
	}
	if err != nil {
		with.t.Fatal(err)
	}
}

func TestAPlanThatBreaksARuleSaysWhy(t *testing.T) {
	each(t, func(t *testing.T, with tool) {
		with.variables(usual(nil))
		with.ok("plan", "-input=false")
		for _, c := range []struct {
			change map[string]any
			says   string
		}{
			{map[string]any{"clean_bucket": "airlock-quarantine", "clean_prefix": "quarantine/"}, "what is promoted would be judged again, for ever"},
			{map[string]any{"clean_bucket": "airlock-quarantine", "clean_prefix": "quarantine/clean/"}, "prefixes of which none begins with the other"},
			{map[string]any{"clean_bucket": "airlock-quarantine", "clean_prefix": ""}, "lie in one another"},
			{map[string]any{"quarantine_prefix": "quarantine"}, "end with / and not begin with it"},
			{map[string]any{"clean_prefix": "Clean/"}, "The binary takes no other"},
			{map[string]any{"quarantine_bucket": "Not_A_Bucket"}, "must be the name of a bucket"},
			{map[string]any{"cors_allowed_origins": []string{"*"}}, "set cors_allow_any_origin = true"},
			{map[string]any{"cors_allowed_origins": []string{"https://*"}}, "Name your origins"},
			{map[string]any{"cors_allowed_origins": []string{"https://app.example/"}}, "without a path or a / at the end"},
			{map[string]any{"cors_allowed_origins": []string{"app.example"}}, "origins as browsers send them"},
			{map[string]any{"visibility_timeout": 5}, "work in hand would be given out twice"},
			{map[string]any{"quarantine_expiry_days": 14}, "would not find its object"},
			{map[string]any{"quarantine_expiry_days": 7, "dlq_retention_days": 10}, "quarantine_expiry_days (7) must be more than dlq_retention_days (10)"},
			{map[string]any{"dlq_retention_days": 4}, "it would be gone before anybody looks"},
			{map[string]any{"dlq_retention_days": 15}, "the most that SQS keeps"},
			{map[string]any{"max_receive_count": 1}, "bury good uploads"},
			{map[string]any{"max_signature_age": 300}, "in milliseconds"},
			{map[string]any{"methods": []string{"get"}}, "may hold put, post and multipart"},
			{map[string]any{"signer": map[string]any{}}, "to make a role, or role_arn, to use one"},
			{map[string]any{"validator": json.RawMessage(signerRole)}, "must be two roles"},
		} {
			with.variables(usual(c.change))
			out, code := with.run("plan", "-input=false")
			// A sentence is broken into lines, between bars.
			plain := strings.Join(strings.Fields(strings.ReplaceAll(out, "│", " ")), " ")
			if code != 1 || !strings.Contains(plain, c.says) {
				t.Errorf("%v: exit %d, want 1 and %q:\n%s", c.change, code, c.says, out)
			}
		}
	})
}

// rendered is what ../tests/rendered.json holds, for tests that have no terraform: what each of some
// sets of variables makes, and of which module.
type rendered struct {
	Sources string                    `json:"sources"` // a digest of the module's files
	Cases   map[string]map[string]any `json:"cases"`
}

var renderings = map[string]map[string]any{
	"two_buckets": usual(map[string]any{"methods": []string{"put", "post", "multipart"}}),
	"put_only": usual(map[string]any{
		"kms_key_arn": "arn:aws:kms:us-east-1:123456789012:key/objects", "queue_kms_key_arn": "arn:aws:kms:us-east-1:123456789012:key/notices",
		"break_glass_principal_arns": []string{"arn:aws:iam::123456789012:role/forensics"},
	}),
	"one_bucket": usual(map[string]any{"clean_bucket": "airlock-quarantine", "downloads": false}),
}

func TestRendered(t *testing.T) {
	const file = "../tests/rendered.json"
	each(t, func(t *testing.T, with tool) {
		all := rendered{Sources: digest(t), Cases: map[string]map[string]any{}}
		for name, variables := range renderings {
			with.variables(variables)
			with.ok("apply", "-auto-approve", "-input=false")
			all.Cases[name] = with.state()
			with.ok("destroy", "-auto-approve", "-input=false")
		}
		text, err := json.MarshalIndent(all, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		text = append(text, '\n')
		if *update {
			if err := os.WriteFile(file, text, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if had, err := os.ReadFile(file); err != nil || string(had) != string(text) {
			t.Errorf("%s is not what the module renders (%v): (cd infra/terraform/paper && go test . -run Rendered -update)", file, err)
		}
	})
}

// state is what was applied, without what is not set: address -> values, and the outputs.
func (with tool) state() map[string]any {
	with.t.Helper()
	var s tfjson.State
	if err := json.Unmarshal([]byte(with.ok("show", "-json")), &s); err != nil {
		with.t.Fatal(err)
	}
	resources, outputs := map[string]any{}, map[string]any{}
	for _, r := range s.Values.RootModule.Resources {
		maps.DeleteFunc(r.AttributeValues, func(_ string, v any) bool {
			list, isList := v.([]any)
			return v == nil || isList && len(list) == 0
		})
		resources[r.Address] = r.AttributeValues
	}
	for name, o := range s.Values.Outputs {
		outputs[name] = o.Value
	}
	return map[string]any{"resources": resources, "outputs": outputs}
}

// digest is of the module's own files, as surroundings/terraform_test.go reckons it too.
func digest(t *testing.T) string {
	files, err := filepath.Glob("../*.tf")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	slices.Sort(files)
	sum := sha256.New()
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = sum.Write(text)
	}
	return fmt.Sprintf("%x", sum.Sum(nil))
}
