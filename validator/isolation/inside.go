package isolation

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"os"
	"runtime/debug"
	"slices"
	"strconv"
	"sync"
	"time"

	"airlock"
	"airlock/validator/inspect"
)

// The environment of a child: all that it has.
const (
	roomVariable   = "AIRLOCK_INSPECTS" // which room it is
	memoryVariable = "AIRLOCK_INSPECTS_MEMORY"
	heavyVariable  = "AIRLOCK_INSPECTS_HEAVY"
)

// Child tells whether this process was started by [Start] to inspect. If it is, main calls [Main] and does
// nothing else.
func Child() bool { return os.Getenv(roomVariable) != "" }

// Main inspects what the parent sends, until the parent ends or closes the pipe. It never returns.
func Main() {
	memory, _ := strconv.ParseInt(os.Getenv(memoryVariable), 10, 64)
	heavy, _ := strconv.Atoi(os.Getenv(heavyVariable))
	debug.SetMaxStack(32 << 20) // no inspector recurses so deep; the default of 1 GB is more than it has
	ignoreSignals()             // a stop of the service is told to the whole group; the parent ends us
	spool := newSpool(os.NewFile(3, "spool"))
	w := &inside{
		in: bufio.NewReaderSize(os.Stdin, 2*inspect.Window), to: pipe{w: os.Stdout}, jobs: map[uint64]*inspected{},
		inspector: inspect.Means{Heavy: max(1, heavy), Files: spool.file}.New(),
	}
	if w.patience = suspectAfter; os.Getenv(roomVariable) == cellRoom {
		w.patience = convictAfter
	}
	confined := confine(memory)
	go w.look(memory / 8 * 7) // before the kernel refuses any, which ends Go
	text, err := json.Marshal(greeting{Confined: confined})
	if err == nil {
		err = w.to.send(tellReady, 0, func(b []byte) []byte { return append(b, text...) })
	}
	for err == nil {
		err = w.hear()
	}
	os.Exit(0) // whatever still runs
}

// inside is what a child knows.
type inside struct {
	in        *bufio.Reader
	to        pipe
	inspector *inspect.Inspector
	patience  time.Duration // with an inspection that stands still

	mu       sync.Mutex
	jobs     map[uint64]*inspected
	profiles []airlock.Profile
}

// inspected is one upload that is inspected.
type inspected struct {
	w        *inside
	id       uint64
	ctx      context.Context
	cancel   context.CancelFunc
	head     []byte
	buf      *[]byte // what head lies in
	progress inspect.Progress
	into     []byte // where the parent's answer goes
	answers  chan error
	still    still

	size  int64
	ahead []byte // bytes from aheadAt on
	at    int64
	next  int64 // where the last read ended
	run   int   // how many reads went on where the one before ended
}

var errParent = errors.New("the parent could not read")

// hear takes one frame.
func (w *inside) hear() error {
	f, n, err := readHead(w.in)
	if err != nil {
		return err
	}
	w.mu.Lock()
	j := w.jobs[f.id]
	w.mu.Unlock()
	if f.kind == sayBytes && j != nil && n == len(j.into) { // as nearly all frames are
		_, err := io.ReadFull(w.in, j.into)
		j.answers <- err
		return err
	}
	buf := payloads.Get().(*[]byte)
	f.payload = slices.Grow((*buf)[:0], n)[:n]
	*buf = f.payload
	if _, err := io.ReadFull(w.in, f.payload); err != nil {
		return err
	}
	if f.kind == sayInspect {
		return w.begin(f, buf)
	}
	defer payloads.Put(buf)
	switch {
	case f.kind == sayProfile:
		var p airlock.Profile
		if err := json.Unmarshal(f.payload, &p); err != nil {
			return err
		}
		w.profiles = append(w.profiles, p)
	case j == nil: // it was over
	case f.kind == sayCancel:
		j.cancel()
	case f.kind == sayTrouble, f.kind == sayBytes:
		j.answers <- errParent
	}
	return nil
}

