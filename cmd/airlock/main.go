// Command airlock lets an application take file uploads straight into S3 and trust what it finds
// there. See README.md; each command explains itself with --help.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/alecthomas/kong"

	"airlock/config"
	"airlock/events"
	"airlock/validator"
	"airlock/validator/isolation"
)

// commands is the table of everything that airlock does.
type commands struct {
	Signer      signerCommand      `cmd:"" help:"Serve the signing API."`
	Validator   validatorCommand   `cmd:"" help:"Judge uploads: the worker."`
	Setup       setupCommand       `cmd:"" help:"Create the NATS stream and buckets, and print what they will need."`
	Upload      uploadCommand      `cmd:"" help:"Upload files through a signer and wait for their verdicts."`
	Status      statusCommand      `cmd:"" help:"Show how one upload stands."`
	Events      eventsCommand      `cmd:"" help:"Print verdicts as they come."`
	DLQ         dlqCommand         `cmd:"" name:"dlq" help:"Say why messages are in the dead-letter queue; send them back."`
	Sweep       sweepCommand       `cmd:"" help:"Look once for what the queue forgot, and for what dead workers left."`
	Check       checkCommand       `cmd:"" help:"Lint airlock.yaml; judge local files as production would."`
	Doctor      doctorCommand      `cmd:"" help:"Check everything around airlock: buckets, CORS, queue, NATS, clocks; say how to mend it."`
	Healthcheck healthcheckCommand `cmd:"" help:"Ask a running signer or validator whether it is ready."`
	Version     versionCommand     `cmd:"" help:"Print the version."`
}

// The exit codes that DESIGN fixes.
const (
	exitDone     = 0
	exitFailed   = 1 // failed or unreachable
	exitUsage    = 2
	exitRejected = 3
	exitConfig   = 78 // configuration or surroundings refused (sysexits EX_CONFIG)
)

// errRejected ends a command whose upload or file was not accepted; the verdict is printed already.
var errRejected = errors.New("rejected")

// errConfig marks errors that only a change of configuration can mend.
var errConfig = errors.New("configuration")

// errUsage marks flags that do not go together or are missing.
var errUsage = errors.New("usage")

// streams are the ways out and in, so that a command can be run anywhere.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

func main() {
	if isolation.Child() {
		isolation.Main()
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends at once
	os.Exit(run(ctx, os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr}))
}

// run parses args, runs the command and returns the exit code.
func run(ctx context.Context, args []string, s streams) int {
	exit := -1
	parser, err := kong.New(&commands{}, kong.Name("airlock"),
		kong.Description("Takes file uploads straight into S3 and makes sure that they are what they say.\nEach flag can be set in the environment as AIRLOCK_<FLAG>; AWS settings come from the SDK's own chain."),
		kong.DefaultEnvars("AIRLOCK"), kong.UsageOnError(), kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.Writers(s.out, s.err), kong.Exit(func(code int) { exit = code }),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(s))
	if err != nil {
		fmt.Fprintln(s.err, "airlock:", err)
		return exitFailed
	}
	command, err := parser.Parse(args)
	if exit >= 0 { // --help
		return exit
	}
	if err != nil {
		fmt.Fprintf(s.err, "airlock: %v; see airlock --help\n", err)
		return exitUsage
	}
	err = command.Run()
	if err != nil && !errors.Is(err, errRejected) {
		fmt.Fprintln(s.err, "airlock:", err)
	}
	return exitCode(err)
}

func exitCode(err error) int {
	var faults *config.Error
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, errRejected):
		return exitRejected
	case errors.Is(err, errUsage):
		return exitUsage
	case errors.As(err, &faults), errors.Is(err, errConfig), errors.Is(err, validator.ErrRefused),
		errors.Is(err, events.ErrNotSetUp), errors.Is(err, events.ErrWrongBucket):
		return exitConfig
	}
	return exitFailed
}

type versionCommand struct{}

func (versionCommand) Run(s streams) error {
	_, err := fmt.Fprintln(s.out, "airlock", version())
	return err
}

// version is what `go build` stamped into the binary, or "dev".
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" || info.Main.Version == "(devel)" {
		return "dev"
	}
	return info.Main.Version
}
