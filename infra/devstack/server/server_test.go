package server_test

import (
	"errors"
	"os"
	"strings"
	"syscall"
	"testing"

	"airlock/infra/devstack"
	"airlock/infra/devstack/server"
)

// What clients see of it is tested in package devstack, on the child.
func TestASecondOneInAProcessIsRefusedInWords(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	before, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	s, err := server.Start(t.Context(), devstack.Config{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := server.Start(t.Context(), devstack.Config{}, nil); err == nil || !strings.Contains(err.Error(), "only one") {
		t.Errorf("%v, %v", again, err)
	}
	if _, err := server.Start(t.Context(), devstack.Config{NATSListen: "0.0.0.0:0"}, nil); err == nil || !strings.Contains(err.Error(), "127.0.0.1") {
		t.Errorf("the world: %v", err)
	}
	taken := strings.TrimPrefix(s.NATSURL, "nats://")
	if _, err := server.Start(t.Context(), devstack.Config{NATSListen: taken}, nil); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("a taken port: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if after, err := os.Getwd(); after != before || err != nil {
		t.Errorf("the working directory is %s, %v", after, err)
	}
	if left, err := os.ReadDir(temp); len(left) > 0 || err != nil {
		t.Errorf("%v is left, %v", left, err)
	}
}
