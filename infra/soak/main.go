// Command soak runs airlock for minutes or hours while it kills, cuts and slows whatever it can, and
// attacks it with replays; at the end it checks the ten invariants of PROTOCOL section 6.
//
//	go run ./infra/soak                                10 minutes, 20,000 uploads
//	go run ./infra/soak --minutes 60 --uploads 100000
//	go run ./infra/soak --seed 7                       the same dice again (not the same timing)
//	go run ./infra/soak simulate --seeds 1000000       the shipped code in a simulated world
//
// It ends with exit 1 if any invariant is violated. Nothing is left behind, after Ctrl-C neither.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"airlock/infra/crew"
)

type commands struct {
	Run      run             `cmd:"" default:"withargs" help:"Soak the validators (the default)."`
	Simulate simulateCommand `cmd:"" help:"Run many seeds of the simulation of validator, sweeper and signer."`
}

// errViolated tells that an invariant did not hold; the table has said which.
var errViolated = errors.New("an invariant is violated")

func main() {
	crew.Main()
	var c commands
	k := kong.Parse(&c, kong.Name("soak"), kong.Description("Airlock under constant attack, and what still holds after it."), kong.UsageOnError(), kong.Exit(exit))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends at once
	k.BindTo(ctx, (*context.Context)(nil))
	if err := k.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "soak:", err)
		os.Exit(1)
	}
}

// exit maps kong's code for wrong usage to the one that airlock uses.
func exit(code int) {
	if code == 80 {
		code = 2
	}
	os.Exit(code)
}
