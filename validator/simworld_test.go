package validator

import (
	"cmp"
	"fmt"
	"iter"
	"math/rand/v2"
	"strings"
	"time"

	"airlock"
	"airlock/events"
	"airlock/infra/dev/samples"
)

// The world of the simulation: S3, the queue and the event store in memory, as the conformance
// suite demands them, one step at a time. Nothing here decides anything about uploads.

// fault is what the scheduler does to one step of an actor.
type fault int

const (
	fine        fault = iota
	failBefore        // an error, and nothing was done
	replyLost         // it was done, and an error comes back
	retried           // the reply was lost and the SDK asked again
	late              // an error comes back, and it is done some time later
	crashBefore       // the process dies
	crashAfter
)

// actor is one process: a coroutine that stops before each of its requests until the scheduler lets
// it go on.
type actor struct {
	name   string
	w      *world
	resume func() (string, bool)
	stop   func()
	yield  func(string) bool
	fault  fault
	mortal bool // may crash
	over   bool
	policy map[string]airlock.Profile
	ready  func() bool // nil: at work
}

// crash unwinds an actor whose process has died.
type crash struct{}

func (w *world) start(name string, mortal bool, body func(a *actor)) *actor {
	a := &actor{name: name, w: w, mortal: mortal}
	a.resume, a.stop = iter.Pull(func(yield func(string) bool) {
		defer func() {
			if r := recover(); r != nil && r != (crash{}) {
				panic(r)
			}
		}()
		a.yield = yield
		body(a)
	})
	w.actors = append(w.actors, a)
	return a
}

// step waits for the scheduler.
func (a *actor) step(op string) fault {
	if !a.yield(op) {
		panic(crash{})
	}
	if a.w.trace != nil {
		a.w.trace("%-10s %s%s", a.name, op, faultNames[a.fault])
	}
	if a.fault == crashBefore {
		panic(crash{})
	}
	return a.fault
}

var faultNames = map[fault]string{fine: "", failBefore: "  FAILS", replyLost: "  REPLY LOST", retried: "  REPLY LOST, RETRIED", late: "  DONE LATER", crashBefore: "  CRASH BEFORE", crashAfter: "  CRASH AFTER"}

// effect is one request that changes something. unsure is the error of an unknown outcome.
func effect[T any](a *actor, op string, unsure, failed error, do func() (T, error)) (T, error) {
	var zero T
	switch a.step(op) {
	case failBefore:
		return zero, failed
	case replyLost:
		_, _ = do()
		return zero, unsure
	case retried:
		_, _ = do()
		return do()
	case late:
		a.w.ghosts = append(a.w.ghosts, ghost{a.name + " " + op, func() { _, _ = do() }})
		return zero, unsure
	case crashAfter:
		_, _ = do()
		panic(crash{})
	}
	return do()
}

// question is one request that changes nothing.
func question[T any](a *actor, op string, failed error, ask func() (T, error)) (T, error) {
	if f := a.step(op); f == crashAfter {
		panic(crash{})
	} else if f != fine {
		var zero T
		return zero, failed
	}
	return ask()
}

type ghost struct {
	what string
	do   func()
}

// body is the bytes of an object. All have one length, so that only a look tells good from bad.
type body struct {
	name string
	data []byte
	etag string
	good bool // by the first policy
}

const bodySize = 128

func makeBody(name, etag string, good bool) *body {
	data := []byte("<!doctype html><html>" + name)
	if good {
		return &body{name, samples.TaggedPNG(name, bodySize), strings.Repeat(etag, 16), good}
	}
	data = append(data, strings.Repeat(" ", bodySize-len(data))...)
	return &body{name, data, strings.Repeat(etag, 16), good}
}

var (
	goodA     = makeBody("good A", "a1", true)
	goodB     = makeBody("good B", "b2", true)
	badA      = makeBody("bad A", "c3", false)
	badB      = makeBody("bad B", "d4", false)
	twinGood  = makeBody("twin, good", "ee", true) // one MD5, two contents
	twinBad   = makeBody("twin, bad", "ee", false)
	truncated = &body{"truncated", goodA.data[:40], strings.Repeat("f5", 16), false}
)

// stored is one version of an object.
type stored struct {
	body   *body
	etag   string
	id     string // version
	at     time.Time
	meta   map[string]string
	marker bool
}

type simMessage struct {
	upload   airlock.Upload
	receives int
	holder   *actor // nil: visible
	gone     bool
	dead     bool // in the DLQ
}

type openUpload struct {
	object airlock.Object
	id     string
	begun  time.Time
}

