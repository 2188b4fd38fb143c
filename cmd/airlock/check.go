package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"airlock"
	"airlock/config"
	"airlock/validator"
)

type checkCommand struct {
	configFlag
	Profile string   `help:"Judge files by this profile."`
	JSON    bool     `name:"json" help:"One JSON object per file."`
	Files   []string `arg:"" optional:"" type:"path" help:"Files to judge; none only lints."`
}

// Run lints, or judges local files; exit 3 if one would be rejected.
func (c *checkCommand) Run(s streams) error {
	cfg, err := config.Load(c.Config)
	if err != nil {
		return err
	}
	if err := lintAuth(cfg.Auth); err != nil {
		return fmt.Errorf("%w: %s: %w", errConfig, c.Config, err)
	}
	if len(c.Files) == 0 {
		fmt.Fprintf(s.out, "%s is good: %s\n", c.Config, strings.Join(slices.Sorted(maps.Keys(cfg.Profiles)), ", "))
		return nil
	}
	p, ok := cfg.Profiles[c.Profile]
	if !ok {
		return fmt.Errorf("%w: --profile must be one of %s", errConfig, strings.Join(slices.Sorted(maps.Keys(cfg.Profiles)), ", "))
	}
	worst := error(nil)
	for _, file := range c.Files {
		v, err := c.judge(s.out, p, file)
		if err != nil {
			return err
		}
		if v.Result != airlock.Accepted {
			worst = errRejected
		}
	}
	return worst
}

func (c *checkCommand) judge(out io.Writer, p airlock.Profile, file string) (airlock.Verdict, error) {
	f, err := os.Open(file)
	if err != nil {
		return airlock.Verdict{}, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return airlock.Verdict{}, err
	}
	if !info.Mode().IsRegular() {
		return airlock.Verdict{}, fmt.Errorf("%s is no regular file", file)
	}
	v, facts, err := validator.NewChecker(p).Check(context.TODO(), filepath.Base(file), info.Size(), f)
	if err != nil {
		return v, err
	}
	if c.JSON {
		return v, printJSON(out, map[string]any{
			"file": file, "result": v.Result, "reason": v.Reason, "detail": v.Detail, "detected_type": facts.DetectedType,
			"size": facts.Size, "checks": facts.Checks,
		})
	}
	fmt.Fprintf(out, "%-8s  %q  %d bytes  %s", v.Result, file, facts.Size, facts.DetectedType)
	if v.Reason != "" {
		fmt.Fprintf(out, "  %s: %s", v.Reason, v.Detail)
	}
	fmt.Fprintln(out)
	return v, nil
}
