package validator

import (
	"slices"
	"time"

	"airlock"
)

// The scheduler of the simulation, and what it demands in the end.

// chaos lets steps steps happen, in any order and with any mishap.
func (s *sim) chaos(steps int) {
	for range steps {
		s.advance(time.Duration(s.rng.IntN(2000)) * time.Millisecond)
		if s.rng.IntN(6) == 0 {
			s.mishap()
			continue
		}
		if a := s.next(); a != nil {
			s.let(a)
		}
	}
}

// next is any actor that has something to do.
func (s *sim) next() *actor {
	var ready []*actor
	for _, a := range s.actors {
		if !a.over && (a.ready == nil || a.ready()) {
			ready = append(ready, a)
		}
	}
	if len(ready) == 0 {
		return nil
	}
	return ready[s.rng.IntN(len(ready))]
}

// let lets a take one step, with or without a fault.
func (s *sim) let(a *actor) {
	a.fault = fine
	if !s.closing && s.rng.Float64() < s.faults && a.ready == nil {
		a.fault = []fault{failBefore, replyLost, retried, late}[s.rng.IntN(4)]
		if s.unswept && a.fault == late { // a copy that comes after all is what the clean zone is swept for
			a.fault = replyLost
		}
	}
	if a.mortal && !s.closing && s.crashes > 0 && s.rng.IntN(30) == 0 && a.ready == nil {
		s.crashes--
		a.fault = []fault{crashBefore, crashAfter}[s.rng.IntN(2)]
	}
	died := a.fault == crashBefore || a.fault == crashAfter
	if _, more := a.resume(); more {
		if died { // it died in the middle of whatever it did
			a.stop()
		} else {
			return
		}
	}
	a.over = true
	if died {
		s.restart(a)
	}
}

// restart is a new process with the place of one that has died, maybe of another version.
func (s *sim) restart(dead *actor) {
	if s.rng.IntN(4) == 0 {
		s.policy, s.policyHit = strictProfile, true
	}
	switch dead.name {
	case "hints":
		s.begin(dead.name, true, s.hints)
	case "sweeper":
		s.begin(dead.name, true, s.sweeper)
	default:
		s.begin(dead.name, true, s.worker)
	}
}

// mishap is what surrounds airlock: clocks, leases, rules of the bucket, late requests.
func (s *sim) mishap() {
	switch s.rng.IntN(9) {
	case 0:
		s.advance(time.Duration(s.rng.IntN(30)) * time.Minute)
	case 1, 2:
		s.haunt()
	case 3, 4: // the lease of a message ends, though its holder lives
		if m := s.pick(func(m *simMessage) bool { return m.holder != nil && m.receives < 5 }); m != nil {
			m.holder = nil
			s.tell("a lease ends")
		}
	case 5:
		if m := s.pick(func(m *simMessage) bool { return true }); m != nil {
			s.messages = append(s.messages, &simMessage{upload: m.upload})
			s.tell("a notification comes again")
		}
	case 6:
		s.sweeps++
	case 7:
		if s.rng.IntN(3) == 0 {
			s.expireObject()
		}
	case 8:
		if s.rng.IntN(20) == 0 && !s.unswept {
			s.wipe()
		}
	}
}

func (s *sim) tell(format string, a ...any) {
	if s.trace != nil {
		s.trace("           "+format, a...)
	}
}

// haunt does one request whose client has given it up.
func (s *sim) haunt() {
	if len(s.ghosts) == 0 {
		return
	}
	i := s.rng.IntN(len(s.ghosts))
	g := s.ghosts[i]
	s.ghosts = slices.Delete(s.ghosts, i, i+1)
	s.tell("now is done: %s", g.what)
	g.do()
}

func (s *sim) pick(which func(*simMessage) bool) *simMessage {
	var some []*simMessage
	for _, m := range s.messages {
		if which(m) {
			some = append(some, m)
		}
	}
	if len(some) == 0 {
		return nil
	}
	return some[s.rng.IntN(len(some))]
}

// advance moves the clock, but not past the end of an honest PUT that is under way.
func (s *sim) advance(d time.Duration) {
	to := s.now.Add(d)
	for _, l := range s.limits {
		if to.After(l) {
			to = l
		}
	}
	if to.After(s.now) {
		if d > time.Minute {
			s.tell("%s pass", to.Sub(s.now).Round(time.Second))
		}
		s.now = to
	}
}

// expireObject is a lifecycle rule, with its notice. It waits for days: by then no PUT is under way.
func (s *sim) expireObject() {
	if s.clients > 0 {
		return
	}
	for _, id := range s.ids {
		u := s.uploads[id]
		o := simQuarantine.Object(u.grant.Upload())
		if _, there := s.latest(o); !there {
			continue
		}
		s.tell("a lifecycle rule takes %s", short(o))
		u.lifecycle = true
		if s.versioned {
			s.objects[o] = append(s.objects[o], stored{marker: true, at: s.now})
		} else {
			delete(s.objects, o)
		}
		s.notify(u.grant.Upload())
		return
	}
}

