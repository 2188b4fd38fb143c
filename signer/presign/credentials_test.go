package presign_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"airlock"
	"airlock/signer/presign"
)

// rotation gives each call the next credentials: another key, another secret of the same key,
// a session.
type rotation struct{ calls atomic.Int64 }

var rotated = []aws.Credentials{
	{AccessKeyID: "AKIAONE", SecretAccessKey: "one"},
	{AccessKeyID: "AKIAONE", SecretAccessKey: "two"},
	{AccessKeyID: "AKIATWO", SecretAccessKey: "two"},
	{AccessKeyID: "ASIATHREE", SecretAccessKey: "three", SessionToken: "token-a"},
	{AccessKeyID: "ASIATHREE", SecretAccessKey: "three", SessionToken: "token-b"},
}

func (r *rotation) Retrieve(context.Context) (aws.Credentials, error) {
	return rotated[(r.calls.Add(1)-1)%int64(len(rotated))], nil
}

func provide(c aws.Credentials) aws.CredentialsProvider {
	return aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return c, nil })
}

var (
	ireland = place{region: "eu-west-1", bucket: "inbox"}
	object  = airlock.Object{Bucket: "inbox", Key: "quarantine/image/0e8b3c52-7a3f-4f0e-9d55-6f6f3f0a1b2c"}
	form    = presign.PostSpec{Object: object, ContentType: "image/png", MinBytes: 1, MaxBytes: 20, Expires: 5 * time.Minute}
)

func TestWhenCredentialsChangeEverythingFollows(t *testing.T) {
	ours := ireland.ours()
	ours.Config.Credentials = &rotation{}
	put := trials(t.Context())[0]
	for range 2 {
		for _, creds := range rotated {
			cfg := ireland.config()
			cfg.Credentials = provide(creds)
			got, err := put.ours(ours, object)
			want, wantErr := put.sdk(ireland.sdkAs(cfg), object)
			if err != nil || wantErr != nil || got.URL != want.URL {
				t.Errorf("%v: %v %v\n got %s\nwant %s", creds, err, wantErr, got.URL, want.URL)
			}
		}
		for _, creds := range rotated {
			got, err := ours.PresignPost(t.Context(), form)
			if err != nil {
				t.Fatal(err)
			}
			checkSigned(t, got, creds)
		}
	}
}

// checkSigned computes the signature of a form again.
func checkSigned(t *testing.T, got presign.Presigned, creds aws.Credentials) {
	t.Helper()
	sign := func(key []byte, s string) []byte {
		h := hmac.New(sha256.New, key)
		h.Write([]byte(s))
		return h.Sum(nil)
	}
	key := sign(sign(sign(sign([]byte("AWS4"+creds.SecretAccessKey), "20260304"), "eu-west-1"), "s3"), "aws4_request")
	if want := hex.EncodeToString(sign(key, got.Fields["policy"])); got.Fields["X-Amz-Signature"] != want {
		t.Errorf("%s signs %s, want %s", creds.AccessKeyID, got.Fields["X-Amz-Signature"], want)
	}
	if c := got.Fields["X-Amz-Credential"]; c != creds.AccessKeyID+"/20260304/eu-west-1/s3/aws4_request" {
		t.Error(c)
	}
	if token := got.Fields["X-Amz-Security-Token"]; token != creds.SessionToken {
		t.Errorf("token %q, want %q", token, creds.SessionToken)
	}
}

// With -race.
func TestManyMaySignAtOnceWhileCredentialsChange(t *testing.T) {
	right := map[string]bool{}
	for _, creds := range rotated {
		alone := ireland.ours()
		alone.Config.Credentials = provide(creds)
		for _, s := range signatures(t, alone) {
			right[s] = true
		}
	}
	ours := ireland.ours()
	ours.Config.Credentials = &rotation{}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 50 {
				for _, s := range signatures(t, ours) {
					if !right[s] {
						t.Errorf("%s is nobody's", s)
					}
				}
			}
		})
	}
	all.Wait()
}

func signatures(t *testing.T, p *presign.S3) []string {
	put, err1 := p.PresignPut(t.Context(), presign.PutSpec{Object: object, ContentType: "image/png", Size: 1, Expires: time.Minute})
	part, err2 := p.PresignPart(t.Context(), presign.PartSpec{Object: object, UploadID: "u", Number: 1, Size: 1, Expires: time.Minute})
	get, err3 := p.PresignGet(t.Context(), presign.GetSpec{Object: object, Expires: time.Minute})
	post, err4 := p.PresignPost(t.Context(), form)
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		t.Error(err)
	}
	return []string{put.URL, part.URL, get.URL, post.Fields["X-Amz-Credential"] + post.Fields["X-Amz-Security-Token"] + post.Fields["X-Amz-Signature"]}
}

