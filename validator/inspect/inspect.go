// Package inspect looks whether content is what it says, all the way down: not at its first bytes
// only, but at its structure, its end and what is packed inside.
//
// An inspector reads through an [io.ReaderAt], so that nothing is fetched that it does not need, and
// within bounds: of time, of memory, of what it unpacks (SECURITY VAL-5). What it objects to is a
// finding, which is final; trouble of reading is an error, which is not (PROTOCOL decision 14).
package inspect

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"

	"airlock"
)

// Inspector is what all inspections of a process share: its processors, its memory and where it puts
// what is large. Make one with [New] or [Means.New]. It is safe for use by many goroutines.
type Inspector struct {
	pace   *pace
	memory *semaphore.Weighted
	files  func() (File, error)
	clock  *processClock
}

// New makes an inspector with all that a process may have; it starts nothing.
func New() *Inspector { return Means{}.New() }

// Means are what inspections may use. The zero value is what [New] gives.
type Means struct {
	Heavy int                  // inspections that may hold up to [MemoryOfOne] bytes at once; 0: 4
	Files func() (File, error) // makes room for what is unpacked and large; nil: nameless temporary files
}

// MemoryOfOne is how many bytes one inspection may hold beyond its cache and its buffers.
const MemoryOfOne = memoryOfOne

// File is written from front to back, then read at random. Close frees it.
type File interface {
	io.Writer
	io.ReaderAt
	io.Closer
}

// New makes an inspector that uses m; it starts nothing.
func (m Means) New() *Inspector {
	if m.Heavy == 0 {
		m.Heavy = heavyAtOnce
	}
	if m.Files == nil {
		m.Files = func() (File, error) { return nameless() }
	}
	return &Inspector{pace: newPace(), memory: semaphore.NewWeighted(int64(m.Heavy) * memoryOfOne), files: m.Files, clock: &processClock{}}
}

// Progress tells of one inspection from outside. The zero value is ready for use.
type Progress struct {
	steps   atomic.Uint64
	waiting atomic.Bool
}

// Steps grows while an inspection goes on; it stands still where an inspector loops without asking for
// anything.
func (p *Progress) Steps() uint64 { return p.steps.Load() }

// Waiting tells whether it waits for bytes, memory or a processor.
func (p *Progress) Waiting() bool { return p.waiting.Load() }

// Asks are how many bytes inspecting an upload of size bytes may ask for, and by how many reads; hash
// says that its SHA-256 is wanted, which takes one more pass. See docs/inspection.md, "Bounds".
func Asks(size int64, hash bool) (reads, bytes int64) {
	if hash {
		return mayAsk(size) + size/blockBytes + 1, mayFetch(size) + size
	}
	return mayAsk(size), mayFetch(size)
}

// Time is how long a processor may be used for inspecting an upload of size bytes.
func Time(size int64) time.Duration { return timeFor(size) }

// Upload is what is to be inspected.
type Upload struct {
	Profile airlock.Profile // with defaults
	Type    string          // what its bytes are said to be, without parameters
	Name    string          // the client's file name; only its extension is looked at
	Size    int64           // bytes
	Bytes   io.ReaderAt     // an error but io.EOF is trouble of reading, never a finding
	Hash    bool            // the SHA-256 of all of it is wanted

	Progress *Progress // is told how it goes; may be nil

	// Aside is called before a long wait for other inspections, and back after it. An error ends the
	// inspection. Nil: nobody wants to know. The inspectors of this package don't wait.
	Aside func() (back func(), err error)
}

// Report is what was seen.
type Report struct {
	Content airlock.Content
	Finding *airlock.Finding // nil: nothing to object to
	Checks  []string         // which inspectors looked
	SHA256  string           // base64; "" unless it was wanted and nothing was found
	Read    int64            // bytes that were asked for
}

// family is how the types of one kind are looked at. Its inspector returns nil, an objection
// (see object), or an error of reading, where a file that ends too early is malformed.
type family struct {
	name  string // as in Report.Checks
	look  func(*look) error
	types []string
}

