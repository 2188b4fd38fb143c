package isolation

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"

	"github.com/elastic/go-seccomp-bpf"
	"github.com/elastic/go-seccomp-bpf/arch"
	"golang.org/x/sys/unix"
)

// needed are the system calls of Go's runtime, and what a child does with its pipes and its file. There is
// none among them that opens a file or a socket, starts a program or looks at another process.
var needed = []string{
	"read", "write", "pread64", "pwrite64", "readv", "writev", "close", "ftruncate", "fcntl", "fstat", "lseek",
	"mmap", "munmap", "mremap", "madvise", "mprotect", "mincore", "brk",
	"futex", "nanosleep", "clock_nanosleep", "clock_gettime", "clock_getres", "gettimeofday", "sched_yield", "sched_getaffinity",
	"getpid", "gettid", "getppid", "tgkill", "kill", "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "rt_sigtimedwait", "sigaltstack", "restart_syscall",
	"exit", "exit_group", "set_robust_list", "rseq", "membarrier", "prctl", "arch_prctl", "set_tid_address",
	"epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait", "epoll_pwait2", "eventfd2", "pipe2", "poll", "ppoll",
	"getrandom", "getrusage", "prlimit64", "getrlimit", "timer_create", "timer_settime", "timer_delete", "uname", "sysinfo",
}

// notThere is what clone3 answers: C libraries then use clone, whose arguments a filter can see.
const notThere = seccomp.Action(0x00050000 | uint32(unix.ENOSYS)) // SECCOMP_RET_ERRNO and its data (seccomp(2))

// threadOnly is what clone must be asked for: a thread of this process.
const threadOnly = unix.CLONE_THREAD

// confine gives up what a child does not need: memory above its own limit, network, files and programs. It
// answers how, for a log; a system that can't do one of them does without.
func confine(memory int64) string {
	said := "memory"
	if err := confineMemory(memory); err != nil {
		said = fmt.Sprintf("no limit of memory by the kernel (%v)", err)
	}
	_ = unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{})
	if err := confineCalls(); err != nil {
		return fmt.Sprintf("%s, no filter of system calls (%v)", said, err)
	}
	return said + ", system calls"
}

// confineMemory has the kernel refuse more data than are mapped now, which Go never touches for the most
// part, and memory (RLIMIT_DATA of setrlimit(2); proc(5), statm).
func confineMemory(memory int64) error {
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return err
	}
	f := bytes.Fields(b)
	if len(f) < 6 {
		return errors.ErrUnsupported
	}
	pages, err := strconv.ParseInt(string(f[5]), 10, 64)
	if err != nil {
		return err
	}
	most := uint64(pages*int64(os.Getpagesize()) + memory)
	return unix.Setrlimit(unix.RLIMIT_DATA, &unix.Rlimit{Cur: most, Max: most})
}

func confineCalls() error {
	info, err := arch.GetInfo("")
	if err != nil {
		return err
	}
	var names []string
	for _, name := range needed {
		if _, ok := info.SyscallNames[name]; ok { // each architecture lacks some
			names = append(names, name)
		}
	}
	runtime.LockOSThread() // the bit that allows the filter is this thread's
	defer runtime.UnlockOSThread()
	return seccomp.LoadFilter(seccomp.Filter{
		NoNewPrivs: true, Flag: seccomp.FilterFlagTSync,
		Policy: seccomp.Policy{DefaultAction: seccomp.ActionErrno, Syscalls: []seccomp.SyscallGroup{{
			Action: seccomp.ActionAllow, Names: names,
			NamesWithCondtions: []seccomp.NameWithConditions{{Name: "clone", Conditions: []seccomp.Condition{
				{Argument: 0, Operation: seccomp.BitsSet, Value: threadOnly},
			}}},
		}, {Action: notThere, Names: []string{"clone3"}}}},
	})
}
