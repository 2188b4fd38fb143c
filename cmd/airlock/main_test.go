package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/rogpeppe/go-internal/testscript"

	"airlock/events"
	"airlock/infra/dev/samples"
	"airlock/infra/devstack"
	"airlock/infra/devstack/stacktest"
	"airlock/infra/localstack"
	"airlock/internal/pace"
)

// TestMain makes this test binary also the command airlock, so that scripts and tests run the
// real program as a process of its own, and starts the stack that it works on.
func TestMain(m *testing.M) {
	testscript.Main(stacked{m}, map[string]func(){"airlock": main})
}

// stacked runs the tests between the start and the end of one stack.
type stacked struct{ *testing.M }

// stack is what the tests of this package share.
var stack *devstack.Stack

func (m stacked) Run() int {
	return stacktest.Main(m.M, devstack.Config{Visibility: 2 * time.Second, MaxReceives: 100},
		func(s *devstack.Stack) error { stack = s; return nil })
}

const profilesYAML = `version: 1
profiles:
  image: {types: [image/png, image/jpeg], max_bytes: 1MiB, serve: {disposition: inline, cache_control: "private, max-age=60"}}
  document: {types: [application/pdf], max_bytes: 1MiB}
  text: {types: [text/plain], max_bytes: 1KiB}
  media: {types: [image/png, text/plain], max_bytes: 200MiB, methods: [put, post, multipart]}
  tiny: {types: [image/png], max_bytes: 10}
  large: {types: [image/png], max_bytes: 100MiB}
`

// environment is what the commands need, as `go run ./infra/dev --stack-only` prints it, and what
// the system needs to run them at all.
func environment(t testing.TB, role string) []string {
	t.Helper()
	dir := t.TempDir()
	keys, profiles := filepath.Join(dir, "credentials"), filepath.Join(dir, "airlock.yaml")
	if err := errors.Join(os.WriteFile(keys, []byte(stack.CredentialsFile()), 0o600), os.WriteFile(profiles, []byte(profilesYAML), 0o600)); err != nil {
		t.Fatal(err)
	}
	env := append(stack.Env(), "AWS_SHARED_CREDENTIALS_FILE="+keys, "AWS_PROFILE="+role, "AIRLOCK_CONFIG="+profiles,
		"AIRLOCK_MIN_VISIBILITY=1s", "AIRLOCK_POLL_WAIT=1s", "GORACE=atexit_sleep_ms=0", "HOME="+dir)
	for _, name := range []string{"PATH", "TMPDIR", "GOCOVERDIR"} {
		if v, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+v)
		}
	}
	return env
}

// process is a command that runs until stop or kill.
type process struct {
	t   testing.TB
	cmd *exec.Cmd
	log *lockedBuffer
}

func start(t testing.TB, role string, args ...string) *process {
	t.Helper()
	return startIn(t, environment(t, role), args...)
}

func startIn(t testing.TB, env []string, args ...string) *process {
	t.Helper()
	p := &process{t: t, cmd: exec.Command("airlock", args...), log: &lockedBuffer{}}
	p.cmd.Env, p.cmd.Stdout, p.cmd.Stderr = env, p.log, p.log
	p.cmd.Dir = t.TempDir()
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if p.cmd.ProcessState == nil {
			p.kill()
		}
		if t.Failed() {
			t.Logf("airlock %s:\n%s", strings.Join(args, " "), tailOf(p.log.String(), 4000))
		}
	})
	return p
}

func tailOf(s string, n int) string { return s[max(0, len(s)-n):] }

func (p *process) kill() {
	_ = p.cmd.Process.Signal(syscall.SIGKILL)
	_ = p.cmd.Wait()
}

// stop sends SIGTERM and expects a clean end.
func (p *process) stop() {
	p.t.Helper()
	if err := errors.Join(p.cmd.Process.Signal(syscall.SIGTERM), p.cmd.Wait()); err != nil {
		p.t.Errorf("after SIGTERM: %v\n%s", err, p.log.String())
	}
}

// says waits for a word in the log and returns what follows it up to the next blank.
func (p *process) says(word string) string {
	p.t.Helper()
	ctx, cancel := pace.Context(p.t.Context(), 20*time.Second)
	defer cancel()
	for ; ctx.Err() == nil; time.Sleep(10 * time.Millisecond) {
		if _, rest, ok := strings.Cut(p.log.String(), word); ok {
			return strings.Fields(rest + " .")[0]
		}
	}
	p.t.Fatalf("airlock did not say %q: %v\n%s", word, context.Cause(ctx), p.log.String())
	return ""
}

// startSigner returns the address of the API.
func startSigner(t testing.TB, more ...string) string {
	t.Helper()
	p := start(t, "signer", append([]string{"signer", "--listen", "127.0.0.1:0", "--insecure-no-auth"}, more...)...)
	return "http://" + p.says(`serves" address=`)
}

