// Package stacktest gives all tests of a package one dev stack.
package stacktest

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	"airlock/infra/devstack"
)

// Main runs the tests of m between the start and the end of a stack, and returns the exit code for
// TestMain. use takes the stack before the first test. While a fuzz target is being fuzzed there
// is no stack: its workers are many, and what they fuzz is pure.
//
// With AIRLOCK_TEST_S3_ENDPOINT and AIRLOCK_TEST_SQS_ENDPOINT, as infra/localstack/run.sh sets them,
// the S3 and the SQS of the stack are those: see [Elsewhere]. Then packages must run one after
// another (go test -p 1), since they share a queue.
func Main(m interface{ Run() int }, cfg devstack.Config, use func(*devstack.Stack) error) int {
	if flag.Parse(); fuzzing() {
		return m.Run()
	}
	code, err := run(m, cfg, use)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

// Elsewhere tells whether S3 and SQS are not our own.
func Elsewhere() bool {
	return os.Getenv("AIRLOCK_TEST_S3_ENDPOINT") != "" && os.Getenv("AIRLOCK_TEST_SQS_ENDPOINT") != ""
}

func fuzzing() bool {
	f := flag.Lookup("test.fuzz")
	return testing.Testing() && f != nil && f.Value.String() != ""
}

func run(m interface{ Run() int }, cfg devstack.Config, use func(*devstack.Stack) error) (code int, err error) {
	if Elsewhere() {
		cfg.Elsewhere.S3, cfg.Elsewhere.SQS = os.Getenv("AIRLOCK_TEST_S3_ENDPOINT"), os.Getenv("AIRLOCK_TEST_SQS_ENDPOINT")
	}
	stack, err := devstack.Start(context.Background(), cfg)
	if err != nil {
		return 1, err
	}
	defer func() {
		http.DefaultClient.CloseIdleConnections()
		err = errors.Join(err, stack.Close())
	}()
	if err := Measure(context.Background(), stack); err != nil {
		return 1, err
	}
	if err := use(stack); err != nil {
		return 1, err
	}
	return Run(m), nil
}

// Run runs the tests of m on a stack that was started before, which [Main] does by itself. Its part is
// that go does not take a result that it has cached for one of a stack that has changed since: go knows
// what the tests looked at, by the file -test.testlogfile, but TestMain goes unseen, and so does the
// child.
func Run(m interface{ Run() int }) int {
	code := m.Run()
	if err := note(); err != nil {
		fmt.Fprintln(os.Stderr, "note what the stack is made of:", err)
		return 1
	}
	return code
}

// note adds to that file, in its own words: "open" and "getenv", see internal/testlog and, for who reads
// it, computeTestInputsID in cmd/go. What go does not understand there it does not cache.
func note() error {
	file := flag.Lookup("test.testlogfile")
	if file == nil || file.Value.String() == "" {
		return nil
	}
	f, err := os.OpenFile(file.Value.String(), os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	var lines strings.Builder
	lines.WriteString("getenv AIRLOCK_STACKD\ngetenv AIRLOCK_TEST_S3_ENDPOINT\ngetenv AIRLOCK_TEST_SQS_ENDPOINT\n")
	for _, name := range devstack.Sources() {
		lines.WriteString("open " + name + "\n")
	}
	_, err = f.WriteString(lines.String())
	return errors.Join(err, f.Close())
}
