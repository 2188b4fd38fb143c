package airlock

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Profile says what one kind of upload may be. It comes from airlock.yaml (package config); the
// rules for each field are checked by [Profile.Faults].
type Profile struct {
	Name          string        `json:"name"`
	Types         []string      `json:"types"`      // exact media types out of [KnownTypes]
	Extensions    []string      `json:"extensions"` // lower case, no dot; empty: those of Types
	MaxBytes      int64         `json:"max_bytes"`
	Methods       []Method      `json:"methods"`        // empty: put
	Expires       time.Duration `json:"expires"`        // 0: 5 min
	ActiveContent string        `json:"active_content"` // reject (default) | allow
	Inspect       string        `json:"inspect"`        // full (default) | header
	Limits        Limits        `json:"limits"`
	Clean         Clean         `json:"clean"`
	Serve         Serve         `json:"serve"`
}

// Limits bound what an inspector may find; 0 or "" is that inspector's default.
type Limits struct {
	MaxPixels        int64  `json:"max_pixels"`
	MaxSide          int64  `json:"max_side"`
	MaxFrames        int64  `json:"max_frames"`
	MaxEntries       int64  `json:"max_entries"`
	MaxUnpackedBytes int64  `json:"max_unpacked_bytes"`
	MaxDepth         int64  `json:"max_depth"`
	Encrypted        string `json:"encrypted"` // reject (default) | allow
	Links            string `json:"links"`     // reject (default) | allow
}

// Clean says where promoted objects go.
type Clean struct {
	Bucket string `json:"bucket"` // "": the clean bucket of the signer
	Key    string `json:"key"`    // template below the clean prefix; "": {profile}/{id}
}

// Serve says with which headers promoted objects are stored.
type Serve struct {
	Disposition  string `json:"disposition"` // attachment (default) | inline
	CacheControl string `json:"cache_control"`
}

// The bounds of a profile's expires. Below two minutes honest clients fail on clock skew and slow
// hand-over; above an hour a leaked URL lives too long (SECURITY SIG-10).
const (
	MinExpires     = 2 * time.Minute
	MaxExpires     = time.Hour
	defaultExpires = 5 * time.Minute
)

// MaxPutBytes is the most that one PUT or POST, and one CopyObject, may carry: 5 GiB (S3 user
// guide, "Uploading objects").
const MaxPutBytes = 5 << 30

// MaxObjectBytes is the largest object that can come in parts: 10,000 of 5 GiB, 48.8 TiB (S3 user
// guide, "Amazon S3 multipart upload limits").
const MaxObjectBytes = MaxParts * maxPartBytes

const defaultCleanKey = "{profile}/{id}"

var cleanPlaceholder = regexp.MustCompile(`\{[^{}]*\}`)

// WithDefaults fills every field that was left out.
func (p Profile) WithDefaults() Profile {
	if len(p.Methods) == 0 {
		p.Methods = []Method{MethodPut}
	}
	if p.Expires == 0 {
		p.Expires = defaultExpires
	}
	if p.Clean.Key == "" {
		p.Clean.Key = defaultCleanKey
	}
	for field, def := range map[*string]string{
		&p.ActiveContent: "reject", &p.Inspect: "full", &p.Limits.Encrypted: "reject",
		&p.Limits.Links: "reject", &p.Serve.Disposition: "attachment",
	} {
		if *field == "" {
			*field = def
		}
	}
	if len(p.Extensions) == 0 {
		for _, t := range p.Types {
			p.Extensions = append(p.Extensions, KnownTypes[t]...)
		}
	}
	return p
}

// PolicyVersion is the first 12 hex digits of the SHA-256 over all that p demands: it goes into
// the grant and the event, so that an old verdict can be understood.
func (p Profile) PolicyVersion() string {
	b, err := json.Marshal(p)
	if err != nil {
		panic(err) // strings and numbers only: cannot fail
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])[:12]
}

// A Fault is one thing wrong with a profile: which field, and what to do.
type Fault struct {
	Field string // as in airlock.yaml, with dots: "clean.key"
	Text  string
}

// Faults lists all that is wrong with p after [Profile.WithDefaults]; none means it can be used.
func (p Profile) Faults() []Fault {
	var faults []Fault
	add := func(field, format string, a ...any) {
		faults = append(faults, Fault{field, fmt.Sprintf(format, a...)})
	}
	if !ProfileName(p.Name) {
		add("", "%q is no profile name: use [a-z][a-z0-9-]{0,31}", p.Name)
	}
	p.typeFaults(add)
	p.sizeFaults(add)
	p.cleanFaults(add)
	choice(add, "active_content", p.ActiveContent, "reject", "allow")
	choice(add, "inspect", p.Inspect, "full", "header")
	choice(add, "limits.encrypted", p.Limits.Encrypted, "reject", "allow")
	choice(add, "limits.links", p.Limits.Links, "reject", "allow")
	choice(add, "serve.disposition", p.Serve.Disposition, "attachment", "inline")
	if !headerValue(p.Serve.CacheControl) {
		add("serve.cache_control", "must be printable ASCII, at most 256 characters")
	}
	return faults
}

