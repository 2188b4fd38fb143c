package readers

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

// child is a reader that is a program of ours around a library. It lives for many files: it reads a
// path a line, and answers by a line of JSON. One that hangs or dies is begun again.
type child struct {
	canary  *canary
	command func(proxy string) *exec.Cmd
	running *exec.Cmd
	in      io.WriteCloser
	answers *bufio.Reader
}

// longest is how long a reader may take for one file: far more than any needs.
const longest = 20 * time.Second

func newChild(command func(proxy string) *exec.Cmd) (*child, error) {
	c, err := newCanary()
	if err != nil {
		return nil, err
	}
	return &child{canary: c, command: command}, nil
}

func (c *child) start() (err error) {
	c.running = c.command(c.canary.address)
	c.running.Env = append(os.Environ(), "AIRLOCK_CANARY="+secret, "no_proxy=", "NO_PROXY=")
	for _, name := range []string{"http_proxy", "https_proxy", "ftp_proxy", "HTTP_PROXY", "HTTPS_PROXY"} {
		c.running.Env = append(c.running.Env, name+"=http://"+c.canary.address)
	}
	if c.in, err = c.running.StdinPipe(); err != nil {
		return err
	}
	out, err := c.running.StdoutPipe()
	if err != nil {
		return err
	}
	c.answers = bufio.NewReaderSize(out, 1<<20)
	return c.running.Start()
}

func (c *child) look(ctx context.Context, f file, _ bool) (a answer, err error) {
	if c.running == nil {
		if err := c.start(); err != nil {
			c.running = nil
			return a, err
		}
	}
	c.canary.show(file{})
	slow := time.AfterFunc(longest, func() { _ = c.running.Process.Kill() })
	defer slow.Stop()
	stop := context.AfterFunc(ctx, func() { _ = c.running.Process.Kill() })
	defer stop()
	_, err = fmt.Fprintln(c.in, f.path)
	var line []byte
	if err == nil {
		line, err = c.answers.ReadBytes('\n')
	}
	if err == nil {
		err = json.Unmarshal(line, &a)
	}
	if err != nil {
		c.stop()
		return a, fmt.Errorf("%w (%.200q)", err, line)
	}
	a.Saw = append(a.Saw, c.canary.take()...)
	for i, s := range a.Saw { // a name beside the file is told as one
		if s[0] == "load" {
			a.Saw[i][1] = strings.TrimPrefix(strings.TrimPrefix(s[1], "file://"), strings.TrimSuffix(f.path, f.name))
		}
	}
	return a, nil
}

func (c *child) stop() {
	if c.running != nil {
		_ = c.in.Close()
		_ = c.running.Process.Kill()
		_ = c.running.Wait()
		c.running = nil
	}
}

func (c *child) close() {
	c.stop()
	c.canary.close()
}
