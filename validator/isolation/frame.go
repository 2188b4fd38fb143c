package isolation

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"

	"airlock/validator/inspect"
)

// Between a parent and its child go frames: how long, of which kind, about which upload, then the payload.
// Neither believes the other beyond that: a frame that is none ends the child.
type frame struct {
	kind    byte
	id      uint64
	payload []byte
}

const (
	frameHead = 13
	mostFrame = 512 << 10
)

// What a parent says.
const (
	sayProfile  = 'P' // JSON of a profile; id is its number
	sayInspect  = 'J' // an upload: JSON of a job, then its first bytes
	sayBytes    = 'D' // what was asked for
	sayTrouble  = 'E' // it could not be read
	sayCancel   = 'X' // nobody waits for it any more
	tellReady   = 'H' // JSON of a greeting
	tellRead    = 'R' // 8 bytes: from where; 4 bytes: how many
	tellReport  = 'F' // JSON of a result
	tellStuck   = 'S' // ids, 8 bytes each, of those that don't move
	tellMemory  = 'M' // ids of those that run, while the process takes too much
	tellWorking = 'T' // it lives
)

// greeting is what a child says first.
type greeting struct {
	Confined string // how: "seccomp"; or why it is not
}

// job is an upload without its bytes.
type job struct {
	Profile int
	Type    string
	Name    string
	Size    int64
	Hash    bool
	Head    int // bytes that follow
}

// result is what became of a job.
type result struct {
	Report  inspect.Report
	Trouble string // why there is no report, if it was not the parent's reading
	Failed  bool   // there is no report
}

var errFrame = errors.New("a frame is broken")

func readFrame(r io.Reader) (f frame, err error) {
	f, n, err := readHead(r)
	if err != nil {
		return f, err
	}
	f.payload = make([]byte, n)
	_, err = io.ReadFull(r, f.payload)
	return f, err
}

// readHead reads a frame up to its payload, which has n bytes.
func readHead(r io.Reader) (f frame, n int, err error) {
	var head [frameHead]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return f, 0, err
	}
	length := binary.LittleEndian.Uint32(head[:])
	if length > mostFrame {
		return f, 0, fmt.Errorf("%w: %d bytes", errFrame, length)
	}
	return frame{kind: head[4], id: binary.LittleEndian.Uint64(head[5:])}, int(length), nil
}

// pipe writes frames, each by one write.
type pipe struct {
	mu sync.Mutex
	w  io.Writer
}

// buffers are for a frame with a block in it.
var buffers = sync.Pool{New: func() any { b := make([]byte, 0, frameHead+inspect.Window+4096); return &b }}

// send writes a frame whose payload fill appends.
func (p *pipe) send(kind byte, id uint64, fill func(b []byte) []byte) error {
	buf := buffers.Get().(*[]byte)
	defer buffers.Put(buf)
	b := append((*buf)[:0], make([]byte, frameHead)...)
	if fill != nil {
		b = fill(b)
	}
	*buf = b
	binary.LittleEndian.PutUint32(b, uint32(len(b)-frameHead))
	b[4] = kind
	binary.LittleEndian.PutUint64(b[5:], id)
	p.mu.Lock()
	defer p.mu.Unlock()
	_, err := p.w.Write(b)
	return err
}

// numbers are 64-bit ids in a payload.
func numbers(payload []byte) (ids []uint64) {
	for ; len(payload) >= 8; payload = payload[8:] {
		ids = append(ids, binary.LittleEndian.Uint64(payload))
	}
	return ids
}

func appendNumbers(b []byte, ids []uint64) []byte {
	for _, id := range ids {
		b = binary.LittleEndian.AppendUint64(b, id)
	}
	return b
}