func TestAtMidnightTheKeyChanges(t *testing.T) {
	var now time.Time
	day := func() time.Time { return now }
	kept := ireland.ours()
	kept.Now = day
	for _, now = range []time.Time{noon, noon.Add(12 * time.Hour), noon, noon.AddDate(1, 0, 0), noon.In(time.FixedZone("Auckland", 13*60*60))} {
		fresh := ireland.ours()
		fresh.Now = day
		got, want := signatures(t, kept), signatures(t, fresh)
		for i := range got {
			if got[i] != want[i] {
				t.Errorf("at %s\n got %s\nwant %s", now, got[i], want[i])
			}
		}
	}
}

// SECURITY SIG-10, SIG-11: a URL lives no longer than may be, nor than who signed it.
func TestASignatureEndsWithTheCredentialsThatMadeIt(t *testing.T) {
	for _, c := range []struct {
		name       string
		want, left time.Duration // left 0: for ever
		life       time.Duration // 0: refused
	}{
		{"of somebody who stays", 5 * time.Minute, 0, 5 * time.Minute},
		{"with time to spare", 5 * time.Minute, time.Hour, 5 * time.Minute},
		{"with less", 5 * time.Minute, 3 * time.Minute, 3 * time.Minute},
		{"with less, and a part of a second", 5 * time.Minute, 3*time.Minute + 500*time.Millisecond, 3 * time.Minute},
		{"with the least", 5 * time.Minute, 2 * time.Minute, 2 * time.Minute},
		{"with too little", 5 * time.Minute, 2*time.Minute - time.Second, 0},
		{"with a part of a second less", 5 * time.Minute, 2*time.Minute - time.Millisecond, 0},
		{"that is over", 5 * time.Minute, -time.Minute, 0},
		{"short, as it was asked for", 30 * time.Second, 40 * time.Second, 30 * time.Second},
		{"short, and yet too long", 30 * time.Second, 29 * time.Second, 0},
		{"of a day", 24 * time.Hour, 0, time.Hour},
		{"of a day, with less", 24 * time.Hour, 10 * time.Minute, 10 * time.Minute},
		{"in parts of a second", 90*time.Second + 900*time.Millisecond, 0, 90 * time.Second},
		{"of no time", 0, 0, 0},
		{"of less than a second", time.Second - 1, 0, 0},
		{"of a time that has passed", -time.Minute, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := ireland.ours()
			p.Config.Credentials = provide(aws.Credentials{AccessKeyID: "a", SecretAccessKey: "b", CanExpire: c.left != 0, Expires: noon.Add(c.left)})
			for kind, sign := range all(p, c.want) {
				got, err := sign(t.Context())
				if (err == nil) != (c.life != 0) {
					t.Errorf("%s: %v", kind, err)
				}
				if err == nil && got.ExpiresAt != noon.Truncate(time.Second).Add(c.life) {
					t.Errorf("%s: until %s, want %s from %s", kind, got.ExpiresAt, c.life, noon)
				}
				checkEnd(t, got, int(c.life/time.Second))
			}
		})
	}
}

// all are the four, with good input.
func all(p *presign.S3, expires time.Duration) map[string]func(context.Context) (presign.Presigned, error) {
	return map[string]func(context.Context) (presign.Presigned, error){
		"PUT": func(ctx context.Context) (presign.Presigned, error) {
			return p.PresignPut(ctx, presign.PutSpec{Object: object, ContentType: "image/png", Size: 1, Expires: expires})
		},
		"part": func(ctx context.Context) (presign.Presigned, error) {
			return p.PresignPart(ctx, presign.PartSpec{Object: object, UploadID: "u", Number: 1, Size: 1, Expires: expires})
		},
		"GET": func(ctx context.Context) (presign.Presigned, error) {
			return p.PresignGet(ctx, presign.GetSpec{Object: object, Expires: expires})
		},
		"POST": func(ctx context.Context) (presign.Presigned, error) {
			spec := form
			spec.Expires = expires
			return p.PresignPost(ctx, spec)
		},
	}
}

// checkEnd checks that what S3 reads is what the client is told.
func checkEnd(t *testing.T, got presign.Presigned, seconds int) {
	t.Helper()
	switch policy := got.Fields["policy"]; {
	case policy != "":
		if end := readPolicy(t, policy).Expiration; end != got.ExpiresAt.Format(time.RFC3339) {
			t.Errorf("the policy ends at %s, not %s", end, got.ExpiresAt)
		}
	case got.URL != "":
		if _, after, _ := strings.Cut(got.URL, "X-Amz-Expires="); !strings.HasPrefix(after, strconv.Itoa(seconds)+"&") {
			t.Errorf("%s does not end after %d s", got.URL, seconds)
		}
	}
}
