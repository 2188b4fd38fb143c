package validator

import (
	"slices"
	"testing"

	"airlock"
	"airlock/validator/inspect"
)

func profile(types ...string) airlock.Profile {
	return airlock.Profile{Name: "p", Types: types, MaxBytes: 1000}.WithDefaults()
}

func TestJudge(t *testing.T) {
	images := profile("image/png", "image/jpeg")
	png := airlock.Facts{Size: 100, DetectedType: "image/png", MagicType: "png"}
	with := func(f airlock.Facts, change func(*airlock.Facts)) airlock.Facts { change(&f); return f }
	grant := airlock.Grant{Profile: "p", ContentType: "image/png", Size: 100, Filename: "cat.png"}
	granted := func(change func(*airlock.Grant)) airlock.Grant { g := grant; change(&g); return g }
	for _, c := range []struct {
		name string
		p    airlock.Profile
		g    airlock.Grant
		f    airlock.Facts
		want airlock.Reason // "" is accepted
	}{
		{"what was promised", images, grant, png, ""},
		{"nothing", images, grant, with(png, func(f *airlock.Facts) { f.Size = 0 }), airlock.Empty},
		{"more than the profile takes", images, granted(func(g *airlock.Grant) { g.Size = 1001 }), with(png, func(f *airlock.Facts) { f.Size = 1001 }), airlock.TooLarge},
		{"longer than declared", images, grant, with(png, func(f *airlock.Facts) { f.Size = 101 }), airlock.SizeMismatch},
		{"shorter than declared", images, grant, with(png, func(f *airlock.Facts) { f.Size = 99 }), airlock.SizeMismatch},
		{"a form's size within its range", images, granted(func(g *airlock.Grant) { g.Size, g.MaxBytes = 0, 100 }), png, ""},
		{"a form's size beyond its range", images, granted(func(g *airlock.Grant) { g.Size, g.MaxBytes = 0, 99 }), png, airlock.TooLarge},
		{"a form's size beyond what the profile takes by now", images, granted(func(g *airlock.Grant) { g.Size, g.MaxBytes = 0, 5000 }), with(png, func(f *airlock.Facts) { f.Size = 1001 }), airlock.TooLarge},
		{"an empty form", images, granted(func(g *airlock.Grant) { g.Size, g.MaxBytes = 0, 100 }), with(png, func(f *airlock.Facts) { f.Size = 0 }), airlock.Empty},
		{"other bytes", images, granted(func(g *airlock.Grant) { g.ChecksumSHA256 = "a" }), with(png, func(f *airlock.Facts) { f.ChecksumSHA256 = "b" }), airlock.ChecksumMismatch},
		{"the same bytes", images, granted(func(g *airlock.Grant) { g.ChecksumSHA256 = "a" }), with(png, func(f *airlock.Facts) { f.ChecksumSHA256 = "a" }), ""},
		{"a type that the profile no longer has", profile("image/jpeg"), grant, png, airlock.TypeNotAllowed},
		{"a page", images, grant, with(png, func(f *airlock.Facts) { f.DetectedType, f.MagicType = "text/html", "" }), airlock.TypeMismatch},
		{"another type of the same profile", images, grant, with(png, func(f *airlock.Facts) { f.DetectedType, f.MagicType = "image/jpeg", "jpeg" }), airlock.TypeMismatch},
		{"sniffers that disagree", images, grant, with(png, func(f *airlock.Facts) { f.MagicType = "exe" }), airlock.TypeMismatch},
		{"no magic", images, grant, with(png, func(f *airlock.Facts) { f.MagicType = "" }), airlock.TypeMismatch},
		{"another extension", images, granted(func(g *airlock.Grant) { g.Filename = "cat.exe" }), png, airlock.ExtensionMismatch},
		{"an extension in capitals", images, granted(func(g *airlock.Grant) { g.Filename = "CAT.PNG" }), png, ""},
		{"what an inspector found", images, grant, with(png, func(f *airlock.Facts) {
			f.Findings = []airlock.Finding{{Reason: airlock.PixelLimit, Detail: "65000 pixels wide"}}
		}), airlock.PixelLimit},
		{"text with a charset", profile("text/plain"), granted(func(g *airlock.Grant) {
			g.ContentType, g.Filename = "text/plain; charset=utf-8", "a.txt"
		}), airlock.Facts{Size: 100, DetectedType: "text/plain"}, ""},
		{"a script as text", profile("text/plain"), granted(func(g *airlock.Grant) { g.ContentType, g.Filename = "text/plain", "a.txt" }), airlock.Facts{Size: 100, DetectedType: "text/plain", MagicType: "script"}, airlock.TypeMismatch},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := Judge(c.p, c.g, c.f)
			if v.Reason != c.want || (c.want == "") != (v.Result == airlock.Accepted) {
				t.Errorf("got %s %s (%s), want %q", v.Result, v.Reason, v.Detail, c.want)
			}
			if v.Result == airlock.Accepted && v.Type != c.g.ContentType {
				t.Errorf("would be stored as %q", v.Type)
			}
		})
	}
}

func FuzzJudge(f *testing.F) {
	f.Add(int64(5), int64(5), "image/png", "cat.png", []byte("\x89PNG\r\n\x1a\n"))
	f.Add(int64(5), int64(5), "text/plain", "a.txt", []byte("<script>"))
	f.Fuzz(func(t *testing.T, size, declared int64, contentType, name string, head []byte) {
		p := profile("image/png", "text/plain", "application/pdf")
		facts := airlock.Facts{Size: size}
		facts.DetectedType, facts.MagicType = inspect.Sniff(head)
		v := Judge(p, airlock.Grant{ContentType: contentType, Filename: name, Size: declared}, facts)
		switch {
		case v.Result == airlock.Accepted && (size < 1 || size > p.MaxBytes || size != declared || !slices.Contains(p.Types, bareType(contentType))):
			t.Fatalf("accepted %d bytes of %q", size, contentType)
		case v.Result != airlock.Accepted && v.Reason == "":
			t.Fatal("rejected without a reason")
		}
	})
}

func TestInlineNeedsBothTheProfileAndASafeType(t *testing.T) {
	inline := airlock.Profile{Serve: airlock.Serve{Disposition: "inline"}}.WithDefaults()
	for _, c := range []struct {
		p    airlock.Profile
		typ  string
		want string
	}{
		{inline, "image/png", "inline"}, {inline, "text/plain; charset=utf-8", "inline"},
		{inline, "image/svg+xml", "attachment"}, {inline, "application/zip", "attachment"},
		{profile(), "image/png", "attachment"},
	} {
		if got := disposition(c.p, c.typ); got != c.want {
			t.Errorf("%s by %q: %s, want %s", c.typ, c.p.Serve.Disposition, got, c.want)
		}
	}
}

func TestBackoffGrowsToFifteenMinutes(t *testing.T) {
	for receives, want := range map[int]float64{1: 2, 2: 4, 5: 32, 9: 512, 10: 900, 1000: 900} {
		if got := backoff(receives).Seconds(); got < want*0.8 || got > want*1.2 {
			t.Errorf("after %d receives: %.1f s, want %.0f give or take a fifth", receives, got, want)
		}
	}
}
