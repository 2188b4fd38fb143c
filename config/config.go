// Package config reads airlock.yaml: the profiles, who may use them, and how much.
//
// It is strict. An unknown key, a wildcard type or a missing max_bytes is an error, because a limit
// that was mistyped would be a limit that does not hold. All faults are told at once, each with its
// line. JSON is YAML and is read too.
package config

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"airlock"
)

// Config is what an airlock.yaml says.
type Config struct {
	Profiles map[string]airlock.Profile // by name, with defaults
	Auth     Auth
	Quotas   Quotas
}

// Auth says how callers of the signer prove who they are. A file's name is as written after [Parse],
// and below the directory of airlock.yaml after [Load]; no such file is read here.
type Auth struct {
	TokensFile string   // static tokens; "" for none
	OIDC       *OIDC    // nil for no JWT
	Webhook    *Webhook // nil for asking no application
}

// OIDC is the issuer whose JWTs are believed. "" stands for a default.
type OIDC struct{ Issuer, Audience, OwnerClaim, ProfilesClaim string }

// Webhook is how the application is asked about each upload.
type Webhook struct {
	URL          string
	SecretFile   string
	Timeout      time.Duration // 0 for the default
	AllowPrivate bool          // http, and private addresses
	Headers      []string      // of the client's request that are handed on; nil for the default, empty for none
}

// Quotas bound what is open at the same time, or asked for, so that one owner can't use all.
type Quotas struct{ PerOwner PerOwner }

// PerOwner is what one owner may have; 0 is no limit.
type PerOwner struct {
	OpenUploads     int64 // signed, and without verdict; at most maxOpenUploads
	OpenBytes       int64 // of those
	GrantsPerMinute int64
}

// maxOpenUploads is so that all open uploads of an owner fit in one record: they are counted by
// one compare-and-set in NATS, which takes messages of 1 MiB by default, and each is about 100 bytes.
const maxOpenUploads = 10_000

// maxFile bounds airlock.yaml; a file of profiles is a few kilobytes.
const maxFile = 1 << 20

// Load reads the file at path. An error is an *[Error] that names the file.
func Load(path string) (Config, error) {
	f, err := os.Open(path)
	if err != nil {
		return Config{}, &Error{name: path, faults: []fault{{text: err.Error()}}}
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return Config{}, &Error{name: path, faults: []fault{{text: err.Error()}}}
	}
	c, err := Parse(path, data)
	c.Auth.TokensFile = beside(path, c.Auth.TokensFile)
	if w := c.Auth.Webhook; w != nil {
		w.SecretFile = beside(path, w.SecretFile)
	}
	return c, err
}

// beside is where file lies that is named in the file at path.
func beside(path, file string) string {
	if file == "" || filepath.IsAbs(file) {
		return file
	}
	return filepath.Join(filepath.Dir(path), file)
}

// Parse reads data; name stands for it in faults. An error is an *[Error].
func Parse(name string, data []byte) (Config, error) {
	r := &reader{lines: map[string]int{}}
	c := r.config(data)
	if len(r.faults) > 0 {
		slices.SortStableFunc(r.faults, func(a, b fault) int { return cmp.Or(cmp.Compare(a.line, b.line), strings.Compare(a.path, b.path)) })
		return Config{}, &Error{name: name, faults: r.faults}
	}
	return c, nil
}

// Error is all that is wrong with an airlock.yaml.
type Error struct {
	name   string
	faults []fault
}

type fault struct {
	line int    // 0 where there is none
	path string // "profiles.image.types"
	text string
}

// Error is one line for each fault: "airlock.yaml:7: profiles.image.types: ...".
func (e *Error) Error() string {
	var b strings.Builder
	for i, f := range e.faults {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(e.name)
		if f.line > 0 {
			fmt.Fprintf(&b, ":%d", f.line)
		}
		b.WriteString(": ")
		if f.path != "" {
			b.WriteString(f.path + ": ")
		}
		b.WriteString(f.text)
	}
	return b.String()
}

