package validator

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/uuid"

	"airlock"
)

// Capabilities say which of the protocol's conditions a store honours: it says no, and nothing has
// changed.
type Capabilities struct {
	CopySource        bool // CopyObject x-amz-copy-source-if-match
	CopyDestination   bool // CopyObject If-None-Match: * (AWS since October 2025)
	ConditionalDelete bool // DeleteObject If-Match (AWS since November 2024); there is a fall-back
	PutOnce           bool // PutObject If-None-Match: * (AWS since August 2024)
}

// probePrefix is where a probe puts its objects, below the clean prefix.
const probePrefix = "airlock-probe/"

// Probe finds out with a few objects of one byte below <clean prefix>airlock-probe/, which it
// removes again. A store may ignore a condition silently, or say no and do it all the same: only
// trying and looking tells.
func (b *S3) Probe(ctx context.Context, clean airlock.Zone) (c Capabilities, err error) {
	below := clean.Prefix + probePrefix + uuid.NewString() + "/"
	at := func(name string) airlock.Object {
		return airlock.Object{Bucket: clean.Bucket, Key: airlock.Key(below + name)}
	}
	p := probe{b, at("from"), at("to"), at("other")}
	defer func() {
		for _, o := range []airlock.Object{p.from, p.to, p.other} {
			err = errors.Join(err, b.Delete(context.WithoutCancel(ctx), o, ""))
		}
		if err != nil {
			err = fmt.Errorf("probe the store: %w", err)
		}
	}()
	return p.try(ctx)
}

// A probe knows where it puts things.
type probe struct {
	*S3
	from, to, other airlock.Object
}

// another is an ETag that no object of a probe has.
const another = "00000000000000000000000000000000"

// try copies "a", and then tries with "b" what must not change it.
func (p probe) try(ctx context.Context) (c Capabilities, err error) {
	first, err := p.put(ctx, p.from, "a", false)
	if err != nil {
		return c, err
	}
	spec := CopySpec{From: p.from, ETag: first, To: p.to, Size: 1, ContentType: "application/octet-stream", Disposition: "attachment"}
	if _, err := p.Copy(ctx, spec); err != nil {
		return c, err
	}
	_, perr := p.put(ctx, p.from, "b", true)
	if code(perr) == "NotImplemented" {
		perr = nil
	}
	if c.PutOnce, err = p.held(ctx, perr, p.from, "a"); err != nil {
		return c, err
	}
	if spec.ETag, err = p.put(ctx, p.from, "b", false); err != nil {
		return c, err
	}
	_, cerr := p.Copy(ctx, spec)
	if c.CopyDestination, err = p.held(ctx, cerr, p.to, "a"); err != nil {
		return c, err
	}
	spec.To, spec.ETag = p.other, another
	_, cerr = p.Copy(ctx, spec)
	if c.CopySource, err = p.held(ctx, cerr, p.other, ""); err != nil {
		return c, err
	}
	if err := p.Delete(ctx, p.to, another); err != nil && !errors.Is(err, ErrChanged) {
		return c, err
	}
	_, herr := p.Head(ctx, p.to)
	c.ConditionalDelete = herr == nil
	return c, nil
}

// held tells a condition that held from one that was ignored: err says that it was refused, and o
// still has the bytes ("": is not there). A HEAD would not do: LocalStack refuses a copy, keeps the
// ETag of what was there, and replaces its bytes.
func (p probe) held(ctx context.Context, err error, o airlock.Object, want string) (bool, error) {
	if !errors.Is(err, ErrChanged) {
		return false, err
	}
	_, data, err := p.Read(ctx, o, 1)
	if errors.Is(err, ErrGone) {
		return want == "", nil
	}
	return err == nil && string(data) == want, err
}

// put stores a small object of our own; once: only where there is none.
func (b *S3) put(ctx context.Context, o airlock.Object, data string, once bool) (etag string, err error) {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	in := &s3.PutObjectInput{
		Bucket: &o.Bucket, Key: aws.String(string(o.Key)), Body: bytes.NewReader([]byte(data)), ContentType: aws.String("application/octet-stream"),
	}
	if once {
		in.IfNoneMatch = aws.String("*")
	}
	out, err := b.client.PutObject(ctx, in)
	if err != nil {
		return "", fmt.Errorf("put %s: %w", o, mapError(err))
	}
	return unquote(out.ETag), nil
}
