package main

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	natsserver "github.com/nats-io/nats-server/v2/server"
	"go.yaml.in/yaml/v3"
)

const repository = "../.."

// composeFile is as much of docker-compose.yml as ours uses: a new key is an error until somebody
// has thought about it here (privileged, network_mode, ...).
type composeFile struct {
	Name     string
	Services map[string]composeService
	Volumes  map[string]any
	Anchors  map[string]any `yaml:",inline"`
}

type composeService struct {
	Image, Build, User string
	Command            []string
	Environment        map[string]string
	Volumes, Ports     []string
	Healthcheck        struct {
		Test              []string
		Interval, Timeout time.Duration
		Start             time.Duration `yaml:"start_period"`
		Disable           bool
	}
	DependsOn map[string]struct{ Condition string } `yaml:"depends_on"`
	ReadOnly  bool                                  `yaml:"read_only"`
	Tmpfs     []string
	CapDrop   []string      `yaml:"cap_drop"`
	Security  []string      `yaml:"security_opt"`
	Grace     time.Duration `yaml:"stop_grace_period"`
	Profiles  []string
}

// ours tells whether the service runs the image that the Dockerfile builds.
func (s composeService) ours() bool { return s.Build != "" }

func readRepository(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(repository, path))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func readCompose(t *testing.T) composeFile {
	t.Helper()
	var f composeFile
	decode := yaml.NewDecoder(bytes.NewReader(readRepository(t, "docker-compose.yml")))
	decode.KnownFields(true)
	if err := decode.Decode(&f); err != nil {
		t.Fatal(err)
	}
	for key := range f.Anchors {
		if !strings.HasPrefix(key, "x-") {
			t.Errorf("%s: this test does not know it", key)
		}
	}
	want := []string{"clamav", "localstack", "nats", "setup", "signer", "subscriber", "validator"}
	if have := slices.Sorted(maps.Keys(f.Services)); !slices.Equal(have, want) {
		t.Fatalf("services %v, want %v", have, want)
	}
	return f
}

var pinned = regexp.MustCompile(`^[a-z0-9./-]+:[a-z0-9._-]+@sha256:[0-9a-f]{64}$`)

func TestComposePinsEveryImageThatIsNotOurs(t *testing.T) {
	f := readCompose(t)
	for name, s := range f.Services {
		if !s.ours() && !pinned.MatchString(s.Image) {
			t.Errorf("%s: %s is not pinned by a tag and its digest", name, s.Image)
		}
		if s.ours() && (s.Image != "airlock:dev" || s.Build != ".") {
			t.Errorf("%s: image %s, build %s: ours is airlock:dev, built here", name, s.Image, s.Build)
		}
	}
	if image := f.Services["localstack"].Image; !strings.HasPrefix(image, "localstack/localstack:4.14.0@") {
		t.Errorf("%s: 4.14.0 is the last LocalStack that needs no token", image)
	}
}

// A service that ends can't be healthy: others wait for its end. All the rest must say how they are.
func TestComposeKnowsWhenEachServiceIsReady(t *testing.T) {
	f := readCompose(t)
	oneShot := map[string]bool{}
	for name, s := range f.Services {
		for other, on := range s.DependsOn {
			switch on.Condition {
			case "service_completed_successfully":
				oneShot[other] = true
			case "service_healthy":
				if f.Services[other].Healthcheck.Disable {
					t.Errorf("%s waits for the health of %s, which has no health check", name, other)
				}
			default:
				t.Errorf("%s depends on %s: %q is no readiness", name, other, on.Condition)
			}
		}
	}
	for name, s := range f.Services {
		h := s.Healthcheck
		switch {
		case oneShot[name]:
			if !h.Disable {
				t.Errorf("%s: others wait for its end, so its image's health check must be disabled", name)
			}
		case h.Disable || len(h.Test) < 2:
			t.Errorf("%s runs on and has no health check", name)
		case h.Interval <= 0 || h.Timeout <= 0 || h.Start <= 0:
			t.Errorf("%s: give its health check interval, timeout and start_period", name)
		}
	}
	if !oneShot["setup"] {
		t.Error("nobody waits for the end of setup")
	}
}

