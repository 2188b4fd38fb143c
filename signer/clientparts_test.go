package signer_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"airlock/signer"
)

// shaky loses the first PUT of each part: half of them before S3 sees them, the others' answers after.
type shaky struct {
	mu   sync.Mutex
	seen map[string]bool
	lost int
}

func (s *shaky) RoundTrip(r *http.Request) (*http.Response, error) {
	part := r.URL.Query().Get("partNumber")
	s.mu.Lock()
	first := r.Method == "PUT" && !s.seen[part]
	if first {
		s.seen[part] = true
		s.lost++
	}
	s.mu.Unlock()
	if first && part == "1" {
		return nil, errors.New("connection reset")
	}
	resp, err := http.DefaultTransport.RoundTrip(r)
	if first && err == nil {
		_, _ = io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		return nil, errors.New("connection reset")
	}
	return resp, err
}

func TestPartsThatFailAreSentAgain(t *testing.T) {
	s := newSite(t)
	data := bytes.Repeat([]byte("0123456789abcdef"), 20*mib/16)
	up := s.video(t, int64(len(data)))
	way := &shaky{seen: map[string]bool{}}
	client := &signer.Client{Endpoint: s.URL, HTTP: &http.Client{Transport: way}}
	var sent atomic.Int64
	if err := client.PutParts(t.Context(), up, bytes.NewReader(data), func(n int64) { sent.Add(n) }); err != nil {
		t.Fatal(err)
	}
	if way.lost != up.PartCount || sent.Load() != int64(len(data)) {
		t.Errorf("%d of %d parts were lost once, %d bytes were told", way.lost, up.PartCount, sent.Load())
	}
	gone := s.video(t, 10)
	if a := s.call(t, "DELETE", gone.StatusURL, gone.UploadToken, ""); a.status != 204 {
		t.Fatalf("%d", a.status)
	}
	var p *signer.Problem
	err := client.PutParts(t.Context(), gone, bytes.NewReader(data[:10]), nil)
	if !errors.As(err, &p) || p.Code != "upload_closed" || strings.Contains(err.Error(), "X-Amz") {
		t.Errorf("of a cancelled upload: %v", err)
	}
}
