package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"airlock/signer"
)

// A file goes up in parts as it does whole, from a file or from stdin.
func TestUploadSendsInParts(t *testing.T) {
	purge(t)
	api := startSigner(t)
	v := start(t, "validator", "validator")
	data := bytes.Repeat([]byte("0123456789abcde\n"), 20<<20/16+1)
	file := filepath.Join(t.TempDir(), "long.txt")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, args := range map[string][]string{"a file": {file}, "stdin": {"--name", "long.txt", "-"}} {
		var out, said lockedBuffer
		args = append([]string{"upload", "--endpoint", api, "--profile", "media", "--method", "multipart", "--json"}, args...)
		if code := run(t.Context(), args, streams{bytes.NewReader(data), &out, &said}); code != exitDone {
			t.Fatalf("%s: exit %d: %s", name, code, said.String())
		}
		var st signer.Status
		if err := json.Unmarshal([]byte(out.String()), &st); err != nil || st.State != "accepted" || *st.Size != int64(len(data)) {
			t.Errorf("%s: %v %s", name, err, out.String())
		}
	}
	var out, said lockedBuffer
	args := []string{"upload", "--endpoint", api, "--profile", "text", "--method", "multipart", file}
	if code := run(t.Context(), args, streams{nil, &out, &said}); code != exitFailed || !bytes.Contains([]byte(said.String()), []byte("method_not_allowed")) {
		t.Errorf("a profile without multipart: exit %d: %s", code, said.String())
	}
	v.stop()
}

// What can't be brought to S3 is taken back, so that nothing of it is kept there.
func TestAnUploadInPartsThatFailsIsTakenBack(t *testing.T) {
	purge(t)
	api := startSigner(t, "--public-s3-endpoint", "http://127.0.0.1:1")
	var out, said lockedBuffer
	args := []string{"upload", "--endpoint", api, "--profile", "media", "--method", "multipart", "--timeout", "2s", "--name", "lost.txt", "-"}
	if code := run(t.Context(), args, streams{strings.NewReader("text"), &out, &said}); code != exitFailed || strings.Contains(said.String(), "X-Amz") {
		t.Errorf("exit %d: %s", code, said.String())
	}
	for g, err := range openStore(t).Grants(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if g.Filename == "lost.txt" {
			if !g.Cancelled {
				t.Errorf("it was not cancelled: %+v", g)
			}
			return
		}
	}
	t.Error("it was not even granted")
}