type world struct {
	rng       *rand.Rand
	trace     func(format string, a ...any)
	now       time.Time
	actors    []*actor
	ghosts    []ghost
	objects   map[airlock.Object][]stored // the latest last
	versions  int
	versioned bool // quarantine
	store     Capabilities
	open      []openUpload
	grants    map[string]airlock.Grant
	verdicts  map[string][]events.Verdict
	messages  []*simMessage
	order     map[string]int // of uploads, by id
	wrong     []string       // what must never happen and did
}

const maxReceives = 10

func (w *world) violation(format string, a ...any) {
	w.wrong = append(w.wrong, fmt.Sprintf(format, a...))
}

// latest is the object as a plain GET sees it.
func (w *world) latest(o airlock.Object) (stored, bool) {
	v := w.objects[o]
	if len(v) == 0 || v[len(v)-1].marker {
		return stored{}, false
	}
	return v[len(v)-1], true
}

func (w *world) find(o airlock.Object, version string) (stored, bool) {
	if version == "" {
		return w.latest(o)
	}
	for _, v := range w.objects[o] {
		if v.id == version && !v.marker {
			return v, true
		}
	}
	return stored{}, false
}

func (w *world) put(o airlock.Object, s stored) {
	s.at = w.now
	if w.versioned && o.Bucket == simQuarantine.Bucket {
		w.versions++
		s.id = fmt.Sprint("v", w.versions)
		w.objects[o] = append(w.objects[o], s)
		return
	}
	w.objects[o] = []stored{s}
}

// compare orders keys by when their uploads were granted: their ids are not drawn from the seed.
func (w *world) compare(x, y airlock.Key) int {
	return cmp.Or(cmp.Compare(w.order[x.UploadIDs()[0]], w.order[y.UploadIDs()[0]]), cmp.Compare(x, y))
}

// clientPut is S3's side of a presigned upload, its notification included.
func (w *world) clientPut(u airlock.Upload, b *body, etag string, once bool) bool {
	o := simQuarantine.Object(u)
	if _, there := w.latest(o); there && once && w.store.PutOnce {
		return false // 412
	}
	w.put(o, stored{body: b, etag: etag})
	w.notify(u)
	return true
}

func (w *world) notify(u airlock.Upload) {
	for range w.rng.IntN(4) / 2 * w.rng.IntN(2) { // now and then twice
		w.messages = append(w.messages, &simMessage{upload: u})
	}
	if w.rng.IntN(5) > 0 { // and now and then not at all
		w.messages = append(w.messages, &simMessage{upload: u})
	}
}

// short is an object's name in a trace.
func short(o airlock.Object) string {
	zone, rest, _ := strings.Cut(string(o.Key), "/")
	if i := strings.LastIndexByte(rest, '/'); i > 40 {
		return zone + "/.." + rest[i-4:]
	}
	return zone + "/.." + rest[max(0, len(rest)-4):]
}

// checkVerdict holds an event against the world in the moment in which it becomes true.
func (w *world) checkVerdict(v events.Verdict) {
	if v.Result != airlock.Accepted {
		return
	}
	s, there := w.latest(airlock.Object{Bucket: v.Clean.Bucket, Key: v.Clean.Key})
	switch {
	case !there:
		w.violation("%s is announced as accepted and is not there", v.UploadID)
	case s.etag != v.Clean.ETag || int64(len(s.body.data)) != v.Size:
		w.violation("%s is announced as %s, and %s is there", v.UploadID, v.Clean.ETag, s.etag)
	case !s.body.good:
		w.violation("%s is announced as accepted and is %s", v.UploadID, s.body.name)
	}
}

// checkChange: what was announced is never changed.
func (w *world) checkChange(o airlock.Object, old stored, now *stored) {
	for _, id := range o.Key.UploadIDs() {
		for _, v := range w.verdicts[id] {
			if v.Clean != nil && v.Clean.Key == o.Key && (now == nil || now.body != old.body) {
				w.violation("%s was announced and was changed or deleted", o)
			}
		}
	}
}

// checkDelete: nothing leaves quarantine before its verdict is recorded.
func (w *world) checkDelete(o airlock.Object, there bool, old stored) {
	switch id := o.Key.UploadIDs()[0]; {
	case !there:
	case o.Bucket == simQuarantine.Bucket && len(w.verdicts[id]) == 0:
		w.violation("%s left quarantine before its verdict", id)
	case o.Bucket == simClean.Bucket:
		w.checkChange(o, old, nil)
	}
}