// families are all of them; a function, since those that hold others call it again.
func families() []family {
	return []family{
		{"gif", inspectGIF, []string{"image/gif"}},
		{"gzip", inspectGzip, []string{"application/gzip"}},
		{"heif", inspectHEIF, []string{"image/avif", "image/heic", "image/heif"}},
		{"iso", inspectISO, []string{"video/mp4", "video/x-m4v", "video/quicktime", "audio/mp4", "audio/x-m4a"}},
		{"jpeg", inspectJPEG, []string{"image/jpeg"}},
		{"json", inspectJSON, []string{"application/json"}},
		{"mp3", inspectMP3, []string{"audio/mpeg"}},
		{"odf", inspectODF, []string{
			"application/vnd.oasis.opendocument.text",
			"application/vnd.oasis.opendocument.spreadsheet",
			"application/vnd.oasis.opendocument.presentation",
		}},
		{"office", inspectOffice, []string{
			"application/vnd.openxmlformats-officedocument.wordprocessingml.document",
			"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
			"application/vnd.openxmlformats-officedocument.presentationml.presentation",
		}},
		{"ole", inspectOLE, []string{"application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint"}},
		{"ogg", inspectOgg, []string{"audio/ogg", "video/ogg"}},
		{"pdf", inspectPDF, []string{"application/pdf"}},
		{"png", inspectPNG, []string{"image/png", "image/apng"}},
		{"svg", inspectSVG, []string{"image/svg+xml"}},
		{"tar", inspectTar, []string{"application/x-tar"}},
		{"text", inspectText, []string{"text/plain", "text/csv", "text/tab-separated-values"}},
		{"wav", inspectWAV, []string{"audio/wav"}},
		{"webm", inspectWebM, []string{"video/webm", "audio/webm"}},
		{"webp", inspectWebP, []string{"image/webp"}},
		{"xml", inspectXML, []string{"application/xml", "text/xml"}},
		{"zip", inspectZip, []string{"application/zip"}},
	}
}

func familyOf(mediaType string) (family, bool) {
	for _, f := range families() {
		if slices.Contains(f.types, mediaType) {
			return replaced(f), true
		}
	}
	return family{}, false
}

// Inspect looks at u as deep as its profile says. It blocks until it is done, and where many are
// inspected at once it waits for its turn. An error is trouble of reading, or ctx's: nothing was
// decided by it.
func (i *Inspector) Inspect(ctx context.Context, u Upload) (Report, error) {
	w := newWork(ctx, i, u)
	defer w.end()
	r := Report{}
	var err error
	if f, ok := familyOf(u.Type); ok {
		r.Checks = append(r.Checks, f.name)
		err = w.safely(func() error { return f.look(w.whole(u)) })
	}
	if u.Hash && err == nil {
		r.Checks = append(r.Checks, "checksum")
		r.SHA256, err = w.hash(u.Size)
	}
	r.Content, r.Read = w.content, w.cache.read
	if w.trouble != nil { // whatever a parser made of it
		return Report{}, w.trouble
	}
	if w.stopped != nil {
		err = w.stopped
	}
	r.Finding = finding(err)
	return r, nil
}

// safely holds the one recover of the house: a panic on a hostile file is that file's verdict, never
// the process's end. One of whoever brings the bytes is no verdict.
func (w *work) safely(look func() error) (err error) {
	defer func() {
		switch p := recover(); {
		case p == nil:
		case w.fetching:
			panic(p)
		default:
			err = object(airlock.Uninspectable, "an inspector failed on this content")
		}
	}()
	return look()
}

// objection is a finding on its way up.
type objection struct{ airlock.Finding }

func (o *objection) Error() string { return string(o.Reason) + ": " + o.Detail }

// object objects to the content. What comes from the content itself goes in by %q and cut short.
func object(r airlock.Reason, format string, a ...any) error {
	return &objection{airlock.Finding{Reason: r, Detail: fmt.Sprintf(format, a...)}}
}

// finding is the objection in err. Any other error is of a parser that could not go on.
func finding(err error) *airlock.Finding {
	var o *objection
	switch {
	case err == nil:
		return nil
	case errors.As(err, &o):
		return &o.Finding
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return &airlock.Finding{Reason: airlock.Malformed, Detail: "the file ends too early"}
	}
	return &airlock.Finding{Reason: airlock.Malformed, Detail: fmt.Sprintf("%.200s", err.Error())}
}
