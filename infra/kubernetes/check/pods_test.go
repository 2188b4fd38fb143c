package check

import (
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

const user = int64(65532) // of the image

func TestPodsAreConfined(t *testing.T) {
	eachVariant(t, func(t *testing.T, c cluster) {
		for name, pod := range c.pods() {
			s := pod.Spec.SecurityContext
			if s == nil || !is(s.RunAsNonRoot, true) || !is(s.RunAsUser, user) || !is(s.RunAsGroup, user) || !is(s.FSGroup, user) ||
				s.SeccompProfile == nil || s.SeccompProfile.Type != corev1.SeccompProfileTypeRuntimeDefault {
				t.Errorf("%s: security context %v", name, s)
			}
			if !is(pod.Spec.AutomountServiceAccountToken, false) || !is(pod.Spec.EnableServiceLinks, false) {
				t.Errorf("%s: it needs no token of Kubernetes, and no variables of services", name)
			}
			if pod.Spec.HostNetwork || pod.Spec.HostPID || pod.Spec.HostIPC || len(pod.Spec.InitContainers) > 0 || len(pod.Spec.Containers) != 1 {
				t.Errorf("%s: one container, and nothing of the host", name)
			}
			confined(t, name, pod.Spec.Containers[0])
		}
		for name, a := range c.accounts {
			if !is(a.AutomountServiceAccountToken, false) {
				t.Errorf("service account %s mounts its token", name)
			}
		}
	})
}

func confined(t *testing.T, name string, c corev1.Container) {
	t.Helper()
	s := c.SecurityContext
	if s == nil || !is(s.AllowPrivilegeEscalation, false) || !is(s.ReadOnlyRootFilesystem, true) || s.Privileged != nil || s.Capabilities == nil ||
		!slices.Equal(s.Capabilities.Drop, []corev1.Capability{"ALL"}) || len(s.Capabilities.Add) > 0 {
		t.Errorf("%s: container's security context %v", name, s)
	}
	if len(c.Command) > 0 {
		t.Errorf("%s: command %v: the image's entrypoint is airlock; args say which command", name, c.Command)
	}
	for _, m := range c.VolumeMounts {
		if m.ReadOnly == (m.MountPath == "/tmp") {
			t.Errorf("%s: %s: read-only %v", name, m.MountPath, m.ReadOnly)
		}
	}
}

func TestMemoryIsBoundedAndGoKnowsIt(t *testing.T) {
	eachVariant(t, func(t *testing.T, c cluster) {
		for name, pod := range c.pods() {
			r := pod.Spec.Containers[0].Resources
			limit := r.Limits.Memory()
			if limit.IsZero() || limit.Cmp(*r.Requests.Memory()) != 0 || r.Requests.Cpu().IsZero() {
				t.Errorf("%s: requests %v, limits %v: memory is bounded and requested alike, CPU is requested", name, r.Requests, r.Limits)
			}
			if _, capped := r.Limits[corev1.ResourceCPU]; capped {
				t.Errorf("%s: a CPU limit stops heartbeats and answers", name)
			}
			if said, set := c.environment(t, pod.Spec)["GOMEMLIMIT"]; name == "airlock-validator" {
				if set {
					t.Errorf("%s: GOMEMLIMIT %s: it divides its memory itself", name, said)
				}
				continue
			}
			soft, err := resource.ParseQuantity(strings.TrimSuffix(c.environment(t, pod.Spec)["GOMEMLIMIT"], "B")) // MiB is Mi
			if part := soft.AsApproximateFloat64() / limit.AsApproximateFloat64(); err != nil || part < 0.85 || part > 0.95 {
				t.Errorf("%s: GOMEMLIMIT %s of %s: %v", name, soft.String(), limit, err)
			}
		}
		if have := c.apps["airlock-validator"].Spec.Template.Spec.Containers[0].Resources.Limits.Memory(); have.Cmp(resource.MustParse("512Mi")) != 0 {
			t.Errorf("the validator has %s", have)
		}
	})
}

func TestOnlyTheValidatorHasSomewhereToWrite(t *testing.T) {
	eachVariant(t, func(t *testing.T, c cluster) {
		for name, pod := range c.pods() {
			var scratch []corev1.Volume
			for _, v := range pod.Spec.Volumes {
				if v.EmptyDir != nil {
					scratch = append(scratch, v)
				} else if v.ConfigMap == nil && v.Secret == nil && v.Projected == nil {
					t.Errorf("%s: volume %s is none that this test knows", name, v.Name)
				}
			}
			if name != "airlock-validator" {
				if len(scratch) > 0 {
					t.Errorf("%s: has %d volumes to write to", name, len(scratch))
				}
				continue
			}
			if len(scratch) != 1 || scratch[0].EmptyDir.Medium != "" || scratch[0].EmptyDir.SizeLimit.Cmp(resource.MustParse("2Gi")) != 0 {
				t.Errorf("%s: scratch volumes %+v: one, on disk, of 2Gi", name, scratch)
				continue
			}
			if at := mounts(pod.Spec)["/tmp"]; at != scratch[0].Name {
				t.Errorf("%s: at /tmp is %q", name, at)
			}
		}
	})
}

func TestProbesAskWhatTheyShould(t *testing.T) {
	eachVariant(t, func(t *testing.T, c cluster) {
		for name, a := range c.apps {
			k := a.Spec.Template.Spec.Containers[0]
			for what, p := range map[string]struct {
				probe *corev1.Probe
				path  string
				least int32
			}{
				"startup": {k.StartupProbe, "/livez", 1}, "liveness": {k.LivenessProbe, "/livez", 1},
				"readiness": {k.ReadinessProbe, "/readyz", 6}, // it asks NATS for up to 5 s
			} {
				if p.probe == nil || p.probe.HTTPGet == nil || p.probe.HTTPGet.Path != p.path || p.probe.HTTPGet.Port.StrVal != "metrics" || max(p.probe.TimeoutSeconds, 1) < p.least {
					t.Errorf("%s: %s probe %+v", name, what, p.probe)
				}
			}
			// To connect to NATS, find four streams and three buckets, and agree on a key may take 50 s.
			if s := k.StartupProbe; s.PeriodSeconds*s.FailureThreshold < 60 {
				t.Errorf("%s: is given %d s to start", name, s.PeriodSeconds*s.FailureThreshold)
			}
		}
	})
}

func TestStopsAndRolloutsLoseNothing(t *testing.T) {
	eachVariant(t, func(t *testing.T, c cluster) {
		signer, validator := c.apps["airlock-signer"], c.apps["airlock-validator"]
		sleep := int64(0)
		if l := signer.Spec.Template.Spec.Containers[0].Lifecycle; l != nil && l.PreStop != nil && l.PreStop.Sleep != nil {
			sleep = l.PreStop.Sleep.Seconds
		}
		if grace := *signer.Spec.Template.Spec.TerminationGracePeriodSeconds; sleep < 5 || grace < sleep+5+5 {
			t.Errorf("signer: sleeps %d s, has %d s: it drains for 5 s after that", sleep, grace)
		}
		if grace := *validator.Spec.Template.Spec.TerminationGracePeriodSeconds; grace != 45 {
			t.Errorf("validator: has %d s, want 45", grace)
		}
		if r := signer.Spec.Strategy.RollingUpdate; r == nil || r.MaxUnavailable.IntValue() != 0 || r.MaxUnavailable.String() != "0" || *signer.Spec.Replicas < 2 {
			t.Errorf("signer: rolls by %+v", r)
		}
		for name, a := range c.apps {
			keys := map[string]bool{}
			for _, s := range a.Spec.Template.Spec.TopologySpreadConstraints {
				keys[s.TopologyKey] = s.MaxSkew == 1 && selects(t, s.LabelSelector, a.Spec.Template.Labels)
			}
			if !keys["topology.kubernetes.io/zone"] || !keys["kubernetes.io/hostname"] {
				t.Errorf("%s: spread over %v", name, keys)
			}
		}
	})
}

// is tells whether p points at v.
func is[T comparable](p *T, v T) bool { return p != nil && *p == v }

// mounts are the names of volumes by where they are mounted.
func mounts(pod corev1.PodSpec) map[string]string {
	at := map[string]string{}
	for _, m := range pod.Containers[0].VolumeMounts {
		at[m.MountPath] = m.Name
	}
	return at
}
