package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// readme is the page of the whole repository, where its links begin.
var readme, readmeErr = os.ReadFile(filepath.Join(repository, "README.md"))

// proof is a link to a test, as the README has beside each promise.
var proof = regexp.MustCompile("\\[`(Test\\w+)`\\]\\(([^)]+)\\)")

func TestEachPromiseOfTheReadmeHasItsProof(t *testing.T) {
	if readmeErr != nil {
		t.Fatal(readmeErr)
	}
	_, promises, _ := strings.Cut(string(readme), "## What it promises\n")
	promises, _, _ = strings.Cut(promises, "\n## ")
	numbered := regexp.MustCompile(`(?m)^\d\. .*$`).FindAllString(promises, -1)
	if len(numbered) != 6 {
		t.Errorf("%d promises", len(numbered))
	}
	for _, promise := range numbered {
		proofs := proof.FindAllStringSubmatch(promise, -1)
		if len(proofs) == 0 {
			t.Errorf("without proof: %s", promise)
		}
		for _, p := range proofs {
			source, err := os.ReadFile(filepath.Join(repository, p[2]))
			if err != nil || !strings.Contains(string(source), "func "+p[1]+"(") {
				t.Errorf("%s is not in %s: %v", p[1], p[2], err)
			}
		}
	}
}

func TestTheReadmesCurlWalk(t *testing.T) {
	if readmeErr != nil {
		t.Fatal(readmeErr)
	}
	for _, tool := range []string{"bash", "curl"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is not here; install it to run the README's walk", tool)
		}
	}
	_, rest, _ := strings.Cut(string(readme), "<!-- run by TestTheReadmesCurlWalk -->\n```sh\n")
	script, _, ok := strings.Cut(rest, "```")
	if !ok {
		t.Fatal("the README has no block for this test")
	}
	purge(t)
	api := startSigner(t)
	start(t, "validator", "validator").says("the validator works")
	cmd := exec.Command("bash", "-euo", "pipefail", "-c", strings.Replace(script, "http://127.0.0.1:8080", api, 1))
	cmd.Dir = t.TempDir()
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(lines) != 5 || lines[0] != "200" || !strings.Contains(lines[1], `"state":"accepted"`) || strings.Join(lines[2:], " ") != "403 403 403" {
		t.Errorf("the walk printed\n%s", out)
	}
}
