package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
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
