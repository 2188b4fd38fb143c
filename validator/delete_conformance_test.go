package validator

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"airlock"
	"airlock/infra/devstack"
	"airlock/infra/localstack"
	"airlock/internal/pace"
)

// deleting counts the requests that delete, and holds each until held is closed (nil: not at all).
func deleting(n *atomic.Int64, held <-chan struct{}) func(*http.Request, func() (*http.Response, error)) (*http.Response, error) {
	return func(r *http.Request, pass func() (*http.Response, error)) (*http.Response, error) {
		if r.Method == http.MethodDelete || batches(r) {
			n.Add(1)
			if held != nil {
				<-held
			}
		}
		return pass()
	}
}

func batches(r *http.Request) bool {
	return r.Method == http.MethodPost && r.URL.Query().Has("delete")
}

// deleteAtOnce deletes all objects at the same time: the first with a request of its own, the others
// with those that follow when held is closed. requests counts what S3 gets.
func deleteAtOnce(t *testing.T, b *S3, requests *atomic.Int64, held chan struct{}, objects []airlock.Object, etags []string) []error {
	t.Helper()
	errs := make([]error, len(objects))
	var wg sync.WaitGroup
	wg.Go(func() { errs[0] = b.Delete(t.Context(), objects[0], etags[0]) })
	pace.Eventually(t, 30*time.Second, "a request under way", func() bool { return requests.Load() == 1 })
	for i := range objects[1:] {
		wg.Go(func() { errs[i+1] = b.Delete(t.Context(), objects[i+1], etags[i+1]) })
	}
	waiting(t, b, objects[0].Bucket, len(objects)-1)
	close(held)
	wg.Wait()
	return errs
}

// waiting waits until n deletes of a bucket wait.
func waiting(t *testing.T, b *S3, bucket string, n int) {
	t.Helper()
	pace.Eventually(t, 30*time.Second, fmt.Sprint(n, " deletes that wait"), func() bool {
		b.deletes.mu.Lock()
		defer b.deletes.mu.Unlock()
		return len(b.deletes.buckets[bucket].waiting) == n
	})
}

func TestDeletesThatWaitShareARequest(t *testing.T) {
	r := fresh(t)
	objects, etags := make([]airlock.Object, 500), make([]string, 500)
	for i := range objects {
		objects[i], _ = r.place(t, fmt.Sprintf("quarantine/test/%d", i), []byte("x"))
	}
	var requests atomic.Int64
	held := make(chan struct{})
	for i, err := range deleteAtOnce(t, r.tapped(deleting(&requests, held)), &requests, held, objects, etags) {
		if err != nil {
			t.Errorf("%s: %v", objects[i], err)
		}
	}
	if left := r.list(t, devstack.QuarantineBucket); len(left) > 0 {
		t.Errorf("%d left", len(left))
	}
	if n := requests.Load(); n != 1+5 { // one alone, 499 by the hundred
		t.Errorf("%d requests", n)
	}
}

func TestEachDeleteOfABatchHasItsOwnResult(t *testing.T) {
	r := fresh(t)
	const wrong = "00000000000000000000000000000000"
	var objects []airlock.Object
	var etags []string
	add := func(o airlock.Object, etag string) { objects, etags = append(objects, o), append(etags, etag) }
	a, etag := r.place(t, "quarantine/test/a", []byte("x"))
	kept, _ := r.place(t, "quarantine/test/kept", []byte("x"))
	plain, _ := r.place(t, "quarantine/test/plain", []byte("x"))
	missing := airlock.Object{Bucket: a.Bucket, Key: "quarantine/test/missing"}
	add(missing, "") // goes alone
	add(a, etag)
	add(a, etag) // the same twice
	add(kept, wrong)
	add(plain, "")
	add(missing, etag)
	var requests atomic.Int64
	held := make(chan struct{})
	for i, err := range deleteAtOnce(t, r.tapped(deleting(&requests, held)), &requests, held, objects, etags) {
		switch {
		case etags[i] != wrong:
			if err != nil {
				t.Errorf("%s: %v", objects[i], err)
			}
		case localstack.Differs(t, "DeleteObjects ignores the ETag of a key; AWS deletes or says PreconditionFailed for it"):
			if err != nil && !errors.Is(err, ErrChanged) {
				t.Error(err)
			}
		case !errors.Is(err, ErrChanged):
			t.Errorf("another etag: %v", err)
		}
	}
	left := r.list(t, devstack.QuarantineBucket)
	if localstack.Here() {
		return
	}
	if len(left) != 1 || left[0] != string(kept.Key) {
		t.Errorf("left: %q", left)
	}
}

