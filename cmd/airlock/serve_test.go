package main

import (
	"io"
	"net/http"
	"os/exec"
	"strings"
	"testing"

	"airlock/signer"
)

func TestOperatorsSeeReadinessAndMetrics(t *testing.T) {
	purge(t)
	s := start(t, "signer", "signer", "--listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0", "--insecure-no-auth", "--log-format", "json")
	ops := s.says(`served","address":"`)
	ops, _, _ = strings.Cut(ops, `"`)
	api := s.says(`the signer serves","address":"`)
	api, _, _ = strings.Cut(api, `"`)
	v := start(t, "validator", "validator", "--metrics-listen", "127.0.0.1:0")
	judge := v.says(`served" address=`)
	v.says("the validator works")
	client := &signer.Client{Endpoint: "http://" + api}
	for n := range 5 {
		uploadSample(t, client, n)
	}
	await(t, "five verdicts in the metrics", func() bool {
		text := get(t, "http://"+judge+"/metrics")
		return strings.Contains(text, `airlock_upload_results_total{profile="image",reason="",result="accepted"} 4`) &&
			strings.Contains(text, `airlock_upload_results_total{profile="image",reason="type_mismatch",result="rejected"} 1`)
	})
	for _, want := range []string{`airlock_store_capability{feature="copy_destination_condition"} 1`, "airlock_messages_deleted_total", "airlock_messages_inflight"} {
		if text := get(t, "http://"+judge+"/metrics"); !strings.Contains(text, want) {
			t.Errorf("the validator's metrics lack %s", want)
		}
	}
	if text := get(t, "http://"+ops+"/metrics"); !strings.Contains(text, `airlock_grants_total{method="put",profile="image"} 5`) {
		t.Error("the signer's metrics lack its grants")
	}
	for _, args := range [][]string{{"--listen", api}, {"--metrics-listen", ops}, {"--metrics-listen", judge}} {
		if out, err := exec.Command("airlock", append([]string{"healthcheck"}, args...)...).CombinedOutput(); err != nil || string(out) != "ready\n" {
			t.Errorf("healthcheck %v: %v\n%s", args, err, out)
		}
	}
	s.stop()
	v.stop()
}

func get(t *testing.T, url string) string {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}
