package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"airlock/infra/dev/samples"
	"airlock/internal/pace"
	"airlock/signer"
)

// An album: 200 files signed in two requests, uploaded eight at a time, and all verdicts read through
// one feed that is asked again and again with what it said last.
func TestAnAlbumIsSignedInBatchesAndHeardOfInOneFeed(t *testing.T) {
	const photos, perBatch, uploaders = 200, 100, 8
	purge(t)
	api := startSigner(t)
	v := start(t, "validator", "validator")
	var feed struct {
		Uploads []signer.Status
		Next    string
		More    bool
	}
	began := time.Now().Add(-time.Second).UTC().Format(time.RFC3339)
	ask(t, "GET", api+"/v1/uploads?since="+began, nil, &feed)

	var signed []signer.Signed
	for range photos / perBatch {
		var asked struct {
			Uploads []signer.Request `json:"uploads"`
		}
		var batch struct{ Uploads []signer.Signed }
		for n := range perBatch {
			asked.Uploads = append(asked.Uploads, signer.Request{
				Profile: "image", Filename: fmt.Sprintf("photo %d.png", n), ContentType: "image/png", Size: int64(len(photo(n))), Metadata: map[string]string{"album": "7"},
			})
		}
		ask(t, "POST", api+"/v1/uploads/batch", asked, &batch)
		signed = append(signed, batch.Uploads...)
	}

	work := make(chan int)
	var uploading sync.WaitGroup
	client := &signer.Client{Endpoint: api}
	for range uploaders {
		uploading.Go(func() {
			for n := range work {
				if err := client.Put(t.Context(), signed[n], bytes.NewReader(photo(n%perBatch))); err != nil {
					t.Errorf("photo %d: %v", n, err)
				}
			}
		})
	}
	go func() {
		for n := range signed {
			work <- n
		}
		close(work)
	}()

	verdicts := map[string]signer.Status{}
	polls := 0
	ctx, cancel := pace.Context(t.Context(), time.Minute)
	defer cancel()
	for ; len(verdicts) < photos && ctx.Err() == nil; polls++ {
		ask(t, "GET", api+"/v1/uploads?profile=image&wait=10s&since="+feed.Next, nil, &feed)
		for _, st := range feed.Uploads {
			if _, twice := verdicts[st.ID]; twice {
				t.Errorf("%s came twice", st.ID)
			}
			verdicts[st.ID] = st
		}
	}
	uploading.Wait()
	for n, s := range signed {
		want := "accepted"
		if bad(n % perBatch) {
			want = "rejected"
		}
		if st := verdicts[s.ID]; st.State != want || st.Metadata["album"] != "7" || st.Filename != fmt.Sprintf("photo %d.png", n%perBatch) {
			t.Errorf("photo %d: %+v, want %s", n, st, want)
		}
	}
	v.stop()
	t.Logf("%d verdicts in %d polls", len(verdicts), polls)
}

func bad(n int) bool { return n%10 == 9 }

// photo is the n-th picture of the album; every tenth is a page.
func photo(n int) []byte {
	if bad(n) {
		return fmt.Appendf(nil, "<!doctype html><html>%d</html>", n)
	}
	return samples.TaggedPNG(fmt.Sprint(n), 0)
}

// ask sends body, if there is one, as JSON and reads the answer into into.
func ask(t *testing.T, method, url string, body, into any) {
	t.Helper()
	var text []byte
	if body != nil {
		text, _ = json.Marshal(body)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, url, bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err == nil {
		err = json.Unmarshal(answer, into)
	}
	if err != nil || resp.StatusCode/100 != 2 {
		t.Fatalf("%s %s: %s %v %s", method, strings.Split(url, "?")[0], resp.Status, err, answer)
	}
}
