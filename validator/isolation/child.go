package isolation

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"reflect"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"airlock"
	"airlock/validator/inspect"
)

// child is a process that inspects, as its parent sees it.
type child struct {
	room     roomSettings
	cmd      *exec.Cmd
	in       *os.File // what it reads
	to       pipe
	stderr   *lastWords
	confined string
	ended    func(room string, e end)

	mu       sync.Mutex
	inside   map[uint64]*visit
	last     uint64
	profiles []airlock.Profile
	heard    time.Time       // the last frame
	ending   *end            // why the parent ends it
	blamed   map[uint64]bool // which uploads; nil: those that nobody reads for
	final    end             // how it ended; set before gone is closed
	gone     chan struct{}
	yielded  bool // it has what nobody else wants, for ever
}

// visit is one upload in a child.
type visit struct {
	reads   chan read
	over    chan result
	reading bool // the child waits for the parent
	alone   bool
	since   usage
	limit   time.Duration // of a processor
}

type read struct {
	off int64
	n   int
}

// readyWithin is when a child that says nothing is given up: it takes some 20 ms.
const readyWithin = 30 * time.Second

// startChild starts a child and waits until it is ready.
func startChild(ctx context.Context, r roomSettings, ended func(room string, e end)) (*child, error) {
	c := &child{room: r, ended: ended, inside: map[uint64]*visit{}, gone: make(chan struct{}), heard: time.Now()}
	out, err := c.start()
	if err != nil {
		return nil, err
	}
	in := bufio.NewReaderSize(out, 64<<10)
	ready := make(chan error, 1)
	go func() {
		ready <- c.greet(in)
		c.listen(in)
	}()
	select {
	case err = <-ready:
	case <-time.After(readyWithin):
		err = errors.New("it says nothing")
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	if err != nil {
		c.endIt(end{how: stopped}, nil)
		<-c.gone
		return nil, fmt.Errorf("the process is not ready: %w; it said %q", err, c.stderr.words())
	}
	go c.watch()
	return c, nil
}

func (c *child) greet(in io.Reader) error {
	f, err := readFrame(in)
	if err != nil {
		return err
	}
	var g greeting
	if f.kind != tellReady {
		return errFrame
	}
	if err := json.Unmarshal(f.payload, &g); err != nil {
		return err
	}
	c.confined = g.Confined
	return nil
}

func (c *child) alive() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ending == nil && c.final.how == ""
}

// yield tells whether c has not yielded before.
func (c *child) yield() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	first := !c.yielded
	c.yielded = true
	return first
}

// retire ends a child that answered, if it has yielded: the next is not to wait for what nobody else wants.
func (c *child) retire() {
	c.mu.Lock()
	yielded := c.yielded
	c.mu.Unlock()
	if yielded {
		c.endIt(end{how: stopped}, nil)
	}
}

// listen takes what the child says until it ends, and waits for it. It runs once.
func (c *child) listen(in io.Reader) {
	for {
		f, err := readFrame(in)
		if err != nil {
			break
		}
		if !c.heardFrame(f) {
			c.endIt(end{how: lost, detail: "what it says can't be understood"}, nil)
		}
	}
	c.cmd.Process.Kill() //nolint:errcheck // it ended, or it closed its output, which it never does
	err := c.cmd.Wait()
	c.in.Close()
	c.mu.Lock()
	c.final = c.endOf(err)
	c.mu.Unlock()
	c.ended(c.room.name, c.final)
	close(c.gone)
}

// endOf tells how the child ended. The caller holds mu.
func (c *child) endOf(err error) end {
	if c.ending != nil {
		return *c.ending
	}
	e := end{how: died, detail: "exit status 0", said: c.stderr.words()}
	if shortOfThreads(e.said) { // the system's doing, or its administrator's
		e.how = killed
		return e
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		e.detail = exit.String()
		if s, ok := exit.Sys().(syscall.WaitStatus); ok && s.Signaled() && slices.Contains([]syscall.Signal{syscall.SIGKILL, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP}, s.Signal()) {
			e.how = killed
		}
	}
	return e
}

// shortOfThreads tells a crash of Go because the system gave it no thread (runtime.newosproc; runtime/cgo).
func shortOfThreads(said string) bool {
	return strings.Contains(said, "create new OS thread") || strings.Contains(said, "pthread_create failed")
}

