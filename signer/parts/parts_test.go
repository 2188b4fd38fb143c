package parts_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"airlock"
	"airlock/infra/devstack"
	"airlock/infra/devstack/stacktest"
	"airlock/signer/parts"
	"airlock/signer/presign"
)

var (
	cfg    aws.Config
	store  *parts.S3
	urls   *presign.S3
	client *s3.Client // beside, to look
)

func TestMain(m *testing.M) {
	os.Exit(stacktest.Main(m, devstack.Config{}, func(s *devstack.Stack) error {
		cfg = s.S3Config(devstack.Root, 4)
		store, urls = parts.New(cfg, true), &presign.S3{Config: cfg, PathStyle: true}
		client = s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = true })
		return nil
	}))
}

const least = 5 << 20 // of a part that is not the last

// upload is one that is under way.
type upload struct {
	airlock.Object
	id string
}

func begin(t *testing.T) upload {
	t.Helper()
	o := devstack.Quarantine.Object(airlock.Upload{Profile: "video", ID: uuid.NewString()})
	id, err := store.Create(t.Context(), o, "video/mp4")
	if err != nil {
		t.Fatal(err)
	}
	return upload{o, id}
}

// put is the client's part of it: a URL, and plain HTTP.
func (u upload) put(t *testing.T, number int32, data []byte) parts.Part {
	t.Helper()
	p, err := urls.PresignPart(t.Context(), presign.PartSpec{Object: u.Object, UploadID: u.id, Number: number, Size: int64(len(data)), Expires: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), "PUT", p.URL, bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if text, _ := io.ReadAll(resp.Body); resp.StatusCode != 200 {
		t.Fatalf("part %d: %d %s", number, resp.StatusCode, text)
	}
	return parts.Part{Number: number, ETag: strings.Trim(resp.Header.Get("ETag"), `"`), Size: int64(len(data))}
}

// twoParts are the fewest that make S3 look at their sizes.
func (u upload) twoParts(t *testing.T) ([]parts.Part, int64) {
	t.Helper()
	return []parts.Part{u.put(t, 1, make([]byte, least)), u.put(t, 2, []byte("the end"))}, least + 7
}

// stored is the size and type of what lies at the key; -1: nothing.
func (u upload) stored(t *testing.T) (int64, string) {
	t.Helper()
	out, err := client.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: &u.Bucket, Key: aws.String(string(u.Key))})
	if err != nil {
		return -1, ""
	}
	return aws.ToInt64(out.ContentLength), aws.ToString(out.ContentType)
}

func TestPartsThatWerePutBecomeOneObject(t *testing.T) {
	u := begin(t)
	want, size := u.twoParts(t)
	got, err := store.List(t.Context(), u.Object, u.id)
	if d := cmp.Diff(want, got); err != nil || d != "" {
		t.Fatal(err, d)
	}
	if err := store.Complete(t.Context(), u.Object, u.id, got, size); err != nil {
		t.Fatal(err)
	}
	if n, kind := u.stored(t); n != size || kind != "video/mp4" {
		t.Errorf("%d bytes of type %q are stored", n, kind)
	}
	if _, err := store.List(t.Context(), u.Object, u.id); !errors.Is(err, parts.ErrGone) {
		t.Errorf("its parts: %v", err)
	}
	if err := store.Abort(t.Context(), u.Object, u.id); err != nil {
		t.Errorf("its end: %v", err)
	}
	if n, _ := u.stored(t); n != size {
		t.Error("the object went with it")
	}
}

// A client asks again, since it lost the answer. AWS, and this store, say yes again; others, and they
// too once the object is gone, that the upload is gone.
func TestAnUploadIsCompletedOnce(t *testing.T) {
	u := begin(t)
	whole, size := u.twoParts(t)
	if err := store.Complete(t.Context(), u.Object, u.id, whole, size); err != nil {
		t.Fatal(err)
	}
	if err := store.Complete(t.Context(), u.Object, u.id, whole, size); err != nil && !errors.Is(err, parts.ErrGone) {
		t.Fatal(err)
	}
	_ = store.Complete(t.Context(), u.Object, u.id, whole[:1], least) // even to that this store says yes
	if n, _ := u.stored(t); n != size {
		t.Errorf("%d bytes are stored", n)
	}
	if _, err := client.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: &u.Bucket, Key: aws.String(string(u.Key))}); err != nil {
		t.Fatal(err)
	}
	if err := store.Complete(t.Context(), u.Object, u.id, whole, size); !errors.Is(err, parts.ErrGone) {
		t.Errorf("when the object has moved on: %v", err)
	}
	if n, _ := u.stored(t); n != -1 {
		t.Error("it is there again")
	}
}

