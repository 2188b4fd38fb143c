//go:build linux

package fault

import (
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/uuid"

	"airlock"
	"airlock/events"
	"airlock/infra/audit"
	"airlock/internal/pace"
	"airlock/validator"
	"airlock/validator/inspect"
	"airlock/validator/inspect/corpus"
)

// anything takes the types of all that is uploaded here. No two of them share an extension, by which the
// auditor judges what was accepted once more.
func anything() map[string]airlock.Profile {
	types := map[string]bool{"text/plain": true, "audio/wav": true, "audio/ogg": true, "image/gif": true}
	for _, c := range corpus.Costly() {
		types[c.Type] = true
	}
	return map[string]airlock.Profile{
		"anything": airlock.Profile{Name: "anything", Types: slices.Sorted(maps.Keys(types)), MaxBytes: 64 << 20}.WithDefaults(),
	}
}

// put grants and stores a file of any type, as clients do that a signer trusted. good tells what must be
// said of it.
func (l *lane) put(mediaType, name string, data []byte, good bool) (id string) {
	l.Helper()
	u := airlock.Upload{Profile: "anything", ID: uuid.NewString()}
	l.must(l.store.CreateGrant(l.Context(), airlock.Grant{
		ID: u.ID, Profile: u.Profile, Owner: "trial", Method: airlock.MethodPut, Filename: name, ContentType: mediaType, Size: int64(len(data)),
		Clean: l.clean.Object(u), GrantedAt: time.Now(), ExpiresAt: time.Now().Add(time.Hour), Deadline: time.Now().Add(2 * time.Hour),
	}))
	sum := md5.Sum(data)
	o := l.quarantine.Object(u)
	began := time.Now()
	l.auditor.Stored(audit.Stored{Upload: u, ETag: hex.EncodeToString(sum[:]), Size: int64(len(data)), Good: good, Filename: name, Began: began})
	_, err := l.s3root.PutObject(l.Context(), &s3.PutObjectInput{Bucket: &o.Bucket, Key: aws.String(string(o.Key)), Body: bytes.NewReader(data), ContentType: &mediaType})
	l.must(err)
	return u.ID
}

// judged waits for the verdict.
func (l *lane) judged(id string) events.Verdict {
	l.Helper()
	pace.Eventually(l, patience, "a verdict", func() bool { _, ok := l.auditor.Verdict(id); return ok })
	v, _ := l.auditor.Verdict(id)
	return v
}

// tree is what a process and all below it use.
type tree struct {
	processes []int
	memory    int64         // bytes of their own: what is a file's can be read again
	processor time.Duration // with those that ended
}

func treeOf(pid int) (all tree) {
	for todo := []int{pid}; len(todo) > 0; todo = todo[1:] {
		dir := "/proc/" + strconv.Itoa(todo[0])
		all.processes = append(all.processes, todo[0])
		status, _ := os.ReadFile(dir + "/status")
		for line := range strings.Lines(string(status)) {
			if kb, ok := strings.CutPrefix(line, "RssAnon:"); ok {
				n, _ := strconv.ParseInt(strings.Fields(kb)[0], 10, 64)
				all.memory += n << 10
			}
		}
		stat, _ := os.ReadFile(dir + "/stat")
		if f := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:]); len(f) > 14 {
			for _, ticks := range f[11:15] { // its own and those of children that it waited for
				n, _ := strconv.ParseInt(string(ticks), 10, 64)
				all.processor += time.Duration(n) * 10 * time.Millisecond
			}
		}
		tasks, _ := filepath.Glob(dir + "/task/*/children")
		for _, task := range tasks {
			children, _ := os.ReadFile(task)
			for child := range strings.FieldsSeq(string(children)) {
				n, _ := strconv.Atoi(child)
				todo = append(todo, n)
			}
		}
	}
	return all
}

// mostMemory is what judging one file may take above an idle validator, all its processes together.
const mostMemory = 64 << 20

// What is made to cost the most, through a real validator with the memory that the manifests give it: each
// costs no more than it may, and nothing ends.
func TestFaultTheCostliestFilesCostWhatTheyMay(t *testing.T) {
	slow(t)
	if raced {
		t.Skip("what files cost is ten times as much under the race detector: run without -race")
	}
	l := enter(t, options{profiles: anything(), visibility: 30 * time.Second})
	v := l.start(l.spec())
	confine(t, v.Pid(), 512<<20)
	l.judged(l.put("text/plain", "first.txt", []byte("nothing but text"), true))
	time.Sleep(pace.Scaled(300 * time.Millisecond))
	idle := treeOf(v.Pid())
	part, _ := strconv.Atoi(os.Getenv("CI_DICE")) // a third in CI, which the commit draws
	for n, c := range corpus.Costly() {
		if os.Getenv("CI_DICE") != "" && os.Getenv("CI_FULL") != "1" && n%3 != part%3 {
			continue
		}
		data := c.Make()
		alone := airlock.Profile{Name: "alone", Types: []string{c.Type}, MaxBytes: 64 << 20}.WithDefaults()
		said, _, err := validator.NewChecker(alone).Check(t.Context(), c.Name, int64(len(data)), bytes.NewReader(data))
		l.must(err)
		asked, before := l.s3.Seen()["GetObject"], treeOf(v.Pid())
		peak, done := watched(v.Pid())
		verdict := l.judged(l.put(c.Type, path.Base(c.Name), data, said.Result == airlock.Accepted))
		close(done)
		above, used, reads := <-peak-idle.memory, treeOf(v.Pid()).processor-before.processor, l.s3.Seen()["GetObject"]-asked
		t.Logf("%-60s %7d KiB %-9s %-14s %3d MiB above idle %6d ms %3d GETs", c.Name, len(data)>>10, verdict.Result, verdict.Reason, above>>20, used.Milliseconds(), reads)
		if above > mostMemory {
			t.Errorf("%s: %d MiB above an idle validator", c.Name, above>>20)
		}
		if may := inspect.Time(int64(len(data))); used > may*3/2 {
			t.Errorf("%s: %s of a processor, more than %s", c.Name, used, may)
		}
		if may, _ := inspect.Asks(int64(len(data)), false); int64(reads) > may+8 { // and those of the steps around it
			t.Errorf("%s: %d requests, more than %d", c.Name, reads, may)
		}
	}
	if log := v.Log(); strings.Contains(log, "a process that inspects ended") {
		t.Errorf("a process ended: %s", log)
	}
	l.finish()
}

