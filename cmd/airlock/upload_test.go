package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
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
		if err := json.Unmarshal([]byte(out.String()), &st); err != nil || st.State != "accepted" || *st.Size != int64(len(data)) || st.ChecksumSHA256 == nil || *st.ChecksumSHA256 != sha256Of(data) {
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

func sha256Of(data []byte) string {
	sum := sha256.Sum256(data)
	return base64.StdEncoding.EncodeToString(sum[:])
}

// S3 knows of parts only a checksum of checksums, so the validator holds all of the bytes against what
// was declared.
func TestWhatComesInPartsIsHeldAgainstItsChecksum(t *testing.T) {
	purge(t)
	client := &signer.Client{Endpoint: startSigner(t)}
	v := start(t, "validator", "validator")
	data := bytes.Repeat([]byte("0123456789abcde\n"), 9<<20/16)
	for sum, want := range map[string]string{sha256Of(data): "accepted ", sha256Of(data[1:]): "rejected checksum_mismatch"} {
		s, err := client.Sign(t.Context(), signer.Request{Profile: "media", Filename: "a.txt", ContentType: "text/plain", Size: int64(len(data)), Method: "multipart", ChecksumSHA256: sum})
		if err != nil {
			t.Fatal(err)
		}
		if err := client.PutParts(t.Context(), s, bytes.NewReader(data), nil); err != nil {
			t.Fatal(err)
		}
		st, err := client.Wait(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		got := st.State + " "
		if st.Reason != nil {
			got += string(*st.Reason)
		}
		if got != want || st.ChecksumSHA256 == nil || *st.ChecksumSHA256 != sha256Of(data) {
			t.Errorf("%s, checksum %v: want %s", got, st.ChecksumSHA256, want)
		}
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
