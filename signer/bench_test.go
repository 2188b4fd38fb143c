package signer_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"airlock"
	"airlock/signer/presign"
)

// One grant's signature, by airlock and by the SDK on the same input, without any server:
//
//	go test -bench Sign -run '^$' ./signer

var (
	benchConfig = aws.Config{Region: "eu-west-1", Credentials: credentials.NewStaticCredentialsProvider("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "")}
	benchObject = airlock.Object{Bucket: "inbox", Key: "quarantine/image/0e8b3c52-7a3f-4f0e-9d55-6f6f3f0a1b2c"}
)

const benchSum = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="

// compare measures one after the other.
func compare(b *testing.B, airlock func(*presign.S3) error, sdk func(*s3.PresignClient) error) {
	p := &presign.S3{Config: benchConfig}
	measure(b, "airlock", func() error { return airlock(p) })
	client := s3.NewPresignClient(s3.NewFromConfig(benchConfig), s3.WithPresignExpires(5*time.Minute))
	measure(b, "sdk", func() error { return sdk(client) })
}

func measure(b *testing.B, name string, sign func() error) {
	b.Run(name, func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := sign(); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkSignPut(b *testing.B) {
	compare(b, func(p *presign.S3) error {
		_, err := p.PresignPut(b.Context(), presign.PutSpec{Object: benchObject, ContentType: "image/png", Size: 12, ChecksumSHA256: benchSum, Expires: 5 * time.Minute})
		return err
	}, func(c *s3.PresignClient) error {
		_, err := c.PresignPutObject(b.Context(), &s3.PutObjectInput{
			Bucket: &benchObject.Bucket, Key: aws.String(string(benchObject.Key)), ContentLength: aws.Int64(12),
			ContentType: aws.String("image/png"), IfNoneMatch: aws.String("*"), ChecksumSHA256: aws.String(benchSum),
		})
		return err
	})
}

func BenchmarkSignPart(b *testing.B) {
	const upload = "2~5PqDKvp3rD9fO0d1hF7mVhV8aXo1YqJ"
	compare(b, func(p *presign.S3) error {
		_, err := p.PresignPart(b.Context(), presign.PartSpec{Object: benchObject, UploadID: upload, Number: 7, Size: 5 << 20, Expires: 5 * time.Minute})
		return err
	}, func(c *s3.PresignClient) error {
		_, err := c.PresignUploadPart(b.Context(), &s3.UploadPartInput{
			Bucket: &benchObject.Bucket, Key: aws.String(string(benchObject.Key)), UploadId: aws.String(upload),
			PartNumber: aws.Int32(7), ContentLength: aws.Int64(5 << 20),
		})
		return err
	})
}

func BenchmarkSignPost(b *testing.B) {
	compare(b, func(p *presign.S3) error {
		_, err := p.PresignPost(b.Context(), presign.PostSpec{Object: benchObject, ContentType: "image/png", MinBytes: 1, MaxBytes: 12, ChecksumSHA256: benchSum, Expires: 5 * time.Minute})
		return err
	}, func(c *s3.PresignClient) error {
		_, err := c.PresignPostObject(b.Context(), &s3.PutObjectInput{Bucket: &benchObject.Bucket, Key: aws.String(string(benchObject.Key))},
			func(o *s3.PresignPostOptions) {
				o.Expires = 5 * time.Minute
				o.Conditions = []any{
					[]any{"content-length-range", 1, 12}, map[string]string{"Content-Type": "image/png"},
					map[string]string{"success_action_status": "201"}, map[string]string{"x-amz-checksum-sha256": benchSum},
				}
			})
		return err
	})
}
