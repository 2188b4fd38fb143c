package main

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"

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
	return printProbe(s.out, features, promises)
}

func printProbe(w io.Writer, features []probe.Feature, promises []probe.Promise) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, f := range features {
		fmt.Fprintf(t, "%s\t%s\t%s\n", f.Holds, f.Name, f.Detail)
	}
	fmt.Fprintln(t)
	for _, p := range promises {
		fmt.Fprintf(t, "%s\t%s\n", p.State, p.Text)
		if p.State == probe.ByFallback {
			fmt.Fprintf(t, "\t%s\n", p.Fallback)
		}
	}
	return t.Flush()
}
