package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// timedCommand runs a go test for a step. It prints what go test prints without -v, and notes how long
// each test took in the file that CI_TESTS names.
type timedCommand struct {
	Command []string `arg:"" help:"go test ..."`
}

// event is one line of go test -json (go doc test2json).
type event struct {
	Action, Package, ImportPath, Test, Output string
	Elapsed                                   float64 // seconds
}

// took is one test's time.
type took struct {
	Package, Test string
	Seconds       float64
}

// Run is the command. It ends with 1 if go test does not end with 0.
func (c *timedCommand) Run(ctx context.Context) error {
	if len(c.Command) < 2 || c.Command[0] != "go" || c.Command[1] != "test" {
		return fmt.Errorf("timed takes a go test ..., not %s", strings.Join(c.Command, " "))
	}
	cmd := exec.CommandContext(ctx, "go", append([]string{"test", "-json"}, c.Command[2:]...)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	tests, rerr := readEvents(out, os.Stdout)
	if err := cmd.Wait(); err != nil {
		return errors.Join(fmt.Errorf("%s: %w", strings.Join(c.Command, " "), err), rerr)
	}
	if rerr != nil {
		return rerr
	}
	return noteTests(os.Getenv("CI_TESTS"), tests)
}

// readEvents tells people what go test says: what is of no test, and all of a test that failed.
func readEvents(r io.Reader, say io.Writer) (tests []took, err error) {
	of := map[string]*bytes.Buffer{} // what each test that runs has printed
	lines := bufio.NewReader(r)
	for {
		line, rerr := lines.ReadBytes('\n')
		if len(line) > 0 {
			var e event
			if err := json.Unmarshal(line, &e); err != nil { // go says some things without JSON
				_, _ = say.Write(line)
			} else if t, ended := e.tell(of, say); ended {
				tests = append(tests, t)
			}
		}
		if errors.Is(rerr, io.EOF) {
			return tests, nil
		}
		if rerr != nil {
			return tests, fmt.Errorf("read what go test says: %w", rerr)
		}
	}
}

// tell prints what an event means, and tells whether it is a whole test's end.
func (e event) tell(of map[string]*bytes.Buffer, say io.Writer) (t took, ended bool) {
	id := e.Package + " " + e.Test
	switch e.Action {
	case "build-output":
		_, _ = io.WriteString(say, e.Output)
	case "output":
		switch {
		case e.Test != "":
			if of[id] == nil {
				of[id] = &bytes.Buffer{}
			}
			of[id].WriteString(e.Output)
		case e.Output != "PASS\n" && !strings.HasPrefix(e.Output, "=== "):
			_, _ = io.WriteString(say, e.Output)
		}
	case "fail", "pass", "skip":
		if e.Action == "fail" && e.Test != "" && of[id] != nil {
			_, _ = of[id].WriteTo(say)
		}
		delete(of, id)
		return took{e.Package, e.Test, e.Elapsed}, e.Test != "" && !strings.Contains(e.Test, "/")
	}
	return t, false
}

// noteTests appends to the file that the runner reads; "" is none.
func noteTests(name string, tests []took) error {
	if name == "" {
		return nil
	}
	var b bytes.Buffer
	for _, t := range tests {
		line, err := json.Marshal(t)
		if err != nil {
			return err
		}
		b.Write(append(line, '\n'))
	}
	f, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b.Bytes())
	return errors.Join(err, f.Close())
}

// slowestTests reads that file, and lists the slowest, a line each.
func slowestTests(name string, most int) (string, error) {
	text, err := os.ReadFile(name)
	if errors.Is(err, os.ErrNotExist) {
		return "", nil
	}
	var tests []took
	for dec := json.NewDecoder(bytes.NewReader(text)); err == nil; {
		var t took
		if err = dec.Decode(&t); err == nil {
			tests = append(tests, t)
		}
	}
	if !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read the tests' times: %w", err)
	}
	slices.SortStableFunc(tests, func(a, b took) int { return cmp.Compare(b.Seconds, a.Seconds) })
	var b strings.Builder
	fmt.Fprintf(&b, "the slowest of %d tests:\n", len(tests))
	for _, t := range tests[:min(most, len(tests))] {
		fmt.Fprintf(&b, "%6.1fs  %s %s\n", t.Seconds, t.Package, t.Test)
	}
	return b.String(), nil
}
