package isolation

import "time"

// How the parent looks after a child: from outside, for what the child does not see of itself.
const (
	watches  = 50 * time.Millisecond
	patience = 30 * time.Second // without a word of a child that inspects: it says one every 100 ms
	overhead = 32 << 20         // what a process takes beyond what Go knows of: its code, mostly
	// Of a processor, in the cell, until it has to do with what others leave: what is honest is mostly done by then.
	shortVisit = 100 * time.Millisecond
)

// watch ends the child where it takes too much or says nothing. It runs until the child has ended.
func (c *child) watch() {
	tick := time.NewTicker(watches)
	defer tick.Stop()
	for silent := 0; ; {
		select {
		case <-c.gone:
			return
		case <-tick.C:
		}
		busy, late, alone := c.state()
		if !busy {
			silent = 0
			continue
		}
		now := usageOf(c.cmd.Process.Pid)
		if alone != nil && now.processor-alone.since.processor > shortVisit && c.yield() {
			yields(c.cmd.Process.Pid)
		}
		switch {
		case now.memory > c.room.memory+overhead:
			c.endIt(end{how: limited, detail: limitMemory}, nil)
		case alone != nil && now.processor-alone.since.processor > alone.limit:
			c.endIt(end{how: limited, detail: limitTime}, nil)
		case !late:
			silent = 0
		default: // twice, since the whole machine may have been asleep
			if silent++; silent > int(time.Second/watches) {
				c.endIt(end{how: lost, detail: "it says nothing"}, nil)
			}
		}
	}
}

// state tells whether the child inspects, whether it has said nothing for long, and whom it inspects alone.
func (c *child) state() (busy, late bool, alone *visit) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.inside) == 0 {
		c.heard = time.Now()
		return false, false, nil
	}
	for _, v := range c.inside {
		if v.alone {
			alone = v
		}
	}
	return true, time.Since(c.heard) > patience, alone
}

// usage is what a process uses.
type usage struct {
	memory    int64 // bytes in memory
	processor time.Duration
}
