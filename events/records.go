package events

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"airlock"
)

// What signers share besides grants: each is one value in a KV bucket, changed by compare-and-set, so
// that it is right whichever signer asks and however many do at once.

// errRaced tells that somebody else changed the value meanwhile.
var errRaced = errors.New("changed meanwhile")

// races bounds how often one change is tried again. Each race that is lost is one that another won, so
// that work goes on; a hundred in a row means that something is wrong.
const races = 100

// change replaces the value under key by what next makes of it (nil where there is none), until until;
// a nil value deletes it, an unchanged one writes nothing. An error of next comes back as it is, any
// other is [ErrUnavailable].
func (s *Store) change(ctx context.Context, kv jetstream.KeyValue, key string, next func(old []byte) (value []byte, until time.Time, err error)) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	for try := range races {
		old, revision, err := load(ctx, kv, key)
		if err != nil {
			return fmt.Errorf("read %s of %s: %w: %w", key, kv.Bucket(), ErrUnavailable, err)
		}
		value, until, err := next(old)
		if err != nil || value == nil && old == nil || value != nil && string(value) == string(old) {
			return err
		}
		err = s.swap(ctx, kv, key, value, revision, until)
		if err == nil {
			return nil
		}
		if !errors.Is(err, errRaced) {
			return fmt.Errorf("write %s of %s: %w: %w", key, kv.Bucket(), ErrUnavailable, err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(time.Duration(rand.Int64N(int64(time.Millisecond) << min(try, 5)))):
		}
	}
	return fmt.Errorf("write %s of %s: %w: %w", key, kv.Bucket(), ErrUnavailable, errRaced)
}

func load(ctx context.Context, kv jetstream.KeyValue, key string) (value []byte, revision uint64, err error) {
	entry, err := kv.Get(ctx, key)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, err
	}
	return entry.Value(), entry.Revision(), nil
}

// swap writes a value that lives until until (zero: for ever), if the key is still at revision (0: not
// there). KeyValue.Update sets no time to live (nats.go 1.55), so this publishes what it would.
func (s *Store) swap(ctx context.Context, kv jetstream.KeyValue, key string, value []byte, revision uint64, until time.Time) error {
	var ttl time.Duration
	if !until.IsZero() { // whole seconds, at least one (NATS ADR-43)
		ttl = max(time.Until(until).Truncate(time.Second)+time.Second, time.Second)
	}
	var err error
	switch {
	case value == nil:
		err = kv.Purge(ctx, key, jetstream.LastRevision(revision), jetstream.PurgeTTL(time.Minute))
	case revision == 0 && ttl > 0:
		_, err = kv.Create(ctx, key, value, jetstream.KeyTTL(ttl))
	case revision == 0:
		_, err = kv.Create(ctx, key, value)
	default:
		msg := nats.NewMsg("$KV." + kv.Bucket() + "." + key)
		msg.Data = value
		opts := []jetstream.PublishOpt{jetstream.WithExpectLastSequencePerSubject(revision), jetstream.WithRetryAttempts(0)}
		if ttl > 0 {
			opts = append(opts, jetstream.WithMsgTTL(ttl))
		}
		_, err = s.js.PublishMsg(ctx, msg, opts...)
	}
	var api *jetstream.APIError
	switch {
	case errors.Is(err, jetstream.ErrKeyExists), errors.As(err, &api) && api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence:
		return errRaced
	case errors.As(err, &api) && api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequenceConstant:
		return errRaced
	}
	return err
}

// UpdateGrant changes an open upload's grant by compare-and-set and returns it as it is then; change may
// be called again. found is false where there is no grant. An error of change comes back as it is, any
// other is [ErrUnavailable].
func (s *Store) UpdateGrant(ctx context.Context, id string, change func(g *airlock.Grant) error) (g airlock.Grant, found bool, err error) {
	err = s.change(ctx, s.grants, id, func(old []byte) ([]byte, time.Time, error) {
		g = airlock.Grant{}
		if found = old != nil; !found {
			return nil, time.Time{}, nil
		}
		if err := json.Unmarshal(old, &g); err != nil {
			return nil, time.Time{}, fmt.Errorf("read grant of %s: %w: %w", id, ErrUnavailable, err)
		}
		if err := change(&g); err != nil {
			return nil, time.Time{}, err
		}
		body, err := json.Marshal(g)
		return body, time.Time{}, err
	})
	return g, found, err
}

// UpdateQuota changes what is held of an owner's quota; see package signer/quota for what next makes of
// it. What is kept lives until the time that next returns.
func (s *Store) UpdateQuota(ctx context.Context, owner string, next func(old []byte) (value []byte, until time.Time, err error)) error {
	return s.change(ctx, s.quota, hashed(owner), next)
}

// hashed holds any text in the alphabet of NATS keys.
func hashed(text string) string {
	sum := sha256.Sum256([]byte(text))
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:])
}

// Remember keeps value under name, which may be any text, for d, unless something is kept there: then it
// returns that. An error is always [ErrUnavailable].
func (s *Store) Remember(ctx context.Context, name string, value []byte, d time.Duration) (kept []byte, err error) {
	err = s.change(ctx, s.state, "kept."+hashed(name), func(old []byte) ([]byte, time.Time, error) {
		if kept = old; old == nil {
			kept = value
		}
		return kept, time.Now().Add(d), nil
	})
	return kept, err
}

// Take counts n more under name, which may be any text, if that is within most, and tells whether it is.
// The count is forgotten after until. A negative n gives back. An error is always [ErrUnavailable].
func (s *Store) Take(ctx context.Context, name string, n, most int64, until time.Time) (within bool, err error) {
	err = s.change(ctx, s.state, "taken."+hashed(name), func(old []byte) ([]byte, time.Time, error) {
		var taken int64
		if old != nil {
			if err := json.Unmarshal(old, &taken); err != nil {
				return nil, until, fmt.Errorf("%w: %w", ErrUnavailable, err)
			}
		}
		if within = taken+n <= most; !within {
			return old, until, nil
		}
		value, err := json.Marshal(max(taken+n, 0))
		return value, until, err
	})
	return within, err
}
