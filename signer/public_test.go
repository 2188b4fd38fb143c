package signer_test

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"airlock/signer"
)

// frontDoor is the application's own origin: its pages, and below /up/ the quarantine bucket, through a
// proxy that restores the host and the path that were signed.
func frontDoor(t *testing.T) *httptest.Server {
	t.Helper()
	store, err := url.Parse(stack.S3Endpoint)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /album", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("<!doctype html><title>album</title>"))
	})
	mux.Handle("/up/", &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.Out.URL.Scheme, r.Out.URL.Host, r.Out.Host = store.Scheme, store.Host, store.Host
		r.Out.URL.Path = "/airlock-quarantine/" + strings.TrimPrefix(r.In.URL.Path, "/up/")
	}})
	front := httptest.NewServer(mux)
	t.Cleanup(front.Close)
	return front
}

// A PUT, a form and a part go to the page's own origin, for which a browser asks nobody's leave (CORS),
// and S3 finds its signature right. Another host or path is refused as ever.
func TestUploadsGoThroughTheApplicationsOwnOrigin(t *testing.T) {
	front := frontDoor(t)
	s := newSiteWith(t, func(h *signer.Handler) { h.Signer.PublicURLBase = front.URL + "/up" })
	page, data := front.URL+"/album", []byte("0123456789")
	own := func(address string) {
		t.Helper()
		u, err := url.Parse(address)
		if err != nil || u.Scheme+"://"+u.Host != front.URL || !strings.HasPrefix(u.Path, "/up/") || !strings.HasPrefix(page, u.Scheme+"://"+u.Host) {
			t.Fatalf("%s is not of the page's origin %s", u.Redacted(), front.URL)
		}
	}
	up := s.signed(t, nil)
	own(up.URL)
	if got := put(t, up, []byte("too long by far"), nil); got != 403 {
		t.Errorf("another length: %d", got)
	}
	if got := put(t, up, data, nil); got != 200 {
		t.Errorf("PUT: %d", got)
	}
	if got := put(t, up, data, func(r *http.Request) { r.URL.Path = strings.Replace(r.URL.Path, "/image/", "/text/", 1) }); got != 403 {
		t.Errorf("another key: %d", got)
	}
	post := s.signed(t, func(r map[string]any) { r["profile"], r["method"] = "media", "post" })
	own(post.URL)
	if got := (form{post.URL, post.Fields, data, "image/png"}).send(t); got != 201 {
		t.Errorf("POST: %d", got)
	}
	video := s.video(t, 10)
	signed, a := s.parts(t, video, 1)
	if a.status != 200 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	own(signed.Parts[0].URL)
	if got, _ := putPart(t, signed.Parts[0].URL, data, nil); got != 200 {
		t.Errorf("part: %d", got)
	}
	if a := s.complete(t, video, "{}"); a.status != 200 {
		t.Errorf("complete: %d %s", a.status, a.body)
	}
}

func TestAURLBaseIsAnAddress(t *testing.T) {
	for base, good := range map[string]bool{
		"https://app.example": true, "https://app.example/up": true, "http://127.0.0.1:8080/a/b/": true, "": false, "app.example": false, "/up": false,
		"ftp://app.example": false, "https://": false, "https://app.example/?a=b": false, "https://u:p@app.example": false, "https://app.example/#x": false,
	} {
		if err := signer.CheckURLBase(base); (err == nil) != good {
			t.Errorf("%q: %v", base, err)
		}
	}
}
