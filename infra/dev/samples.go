package main

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"airlock/config"
	"airlock/infra/dev/samples"
	"airlock/signer"
)

//go:embed airlock.yaml
var builtIn []byte

// A sample is one file and how its upload should end.
type sample struct {
	name, profile, contentType string
	data                       []byte
	want                       string // result, or "refused", and reason or code
}

// samplesOf are an honest file of each kind that most people try first, and lies.
func samplesOf(cfg config.Config) []sample {
	tooLarge := int(cfg.Profiles["thumbnail"].MaxBytes) + 1
	return []sample{
		{"cat.png", "image", "image/png", samples.PNG(), "accepted"},
		{"cat.jpg", "image", "image/jpeg", samples.JPEG(), "accepted"},
		{"letter.pdf", "document", "application/pdf", samples.PDF(), "accepted"},
		{"notes.txt", "text", "text/plain", samples.Text(), "accepted"},
		{"page.png", "image", "image/png", samples.HTML(), "rejected type_mismatch"},
		{"cat.jpg", "image", "image/jpeg", samples.PNG(), "rejected type_mismatch"},
		{"large.png", "thumbnail", "image/png", samples.LargePNG(tooLarge), "refused too_large"},
	}
}

// sampleTimeout is when a sample without a verdict counts as lost.
const sampleTimeout = 30 * time.Second

// runSamples uploads each sample through the real path and prints a table. The error is
// errUnexpected if one ended otherwise than it should.
func runSamples(ctx context.Context, c *signer.Client, all []sample, out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "FILE\tPROFILE\tVERDICT\tDETECTED\tBYTES\tMS\t")
	var failed error
	for _, s := range all {
		started := time.Now()
		st, err := uploadSample(ctx, c, s)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		got, detected := "", "-"
		var p *signer.Problem
		switch {
		case errors.As(err, &p):
			got = "refused " + p.Code
		case err != nil:
			got = "failed: " + err.Error()
		default:
			got = st.State
			if st.Reason != nil {
				got += " " + string(*st.Reason)
			}
			if st.DetectedType != nil {
				detected = *st.DetectedType
			}
		}
		mark := ""
		if got != s.want {
			mark, failed = "expected "+s.want, errUnexpected
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d\t%.1f\t%s\n", s.name, s.profile, got, detected,
			len(s.data), float64(time.Since(started).Microseconds())/1000, mark)
	}
	return errors.Join(w.Flush(), failed)
}

func uploadSample(ctx context.Context, c *signer.Client, s sample) (signer.Status, error) {
	ctx, cancel := context.WithTimeout(ctx, sampleTimeout)
	defer cancel()
	signed, err := c.Sign(ctx, signer.Request{Profile: s.profile, Filename: s.name, ContentType: s.contentType, Size: int64(len(s.data))})
	if err != nil {
		return signer.Status{}, err
	}
	if err := c.Put(ctx, signed, bytes.NewReader(s.data)); err != nil {
		return signer.Status{}, err
	}
	if err := c.Uploaded(ctx, signed); err != nil {
		return signer.Status{}, err
	}
	return c.Wait(ctx, signed)
}
