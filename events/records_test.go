package events

import (
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"airlock"
	"airlock/internal/pace"
)

func TestAGrantIsChangedByEveryoneOneAfterAnother(t *testing.T) {
	server := startServer(t)
	_, one := server.open(t)
	_, two := server.open(t)
	if err := one.CreateGrant(t.Context(), airlock.Grant{ID: upload(1), Profile: "image"}); err != nil {
		t.Fatal(err)
	}
	const each = 25
	var wg sync.WaitGroup
	for _, s := range []*Store{one, two, one, two} {
		wg.Go(func() {
			for range each {
				_, found, err := s.UpdateGrant(t.Context(), upload(1), func(g *airlock.Grant) error { g.Size++; return nil })
				if err != nil || !found {
					t.Errorf("%t %v", found, err)
				}
			}
		})
	}
	wg.Wait()
	if g, _, err := one.Grant(t.Context(), upload(1)); err != nil || g.Size != 4*each || g.Profile != "image" {
		t.Errorf("%+v %v, want %d changes", g, err, 4*each)
	}
	refused := errors.New("refused")
	if _, _, err := one.UpdateGrant(t.Context(), upload(1), func(*airlock.Grant) error { return refused }); !errors.Is(err, refused) {
		t.Errorf("%v", err)
	}
	if err := one.PurgeGrant(t.Context(), upload(1)); err != nil {
		t.Fatal(err)
	}
	if _, found, err := one.UpdateGrant(t.Context(), upload(1), func(*airlock.Grant) error { t.Error("changed"); return nil }); found || err != nil {
		t.Errorf("a purged one: %t %v", found, err)
	}
}

func TestAQuotaIsOneRecordPerOwnerUntilItEnds(t *testing.T) {
	_, s := startNATS(t)
	set := func(owner, value string, until time.Time) {
		t.Helper()
		err := s.UpdateQuota(t.Context(), owner, func([]byte) ([]byte, time.Time, error) { return []byte(value), until, nil })
		if err != nil {
			t.Fatal(err)
		}
	}
	get := func(owner string) (value string) {
		t.Helper()
		err := s.UpdateQuota(t.Context(), owner, func(old []byte) ([]byte, time.Time, error) { value = string(old); return old, time.Time{}, nil })
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
	later := time.Now().Add(time.Hour)
	const odd = "Zoë of > \"a.b\" * \x00"
	set(odd, "1", later)
	set("bob", "2", time.Now()) // ends at once, and NATS counts whole seconds
	if get(odd) != "1" || get("nobody") != "" {
		t.Errorf("%q %q", get(odd), get("nobody"))
	}
	pace.Eventually(t, 20*time.Second, "bob's has ended", func() bool { return get("bob") == "" })
	set("bob", "3", later) // over the marker that the first one left
	set("bob", "4", later)
	if get("bob") != "4" {
		t.Errorf("%q", get("bob"))
	}
	err := s.UpdateQuota(t.Context(), "bob", func([]byte) ([]byte, time.Time, error) { return nil, time.Time{}, nil })
	if err != nil || get("bob") != "" {
		t.Errorf("deleted: %q %v", get("bob"), err)
	}
	set("bob", "5", later)
	if get("bob") != "5" {
		t.Errorf("%q", get("bob"))
	}
}

func TestWhatIsRememberedIsTheFirst(t *testing.T) {
	_, s := startNATS(t)
	var firsts sync.Map
	var wg sync.WaitGroup
	for n := range 20 {
		wg.Go(func() {
			kept, err := s.Remember(t.Context(), "idem.x", []byte(strconv.Itoa(n)), time.Hour)
			if err != nil {
				t.Error(err)
			}
			firsts.Store(string(kept), true)
		})
	}
	wg.Wait()
	n := 0
	firsts.Range(func(any, any) bool { n++; return true })
	if n != 1 {
		t.Errorf("%d different ones were remembered", n)
	}
}

func TestNoMoreAreTakenThanThereAre(t *testing.T) {
	_, s := startNATS(t)
	var taken atomic.Int64
	var wg sync.WaitGroup
	for range 30 {
		wg.Go(func() {
			ok, err := s.Take(t.Context(), "token.x", 1, 10, time.Now().Add(time.Hour))
			if err != nil {
				t.Error(err)
			}
			if ok {
				taken.Add(1)
			}
		})
	}
	wg.Wait()
	if taken.Load() != 10 {
		t.Errorf("%d were taken of 10", taken.Load())
	}
	later := time.Now().Add(time.Hour)
	if _, err := s.Take(t.Context(), "token.x", -1, 10, later); err != nil {
		t.Fatal(err)
	}
	for _, want := range []bool{true, false} {
		if ok, err := s.Take(t.Context(), "token.x", 1, 10, later); err != nil || ok != want {
			t.Errorf("after one was given back: %t %v, want %t", ok, err, want)
		}
	}
}

func TestSharedRecordsNeedNATS(t *testing.T) {
	nc, s := startNATS(t)
	nc.Close()
	if _, err := s.Remember(t.Context(), "x", nil, time.Hour); !errors.Is(err, ErrUnavailable) {
		t.Errorf("%v", err)
	}
	if _, err := s.Take(t.Context(), "x", 1, 1, time.Now()); !errors.Is(err, ErrUnavailable) {
		t.Errorf("%v", err)
	}
}
