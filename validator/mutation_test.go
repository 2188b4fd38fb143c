//go:build mutation

package validator

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// shareFlag divides the work: of the mutations by name, the K-th and each N-th after it.
var shareFlag = flag.String("share", "1/1", "K/N: the K-th of N shares of the mutations")

// here is this package's folder.
var here, _ = os.Getwd()

// Each mutation leaves out one thing that the protocol depends on. Whatever finds it must find it:
// go test -tags mutation -run Mutations ./validator
var mutations = map[string]struct {
	file, old, new string
	pkg, run       string // what finds it; "": the simulation
}{
	"the source condition": {file: "validator/settle.go",
		old: "From: a.object(), ETag: f.ETag, VersionID: f.VersionID,", new: "From: a.object(),"},
	"the source condition in the request": {file: "validator/s3copy.go",
		old: "CopySourceIfMatch: aws.String(quote(c.ETag)), IfNoneMatch", new: "IfNoneMatch",
		run: "TestBucketCopiesOnlyWhatWasJudged"},
	"the destination condition in the request": {file: "validator/s3copy.go",
		old: `CopySourceIfMatch: aws.String(quote(c.ETag)), IfNoneMatch: aws.String("*"),`, new: "CopySourceIfMatch: aws.String(quote(c.ETag)),",
		run: "TestBucketCopiesOnlyWhatWasJudged|TestOfRacingCopies"},
	"the compare-and-set": {file: "events/store.go",
		old: "jetstream.WithExpectLastSequenceForSubject(0, anyVerdict(v.UploadID)),", new: "",
		pkg: "./events", run: "TestTheCompareAndSet"},
	"quarantine before clean": {file: "validator/settle.go",
		old: "if err := a.emptyQuarantine(ctx, v); err != nil {\n\t\treturn handBack, err\n\t}\n\tif err := a.emptyClean(ctx, v); err != nil {\n\t\treturn handBack, err\n\t}",
		new: "if err := a.emptyClean(ctx, v); err != nil {\n\t\treturn handBack, err\n\t}\n\tif err := a.emptyQuarantine(ctx, v); err != nil {\n\t\treturn handBack, err\n\t}"},
	"the event before quarantine is emptied": {file: "validator/settle.go",
		old: "began := time.Now()\n\terr := a.ledger.Record(ctx, v)", new: "began := time.Now()\n\t_ = a.emptyQuarantine(ctx, v)\n\terr := a.ledger.Record(ctx, v)"},
	"verify-after-copy": {file: "validator/settle.go",
		old: "if a.mutable(f) {", new: "if false {"},
	"verify-after-copy where the store takes PUTs twice": {file: "validator/settle.go",
		old: "|| !a.store.PutOnce)", new: ")"},
	"a key for each attempt where copies overwrite": {file: "validator/settle.go",
		old: `etag16(etag)+"-"+a.nonce()`, new: `etag16(etag)+"-00000000"`},
	"the heartbeat": {file: "validator/held.go",
		old: "h.extend(ctx)", new: "_ = ctx",
		run: "TestTheHeartbeatKeepsSlowUploadsHidden"},
	"partial-failure handling of message deletes": {file: "validator/sqs.go",
		old: "return pickFailed(m, out.Failed), nil\n}\n\n// Hide", new: "_ = out\n\treturn nil, nil\n}\n\n// Hide",
		run: "TestQueueHandsOutHidesAndForgets"},
	"404 by a hint is dropped": {file: "validator/settle.go",
		old: "case a.from == fromHint:", new: "case false:"},
	"404 is no acknowledgement": {file: "validator/reconcile.go",
		old: "return a.gone(ctx)", new: "return done, nil"},
	"no grant is held": {file: "validator/reconcile.go",
		old: "return a.withoutGrant(ctx)", new: "return done, a.bucket.Delete(ctx, a.object(), \"\")"},
	"no grant is not acknowledged": {file: "validator/reconcile.go",
		old: "it is left alone and the notice handed back\")\n\treturn handBack, nil", new: "\")\n\treturn done, nil"},
	"the grant's grace": {file: "airlock.go",
		old: "expiresAt.Add(time.Hour + ", new: "expiresAt.Add("},
	"reading R again": {file: "validator/settle.go",
		old: "if err != nil {\n\t\treturn handBack, err\n\t}\n\ta.metrics.result(v)", new: "if err != nil && !errors.Is(err, events.ErrUnsure) {\n\t\treturn handBack, err\n\t}\n\ta.metrics.result(v)"},
	"a clean-up by what is recorded": {file: "validator/reconcile.go",
		old: "return a.cleanUp(ctx, verdict)", new: "_ = verdict\n\t\treturn done, nil"},
	"the sweep of quarantine": {file: "validator/sweep.go",
		old: "{s.sweepQuarantine, ", new: "{"},
	"the sweep of grants": {file: "validator/sweep.go",
		old: "s.sweepGrants, ", new: ""},
	"the sweep of clean": {file: "validator/sweep.go",
		old: ", s.sweepClean}", new: "}"},
	"the sweep of open uploads": {file: "validator/sweep.go",
		old: "s.sweepUploads, ", new: ""},
	"a crash while others crash is no verdict": {file: "validator/isolation/end.go",
		old: "before.detail == last.detail && before.besides == 0", new: "before.detail == last.detail",
		pkg: "./validator/isolation", run: "TestTheVerdictOfEnds"},
	"a crash must come twice": {file: "validator/isolation/end.go",
		old: "case last.how == limited:", new: "case last.how == limited, last.how == died:",
		pkg: "./validator/isolation", run: "TestTheVerdictOfEnds"},
	"an end from outside is no crash": {file: "validator/isolation/child.go",
		old: "\t\t\te.how = killed\n\t\t}\n\t}\n\treturn e", new: "\t\t}\n\t}\n\treturn e",
		pkg: "./validator/isolation", run: "TestAnEndBySignalIsFromOutside"},
	"the budget of requests": {file: "validator/inspect/work.go",
		old: "if w.cache.asked == w.cache.mayAsk || w.cache.read >= w.cache.mayFetch {", new: "if false {",
		pkg: "./validator/inspect", run: "TestWhoAsksForTooMuchIsStopped"},
	"a long step counts": {file: "validator/inspect/work.go",
		old: "w.used += w.clock.used(now)", new: "w.used += min(w.clock.used(now), 5*time.Millisecond)",
		pkg: "./validator/inspect", run: "TestALongStepIsCountedWhole"},
	"what is kept is held": {file: "validator/inspect/kept.go",
		old: "l.hold(int64(room) * int64(unsafe.Sizeof(v)))", new: "l.hold(0)",
		pkg: "./validator/inspect", run: "TestWhatALookKeeps"},
	"older versions below a delete marker": {file: "validator/settle.go",
		old: "case errors.Is(err, ErrHidden): // older versions are left\n", new: "",
		run: "TestInAVersionedQuarantine"},
}

