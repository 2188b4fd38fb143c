package check

import (
	"maps"
	"net/netip"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// operators are the secrets and config maps that the operator makes, with their keys: README.md says
// how. All the rest must be in the manifests.
var operators = map[string][]string{
	"airlock-signer": {"tokens.txt"}, "airlock-signer-nats": {"nats.creds"}, "airlock-validator-nats": {"nats.creds"},
	"airlock-setup-nats": {"nats.creds"}, "nats-ca": {"ca.crt"},
}

func TestSelectorsFindExactlyTheirPods(t *testing.T) {
	eachVariant(t, func(t *testing.T, c cluster) {
		for name, a := range c.apps {
			exactly(t, c, "deployment "+name, a.Spec.Selector, name)
		}
		for name, b := range c.budgets {
			exactly(t, c, "budget "+name, b.Spec.Selector, name)
			if b.Spec.MaxUnavailable == nil || b.Spec.MaxUnavailable.IntValue() != 1 || b.Spec.MinAvailable != nil {
				t.Errorf("budget %s: %+v", name, b.Spec)
			}
		}
		for name, s := range c.services {
			exactly(t, c, "service "+name, &metav1.LabelSelector{MatchLabels: s.Spec.Selector}, "airlock-signer")
			for _, p := range s.Spec.Ports {
				if !hasPort(c.apps["airlock-signer"].Spec.Template.Spec, p.TargetPort.StrVal) {
					t.Errorf("service %s: the pod has no port %q", name, p.TargetPort.String())
				}
			}
		}
		for name, i := range c.ingresses {
			for _, p := range i.Spec.Rules[0].HTTP.Paths {
				service, ok := c.services[p.Backend.Service.Name]
				if !ok || !slices.ContainsFunc(service.Spec.Ports, func(q corev1.ServicePort) bool { return q.Name == p.Backend.Service.Port.Name }) {
					t.Errorf("ingress %s: leads to %+v", name, p.Backend.Service)
				}
			}
		}
	})
}

func exactly(t *testing.T, c cluster, who string, s *metav1.LabelSelector, want ...string) {
	t.Helper()
	var found []string
	for name, pod := range c.pods() {
		if selects(t, s, pod.Labels) {
			found = append(found, name)
		}
	}
	if slices.Sort(found); !slices.Equal(found, want) {
		t.Errorf("%s selects %v, want %v", who, found, want)
	}
}

func selects(t *testing.T, s *metav1.LabelSelector, l map[string]string) bool {
	t.Helper()
	selector, err := metav1.LabelSelectorAsSelector(s)
	if err != nil {
		t.Fatal(err)
	}
	return selector.Matches(labels.Set(l))
}

func hasPort(pod corev1.PodSpec, name string) bool {
	return slices.ContainsFunc(pod.Containers[0].Ports, func(p corev1.ContainerPort) bool { return p.Name == name })
}

func TestWhatIsReferredToIsThere(t *testing.T) {
	eachVariant(t, func(t *testing.T, c cluster) {
		used := map[string]bool{}
		for name, pod := range c.pods() {
			if _, ok := c.accounts[pod.Spec.ServiceAccountName]; !ok || pod.Spec.ServiceAccountName != name {
				t.Errorf("%s runs as %q: each has a role of its own", name, pod.Spec.ServiceAccountName)
			}
			for _, r := range references(pod.Spec) {
				keys, ours := operators[r.name]
				if m, ok := c.configs[r.name]; ok && !r.secret {
					keys = slices.Collect(maps.Keys(m.Data))
					used[r.name] = true
				} else if !ours {
					t.Errorf("%s: %s is neither in the manifests nor the operator's", name, r.name)
				}
				if r.key != "" && !slices.Contains(keys, r.key) {
					t.Errorf("%s: %s has no key %s, only %v", name, r.name, r.key, keys)
				}
			}
			filesAreMounted(t, c, name, pod.Spec)
		}
		for name := range c.configs {
			if !used[name] {
				t.Errorf("nobody uses the config map %s", name)
			}
		}
	})
}

type reference struct {
	name, key string
	secret    bool
}

func references(pod corev1.PodSpec) (all []reference) {
	for _, e := range pod.Containers[0].EnvFrom {
		if e.ConfigMapRef != nil {
			all = append(all, reference{name: e.ConfigMapRef.Name})
		}
	}
	for _, v := range pod.Volumes {
		if v.ConfigMap != nil {
			all = append(all, reference{name: v.ConfigMap.Name})
		}
		if v.Secret != nil {
			all = append(all, reference{name: v.Secret.SecretName, secret: true})
		}
		if v.Projected == nil {
			continue
		}
		for _, s := range v.Projected.Sources {
			if s.Secret != nil {
				all = append(all, reference{s.Secret.Name, s.Secret.Items[0].Key, true})
			}
			if s.ConfigMap != nil {
				all = append(all, reference{name: s.ConfigMap.Name, key: s.ConfigMap.Items[0].Key})
			}
		}
	}
	return all
}

// filesAreMounted follows each variable that names a file to the volume that holds it.
func filesAreMounted(t *testing.T, c cluster, name string, pod corev1.PodSpec) {
	t.Helper()
	files := map[string][]string{} // by volume
	for _, v := range pod.Volumes {
		switch {
		case v.ConfigMap != nil:
			files[v.Name] = slices.Collect(maps.Keys(c.configs[v.ConfigMap.Name].Data))
		case v.Secret != nil:
			files[v.Name] = operators[v.Secret.SecretName]
		case v.Projected != nil:
			for _, s := range v.Projected.Sources {
				if s.Secret != nil {
					files[v.Name] = append(files[v.Name], s.Secret.Items[0].Path)
				} else {
					files[v.Name] = append(files[v.Name], s.ConfigMap.Items[0].Path)
				}
			}
		}
		if v.EmptyDir == nil && len(files[v.Name]) == 0 {
			t.Errorf("%s: volume %s holds nothing", name, v.Name)
		}
	}
	at := mounts(pod)
	wanted := c.environment(t, pod)
	if name == "airlock-signer" {
		wanted["auth.tokens_file"] = regexp.MustCompile(`tokens_file: (\S+)`).FindStringSubmatch(c.config(t)["airlock.yaml"])[1]
	}
	for variable, value := range wanted {
		if strings.HasPrefix(value, "/") && !slices.Contains(files[at[path.Dir(value)]], path.Base(value)) {
			t.Errorf("%s: %s: nothing mounts %s", name, variable, value)
		}
	}
}

func (c cluster) config(t *testing.T) map[string]string {
	t.Helper()
	for name, m := range c.configs {
		if strings.HasPrefix(name, "airlock-config-") {
			return m.Data
		}
	}
	t.Fatal("there is no config map airlock-config-...: without the hash in its name, a change would roll no pod")
	return nil
}

func TestNetworkPoliciesCoverAllAndLeaveNoMore(t *testing.T) {
	eachVariant(t, func(t *testing.T, c cluster) {
		for policy, pods := range map[string][]string{
			"default-deny": {"airlock-setup", "airlock-signer", "airlock-validator"}, "airlock-common": {"airlock-setup", "airlock-signer", "airlock-validator"},
			"airlock-signer": {"airlock-signer"}, "airlock-validator": {"airlock-validator"},
		} {
			p, ok := c.policies[policy]
			if !ok {
				t.Fatalf("there is no policy %s", policy)
			}
			exactly(t, c, "policy "+policy, &p.Spec.PodSelector, pods...)
			for _, from := range p.Spec.Ingress {
				if len(from.From) == 0 || len(from.Ports) == 0 {
					t.Errorf("%s: anybody, or any port: %+v", policy, from)
				}
			}
			for _, to := range p.Spec.Egress {
				if len(to.To) == 0 || len(to.Ports) == 0 {
					t.Errorf("%s: anywhere, or any port: %+v", policy, to)
				}
			}
		}
		if deny := c.policies["default-deny"].Spec; len(deny.PolicyTypes) != 2 || len(deny.Ingress)+len(deny.Egress) > 0 {
			t.Errorf("default-deny: %+v", deny)
		}
		if in := ports(c.policies["airlock-validator"].Spec.Ingress); !slices.Equal(in, []int{9090}) {
			t.Errorf("the validator takes ports %v", in)
		}
		if in := ports(c.policies["airlock-signer"].Spec.Ingress); !slices.Equal(in, []int{8080, 9090}) {
			t.Errorf("the signer takes ports %v", in)
		}
		for _, who := range []string{"airlock-signer", "airlock-validator"} {
			for where, want := range map[string]bool{
				"169.254.169.254:80": false, "169.254.169.254:443": false, "[fd00:ec2::254]:80": false, "[fd00:ec2::254]:443": false,
				"169.254.170.23:80": true, "[fd00:ec2::23]:80": true, "52.219.1.1:443": true, "52.219.1.1:80": false,
				"169.254.20.10:53": true, "10.0.0.1:4222": false,
			} {
				if may := reaches(c, who, netip.MustParseAddrPort(where)); may != want {
					t.Errorf("%s reaches %s: %v, want %v", who, where, may, want)
				}
			}
		}
	})
}

func ports(rules []networkingv1.NetworkPolicyIngressRule) (all []int) {
	for _, r := range rules {
		for _, p := range r.Ports {
			all = append(all, p.Port.IntValue())
		}
	}
	slices.Sort(all)
	return all
}

// reaches tells whether a pod may connect to an address outside of the cluster.
func reaches(c cluster, who string, to netip.AddrPort) bool {
	for _, policy := range []string{"airlock-common", who} {
		for _, rule := range c.policies[policy].Spec.Egress {
			if !slices.ContainsFunc(rule.Ports, func(p networkingv1.NetworkPolicyPort) bool { return p.Port.IntValue() == int(to.Port()) }) {
				continue
			}
			for _, peer := range rule.To {
				if b := peer.IPBlock; b != nil && netip.MustParsePrefix(b.CIDR).Contains(to.Addr()) &&
					!slices.ContainsFunc(b.Except, func(x string) bool { return netip.MustParsePrefix(x).Contains(to.Addr()) }) {
					return true
				}
			}
		}
	}
	return false
}
