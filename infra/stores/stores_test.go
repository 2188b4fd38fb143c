package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

func TestThePageSaysWhatTheStoresDo(t *testing.T) {
	want, err := os.ReadFile(filepath.Join("..", "..", page))
	if err != nil {
		t.Fatal(err)
	}
	known := parse(want)
	if len(known) < 20 {
		t.Fatalf("the page names %d features of LocalStack", len(known))
	}
	columns, err := probeAll(t.Context(), known)
	if err != nil {
		t.Fatal(err)
	}
	if got := render(columns); !bytes.Equal(got, want) {
		t.Errorf("%s is out of date; see the head of infra/stores/main.go. It should say\n%s", page, got)
	}
}