// unsupported are the sections of DESIGN that this version does not serve yet. To ignore them
// would be to fail open.
const unsupported = "is not supported by this version yet; take it out"

func (r *reader) config(data []byte) Config {
	c := Config{Profiles: map[string]airlock.Profile{}}
	doc := r.document(data)
	if doc == nil {
		return c
	}
	var version int64
	r.mapping(doc, "", fields{
		"version": r.integer(&version),
		"profiles": func(n *yaml.Node, path string) {
			r.entries(n, path, func(key string, value *yaml.Node, path string) {
				c.Profiles[key] = r.profile(key, value, path)
			})
		},
		"auth":    func(n *yaml.Node, path string) { r.auth(n, path, &c.Auth) },
		"malware": r.refuse,
		"quotas": func(n *yaml.Node, path string) {
			r.mapping(n, path, fields{"per_owner": func(n *yaml.Node, path string) { r.perOwner(n, path, &c.Quotas.PerOwner) }})
		},
	})
	if version != 1 && !r.faulty("version") {
		r.fault(r.line("version", doc), "version", "must be 1")
	}
	if len(c.Profiles) == 0 && !r.faulty("profiles") {
		r.fault(r.line("profiles", doc), "profiles", "is missing: without a profile nothing can be uploaded")
	}
	return c
}

// document is the one document of the file.
func (r *reader) document(data []byte) *yaml.Node {
	if len(data) > maxFile {
		r.fault(0, "", "the file is larger than %d bytes", maxFile)
		return nil
	}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	var doc, more yaml.Node
	if err := dec.Decode(&doc); err != nil {
		if errors.Is(err, io.EOF) {
			err = errors.New("the file is empty")
		}
		r.fault(0, "", "%s", strings.TrimPrefix(err.Error(), "yaml: "))
		return nil
	}
	if err := dec.Decode(&more); !errors.Is(err, io.EOF) {
		r.fault(more.Line, "", "there is a second document; only one is read")
	}
	return doc.Content[0]
}

func (r *reader) profile(name string, n *yaml.Node, path string) airlock.Profile {
	p := airlock.Profile{Name: name}
	var methods []string
	r.mapping(n, path, fields{
		"types": r.texts(&p.Types), "extensions": r.texts(&p.Extensions), "max_bytes": r.bytes(&p.MaxBytes),
		"methods": r.texts(&methods), "expires": r.duration(&p.Expires),
		"active_content": r.text(&p.ActiveContent), "inspect": r.text(&p.Inspect),
		"limits": func(n *yaml.Node, path string) {
			l := &p.Limits
			r.mapping(n, path, fields{
				"max_pixels": r.integer(&l.MaxPixels), "max_side": r.integer(&l.MaxSide), "max_frames": r.integer(&l.MaxFrames),
				"max_entries": r.integer(&l.MaxEntries), "max_unpacked_bytes": r.bytes(&l.MaxUnpackedBytes),
				"max_depth": r.integer(&l.MaxDepth), "encrypted": r.text(&l.Encrypted), "links": r.text(&l.Links),
			})
		},
		"clean": func(n *yaml.Node, path string) {
			r.mapping(n, path, fields{"bucket": r.text(&p.Clean.Bucket), "key": r.text(&p.Clean.Key)})
		},
		"serve": func(n *yaml.Node, path string) {
			r.mapping(n, path, fields{"disposition": r.text(&p.Serve.Disposition), "cache_control": r.text(&p.Serve.CacheControl)})
		},
	})
	for _, m := range methods {
		p.Methods = append(p.Methods, airlock.Method(m))
	}
	p = p.WithDefaults()
	var more []fault
	for _, f := range p.Faults() {
		at := path
		if f.Field != "" {
			at += "." + f.Field
		}
		if !r.faulty(at) { // what could not be read is told already
			more = append(more, fault{r.line(at, n), at, f.Text})
		}
	}
	for _, f := range more {
		r.fault(f.line, f.path, "%s", f.text)
	}
	return p
}
