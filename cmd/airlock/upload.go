package main

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"airlock"
	"airlock/signer"
)

type uploadCommand struct {
	signerFlags
	Profile     string            `required:"" help:"Profile to upload to."`
	ContentType string            `placeholder:"TYPE" help:"Media type to declare; default by the name's extension."`
	Method      string            `enum:"auto,put,multipart" default:"auto" help:"put, multipart, or auto: multipart above 5 GiB."`
	Name        string            `help:"File name to declare; needed for stdin."`
	Metadata    map[string]string `help:"Metadata for the event, as key=value."`
	Timeout     time.Duration     `default:"10m" help:"For each file, its verdict included."`
	JSON        bool              `name:"json" help:"Print the signer's whole answer, one line per file."`
	Files       []string          `arg:"" help:"Files to upload; - is stdin."`
}

// Run uploads one file after another; the exit code is the worst of them.
func (c *uploadCommand) Run(ctx context.Context, s streams) error {
	if c.Name != "" && len(c.Files) > 1 {
		return fmt.Errorf("%w: --name is for one file", errConfig)
	}
	var failed, rejected error
	for _, file := range c.Files {
		st, err := c.upload(ctx, s, file)
		switch {
		case err != nil:
			failed = errors.Join(failed, fmt.Errorf("%s: %w", file, err))
			continue
		case st.State != string(airlock.Accepted):
			rejected = errRejected
		}
		if c.JSON {
			err = printJSON(s.out, st)
			failed = errors.Join(failed, err)
			continue
		}
		printStatus(s.out, st)
	}
	if failed != nil {
		return failed
	}
	return rejected
}

func (c *uploadCommand) upload(ctx context.Context, s streams, path string) (st signer.Status, err error) {
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	file, size, err := openUpload(s.in, path)
	if err != nil {
		return st, err
	}
	defer closing(&err, file.close)
	name := c.Name
	if name == "" {
		if path == "-" {
			return st, fmt.Errorf("%w: stdin needs --name", errConfig)
		}
		name = filepath.Base(path)
	}
	req := signer.Request{Profile: c.Profile, Filename: name, ContentType: c.ContentType, Size: size, Metadata: c.Metadata}
	if req.ContentType == "" {
		req.ContentType = typeOf(name)
	}
	client := signer.Client{Endpoint: c.Endpoint, Token: c.Token}
	signed, err := c.send(ctx, &client, req, file, progress(s.err, name, size))
	if err != nil {
		return st, err
	}
	_ = client.Uploaded(ctx, signed) // the queue brings it all the same
	if st, err = client.Wait(ctx, signed); err != nil {
		return st, fmt.Errorf("uploaded as %s, but its verdict could not be read; airlock status tells it later: %w", signed.ID, err)
	}
	return st, nil
}

// send brings the file to S3 by the method that is wanted, or that its size wants.
func (c *uploadCommand) send(ctx context.Context, client *signer.Client, req signer.Request, file uploadFile, bar *progressbar.ProgressBar) (signed signer.Signed, err error) {
	defer func() { _ = bar.Finish() }()
	sum := sha256.New()
	if _, err := io.Copy(sum, file); err != nil {
		return signed, err
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return signed, err
	}
	req.ChecksumSHA256 = base64.StdEncoding.EncodeToString(sum.Sum(nil))
	if c.Method == "multipart" || c.Method == "auto" && req.Size > airlock.MaxPutBytes {
		req.Method = string(airlock.MethodMultipart)
		if signed, err = client.Sign(ctx, req); err != nil {
			return signed, err
		}
		if err = client.PutParts(ctx, signed, file, func(bytes int64) { _ = bar.Add64(bytes) }); err != nil {
			leaving, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
			defer cancel()
			_ = client.Cancel(leaving, signed) // what S3 has of it costs money until somebody aborts it
		}
		return signed, err
	}
	if signed, err = client.Sign(ctx, req); err != nil {
		return signed, err
	}
	body := progressbar.NewReader(io.LimitReader(file, req.Size), bar)
	return signed, client.Put(ctx, signed, &body)
}

// progress draws only where a person looks.
func progress(w io.Writer, name string, size int64) *progressbar.ProgressBar {
	return progressbar.NewOptions64(size, progressbar.OptionSetWriter(w), progressbar.OptionSetVisibility(seen(w)),
		progressbar.OptionSetDescription(fmt.Sprintf("%.30q", name)), progressbar.OptionShowBytes(true),
		progressbar.OptionThrottle(50*time.Millisecond), progressbar.OptionClearOnFinish(), progressbar.OptionFullWidth())
}

// seen tells whether a person looks at w.
func seen(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// uploadFile is a file whose length is known; stdin is kept in a temporary one.
type uploadFile struct {
	*os.File
	close func() error
}

func openUpload(stdin io.Reader, path string) (uploadFile, int64, error) {
	if path == "-" {
		return spool(stdin)
	}
	f, err := os.Open(path)
	if err != nil {
		return uploadFile{}, 0, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("is no regular file")
	}
	if err != nil {
		return uploadFile{}, 0, errors.Join(err, f.Close())
	}
	return uploadFile{f, f.Close}, info.Size(), nil
}

func spool(in io.Reader) (uploadFile, int64, error) {
	f, err := os.CreateTemp("", "airlock-stdin-")
	if err != nil {
		return uploadFile{}, 0, err
	}
	done := func() error { return errors.Join(f.Close(), os.Remove(f.Name())) }
	size, err := io.Copy(f, in)
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		return uploadFile{}, 0, errors.Join(err, done())
	}
	return uploadFile{f, done}, size, nil
}

// typeOf is the type that airlock knows the name's extension by, else the system's guess.
func typeOf(name string) string {
	ext := strings.ToLower(strings.TrimPrefix(filepath.Ext(name), "."))
	if t := airlock.TypeByExtension(ext); t != "" {
		return t
	}
	if t := mime.TypeByExtension("." + ext); t != "" {
		return t
	}
	return "application/octet-stream"
}
