package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"airlock"
	"airlock/infra/dev/samples"
)

func TestEveryReasonIsExplained(t *testing.T) {
	for _, r := range airlock.Reasons {
		if explain(r) == "" {
			t.Errorf("%s has no explanation", r)
		}
	}
	if len(explanations) != len(airlock.Reasons) {
		t.Errorf("%d explanations of %d reasons", len(explanations), len(airlock.Reasons))
	}
}

// checkProfiles are for files that lie on this disk.
const checkProfiles = `version: 1
profiles:
  image: {types: [image/png, image/jpeg], max_bytes: 1MiB}
`

func checkIn(t *testing.T, dir string, args ...string) (code int, out, said string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "airlock.yaml")
	if err := os.WriteFile(file, []byte(checkProfiles), 0o600); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr lockedBuffer
	code = run(t.Context(), append([]string{"check", "-c", file, "--profile", "image"}, append(args, dir)...), streams{nil, &stdout, &stderr})
	return code, stdout.String(), stderr.String()
}

func TestCheckJudgesADirectoryInOrderAndSumsUp(t *testing.T) {
	dir := t.TempDir()
	for name, data := range map[string][]byte{
		"a.png": samples.PNG(), "b/c.jpg": samples.JPEG(), "b/page.png": samples.HTML(), "b/notes.txt": samples.Text(), "d.png": nil,
	} {
		write(t, filepath.Join(dir, name), data)
	}
	if err := os.Symlink(dir, filepath.Join(dir, "b", "loop")); err != nil {
		t.Fatal(err)
	}
	code, out, said := checkIn(t, dir, "--explain")
	if code != exitRejected || said != "" {
		t.Fatalf("exit %d: %s", code, said)
	}
	var got []string
	for line := range strings.Lines(out) {
		if result, rest, ok := strings.Cut(line, " "); ok && (result == "accepted" || result == "rejected") {
			got = append(got, result+" "+filepath.Base(strings.Fields(rest)[0]))
		}
	}
	if want := "[accepted a.png\" accepted c.jpg\" rejected notes.txt\" rejected page.png\" rejected d.png\"]"; fmt.Sprint(got) != want {
		t.Errorf("%v\n%s", got, out)
	}
	for _, want := range []string{
		"5 files: 2 accepted, 3 rejected, 0 not read", "image/png", "empty 1, type_mismatch 1", noType, explain(airlock.TypeMismatch), "(type)", "(size)", "(extension)",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("not told: %s\n%s", want, out)
		}
	}
}

func TestCheckGivesEachFileAsJSON(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "cat.png"), samples.PNG())
	write(t, filepath.Join(dir, "page.png"), samples.HTML())
	if err := os.Symlink("nowhere", filepath.Join(dir, "gone.png")); err != nil {
		t.Fatal(err)
	}
	code, out, said := checkIn(t, dir, "--json", "--explain")
	if code != exitRejected || !strings.Contains(said, "2 files: 1 accepted, 1 rejected") {
		t.Errorf("exit %d: %s", code, said)
	}
	var lines []checked
	for dec := json.NewDecoder(strings.NewReader(out)); dec.More(); {
		var c checked
		if err := dec.Decode(&c); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, c)
	}
	if len(lines) != 2 {
		t.Fatalf("%d lines", len(lines))
	}
	if c := lines[0]; c.Result != airlock.Accepted || c.DeclaredType != "image/png" || len(c.Findings) != 0 || c.BytesRead == 0 {
		t.Errorf("%+v", c)
	}
	if c := lines[1]; c.Reason != airlock.TypeMismatch || len(c.Findings) != 1 || c.Findings[0].Check != "type" || c.Explanation == "" {
		t.Errorf("%+v", c)
	}
}

// What can't be read is told, and the others are judged all the same.
func TestCheckTellsWhatItCannotRead(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "cat.png"), samples.PNG())
	pipe := filepath.Join(dir, "pipe.png")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, said := checkIn(t, filepath.Join(dir, "missing"), filepath.Join(dir, "cat.png"), pipe)
	if code != exitFailed || !strings.Contains(out, "1 accepted, 0 rejected, 2 not read") || !strings.Contains(out, "is no regular file") || !strings.Contains(said, "not judged") {
		t.Errorf("exit %d: %s%s", code, out, said)
	}
}

// However many files a directory holds, a few are in memory.
func TestCheckStreams(t *testing.T) {
	dir := t.TempDir()
	const files, size = 200, 512 << 10
	for n := range files {
		write(t, filepath.Join(dir, fmt.Sprint(n%10), fmt.Sprint(n)+".png"), samples.TaggedPNG(fmt.Sprint(n), size))
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	code, out, _ := checkIn(t, dir)
	runtime.ReadMemStats(&after)
	if code != exitDone || !strings.Contains(out, "200 files: 200 accepted") {
		t.Fatalf("exit %d", code)
	}
	if grown := after.TotalAlloc - before.TotalAlloc; grown > files*size {
		t.Errorf("%d MiB were allocated for %d MiB of files", grown>>20, files*size>>20)
	}
}

func write(t *testing.T, name string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
}
