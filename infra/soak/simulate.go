package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
)

type simulateCommand struct {
	Seeds uint64 `default:"1000000" help:"How many seeds."`
	Seed  uint64 `default:"0" help:"After which seed to begin."`
}

// Run hands on to the test that holds the simulation, since it runs what package validator does not
// export. It must be run in the repository.
func (c *simulateCommand) Run(ctx context.Context) error {
	if c.Seeds == 0 {
		return fmt.Errorf("--seeds must be at least 1; one alone is repeated by: go test ./validator -run Simulation -seed N -v")
	}
	cmd := exec.CommandContext(ctx, "go", "test", "airlock/validator", "-count=1", "-v", "-timeout", "0", "-run", "TestSimulation",
		"-seeds", fmt.Sprint(c.Seeds), "-seed", fmt.Sprint(c.Seed))
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("simulate: %w", err)
	}
	return nil
}
