// Package audit checks what airlock promises (PROTOCOL section 6): after any test, however much was
// killed, cut and repeated in it, ten invariants hold.
//
// An [Auditor] is told of every PUT that S3 acknowledged, and of what was done to the system on
// purpose. It subscribes durably to the verdicts and looks at each accepted object the moment that it is
// announced. At the end, [Auditor.Drain] waits for quiet and [Auditor.Check] compares what is there
// with what should be.
//
// It asks S3, SQS and NATS itself: give it clients that go around the faults.
package audit

import (
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/nats-io/nats.go"

	"airlock"
	"airlock/events"
)

// Config says where to look. S3 and SQS need leave to list both zones and to read the queues.
type Config struct {
	S3         *s3.Client
	SQS        *sqs.Client
	NATS       *nats.Conn
	Quarantine airlock.Zone
	Clean      airlock.Zone
	Queues     []string // URLs; all must end empty
	DLQ        string   // URL; must end with exactly the poison. "": not looked at
	Profiles   map[string]airlock.Profile
	Durable    string // name of the subscription
}

// Stored is one PUT that S3 acknowledged.
type Stored struct {
	Upload   airlock.Upload
	ETag     string // without quotes
	Size     int64
	Good     bool   // an honest file: the verdict on it is accepted
	Filename string // as in the grant
	Began    time.Time
}

// Figures are what a process holds while it has nothing to do.
type Figures struct {
	Goroutines  int
	Descriptors int
	Heap        int64 // bytes in use after a collection
}

// Auditor knows what should be. It is safe for concurrent use.
type Auditor struct {
	cfg Config

	mu       sync.Mutex
	uploads  map[string][]Stored // by upload id, in the order of the PUTs
	removed  map[string]bool     // ids whose object was taken out of quarantine by somebody
	poison   map[string]int      // bodies that belong into the DLQ
	stays    map[airlock.Key]bool
	seen     map[string]events.Verdict // accepted or not, as the subscriber got them
	early    []string                  // violations of INV3
	received map[string]*receives      // by message
	excused  map[string]int            // receives that a fault explains, by message
	anyone   int                       // receives that faults explain, of whichever message
	kills    int
	faults   int
	figures  []comparison
}

type comparison struct {
	process       string
	before, after Figures
}

// New makes an auditor that knows of nothing yet.
func New(cfg Config) *Auditor {
	return &Auditor{
		cfg: cfg, uploads: map[string][]Stored{}, removed: map[string]bool{}, poison: map[string]int{},
		stays: map[airlock.Key]bool{}, seen: map[string]events.Verdict{}, received: map[string]*receives{}, excused: map[string]int{},
	}
}

// Stored tells of a PUT that S3 acknowledged: its upload must get exactly one verdict.
func (a *Auditor) Stored(s Stored) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.uploads[s.Upload.ID] = append(a.uploads[s.Upload.ID], s)
}

// Removed tells that somebody takes, or may have taken, the object of this upload out of quarantine:
// then it may end as expired. Tell it before it is done.
func (a *Auditor) Removed(id string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.removed[id] = true
}

// Poison tells of messages that must end in the dead-letter queue.
func (a *Auditor) Poison(bodies ...string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, b := range bodies {
		a.poison[b]++
	}
}

// Stays tells of an object in quarantine that nobody may touch: one without a grant.
func (a *Auditor) Stays(k airlock.Key) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.stays[k] = true
}

// receives are those of one message.
type receives struct {
	most  int      // as the queue counts
	known []string // who got it and when; the queue may count more
}

// Received tells that a validator got a message for the n-th time, by the queue's count.
func (a *Auditor) Received(message string, n int, by string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	r := a.received[message]
	if r == nil {
		r = &receives{}
		a.received[message] = r
	}
	r.most = max(r.most, n)
	r.known = append(r.known, by+" "+time.Now().Format("15:04:05.000"))
}

// Excuse tells that a fault, such as the death of the validator that held it, makes one more receive
// of this message right.
func (a *Auditor) Excuse(message string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.excused[message]++
}

// ExcuseAny tells of n more receives that a fault makes right, of messages that nobody knows: those
// of a reply that was lost.
func (a *Auditor) ExcuseAny(n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.anyone += n
}

// Killed counts a process that was killed.
func (a *Auditor) Killed() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.kills++
}

// Kills is how many processes were killed so far.
func (a *Auditor) Kills() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.kills
}

// Faults counts what was done to the dependencies.
func (a *Auditor) Faults(n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.faults += n
}

// Compare tells what an idle process held before its work and after.
func (a *Auditor) Compare(process string, before, after Figures) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.figures = append(a.figures, comparison{process, before, after})
}

// Ended counts the uploads that have a verdict, as the subscriber knows it.
func (a *Auditor) Ended() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.seen)
}

// Verdict is what the subscriber was told about an upload.
func (a *Auditor) Verdict(id string) (events.Verdict, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	v, ok := a.seen[id]
	return v, ok
}

// Receives is the most that any message was received, and how many receives there were in all.
func (a *Auditor) Receives() (most, total int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, r := range a.received {
		most, total = max(most, r.most), total+r.most
	}
	return most, total
}
