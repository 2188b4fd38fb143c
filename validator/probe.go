package validator

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"airlock"
)

// Capabilities say which of the protocol's conditions a store honours.
type Capabilities struct {
	CopySource        bool // CopyObject x-amz-copy-source-if-match
	CopyDestination   bool // CopyObject If-None-Match: * (AWS since October 2025)
	ConditionalDelete bool // DeleteObject If-Match (AWS since November 2024); there is a fall-back
}

// Probe finds out with a few objects of one byte below <clean prefix>airlock-probe/, which it
// removes again. A store may ignore a condition silently: only trying tells.
func (b *S3) Probe(ctx context.Context, clean airlock.Zone) (c Capabilities, err error) {
	at := func(name string) airlock.Object {
		return airlock.Object{Bucket: clean.Bucket, Key: airlock.Key(clean.Prefix + "airlock-probe/" + uuid.NewString() + "/" + name)}
	}
	from, to, other := at("from"), at("to"), at("other")
	defer func() {
		for _, o := range []airlock.Object{from, to, other} {
			err = errors.Join(err, b.Delete(context.WithoutCancel(ctx), o, ""))
		}
		if err != nil {
			err = fmt.Errorf("probe the store: %w", err)
		}
	}()
	etag, err := b.put(ctx, from, []byte("a"))
	if err != nil {
		return c, err
	}
	spec := CopySpec{From: from, ETag: etag, To: to, Size: 1, ContentType: "application/octet-stream", Disposition: "attachment"}
	if _, err := b.Copy(ctx, spec); err != nil {
		return c, err
	}
	if c.CopyDestination, err = refused(b.copyError(ctx, spec)); err != nil {
		return c, err
	}
	spec.To, spec.ETag = other, "00000000000000000000000000000000"
	if c.CopySource, err = refused(b.copyError(ctx, spec)); err != nil {
		return c, err
	}
	if err := b.Delete(ctx, to, spec.ETag); err != nil && !errors.Is(err, ErrChanged) {
		return c, err
	}
	_, herr := b.Head(ctx, to)
	c.ConditionalDelete = herr == nil
	return c, nil
}

func (b *S3) copyError(ctx context.Context, spec CopySpec) error {
	_, err := b.Copy(ctx, spec)
	return err
}

// refused tells a condition that held from one that was ignored.
func refused(err error) (bool, error) {
	if errors.Is(err, ErrChanged) {
		return true, nil
	}
	return false, err
}
