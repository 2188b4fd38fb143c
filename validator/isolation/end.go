package isolation

// how says how a child ended, as far as its parent knows.
type how string

const (
	answered how = "answered"  // it did not: it answered
	limited  how = "limit"     // the parent ended it, for a limit
	died     how = "died"      // by itself: a crash
	killed   how = "killed"    // from outside
	stopped  how = "stopped"   // by the parent, which stops
	lost     how = "not heard" // it lives and can't be understood; the parent ended it
)

// end is how a child ended while it inspected an upload.
type end struct {
	how     how
	detail  string // which limit; which exit status or signal
	said    string // what it wrote at last, cut and quoted
	suspect bool   // this upload may have done it
	besides int    // other children that ended by themselves or from outside meanwhile
	read    int64  // bytes that were asked for
}

// own is 1 if the end is counted among those that nobody here asked for.
func (e end) own() int {
	if e.how == died || e.how == killed {
		return 1
	}
	return 0
}

// words are for the uploader.
func (e end) words() string {
	switch e.detail {
	case limitMemory:
		return "it takes more memory to look at than a file may"
	case limitTime, limitStuck:
		return "looking at it does not come to an end"
	}
	return "an inspector failed on this content"
}

// The limits of a child.
const (
	limitMemory = "memory"
	limitTime   = "processor"
	limitStuck  = "no progress"
)

// decision is what follows from how inspecting one upload alone ended so far.
type decision int

const (
	again     decision = iota
	convicted          // it is uninspectable
	undecided          // nobody knows: hold it
)

// mostCells is how many cells one upload is inspected in before it is held.
const mostCells = 6

// verdictOf decides (PROTOCOL 18). A limit is the upload's own doing, since it was alone. A crash may be
// the machine's: it must come twice in the same way, in a row, while no other child ended. What was ended
// from outside, by an operator or for want of memory elsewhere, says nothing.
func verdictOf(ends []end) decision {
	last := ends[len(ends)-1]
	switch {
	case last.how == limited:
		return convicted
	case len(ends) >= 2 && last.how == died && last.besides == 0:
		before := ends[len(ends)-2]
		if before.how == died && before.detail == last.detail && before.besides == 0 {
			return convicted
		}
	}
	if len(ends) >= mostCells {
		return undecided
	}
	return again
}