func TestADeleteWhoseContextEndsHarmsNoOther(t *testing.T) {
	r := fresh(t)
	first, _ := r.place(t, "quarantine/test/first", []byte("x"))
	second, _ := r.place(t, "quarantine/test/second", []byte("x"))
	third, _ := r.place(t, "quarantine/test/third", []byte("x"))
	var requests atomic.Int64
	held := make(chan struct{})
	b := r.tapped(deleting(&requests, held))
	ending, end := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := b.Delete(t.Context(), first, ""); err != nil {
			t.Errorf("who leads: %v", err)
		}
	})
	pace.Eventually(t, 30*time.Second, "a request under way", func() bool { return requests.Load() == 1 })
	ended := make(chan error, 1)
	wg.Go(func() { ended <- b.Delete(ending, second, "") })
	waiting(t, b, first.Bucket, 1)
	wg.Go(func() {
		if err := b.Delete(t.Context(), third, ""); err != nil {
			t.Errorf("who waits behind: %v", err)
		}
	})
	waiting(t, b, first.Bucket, 2)
	end()
	if err := <-ended; !errors.Is(err, context.Canceled) { // though the store still holds the others
		t.Errorf("%v", err)
	}
	waiting(t, b, first.Bucket, 1)
	close(held)
	wg.Wait()
	if left := r.list(t, devstack.QuarantineBucket); len(left) != 1 || left[0] != string(second.Key) {
		t.Errorf("left: %q", left)
	}
}

func TestADeleteForNobodyIsGivenUp(t *testing.T) {
	r := fresh(t)
	o, _ := r.place(t, "quarantine/test/x", []byte("x"))
	stalled, ended := make(chan struct{}, 1), make(chan error, 1)
	b := r.tapped(func(req *http.Request, _ func() (*http.Response, error)) (*http.Response, error) {
		stalled <- struct{}{}
		<-req.Context().Done() // a store that hangs
		ended <- req.Context().Err()
		return nil, context.Cause(req.Context())
	})
	ctx, cancel := context.WithCancel(t.Context())
	deleted := make(chan error, 1)
	go func() { deleted <- b.Delete(ctx, o, "") }()
	pace.Receive(t, 30*time.Second, "a request under way", stalled)
	cancel()
	if err := pace.Receive(t, 30*time.Second, "the end of the delete", deleted); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if err := pace.Receive(t, 30*time.Second, "the end of the request", ended); !errors.Is(err, context.Canceled) { // and not by its time-out
		t.Error(err)
	}
}

func TestAStoreThatRefusesBatchesIsAskedOneByOne(t *testing.T) {
	for code, forEver := range map[string]bool{"NotImplemented": true, "AccessDenied": false} {
		t.Run(code, func(t *testing.T) {
			r := fresh(t)
			objects, etags := make([]airlock.Object, 20), make([]string, 20)
			for i := range objects {
				objects[i], _ = r.place(t, fmt.Sprintf("quarantine/test/%d", i), []byte("x"))
			}
			var requests atomic.Int64
			held := make(chan struct{})
			count := deleting(&requests, held)
			b := r.tapped(func(req *http.Request, pass func() (*http.Response, error)) (*http.Response, error) {
				return count(req, func() (*http.Response, error) {
					if batches(req) {
						return answer(req, http.StatusForbidden, "<Error><Code>"+code+"</Code><Message>x</Message></Error>"), nil
					}
					return pass()
				})
			})
			if err := errors.Join(deleteAtOnce(t, b, &requests, held, objects, etags)...); err != nil {
				t.Error(err)
			}
			if left := r.list(t, devstack.QuarantineBucket); len(left) > 0 {
				t.Errorf("left: %q", left)
			}
			if n := requests.Load(); n != 1+1+19 || b.oneByOne.Load() != forEver {
				t.Errorf("%d requests; asks for batches no more: %t", n, b.oneByOne.Load())
			}
		})
	}
}

func TestAKeyThatABatchFailedIsTriedAlone(t *testing.T) {
	r := fresh(t)
	objects, etags := make([]airlock.Object, 3), make([]string, 3)
	for i := range objects {
		objects[i], etags[i] = r.place(t, fmt.Sprintf("quarantine/test/%d", i), []byte("x"))
	}
	var requests atomic.Int64
	held := make(chan struct{})
	count := deleting(&requests, held)
	b := r.tapped(func(req *http.Request, pass func() (*http.Response, error)) (*http.Response, error) {
		return count(req, func() (*http.Response, error) {
			if batches(req) { // trouble with one, and not a word of the other
				return answer(req, http.StatusOK, "<DeleteResult><Error><Key>"+string(objects[1].Key)+"</Key><Code>InternalError</Code><Message>x</Message></Error></DeleteResult>"), nil
			}
			return pass()
		})
	})
	if err := errors.Join(deleteAtOnce(t, b, &requests, held, objects, etags)...); err != nil {
		t.Error(err)
	}
	if left := strings.Join(r.list(t, devstack.QuarantineBucket), " "); left != "" {
		t.Errorf("left: %s", left)
	}
}
