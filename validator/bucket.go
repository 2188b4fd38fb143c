package validator

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"time"

	"airlock"
)

// Head is what S3 itself says of an object.
type Head struct {
	Size           int64  // bytes, of the whole object
	ETag           string // without quotes
	VersionID      string // "" where the bucket is not versioned
	LastModified   time.Time
	ChecksumSHA256 string            // base64, of the whole object; "" if the store keeps none
	Metadata       map[string]string // lower-case names
}

// Pin names the bytes that are meant, whatever is put at their key meanwhile.
type Pin struct {
	ETag      string // without quotes
	VersionID string // "" where the bucket is not versioned
}

// CopySpec is one promotion: source pinned by ETag, destination new, all headers made new.
type CopySpec struct {
	From         airlock.Object
	ETag         string // of the bytes that were judged; the copy fails if the source has others
	VersionID    string
	To           airlock.Object
	Size         int64 // bounds how long it may take
	ContentType  string
	Disposition  string
	CacheControl string
	Metadata     map[string]string
}

// Listed is what a list tells of an object.
type Listed struct {
	Object       airlock.Object
	ETag         string // without quotes
	Size         int64  // bytes
	LastModified time.Time
}

// OpenUpload is a multipart upload that was neither completed nor aborted. Its parts cost as much
// as an object, and no list of objects shows them.
type OpenUpload struct {
	Object airlock.Object
	ID     string // S3's, not airlock's
	Begun  time.Time
}

// Bucket is what reconcile needs of S3. Foreign errors end here: every method returns one of the
// sentinels below, or else trouble of the store, which is waited out and never judged.
type Bucket interface {
	// Read returns up to n bytes from the beginning and what S3 says of the object. An empty
	// object has no bytes and Size 0.
	Read(ctx context.Context, o airlock.Object, n int64) (Head, []byte, error)
	// Open reads n bytes from off on of the object that was pinned: others there are ErrChanged. The
	// bytes may break off with an error, which is trouble of the store; whoever opens closes.
	Open(ctx context.Context, o airlock.Object, pin Pin, off, n int64) (io.ReadCloser, error)
	// Head asks without reading.
	Head(ctx context.Context, o airlock.Object) (Head, error)
	// Copy promotes; it never overwrites. ErrChanged: the source has other bytes, or the
	// destination exists; ErrUnknown: it may have happened or not.
	Copy(ctx context.Context, spec CopySpec) (Head, error)
	// Delete removes the object with all its versions, if it still has etag ("": whatever it
	// has). An object that is not there is deleted. Stores that know no conditional delete delete
	// it all the same. Where ctx ends first, nobody knows whether it was done; while others wait
	// for the same request, Delete may return some seconds later than that.
	Delete(ctx context.Context, o airlock.Object, etag string) error
	// List calls for each object below z, in the order of keys. Iteration ends after the first error.
	List(ctx context.Context, z airlock.Zone) iter.Seq2[Listed, error]
	// Uploads lists the multipart uploads that are open below z.
	Uploads(ctx context.Context, z airlock.Zone) iter.Seq2[OpenUpload, error]
	// Abort gives up an open multipart upload; one that is not there any more is aborted.
	Abort(ctx context.Context, u OpenUpload) error
	// Now is the store's own clock (Date of an answer for the bucket), which decides when a URL ends.
	Now(ctx context.Context, bucket string) (time.Time, error)
	// Ping tells whether the store answers for the bucket.
	Ping(ctx context.Context, bucket string) error
	// Probe finds out which conditions the store honours.
	Probe(ctx context.Context, clean airlock.Zone) (Capabilities, error)
}

var (
	// ErrGone tells that S3 knows no such object (never that the bucket is missing).
	ErrGone = errors.New("no such object")
	// ErrHidden is an ErrGone: the object was deleted in a versioned bucket, and its bytes are
	// still there below a delete marker. Delete removes them too.
	ErrHidden = fmt.Errorf("%w, but older versions lie below a delete marker", ErrGone)
	// ErrSlowDown tells that the store asks for fewer requests. It is trouble like any other, but
	// worth halving the load for.
	ErrSlowDown = errors.New("the store asks to slow down")
	// ErrChanged tells that a condition did not hold (S3's 412 and 409).
	ErrChanged = errors.New("the object is not as expected")
	// ErrUnknown tells that nobody knows whether it was done: look.
	ErrUnknown = errors.New("the outcome is unknown")
)

// Message is one message of the queue, held by this process until Delete or Hide.
type Message struct {
	Body     []byte
	ID       string // for logs; a redriven message has a new one
	Handle   string
	Receives int       // how often it was received, this time included
	SentAt   time.Time // by S3
	HeldAt   time.Time // received by this process
}

// Queue is what the worker needs of SQS.
type Queue interface {
	// Receive waits at most wait for up to limit messages; none is no error. It is not retried:
	// a lost answer hides its messages for one visibility timeout.
	Receive(ctx context.Context, limit int, wait time.Duration) ([]Message, error)
	// Delete removes messages for good, at most 10. failed are those that the queue did not take.
	Delete(ctx context.Context, m []Message) (failed []Message, err error)
	// Hide keeps messages invisible for d from now on, at most 10; 0 hands them back at once.
	Hide(ctx context.Context, m []Message, d time.Duration) (failed []Message, err error)
	// Settings reads how the queue is configured.
	Settings(ctx context.Context) (QueueSettings, error)
}

// QueueSettings are the attributes of a queue that the protocol depends on.
type QueueSettings struct {
	Visibility   time.Duration
	Retention    time.Duration
	MaxReceives  int           // 0: no redrive policy
	DLQ          string        // ARN; "" without a redrive policy
	DLQRetention time.Duration // 0: not known
}
