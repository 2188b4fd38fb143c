package main

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain makes this test binary also the command ci.
func TestMain(m *testing.M) { testscript.Main(m, map[string]func(){"ci": main}) }

// TestScripts tells what happens from commit to commit, in a small repository of its own.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata", Setup: func(e *testscript.Env) error {
		e.Vars = append(e.Vars, "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_SYSTEM="+os.DevNull, "GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.org",
			"GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.org", "XDG_CACHE_HOME="+e.WorkDir+"/.cache", "HOME="+e.WorkDir, "CI_FULL=")
		for _, name := range []string{"GOCACHE", "GOMODCACHE", "GOFLAGS", "GOPROXY"} { // where HOME is another, go needs to be told
			if v, err := output(t.Context(), "go", "env", name); err == nil {
				e.Vars = append(e.Vars, name+"="+v)
			}
		}
		return nil
	}})
}

// TestTheRealStepsCanBeRead wants each step of this repository to be well-formed, and all that a long one
// names to exist.
func TestTheRealStepsCanBeRead(t *testing.T) {
	t.Chdir("../..")
	if _, err := output(t.Context(), "git", "rev-parse", "HEAD"); err != nil {
		t.Skip("this is no git checkout:", err)
	}
	steps, err := readSteps(".ci/steps")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range steps {
		hash, err := inputs(t.Context(), s)
		if err != nil {
			t.Errorf("%s: %v", s.name, err)
		}
		if !s.long && hash != "" {
			t.Errorf("%s runs always, and yet has a hash", s.name)
		}
	}
}

// mayBeSkipped are all steps that may: what guards a promise of the README runs always. See docs/ci.md.
const mayBeSkipped = "readers simulation mutations fuzz soak terraform kubernetes systemd compose image"

func TestOnlyTheseStepsMayBeSkipped(t *testing.T) {
	steps, err := readSteps("../../.ci/steps")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range steps {
		if s.long && !strings.Contains(" "+mayBeSkipped+" ", " "+s.name+" ") {
			t.Errorf("%s is long, but guards a promise", s.name)
		}
	}
}

func TestDecide(t *testing.T) {
	day := func(n int) time.Time { return time.Date(2026, 1, n, 0, 0, 0, 0, time.UTC) }
	steps := []step{{name: "test"}, {name: "soak", long: true}, {name: "fuzz", long: true, part: true}, {name: "image", long: true}}
	green := func(n int) input {
		return input{hash: "h", green: record{Commit: "0123456789abcdef", At: day(n)}, seen: true}
	}
	changed := input{hash: "h"}
	for name, c := range map[string]struct {
		soak, fuzz, image input
		last              map[string]int
		full, named       bool
		want              string
	}{
		"nothing is known":                    {changed, changed, changed, nil, false, false, "run run run run"},
		"all is green: the longest ago":       {green(3), green(2), green(4), map[string]int{"soak": 3, "fuzz": 2, "image": 4}, false, false, "run skip run skip"},
		"a part where the whole is skipped":   {green(1), green(2), green(3), map[string]int{"soak": 1, "fuzz": 2, "image": 3}, false, false, "run run part skip"},
		"what changed runs beside the turn":   {green(3), changed, green(1), map[string]int{"soak": 3, "fuzz": 4, "image": 1}, false, false, "run skip run run"},
		"green long ago, but run since":       {green(1), green(2), changed, map[string]int{"soak": 9, "fuzz": 2, "image": 4}, false, false, "run skip run run"},
		"not as committed is never skipped":   {input{}, green(1), green(2), map[string]int{"fuzz": 1, "image": 2}, false, false, "run run run skip"},
		"only one is left, and it runs":       {changed, changed, green(1), map[string]int{"image": 1}, false, false, "run run run run"},
		"everything was asked for":            {green(1), green(1), green(1), nil, true, false, "run run run run"},
		"these steps were asked for by name":  {green(1), green(1), green(1), nil, false, true, "run run run run"},
		"as long ago: the commit's hash says": {green(1), green(1), green(1), map[string]int{"soak": 1, "fuzz": 1, "image": 1}, false, false, "run run part skip"},
	} {
		t.Run(name, func(t *testing.T) {
			f := facts{head: "head", full: c.full, named: c.named, inputs: []input{{}, c.soak, c.fuzz, c.image},
				last: func(name string) time.Time { return day(c.last[name]) }}
			var got []string
			for _, p := range decide(steps, f) {
				if got = append(got, string(p.how)); p.why == "" {
					t.Errorf("%s: no reason", p.name)
				}
			}
			if strings.Join(got, " ") != c.want {
				t.Errorf("%v, want %s", got, c.want)
			}
		})
	}
}

func TestWhatGoTestSaysIsToldOnce(t *testing.T) {
	const said = `{"Action":"start","Package":"p"}
{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Test":"TestA","Output":"=== RUN   TestA\n"}
{"Action":"output","Package":"p","Test":"TestA","Output":"    a_test.go:1: of a test that passes\n"}
{"Action":"pass","Package":"p","Test":"TestA","Elapsed":1.5}
{"Action":"output","Package":"p","Test":"TestB/sub","Output":"    b_test.go:1: wrong\n"}
{"Action":"fail","Package":"p","Test":"TestB/sub","Elapsed":0.5}
{"Action":"output","Package":"p","Test":"TestB","Output":"--- FAIL: TestB\n"}
{"Action":"fail","Package":"p","Test":"TestB","Elapsed":0.5}
{"Action":"output","Package":"p","Output":"PASS\n"}
{"Action":"output","Package":"p","Output":"FAIL\tp\t2.1s\n"}
{"Action":"fail","Package":"p","Elapsed":2.1}
not JSON
`
	var b strings.Builder
	tests, err := readEvents(strings.NewReader(said), &b)
	if err != nil || len(tests) != 2 || tests[0] != (took{"p", "TestA", 1.5}) || tests[1] != (took{"p", "TestB", 0.5}) {
		t.Errorf("%v, %v", tests, err)
	}
	if want := "    b_test.go:1: wrong\n--- FAIL: TestB\nFAIL\tp\t2.1s\nnot JSON\n"; b.String() != want {
		t.Errorf("told:\n%s\nwant:\n%s", b.String(), want)
	}
}