// wipe is a NATS that came back from an old copy: it forgot a grant.
func (s *sim) wipe() {
	for _, id := range s.ids {
		if _, granted := s.grants[id]; granted && len(s.verdicts[id]) == 0 && len(s.uploads[id].landed) > 0 {
			s.tell("NATS forgets the grant of %s", id)
			s.uploads[id].wiped = true
			delete(s.grants, id)
			return
		}
	}
}

// close brings everything to its end without further mishap: clients finish, late requests are
// done, dead processes' messages come back, and sweeps pass until nothing is left to do.
func (s *sim) close() {
	s.closing = true
	for range 4 {
		for budget := 3000; ; budget-- {
			if budget == 0 {
				s.violation("it never comes to rest")
				return
			}
			if len(s.ghosts) > 0 && s.rng.IntN(3) == 0 {
				s.haunt()
				continue
			}
			a := s.next()
			if a == nil {
				if len(s.ghosts) > 0 {
					s.haunt()
					continue
				}
				if s.leasesEnd() {
					continue
				}
				break
			}
			s.let(a)
		}
		s.advance(3 * time.Hour)
		s.sweeps++
	}
}

// leasesEnd gives back what died with its holder.
func (s *sim) leasesEnd() (any bool) {
	for _, m := range s.messages {
		if m.holder != nil && !m.gone && !m.dead {
			m.holder, any = nil, true
		}
	}
	return any
}

// audit is what must be true when all is at rest.
func (s *sim) audit() {
	for _, id := range s.ids {
		s.auditUpload(id, s.uploads[id])
	}
	for o := range s.objects {
		if o.Bucket == simClean.Bucket && !s.announced(o) && !s.forgotten(o) {
			s.violation("the clean zone holds %s, which nobody announced", o)
		}
	}
	for _, m := range s.messages {
		u := s.uploads[m.upload.ID]
		if u.wiped && m.gone && len(s.verdicts[m.upload.ID]) == 0 && !u.cancelled && !u.lifecycle {
			s.violation("%s has no grant, and its notice was forgotten", m.upload.ID)
		}
		switch wiped := u.wiped; {
		case m.dead && !wiped:
			s.violation("the notice of %s is in the dead-letter queue", m.upload.ID)
		case !m.gone && !m.dead && !wiped:
			s.violation("the notice of %s is still in the queue", m.upload.ID)
		}
	}
	for _, u := range s.open {
		if !s.uploads[airlock.Key(u.object.Key).UploadIDs()[0]].wiped {
			s.violation("multipart upload %s at %s is still open", u.id, u.object)
		}
	}
}

func (s *sim) auditUpload(id string, u *simUpload) {
	all := s.verdicts[id]
	versions := s.objects[simQuarantine.Object(u.grant.Upload())]
	_, granted := s.grants[id]
	if u.wiped && len(all) == 0 {
		if !u.lifecycle && len(versions) == 0 {
			s.violation("%s has no grant and was deleted", id)
		}
		return
	}
	switch {
	case len(all) > 1:
		s.violation("%s has %d events", id, len(all))
	case len(all) == 0 && len(u.landed) > 0:
		s.violation("%s was stored and has no event", id)
	case len(all) == 0 && granted:
		s.violation("%s was granted and never ended", id)
	}
	// What a lifecycle rule hid, and lost its notice of, another rule takes (NoncurrentVersionExpiration).
	if hidden := u.lifecycle && len(versions) > 0 && versions[len(versions)-1].marker; len(versions) > 0 && !hidden {
		s.violation("%s is still in quarantine: %d versions", id, len(versions))
	}
	if granted {
		s.violation("the grant of %s is still there", id)
	}
	if len(all) == 1 && len(u.landed) == 1 && u.inTime && !u.cancelled && !u.wiped && !u.lifecycle {
		want := airlock.Rejected
		if u.landed[0].good {
			want = airlock.Accepted
		}
		if got := all[0].Result; got != want && !(s.policyHit && got == airlock.Rejected) {
			s.violation("%s put %s once and in time, and is %s (%s: %s)", id, u.landed[0].name, got, all[0].Reason, all[0].Detail)
		}
	}
}

// announced tells whether a verdict names o.
func (s *sim) announced(o airlock.Object) bool {
	for _, id := range o.Key.UploadIDs() {
		for _, v := range s.verdicts[id] {
			if v.Clean != nil && v.Clean.Key == o.Key {
				return true
			}
		}
	}
	return false
}

// forgotten tells whether o belongs to an upload of which NATS knows nothing more: it is left alone.
func (s *sim) forgotten(o airlock.Object) bool {
	id := o.Key.UploadIDs()[0]
	return s.uploads[id].wiped && len(s.verdicts[id]) == 0
}