// watched samples what the tree below pid takes until done is closed, then tells the most.
func watched(pid int) (peak chan int64, done chan struct{}) {
	peak, done = make(chan int64, 1), make(chan struct{})
	go func() {
		most := int64(0)
		for {
			most = max(most, treeOf(pid).memory)
			select {
			case <-done:
				peak <- most
				return
			case <-time.After(2 * time.Millisecond):
			}
		}
	}()
	return peak, done
}

// confine puts a process and its children into a memory cgroup of so many bytes, where this machine lets
// a test make one; else the limits of the processes themselves are all that holds.
func confine(t *testing.T, pid int, bytes int64) {
	t.Helper()
	for _, kind := range []struct{ root, limit string }{
		{"/sys/fs/cgroup/memory", "memory.limit_in_bytes"}, {"/sys/fs/cgroup", "memory.max"},
	} {
		dir := filepath.Join(kind.root, fmt.Sprintf("airlock-test-%d", pid))
		if os.Mkdir(dir, 0o755) != nil {
			continue
		}
		err := os.WriteFile(filepath.Join(dir, kind.limit), []byte(strconv.FormatInt(bytes, 10)), 0o644)
		for _, p := range treeOf(pid).processes {
			if err == nil {
				err = os.WriteFile(filepath.Join(dir, "cgroup.procs"), []byte(strconv.Itoa(p)), 0o644)
			}
		}
		t.Cleanup(func() {
			for _, p := range treeOf(pid).processes {
				_ = os.WriteFile(filepath.Join(kind.root, "cgroup.procs"), []byte(strconv.Itoa(p)), 0o644)
			}
			_ = os.Remove(dir)
		})
		if err == nil {
			t.Logf("in a memory cgroup of %d MiB", bytes>>20)
			return
		}
	}
	t.Log("no memory cgroup can be made here; to have one, run as root where /sys/fs/cgroup can be written")
}

// What no inspector can stop: go test -tags misbehave. Each such upload is uninspectable, the validator
// lives, and what is honest goes on.
func TestFaultWhatMisbehavesEndsItsOwnInspectionOnly(t *testing.T) {
	if !misbehaves {
		t.Skip("needs inspectors that misbehave: go test -tags misbehave -run FaultWhatMisbehaves ./validator/fault")
	}
	l := enter(t, options{profiles: anything(), visibility: 30 * time.Second})
	v := l.start(l.spec())
	confine(t, v.Pid(), 512<<20)
	honest := 0
	rate := func(until func() bool) float64 {
		var mu sync.Mutex
		var all sync.WaitGroup
		began, from := time.Now(), honest
		for range 8 {
			all.Go(func() {
				for !until() {
					mu.Lock()
					honest++
					n := honest
					mu.Unlock()
					id := l.put("text/plain", "honest.txt", fmt.Appendf(nil, "honest %d", n), true)
					if said := l.judged(id); said.Result != airlock.Accepted {
						t.Errorf("an honest upload is %s: %s", said.Result, said.Detail)
					}
				}
			})
		}
		all.Wait()
		return float64(honest-from) / time.Since(began).Seconds()
	}
	alone := func() float64 {
		until := time.Now().Add(pace.Scaled(5 * time.Second))
		return rate(func() bool { return time.Now().After(until) })
	}
	alone() // what grows with use has grown
	before := alone()
	samples := map[string][]byte{}
	for _, c := range corpus.All() {
		if c.Want == "" && slices.Contains([]string{"audio/wav", "audio/ogg", "image/gif"}, c.Type) && samples[c.Type] == nil {
			samples[c.Type] = c.Make()
		}
	}
	extension := map[string]string{"audio/wav": "a.wav", "audio/ogg": "a.ogg", "image/gif": "a.gif"}
	var ids []string
	for n := range misbehaving {
		for mediaType, data := range samples {
			ids = append(ids, l.put(mediaType, extension[mediaType], append(slices.Clone(data), fmt.Sprint(n)...), false))
		}
	}
	began := time.Now()
	beside := rate(func() bool {
		return time.Since(began) > pace.Scaled(5*time.Second) && !slices.ContainsFunc(ids, func(id string) bool { _, ok := l.auditor.Verdict(id); return !ok })
	})
	took := time.Since(began)
	for _, id := range ids {
		if said := l.judged(id); said.Result != airlock.Rejected || said.Reason != airlock.Uninspectable {
			t.Errorf("%s %s: %s", said.Result, said.Reason, said.Detail)
		}
	}
	after := alone()
	t.Logf("%d that misbehave, judged in %s; honest uploads: %.0f a second before, %.0f beside them, %.0f after: %.2f", len(ids), took, before, beside, after, beside/((before+after)/2))
	l.finish()
}
