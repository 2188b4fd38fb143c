package doctor

import (
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"airlock"
	"airlock/internal/presigned"
	"airlock/signer/presign"
	"airlock/surroundings"
	"airlock/validator"
)

// sign presigns the PUT of one byte into quarantine, as the signer would, at this endpoint.
func (d Doctor) sign(ctx context.Context, endpoint string) (*http.Request, airlock.Object, error) {
	o := d.Quarantine.Object(airlock.Upload{Profile: "doctor", ID: uuid.NewString()})
	p := presign.S3{Config: d.S3, Endpoint: endpoint, PathStyle: d.PathStyle}
	signed, err := p.PresignPut(ctx, presign.PutSpec{Object: o, ContentType: "text/plain", Size: 1, Expires: airlock.MinExpires})
	if err != nil {
		return nil, o, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPut, signed.URL, strings.NewReader("x"))
	if err != nil {
		return nil, o, presigned.WithoutURL(err)
	}
	for k, v := range signed.Headers {
		r.Header.Set(k, v)
	}
	return r, o, nil
}

// clock compares ours with the store's, by the Date of any answer (RFC 9110, 6.6.1: whole seconds).
func (d Doctor) clock(ctx context.Context) surroundings.Finding {
	const check = "clock"
	r, _, err := d.sign(ctx, "")
	if err != nil {
		return found(check, surroundings.Skip, err.Error(), "")
	}
	head, err := http.NewRequestWithContext(ctx, http.MethodHead, r.URL.Scheme+"://"+r.URL.Host+"/", nil)
	if err != nil {
		return unknown(check, presigned.WithoutURL(err))
	}
	before := d.Now()
	resp, err := httpClient().Do(head)
	if err != nil {
		return found(check, surroundings.Skip, fmt.Sprintf("%s does not answer: %v", r.URL.Host, presigned.WithoutURL(err)), "")
	}
	resp.Body.Close()
	date, err := http.ParseTime(resp.Header.Get("Date"))
	if err != nil {
		return found(check, surroundings.Skip, "the store's answers have no Date", "")
	}
	now := d.Now()
	if skew := max(before.Sub(date.Add(time.Second)), date.Sub(now)); skew > maxSkew {
		return found(check, surroundings.Fail, fmt.Sprintf("this machine and the store differ by %s: URLs live shorter or longer than they say, and beyond 15 minutes S3 refuses everything", skew.Round(time.Second)),
			"set this machine's clock by NTP")
	}
	return good(check, "this machine and the store agree within %s", maxSkew)
}

// public sends a PUT with a forged signature to where clients send theirs. A healthy store says 403
// and stores nothing.
func (d Doctor) public(ctx context.Context) surroundings.Finding {
	const check = "public-endpoint"
	r, o, err := d.sign(ctx, d.PublicEndpoint)
	if err != nil {
		return unknown(check, err)
	}
	where := r.URL.Scheme + "://" + r.URL.Host
	q := r.URL.Query()
	q.Set("X-Amz-Signature", strings.Repeat("0", 64))
	r.URL.RawQuery = q.Encode()
	resp, err := httpClient().Do(r)
	if err != nil {
		return found(check, surroundings.Fail, fmt.Sprintf("%s cannot be reached: %v", where, presigned.WithoutURL(err)), "set --public-s3-endpoint to the store's address as clients see it")
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(io.LimitReader(resp.Body, 4<<10))
	var e struct{ Code string }
	_ = xml.Unmarshal(text, &e)
	switch {
	case resp.StatusCode == http.StatusForbidden:
		return good(check, "%s refuses a forged signature (%s)", where, e.Code)
	case resp.StatusCode/100 == 2:
		err := validator.NewS3(d.S3, d.PathStyle).Delete(ctx, o, "")
		return found(check, surroundings.Fail, where+" takes a forged signature: anybody may store anything"+suffixed(err),
			"switch signature checks on (LocalStack: S3_SKIP_SIGNATURE_VALIDATION=0), or use another store")
	}
	return found(check, surroundings.Fail, fmt.Sprintf("%s answers %s %s to a forged signature, not 403", where, resp.Status, e.Code), "is this S3, and does it know the bucket? see --public-s3-endpoint and --path-style")
}

func suffixed(err error) string {
	if err == nil {
		return ""
	}
	return fmt.Sprintf(" (and the probe's object stayed: %v)", err)
}

// preflight asks what a browser asks before its PUT (Fetch standard, "CORS-preflight request").
func (d Doctor) preflight(ctx context.Context, q surroundings.Bucket) surroundings.Finding {
	const check = "preflight"
	r, _, err := d.sign(ctx, d.PublicEndpoint)
	if err != nil {
		return unknown(check, err)
	}
	origin := d.origin(q)
	r.Method, r.Body, r.ContentLength = http.MethodOptions, nil, 0
	names := strings.ToLower(strings.Join(slices.Sorted(slices.Values(presign.SignedHeaders)), ","))
	r.Header = http.Header{"Origin": {origin}, "Access-Control-Request-Method": {http.MethodPut}, "Access-Control-Request-Headers": {names}}
	resp, err := httpClient().Do(r)
	if err != nil {
		return found(check, surroundings.Fail, presigned.WithoutURL(err).Error(), "see public-endpoint")
	}
	resp.Body.Close()
	h := resp.Header
	allowed := strings.FieldsFunc(strings.Join(h.Values("Access-Control-Allow-Headers"), ","), func(c rune) bool { return c == ',' || c == ' ' })
	for _, name := range presign.SignedHeaders {
		if !slices.ContainsFunc(allowed, func(a string) bool { return a == "*" || strings.EqualFold(a, name) }) {
			allowed = nil
		}
	}
	if from := h.Get("Access-Control-Allow-Origin"); resp.StatusCode/100 != 2 || from != "*" && from != origin || allowed == nil {
		return found(check, surroundings.Fail, fmt.Sprintf("a browser of %s may not PUT: the store answers %s, allowing origin %q, methods %q, headers %q",
			origin, resp.Status, from, h.Get("Access-Control-Allow-Methods"), h.Get("Access-Control-Allow-Headers")),
			"allow the origin, PUT and the headers "+strings.Join(presign.SignedHeaders, ", ")+" (some stores match exact names only), or name another origin by --origin")
	}
	return good(check, "a browser of %s may PUT", origin)
}

func (d Doctor) origin(q surroundings.Bucket) string {
	if d.Origin != "" {
		return d.Origin
	}
	if q.CORS.Value != nil {
		for _, r := range *q.CORS.Value {
			if i := slices.IndexFunc(r.AllowedOrigins, func(o string) bool { return !strings.Contains(o, "*") }); i >= 0 {
				return r.AllowedOrigins[i]
			}
		}
	}
	return "https://app.example"
}