func TestWhatMakesNoWholeIsRefusedAndMayBeMended(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(p []parts.Part, size *int64) []parts.Part
	}{
		{"fewer bytes than promised", func(p []parts.Part, size *int64) []parts.Part { *size++; return p }},
		{"more bytes than promised", func(p []parts.Part, size *int64) []parts.Part { *size--; return p }},
		{"a part left out", func(p []parts.Part, _ *int64) []parts.Part { return p[:1] }},
		{"a part that was not put", func(p []parts.Part, _ *int64) []parts.Part {
			return append(p, parts.Part{Number: 3, ETag: p[1].ETag})
		}},
		{"another ETag", func(p []parts.Part, _ *int64) []parts.Part { p[1].ETag = p[0].ETag; return p }},
		{"a number above all", func(p []parts.Part, _ *int64) []parts.Part { p[1].Number = airlock.MaxParts + 1; return p }},
		{"a number below all", func(p []parts.Part, _ *int64) []parts.Part { p[0].Number = 0; return p }},
		{"no ETag", func(p []parts.Part, _ *int64) []parts.Part { p[1].ETag = ""; return p }},
		{"backwards", func(p []parts.Part, _ *int64) []parts.Part { slices.Reverse(p); return p }},
		{"twice the same", func(p []parts.Part, _ *int64) []parts.Part { return append(p, p[1]) }},
		{"no parts", func([]parts.Part, *int64) []parts.Part { return nil }},
	} {
		t.Run(c.name, func(t *testing.T) {
			u := begin(t)
			whole, size := u.twoParts(t)
			promised := size
			err := store.Complete(t.Context(), u.Object, u.id, c.change(slices.Clone(whole), &promised), promised)
			if !errors.Is(err, parts.ErrInvalid) {
				t.Errorf("got %v", err)
			}
			if n, _ := u.stored(t); n != -1 {
				t.Error("it is stored")
			}
			if err := store.Complete(t.Context(), u.Object, u.id, whole, size); err != nil {
				t.Errorf("mended: %v", err)
			}
		})
	}
}

func TestPartsAreInOrder(t *testing.T) {
	u := begin(t)
	large := []parts.Part{u.put(t, 1, make([]byte, least)), u.put(t, 2, make([]byte, least))}
	slices.Reverse(large)
	if err := store.Complete(t.Context(), u.Object, u.id, large, 2*least); !errors.Is(err, parts.ErrInvalid) {
		t.Errorf("got %v", err)
	}
}

func TestOnlyTheLastPartMayBeSmall(t *testing.T) {
	u := begin(t)
	small := []parts.Part{u.put(t, 1, []byte("small")), u.put(t, 2, []byte("small"))}
	if err := store.Complete(t.Context(), u.Object, u.id, small, 10); !errors.Is(err, parts.ErrInvalid) {
		t.Errorf("got %v", err)
	}
	if err := store.Complete(t.Context(), u.Object, u.id, small[:1], 5); err != nil {
		t.Errorf("one alone: %v", err)
	}
}

func TestATakenKeyStaysAsItIs(t *testing.T) {
	u := begin(t)
	whole, size := u.twoParts(t)
	if _, err := client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &u.Bucket, Key: aws.String(string(u.Key)), Body: strings.NewReader("first")}); err != nil {
		t.Fatal(err)
	}
	if err := store.Complete(t.Context(), u.Object, u.id, whole, size); !errors.Is(err, parts.ErrTaken) {
		t.Errorf("got %v", err)
	}
	if n, _ := u.stored(t); n != 5 {
		t.Error("it was overwritten")
	}
	if err := store.Abort(t.Context(), u.Object, u.id); err != nil {
		t.Error(err)
	}
}

func TestAnAbortedUploadIsGone(t *testing.T) {
	u := begin(t)
	whole, size := u.twoParts(t)
	for range 2 {
		if err := store.Abort(t.Context(), u.Object, u.id); err != nil {
			t.Error(err)
		}
	}
	if _, err := store.List(t.Context(), u.Object, u.id); !errors.Is(err, parts.ErrGone) {
		t.Errorf("list: %v", err)
	}
	if err := store.Complete(t.Context(), u.Object, u.id, whole, size); !errors.Is(err, parts.ErrGone) {
		t.Errorf("complete: %v", err)
	}
}

