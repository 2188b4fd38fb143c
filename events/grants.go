package events

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"airlock"
)

// Grant reads what was promised for an open upload. found is false where there is no grant (or no
// longer one); an error is always [ErrUnavailable].
func (s *Store) Grant(ctx context.Context, id string) (g airlock.Grant, found bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	entry, err := s.grants.Get(ctx, id)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return g, false, nil
	}
	if err == nil {
		err = json.Unmarshal(entry.Value(), &g)
	}
	if err != nil {
		return g, false, fmt.Errorf("read grant of %s: %w: %w", id, ErrUnavailable, err)
	}
	return g, true, nil
}

// CreateGrant stores a new grant; [ErrExists] if its id has one.
func (s *Store) CreateGrant(ctx context.Context, g airlock.Grant) error {
	body, err := json.Marshal(g)
	if err != nil {
		return fmt.Errorf("encode grant of %s: %w", g.ID, err)
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	_, err = s.grants.Create(ctx, g.ID, body)
	if errors.Is(err, jetstream.ErrKeyExists) {
		return fmt.Errorf("store grant of %s: %w", g.ID, ErrExists)
	}
	if err != nil {
		return fmt.Errorf("store grant of %s: %w: %w", g.ID, ErrUnavailable, err)
	}
	return nil
}

// PurgeGrant forgets a grant once its upload has a verdict; the marker that is left goes after a
// minute. No grant is no error.
func (s *Store) PurgeGrant(ctx context.Context, id string) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	if err := s.grants.Purge(ctx, id, jetstream.PurgeTTL(time.Minute)); err != nil {
		return fmt.Errorf("purge grant of %s: %w: %w", id, ErrUnavailable, err)
	}
	return nil
}

// Grants reads what was promised for every upload that has no verdict yet, in no order. The
// iteration ends after the first error, which is always [ErrUnavailable]; a grant that is made or
// purged meanwhile may be seen or not.
func (s *Store) Grants(ctx context.Context) iter.Seq2[airlock.Grant, error] {
	return func(yield func(airlock.Grant, error) bool) {
		fail := func(err error) { yield(airlock.Grant{}, fmt.Errorf("list grants: %w: %w", ErrUnavailable, err)) }
		w, err := s.grants.WatchAll(ctx, jetstream.IgnoreDeletes())
		if err != nil {
			fail(err)
			return
		}
		defer func() { _ = w.Stop() }()
		for patience := time.NewTimer(timeout); ; patience.Reset(timeout) {
			select {
			case entry, more := <-w.Updates():
				if !more {
					fail(nats.ErrConnectionClosed)
					return
				}
				if entry == nil { // all that was there has come
					return
				}
				var g airlock.Grant
				if err := json.Unmarshal(entry.Value(), &g); err != nil {
					fail(fmt.Errorf("%s: %w", entry.Key(), err))
					return
				}
				if !yield(g, nil) {
					return
				}
			case <-patience.C:
				fail(errors.New("no answer"))
				return
			case <-ctx.Done():
				fail(context.Cause(ctx))
				return
			}
		}
	}
}

// Turn tells whether it is this caller's turn at what is to be done once in d, by all processes
// together: whoever asks first after d has passed has it. d counts in whole seconds.
func (s *Store) Turn(ctx context.Context, name string, d time.Duration) (mine bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	_, err = s.state.Create(ctx, "turn."+name, nil, jetstream.KeyTTL(max(d.Truncate(time.Second), time.Second)))
	if errors.Is(err, jetstream.ErrKeyExists) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("take the turn at %s: %w: %w", name, ErrUnavailable, err)
	}
	return true, nil
}

// SharedSecret reads the named secret that all signers share, and stores candidate as it if there
// is none yet; whoever comes first wins.
func (s *Store) SharedSecret(ctx context.Context, name string, candidate []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	_, err := s.state.Create(ctx, name, candidate)
	if err != nil && !errors.Is(err, jetstream.ErrKeyExists) {
		return nil, fmt.Errorf("store %s: %w: %w", name, ErrUnavailable, err)
	}
	entry, err := s.state.Get(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w: %w", name, ErrUnavailable, err)
	}
	return entry.Value(), nil
}
