package main

import (
	"bytes"
	"strings"
	"testing"

	"airlock/surroundings"
	"airlock/surroundings/probe"
)

func TestFindingsFitATerminalAndLoseNoWord(t *testing.T) {
	f := surroundings.Finding{Check: "notification", State: surroundings.Fail,
		Detail: `the notification's filter (prefix "uploads/", suffix "") leaves out keys below quarantine/`,
		Fix:    "notify arn:aws:sqs:us-east-1:000000000000:airlock-uploads of s3:ObjectCreated:* with the prefix quarantine/"}
	var wide, narrow bytes.Buffer
	printFinding(&wide, 0, f)
	if got := strings.Count(wide.String(), "\n"); got != 2 {
		t.Errorf("for a program: %d lines\n%s", got, wide.String())
	}
	printFinding(&narrow, 80, f)
	printProbe(&narrow, 80, []probe.Feature{{Name: "copy_destination_condition", Holds: probe.Unknown, Detail: strings.Repeat("many words ", 20)}}, probe.Promises(nil))
	for line := range strings.Lines(narrow.String()) {
		if len(line) > 81 {
			t.Errorf("wider than 80 columns: %s", line)
		}
	}
	text := strings.Join(strings.Fields(narrow.String()), " ")
	for _, want := range []string{f.Detail, f.Fix} {
		if !strings.Contains(text, want) {
			t.Errorf("not all of %q in\n%s", want, narrow.String())
		}
	}
	var tiny bytes.Buffer
	printFinding(&tiny, 10, f)
	if tiny.String() != wide.String() {
		t.Errorf("in a terminal of 10 columns\n%s", tiny.String())
	}
}
