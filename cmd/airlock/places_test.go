package main

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"airlock/infra/terraform"
)

// A workload is a command that is run somewhere, with its environment.
type workload struct {
	where, command string
	env            map[string]string
}

// workloads are what compose, Kubernetes and systemd run of us.
func workloads(t *testing.T) (all []workload) {
	t.Helper()
	for _, s := range readCompose(t).Services {
		if s.ours() {
			all = append(all, workload{"compose", s.Command[0], s.Environment})
		}
	}
	for _, name := range []string{"signer", "validator", "setup"} {
		all = append(all, kubernetesWorkload(t, name), systemdWorkload(t, name))
	}
	return all
}

// envFile reads NAME=value lines, as kustomize and systemd do.
func envFile(t *testing.T, file string) map[string]string {
	t.Helper()
	env := map[string]string{}
	for lines := bufio.NewScanner(bytes.NewReader(readRepository(t, file))); lines.Scan(); {
		if line := strings.TrimSpace(lines.Text()); line != "" && !strings.HasPrefix(line, "#") {
			name, v, ok := strings.Cut(line, "=")
			if !ok {
				t.Errorf("%s: %q is no NAME=value", file, line)
			}
			env[name] = v
		}
	}
	return env
}

func kubernetesWorkload(t *testing.T, name string) workload {
	t.Helper()
	const base = "infra/kubernetes/base/"
	var kustomization struct {
		Generators []struct {
			Name string
			Envs []string
		} `yaml:"configMapGenerator"`
	}
	if err := yaml.Unmarshal(readRepository(t, base+"kustomization.yaml"), &kustomization); err != nil {
		t.Fatal(err)
	}
	for decode := yaml.NewDecoder(bytes.NewReader(readRepository(t, base+name+".yaml"))); ; {
		var object struct {
			Kind string
			Spec struct {
				Template struct {
					Spec struct {
						Containers []struct {
							Args    []string
							EnvFrom []struct {
								ConfigMap struct{ Name string } `yaml:"configMapRef"`
							} `yaml:"envFrom"`
							Env []struct{ Name, Value string }
						}
					}
				}
			}
		}
		if err := decode.Decode(&object); errors.Is(err, io.EOF) {
			t.Fatalf("%s%s.yaml runs nothing", base, name)
		} else if err != nil {
			t.Fatal(err)
		}
		if object.Kind != "Deployment" && object.Kind != "Job" {
			continue
		}
		c := object.Spec.Template.Spec.Containers[0]
		w := workload{"kubernetes", c.Args[0], map[string]string{}}
		for _, from := range c.EnvFrom {
			for _, g := range kustomization.Generators {
				for _, file := range g.Envs {
					if g.Name == from.ConfigMap.Name {
						maps.Copy(w.env, envFile(t, base+file))
					}
				}
			}
		}
		for _, e := range c.Env {
			w.env[e.Name] = e.Value
		}
		return w
	}
}

func systemdWorkload(t *testing.T, name string) workload {
	t.Helper()
	const dir = "infra/systemd/"
	w := workload{where: "systemd", env: map[string]string{}}
	for lines := bufio.NewScanner(bytes.NewReader(readRepository(t, dir+"airlock-"+name+".service"))); lines.Scan(); {
		key, v, _ := strings.Cut(lines.Text(), "=")
		switch key {
		case "ExecStart":
			w.command = strings.Fields(v)[1]
		case "EnvironmentFile":
			maps.Copy(w.env, envFile(t, dir+path.Base(v)))
		case "Environment":
			variable, value, _ := strings.Cut(v, "=")
			w.env[variable] = value
		}
	}
	return w
}

// TestPlacesHaveTheSameNamesEverywhere holds Terraform's output `env`, compose, Kubernetes and
// systemd to the names of the flags: what one of them called otherwise, the binary would not hear.
func TestPlacesHaveTheSameNamesEverywhere(t *testing.T) {
	modules, err := terraform.Rendered()
	if err != nil {
		t.Fatal(err)
	}
	places := slices.Sorted(maps.Keys(modules["two_buckets"].Outputs.Env))
	for _, name := range places {
		if name != "AWS_REGION" && !slices.Contains(parseFlags(t, "validator"), name) {
			t.Errorf("Terraform gives %s, and the validator has no flag of that name", name)
		}
	}
	needs := map[string][]string{
		"signer":    slices.DeleteFunc(slices.Clone(places), func(name string) bool { return name == "AIRLOCK_QUEUE_URL" }),
		"validator": places,
		"setup":     {"AIRLOCK_QUARANTINE_BUCKET"},
	}
	seen := map[string]int{}
	for _, w := range workloads(t) {
		seen[w.where]++
		t.Run(w.where+"/"+w.command, func(t *testing.T) {
			onlyEnvironment(t, w.env)
			flags := parseCommand(t, []string{w.command}).variables
			for name := range w.env {
				if strings.HasPrefix(name, "AIRLOCK_") && !slices.Contains(flags, name) {
					t.Errorf("airlock %s has no flag for %s", w.command, name)
				}
			}
			for _, name := range append(needs[w.command], "AIRLOCK_NATS_URL") {
				if _, given := w.env[name]; !given && !strings.HasSuffix(name, "_PREFIX") { // that has a default
					t.Errorf("%s is not given", name)
				}
			}
		})
	}
	for _, where := range []string{"compose", "kubernetes", "systemd"} {
		if seen[where] < 3 {
			t.Errorf("%s runs only %d of our commands", where, seen[where])
		}
	}
}

// What Kubernetes and systemd say of places is no more than an example, but the same one: it is
// what Terraform prints.
func TestPlacesOfAnExampleAreTerraforms(t *testing.T) {
	modules, err := terraform.Rendered()
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{"infra/kubernetes/base", "infra/kubernetes/examples/eks", "infra/systemd"} {
		given := envFile(t, filepath.Join(dir, "places.env"))
		maps.Copy(given, envFile(t, filepath.Join(dir, "validator.env")))
		for name := range modules["two_buckets"].Outputs.Env {
			if given[name] == "" {
				t.Errorf("%s does not say %s", dir, name)
			}
		}
	}
}

func parseFlags(t *testing.T, command string) []string {
	t.Helper()
	onlyEnvironment(t, map[string]string{"AIRLOCK_QUARANTINE_BUCKET": "q", "AIRLOCK_CLEAN_BUCKET": "c", "AIRLOCK_QUEUE_URL": "u"})
	return parseCommand(t, []string{command}).variables
}
