package check

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	"sigs.k8s.io/json"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"
)

const manifests = ".." // infra/kubernetes

// cluster is all that one `kubectl apply -k` would bring, by name.
type cluster struct {
	namespace  corev1.Namespace
	accounts   map[string]corev1.ServiceAccount
	configs    map[string]corev1.ConfigMap
	services   map[string]corev1.Service
	apps       map[string]appsv1.Deployment
	jobs       map[string]batchv1.Job
	budgets    map[string]policyv1.PodDisruptionBudget
	policies   map[string]networkingv1.NetworkPolicy
	ingresses  map[string]networkingv1.Ingress
	scaled     map[string]scaledObject
	keda       map[string]triggerAuthentication
	objects    int
	namespaces map[string]bool // in which objects are
}

// variants are built by each test: the base, the base with KEDA, and the example.
var variants = []string{"base", "base-and-keda", "examples/eks"}

func eachVariant(t *testing.T, test func(t *testing.T, c cluster)) {
	t.Helper()
	for _, name := range variants {
		t.Run(name, func(t *testing.T) { test(t, build(t, name)) })
	}
}

// build renders from a copy in memory, to which it adds an overlay.
func build(t *testing.T, name string) cluster {
	t.Helper()
	disk := filesys.MakeFsInMemory()
	err := filepath.WalkDir(manifests, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(manifests, path)
		if err != nil {
			return err
		}
		return disk.WriteFile(filepath.Join("/k", relative), data)
	})
	if err != nil {
		t.Fatal(err)
	}
	overlay := "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [../base]\ncomponents: [../components/keda]\n"
	if err := disk.WriteFile("/k/base-and-keda/kustomization.yaml", []byte(overlay)); err != nil {
		t.Fatal(err)
	}
	resources, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(disk, "/k/"+name)
	if err != nil {
		t.Fatal(err)
	}
	c := newCluster()
	for _, r := range resources.Resources() {
		data, err := r.AsYAML()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.add(r.GetKind(), r.GetName(), data); err != nil {
			t.Errorf("%s %s: %v", r.GetKind(), r.GetName(), err)
		}
		c.objects++
		if r.GetKind() != "Namespace" {
			c.namespaces[r.GetNamespace()] = true
		}
	}
	return c
}

func newCluster() cluster {
	return cluster{
		accounts: map[string]corev1.ServiceAccount{}, configs: map[string]corev1.ConfigMap{}, services: map[string]corev1.Service{},
		apps: map[string]appsv1.Deployment{}, jobs: map[string]batchv1.Job{}, budgets: map[string]policyv1.PodDisruptionBudget{},
		policies: map[string]networkingv1.NetworkPolicy{}, ingresses: map[string]networkingv1.Ingress{},
		scaled: map[string]scaledObject{}, keda: map[string]triggerAuthentication{}, namespaces: map[string]bool{},
	}
}

type unknownKind string

func (k unknownKind) Error() string { return "this test does not know a " + string(k) }

func (c *cluster) add(kind, name string, data []byte) error {
	switch kind {
	case "Namespace":
		return strictly(data, &c.namespace)
	case "ServiceAccount":
		return put(c.accounts, name, data)
	case "ConfigMap":
		return put(c.configs, name, data)
	case "Service":
		return put(c.services, name, data)
	case "Deployment":
		return put(c.apps, name, data)
	case "Job":
		return put(c.jobs, name, data)
	case "PodDisruptionBudget":
		return put(c.budgets, name, data)
	case "NetworkPolicy":
		return put(c.policies, name, data)
	case "Ingress":
		return put(c.ingresses, name, data)
	case "ScaledObject":
		return put(c.scaled, name, data)
	case "TriggerAuthentication":
		return put(c.keda, name, data)
	}
	return unknownKind(kind)
}

func put[T any](into map[string]T, name string, data []byte) error {
	var v T
	err := strictly(data, &v)
	into[name] = v
	return err
}

// strictly decodes as the API server does: a field that the type does not have, has twice, or has
// with other capitals is an error. (encoding/json, and so sigs.k8s.io/yaml, takes any capitals.)
func strictly(data []byte, into any) error {
	object, err := yaml.YAMLToJSONStrict(data)
	if err != nil {
		return err
	}
	faults, err := json.UnmarshalStrict(object, into)
	return errors.Join(append(faults, err)...)
}

// pods are the templates of all that runs, by the name of what runs it.
func (c cluster) pods() map[string]corev1.PodTemplateSpec {
	all := map[string]corev1.PodTemplateSpec{}
	for name, a := range c.apps {
		all[name] = a.Spec.Template
	}
	for name, j := range c.jobs {
		all[name] = j.Spec.Template
	}
	return all
}

// What kustomize merges or drops is not seen in what it builds: so each file by itself too.
func TestEachFileIsStrictlyWhatItsAPIKnows(t *testing.T) {
	for _, pattern := range []string{"base/*.yaml", "components/*/*.yaml", "examples/*/*.yaml"} {
		files, err := filepath.Glob(filepath.Join(manifests, pattern))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v files, %v", pattern, len(files), err)
		}
		for _, file := range files {
			base := filepath.Base(file)
			if base == "kustomization.yaml" || base == "airlock.yaml" {
				continue // kustomize and `airlock check` are strict by themselves
			}
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			c := newCluster()
			for i, doc := range bytes.Split(data, []byte("\n---\n")) {
				var head struct{ Kind string }
				if err := yaml.Unmarshal(doc, &head); err != nil {
					t.Errorf("%s, document %d: %v", file, i, err)
				}
				if err := c.add(head.Kind, "any", doc); err != nil {
					t.Errorf("%s, document %d: %v", file, i, err)
				}
			}
		}
	}
}

func TestEachVariantHasWhatAirlockIsMadeOf(t *testing.T) {
	eachVariant(t, func(t *testing.T, c cluster) {
		if len(c.apps) != 2 || len(c.jobs) != 1 || len(c.accounts) != 3 || len(c.budgets) != 2 || len(c.services) != 1 || len(c.configs) != 3 || len(c.policies) != 4 {
			t.Errorf("%d deployments, %d jobs, %d accounts, %d budgets, %d services, %d config maps, %d network policies",
				len(c.apps), len(c.jobs), len(c.accounts), len(c.budgets), len(c.services), len(c.configs), len(c.policies))
		}
		if scales := strings.Contains(t.Name(), "keda") || strings.Contains(t.Name(), "eks"); scales != (len(c.scaled) == 1) || len(c.scaled) != len(c.keda) {
			t.Errorf("%d ScaledObjects, %d TriggerAuthentications", len(c.scaled), len(c.keda))
		}
		if len(c.namespaces) != 1 || !c.namespaces[c.namespace.Name] {
			t.Errorf("objects are in %v, the namespace is %q", c.namespaces, c.namespace.Name)
		}
		if level := c.namespace.Labels["pod-security.kubernetes.io/enforce"]; level != "restricted" {
			t.Errorf("the namespace enforces %q, want restricted", level)
		}
	})
}
