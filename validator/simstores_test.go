package validator

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"airlock"
	"airlock/events"
)

// simBucket is Bucket as one actor sees it.
type simBucket struct{ a *actor }

// simHead is so little that no body is read in one request.
const simHead = 48

var errStore = errors.New("503 from the store")

func (b simBucket) head(o airlock.Object, s stored) Head {
	return Head{Size: int64(len(s.body.data)), ETag: s.etag, VersionID: s.id, LastModified: s.at, Metadata: s.meta}
}

func (b simBucket) missing(o airlock.Object) error {
	if v := b.a.w.objects[o]; len(v) > 0 {
		return ErrHidden
	}
	return ErrGone
}

func (b simBucket) Read(_ context.Context, o airlock.Object, n int64) (Head, []byte, error) {
	var data []byte
	h, err := question(b.a, "GET "+short(o), errStore, func() (Head, error) {
		s, ok := b.a.w.latest(o)
		if !ok {
			return Head{}, b.missing(o)
		}
		data = s.body.data[:min(n, simHead, int64(len(s.body.data)))]
		return b.head(o, s), nil
	})
	return h, data, err
}

func (b simBucket) Open(_ context.Context, o airlock.Object, pin Pin, off, n int64) (io.ReadCloser, error) {
	return question(b.a, "GET more of "+short(o), errStore, func() (io.ReadCloser, error) {
		s, ok := b.a.w.find(o, pin.VersionID)
		switch {
		case !ok:
			return nil, b.missing(o)
		case s.etag != pin.ETag:
			return nil, ErrChanged
		}
		return io.NopCloser(bytes.NewReader(s.body.data[off : off+n])), nil
	})
}

func (b simBucket) Head(_ context.Context, o airlock.Object) (Head, error) {
	return question(b.a, "HEAD "+short(o), errStore, func() (Head, error) {
		s, ok := b.a.w.latest(o)
		if !ok {
			return Head{}, b.missing(o)
		}
		return b.head(o, s), nil
	})
}

func (b simBucket) Copy(_ context.Context, c CopySpec) (Head, error) {
	return effect(b.a, "COPY "+short(c.From)+" "+c.ETag[:min(2, len(c.ETag))]+" to "+short(c.To), ErrUnknown, errStore, func() (Head, error) {
		w := b.a.w
		s, ok := w.find(c.From, c.VersionID)
		if !ok {
			return Head{}, ErrGone
		}
		if c.ETag != "" && s.etag != c.ETag {
			return Head{}, ErrChanged
		}
		if old, there := w.latest(c.To); there {
			if w.store.CopyDestination {
				return Head{}, ErrChanged
			}
			w.checkChange(c.To, old, &s)
		}
		w.put(c.To, stored{body: s.body, etag: s.etag, meta: c.Metadata})
		now, _ := w.latest(c.To)
		return b.head(c.To, now), nil
	})
}

func (b simBucket) Delete(_ context.Context, o airlock.Object, etag string) error {
	_, err := effect(b.a, "DELETE "+short(o), errStore, errStore, func() (struct{}, error) {
		w := b.a.w
		s, ok := w.latest(o)
		if ok && etag != "" && s.etag != etag && w.store.ConditionalDelete {
			return struct{}{}, ErrChanged
		}
		w.checkDelete(o, ok, s)
		delete(w.objects, o)
		return struct{}{}, nil
	})
	return err
}

func (b simBucket) List(_ context.Context, z airlock.Zone) iter.Seq2[Listed, error] {
	return func(yield func(Listed, error) bool) {
		page, err := question(b.a, "LIST "+z.Prefix, errStore, func() ([]Listed, error) {
			var page []Listed
			for o := range b.a.w.objects {
				if s, ok := b.a.w.latest(o); ok && o.Bucket == z.Bucket && strings.HasPrefix(string(o.Key), z.Prefix) {
					page = append(page, Listed{o, s.etag, int64(len(s.body.data)), s.at})
				}
			}
			slices.SortFunc(page, func(x, y Listed) int { return b.a.w.compare(x.Object.Key, y.Object.Key) })
			return page, nil
		})
		if err != nil {
			yield(Listed{}, err)
			return
		}
		for _, l := range page {
			if !yield(l, nil) {
				return
			}
		}
	}
}

