package main

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/rogpeppe/go-internal/testscript"

	"airlock/config"
	"airlock/infra/devstack"
	"airlock/infra/devstack/stacktest"
	"airlock/internal/pace"
	"airlock/validator"
)

var stack *devstack.Stack

// TestMain makes this test binary also the command dev, so that a test runs it as a process of its
// own, and starts the stack that the other tests work on.
func TestMain(m *testing.M) {
	testscript.Main(stacked{m}, map[string]func(){"dev": main})
}

type stacked struct{ *testing.M }

func (m stacked) Run() int {
	return stacktest.Main(m.M, devstack.Config{}, func(s *devstack.Stack) error { stack = s; return nil })
}

// LocalStack on 4566 and a NATS on 4222 are what a developer's machine often has already.
func TestAPortThatIsTakenIsSaidWithWhatToDo(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	addr := taken.Addr().String()
	for _, flag := range []string{"--listen", "--s3-listen", "--sqs-listen", "--nats-listen"} {
		out, err := exec.CommandContext(t.Context(), "dev", "--once", flag, addr).CombinedOutput()
		var exit *exec.ExitError
		if text := string(out); !errors.As(err, &exit) || exit.ExitCode() != 1 || !strings.Contains(text, addr) || !strings.Contains(text, "Is another one running?") || strings.Contains(text, "goroutine") {
			t.Errorf("%s: %v\n%s", flag, err, text)
		}
	}
}

func TestTheSamplesEndAsExpectedAndABrokenExpectationIsAnError(t *testing.T) {
	profiles, err := config.Parse("airlock.yaml", builtIn)
	if err != nil {
		t.Fatal(err)
	}
	sys, err := startSystem(t.Context(), stack, profiles, "127.0.0.1:0", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := sys.stop(); err != nil {
			t.Error(err)
		}
	}()
	all := samplesOf(profiles)
	var table bytes.Buffer
	if err := runSamples(t.Context(), sys.client(), all, &table); err != nil {
		t.Fatalf("%v\n%s", err, &table)
	}
	for line := range strings.Lines(table.String()) {
		if len(strings.TrimRight(line, " \n")) > 80 {
			t.Errorf("too wide for a terminal of 80 columns: %q", line)
		}
	}
	if n := strings.Count(table.String(), "\n"); n != len(all)+1 || !strings.Contains(table.String(), "rejected type_mismatch") || !strings.Contains(table.String(), "refused too_large") {
		t.Errorf("the table:\n%s", &table)
	}
	all[0].want = "rejected malformed"
	table.Reset()
	if err := runSamples(t.Context(), sys.client(), all, &table); !errors.Is(err, errUnexpected) || !strings.Contains(table.String(), "expected rejected malformed") {
		t.Errorf("a broken expectation: %v\n%s", err, &table)
	}
}

func TestWhenAPartFailsTheWholeEndsAndSaysWhy(t *testing.T) {
	profiles, err := config.Parse("airlock.yaml", builtIn)
	if err != nil {
		t.Fatal(err)
	}
	visibility := func(seconds string) {
		if _, err := sqs.NewFromConfig(stack.SQSConfig(devstack.Root, 4)).SetQueueAttributes(context.Background(),
			&sqs.SetQueueAttributesInput{QueueUrl: &stack.QueueURL, Attributes: map[string]string{"VisibilityTimeout": seconds}}); err != nil {
			t.Fatal(err)
		}
	}
	visibility("5") // which the validator refuses
	defer visibility("60")
	sys, err := startSystem(t.Context(), stack, profiles, "127.0.0.1:0", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	pace.Receive(t, 20*time.Second, "the end of a signer without a validator", sys.ended)
	if err := sys.stop(); !errors.Is(err, validator.ErrRefused) {
		t.Errorf("ended with %v", err)
	}
}

func TestFlagsAreCompletedAndRefused(t *testing.T) {
	once := flags{Once: true, S3Listen: "127.0.0.1:7000"}
	if err := once.complete(); err != nil || once.Listen != "127.0.0.1:0" || once.S3Listen != "127.0.0.1:7000" {
		t.Errorf("%+v, %v", once, err)
	}
	var stay flags
	if err := stay.complete(); err != nil || stay.Listen != "127.0.0.1:8080" || stay.S3Listen != "127.0.0.1:4566" || stay.SQSListen != "127.0.0.1:4567" || stay.NATSListen != "127.0.0.1:4222" {
		t.Errorf("%+v, %v", stay, err)
	}
	for name, f := range map[string]flags{
		"once and stack only": {Once: true, StackOnly: true}, "once and profiles": {Once: true, Profiles: "x"},
		"the world": {Listen: "0.0.0.0:8080"}, "all addresses": {Listen: ":8080"}, "a name": {NATSListen: "example.com:4222"}, "no port": {S3Listen: "127.0.0.1"},
	} {
		if err := f.complete(); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
}
