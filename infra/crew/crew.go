// Package crew runs the processes of a trial as children of this one: validators, which can be killed
// at a certain step, and a NATS server. A child is this very binary, started again: call [Main] first
// of all in main or TestMain.
//
// A child ends when its parent does, however that ends.
package crew

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"time"

	"airlock/infra/child"
	"airlock/validator/isolation"
)

// environment is where a child finds what it is.
const environment = "AIRLOCK_CREW"

// role is what a child does; one of them is given.
type role struct {
	Validator *Validator
	NATS      *natsRole
}

// Main returns at once in a process that was started by a person. In a child it does the child's work
// and ends the process.
func Main() {
	if isolation.Child() { // of a validator's
		isolation.Main()
	}
	text, ok := os.LookupEnv(environment)
	if !ok {
		return
	}
	orphaned := child.Orphaned()
	go func() { // as long as the process
		<-orphaned
		os.Exit(3)
	}()
	var r role
	err := json.Unmarshal([]byte(text), &r)
	switch {
	case err != nil:
	case r.Validator != nil:
		err = r.Validator.run()
	case r.NATS != nil:
		err = r.NATS.run()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// spawn starts a child and gives each line that it prints to say, one after another.
func spawn(r role, say func(line string), ended func(err error)) (*child.Process, error) {
	text, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("start a child: %w", err)
	}
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("start a child: %w", err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), environment+"="+string(text), "GORACE=atexit_sleep_ms=0")
	return child.Start(cmd, say, ended)
}

// startTime bounds how long a child may take to be ready, as package pace has it.
const startTime = 30 * time.Second
