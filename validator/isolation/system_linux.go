package isolation

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// possible tells that there are children here.
const possible = true

// self is the binary that runs, even where the file was replaced.
var self = "/proc/self/exe" // but in tests

// start starts the process and answers what it says.
func (c *child) start() (*os.File, error) {
	spool, err := nameless()
	if err != nil {
		return nil, fmt.Errorf("make a temporary file: %w", err)
	}
	defer spool.Close()
	hears, in, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer hears.Close()
	out, says, err := os.Pipe()
	if err != nil {
		in.Close()
		return nil, err
	}
	defer says.Close()
	for _, f := range []*os.File{in, out} { // room for more than a block; else two writes are needed
		_, _ = unix.FcntlInt(f.Fd(), unix.F_SETPIPE_SZ, 256<<10)
		_ = unix.SetNonblock(int(f.Fd()), true) // Fd made it blocking
	}
	c.stderr = &lastWords{}
	c.cmd = &exec.Cmd{
		Path: program(), Args: []string{os.Args[0], "inspects", c.room.name}, Stdin: hears, Stdout: says, Stderr: c.stderr, ExtraFiles: []*os.File{spool},
		Env: []string{
			roomVariable + "=" + c.room.name, memoryVariable + "=" + strconv.FormatInt(c.room.memory, 10), heavyVariable + "=" + strconv.Itoa(c.room.heavy),
			"GOMEMLIMIT=" + strconv.FormatInt(c.room.memory/4*3, 10), "GOTRACEBACK=none",
		},
		SysProcAttr: &syscall.SysProcAttr{Setpgid: true}, // so that a signal to the parent's group is not theirs
		WaitDelay:   time.Second,
	}
	if c.room.name == cellRoom {
		c.cmd.Env = append(c.cmd.Env, "GOMAXPROCS=1")
	}
	c.in, c.to = in, pipe{w: in}
	if err := c.cmd.Start(); err != nil {
		in.Close()
		out.Close()
		return nil, err
	}
	if c.room.name == cellRoom { // all its threads; a filter of system calls may refuse it, which costs others some speed
		_ = unix.Setpriority(unix.PRIO_PGRP, c.cmd.Process.Pid, cellNice)
	}
	return out, nil
}

// program is self, or by its name where there is no /proc.
func program() string {
	if _, err := os.Lstat("/proc/self"); err != nil && filepath.IsAbs(os.Args[0]) {
		return os.Args[0]
	}
	return self
}

// cellNice leaves the cell a tenth of a processor that others want (sched(7): a weight of 110 for 1,024).
const cellNice = 10

// yields lets a process have what nobody else wants, from now on: who runs all the time delays others even
// at the lowest priority, but for this one (sched(7): SCHED_IDLE). A filter of system calls may refuse it.
func yields(pid int) {
	threads, _ := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid)) // new ones are as those that start them
	for _, t := range threads {
		if id, err := strconv.Atoi(t.Name()); err == nil {
			_ = unix.SchedSetAttr(id, &unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_IDLE}, 0)
		}
	}
}

func nameless() (*os.File, error) {
	f, err := os.CreateTemp("", "airlock-inspect-")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(f.Name()); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// ignoreSignals leaves it to the parent when this process ends.
func ignoreSignals() { signal.Ignore(syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP) }

// stopHere stops this process with all its threads until the parent ends it.
func stopHere() {
	_ = syscall.Kill(os.Getpid(), syscall.SIGSTOP)
}

// processTime is how long this process used processors.
func processTime() time.Duration {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		return 0
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// usageOf is what the process pid uses (proc(5)); zero where that can't be known.
func usageOf(pid int) (u usage) {
	if b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/statm"); err == nil {
		if f := bytes.Fields(b); len(f) > 1 {
			pages, _ := strconv.ParseInt(string(f[1]), 10, 64)
			u.memory = pages * int64(os.Getpagesize())
		}
	}
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return u
	}
	f := bytes.Fields(b[bytes.LastIndexByte(b, ')')+1:]) // the name before may hold anything
	if len(f) > 12 {
		user, _ := strconv.ParseInt(string(f[11]), 10, 64)
		system, _ := strconv.ParseInt(string(f[12]), 10, 64)
		u.processor = time.Duration(user+system) * (time.Second / ticks)
	}
	return u
}

// ticks is USER_HZ, which is 100 on all of Linux's architectures that Go has but alpha and ia64.
const ticks = 100
