package signer

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v5"

	"airlock/internal/presigned"
)

// Client uploads through a signer, for Go callers and for `airlock upload`. Its zero value needs
// only Endpoint.
type Client struct {
	Endpoint string       // of the signer: http://host:port
	Token    string       // sent as Authorization: Bearer; "" sends none
	HTTP     *http.Client // nil: http.DefaultClient
}

// Sign asks for leave. An answer that is a problem comes back as a *[Problem].
func (c *Client) Sign(ctx context.Context, req Request) (Signed, error) {
	body, err := json.Marshal(req)
	if err != nil {
		return Signed{}, fmt.Errorf("ask for leave: %w", err)
	}
	var signed Signed
	if err := c.call(ctx, http.MethodPost, "/v1/uploads", c.Token, bytes.NewReader(body), &signed); err != nil {
		return Signed{}, fmt.Errorf("ask for leave: %w", err)
	}
	return signed, nil
}

// Put sends the file as signed. It does not retry. S3's 412 is no error: the object is there
// already, as after a retry whose first answer was lost; ask for the status.
func (c *Client) Put(ctx context.Context, s Signed, file io.Reader) error {
	req, err := http.NewRequestWithContext(ctx, s.Method, s.URL, io.NopCloser(file))
	if err != nil {
		return fmt.Errorf("upload: %w", presigned.WithoutURL(err))
	}
	req.ContentLength = s.MaxBytes
	for k, v := range s.Headers {
		req.Header.Set(k, v)
	}
	resp, err := c.http().Do(req)
	if err != nil {
		return fmt.Errorf("upload: %w", presigned.WithoutURL(err))
	}
	defer resp.Body.Close()
	if resp.StatusCode/100 != 2 && resp.StatusCode != http.StatusPreconditionFailed {
		text, _ := io.ReadAll(io.LimitReader(resp.Body, 4<<10))
		return fmt.Errorf("upload: S3 answers %s%s", resp.Status, s3Message(text))
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10))
	return nil
}

// Uploaded sends the hint that the file is there. It may be lost without harm.
func (c *Client) Uploaded(ctx context.Context, s Signed) error {
	return c.call(ctx, http.MethodPost, s.StatusURL+"/uploaded", s.UploadToken, nil, nil)
}

// Cancel takes the upload back: it ends as expired (cancelled) unless it has its verdict already.
func (c *Client) Cancel(ctx context.Context, s Signed) error {
	return c.call(ctx, http.MethodDelete, s.StatusURL, s.UploadToken, nil, nil)
}

// Wait blocks until the upload has a verdict or ctx ends. Where the signer cannot answer it polls up
// to five times more, with pauses of 15 s in all: one that restarts cuts its long polls, and the file
// is in S3 all the same. An answer that is a problem of the caller's own comes back as a *[Problem].
func (c *Client) Wait(ctx context.Context, s Signed) (Status, error) {
	pause := &backoff.ExponentialBackOff{InitialInterval: 500 * time.Millisecond, Multiplier: 2, RandomizationFactor: 0.2, MaxInterval: 10 * time.Second}
	for {
		st, err := backoff.Retry(ctx, func() (st Status, err error) {
			err = c.call(ctx, http.MethodGet, s.StatusURL+"?wait=30s", s.UploadToken, nil, &st)
			var p *Problem
			if errors.As(err, &p) && p.Status < http.StatusInternalServerError {
				err = backoff.Permanent(err)
			}
			return st, err
		}, backoff.WithBackOff(pause), backoff.WithMaxTries(6))
		if err != nil {
			return st, fmt.Errorf("wait for the verdict: %w", err)
		}
		if st.State != Pending {
			return st, nil
		}
	}
}

// Status asks how an upload stands, by the client's own token.
func (c *Client) Status(ctx context.Context, id string) (Status, error) {
	var st Status
	if err := c.call(ctx, http.MethodGet, "/v1/uploads/"+url.PathEscape(id), c.Token, nil, &st); err != nil {
		return st, fmt.Errorf("status of %s: %w", id, err)
	}
	return st, nil
}

func (c *Client) http() *http.Client {
	if c.HTTP != nil {
		return c.HTTP
	}
	return http.DefaultClient
}

// answerTimeout is how long the signer may take beyond a long poll's own wait.
const answerTimeout = maxWait + 10*time.Second

func (c *Client) call(ctx context.Context, method, path, token string, body io.Reader, into any) error {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(c.Endpoint, "/")+path, body)
	if err != nil {
		return err
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := c.http().Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return err
	}
	if resp.StatusCode/100 != 2 {
		p := &Problem{}
		if json.Unmarshal(data, p) == nil && p.Code != "" {
			return p
		}
		return fmt.Errorf("the signer at %s answers %s: is it an airlock signer?", c.Endpoint, resp.Status)
	}
	if into == nil {
		return nil
	}
	if err := json.Unmarshal(data, into); err != nil {
		return fmt.Errorf("the signer's answer was not understood: %w", err)
	}
	return nil
}

// s3Message picks code and message out of S3's XML error, for people.
func s3Message(body []byte) string {
	var e struct{ Code, Message string }
	if xml.Unmarshal(body, &e) != nil || e.Code == "" {
		return ""
	}
	return fmt.Sprintf(" (%s: %s)", e.Code, e.Message)
}