// payloads are used again, since each upload's first bytes need one.
var payloads = sync.Pool{New: func() any { return new([]byte) }}

// begin inspects an upload; buf, which holds its first bytes, is free when that is over.
func (w *inside) begin(f frame, buf *[]byte) error {
	if len(f.payload) < 4 {
		return errFrame
	}
	n := int(binary.LittleEndian.Uint32(f.payload))
	if n > len(f.payload)-4 {
		return errFrame
	}
	var j job
	if err := json.Unmarshal(f.payload[4:4+n], &j); err != nil {
		return err
	}
	head := f.payload[4+n:]
	if j.Profile < 0 || j.Profile >= len(w.profiles) {
		return errFrame
	}
	if len(head) != j.Head { // the parent could not read it, and says so next
		return nil
	}
	ctx, cancel := context.WithCancel(context.Background())
	i := &inspected{w: w, id: f.id, ctx: ctx, cancel: cancel, head: head, answers: make(chan error, 1), buf: buf, size: j.Size}
	w.mu.Lock()
	w.jobs[f.id] = i
	w.mu.Unlock()
	go i.inspect(inspect.Upload{Profile: w.profiles[j.Profile], Type: j.Type, Name: j.Name, Size: j.Size, Bytes: i, Hash: j.Hash, Progress: &i.progress})
	return nil
}

func (i *inspected) inspect(u inspect.Upload) {
	r, err := i.w.inspector.Inspect(i.ctx, u)
	i.w.mu.Lock()
	delete(i.w.jobs, i.id)
	i.w.mu.Unlock()
	i.cancel()
	payloads.Put(i.buf)
	out := result{Report: r}
	if err != nil {
		out = result{Failed: true, Trouble: err.Error()}
	}
	text, err := json.Marshal(out)
	if err == nil {
		err = i.w.to.send(tellReport, i.id, func(b []byte) []byte { return append(b, text...) })
	}
	if err != nil {
		os.Exit(1) // nobody hears it
	}
}

// ReadAt is io.ReaderAt, for one goroutine. It asks the parent, but for the first bytes. Who reads on from
// where the last read ended gets some more at once, as many as it read so far: a round is dear.
func (i *inspected) ReadAt(p []byte, off int64) (int, error) {
	if off == i.next {
		i.run++
	} else {
		i.run = 0
	}
	i.next = off + int64(len(p))
	if off >= 0 && i.next <= int64(len(i.head)) {
		return copy(p, i.head[off:]), nil
	}
	if off >= i.at && i.next <= i.at+int64(len(i.ahead)) {
		return copy(p, i.ahead[off-i.at:]), nil
	}
	n := int(min(int64(len(p)*min(i.run, aheadBlocks)), mostRead, i.size-off))
	if n <= len(p) {
		return len(p), i.ask(p, off)
	}
	i.ahead = slices.Grow(i.ahead[:0], n)[:n]
	i.at = off
	if err := i.ask(i.ahead, off); err != nil {
		i.ahead = i.ahead[:0]
		return 0, err
	}
	return copy(p, i.ahead), nil
}

const (
	aheadBlocks = 4
	mostRead    = aheadBlocks * inspect.Window // what a child may ask for at once
)

// ask has the parent fill b.
func (i *inspected) ask(b []byte, off int64) error {
	i.into = b
	err := i.w.to.send(tellRead, i.id, func(f []byte) []byte {
		f = binary.LittleEndian.AppendUint64(f, uint64(off))
		return binary.LittleEndian.AppendUint32(f, uint32(len(b)))
	})
	if err != nil {
		return err
	}
	select {
	case err := <-i.answers:
		return err
	case <-i.ctx.Done():
		return i.ctx.Err()
	}
}

var _ io.ReaderAt = (*inspected)(nil)
