package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// readme is read before the stack changes the working directory.
var readme, readmeErr = os.ReadFile(filepath.Join("..", "..", "README.md"))

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
