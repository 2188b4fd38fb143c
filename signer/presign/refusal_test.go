package presign_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"airlock"
	"airlock/signer/presign"
)

func TestWhatWouldNotBeBoundIsNotSigned(t *testing.T) {
	p := ireland.ours()
	put := func(change func(*presign.PutSpec)) error {
		s := presign.PutSpec{Object: object, ContentType: "image/png", Size: 1, Expires: time.Minute}
		change(&s)
		_, err := p.PresignPut(t.Context(), s)
		return err
	}
	part := func(change func(*presign.PartSpec)) error {
		s := presign.PartSpec{Object: object, UploadID: "u", Number: 1, Size: 1, Expires: time.Minute}
		change(&s)
		_, err := p.PresignPart(t.Context(), s)
		return err
	}
	post := func(change func(*presign.PostSpec)) error {
		s := form
		change(&s)
		_, err := p.PresignPost(t.Context(), s)
		return err
	}
	for name, err := range map[string]error{
		"PUT of no length":          put(func(s *presign.PutSpec) { s.Size = 0 }),
		"PUT of no type":            put(func(s *presign.PutSpec) { s.ContentType = "" }),
		"PUT of two headers":        put(func(s *presign.PutSpec) { s.ContentType = "image/png\nx-amz-acl:public-read" }),
		"PUT of a type in UTF-8":    put(func(s *presign.PutSpec) { s.ContentType = "image/pñg" }),
		"PUT of an odd checksum":    put(func(s *presign.PutSpec) { s.ChecksumSHA256 = "a\r\nb" }),
		"PUT of no key":             put(func(s *presign.PutSpec) { s.Object.Key = "" }),
		"PUT of a rooted key":       put(func(s *presign.PutSpec) { s.Object.Key = "/k" }),
		"PUT into no bucket":        put(func(s *presign.PutSpec) { s.Object.Bucket = "" }),
		"part of no length":         part(func(s *presign.PartSpec) { s.Size = 0 }),
		"part 0":                    part(func(s *presign.PartSpec) { s.Number = 0 }),
		"part 10,001":               part(func(s *presign.PartSpec) { s.Number = airlock.MaxParts + 1 }),
		"part of no upload":         part(func(s *presign.PartSpec) { s.UploadID = "" }),
		"POST of nothing":           post(func(s *presign.PostSpec) { s.MinBytes = 0 }),
		"POST of a range backwards": post(func(s *presign.PostSpec) { s.MinBytes, s.MaxBytes = 3, 2 }),
		"POST of an odd checksum":   post(func(s *presign.PostSpec) { s.ChecksumSHA256 = "é" }),
		"POST of no key":            post(func(s *presign.PostSpec) { s.Object.Key = "" }),
		"POST into no bucket":       post(func(s *presign.PostSpec) { s.Object.Bucket = "" }),
	} {
		if err == nil {
			t.Errorf("%s was signed", name)
		}
	}
}

// An access point of many regions is signed for by SigV4a, which is not this.
func TestABucketOfAnotherSignatureIsRefused(t *testing.T) {
	p := ireland.ours()
	for _, kind := range []string{"PUT", "GET"} {
		spec := presign.PutSpec{Object: airlock.Object{Bucket: "arn:aws:s3::123456789012:accesspoint/mfzwi23gnjvgw.mrap", Key: "k"}, ContentType: "image/png", Size: 1, Expires: time.Minute}
		_, err := p.PresignPut(t.Context(), spec)
		if kind == "GET" {
			_, err = p.PresignGet(t.Context(), presign.GetSpec{Object: spec.Object, Expires: time.Minute})
		}
		if err == nil || !strings.Contains(err.Error(), "SigV4") {
			t.Errorf("%s: %v", kind, err)
		}
	}
}

func TestWithoutCredentialsNothingIsSigned(t *testing.T) {
	down := errors.New("the metadata service is down")
	for name, c := range map[string]aws.CredentialsProvider{
		"none":  nil,
		"empty": provide(aws.Credentials{}),
		"down": aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{}, down
		}),
	} {
		p := ireland.ours()
		p.Config.Credentials = c
		for kind, sign := range all(p, time.Minute) {
			got, err := sign(t.Context())
			if err == nil || got.URL != "" || got.Fields != nil {
				t.Errorf("%s, %s: %v %v", name, kind, got, err)
			}
			if name == "down" && !errors.Is(err, down) {
				t.Errorf("%s does not tell why: %v", kind, err)
			}
		}
	}
}

// What was learnt of a bucket is kept; what failed is not.
func TestAFailureIsForgotten(t *testing.T) {
	p := ireland.ours()
	p.Config.Region = ""
	if _, err := p.PresignPut(t.Context(), presign.PutSpec{Object: object, ContentType: "image/png", Size: 1, Expires: time.Minute}); err == nil {
		t.Error("signed for no region")
	}
	p.Config.Region = "eu-west-1"
	if _, err := p.PresignPut(t.Context(), presign.PutSpec{Object: object, ContentType: "image/png", Size: 1, Expires: time.Minute}); err != nil {
		t.Error(err)
	}
}
