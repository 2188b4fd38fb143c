package signer

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/cenkalti/backoff/v5"
	"golang.org/x/sync/errgroup"

	"airlock/internal/presigned"
)

const (
	partsAtOnce = 4
	partTries   = 5
)

// PutParts sends what was signed for method multipart, four parts at a time, and has them put together.
// A part that fails is sent again, by a new URL, up to four times with growing pauses. sent, if it is not
// nil, hears of the bytes of each part that S3 has taken; it may be called by several goroutines.
func (c *Client) PutParts(ctx context.Context, s Signed, file io.ReaderAt, sent func(bytes int64)) error {
	all := make([]clientPart, s.PartCount)
	group, sending := errgroup.WithContext(ctx)
	group.SetLimit(partsAtOnce)
	for i := range all {
		group.Go(func() (err error) {
			all[i], err = c.putPart(sending, s, file, int32(i+1), sent)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return fmt.Errorf("upload: %w", err)
	}
	body, err := json.Marshal(map[string]any{"parts": all})
	if err == nil {
		err = c.call(ctx, http.MethodPost, s.StatusURL+"/complete", s.UploadToken, bytes.NewReader(body), nil)
	}
	if err != nil {
		return fmt.Errorf("complete the upload: %w", err)
	}
	return nil
}

func (c *Client) putPart(ctx context.Context, s Signed, file io.ReaderAt, n int32, sent func(int64)) (clientPart, error) {
	pause := &backoff.ExponentialBackOff{InitialInterval: 500 * time.Millisecond, Multiplier: 2, RandomizationFactor: 0.2, MaxInterval: 10 * time.Second}
	return backoff.Retry(ctx, func() (clientPart, error) {
		var answer partsAnswer
		body, _ := json.Marshal(map[string]any{"part_numbers": []int32{n}})
		err := c.call(ctx, http.MethodPost, s.StatusURL+"/parts", s.UploadToken, bytes.NewReader(body), &answer)
		var p *Problem
		if errors.As(err, &p) && p.Status < http.StatusInternalServerError {
			return clientPart{}, backoff.Permanent(err)
		}
		if err != nil {
			return clientPart{}, err
		}
		if len(answer.Parts) != 1 {
			return clientPart{}, backoff.Permanent(fmt.Errorf("the signer signed %d parts for one", len(answer.Parts)))
		}
		part := answer.Parts[0]
		etag, err := c.sendPart(ctx, part, io.NewSectionReader(file, int64(n-1)*s.PartSize, part.Size))
		if err == nil && sent != nil {
			sent(part.Size)
		}
		return clientPart{PartNumber: n, ETag: etag}, err
	}, backoff.WithBackOff(pause), backoff.WithMaxTries(partTries))
}

func (c *Client) sendPart(ctx context.Context, part signedPart, data io.Reader) (etag string, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, part.URL, io.NopCloser(data))
	if err != nil {
		return "", presigned.WithoutURL(err)
	}
	req.ContentLength = part.Size
	resp, err := c.http().Do(req)
	if err != nil {
		return "", presigned.WithoutURL(err)
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(io.LimitReader(resp.Body, 4<<10))
	if resp.StatusCode != http.StatusOK {
		return "", fmt.Errorf("part %d: S3 answers %s%s", part.PartNumber, resp.Status, s3Message(text))
	}
	return resp.Header.Get("ETag"), nil
}
