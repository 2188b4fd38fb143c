package airlock

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// ban is an import that must not be, and why.
type ban struct {
	from, to string // import path prefixes
	why      string
}

var bans = []ban{
	{"airlock", "airlock/", "the words stand at the root and know nothing of the rooms"},
	{"airlock/events", "airlock/signer", "events is what others import; it knows no room but the words"},
	{"airlock/events", "airlock/validator", "events is what others import; it knows no room but the words"},
	{"airlock/signer", "airlock/validator", "signer and validator share the words and the events, and nothing else"},
	{"airlock/validator", "airlock/signer", "signer and validator share the words and the events, and nothing else"},
	{"airlock/config", "airlock/signer", "the file of profiles is read by all rooms"},
	{"airlock/config", "airlock/validator", "the file of profiles is read by all rooms"},
	{"airlock/config", "airlock/events", "the file of profiles is read by all rooms"},
	{"airlock/signer", "airlock/config", "libraries read no files: whoever builds them does"},
	{"airlock/validator", "airlock/config", "libraries read no files: whoever builds them does"},
	{"airlock/signer", "airlock/infra", "what ships does not know what surrounds it"},
	{"airlock/validator", "airlock/infra", "what ships does not know what surrounds it"},
	{"airlock/events", "airlock/infra", "what ships does not know what surrounds it"},
	{"airlock/config", "airlock/infra", "what ships does not know what surrounds it"},
	{"airlock/cmd/airlock", "airlock/infra", "what ships does not know what surrounds it"},
	{"airlock/surroundings", "airlock/infra", "what ships does not know what surrounds it"},
	{"airlock/doctor", "airlock/infra", "what ships does not know what surrounds it"},
	{"airlock/signer", "airlock/internal/pace", "what ships waits as it does, however slow the machine; only tests scale"},
	{"airlock/validator", "airlock/internal/pace", "what ships waits as it does, however slow the machine; only tests scale"},
	{"airlock/events", "airlock/internal/pace", "what ships waits as it does, however slow the machine; only tests scale"},
	{"airlock/config", "airlock/internal/pace", "what ships waits as it does, however slow the machine; only tests scale"},
	{"airlock/cmd/airlock", "airlock/internal/pace", "what ships waits as it does, however slow the machine; only tests scale"},
	{"airlock/surroundings", "airlock/internal/pace", "what ships waits as it does, however slow the machine; only tests scale"},
	{"airlock/doctor", "airlock/internal/pace", "what ships waits as it does, however slow the machine; only tests scale"},
	{"airlock/surroundings", "airlock/validator", "the dev stack is made by surroundings, and the validator is tested on it"},
	{"airlock/signer", "airlock/surroundings", "who needs surroundings does not make them"},
	{"airlock/validator", "airlock/surroundings", "who needs surroundings does not make them"},
	{"airlock/events", "airlock/surroundings", "who needs surroundings does not make them"},
	{"airlock/events", "github.com/aws/", "a subscriber needs no AWS"},
	{"airlock/signer", "github.com/aws/aws-sdk-go-v2/service/sqs", "the signer knows no queue"},
	{"airlock/validator/inspect", "airlock/events", "an inspector sees bytes, and nothing of where they come from"},
	{"airlock/validator/inspect", "airlock/validator/isolation", "an inspector does not know in which process it runs"},
	{"airlock/validator/isolation", "airlock/events", "what runs in a process of its own sees bytes, and nothing of where they come from"},
	{"airlock/validator/isolation", "github.com/aws/", "what runs in a process of its own sees bytes, and nothing of where they come from"},
	{"airlock/validator/inspect", "github.com/aws/", "an inspector sees bytes, and nothing of where they come from"},
}

// notShipped must not be in the production binary, not even through something else.
var notShipped = []string{"github.com/versity/versitygw", "github.com/nats-io/nats-server", "github.com/gofiber/fiber", "airlock/infra/", "airlock/internal/pace", "airlock/validator/inspect/corpus"}

func TestWhoMayImportWhom(t *testing.T) {
	for _, p := range list(t, "./...") {
		if p.ImportPath == "airlock" {
			for _, imp := range p.Imports {
				if strings.Contains(imp, ".") {
					t.Errorf("airlock imports %s: the words need nothing but the standard library", imp)
				}
			}
		}
		for _, b := range bans {
			if p.ImportPath != b.from && (b.from == "airlock" || !strings.HasPrefix(p.ImportPath, b.from+"/")) {
				continue
			}
			for _, imp := range p.Imports {
				if strings.HasPrefix(imp, b.to) {
					t.Errorf("%s imports %s: %s", p.ImportPath, imp, b.why)
				}
			}
		}
	}
}

func TestTheShippedBinaryHoldsNoDevelopmentServer(t *testing.T) {
	for _, p := range list(t, "-deps", "./cmd/airlock") {
		for _, not := range notShipped {
			if strings.HasPrefix(p.ImportPath, not) {
				t.Errorf("cmd/airlock links %s", p.ImportPath)
			}
		}
	}
}

// onTheStack are those whose programs or tests hold the development servers; the others start them as a
// child, by infra/devstack.
var onTheStack = []string{"airlock/infra/devstack/server", "airlock/infra/devstack/s3front", "airlock/infra/devstack/stackd", "airlock/infra/dev"}

// Each of a dozen test binaries once linked an S3 gateway with all that it brings, twice, only to talk
// to it over loopback: most of the time that CI took.
func TestWhatNeedsNoStackLinksNone(t *testing.T) {
	linked := map[string]bool{}
	for _, p := range list(t, "-test", "./...") {
		whose, _, _ := strings.Cut(p.ImportPath, " ") // "airlock/x [airlock/x.test]"
		whose = strings.TrimSuffix(strings.TrimSuffix(whose, ".test"), "_test")
		for _, dep := range p.Deps {
			if strings.HasPrefix(dep, "github.com/versity/versitygw") && !linked[whose] {
				linked[whose] = true
				if !slices.Contains(onTheStack, whose) {
					t.Errorf("%s links %s: it should start the stack by airlock/infra/devstack, which does not", p.ImportPath, dep)
				}
			}
		}
	}
	for _, p := range onTheStack {
		if !linked[p] {
			t.Errorf("%s links no S3 gateway: is this test blind?", p)
		}
	}
}

// maxBinary is what a person downloads without thinking about it.
const maxBinary = 32_000_000

func TestTheShippedBinaryIsSmall(t *testing.T) {
	if testing.Short() {
		t.Skip("links the binary; run without -short")
	}
	bin := filepath.Join(t.TempDir(), "airlock")
	if out, err := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", bin, "./cmd/airlock").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	info, err := os.Stat(bin)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%.1f MB", float64(info.Size())/1e6)
	if info.Size() > maxBinary {
		t.Errorf("%d bytes, more than %d", info.Size(), maxBinary)
	}
}

type pkg struct {
	ImportPath string
	Imports    []string
	Deps       []string // all
}

func list(t *testing.T, args ...string) (pkgs []pkg) {
	t.Helper()
	out, err := exec.Command("go", append([]string{"list", "-json=ImportPath,Imports,Deps"}, args...)...).Output()
	if err != nil {
		t.Fatal(err)
	}
	for dec := json.NewDecoder(strings.NewReader(string(out))); dec.More(); {
		var p pkg
		if err := dec.Decode(&p); err != nil {
			t.Fatal(err)
		}
		pkgs = append(pkgs, p)
	}
	return pkgs
}
