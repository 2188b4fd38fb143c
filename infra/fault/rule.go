package fault

import (
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Kind is what goes wrong.
type Kind string

// The kinds. What each uses of its [Rule] is named.
const (
	Delay       Kind = "delay"             // For, then all goes on as if nothing had been
	CutBefore   Kind = "cut before"        // the connection ends; the server never sees the request
	CutAfter    Kind = "cut after"         // the server does it; its reply is lost with the connection
	Status      Kind = "status"            // an error answer with Status and Code; the server never sees the request
	ErrorBody   Kind = "200 with an error" // as CopyObject may answer: Code in the body; Done: the server does it all the same
	EmptyBody   Kind = "200 empty"         // nothing in the body; Done: the server does it all the same
	CutBody     Kind = "cut body"          // the reply ends after After bytes of its body
	StallBody   Kind = "stall body"        // the reply stops after After bytes for as long as For, then is cut
	FailEntries Kind = "fail entries"      // of an SQS batch: every second entry fails, beginning with the first
	SkewClock   Kind = "skew clock"        // Last-Modified is later by For (earlier, if negative)
)

// A Rule says which requests go wrong, and how.
type Rule struct {
	Ops    []string // [Operation] names; none: every operation
	Path   string   // only requests whose path holds this
	Kind   Kind
	P      float64 // probability; 0: always
	Count  int     // how often at most; 0: without end
	For    time.Duration
	After  int64
	Status int    // 0: 503
	Code   string // S3's or SQS's error code; "": SlowDown for 503, else InternalError
	Done   bool
}

func (r Rule) fits(op, path string) bool {
	return (len(r.Ops) == 0 || slices.Contains(r.Ops, op)) && strings.Contains(path, r.Path)
}

func (r Rule) status() int {
	switch {
	case r.Kind == ErrorBody:
		return http.StatusOK
	case r.Status == 0:
		return http.StatusServiceUnavailable
	}
	return r.Status
}

func (r Rule) code() string {
	switch {
	case r.Code != "":
		return r.Code
	case r.status() == http.StatusServiceUnavailable:
		return "SlowDown"
	}
	return "InternalError"
}

// Injection is one thing that went wrong, for counting.
type Injection struct {
	Op   string
	Kind Kind
}

// plan holds the rules of a proxy, draws by them and counts. It is safe for concurrent use.
type plan struct {
	mu       sync.Mutex
	rnd      *rand.Rand
	rules    []Rule
	left     []int // of each rule with a Count
	seen     map[string]int
	injected map[Injection]int
}

func newPlan(seed uint64) *plan {
	return &plan{rnd: rand.New(rand.NewPCG(seed, 0)), seen: map[string]int{}, injected: map[Injection]int{}}
}

func (p *plan) set(rules []Rule) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rules, p.left = slices.Clone(rules), nil
	for _, r := range rules {
		p.left = append(p.left, r.Count)
	}
}

// draw is the fault of one request, if it has one: that of the first rule that fits and hits.
func (p *plan) draw(op, path string) (Rule, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen[op]++
	for i, r := range p.rules {
		if !r.fits(op, path) || r.Count > 0 && p.left[i] == 0 || r.P > 0 && p.rnd.Float64() >= r.P {
			continue
		}
		p.left[i]--
		p.injected[Injection{op, r.Kind}]++
		return r, true
	}
	return Rule{}, false
}

func (p *plan) total() (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.injected {
		n += c
	}
	return n
}