// heardFrame takes one frame; false if it is none.
func (c *child) heardFrame(f frame) bool {
	c.mu.Lock()
	c.heard = time.Now()
	v := c.inside[f.id]
	c.mu.Unlock()
	switch f.kind {
	case tellWorking:
		return true
	case tellStuck:
		c.endIt(end{how: limited, detail: limitStuck}, numbers(f.payload))
		return true
	case tellMemory:
		c.endIt(end{how: limited, detail: limitMemory}, numbers(f.payload))
		return true
	case tellRead:
		if len(f.payload) != 12 {
			return false
		}
		r := read{int64(binary.LittleEndian.Uint64(f.payload)), int(binary.LittleEndian.Uint32(f.payload[8:]))}
		if v == nil { // nobody waits for it any more
			return true
		}
		c.mu.Lock()
		v.reading = true
		c.mu.Unlock()
		select {
		case v.reads <- r:
			return true
		default: // it asks twice
			return false
		}
	case tellReport:
		var r result
		if err := json.Unmarshal(f.payload, &r); err != nil {
			return false
		}
		if v != nil {
			v.over <- r // there is room for one, and it says it once:
			c.leave(f.id)
		}
		return true
	}
	return false
}

// endIt ends the child. blamed are the uploads that it is ended for; nil: those that it may be.
func (c *child) endIt(why end, blamed []uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ending != nil || c.final.how != "" {
		return
	}
	why.said = c.stderr.words()
	c.ending = &why
	if blamed != nil {
		c.blamed = map[uint64]bool{}
		for _, id := range blamed {
			c.blamed[id] = true
		}
	}
	c.cmd.Process.Kill() //nolint:errcheck // it may have ended already
}

func (c *child) leave(id uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.inside, id)
}

// enter notes a new visit; nil if the child has ended.
func (c *child) enter(u inspect.Upload) (uint64, *visit) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ending != nil || c.final.how != "" {
		return 0, nil
	}
	c.last++
	v := &visit{reads: make(chan read, 1), over: make(chan result, 1), limit: inspect.Time(u.Size)*3/2 + 5*time.Second, alone: c.room.name == cellRoom}
	if v.alone {
		v.since = usageOf(c.cmd.Process.Pid)
	}
	c.inside[c.last] = v
	return c.last, v
}

// profile is the number of p, which the child is told first.
func (c *child) profile(p airlock.Profile) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for n := range c.profiles {
		if c.profiles[n].Name == p.Name && reflect.DeepEqual(c.profiles[n], p) {
			return n, nil
		}
	}
	text, err := json.Marshal(p)
	if err != nil {
		return 0, err
	}
	n := len(c.profiles)
	c.profiles = append(c.profiles, p)
	return n, c.to.send(sayProfile, uint64(n), func(b []byte) []byte { return append(b, text...) })
}

// inspect has the child inspect u. How the child ended is told by end, whose how is answered if it did
// not; an error is trouble of reading u, or ctx's.
func (c *child) inspect(ctx context.Context, u inspect.Upload) (inspect.Report, end, error) {
	id, v := c.enter(u)
	if v == nil {
		<-c.gone
		return inspect.Report{}, end{how: lost}, nil
	}
	defer c.leave(id)
	s := &served{child: c, id: id, upload: u}
	s.mayRead, s.mayFetch = inspect.Asks(u.Size, u.Hash)
	if err := s.begin(); err != nil {
		return inspect.Report{}, end{}, err
	}
	for {
		select {
		case r := <-v.reads:
			if s.count(r) {
				_ = c.to.send(sayCancel, id, nil)
				return s.tooMuch(), end{how: answered}, nil
			}
			if err := s.serve(v, r); err != nil {
				_ = c.to.send(sayTrouble, id, nil)
				return inspect.Report{}, end{}, err
			}
		case r := <-v.over:
			return s.reported(r)
		case <-ctx.Done():
			_ = c.to.send(sayCancel, id, nil)
			return inspect.Report{}, end{}, context.Cause(ctx)
		case <-c.gone:
			select {
			case r := <-v.over: // it answered before
				return s.reported(r)
			default:
			}
			return inspect.Report{}, c.endFor(id, v, s.bytes), nil
		}
	}
}

