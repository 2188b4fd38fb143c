package devstack

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// stackd is the child's program.
const stackd = "airlock/infra/devstack/stackd"

// findProgram is the path of the child's program. go links it into its build cache when it is not
// there yet, which takes a minute, and never with -race: the race detector looks at the tests' side,
// and at the servers' in their own tests.
func findProgram(ctx context.Context) (string, error) {
	if path := os.Getenv("AIRLOCK_STACKD"); path != "" {
		if _, err := os.Stat(path); err != nil {
			return "", fmt.Errorf("AIRLOCK_STACKD: %w; set it to what `go tool -n stackd` prints in airlock's module, or unset it", err)
		}
		return filepath.Abs(path)
	}
	for _, name := range Sources() {
		if f, err := os.Open(name); err == nil { // go notes which files a test opens: see stacktest for TestMain, which it does not
			_ = f.Close()
		}
	}
	defer takeTurn(ctx)()
	var said bytes.Buffer
	cmd := exec.CommandContext(ctx, "go", "tool", "-n", stackd)
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("build its program, by %s: %w\n%s"+
			"That needs the command go, and a working directory in airlock's module. Elsewhere set AIRLOCK_STACKD to what `go tool -n stackd` prints there", cmd, err, &said)
	}
	return strings.TrimSpace(string(out)), nil
}

// takeTurn waits until no other process builds it, for which many test binaries that start at once would
// compile all of it each. Where there is no place for a lock it does not wait.
func takeTurn(ctx context.Context) (leave func()) {
	dir, err := os.UserCacheDir()
	if err == nil {
		dir = filepath.Join(dir, "airlock")
		err = os.MkdirAll(dir, 0o700)
	}
	if err != nil {
		return func() {}
	}
	f, err := os.OpenFile(filepath.Join(dir, "stackd.lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return func() {}
	}
	for errors.Is(syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB), syscall.EWOULDBLOCK) && ctx.Err() == nil {
		time.Sleep(20 * time.Millisecond)
	}
	return func() { _ = f.Close() }
}

// sources are the directories of which only the child is made, from the module's.
var sources = []string{
	"infra/devstack/s3front", "infra/devstack/server", "infra/devstack/sqsfront", "infra/devstack/stackd", "signer/presign", "surroundings",
}

// Sources are the absolute names of what makes the child, and of nothing that a test links anyway: go
// cannot see of itself that a test's result which it has cached is of another stack. There are none
// where AIRLOCK_STACKD names the program, and outside of the module.
func Sources() (names []string) {
	root, err := os.Getwd()
	if err != nil || os.Getenv("AIRLOCK_STACKD") != "" {
		return nil
	}
	for ; ; root = filepath.Dir(root) {
		if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
			break
		}
		if root == filepath.Dir(root) {
			return nil
		}
	}
	names = append(names, filepath.Join(root, "go.mod"))
	for _, dir := range sources {
		names = append(names, filepath.Join(root, filepath.FromSlash(dir)))
	}
	return names
}
