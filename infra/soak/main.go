// Command soak runs airlock for a long time while everything around it fails at random, and checks
// in the end that nothing was lost, nothing was told twice and nothing was swapped.
//
//	go run ./infra/soak --minutes 10                   three validators that are killed, on real servers
//	go run ./infra/soak simulate --seeds 1000000       the shipped code in a simulated world
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"airlock/infra/crew"
)

// commands is all that soak does.
type commands struct {
	Run      runCommand      `cmd:"" default:"withargs" help:"Upload, kill and break things for some minutes, then audit (the default)."`
	Simulate simulateCommand `cmd:"" help:"Run many seeds of the simulation of validator, sweeper and signer."`
}

func main() {
	crew.Main() // a child of ours does its work and ends here
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends at once
	command := kong.Parse(&commands{}, kong.Name("soak"), kong.UsageOnError(), kong.BindTo(ctx, (*context.Context)(nil)))
	if err := command.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "soak:", err)
		os.Exit(1)
	}
}