func (b simBucket) Uploads(_ context.Context, z airlock.Zone) iter.Seq2[OpenUpload, error] {
	return func(yield func(OpenUpload, error) bool) {
		open, err := question(b.a, "LIST uploads "+z.Prefix, errStore, func() ([]openUpload, error) { return slices.Clone(b.a.w.open), nil })
		if err != nil {
			yield(OpenUpload{}, err)
			return
		}
		for _, u := range open {
			if u.object.Bucket == z.Bucket && strings.HasPrefix(string(u.object.Key), z.Prefix) && !yield(OpenUpload{u.object, u.id, u.begun}, nil) {
				return
			}
		}
	}
}

func (b simBucket) Abort(_ context.Context, u OpenUpload) error {
	_, err := effect(b.a, "ABORT "+u.ID, errStore, errStore, func() (struct{}, error) {
		b.a.w.open = slices.DeleteFunc(b.a.w.open, func(o openUpload) bool { return o.id == u.ID })
		return struct{}{}, nil
	})
	return err
}

func (b simBucket) Now(context.Context, string) (time.Time, error) {
	return question(b.a, "clock", errStore, func() (time.Time, error) { return b.a.w.now, nil })
}

func (simBucket) Ping(context.Context, string) error { return nil }

func (b simBucket) Probe(context.Context, airlock.Zone) (Capabilities, error) {
	return b.a.w.store, nil
}

// simLedger is Ledger, and the signer's Grants, as one actor sees it.
type simLedger struct{ a *actor }

var errAway = fmt.Errorf("%w: simulated", events.ErrUnavailable)

func (l simLedger) Grant(_ context.Context, id string) (g airlock.Grant, found bool, err error) {
	g, err = question(l.a, "read grant", errAway, func() (g airlock.Grant, err error) {
		g, found = l.a.w.grants[id]
		return g, nil
	})
	return g, found, err
}

func (l simLedger) Last(_ context.Context, id string) (v events.Verdict, found bool, err error) {
	v, err = question(l.a, "read verdict", errAway, func() (v events.Verdict, err error) {
		if all := l.a.w.verdicts[id]; len(all) > 0 {
			return all[len(all)-1], nil
		}
		return v, nil
	})
	return v, v.Result != "", err
}

func (l simLedger) Record(_ context.Context, v events.Verdict) error {
	unsure := fmt.Errorf("%w: simulated", events.ErrUnsure)
	_, err := effect(l.a, fmt.Sprintf("publish %s %s", v.Result, v.Reason), unsure, errAway, func() (struct{}, error) {
		w := l.a.w
		if len(w.verdicts[v.UploadID]) > 0 {
			return struct{}{}, unsure
		}
		w.checkVerdict(v)
		w.verdicts[v.UploadID] = append(w.verdicts[v.UploadID], v)
		return struct{}{}, nil
	})
	return err
}

func (l simLedger) CreateGrant(_ context.Context, g airlock.Grant) error {
	_, err := effect(l.a, "store grant", errAway, errAway, func() (struct{}, error) {
		if _, there := l.a.w.grants[g.ID]; there {
			return struct{}{}, events.ErrExists
		}
		l.a.w.grants[g.ID] = g
		return struct{}{}, nil
	})
	return err
}

func (l simLedger) PurgeGrant(_ context.Context, id string) error {
	_, err := effect(l.a, "purge grant", errAway, errAway, func() (struct{}, error) {
		delete(l.a.w.grants, id)
		return struct{}{}, nil
	})
	return err
}

func (l simLedger) Grants(context.Context) iter.Seq2[airlock.Grant, error] {
	return func(yield func(airlock.Grant, error) bool) {
		all, err := question(l.a, "list grants", errAway, func() ([]airlock.Grant, error) {
			return slices.SortedFunc(maps.Values(l.a.w.grants), func(x, y airlock.Grant) int { return cmp.Compare(l.a.w.order[x.ID], l.a.w.order[y.ID]) }), nil
		})
		if err != nil {
			yield(airlock.Grant{}, err)
			return
		}
		for _, g := range all {
			if !yield(g, nil) {
				return
			}
		}
	}
}

func (simLedger) Retention(context.Context) (time.Duration, error) {
	return events.DefaultRetention, nil
}
func (simLedger) Turn(context.Context, string, time.Duration) (bool, error) { return true, nil }
func (simLedger) Ping(context.Context) error                                { return nil }
