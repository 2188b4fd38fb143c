package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"airlock"
)

const full = `version: 1
profiles:
  image:
    types: [image/png, image/jpeg]
    max_bytes: 10MiB
    methods: [put, post, multipart]
    expires: 10m
    limits: {max_pixels: 50000000, max_unpacked_bytes: 2GB}
    clean: {bucket: "photos", key: "{owner}/{id}.{ext}"}
    serve: {disposition: inline, cache_control: "private, max-age=3600"}
    active_content: allow
    inspect: header
  text: {types: [text/plain], max_bytes: 5000, extensions: [txt, conf]}
auth:
  tokens_file: tokens.txt
  oidc: {issuer: "https://login.example.org", audience: airlock, owner_claim: email, profiles_claim: scope}
  webhook: {url: "https://app.example.org/may", secret_file: secret, timeout: 500ms, allow_private: true, headers: [Cookie]}
quotas: {per_owner: {open_uploads: 1000, open_bytes: 10GiB, grants_per_minute: 600}}
`

func TestEveryKeyIsRead(t *testing.T) {
	c, err := Parse("airlock.yaml", []byte(full))
	if err != nil {
		t.Fatal(err)
	}
	want := Config{Auth: Auth{
		TokensFile: "tokens.txt",
		OIDC:       &OIDC{Issuer: "https://login.example.org", Audience: "airlock", OwnerClaim: "email", ProfilesClaim: "scope"},
		Webhook: &Webhook{
			URL: "https://app.example.org/may", SecretFile: "secret", Timeout: 500 * time.Millisecond, AllowPrivate: true, Headers: []string{"Cookie"},
		},
	}, Quotas: Quotas{PerOwner{OpenUploads: 1000, OpenBytes: 10 << 30, GrantsPerMinute: 600}}, Profiles: map[string]airlock.Profile{
		"image": airlock.Profile{
			Name: "image", Types: []string{"image/png", "image/jpeg"}, MaxBytes: 10 << 20,
			Methods: []airlock.Method{"put", "post", "multipart"}, Expires: 10 * time.Minute,
			Limits: airlock.Limits{MaxPixels: 50_000_000, MaxUnpackedBytes: 2_000_000_000},
			Clean:  airlock.Clean{Bucket: "photos", Key: "{owner}/{id}.{ext}"}, ActiveContent: "allow", Inspect: "header",
			Serve: airlock.Serve{Disposition: "inline", CacheControl: "private, max-age=3600"},
		}.WithDefaults(),
		"text": airlock.Profile{Name: "text", Types: []string{"text/plain"}, MaxBytes: 5000, Extensions: []string{"txt", "conf"}}.WithDefaults(),
	}}
	if diff := cmp.Diff(want, c); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestJSONIsReadToo(t *testing.T) {
	c, err := Parse("airlock.json", []byte(`{"version":1,"profiles":{"image":{"types":["image/png"],"max_bytes":"1MiB"}}}`))
	if err != nil || c.Profiles["image"].MaxBytes != 1<<20 {
		t.Errorf("%+v, %v", c, err)
	}
}

// All faults at once, in the order of the lines, none hiding another.
func TestAllFaultsAreToldAtOnce(t *testing.T) {
	_, err := Parse("airlock.yaml", []byte(`version: 2
profilez: {}
profiles:
  Image:
    types: [image/*, text/html]
    max_size: 10MiB
    expires: 1s
  video:
    types: video/mp4
    max_bytes: 1.5GiB
    max_bytes: 2GiB
    methods: [get]
    limits: {max_depth: many, max_side: -1}
    clean: {key: "{profile}/x"}
    serve: [inline]
  none:
malware: {clamd: "tcp://127.0.0.1:3310"}
quotas:
  per_owner: {open_uploads: 10001, open_bytes: -1, grants_per_minute: -1}
  per_profile: {}
auth:
  oidc: {issuer: "https://x", jwks: y}
  webhook:
    url: 5
    timeout: 2
    allow_private: "yes"
    headers: Cookie
`))
	var faults *Error
	if !errors.As(err, &faults) {
		t.Fatalf("got %v", err)
	}
	for i, want := range []string{
		`airlock.yaml:1: version: must be 1`,
		`airlock.yaml:2: profilez: is unknown; there is auth, malware, profiles, quotas, version`,
		`airlock.yaml:4: profiles.Image: "Image" is no profile name`,
		`airlock.yaml:4: profiles.Image.max_bytes: is missing`,
		`airlock.yaml:5: profiles.Image.types: "image/*" is a wildcard`,
		`airlock.yaml:5: profiles.Image.types: "text/html" is no type that airlock can judge`,
		`airlock.yaml:6: profiles.Image.max_size: is unknown`,
		`airlock.yaml:7: profiles.Image.expires: 1s is not within 2m0s and 1h0m0s`,
		`airlock.yaml:9: profiles.video.types: must be a list, not "video/mp4"`,
		`airlock.yaml:10: profiles.video.max_bytes: "1.5GiB" is no size`,
		`airlock.yaml:11: profiles.video.max_bytes: stands twice`,
		`airlock.yaml:12: profiles.video.methods: "get" is not one of put, post, multipart`,
		`airlock.yaml:13: profiles.video.limits.max_depth: must be a whole number, not "many"`,
		`airlock.yaml:13: profiles.video.limits.max_side: must not be negative`,
		`airlock.yaml:14: profiles.video.clean.key: "{profile}/x" must hold {id}`,
		`airlock.yaml:15: profiles.video.serve: must be a mapping`,
		`airlock.yaml:16: profiles.none: must be a mapping of keys to values, not nothing`,
		`airlock.yaml:17: malware: is not supported by this version yet`,
		`airlock.yaml:19: quotas.per_owner.grants_per_minute: must not be negative; 0 is no limit`,
		`airlock.yaml:19: quotas.per_owner.open_bytes: "-1" is no size`,
		`airlock.yaml:19: quotas.per_owner.open_uploads: is more than 10000: all open uploads of an owner are one record in NATS`,
		`airlock.yaml:20: quotas.per_profile: is unknown; there is per_owner`,
		`airlock.yaml:22: auth.oidc.audience: is missing: without it`,
		`airlock.yaml:22: auth.oidc.jwks: is unknown; there is audience, issuer, owner_claim, profiles_claim`,
		`airlock.yaml:23: auth.webhook.secret_file: is missing: without it`,
		`airlock.yaml:24: auth.webhook.url: must be text, not "5"`,
		`airlock.yaml:25: auth.webhook.timeout: must be a duration such as 5m, not "2"`,
		`airlock.yaml:26: auth.webhook.allow_private: must be true or false, not "yes"`,
		`airlock.yaml:27: auth.webhook.headers: must be a list, not "Cookie"`,
	} {
		lines := strings.Split(err.Error(), "\n")
		if i >= len(lines) || !strings.HasPrefix(lines[i], want) {
			t.Fatalf("fault %d: want %q in\n%s", i, want, err)
		}
	}
}

// What is left out is nothing: no issuer, no application, no limit.
func TestAccessMayBeLeftOut(t *testing.T) {
	const least = "version: 1\nprofiles: {a: {types: [image/png], max_bytes: 1}}\n"
	for text, want := range map[string]Config{
		"":                        {},
		"auth: {}\nquotas: {}":    {},
		"quotas: {per_owner: {}}": {},
		"quotas: {per_owner: {open_uploads: 0, open_bytes: 0, grants_per_minute: 0}}": {},
		"quotas: {per_owner: {open_uploads: 10000, open_bytes: 5}}":                   {Quotas: Quotas{PerOwner{OpenUploads: 10000, OpenBytes: 5}}},
		"auth: {oidc: {issuer: i, audience: a}}":                                      {Auth: Auth{OIDC: &OIDC{Issuer: "i", Audience: "a"}}},
		"auth: {webhook: {url: u, secret_file: s, allow_private: false}}":             {Auth: Auth{Webhook: &Webhook{URL: "u", SecretFile: "s"}}},
		"auth: {webhook: {url: u, secret_file: s, headers: []}}":                      {Auth: Auth{Webhook: &Webhook{URL: "u", SecretFile: "s", Headers: []string{}}}},
	} {
		c, err := Parse("f", []byte(least+text))
		c.Profiles = nil
		if diff := cmp.Diff(want, c); err != nil || diff != "" {
			t.Errorf("%s: %v\n%s", text, err, diff)
		}
	}
	for text, want := range map[string]string{
		"auth: {oidc: {}}":                                     "f:3: auth.oidc.audience: is missing: without it, a token made for anybody would do\nf:3: auth.oidc.issuer: is missing: say whose",
		"auth: {oidc: }":                                       "f:3: auth.oidc: must be a mapping of keys to values, not nothing",
		"auth: {oidc: {issuer: , audience: a}}":                "f:3: auth.oidc.issuer: must be text, not nothing",
		"auth: {oidc: {issuer: \"\", audience: a}}":            "f:3: auth.oidc.issuer: is missing",
		"auth:\n  webhook:\n    timeout: 1s":                   "f:4: auth.webhook.secret_file: is missing: without it, the application could not tell who asks\nf:4: auth.webhook.url: is missing",
		"auth: {webhook: {url: u, secret_file: s, headers: }}": "f:3: auth.webhook.headers: must be a list, not nothing",
		"quotas: {open_uploads: 5}":                            "f:3: quotas.open_uploads: is unknown; there is per_owner",
		"quotas: {per_owner: {open_uploads: many}}":            "f:3: quotas.per_owner.open_uploads: must be a whole number",
		"quotas: {per_owner: {open_bytes: 1.5GiB}}":            "f:3: quotas.per_owner.open_bytes: \"1.5GiB\" is no size",
		"quotas: {per_owner: 5}":                               "f:3: quotas.per_owner: must be a mapping",
	} {
		_, err := Parse("f", []byte(least+text))
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: got\n%v\nwant\n%s", text, err, want)
		}
	}
}

