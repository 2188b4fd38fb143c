package readers

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
)

// crew are all readers, each with what it has to look at.
type crew struct {
	found chan<- report
	posts map[string]chan *shown
	done  sync.WaitGroup
	stop  []func()
}

// shown is a file that some readers look at.
type shown struct {
	file
	what string // for who reads of a finding: where the file comes from

	mu     sync.Mutex
	left   int // readers that have not seen it
	opened bool
	then   func(opened bool) // is called when all have
}

// report is a finding, or trouble.
type report struct {
	*shown
	reader   string
	findings []string
	err      error
}

// tabs are how many pages are open at once: half of a look is waiting.
const tabs = 3

// gather starts the readers, with the tools that make.sh put below tools. They report to found.
func gather(ctx context.Context, tools, work string, found chan<- report) (*crew, error) {
	browser, err := browserProgram()
	if err != nil {
		return nil, err
	}
	c := &crew{found: found, posts: map[string]chan *shown{}}
	python := filepath.Join(tools, "venv/bin/python")
	pdfjs, err := filepath.Abs(filepath.Join(tools, "node_modules/pdfjs-dist/legacy/build/pdf.mjs"))
	if err != nil {
		return nil, err
	}
	for name, command := range map[string][]string{
		"pdfium":  {python, "readers.py", "pdfium"},
		"libxml2": {python, "readers.py", "libxml2"},
		"python":  {python, "readers.py", "python"},
		"pdfjs":   {"node", "pdfjs.mjs", pdfjs},
		"java":    {"java", "-XX:TieredStopAtLevel=1", "-Dhttp.nonProxyHosts=", "-Dftp.nonProxyHosts=", "Readers.java"},
	} {
		r, err := newChild(func(proxy string) *exec.Cmd { return exec.Command(command[0], proxied(command[1:], proxy)...) })
		if err != nil {
			return nil, err
		}
		c.post(ctx, name, r)
	}
	var profiles atomic.Int64
	profile := func() string { return filepath.Join(work, "profile"+strconv.FormatInt(profiles.Add(1), 10)) }
	full, light := &chromium{program: browser, profile: profile}, &chromium{program: lighter(browser), profile: profile}
	c.stop = append(c.stop, full.close, light.close)
	for name, from := range map[string]*chromium{"chromium": light, "viewer": full} {
		for range tabs {
			t, err := newTab(from)
			if err != nil {
				return nil, err
			}
			c.post(ctx, name, t)
		}
	}
	return c, nil
}

// proxied are a program's arguments; Java is told its proxy by some of its own.
func proxied(arguments []string, proxy string) []string {
	host, port, _ := strings.Cut(proxy, ":")
	if arguments[len(arguments)-1] == "Readers.java" {
		for _, scheme := range []string{"http", "https", "ftp"} {
			arguments = slices.Concat([]string{"-D" + scheme + ".proxyHost=" + host, "-D" + scheme + ".proxyPort=" + port}, arguments)
		}
	}
	return arguments
}

// browserProgram is where Chromium is, or Chrome.
func browserProgram() (string, error) {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			return p, nil
		}
	}
	return "", errors.New("there is no Chromium")
}

// lighter is Chromium without windows, and without a viewer of PDFs, if it is here: it takes half the time.
func lighter(browser string) string {
	if p, err := exec.LookPath("chromium-headless-shell"); err == nil {
		return p
	}
	return browser
}

// post puts r to work on what is shown to name.
func (c *crew) post(ctx context.Context, name string, r reader) {
	jobs := c.posts[name]
	if jobs == nil {
		jobs = make(chan *shown, 32)
		c.posts[name] = jobs
	}
	c.done.Go(func() {
		defer r.close()
		for s := range jobs {
			a, err := r.look(ctx, s.file, false)
			if err != nil { // once more: a slow machine can be too slow for one
				a, err = r.look(ctx, s.file, true)
			}
			found := findings(s.kind, a.Saw)
			if len(found) > 0 { // once more, with time: nothing of another file is taken for this one's
				if again, e := r.look(ctx, s.file, true); e == nil {
					found = findings(s.kind, again.Saw)
				}
			}
			if err != nil || len(found) > 0 {
				c.found <- report{s, name, found, err}
			}
			s.seen(a.Opened)
		}
	})
}

func (s *shown) seen(opened bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.opened = s.opened || opened
	if s.left--; s.left == 0 {
		s.then(s.opened)
	}
}

// readersOf are who looks at files of a type.
func readersOf(kind string) []string {
	if kind == pdf {
		return []string{"pdfium", "pdfjs", "viewer"} // the last is Chromium's
	}
	return []string{"libxml2", "python", "java", "chromium"}
}

// show lets the named readers look at f, which gets a folder of its own below work; then is called when
// they have. It waits while all have enough to do.
func (c *crew) show(work, what string, f file, names []string, then func(opened bool)) error {
	dir, err := os.MkdirTemp(work, "shown")
	if err != nil {
		return err
	}
	f.path = filepath.Join(dir, f.name)
	if err := os.WriteFile(f.path, f.data, 0o644); err != nil {
		return fmt.Errorf("show %s: %w", f.name, err)
	}
	s := &shown{file: f, what: what, left: len(names), then: func(opened bool) {
		_ = os.RemoveAll(dir)
		then(opened)
	}}
	for _, name := range names {
		c.posts[name] <- s
	}
	return nil
}

// end waits until all that was shown has been seen, and stops the readers.
func (c *crew) end() {
	for _, jobs := range c.posts {
		close(jobs)
	}
	c.done.Wait()
	for _, stop := range c.stop {
		stop()
	}
	close(c.found)
}
