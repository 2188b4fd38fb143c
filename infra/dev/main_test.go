package main

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"strings"
	"testing"

	"airlock/config"
	"airlock/infra/devstack"
	"airlock/infra/devstack/stacktest"
)

var stack *devstack.Stack

func TestMain(m *testing.M) {
	os.Exit(stacktest.Main(m, devstack.Config{}, func(s *devstack.Stack) error { stack = s; return nil }))
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
	if n := strings.Count(table.String(), "\n"); n != len(all)+1 || !strings.Contains(table.String(), "rejected type_mismatch") || !strings.Contains(table.String(), "refused too_large") {
		t.Errorf("the table:\n%s", &table)
	}
	all[0].want = "rejected malformed"
	table.Reset()
	if err := runSamples(t.Context(), sys.client(), all, &table); !errors.Is(err, errUnexpected) || !strings.Contains(table.String(), "expected rejected malformed") {
		t.Errorf("a broken expectation: %v\n%s", err, &table)
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
