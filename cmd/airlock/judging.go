package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"

	"airlock"
	"airlock/validator"
)

// judging judges local files, as many at once as there are processors, and prints them in the order
// in which they were found. It holds a few files at a time, however many there are.
type judging struct {
	checker       validator.Checker
	out           io.Writer
	json, explain bool
	bar           *progressbar.ProgressBar
	sum           summary
}

// judged is one file with what was said of it.
type judged struct {
	path, declared string
	verdict        airlock.Verdict
	facts          airlock.Facts
	err            error
}

func (j *judging) run(ctx context.Context, roots []string) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type job struct {
		path   string
		answer chan judged
	}
	jobs, order := make(chan job), make(chan chan judged, 4*runtime.GOMAXPROCS(0))
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for job := range jobs {
				job.answer <- j.judge(ctx, job.path)
			}
		})
	}
	workers.Go(func() {
		defer close(order)
		defer close(jobs)
		walk(ctx, roots, func(path string, err error) {
			answer := make(chan judged, 1)
			order <- answer
			if err != nil {
				answer <- judged{path: path, err: err}
				return
			}
			jobs <- job{path, answer}
		})
	})
	var failed error
	for answer := range order {
		if failed = errors.Join(failed, j.say(<-answer)); failed != nil {
			cancel() // and what was begun is waited for
		}
	}
	workers.Wait()
	return errors.Join(failed, context.Cause(ctx))
}

// walk calls found for each root that is a file and each regular file below one that is a directory.
// Links below a directory are not followed.
func walk(ctx context.Context, roots []string, found func(path string, err error)) {
	for _, root := range roots {
		_ = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			switch {
			case ctx.Err() != nil:
				return filepath.SkipAll
			case err != nil:
				found(path, err)
			case d.IsDir():
			case d.Type().IsRegular(), path == root:
				found(path, nil)
			}
			return nil
		})
	}
}

// watched counts files for a person who looks: they are counted first, so that the bar has an end.
func watched(ctx context.Context, w io.Writer, roots []string) *progressbar.ProgressBar {
	files := int64(0)
	if seen(w) {
		walk(ctx, roots, func(string, error) { files++ })
	}
	return progressbar.NewOptions64(files, progressbar.OptionSetWriter(w), progressbar.OptionSetVisibility(seen(w)),
		progressbar.OptionSetDescription("files"), progressbar.OptionShowCount(), progressbar.OptionShowIts(), progressbar.OptionFullWidth(),
		progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish())
}

func (j *judging) judge(ctx context.Context, path string) judged {
	r := judged{path: path, declared: j.checker.Declared(filepath.Base(path))}
	info, err := os.Stat(path) // before it is opened: a pipe would wait for who writes
	switch {
	case err != nil:
		r.err = err
		return r
	case !info.Mode().IsRegular():
		r.err = fmt.Errorf("%s is no regular file", path)
		return r
	}
	f, err := os.Open(path)
	if err != nil {
		r.err = err
		return r
	}
	defer f.Close()
	r.verdict, r.facts, r.err = j.checker.Check(ctx, filepath.Base(path), info.Size(), f)
	return r
}

// finding is what one check objects to.
type finding struct {
	Check  string         `json:"check"`
	Reason airlock.Reason `json:"reason"`
	Detail string         `json:"detail"`
}

// checked is one line of --json.
type checked struct {
	File         string         `json:"file"`
	Result       airlock.Result `json:"result"`
	Reason       airlock.Reason `json:"reason"`
	Detail       string         `json:"detail"`
	Explanation  string         `json:"explanation,omitempty"`
	DeclaredType string         `json:"declared_type"`
	DetectedType string         `json:"detected_type"`
	Size         int64          `json:"size"`
	Checks       []string       `json:"checks"`
	Findings     []finding      `json:"findings"`
	Content      content        `json:"content"`
	BytesRead    int64          `json:"bytes_read"`
	Milliseconds float64        `json:"milliseconds"`
}

// content is airlock.Content, as far as it was seen.
type content struct {
	Width         int64 `json:"width,omitempty"`
	Height        int64 `json:"height,omitempty"`
	Frames        int64 `json:"frames,omitempty"`
	Entries       int64 `json:"entries,omitempty"`
	UnpackedBytes int64 `json:"unpacked_bytes,omitempty"`
	TrailingBytes int64 `json:"trailing_bytes,omitempty"`
	Active        bool  `json:"active,omitempty"`
	Encrypted     bool  `json:"encrypted,omitempty"`
}

// say prints one file. Its error is of the output.
func (j *judging) say(r judged) error {
	_ = j.bar.Add(1)
	j.sum.add(r)
	if r.err != nil {
		_ = j.bar.Clear()
		return j.print(map[string]any{"file": r.path, "error": r.err.Error()}, fmt.Sprintf("%-8s  %q  %v\n", "error", r.path, r.err))
	}
	line := checked{
		File: r.path, Result: r.verdict.Result, Reason: r.verdict.Reason, Detail: r.verdict.Detail, DeclaredType: r.declared,
		DetectedType: r.facts.DetectedType, Size: r.facts.Size, Checks: r.facts.Checks, Findings: []finding{},
		Content: content(r.facts.Content), BytesRead: r.facts.BytesRead, Milliseconds: float64(r.facts.Spent.Microseconds()) / 1000,
	}
	failing := checkOf(r)
	passed := slices.DeleteFunc(slices.Clone(r.facts.Checks), func(check string) bool { return check == failing })
	text := fmt.Sprintf("%-8s  %q  %d bytes  %s  %s", line.Result, r.path, line.Size, line.DetectedType, strings.Join(passed, " "))
	if line.Reason != "" {
		line.Findings = append(line.Findings, finding{failing, line.Reason, line.Detail})
		text = fmt.Sprintf("%s  %s: %s (%s)", text, line.Reason, line.Detail, failing)
	}
	if j.explain && line.Reason != "" {
		line.Explanation = explain(line.Reason)
		text = fmt.Sprintf("%s\n          %s", text, line.Explanation)
	}
	return j.print(line, text+"\n")
}

func (j *judging) print(line any, text string) error {
	_ = j.bar.Clear()
	if j.json {
		return printJSON(j.out, line)
	}
	_, err := io.WriteString(j.out, text)
	return err
}

// checkOf is the check that objects to r; "" where none does.
func checkOf(r judged) string {
	switch r.verdict.Reason {
	case "":
		return ""
	case airlock.Empty, airlock.TooLarge, airlock.SizeMismatch:
		return "size"
	case airlock.TypeNotAllowed:
		return "type"
	case airlock.ExtensionMismatch:
		return "extension"
	case airlock.TypeMismatch:
		if len(r.facts.Findings) == 0 {
			return "type"
		}
	}
	return r.facts.Checks[len(r.facts.Checks)-1]
}
