package check

import (
	"context"
	"errors"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// environment is what the pod's container is given; a variable that is given twice fails the test.
func (c cluster) environment(t *testing.T, pod corev1.PodSpec) map[string]string {
	t.Helper()
	env := map[string]string{}
	set := func(name, value string) {
		if _, twice := env[name]; twice {
			t.Errorf("%s is given twice", name)
		}
		env[name] = value
	}
	container := pod.Containers[0]
	for _, from := range container.EnvFrom {
		for name, value := range c.configs[from.ConfigMapRef.Name].Data {
			set(name, value)
		}
	}
	for _, e := range container.Env {
		if e.ValueFrom != nil {
			t.Errorf("%s: this test does not know where its value comes from", e.Name)
		}
		set(e.Name, e.Value)
	}
	return env
}

// airlock is the program, built from this repository.
func airlock(t *testing.T) (run func(env map[string]string, args ...string) (output string, code int)) {
	t.Helper()
	program := filepath.Join(t.TempDir(), "airlock")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", program, "./cmd/airlock")
	build.Dir = filepath.Join(manifests, "..", "..")
	if said, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build ./cmd/airlock: %v\n%s", err, said)
	}
	return func(env map[string]string, args ...string) (string, int) {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		command := exec.CommandContext(ctx, program, args...)
		command.Env = []string{"PATH=" + os.Getenv("PATH")}
		for name, value := range env {
			command.Env = append(command.Env, name+"="+value)
		}
		said, err := command.CombinedOutput()
		var failed *exec.ExitError
		if err != nil && !errors.As(err, &failed) {
			t.Fatalf("airlock %v: %v", args, err)
		}
		return string(said), command.ProcessState.ExitCode()
	}
}

var listens = regexp.MustCompile(`\(\$(AIRLOCK_[A-Z0-9_]+)\)`)

// A variable that a command has no flag for is let pass by the program: somebody would believe in it.
func TestCommandsKnowTheirSettings(t *testing.T) {
	run := airlock(t)
	eachVariant(t, func(t *testing.T, c cluster) {
		for name, pod := range c.pods() {
			args := pod.Spec.Containers[0].Args
			help, code := run(nil, args[0], "--help")
			if code != 0 {
				t.Fatalf("airlock %s --help: exit %d: %s", args[0], code, help)
			}
			known := map[string]bool{}
			for _, m := range listens.FindAllStringSubmatch(strings.Join(strings.Fields(help), " "), -1) {
				known[m[1]] = true
			}
			for variable := range c.environment(t, pod.Spec) {
				if strings.HasPrefix(variable, "AIRLOCK_") && !known[variable] {
					t.Errorf("%s: airlock %s has no flag for %s", name, args[0], variable)
				}
			}
		}
	})
}

// Each command is run with its settings as far as it gets without NATS: flags that are missing or
// have no sense end it with 2, a configuration that is refused with 78.
func TestCommandsTakeTheirSettings(t *testing.T) {
	run := airlock(t)
	file := filepath.Join(t.TempDir(), "airlock.yaml")
	tokens := filepath.Join(t.TempDir(), "tokens.txt")
	if err := os.WriteFile(tokens, []byte(strings.Repeat("ab", 32)+" someone image\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	eachVariant(t, func(t *testing.T, c cluster) {
		profiles := c.config(t)["airlock.yaml"]
		text := strings.ReplaceAll(profiles, "/etc/airlock/signer/tokens.txt", tokens)
		if text == profiles {
			t.Error("airlock.yaml names no /etc/airlock/signer/tokens.txt")
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if said, code := run(nil, "check", "-c", file); code != 0 {
			t.Errorf("airlock check: exit %d: %s", code, said)
		}
		for name, pod := range c.pods() {
			env := c.environment(t, pod.Spec)
			env["AIRLOCK_NATS_URL"] = "tls://127.0.0.1:1" // nobody is there
			delete(env, "AIRLOCK_NATS_TLS_CA")            // nor are these files
			delete(env, "AIRLOCK_NATS_CREDS")
			if _, ok := env["AIRLOCK_CONFIG"]; ok {
				env["AIRLOCK_CONFIG"] = file
			}
			if said, code := run(env, pod.Spec.Containers[0].Args...); code != 1 || !strings.Contains(said, "connect to NATS") {
				t.Errorf("%s: exit %d, want 1 for want of NATS: %s", name, code, said)
			}
		}
	})
}

// The places of the overlay are those that the Terraform output `env` gives: neither fewer nor more.
func TestPlacesAreThoseOfTerraform(t *testing.T) {
	shared := []string{"AIRLOCK_CLEAN_BUCKET", "AIRLOCK_CLEAN_PREFIX", "AIRLOCK_QUARANTINE_BUCKET", "AIRLOCK_QUARANTINE_PREFIX", "AWS_REGION"}
	for file, want := range map[string][]string{
		"base/places.env": append([]string{"AIRLOCK_NATS_URL"}, shared...), "examples/eks/places.env": shared,
		"base/validator.env": {"AIRLOCK_QUEUE_URL"}, "examples/eks/validator.env": {"AIRLOCK_QUEUE_URL"},
	} {
		data, err := os.ReadFile(filepath.Join(manifests, file))
		if err != nil {
			t.Fatal(err)
		}
		have := map[string]bool{}
		for line := range strings.Lines(string(data)) {
			if name, _, ok := strings.Cut(line, "="); ok && !strings.HasPrefix(line, "#") {
				have[name] = true
			}
		}
		slices.Sort(want)
		if names := slices.Sorted(maps.Keys(have)); !slices.Equal(names, want) {
			t.Errorf("%s has %v, want %v", file, names, want)
		}
	}
}

func TestImagesAreNobodyElses(t *testing.T) {
	pinned := regexp.MustCompile(`^[a-z0-9./-]+@sha256:[0-9a-f]{64}$`)
	eachVariant(t, func(t *testing.T, c cluster) {
		for name, pod := range c.pods() {
			image := pod.Spec.Containers[0].Image
			if base := image == "registry.invalid/airlock"; base == strings.Contains(t.Name(), "eks") || !base && !pinned.MatchString(image) {
				t.Errorf("%s runs %s: the base names a registry that can't be, an overlay a digest", name, image)
			}
		}
	})
}
