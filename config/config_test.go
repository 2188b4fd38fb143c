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
auth: {tokens_file: tokens.txt}
`

func TestEveryKeyIsRead(t *testing.T) {
	c, err := Parse("airlock.yaml", []byte(full))
	if err != nil {
		t.Fatal(err)
	}
	want := Config{Auth: Auth{TokensFile: "tokens.txt"}, Profiles: map[string]airlock.Profile{
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
quotas: {per_owner: {open_uploads: 1}}
auth:
  oidc: {issuer: "https://x"}
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
		`airlock.yaml:17: quotas: is not supported by this version yet`,
		`airlock.yaml:19: auth.oidc: is not supported by this version yet`,
	} {
		lines := strings.Split(err.Error(), "\n")
		if i >= len(lines) || !strings.HasPrefix(lines[i], want) {
			t.Fatalf("fault %d: want %q in\n%s", i, want, err)
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

func TestLoadFindsTokensBesideTheFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "airlock.yaml")
	if err := os.WriteFile(file, []byte(full), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := Load(file)
	if want := filepath.Join(filepath.Dir(file), "tokens.txt"); err != nil || c.Auth.TokensFile != want {
		t.Errorf("got %q, %v; want %q", c.Auth.TokensFile, err, want)
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