func TestWhatIsNoConfiguration(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"empty":           {"", "the file is empty"},
		"not YAML":        {"version: [", "did not find"},
		"a list":          {"- 1", "must be a mapping"},
		"no profiles":     {"version: 1", "profiles: is missing"},
		"two documents":   {full + "---\nversion: 1\n", "second document"},
		"an anchor":       {"version: 1\nprofiles: {a: &x {types: [image/png], max_bytes: 1}}", "anchors and aliases"},
		"an alias":        {"version: 1\nx: &x {}\nprofiles: *x", "anchors and aliases"},
		"billion laughs":  {"a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\n", "anchors and aliases"},
		"a merge":         {"version: 1\nprofiles: {a: {<<: {max_bytes: 1}, types: [image/png]}}", "must be a name"},
		"a number as key": {"version: 1\n1: 2\nprofiles: {}", "must be a name"},
		"too large":       {strings.Repeat("#", maxFile+1), "larger than"},
		"an overflow":     {"version: 1\nprofiles: {a: {types: [image/png], max_bytes: 9999999999999TiB}}", "larger than can be counted"},
		"no byte":         {"version: 1\nprofiles: {a: {types: [image/png], max_bytes: 0}}", "at least 1 byte"},
		"negative":        {"version: 1\nprofiles: {a: {types: [image/png], max_bytes: -5}}", "is no size"},
		"a number of s":   {"version: 1\nprofiles: {a: {types: [image/png], max_bytes: 5, expires: 300}}", "a duration such as 5m"},
	} {
		if _, err := Parse("f", []byte(c.text)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
}

func TestLoadFindsFilesBesideItsOwn(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "airlock.yaml")
	if err := os.WriteFile(file, []byte(full), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := Load(file)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := c.Auth.TokensFile, filepath.Join(dir, "tokens.txt"); got != want {
		t.Errorf("tokens_file: got %q, want %q", got, want)
	}
	if got, want := c.Auth.Webhook.SecretFile, filepath.Join(dir, "secret"); got != want {
		t.Errorf("secret_file: got %q, want %q", got, want)
	}
	absolute := strings.Replace(full, "secret_file: secret", "secret_file: /run/secrets/hook", 1)
	if err := os.WriteFile(file, []byte(absolute), 0o600); err != nil {
		t.Fatal(err)
	}
	if c, err := Load(file); err != nil || c.Auth.Webhook.SecretFile != "/run/secrets/hook" {
		t.Errorf("an absolute secret_file: %+v, %v", c.Auth.Webhook, err)
	}
	var faults *Error
	if _, err := Load(file + ".missing"); !errors.As(err, &faults) || !strings.Contains(err.Error(), file+".missing") {
		t.Errorf("a missing file: %v", err)
	}
}

func ExampleParse() {
	_, err := Parse("airlock.yaml", []byte("version: 1\nprofiles:\n  image:\n    types: [image/*]\n"))
	fmt.Println(err)
	// Output:
	// airlock.yaml:3: profiles.image.max_bytes: is missing: say how large an upload may be, such as 10MiB
	// airlock.yaml:4: profiles.image.types: "image/*" is a wildcard: list each type exactly
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(full))
	f.Add([]byte(`{"version":1,"profiles":{"a":{"types":["image/png"],"max_bytes":1}}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := Parse("f", data)
		if err != nil {
			return
		}
		for name, p := range c.Profiles {
			if faults := p.Faults(); len(faults) > 0 || p.Name != name {
				t.Fatalf("%q was read with %v", name, faults)
			}
		}
	})
}
