package main

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// step is one file of .ci/steps, 30-mutations.sh: a script that ends with 0 if all is well, and with 69
// (EX_UNAVAILABLE) if this machine cannot do it, after it has said why. Its head says what the step is
// in lines "#: key: value", the values as words:
//
//	waits     it mostly waits, so that others may run beside it
//	long      it may be skipped where it is known to be green. "in part": if so, a part of it runs
//	          all the same, by the argument "part"
//	packages  Go packages (patterns too) whose sources, and those of all they import, are its inputs
//	paths     other files and folders that are its inputs
//	tools     commands whose versions are inputs, with the flag that prints them
//
// A long step names all that it depends on; go.mod, .ci/run, its own file and this program always count.
type step struct {
	name     string // mutations
	file     string // .ci/steps/30-mutations.sh
	waits    bool
	long     bool
	part     bool
	packages []string
	paths    []string
	tools    []string // "go version"
}

// readSteps reads a folder of steps, in the order of their numbers.
func readSteps(dir string) (steps []step, err error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.sh"))
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("no steps in %s (%v)", dir, err)
	}
	slices.Sort(files)
	for _, file := range files {
		s, err := readStep(file)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		if slices.ContainsFunc(steps, func(o step) bool { return o.name == s.name }) {
			return nil, fmt.Errorf("%s: there are two steps %s", file, s.name)
		}
		steps = append(steps, s)
	}
	return steps, nil
}

func readStep(file string) (s step, err error) {
	base := strings.TrimSuffix(filepath.Base(file), ".sh")
	number, name, ok := strings.Cut(base, "-")
	if !ok || len(number) != 2 || strings.Trim(number, "0123456789") != "" || name == "" {
		return s, fmt.Errorf("a step is called 30-mutations.sh, with two digits for its place")
	}
	s = step{name: name, file: file}
	f, err := os.Open(file)
	if err != nil {
		return s, err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() && strings.HasPrefix(lines.Text(), "#") {
		if line, ok := strings.CutPrefix(lines.Text(), "#: "); ok {
			if err := s.set(line); err != nil {
				return s, err
			}
		}
	}
	if s.long && len(s.packages)+len(s.paths) == 0 {
		return s, fmt.Errorf("a long step says what it depends on, by packages or paths")
	}
	if !s.long && len(s.packages)+len(s.paths)+len(s.tools) > 0 {
		return s, fmt.Errorf("it has inputs, but runs always: they would say nothing")
	}
	return s, lines.Err()
}

// set reads "key: value".
func (s *step) set(line string) error {
	key, value, _ := strings.Cut(line, ":")
	value = strings.TrimSpace(value)
	switch key {
	case "waits":
		s.waits = true
	case "long":
		if value != "" && value != "in part" {
			return fmt.Errorf("long: %q is neither nothing nor \"in part\"", value)
		}
		s.long, s.part = true, value == "in part"
	case "packages":
		s.packages = append(s.packages, strings.Fields(value)...)
	case "paths":
		s.paths = append(s.paths, strings.Fields(value)...)
	case "tools":
		for tool := range strings.SplitSeq(value, ",") {
			s.tools = append(s.tools, strings.TrimSpace(tool))
		}
	default:
		return fmt.Errorf("there is no key %q", key)
	}
	return nil
}

// pick takes the named steps, in their own order.
func pick(steps []step, names []string) (picked []step, err error) {
	var all []string
	for _, s := range steps {
		if all = append(all, s.name); slices.Contains(names, s.name) {
			picked = append(picked, s)
		}
	}
	for _, name := range names {
		if !slices.Contains(all, name) {
			return nil, fmt.Errorf("%w: there is no step %s; there are %s", errUsage, name, strings.Join(all, " "))
		}
	}
	return picked, nil
}
