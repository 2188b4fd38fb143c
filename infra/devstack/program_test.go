package devstack

import (
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// The list is by hand, since to ask go each time costs more than all the rest of a start.
func TestTheSourcesAreAllThatTheChildIsMadeOf(t *testing.T) {
	child := ours(t, stackd)
	for _, p := range ours(t, "airlock/infra/devstack") {
		child = slices.DeleteFunc(child, func(c string) bool { return c == p }) // a test links it: go sees that
	}
	want := strings.Split("airlock/"+strings.Join(sources, " airlock/"), " ")
	slices.Sort(child)
	if slices.Sort(want); !slices.Equal(child, want) {
		t.Errorf("sources should be %v", child)
	}
}

// ours are the packages of this module that p is made of.
func ours(t *testing.T, p string) (paths []string) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", p).Output()
	if err != nil {
		t.Fatal(err)
	}
	for path := range strings.Lines(string(out)) {
		if path = strings.TrimSpace(path); path == "airlock" || strings.HasPrefix(path, "airlock/") {
			paths = append(paths, path)
		}
	}
	return paths
}

func TestADeathThatNobodyAskedForIsAnError(t *testing.T) {
	s, err := Start(t.Context(), Config{})
	if err != nil {
		t.Fatal(err)
	}
	s.process.Signal(syscall.SIGKILL)
	<-s.process.Done()
	if err := s.Close(); err == nil || !strings.Contains(err.Error(), "unasked") {
		t.Errorf("%v", err)
	}
}

// A person may start it by hand, or a terminal may send it what it sends to all.
func TestTheChildEndsInGoodOrderBySIGTERM(t *testing.T) {
	s, err := Start(t.Context(), Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	s.ask()
	s.process.Signal(syscall.SIGTERM)
	if err := s.process.Err(); err != nil || s.process.Log() != "" {
		t.Errorf("%v\n%s", err, s.process.Log())
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