func TestComposePublishesOnLoopbackOnly(t *testing.T) {
	for name, s := range readCompose(t).Services {
		for _, p := range s.Ports {
			if !regexp.MustCompile(`^127\.0\.0\.1:\d+:\d+$`).MatchString(p) {
				t.Errorf("%s: port %s is not 127.0.0.1:PORT:PORT", name, p)
			}
		}
	}
}

func TestComposeMountsWhatThereIs(t *testing.T) {
	f := readCompose(t)
	for name, s := range f.Services {
		for _, v := range s.Volumes {
			parts := strings.Split(v, ":")
			if !strings.HasPrefix(parts[0], "./") {
				if _, ok := f.Volumes[parts[0]]; !ok {
					t.Errorf("%s: %s is no volume of this file", name, parts[0])
				}
				continue
			}
			if _, err := os.Stat(filepath.Join(repository, parts[0])); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if len(parts) != 3 || parts[2] != "ro" {
				t.Errorf("%s: %s is not mounted read-only", name, v)
			}
		}
	}
}

func TestComposeConfinesOurs(t *testing.T) {
	for name, s := range readCompose(t).Services {
		if !s.ours() {
			continue
		}
		if !s.ReadOnly || s.User != "65532:65532" || !slices.Equal(s.CapDrop, []string{"ALL"}) || !slices.Equal(s.Security, []string{"no-new-privileges:true"}) {
			t.Errorf("%s: read_only %v, user %q, cap_drop %v, security_opt %v", name, s.ReadOnly, s.User, s.CapDrop, s.Security)
		}
		if unpacks := slices.Equal(s.Command, []string{"validator"}); unpacks != (len(s.Tmpfs) == 1 && strings.HasPrefix(s.Tmpfs[0], "/tmp:")) {
			t.Errorf("%s: tmpfs %v: the validator, and it alone, needs somewhere to unpack", name, s.Tmpfs)
		}
		if s.Grace < 30*time.Second { // the validator's 20 s of grace, and what it writes at the end
			t.Errorf("%s: stop_grace_period %s cuts work short", name, s.Grace)
		}
	}
}

// TestComposeCommandsTakeTheirSettings parses each service's command, and its health check's, in its
// environment, as the container will: a flag that is required and not given, or a value that is none,
// would end it. It also finds a variable that the command doesn't know, which kong lets pass.
func TestComposeCommandsTakeTheirSettings(t *testing.T) {
	for name, s := range readCompose(t).Services {
		if !s.ours() {
			continue
		}
		t.Run(name, func(t *testing.T) {
			onlyEnvironment(t, s.Environment)
			run := parseCommand(t, s.Command)
			for v := range s.Environment {
				if strings.HasPrefix(v, "AIRLOCK_") && !slices.Contains(run.variables, v) {
					t.Errorf("airlock %s has no flag for %s", s.Command[0], v)
				}
			}
			h := s.Healthcheck.Test
			if s.Healthcheck.Disable {
				return
			}
			if len(h) < 3 || h[0] != "CMD" || h[1] != "/airlock" {
				t.Fatalf("health check %q: all that the image holds is /airlock", h)
			}
			health := parseCommand(t, h[2:])
			if asked := health.commands.Healthcheck; h[2] == "healthcheck" && (asked.MetricsListen == "" ||
				asked.MetricsListen != run.commands.Signer.MetricsListen && asked.MetricsListen != run.commands.Validator.MetricsListen) {
				t.Errorf("the health check asks at %q, where airlock %s does not serve", asked.MetricsListen, s.Command[0])
			}
		})
	}
}

