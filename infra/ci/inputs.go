package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// everywhere are inputs of each step: with another way to run it, it is another step.
var everywhere = []string{".ci/run", "infra/ci", "go.mod", "go.sum"}

// inputs is the hash of all that a long step depends on: what git has of its paths, and the versions of
// its tools. "" is no hash: something of it is not as committed, or not long.
func inputs(ctx context.Context, s step) (string, error) {
	if !s.long {
		return "", nil
	}
	paths := slices.Concat(everywhere, []string{s.file}, s.paths)
	if len(s.packages) > 0 {
		files, err := sources(ctx, s.packages)
		if err != nil {
			return "", err
		}
		paths = append(paths, files...)
	}
	slices.Sort(paths)
	paths = slices.Compact(paths)
	if changed, err := output(ctx, "git", append([]string{"status", "--porcelain", "--untracked-files=all", "--"}, paths...)...); err != nil || changed != "" {
		return "", err
	}
	tree, err := output(ctx, "git", append([]string{"ls-tree", "HEAD", "--"}, paths...)...)
	if err != nil {
		return "", err
	}
	for _, p := range paths {
		if !strings.Contains(tree+"\n", "\t"+path.Clean(p)+"\n") {
			return "", fmt.Errorf("git has no %s", p)
		}
	}
	sum := sha256.New()
	fmt.Fprintln(sum, tree)
	for _, tool := range append([]string{"go version"}, s.tools...) {
		words := strings.Fields(tool)
		version, err := output(ctx, words[0], words[1:]...)
		if err != nil {
			version = "none" // with the tool it would do something else
		}
		fmt.Fprintln(sum, tool, version)
	}
	return hex.EncodeToString(sum.Sum(nil))[:32], nil
}

// sources are the files that packages and their tests are made of, and all packages of this repository
// that those import; as paths below its root.
func sources(ctx context.Context, packages []string) (files []string, err error) {
	root, err := output(ctx, "git", "rev-parse", "--show-toplevel")
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, "go", append([]string{"list", "-deps", "-test", "-json=Dir,Standard,Module,GoFiles,TestGoFiles,XTestGoFiles,EmbedFiles,TestEmbedFiles,XTestEmbedFiles,IgnoredGoFiles,OtherFiles"}, packages...)...)
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list %s: %w", strings.Join(packages, " "), said(err))
	}
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return files, nil
		} else if err != nil {
			return nil, err
		}
		if p.Standard || p.Module == nil || !p.Module.Main {
			continue
		}
		dir, err := filepath.Rel(root, p.Dir)
		if err != nil {
			return nil, err
		}
		for _, name := range p.files() {
			if !filepath.IsAbs(name) { // the main that go makes for tests is
				files = append(files, filepath.ToSlash(filepath.Join(dir, name)))
			}
		}
		if _, err := output(ctx, "git", "cat-file", "-e", "HEAD:"+filepath.ToSlash(filepath.Join(dir, "testdata"))); err == nil {
			files = append(files, filepath.ToSlash(filepath.Join(dir, "testdata")))
		}
	}
}

// listed is a package as go list tells it.
type listed struct {
	Dir      string
	Standard bool
	Module   *struct{ Main bool }

	GoFiles, TestGoFiles, XTestGoFiles, EmbedFiles, TestEmbedFiles, XTestEmbedFiles, IgnoredGoFiles, OtherFiles []string
}

func (p listed) files() []string {
	return slices.Concat(p.GoFiles, p.TestGoFiles, p.XTestGoFiles, p.EmbedFiles, p.TestEmbedFiles, p.XTestEmbedFiles, p.IgnoredGoFiles, p.OtherFiles)
}

// output is what a command prints, without the last line's end.
func output(ctx context.Context, name string, args ...string) (string, error) {
	out, err := exec.CommandContext(ctx, name, args...).Output()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w", name, strings.Join(args, " "), said(err))
	}
	return strings.TrimRight(string(out), "\n"), nil
}

// said adds to a command's failure what it said.
func said(err error) error {
	var exit *exec.ExitError
	if errors.As(err, &exit) && len(exit.Stderr) > 0 {
		return fmt.Errorf("%w: %s", err, strings.TrimSpace(string(exit.Stderr)))
	}
	return err
}
