package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"airlock/events"
	"airlock/infra/devstack"
	"airlock/internal/pace"
	"airlock/signer"
)

// held is what the KV bucket airlock_quota says that the owner has open.
func held(t *testing.T, owner string) (open []struct {
	Until time.Time
	ID    string
}) {
	t.Helper()
	js, err := jetstream.New(stack.NATS)
	if err != nil {
		t.Fatal(err)
	}
	kv, err := js.KeyValue(t.Context(), "airlock_quota")
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(owner))
	entry, err := kv.Get(t.Context(), base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:]))
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return nil
	}
	var r struct {
		Open []struct {
			Until time.Time
			ID    string
		}
	}
	if err == nil {
		err = json.Unmarshal(entry.Value(), &r)
	}
	if err != nil {
		t.Fatal(err)
	}
	return r.Open
}

// Two signer processes, one owner, a limit of 100: of 200 requests at once exactly 100 are granted. The
// verdicts free them all. A signer that is killed amid such a crowd leaks nothing beyond the grants' end.
func TestAQuotaHoldsOverSignersAndOutlivesAKill(t *testing.T) {
	purge(t)
	cfg := filepath.Join(t.TempDir(), "airlock.yaml")
	if err := os.WriteFile(cfg, []byte(profilesYAML+"quotas: {per_owner: {open_uploads: 100}}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	one := start(t, "signer", "signer", "--listen", "127.0.0.1:0", "--insecure-no-auth", "-c", cfg)
	two := startSigner(t, "-c", cfg)
	signers := []string{"http://" + one.says(`serves" address=`), two}
	v := start(t, "validator", "validator")

	granted, refused := crowd(t, signers, 200, nil)
	if len(granted) != 100 || refused != 100 {
		t.Fatalf("%d granted, %d refused, want 100 and 100", len(granted), refused)
	}
	if n := len(held(t, "anonymous")); n != 100 {
		t.Errorf("%d are held", n)
	}
	upload(t, granted)
	pace.Eventually(t, time.Minute, "all are free again", func() bool { return len(held(t, "anonymous")) == 0 })

	granted, _ = crowd(t, signers, 200, one.kill)
	if len(granted) > 100 {
		t.Errorf("%d granted", len(granted))
	}
	end, store := time.Now().Add(67*time.Minute), openStore(t) // expires in 5 min, 1 h of grace
	leaked := 0
	for _, h := range held(t, "anonymous") {
		if _, found, err := store.Grant(t.Context(), h.ID); err != nil {
			t.Fatal(err)
		} else if !found {
			leaked++
		}
		if h.Until.After(end) {
			t.Errorf("%s is held until %s", h.ID, h.Until)
		}
	}
	upload(t, granted)
	pace.Eventually(t, time.Minute, "all that were told are free again", func() bool {
		still := map[string]bool{}
		for _, h := range held(t, "anonymous") {
			still[h.ID] = true
		}
		for _, g := range granted {
			if still[g.ID] {
				return false
			}
		}
		return true
	})
	t.Logf("killed: %d were told, %d held without a grant, until their end", len(granted), leaked)
	v.stop()
	clearQuota(t)
}

// crowd asks for n grants at once, and calls amid once a fifth of them has been answered.
func crowd(t *testing.T, signers []string, n int, amid func()) (granted []signer.Signed, refused int) {
	t.Helper()
	var mu sync.Mutex
	var answered atomic.Int64
	var wg, killing sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			client := &signer.Client{Endpoint: signers[i%len(signers)]}
			s, err := client.Sign(t.Context(), signer.Request{Profile: "image", Filename: "a.png", ContentType: "image/png", Size: int64(len(photo(0)))})
			if answered.Add(1) == int64(n/5) && amid != nil {
				killing.Go(amid)
			}
			mu.Lock()
			defer mu.Unlock()
			var p *signer.Problem
			switch {
			case err == nil:
				granted = append(granted, s)
			case errors.As(err, &p) && p.Status == http.StatusTooManyRequests && p.Code == "quota_exceeded" && p.RetryAfter > 0:
				refused++
			case amid == nil:
				t.Errorf("%v", err)
			}
		})
	}
	wg.Wait()
	killing.Wait()
	return granted, refused
}

func upload(t *testing.T, granted []signer.Signed) {
	t.Helper()
	client := &signer.Client{}
	for _, s := range granted {
		if err := client.Put(t.Context(), s, bytes.NewReader(photo(0))); err != nil {
			t.Error(err)
		}
	}
}

func openStore(t *testing.T) *events.Store {
	t.Helper()
	s, err := events.Open(t.Context(), stack.NATS, devstack.QuarantineBucket)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// clearQuota leaves nothing for other tests.
func clearQuota(t *testing.T) {
	t.Helper()
	err := openStore(t).UpdateQuota(t.Context(), "anonymous", func([]byte) ([]byte, time.Time, error) { return nil, time.Time{}, nil })
	if err != nil {
		t.Fatal(err)
	}
}