// endFor is how the child ended, for the upload that is number id.
func (c *child) endFor(id uint64, v *visit, bytes int64) end {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.final
	e.read = bytes
	switch {
	case c.blamed != nil:
		e.suspect = c.blamed[id]
	case e.how == died || e.how == killed || e.how == limited:
		e.suspect = !v.reading
	}
	return e
}

// served is one upload whose bytes a child asks for.
type served struct {
	*child
	id                uint64
	upload            inspect.Upload
	reads, bytes      int64
	mayRead, mayFetch int64
}

// begin tells the child of the upload, with its first bytes, which every inspector asks for. Where the
// child can't be told it has ended, which is heard elsewhere.
func (s *served) begin() error {
	n, err := s.profile(s.upload.Profile)
	if err != nil {
		return nil
	}
	head := int(min(s.upload.Size, inspect.Window))
	text, err := json.Marshal(job{Profile: n, Type: s.upload.Type, Name: s.upload.Name, Size: s.upload.Size, Hash: s.upload.Hash, Head: head})
	if err != nil {
		return err
	}
	var trouble error
	_ = s.to.send(sayInspect, s.id, func(b []byte) []byte {
		b = binary.LittleEndian.AppendUint32(b, uint32(len(text)))
		b = append(b, text...)
		at := len(b)
		b = slices.Grow(b, head)[:at+head]
		trouble = s.readInto(b[at:], 0)
		if trouble != nil {
			b = b[:at] // it will be told
		}
		return b
	})
	if trouble != nil {
		_ = s.to.send(sayCancel, s.id, nil)
	}
	return trouble
}

// serve answers one read.
func (s *served) serve(v *visit, r read) error {
	if r.n <= 0 || r.n > mostRead || r.off < 0 || r.off > s.upload.Size-int64(r.n) {
		s.endIt(end{how: lost, detail: "it asks for what there is not"}, nil)
		return nil
	}
	var trouble error
	err := s.to.send(sayBytes, s.id, func(b []byte) []byte {
		at := len(b)
		b = slices.Grow(b, r.n)[:at+r.n]
		if trouble = s.readInto(b[at:], r.off); trouble != nil {
			b = b[:at]
		}
		s.mu.Lock()
		v.reading = false
		s.mu.Unlock()
		return b
	})
	_ = err // the child has ended, which is heard elsewhere
	return trouble
}

// count counts a read, and tells whether it is one too many. The kernel of inspection counts what its
// inspectors ask for; here is counted what the store is asked for, which is what bounds it.
func (s *served) count(r read) bool {
	s.reads++
	s.bytes += int64(max(r.n, 0))
	return s.reads > s.mayRead || s.bytes > s.mayFetch
}

func (s *served) tooMuch() inspect.Report {
	return inspect.Report{Checks: []string{"isolation"}, Read: s.bytes, Finding: &airlock.Finding{
		Reason: airlock.Uninspectable, Detail: fmt.Sprintf("it takes more than %d reads or %d bytes of it to look at", s.mayRead, s.mayFetch),
	}}
}

func (s *served) readInto(b []byte, off int64) error {
	n, err := s.upload.Bytes.ReadAt(b, off)
	if n == len(b) {
		return nil
	}
	if err == nil || errors.Is(err, io.EOF) { // the object has fewer bytes than its size says
		err = io.ErrNoProgress
	}
	return err
}

func (s *served) reported(r result) (inspect.Report, end, error) {
	if r.Failed {
		return inspect.Report{}, end{}, fmt.Errorf("%w: %s", ErrUnavailable, r.Trouble)
	}
	return r.Report, end{how: answered}, nil
}

// lastWords keeps the beginning of what a child writes to its standard error: why it crashes comes first.
type lastWords struct {
	mu   sync.Mutex
	text []byte
}

func (l *lastWords) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = append(l.text, b[:min(len(b), 512-len(l.text))]...)
	return len(b), nil
}

func (l *lastWords) words() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	line, _, _ := strings.Cut(string(l.text), "\n")
	return fmt.Sprintf("%.200s", line)
}
