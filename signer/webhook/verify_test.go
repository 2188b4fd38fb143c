package webhook_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"airlock/signer"
	"airlock/signer/webhook"
)

// An application that answers: ten lines in any language.
func ExampleVerify() {
	secret := []byte("the same 16 bytes or more on both sides")
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
		if err != nil || webhook.Verify(secret, r.Header.Get(webhook.SignatureHeader), body, time.Now()) != nil {
			http.Error(w, "not signed by airlock", http.StatusUnauthorized)
			return
		}
		var asked struct {
			Profile string
			Headers map[string]string
		}
		if json.Unmarshal(body, &asked) != nil || asked.Headers["Cookie"] != "user=alice" {
			_, _ = io.WriteString(w, `{"allow": false, "detail": "log in first"}`)
			return
		}
		_, _ = io.WriteString(w, `{"allow": true, "owner": "alice", "max_bytes": 1000000}`)
	}))
	defer app.Close()

	hook, err := webhook.New(webhook.Options{URL: app.URL, Secret: secret, AllowPrivate: true}) // the application is on loopback
	if err != nil {
		panic(err)
	}
	for _, cookie := range []string{"user=alice", ""} {
		fmt.Println(hook.Approve(context.Background(), signer.Asked{Profile: "image", Header: http.Header{"Cookie": {cookie}}}))
	}
	// Output:
	// {alice 1000000 [] map[]} <nil>
	// { 0 [] map[]} log in first
}

func TestVerify(t *testing.T) {
	secret, body := []byte("secret"), []byte(`{"profile":"image"}`)
	now := time.Unix(1_800_000_000, 0)
	// printf '1800000000.{"profile":"image"}' | openssl dgst -sha256 -hmac secret
	const good = "t=1800000000,v1=6405e2b6bb99d303e445df7c2723c008b2286645d504d86fd18da9fbeece938e"
	t1, v1, _ := strings.Cut(good, ",")
	for name, c := range map[string]struct {
		header string
		body   string
		at     time.Duration
		ok     bool
	}{
		"good":            {good, string(body), 0, true},
		"5 minutes":       {good, string(body), 5 * time.Minute, true},
		"a fast clock":    {good, string(body), -5 * time.Minute, true},
		"other order":     {v1 + ", " + t1, string(body), 0, true},
		"two keys":        {t1 + ",v1=00," + v1 + ",v2=x", string(body), 0, true},
		"old":             {good, string(body), 5*time.Minute + time.Second, false},
		"from the future": {good, string(body), -5*time.Minute - time.Second, false},
		"other body":      {good, string(body) + " ", 0, false},
		"other time":      {"t=1800000001," + v1, string(body), 0, false},
		"signed time":     {"t=+1800000000," + v1, string(body), 0, false},
		"two times":       {good + ",t=1", string(body), 0, false},
		"no time":         {v1, string(body), 0, false},
		"huge time":       {"t=9223372036854775807," + v1, string(body), 0, false},
		"no signature":    {t1, string(body), 0, false},
		"empty signature": {t1 + ",v1=", string(body), 0, false},
		"cut signature":   {good[:len(good)-2], string(body), 0, false},
		"not hex":         {t1 + ",v1=zz", string(body), 0, false},
		"v0":              {t1 + ",v0=" + v1[3:], string(body), 0, false},
		"nothing":         {"", "", 0, false},
	} {
		err := webhook.Verify(secret, c.header, []byte(c.body), now.Add(c.at))
		if (err == nil) != c.ok || err != nil && !errors.Is(err, webhook.ErrSignature) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := webhook.Verify([]byte("other"), good, body, now); !errors.Is(err, webhook.ErrSignature) {
		t.Errorf("another secret: %v", err)
	}
}
