package check

import (
	"bytes"
	"errors"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	certmanager "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/yaml"
	sigsyaml "sigs.k8s.io/yaml"
)

// certificates reads nats-certificates.yaml: the certificates by their secrets, and the issuers.
func certificates(t *testing.T) (certs map[string]certmanager.Certificate, issuers map[string]certmanager.Issuer) {
	t.Helper()
	file, err := os.ReadFile(filepath.Join(manifests, "nats-certificates.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	certs, issuers = map[string]certmanager.Certificate{}, map[string]certmanager.Issuer{}
	for documents := yaml.NewDocumentDecoder(io.NopCloser(bytes.NewReader(file))); ; {
		data := make([]byte, 1<<16)
		n, err := documents.Read(data)
		if errors.Is(err, io.EOF) {
			return certs, issuers
		}
		if err != nil {
			t.Fatal(err)
		}
		var kind struct{ Kind string }
		if err := sigsyaml.Unmarshal(data[:n], &kind); err != nil {
			t.Fatal(err)
		}
		switch kind.Kind {
		case "Namespace":
			err = strictly(data[:n], new(corev1.Namespace))
		case "Issuer":
			var i certmanager.Issuer
			err = strictly(data[:n], &i)
			issuers[i.Name] = i
		case "Certificate":
			var c certmanager.Certificate
			err = strictly(data[:n], &c)
			certs[c.Spec.SecretName] = c
		default:
			err = unknownKind(kind.Kind)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// values are what nats-values.yaml says of certificates.
func values(t *testing.T) (clients, servers, authority, include string) {
	t.Helper()
	file, err := os.ReadFile(filepath.Join(manifests, "nats-values.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	type tls struct {
		Enabled    bool   `json:"enabled"`
		SecretName string `json:"secretName"`
	}
	var v struct {
		Config struct {
			NATS, Cluster struct {
				TLS tls `json:"tls"`
			}
			Merge map[string]any `json:"merge"`
		} `json:"config"`
		TLSCA struct {
			Enabled       bool   `json:"enabled"`
			ConfigMapName string `json:"configMapName"`
		} `json:"tlsCA"`
	}
	if err := sigsyaml.Unmarshal(file, &v); err != nil {
		t.Fatal(err)
	}
	if !v.Config.NATS.TLS.Enabled || !v.Config.Cluster.TLS.Enabled || !v.TLSCA.Enabled {
		t.Error("NATS does without TLS")
	}
	include, _ = v.Config.Merge["$include"].(string)
	return v.Config.NATS.TLS.SecretName, v.Config.Cluster.TLS.SecretName, v.TLSCA.ConfigMapName, include
}

func TestNATSHasTheCertificatesThatItWants(t *testing.T) {
	certs, issuers := certificates(t)
	clients, servers, authority, include := values(t)
	for secret, c := range certs {
		if _, ok := issuers[c.Spec.IssuerRef.Name]; !ok {
			t.Errorf("%s is issued by %s, which is not here", secret, c.Spec.IssuerRef.Name)
		}
	}
	for name, i := range issuers {
		if i.Spec.CA != nil && !certs[i.Spec.CA.SecretName].Spec.IsCA {
			t.Errorf("issuer %s signs with %s, which is no authority", name, i.Spec.CA.SecretName)
		}
	}
	eachVariant(t, func(t *testing.T, c cluster) {
		for _, pod := range c.pods() {
			address, err := url.Parse(c.environment(t, pod.Spec)["AIRLOCK_NATS_URL"])
			if err != nil || !slices.Contains(certs[clients].Spec.DNSNames, address.Hostname()) {
				t.Errorf("%s is for %v, not for %s (%v)", clients, certs[clients].Spec.DNSNames, address, err)
			}
			for _, v := range pod.Spec.Volumes {
				if v.Projected != nil && v.Projected.Sources[1].ConfigMap.Name != authority {
					t.Errorf("pods believe %s, NATS is signed for by %s", v.Projected.Sources[1].ConfigMap.Name, authority)
				}
			}
		}
	})
	if !slices.ContainsFunc(certs[servers].Spec.DNSNames, func(name string) bool { return strings.HasPrefix(name, "*.nats-headless") }) {
		t.Errorf("%s is for %v, not for *.nats-headless", servers, certs[servers].Spec.DNSNames)
	}
	for _, usage := range []certmanager.KeyUsage{certmanager.UsageClientAuth, certmanager.UsageServerAuth} {
		if !slices.Contains(certs[servers].Spec.Usages, usage) {
			t.Errorf("%s is not for %s", servers, usage)
		}
	}
	if _, err := os.Stat(filepath.Join(manifests, "../nats", filepath.Base(include))); include != "./users.conf" || err != nil {
		t.Errorf("NATS includes %q: who may do what is in infra/nats/users.conf (%v)", include, err)
	}
}