func TestMutationsAreFound(t *testing.T) {
	root := filepath.Dir(here)
	var share, shares int
	if _, err := fmt.Sscanf(*shareFlag, "%d/%d", &share, &shares); err != nil || share < 1 || share > shares {
		t.Fatalf("-share %s is not such as 2/8", *shareFlag)
	}
	for i, name := range slices.Sorted(maps.Keys(mutations)) {
		if i%shares != share-1 {
			continue
		}
		m := mutations[name]
		t.Run(name, func(t *testing.T) {
			t.Parallel() // one is linked while another runs
			whole := filepath.Join(root, m.file)
			source, err := os.ReadFile(whole)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Count(string(source), m.old) != 1 {
				t.Fatalf("%s holds this not exactly once: %s", m.file, m.old)
			}
			dir := t.TempDir()
			mutated, overlay := filepath.Join(dir, "mutated.go"), filepath.Join(dir, "overlay.json")
			write(t, mutated, []byte(strings.Replace(string(source), m.old, m.new, 1)))
			list, err := json.Marshal(map[string]map[string]string{"Replace": {whole: mutated}})
			if err != nil {
				t.Fatal(err)
			}
			write(t, overlay, list)
			pkg, args := "./validator", []string{"-run", m.run}
			if m.pkg != "" {
				pkg = m.pkg
			}
			if m.run == "" {
				args = []string{"-run", "TestSimulation", "-seeds", "100000"}
			}
			binary := filepath.Join(dir, "mutated.test")
			build := exec.Command("go", "test", "-c", "-vet=off", "-overlay", overlay, "-o", binary, pkg)
			build.Dir = root
			if out, err := build.CombinedOutput(); err != nil {
				t.Fatalf("the mutation does not compile: %v\n%s", err, out)
			}
			for i, a := range args { // a test binary wants its flags spelt out
				if strings.HasPrefix(a, "-run") {
					args[i] = "-test.run"
				}
			}
			began := time.Now()
			run := exec.Command(binary, append(args, "-test.failfast", "-test.timeout=90s")...)
			run.Dir = filepath.Join(root, pkg)
			out, err := run.CombinedOutput()
			if err == nil {
				t.Errorf("nobody found it")
			}
			t.Logf("found in %s: %.300s", time.Since(began).Round(time.Millisecond), firstFault(string(out)))
		})
	}
}

// firstFault is the line of a test's output that says what went wrong.
func firstFault(out string) string {
	for line := range strings.Lines(out) {
		if strings.Contains(line, "_test.go:") {
			return strings.TrimSpace(line)
		}
	}
	return out
}

func write(t *testing.T, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
}
