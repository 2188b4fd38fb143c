package main

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"airlock/infra/dev/samples"
	"airlock/infra/devstack"
	"airlock/infra/fault"
	"airlock/internal/pace"
	"airlock/signer"
	"airlock/validator"
)

// largeSize is far above --copy-parts-above in these tests, as 6 GB are above S3's 5 GiB.
const largeSize = 64 << 20

// mostMemory is what one validator may take for an object of any size.
const mostMemory = 64 << 20

func TestALargeObjectIsPromotedByPartsInLittleMemory(t *testing.T) {
	purge(t)
	client := &signer.Client{Endpoint: startSigner(t)}
	v := start(t, "validator", "validator", "--copy-parts-above", "5242880")
	s := uploadLarge(t, client)
	var peak int64
	pace.Eventually(t, time.Minute, "a verdict", func() bool {
		peak = max(peak, memory(t, v.cmd.Process.Pid))
		return countEvents(t)[s.ID] == 1
	})
	pace.Eventually(t, time.Minute, "an empty queue", func() bool { return messages(t, stack.QueueURL) == 0 })
	status, err := client.Status(t.Context(), s.ID)
	if err != nil || status.State != "accepted" || !strings.Contains(status.Clean.ETag, "-") {
		t.Fatalf("%+v, %v: want an etag of parts", status, err)
	}
	t.Logf("%d MiB at most", peak>>20)
	if peak > mostMemory {
		t.Errorf("%d MiB of memory, more than %d", peak>>20, mostMemory>>20)
	}
}

func TestACopyThatIsKilledLeavesNoOpenUploadAfterASweep(t *testing.T) {
	purge(t)
	client := &signer.Client{Endpoint: startSigner(t)}
	slow, err := fault.ListenHTTP(stack.S3Endpoint, 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = slow.Close() })
	slow.Set(fault.Rule{Ops: []string{"UploadPartCopy"}, Kind: fault.Delay, For: time.Minute})
	v := startIn(t, append(environment(t, "validator"), "AWS_ENDPOINT_URL_S3="+slow.URL()), "validator", "--copy-parts-above", "5242880")
	s := uploadLarge(t, client)
	pace.Eventually(t, time.Minute, "a copy in the middle", func() bool { return slow.Seen()["UploadPartCopy"] > 0 })
	v.kill()
	if n := len(openUploads(t)); n != 1 {
		t.Fatalf("%d uploads are open after the kill", n)
	}
	v = start(t, "validator", "validator", "--copy-parts-above", "5242880", "--sweep-interval", "1s", "--sweep-age", "1s")
	pace.Eventually(t, time.Minute, "a verdict", func() bool { return countEvents(t)[s.ID] == 1 })
	pace.Eventually(t, time.Minute, "a sweep that leaves no upload open", func() bool { return len(openUploads(t)) == 0 })
	v.stop()
	if n := countEvents(t)[s.ID]; n != 1 {
		t.Errorf("%d events", n)
	}
}

func uploadLarge(t *testing.T, client *signer.Client) signer.Signed {
	t.Helper()
	s, err := client.Sign(t.Context(), signer.Request{Profile: "large", Filename: "a.png", ContentType: "image/png", Size: largeSize})
	if err != nil {
		t.Fatal(err)
	}
	if err := client.Put(t.Context(), s, bytes.NewReader(samples.LargePNG(largeSize))); err != nil {
		t.Fatal(err)
	}
	return s
}

// openUploads are the multipart uploads of the clean zone.
func openUploads(t *testing.T) (keys []string) {
	t.Helper()
	store := validator.NewS3(stack.S3Config(devstack.Root, 4), true)
	for u, err := range store.Uploads(t.Context(), devstack.Clean) {
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, string(u.Object.Key))
	}
	return keys
}

// memory is what a process has taken for itself, in bytes; the test binary's own pages, which are
// those of the whole dev stack, are left out. 0 where the system does not tell.
func memory(t *testing.T, pid int) int64 {
	t.Helper()
	if runtime.GOOS != "linux" {
		return 0
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		if kb, found := strings.CutPrefix(line, "RssAnon:"); found {
			n, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(kb), " kB"), 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			return n << 10
		}
	}
	return 0
}
