package readers

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"
)

// browser is a Chromium that is driven through a pipe, by the DevTools protocol: commands and events are
// JSON that ends with a zero (https://chromedevtools.github.io/devtools-protocol).
type browser struct {
	process *exec.Cmd
	out     io.WriteCloser
	done    chan struct{} // closed when nothing more comes

	mu       sync.Mutex
	last     int
	waiting  map[int]chan message
	sessions map[string]func(method string, params json.RawMessage)
}

type message struct {
	ID        int             `json:"id,omitempty"`
	SessionID string          `json:"sessionId,omitempty"`
	Method    string          `json:"method,omitempty"`
	Params    json.RawMessage `json:"params,omitempty"`
	Result    json.RawMessage `json:"result,omitempty"`
	Error     *struct {
		Message string `json:"message"`
	} `json:"error,omitempty"`
}

var errGone = errors.New("the browser is gone")

// startBrowser starts program; dir is for its profile. Its network is whatever each context's proxy is.
func startBrowser(program, dir string) (*browser, error) {
	// A page that may be wanted next is not connected to beforehand: it would look like a fetch.
	if err := os.MkdirAll(filepath.Join(dir, "Default"), 0o755); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(dir, "Default/Preferences"), []byte(`{"net": {"network_prediction_options": 2}}`), 0o644); err != nil {
		return nil, err
	}
	theirIn, ourOut, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	ourIn, theirOut, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	b := &browser{out: ourOut, done: make(chan struct{}), waiting: map[int]chan message{}, sessions: map[string]func(string, json.RawMessage){}}
	b.process = exec.Command(program, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--remote-debugging-pipe",
		"--user-data-dir="+dir, "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-quic",
		"--disable-default-apps", "--mute-audio", "--disable-popup-blocking", "--disable-background-timer-throttling",
		"--disable-renderer-backgrounding", "--disable-backgrounding-occluded-windows", "--disable-ipc-flooding-protection",
		"--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--disable-features=HttpsUpgrades,HttpsFirstBalancedModeAutoEnable,BackForwardCache,WebUIOmniboxPopup,WebUIOmniboxAimPopup,WebUIOmniboxFullPopup", "about:blank")
	b.process.ExtraFiles = []*os.File{theirIn, theirOut} // 3 and 4
	err = b.process.Start()
	theirIn.Close()
	theirOut.Close()
	if err != nil {
		return nil, err
	}
	go b.read(ourIn)
	return b, nil
}

func (b *browser) read(in io.ReadCloser) {
	defer close(b.done)
	defer in.Close()
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 64<<20)
	lines.Split(func(data []byte, end bool) (int, []byte, error) {
		if i := bytes.IndexByte(data, 0); i >= 0 {
			return i + 1, data[:i], nil
		}
		return 0, nil, nil
	})
	for lines.Scan() {
		var m message
		if json.Unmarshal(lines.Bytes(), &m) != nil {
			continue
		}
		b.mu.Lock()
		answer, heard := b.waiting[m.ID], b.sessions[m.SessionID]
		delete(b.waiting, m.ID)
		b.mu.Unlock()
		switch {
		case m.ID != 0 && answer != nil:
			answer <- m
		case m.Method != "" && heard != nil:
			heard(m.Method, m.Params)
		}
	}
}

// send asks for something and does not wait.
func (b *browser) send(session, method string, params any) (chan message, error) {
	p, err := json.Marshal(params)
	if err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.last++
	line, err := json.Marshal(message{ID: b.last, SessionID: session, Method: method, Params: p})
	if err != nil {
		return nil, err
	}
	answer := make(chan message, 1)
	b.waiting[b.last] = answer
	_, err = b.out.Write(append(line, 0))
	return answer, err
}

// call asks for something and waits for the answer, which goes into result unless that is nil.
func (b *browser) call(ctx context.Context, session, method string, params, result any) error {
	answer, err := b.send(session, method, params)
	if err != nil {
		return err
	}
	select {
	case m := <-answer:
		if m.Error != nil {
			return fmt.Errorf("%s: %s", method, m.Error.Message)
		}
		if result != nil {
			return json.Unmarshal(m.Result, result)
		}
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%s: %w", method, context.Cause(ctx))
	case <-b.done:
		return errGone
	}
}

// close ends the browser and, by its own doing, all the processes that it has made.
func (b *browser) close() {
	_, _ = b.send("", "Browser.close", object{})
	late := time.AfterFunc(5*time.Second, func() { _ = b.process.Process.Kill() })
	defer late.Stop()
	_ = b.process.Wait()
	_ = b.out.Close()
	<-b.done
}
