package main

import (
	"maps"
	"strings"
	"testing"
	"time"

	natsserver "github.com/nats-io/nats-server/v2/server"

	"airlock/internal/pace"
)

// setup --aws makes all that doctor wants, from nothing, and may be run again.
func TestAfterSetupDoctorIsContent(t *testing.T) {
	nats := startNATS(t, &natsserver.Options{Host: "127.0.0.1", Port: -1, JetStream: true, StoreDir: t.TempDir(), NoSigs: true, NoLog: true})
	as(t, "root", map[string]string{
		"AIRLOCK_NATS_URL": nats.ClientURL(), "AIRLOCK_QUARANTINE_BUCKET": "setup-in", "AIRLOCK_CLEAN_BUCKET": "setup-out",
		"AIRLOCK_QUARANTINE_PREFIX": "in/", "AIRLOCK_CLEAN_PREFIX": "out/", "AIRLOCK_QUEUE": "setup-queue",
		"AIRLOCK_STREAM_MAX_BYTES": "67108864", "AIRLOCK_QUEUE_URL": "", "AIRLOCK_MIN_VISIBILITY": "",
	})
	airlock := func(args ...string) string {
		t.Helper()
		var said lockedBuffer
		if code := run(t.Context(), args, streams{nil, &said, &said}); code != exitDone {
			t.Fatalf("airlock %s: exit %d\n%s", strings.Join(args, " "), code, said.String())
		}
		return said.String()
	}
	for range 2 {
		_, url, ok := strings.Cut(airlock("setup", "--aws"), "export AIRLOCK_QUEUE_URL=")
		if !ok {
			t.Fatal("setup does not tell the queue's URL")
		}
		t.Setenv("AIRLOCK_QUEUE_URL", strings.Fields(url)[0])
		if said := airlock("doctor"); strings.Contains(said, "fix:") || strings.Count(said, "\nok ") < 20 {
			t.Errorf("doctor says\n%s", said)
		}
	}
}

// as gives the test the environment of a role with these changes, where "" drops a variable, and
// returns it for processes that it starts.
func as(t *testing.T, role string, changes map[string]string) (lines []string) {
	t.Helper()
	env := map[string]string{}
	for _, kv := range environment(t, role) {
		name, v, _ := strings.Cut(kv, "=")
		env[name] = v
	}
	maps.Copy(env, changes)
	maps.DeleteFunc(env, func(_, v string) bool { return v == "" })
	onlyEnvironment(t, env)
	t.Setenv("AWS_ACCESS_KEY_ID", "") // the profile's count
	t.Setenv("AWS_SECRET_ACCESS_KEY", "")
	for name, v := range env {
		lines = append(lines, name+"="+v)
	}
	return lines
}

// startNATS runs a server beside that of the stack until the test ends.
func startNATS(t *testing.T, o *natsserver.Options) *natsserver.Server {
	t.Helper()
	s, err := natsserver.NewServer(o)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(pace.Scaled(10 * time.Second)) {
		t.Fatal("NATS does not start")
	}
	return s
}