type addFault func(field, format string, a ...any)

func choice(add addFault, field, value string, allowed ...string) {
	if !slices.Contains(allowed, value) {
		add(field, "%q is not one of %s", value, strings.Join(allowed, ", "))
	}
}

func headerValue(s string) bool {
	for _, r := range s {
		if r < 0x20 || r > 0x7e {
			return false
		}
	}
	return len(s) <= 256
}

func (p Profile) typeFaults(add addFault) {
	if len(p.Types) == 0 {
		add("types", "is missing: list the exact media types, such as image/png")
	}
	seen := map[string]bool{}
	for _, t := range p.Types {
		switch _, known := KnownTypes[t]; {
		case strings.Contains(t, "*"):
			add("types", "%q is a wildcard: list each type exactly", t)
		case seen[t]:
			add("types", "%q stands twice", t)
		case !known:
			add("types", "%q is no type that airlock can judge; it knows %s", t, strings.Join(knownTypeNames(), ", "))
		}
		seen[t] = true
	}
	for _, e := range p.Extensions {
		if !fileExtension(e) {
			add("extensions", "%q is no extension: lower case letters and digits, without the dot", e)
		}
	}
}

func fileExtension(s string) bool {
	for _, r := range s {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') {
			return false
		}
	}
	return s != "" && len(s) <= 16
}

func (p Profile) sizeFaults(add addFault) {
	largest := int64(MaxPutBytes)
	for _, m := range p.Methods {
		switch m {
		case MethodPut, MethodPost:
		case MethodMultipart:
			largest = MaxObjectBytes
		default:
			add("methods", "%q is not one of put, post, multipart", m)
		}
	}
	switch {
	case p.MaxBytes == 0:
		add("max_bytes", "is missing: say how large an upload may be, such as 10MiB")
	case p.MaxBytes < 0:
		add("max_bytes", "must be positive")
	case p.MaxBytes > largest:
		add("max_bytes", "is above %d bytes, the most that S3 takes by these methods", largest)
	}
	if p.Expires < MinExpires || p.Expires > MaxExpires {
		add("expires", "%s is not within %s and %s", p.Expires, MinExpires, MaxExpires)
	}
	for field, n := range map[string]int64{
		"limits.max_pixels": p.Limits.MaxPixels, "limits.max_side": p.Limits.MaxSide,
		"limits.max_frames": p.Limits.MaxFrames, "limits.max_entries": p.Limits.MaxEntries,
		"limits.max_unpacked_bytes": p.Limits.MaxUnpackedBytes, "limits.max_depth": p.Limits.MaxDepth,
	} {
		if n < 0 {
			add(field, "must not be negative")
		}
	}
}

var cleanPlaceholders = []string{"{profile}", "{owner}", "{id}", "{ext}", "{yyyy}", "{mm}", "{dd}"}

func (p Profile) cleanFaults(add addFault) {
	key := p.Clean.Key
	if !strings.Contains(key, "{id}") {
		add("clean.key", "%q must hold {id}: else two uploads would share a key", key)
	}
	for _, ph := range cleanPlaceholder.FindAllString(key, -1) {
		if !slices.Contains(cleanPlaceholders, ph) {
			add("clean.key", "%s is not one of %s", ph, strings.Join(cleanPlaceholders, " "))
		}
	}
	if literal := cleanPlaceholder.ReplaceAllString(key, "x"); !SafeKey(Key(literal)) {
		add("clean.key", "%q must be made of [a-z0-9/._-], without empty, . or .. segments", key)
	}
}

// SafeKey tells whether k is a key that every S3 store spells alike: [a-z0-9/._-] only, no empty,
// "." or ".." segment, at most 1024 bytes.
func SafeKey(k Key) bool {
	for _, r := range k {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') && !strings.ContainsRune("/._-", r) {
			return false
		}
	}
	for seg := range strings.SplitSeq(string(k), "/") {
		if seg == "" || seg == "." || seg == ".." || len(seg) > 255 {
			return false
		}
	}
	return len(k) <= 1024
}

var plainOwner = regexp.MustCompile(`^[a-z0-9._-]{1,64}$`)

// CleanKey resolves p's clean key template for one upload. An owner that is not [a-z0-9._-]{1,64}
// goes in as the first 16 hex digits of its SHA-256; ext is the canonical extension, without dot.
func (p Profile) CleanKey(prefix string, u Upload, owner, ext string, now time.Time) Key {
	if !plainOwner.MatchString(owner) || owner == "." || owner == ".." {
		sum := sha256.Sum256([]byte(owner))
		owner = hex.EncodeToString(sum[:])[:16]
	}
	now = now.UTC()
	return Key(prefix + strings.NewReplacer(
		"{profile}", u.Profile, "{owner}", owner, "{id}", u.ID, "{ext}", ext,
		"{yyyy}", now.Format("2006"), "{mm}", now.Format("01"), "{dd}", now.Format("02"),
	).Replace(p.Clean.Key))
}
