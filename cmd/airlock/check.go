package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"airlock/config"
	"airlock/validator"
)

type checkCommand struct {
	configFlag
	Profile string   `help:"Judge files by this profile."`
	JSON    bool     `name:"json" help:"One JSON object per file; the summary goes to stderr."`
	Explain bool     `help:"Say in plain words why, and what the uploader could do."`
	Files   []string `arg:"" optional:"" type:"path" help:"Files to judge, and directories with all files below them; none only lints."`
}

// Run lints, or judges local files; exit 3 if one would be rejected, 1 if one could not be read.
func (c *checkCommand) Run(ctx context.Context, s streams) error {
	cfg, err := config.Load(c.Config)
	if err != nil {
		return err
	}
	if err := lintAuth(cfg.Auth); err != nil {
		return fmt.Errorf("%w: %s: %w", errConfig, c.Config, err)
	}
	names := strings.Join(slices.Sorted(maps.Keys(cfg.Profiles)), ", ")
	if len(c.Files) == 0 {
		fmt.Fprintf(s.out, "%s is good: %s\n", c.Config, names)
		return nil
	}
	p, ok := cfg.Profiles[c.Profile]
	if !ok {
		return fmt.Errorf("%w: --profile must be one of %s", errConfig, names)
	}
	judging := judging{checker: validator.NewChecker(p), out: s.out, json: c.JSON, explain: c.Explain, bar: watched(ctx, s.err, c.Files)}
	err = judging.run(ctx, c.Files)
	summary := s.out
	if c.JSON {
		summary = s.err
	}
	judging.sum.print(summary)
	switch {
	case err != nil:
		return err
	case judging.sum.failed > 0:
		return errors.New("files that could not be read were not judged")
	case judging.sum.rejected > 0:
		return errRejected
	}
	return nil
}
