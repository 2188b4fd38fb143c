package main

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"airlock/internal/pace"
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
	pace.Eventually(t, time.Minute, "five verdicts in the metrics", func() bool {
		text := get(t, "http://"+judge+"/metrics")
		return strings.Contains(text, `airlock_upload_results_total{profile="image",reason="",result="accepted"} 4`) &&
			strings.Contains(text, `airlock_upload_results_total{profile="image",reason="type_mismatch",result="rejected"} 1`)
	})
	for _, want := range []string{`airlock_store_capability{feature="copy_source_condition"} 1`, "airlock_messages_deleted_total", "airlock_messages_inflight"} {
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

func TestOnlyThoseWithATokenMaySign(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	sum := func(token string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(token))) }
	file("tokens.txt", "# name owner profiles\n"+sum("secret-one")+" alice image # hers\n\n"+sum("secret-two")+" bob document\n")
	config := file("airlock.yaml", profilesYAML+"auth: {tokens_file: tokens.txt}\n")
	s := start(t, "signer", "signer", "--listen", "127.0.0.1:0", "-c", config, "--token-key-file", file("key", sum("a key")+"\n"))
	client := signer.Client{Endpoint: "http://" + s.says(`serves" address=`)}
	for token, want := range map[string]string{"": "unauthenticated", "secret-three": "unauthenticated", "secret-two": "forbidden", "secret-one": ""} {
		client.Token = token
		signed, err := client.Sign(t.Context(), signer.Request{Profile: "image", Filename: "a.png", ContentType: "image/png", Size: 1})
		var p *signer.Problem
		switch {
		case want == "" && (err != nil || signed.URL == ""):
			t.Errorf("%q: %v", token, err)
		case want != "" && (!errors.As(err, &p) || p.Code != want):
			t.Errorf("%q: %v, want %s", token, err, want)
		}
	}
	if log := s.log.String(); strings.Contains(log, "secret-") {
		t.Errorf("a token is in the log:\n%s", log)
	}
	s.stop()
}
