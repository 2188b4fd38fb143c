package devstack_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"airlock"
	"airlock/events"
	"airlock/infra/devstack"
)

// forKilling makes this test binary a process that has a stack and waits for its end.
const forKilling = "AIRLOCK_TEST_FOR_KILLING"

func waitToBeKilled() {
	s, err := devstack.Start(context.Background(), devstack.Config{})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	_ = json.NewEncoder(os.Stdout).Encode(s.Addresses)
	select {}
}

func TestAProcessThatIsKilledLeavesNoStackBehind(t *testing.T) {
	temp := t.TempDir()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), forKilling+"=1", "TMPDIR="+temp)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, _ := bufio.NewReader(out).ReadString('\n')
	var a devstack.Addresses
	if err := json.Unmarshal([]byte(line), &a); err != nil || left(t, temp) != 1 || !answers(a.S3Endpoint) {
		t.Fatalf("%v: %q, %d directories", err, line, left(t, temp))
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	for end := time.Now().Add(30 * time.Second); left(t, temp) > 0 || answers(a.S3Endpoint) || answers(a.SQSEndpoint) || answers(a.NATSURL); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("after 30 s %d directories are left; S3 answers: %t, SQS: %t, NATS: %t", left(t, temp), answers(a.S3Endpoint), answers(a.SQSEndpoint), answers(a.NATSURL))
		}
	}
}

// left counts what is in a directory.
func left(t *testing.T, dir string) int {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

func answers(url string) bool {
	_, addr, _ := strings.Cut(url, "://")
	c, err := net.Dial("tcp", addr)
	if err == nil {
		_ = c.Close()
	}
	return err == nil
}

func TestAStackThatIsKilledComesBackOnItsPortsWithItsData(t *testing.T) {
	s, err := devstack.Start(t.Context(), devstack.Config{}) // beside the one of all tests
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	root, queue := clients(t, s, devstack.Root)
	o := airlock.Object{Bucket: devstack.QuarantineBucket, Key: "quarantine/image/x"}
	if _, err := root.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &o.Bucket, Key: aws.String(string(o.Key)), Body: strings.NewReader("hello")}); err != nil {
		t.Fatal(err)
	}
	if data, err := os.ReadFile(s.File(o)); string(data) != "hello" {
		t.Errorf("%s has %q: %v", s.File(o), data, err)
	}
	s.Kill()
	if answers(s.S3Endpoint) || answers(s.SQSEndpoint) || answers(s.NATSURL) {
		t.Error("it lives")
	}
	before := s.Addresses
	if err := s.Restart(t.Context()); err != nil || s.Addresses != before {
		t.Fatalf("%v: %+v was %+v", err, s.Addresses, before)
	}
	if _, err := root.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: &o.Bucket, Key: aws.String(string(o.Key))}); err != nil {
		t.Error(err)
	}
	receive(t, queue, s.QueueURL, 2) // S3's test event, and the notice
	if _, err := events.Open(t.Context(), s.NATS, devstack.QuarantineBucket); err != nil {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Dir(s.File(o))); !os.IsNotExist(err) {
		t.Errorf("its data is left: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("closed again: %v", err)
	}
}

func TestAPortThatIsTakenIsSaidAndNothingIsLeft(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	temp, addr := t.TempDir(), taken.Addr().String()
	t.Setenv("TMPDIR", temp)
	for _, cfg := range []devstack.Config{{S3Listen: addr}, {SQSListen: addr}, {NATSListen: addr}} {
		if _, err := devstack.Start(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), "address already in use") || !strings.Contains(err.Error(), addr) || left(t, temp) > 0 {
			t.Errorf("%+v: %v; %d directories are left", cfg, err, left(t, temp))
		}
	}
}

func TestAStartThatIsNoLongerWantedEnds(t *testing.T) {
	program, err := exec.CommandContext(t.Context(), "go", "tool", "-n", "stackd").Output()
	if err != nil {
		t.Fatal(err)
	}
	temp := t.TempDir()
	t.Setenv("AIRLOCK_STACKD", strings.TrimSpace(string(program)))
	t.Setenv("TMPDIR", temp)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := devstack.Start(ctx, devstack.Config{}); !errors.Is(err, context.Canceled) || left(t, temp) > 0 {
		t.Errorf("%v; %d directories are left", err, left(t, temp))
	}
}

func TestWithoutItsProgramTheErrorSaysWhatToDo(t *testing.T) {
	t.Setenv("AIRLOCK_STACKD", filepath.Join(t.TempDir(), "none"))
	if _, err := devstack.Start(t.Context(), devstack.Config{}); err == nil || !strings.Contains(err.Error(), "AIRLOCK_STACKD") || !strings.Contains(err.Error(), "go tool -n stackd") {
		t.Errorf("a program that is not there: %v", err)
	}
	t.Setenv("AIRLOCK_STACKD", "")
	t.Chdir(t.TempDir())
	if _, err := devstack.Start(t.Context(), devstack.Config{}); err == nil || !strings.Contains(err.Error(), "set AIRLOCK_STACKD") || !strings.Contains(err.Error(), "airlock's module") {
		t.Errorf("outside the module: %v", err)
	}
}

// What runs elsewhere is here the stack of the other tests.
func TestWhereS3AndSQSAreElsewhereOnlyNATSIsOurs(t *testing.T) {
	ours(t)
	t.Setenv("AWS_ACCESS_KEY_ID", devstack.Root.Access)
	t.Setenv("AWS_SECRET_ACCESS_KEY", devstack.Root.Secret)
	var cfg devstack.Config
	cfg.Elsewhere.S3, cfg.Elsewhere.SQS = stack.S3Endpoint, stack.SQSEndpoint
	s, err := devstack.Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if s.S3Endpoint != stack.S3Endpoint || s.QueueURL != stack.QueueURL || s.DLQURL != stack.DLQURL || s.NATSURL == stack.NATSURL {
		t.Errorf("%+v beside %+v", s.Addresses, stack.Addresses)
	}
	signer, _ := clients(t, s, devstack.Signer) // who may not list, as ours has it
	if _, err := signer.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: aws.String(devstack.QuarantineBucket)}); err != nil {
		t.Errorf("the one account does not stand for all: %v", err)
	}
	if _, err := events.Open(t.Context(), s.NATS, devstack.QuarantineBucket); err != nil {
		t.Error(err)
	}
}
