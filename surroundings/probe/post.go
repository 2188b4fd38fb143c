package probe

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"strings"

	"airlock"
	"airlock/internal/presigned"
	"airlock/signer/presign"
)

// post signs a form for content of text/plain at one key, lets change alter its fields, and sends
// it with this file.
func (b *bench) post(ctx context.Context, file string, change func(fields map[string]string)) (int, string, error) {
	p := presign.S3{Config: b.S3, PathStyle: b.PathStyle}
	signed, err := p.PresignPost(ctx, presign.PostSpec{
		Object: b.object(), ContentType: "text/plain", MinBytes: 1, MaxBytes: int64(len(content)), Expires: airlock.MinExpires,
	})
	if err != nil {
		return 0, "", err
	}
	fields := signed.Fields
	if change != nil {
		change(fields)
	}
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	for k, v := range fields {
		_ = w.WriteField(k, v) // a bytes.Buffer takes all
	}
	part, _ := w.CreateFormFile("file", "probe.txt") // the last field: S3 ignores what follows it
	_, _ = io.WriteString(part, file)
	_ = w.Close()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, signed.URL, bytes.NewReader(form.Bytes()))
	if err != nil {
		return 0, "", presigned.WithoutURL(err)
	}
	r.Header.Set("Content-Type", w.FormDataContentType())
	return send(r)
}

// formRefused sends a form that was changed, after one as it was signed.
func (b *bench) formRefused(ctx context.Context, what, file string, change func(fields map[string]string)) (string, error) {
	if got, code, err := b.post(ctx, content, nil); err != nil || got/100 != 2 {
		return "", fmt.Errorf("the form as it was signed: %d %s %w", got, code, err)
	}
	got, code, err := b.post(ctx, file, change)
	return verdict(what, got, code, err, 400, 403)
}

func postSignature(ctx context.Context, b *bench) (string, error) {
	return b.formRefused(ctx, "a form with a forged signature", content, func(f map[string]string) { f["X-Amz-Signature"] = strings.Repeat("0", 64) })
}

func postPolicy(ctx context.Context, b *bench) (string, error) {
	for _, c := range []struct {
		what, file string
		change     func(f map[string]string)
	}{
		{"a form with a longer file", content + "!", nil},
		{"a form of another type", content, func(f map[string]string) { f["Content-Type"] = "text/html" }},
		{"a form with a field that its policy does not hold", content, func(f map[string]string) { f["Cache-Control"] = "max-age=1" }},
	} {
		if _, err := b.formRefused(ctx, c.what, c.file, c.change); err != nil {
			return "", err
		}
	}
	return "another length, another type and a field beside the policy are refused", nil
}
