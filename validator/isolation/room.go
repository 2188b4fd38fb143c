package isolation

import (
	"context"
	"sync"
)

// The rooms.
const (
	commonRoom = "common"
	cellRoom   = "cell"
)

type roomSettings struct {
	name   string
	memory int64 // bytes that its child may use
	heavy  int   // inspections at once that hold much of it
}

// room has one child at a time, which is started when it is needed.
type room struct {
	roomSettings
	ended func(room string, e end)

	mu     sync.Mutex
	now    *child
	closed bool
}

func newRoom(s roomSettings, ended func(room string, e end)) *room {
	return &room{roomSettings: s, ended: ended}
}

// child is the one that lives, or a new one. Who comes while one is started waits for it.
func (r *room) child(ctx context.Context) (*child, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil, ErrUnavailable
	}
	if r.now != nil && r.now.alive() {
		return r.now, nil
	}
	c, err := startChild(ctx, r.roomSettings, r.ended)
	if err != nil {
		return nil, err
	}
	r.now = c
	return c, nil
}

// close ends the child and waits for it.
func (r *room) close() {
	if r == nil {
		return
	}
	r.mu.Lock()
	r.closed = true
	c := r.now
	r.mu.Unlock()
	if c != nil {
		c.endIt(end{how: stopped}, nil)
		<-c.gone
	}
}
