package main

import (
	"context"
	"fmt"
	"io"

	"github.com/aws/aws-sdk-go-v2/aws"

	"airlock/surroundings/probe"
)

// probe tries the store out, and tells which promises hold on it.
func (c *doctorCommand) probe(ctx context.Context, s streams, cfg aws.Config) error {
	store := probe.Store{S3: cfg, SQS: &cfg, PathStyle: c.PathStyle, Bucket: c.ProbeBucket}
	features, err := probe.Run(ctx, store)
	if err != nil {
		return err
	}
	promises := probe.Promises(features)
	if c.JSON {
		return printJSON(s.out, struct {
			Features []probe.Feature `json:"features"`
			Promises []probe.Promise `json:"promises"`
		}{features, promises})
	}
	printProbe(s.out, widthOf(s.out), features, promises)
	return nil
}

func printProbe(w io.Writer, width int, features []probe.Feature, promises []probe.Promise) {
	for _, f := range features {
		printBeside(w, width, fmt.Sprintf("%-7s  %-26s  ", f.Holds, f.Name), f.Detail)
	}
	fmt.Fprintln(w)
	for _, p := range promises {
		printBeside(w, width, fmt.Sprintf("%-14s  ", p.State), p.Text)
		if p.State == probe.ByFallback {
			printBeside(w, width, fmt.Sprintf("%-14s  ", ""), p.Fallback)
		}
	}
}
