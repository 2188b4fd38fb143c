package validator

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/middleware"

	"airlock/infra/devstack"
	"airlock/infra/localstack"
)

// careless is the bucket of the rig as if the store ignored the conditions that strip takes out of a
// request. One that lies says no, and does it all the same.
func (r *rig) careless(strip func(input any), lies bool) *S3 {
	cfg := r.S3Config(devstack.Validator, 4)
	cfg.APIOptions = append(cfg.APIOptions, func(s *middleware.Stack) error {
		return s.Initialize.Add(middleware.InitializeMiddlewareFunc("careless", func(
			ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
		) (middleware.InitializeOutput, middleware.Metadata, error) {
			out, meta, err := next.HandleInitialize(ctx, in)
			if code(err) != "PreconditionFailed" {
				return out, meta, err
			}
			strip(in.Parameters)
			again, anew, aerr := next.HandleInitialize(ctx, in)
			if lies {
				return out, meta, err
			}
			return again, anew, aerr
		}), middleware.Before)
	})
	return NewS3(cfg, true)
}

func TestTheProbeSeesThroughStoresThatIgnoreAConditionOrLie(t *testing.T) {
	if localstack.Here() {
		t.Skip("needs a store that honours all of them")
	}
	all := Capabilities{CopySource: true, CopyDestination: true, ConditionalDelete: true, PutOnce: true}
	for name, c := range map[string]struct {
		strip func(input any)
		lacks func(*Capabilities)
	}{
		"source of a copy": {func(in any) {
			if in, ok := in.(*s3.CopyObjectInput); ok {
				in.CopySourceIfMatch = nil
			}
		}, func(c *Capabilities) { c.CopySource = false }},
		"destination of a copy": {func(in any) {
			if in, ok := in.(*s3.CopyObjectInput); ok {
				in.IfNoneMatch = nil
			}
		}, func(c *Capabilities) { c.CopyDestination = false }},
		"delete": {func(in any) {
			if in, ok := in.(*s3.DeleteObjectInput); ok {
				in.IfMatch = nil
			}
		}, func(c *Capabilities) { c.ConditionalDelete = false }},
		"put": {func(in any) {
			if in, ok := in.(*s3.PutObjectInput); ok {
				in.IfNoneMatch = nil
			}
		}, func(c *Capabilities) { c.PutOnce = false }},
	} {
		want := all
		c.lacks(&want)
		for _, lies := range []bool{false, true} {
			r := fresh(t)
			if got, err := r.careless(c.strip, lies).Probe(t.Context(), devstack.Clean); err != nil || got != want {
				t.Errorf("%s (lies: %t): %+v, %v", name, lies, got, err)
			}
			if left := r.list(t, devstack.CleanBucket); len(left) > 0 {
				t.Errorf("%s (lies: %t) left %q", name, lies, left)
			}
		}
	}
}
