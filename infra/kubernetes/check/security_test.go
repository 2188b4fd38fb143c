package check

import (
	"testing"

	psa "k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

// The API server's own code says whether it would let our pods into the namespace.
func TestTheNamespaceAdmitsItsPods(t *testing.T) {
	admit, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		t.Fatal(err)
	}
	eachVariant(t, func(t *testing.T, c cluster) {
		level, err := psa.ParseLevel(c.namespace.Labels[psa.EnforceLevelLabel])
		if err != nil {
			t.Fatal(err)
		}
		for name, pod := range c.pods() {
			results := admit.EvaluatePod(psa.LevelVersion{Level: level, Version: psa.LatestVersion()}, &pod.ObjectMeta, &pod.Spec)
			if r := policy.AggregateCheckResults(results); !r.Allowed {
				t.Errorf("%s: %s: %s", name, r.ForbiddenReason(), r.ForbiddenDetail())
			}
		}
	})
}