func TestAllPagesAreListed(t *testing.T) {
	u := begin(t)
	want := make([]parts.Part, 12)
	for _, i := range []int{3, 0, 11, 7, 1, 2, 4, 5, 6, 8, 9, 10} { // in whatever order they come
		want[i] = u.put(t, int32(i+1), bytes.Repeat([]byte("x"), i+1))
	}
	for _, page := range []int32{1, 5, 6, 12, 1000} {
		got, err := parts.Paged(store, page).List(t.Context(), u.Object, u.id)
		if d := cmp.Diff(want, got); err != nil || d != "" {
			t.Errorf("pages of %d: %v %s", page, err, d)
		}
	}
}

func TestAPartMayBePutAgain(t *testing.T) {
	u := begin(t)
	if got, err := store.List(t.Context(), u.Object, u.id); err != nil || len(got) != 0 {
		t.Errorf("at first: %v %v", got, err)
	}
	u.put(t, 1, []byte("first"))
	last := u.put(t, 1, []byte("second"))
	if got, err := store.List(t.Context(), u.Object, u.id); err != nil || !slices.Equal(got, []parts.Part{last}) {
		t.Errorf("%v %v, want %v", got, err, last)
	}
}

// Without an id, a request would be one for the object itself.
func TestWithoutAnIDNothingIsAsked(t *testing.T) {
	u := begin(t)
	_, listed := store.List(t.Context(), u.Object, "")
	for name, err := range map[string]error{
		"list": listed, "abort": store.Abort(t.Context(), u.Object, ""),
		"complete": store.Complete(t.Context(), u.Object, "", []parts.Part{{Number: 1}}, 1),
	} {
		if err == nil || !strings.Contains(err.Error(), "no upload id") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// recorder keeps what was sent.
type recorder struct {
	next aws.HTTPClient
	mu   sync.Mutex
	sent []*http.Request
}

func (r *recorder) Do(req *http.Request) (*http.Response, error) {
	r.mu.Lock()
	r.sent = append(r.sent, req.Clone(context.Background()))
	r.mu.Unlock()
	return r.next.Do(req)
}

// An upload that was created with a checksum algorithm demands that checksum of each part.
func TestNoChecksumIsAskedOfParts(t *testing.T) {
	seen := &recorder{next: cfg.HTTPClient}
	watched := cfg.Copy()
	watched.HTTPClient = seen
	watched.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenSupported // as config.LoadDefaultConfig has it
	s := parts.New(watched, true)
	u := begin(t)
	id, err := s.Create(t.Context(), u.Object, "video/mp4")
	if err != nil {
		t.Fatal(err)
	}
	u.id = id
	whole, size := u.twoParts(t)
	if err := s.Complete(t.Context(), u.Object, u.id, whole, size); err != nil {
		t.Fatal(err)
	}
	for _, req := range seen.sent {
		for name := range req.Header {
			if n := strings.ToLower(name); strings.Contains(n, "checksum") || strings.Contains(n, "crc") {
				t.Errorf("%s %s has %s", req.Method, req.URL.Path, name)
			}
		}
	}
	if h := seen.sent[len(seen.sent)-1].Header; h.Get("If-None-Match") != "*" || h.Get("X-Amz-Mp-Object-Size") != "5242887" {
		t.Errorf("complete: %v", h)
	}
}

func TestAStopIsToldAsOne(t *testing.T) {
	u := begin(t)
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := store.List(ctx, u.Object, u.id); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestErrorsTellWhatWasDoneAndNoURL(t *testing.T) {
	u := begin(t)
	nobody := cfg.Copy()
	nobody.BaseEndpoint = aws.String("http://127.0.0.1:1")
	nobody.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
	s := parts.New(nobody, true)
	_, created := s.Create(t.Context(), u.Object, "video/mp4")
	_, listed := s.List(t.Context(), u.Object, u.id)
	for doing, err := range map[string]error{
		"create multipart upload of": created, "list parts of": listed,
		"complete multipart upload of": s.Complete(t.Context(), u.Object, u.id, []parts.Part{{Number: 1}}, 1),
		"abort multipart upload of":    s.Abort(t.Context(), u.Object, u.id),
	} {
		if err == nil {
			t.Errorf("%s: nobody answered", doing)
			continue
		}
		if text := err.Error(); !strings.HasPrefix(text, doing+" "+u.Object.String()+": ") || !strings.Contains(text, "refused") || strings.Contains(text, "http://") {
			t.Error(text)
		}
		if errors.Is(err, parts.ErrGone) || errors.Is(err, parts.ErrTaken) || errors.Is(err, parts.ErrInvalid) {
			t.Errorf("%s takes silence for an answer: %v", doing, err)
		}
	}
}
