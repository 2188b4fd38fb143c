package main

import (
	"fmt"
	"hash/fnv"
	"time"
)

// how a step is run.
type how string

const (
	whole   how = "run"
	inPart  how = "part"
	skipped how = "skip"
)

// record is that a step was green.
type record struct {
	Commit string
	At     time.Time
}

// input is what is known of a step's inputs as they are now.
type input struct {
	hash  string // "": they are not as committed
	green record // with exactly these inputs, on this machine
	seen  bool   // that there is such a record
}

// facts are what a decision hangs on.
type facts struct {
	head   string
	full   bool // everything was asked for
	named  bool // the steps were asked for by name
	inputs []input
	last   func(name string) time.Time // when a step last was green here, whatever its inputs; zero: never
}

// planned is a step, and why it is run or not.
type planned struct {
	step
	how  how
	why  string
	hash string // notes it as green afterwards; "": it is not noted
}

// decide says of each step whether it runs. What is not long always does. A long one does unless it was
// green here with the same inputs; and of those that would be skipped one runs all the same: that which
// has not run here longest, and of several such the one that the hash of HEAD names. So what the inputs
// fail to tell (the weather of registries, an input that nobody thought of) is found after some changes.
func decide(steps []step, f facts) []planned {
	plan := make([]planned, len(steps))
	turn := -1
	for i, s := range steps {
		in := f.inputs[i]
		plan[i] = planned{step: s, how: whole, hash: in.hash}
		p := &plan[i]
		switch {
		case !s.long:
			p.why = "always"
		case f.full:
			p.why = "CI_FULL"
		case f.named:
			p.why = "asked for"
		case in.hash == "":
			p.why = "its inputs are not as committed"
		case !in.seen:
			p.why = "with these inputs it was not green here before"
		default:
			p.how, p.why = skipped, fmt.Sprintf("the same inputs were green here on %s (%.9s)", in.green.At.Format(time.DateTime), in.green.Commit)
			if turn < 0 || before(f, s.name, steps[turn].name) {
				turn = i
			}
		}
	}
	for i := range plan {
		switch p := &plan[i]; {
		case i == turn:
			p.how, p.why = whole, "its turn: not run here since "+f.last(p.name).Format(time.DateTime)
		case p.how == skipped && p.part:
			p.how, p.why = inPart, "a part always; the whole: "+p.why
		}
	}
	return plan
}

// before tells which of two steps has its turn first.
func before(f facts, a, b string) bool {
	if x, y := f.last(a), f.last(b); !x.Equal(y) {
		return x.Before(y)
	}
	return dice(f.head, a) < dice(f.head, b)
}

// dice is a number that looks random, the same for the same words.
func dice(words ...string) uint32 {
	h := fnv.New32a()
	for _, w := range words {
		_, _ = h.Write([]byte(w + "\n"))
	}
	return h.Sum32()
}