// parsed is a command line, as main.go would run it.
type parsed struct {
	commands  *commands
	variables []string // that the command's flags listen to
}

func parseCommand(t *testing.T, args []string) parsed {
	t.Helper()
	p := parsed{commands: &commands{}}
	parser, err := kong.New(p.commands, kong.Name("airlock"), kong.DefaultEnvars("AIRLOCK"))
	if err != nil {
		t.Fatal(err)
	}
	command, err := parser.Parse(args)
	if err != nil {
		t.Fatalf("airlock %s: %v", strings.Join(args, " "), err)
	}
	for _, flags := range command.Selected().AllFlags(false) {
		for _, f := range flags {
			p.variables = append(p.variables, f.Envs...)
		}
	}
	return p
}

// onlyEnvironment gives the test this environment and no other variable of ours.
func onlyEnvironment(t *testing.T, env map[string]string) {
	t.Helper()
	for _, kv := range os.Environ() {
		if name, _, _ := strings.Cut(kv, "="); strings.HasPrefix(name, "AIRLOCK_") {
			t.Setenv(name, "") // so that it comes back
			if err := os.Unsetenv(name); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, v := range env {
		t.Setenv(name, v)
	}
}

// The same place has one name inside of the network and another one outside, and the buckets and
// the queue are made by a script.
func TestComposePlacesAgree(t *testing.T) {
	f := readCompose(t)
	parse := func(name string) *commands {
		onlyEnvironment(t, f.Services[name].Environment)
		return parseCommand(t, f.Services[name].Command).commands
	}
	signer, validator, store := parse("signer").Signer, parse("validator").Validator, f.Services["localstack"]
	public, ok := strings.CutPrefix(signer.PublicS3Endpoint, "http://")
	if !ok || !slices.Contains(store.Ports, public+":4566") {
		t.Errorf("URLs are signed for %q, but LocalStack is at %v", signer.PublicS3Endpoint, store.Ports)
	}
	inside := "http://" + store.Environment["LOCALSTACK_HOST"]
	for _, name := range []string{"signer", "validator"} {
		if to := f.Services[name].Environment["AWS_ENDPOINT_URL"]; to != inside {
			t.Errorf("%s calls %s, and LocalStack is %s", name, to, inside)
		}
	}
	if !strings.HasPrefix(validator.QueueURL, inside+"/") || !signer.PathStyle || !validator.PathStyle {
		t.Errorf("queue %s, path style %v and %v: LocalStack is %s, and knows no bucket by its host name", validator.QueueURL, signer.PathStyle, validator.PathStyle, inside)
	}
	if store.Environment["S3_SKIP_SIGNATURE_VALIDATION"] != "0" {
		t.Error("LocalStack would take any presigned URL")
	}
	bare := string(readRepository(t, "infra/localstack/run.sh"))
	for name, v := range store.Environment {
		if name != "LOCALSTACK_HOST" && !strings.Contains(bare, " "+name+"="+v+" ") && !strings.Contains(bare, " "+name+"="+v+"\n") {
			t.Errorf("infra/localstack/run.sh does not set %s=%s, as compose does", name, v)
		}
	}
	script := string(readRepository(t, "infra/localstack/ready.d/10-airlock.sh"))
	for _, line := range []string{
		"quarantine=" + signer.QuarantineBucket, "quarantine=" + validator.QuarantineBucket, "quarantine=" + parse("setup").Setup.QuarantineBucket,
		"clean=" + signer.CleanBucket, "clean=" + validator.CleanBucket, "queue=" + filepath.Base(validator.QueueURL),
	} {
		if !strings.Contains(script, "\n"+line+"\n") {
			t.Errorf("10-airlock.sh does not say %s", line)
		}
	}
	if test := strings.Join(store.Healthcheck.Test, " "); !strings.Contains(test, "/_localstack/init/ready ") || !strings.Contains(test, `"10-airlock.sh"`) {
		t.Errorf("LocalStack is called healthy before that script has run: %s", test)
	}
}

// TestComposeNATS starts the server of infra/nats/nats.conf, in another directory and on another
// port, and runs compose's setup on it: what that reserves must be within the server's limits.
func TestComposeNATS(t *testing.T) {
	o, err := natsserver.ProcessConfigFile(filepath.Join(repository, "infra/nats/nats.conf"))
	if err != nil {
		t.Fatal(err)
	}
	if !o.JetStream || !o.SyncAlways {
		t.Errorf("jetstream %v, sync always %v: an acknowledged verdict must be on the disk", o.JetStream, o.SyncAlways)
	}
	f := readCompose(t)
	nats := f.Services["nats"]
	if o.HTTPPort != 8222 || !strings.Contains(strings.Join(nats.Healthcheck.Test, " "), "http://127.0.0.1:8222/healthz") {
		t.Errorf("monitoring on port %d; compose asks %q", o.HTTPPort, nats.Healthcheck.Test)
	}
	if !slices.Contains(nats.Volumes, "nats:"+o.StoreDir) {
		t.Errorf("what is stored in %s is not in a volume: %v", o.StoreDir, nats.Volumes)
	}
	o.StoreDir, o.Host, o.Port, o.HTTPHost, o.HTTPPort, o.NoSigs, o.NoLog = t.TempDir(), "127.0.0.1", -1, "127.0.0.1", -1, true, true
	s := startNATS(t, o)
	setup := f.Services["setup"]
	for _, bytes := range []string{setup.Environment["AIRLOCK_STREAM_MAX_BYTES"], "8589934592"} { // the latter by default
		onlyEnvironment(t, setup.Environment)
		t.Setenv("AIRLOCK_NATS_URL", s.ClientURL())
		t.Setenv("AIRLOCK_STREAM_MAX_BYTES", bytes)
		var said lockedBuffer
		if code := run(t.Context(), setup.Command, streams{nil, &said, &said}); code != exitDone {
			t.Errorf("airlock setup with %s bytes: exit %d: %s", bytes, code, said.String())
		}
	}
}

// TestComposeImage holds the Dockerfile to what compose relies on.
func TestComposeImage(t *testing.T) {
	text := string(readRepository(t, "Dockerfile"))
	args, stages := map[string]string{}, []string{}
	for _, m := range regexp.MustCompile(`(?m)^ARG (\w+)=(\S+)$`).FindAllStringSubmatch(text, -1) {
		args[m[1]] = m[2]
	}
	from := regexp.MustCompile(`(?m)^FROM (?:\$\{(\w+)\}|(\S+))(?: AS (\w+))?$`).FindAllStringSubmatch(text, -1)
	if len(from) != 2 || strings.Count(text, "\nFROM ") != 2 {
		t.Fatalf("FROM lines %q: want one that builds and one that ships", from)
	}
	for _, m := range from {
		if base := args[m[1]] + m[2]; !pinned.MatchString(base) {
			t.Errorf("FROM %s is not pinned by a tag and its digest", base)
		}
		stages = append(stages, m[3])
	}
	for _, m := range regexp.MustCompile(`--(?:from|mount=\S*\bfrom)=([^\s,]+)`).FindAllStringSubmatch(text, -1) {
		if !slices.Contains(stages, m[1]) {
			t.Errorf("%s comes from no stage of this file, and is not pinned", m[1])
		}
	}
	for _, line := range []string{"USER 65532:65532", `ENTRYPOINT ["/airlock"]`} {
		if !strings.Contains(text, "\n"+line+"\n") {
			t.Errorf("the Dockerfile does not say %s", line)
		}
	}
	if !regexp.MustCompile(`(?m)^HEALTHCHECK .* CMD \["/airlock", "healthcheck"\]$`).MatchString(text) {
		t.Error("the image has no health check of its own")
	}
}