// TestScripts runs testdata/script: one story each, as an operator sees it.
func TestScripts(t *testing.T) {
	purge(t)
	endpoint := startSigner(t)
	start(t, "validator", "validator").says("the validator works")
	files := map[string][]byte{
		"cat.png": samples.PNG(), "cat.jpg": samples.JPEG(), "letter.pdf": samples.PDF(), "page.png": samples.HTML(),
		"big.png": samples.LargePNG(1<<20 + 1),
	}
	cmds := map[string]func(*testscript.TestScript, bool, []string){"exits": exits, "head": headClean, "quarantine-empty": quarantineEmpty}
	maps.Copy(cmds, dlqCommands)
	testscript.Run(t, testscript.Params{
		Dir:       "testdata/script",
		Condition: func(cond string) (bool, error) { return localstack.Here(), nil }, // [localstack] is the only one
		Setup: func(e *testscript.Env) error {
			e.Vars = append(e.Vars, environment(t, "validator")...)
			e.Vars = append(e.Vars, "AIRLOCK_ENDPOINT="+endpoint, "S3="+stack.S3Endpoint, "PROFILES="+filepath.Join(e.WorkDir, "airlock.yaml"))
			for name, data := range files {
				if err := os.WriteFile(filepath.Join(e.WorkDir, name), data, 0o600); err != nil {
					return err
				}
			}
			return nil
		},
		Cmds: cmds,
	})
}

// exits runs a command and wants a certain exit code: exits 78 airlock signer.
func exits(ts *testscript.TestScript, _ bool, args []string) {
	err := ts.Exec(args[1], args[2:]...)
	var exit *exec.ExitError
	code := 0
	if errors.As(err, &exit) {
		code = exit.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if fmt.Sprint(code) != args[0] {
		ts.Fatalf("exit %d, want %s", code, args[0])
	}
}

// headClean prints the headers of a clean object, named s3://bucket/key by the output so far.
func headClean(ts *testscript.TestScript, _ bool, args []string) {
	_, place, ok := strings.Cut(ts.ReadFile("stdout"), "s3://")
	if !ok {
		ts.Fatalf("the output names no clean object")
	}
	bucket, key, _ := strings.Cut(strings.Fields(place)[0], "/")
	out, err := rootS3().HeadObject(context.Background(), &s3.HeadObjectInput{Bucket: &bucket, Key: &key})
	ts.Check(err)
	for name, v := range map[string]*string{"type": out.ContentType, "disposition": out.ContentDisposition, "cache": out.CacheControl, "encoding": out.ContentEncoding} {
		if v == nil {
			v = new(string)
		}
		fmt.Fprintf(ts.Stdout(), "%s=%s\n", name, *v)
	}
}

func quarantineEmpty(ts *testscript.TestScript, _ bool, _ []string) {
	ctx, cancel := pace.Context(context.Background(), 5*time.Second)
	defer cancel()
	for ; ctx.Err() == nil; time.Sleep(20 * time.Millisecond) {
		if left, err := listKeys(ctx, devstack.QuarantineBucket); err == nil && len(left) == 0 {
			return
		}
	}
	ts.Fatalf("quarantine is not empty: %v", context.Cause(ctx))
}

func rootS3() *s3.Client {
	return s3.NewFromConfig(stack.S3Config(devstack.Root, 4), func(o *s3.Options) { o.UsePathStyle = true })
}

func listKeys(ctx context.Context, bucket string) (keys []string, err error) {
	pages := s3.NewListObjectsV2Paginator(rootS3(), &s3.ListObjectsV2Input{Bucket: &bucket})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, o := range page.Contents {
			keys = append(keys, *o.Key)
		}
	}
	return keys, nil
}

func rootSQS() *sqs.Client { return sqs.NewFromConfig(stack.SQSConfig(devstack.Root, 4)) }

// purge leaves nothing of an earlier test in the queues.
func purge(t testing.TB) {
	t.Helper()
	for _, url := range []string{stack.QueueURL, stack.DLQURL} {
		if _, err := rootSQS().PurgeQueue(t.Context(), &sqs.PurgeQueueInput{QueueUrl: &url}); err != nil {
			t.Fatal(err)
		}
	}
}

// countEvents counts the events of each upload id.
func countEvents(t testing.TB) map[string]int {
	t.Helper()
	n := map[string]int{}
	if err := events.Tail(t.Context(), stack.NATS, events.Options{UntilNow: true}, time.Unix(1, 0), func(v events.Verdict) error {
		n[v.UploadID]++
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return n
}

// lockedBuffer is a log that can be read while a process writes it.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
