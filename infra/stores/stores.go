package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"airlock/infra/devstack"
	"airlock/internal/awsconf"
	"airlock/surroundings/probe"
)

// A column is one store.
type column struct {
	name     string
	features []probe.Feature
}

const localStack = "LocalStack 4.14"

// probeAll asks each store in turn. known is what the page says of LocalStack, for where there is none.
func probeAll(ctx context.Context, known []probe.Feature) ([]column, error) {
	bare, err := probeBare(ctx)
	if err != nil {
		return nil, fmt.Errorf("versitygw bare: %w", err)
	}
	dev, err := probeDevStack(ctx)
	if err != nil {
		return nil, fmt.Errorf("dev stack: %w", err)
	}
	columns := []column{{"versitygw bare", bare}, {"dev stack", dev}}
	if endpoint := os.Getenv("AIRLOCK_TEST_S3_ENDPOINT"); endpoint != "" {
		cfg := awsconf.Fixed(devstack.Region, os.Getenv("AWS_ACCESS_KEY_ID"), os.Getenv("AWS_SECRET_ACCESS_KEY"), endpoint, 16)
		if known, err = probe.Run(ctx, probe.Store{S3: cfg, SQS: &cfg, PathStyle: true}); err != nil {
			return nil, fmt.Errorf("LocalStack: %w", err)
		}
	}
	return append(columns, column{localStack, known}), nil
}

func probeBare(ctx context.Context) (f []probe.Feature, err error) {
	s, err := devstack.Start(ctx, devstack.Config{Bare: true})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return probe.Run(ctx, probe.Store{S3: s.S3Config(devstack.Root, 16), PathStyle: true})
}

func probeDevStack(ctx context.Context) (f []probe.Feature, err error) {
	s, err := devstack.Start(ctx, devstack.Config{})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	sqs := s.SQSConfig(devstack.Root, 16)
	return probe.Run(ctx, probe.Store{S3: s.S3Config(devstack.Root, 16), SQS: &sqs, PathStyle: true})
}

// render writes the page.
func render(columns []column) []byte {
	var b bytes.Buffer
	b.WriteString("# What the stores can do\n\n" +
		"Written by `go run ./infra/stores`; don't edit it. Each cell is what `airlock doctor --probe` found by trying; run that on your own store.\n\n")
	row(&b, "promise", columns, func(c column) []string { return promiseCells(c.features) }, promiseNames())
	b.WriteString("\n**A fall-back** holds the promise in another way:\n\n")
	for _, p := range probe.Promises(nil) {
		if p.Fallback != "" {
			fmt.Fprintf(&b, "- %s %s.\n", p.Text, upper(p.Fallback))
		}
	}
	b.WriteString("\nWhere `copy_source_condition` is *no*, the validator refuses to start. Where `copy_destination_condition` is *no*, or `copy_refused` is, each attempt gets a clean key of its own ([decision 0005](decisions/0005-a-clean-key-for-each-attempt.md)); where a PUT is taken twice, each copy is judged once more.\nLocalStack is for development only: it does not check who asks.\nIt does not look at the checksum of a form either: the validator holds it against the copy.\n\n## Features\n\n")
	var names []string
	for _, f := range columns[0].features {
		names = append(names, "`"+f.Name+"`")
	}
	row(&b, "feature", columns, func(c column) []string { return featureCells(c.features) }, names)
	return b.Bytes()
}

func row(b *bytes.Buffer, head string, columns []column, cells func(column) []string, names []string) {
	fmt.Fprintf(b, "| %s |", head)
	for _, c := range columns {
		fmt.Fprintf(b, " %s |", c.name)
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(columns)) + "\n")
	all := make([][]string, len(columns))
	for i, c := range columns {
		all[i] = cells(c)
	}
	for i, name := range names {
		fmt.Fprintf(b, "| %s |", name)
		for _, cells := range all {
			cell := "?"
			if i < len(cells) {
				cell = cells[i]
			}
			fmt.Fprintf(b, " %s |", cell)
		}
		b.WriteString("\n")
	}
}

func promiseNames() (names []string) {
	for _, p := range probe.Promises(nil) {
		names = append(names, p.Text+" ("+strings.Join(p.Needs, ", ")+")")
	}
	return names
}

func promiseCells(f []probe.Feature) (cells []string) {
	for _, p := range probe.Promises(f) {
		cells = append(cells, string(p.State))
	}
	return cells
}

func featureCells(features []probe.Feature) (cells []string) {
	for _, f := range features {
		cells = append(cells, string(f.Holds)+": "+f.Detail)
	}
	return cells
}

// parse reads LocalStack's features out of a page.
func parse(page []byte) (features []probe.Feature) {
	_, table, _ := strings.Cut(string(page), "## Features")
	for line := range strings.Lines(table) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), " | ")
		if len(cells) != 4 || !strings.HasPrefix(cells[0], " `") {
			continue
		}
		holds, detail, _ := strings.Cut(strings.TrimSpace(cells[3]), ": ")
		features = append(features, probe.Feature{Name: strings.Trim(cells[0], " `"), Holds: probe.Answer(holds), Detail: detail})
	}
	return features
}

func upper(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
