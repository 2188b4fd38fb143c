package main

import (
	"strings"
	"testing"
	"time"

	natsserver "github.com/nats-io/nats-server/v2/server"
)

// setup --aws makes all that doctor wants, from nothing, and may be run again.
func TestAfterSetupDoctorIsContent(t *testing.T) {
	nats := startNATS(t, &natsserver.Options{Host: "127.0.0.1", Port: -1, JetStream: true, StoreDir: t.TempDir(), NoSigs: true, NoLog: true})
	env := map[string]string{}
	for _, kv := range environment(t, "root") {
		name, v, _ := strings.Cut(kv, "=")
		env[name] = v
	}
	for name, v := range map[string]string{
		"NATS_URL": nats.ClientURL(), "QUARANTINE_BUCKET": "setup-in", "CLEAN_BUCKET": "setup-out", "QUARANTINE_PREFIX": "in/", "CLEAN_PREFIX": "out/",
		"QUEUE": "setup-queue", "STREAM_MAX_BYTES": "67108864",
	} {
		env["AIRLOCK_"+name] = v
	}
	delete(env, "AIRLOCK_QUEUE_URL")
	delete(env, "AIRLOCK_MIN_VISIBILITY")
	onlyEnvironment(t, env)
	t.Setenv("AWS_ACCESS_KEY_ID", "") // the profile's count
	t.Setenv("AWS_SECRET_ACCESS_KEY", "")
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

// startNATS runs a server beside that of the stack until the test ends.
func startNATS(t *testing.T, o *natsserver.Options) *natsserver.Server {
	t.Helper()
	s, err := natsserver.NewServer(o)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(10 * time.Second) {
		t.Fatal("NATS does not start")
	}
	return s
}
