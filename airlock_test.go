package airlock

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"
	"time"
)

const anID = "0b0e4d5c-8a3f-4c1e-9d2b-000000000001"

func TestAQuarantineKeyIsReadBackExactlyAsItWasMade(t *testing.T) {
	z := Zone{"q", "quarantine/"}
	u := Upload{"image", anID}
	if o := z.Object(u); o.String() != "q/quarantine/image/"+anID {
		t.Fatalf("made %s", o)
	}
	if got, err := z.Upload(z.Object(u).Key); err != nil || got != u {
		t.Fatalf("read %v, %v", got, err)
	}
	for _, key := range []string{
		"", "quarantine/", "image/" + anID, "quarantine/image", "quarantine/image/", "quarantine//" + anID, "quarantine/image//" + anID,
		"quarantine/image/" + anID + "/", "quarantine/image/x/" + anID, "quarantine/Image/" + anID, "quarantine/../image/" + anID,
		"quarantine/image/" + strings.ToUpper(anID), "quarantine/image/" + anID + "\n", "xquarantine/image/" + anID, "quarantine/image/" + anID + ".png",
	} {
		if u, err := z.Upload(Key(key)); err == nil {
			t.Errorf("%q was read as %v", key, u)
		}
	}
}

func TestZonesOverlapWhereOneLiesInTheOther(t *testing.T) {
	for _, c := range []struct {
		a, b Zone
		want bool
	}{
		{Zone{"q", "quarantine/"}, Zone{"c", "quarantine/"}, false},
		{Zone{"q", "quarantine/"}, Zone{"q", "clean/"}, false},
		{Zone{"q", "quarantine/"}, Zone{"q", "quarantine/"}, true},
		{Zone{"q", "quarantine/"}, Zone{"q", "quarantine/clean/"}, true},
		{Zone{"q", ""}, Zone{"q", "clean/"}, true},
		{Zone{"q", ""}, Zone{"c", ""}, false},
	} {
		if c.a.Overlaps(c.b) != c.want || c.b.Overlaps(c.a) != c.want {
			t.Errorf("%v and %v: want %t", c.a, c.b, c.want)
		}
	}
}

func TestTheDeadlineGrantsAnHourAndTheTimeThatTheSizeTakes(t *testing.T) {
	at := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	if got := UploadDeadline(at, 128<<10*90).Sub(at); got != time.Hour+90*time.Second {
		t.Errorf("got %s", got)
	}
}

func TestCleanKeysHoldOnlyWhatEveryStoreSpellsAlike(t *testing.T) {
	now := time.Date(2026, 3, 4, 23, 0, 0, 0, time.FixedZone("", -5*3600))
	u := Upload{"image", anID}
	hashed := func(owner string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(owner)))[:16] }
	for owner, dir := range map[string]string{"u-17": "u-17", "Ünal/../x": hashed("Ünal/../x"), "..": hashed(".."), "": hashed("")} {
		p := Profile{Clean: Clean{Key: "{owner}/{yyyy}/{mm}/{dd}/{id}.{ext}"}}
		got := p.CleanKey("clean/", u, owner, "png", now)
		if want := Key("clean/" + dir + "/2026/03/05/" + anID + ".png"); got != want || !SafeKey(got) {
			t.Errorf("%q: %s, want %s", owner, got, want)
		}
	}
	if got := (Profile{}.WithDefaults()).CleanKey("clean/", u, "o", "png", now); got != Key("clean/image/"+anID) {
		t.Errorf("default: %s", got)
	}
}

func TestAProfileTellsAllItsFaultsAtOnce(t *testing.T) {
	good := Profile{Name: "image", Types: []string{"image/png"}, MaxBytes: 1}.WithDefaults()
	if f := good.Faults(); len(f) > 0 {
		t.Fatalf("a good profile: %v", f)
	}
	bad := Profile{
		Name: "Image!", Types: []string{"image/*", "text/html", "image/png", "image/png"}, Methods: []Method{"get"},
		Expires: time.Second, Clean: Clean{Key: "{profile}/{who}/../X"}, ActiveContent: "maybe", Extensions: []string{".PNG"},
		Limits: Limits{MaxDepth: -1, Encrypted: "x"}, Serve: Serve{Disposition: "inlined", CacheControl: "a\nb"},
	}.WithDefaults()
	fields := map[string]int{}
	for _, f := range bad.Faults() {
		fields[f.Field]++
	}
	for field, n := range map[string]int{"": 1, "types": 3, "methods": 1, "expires": 1, "max_bytes": 1, "clean.key": 3, "active_content": 1,
		"extensions": 1, "limits.max_depth": 1, "limits.encrypted": 1, "serve.disposition": 1, "serve.cache_control": 1} {
		if fields[field] != n {
			t.Errorf("%q: %d faults, want %d (%v)", field, fields[field], n, bad.Faults())
		}
	}
}

func TestThePolicyVersionChangesWithThePolicy(t *testing.T) {
	p := Profile{Name: "image", Types: []string{"image/png"}, MaxBytes: 1}.WithDefaults()
	q := p
	q.MaxBytes++
	one, two := p.PolicyVersion(), q.PolicyVersion()
	if again := p.PolicyVersion(); one == two || one != again || len(one) != 12 {
		t.Errorf("%s, %s and %s", one, again, two)
	}
}

func TestEveryKnownTypeHasItsExtensions(t *testing.T) {
	for typ, exts := range KnownTypes {
		if len(exts) == 0 {
			t.Errorf("%s has none", typ)
		}
		for _, e := range exts {
			if !fileExtension(e) || TypeByExtension(e) == "" {
				t.Errorf("%s: %q", typ, e)
			}
		}
	}
	for ext, want := range map[string]string{"png": "image/png", "apng": "image/apng", "heic": "image/heic", "mp4": "video/mp4", "exe": ""} {
		if got := TypeByExtension(ext); got != want {
			t.Errorf(".%s is %q, want %q", ext, got, want)
		}
	}
}
