// Package realfiles holds airlock against files that real tools made.
package realfiles

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"

	"airlock"
	"airlock/validator"
)

// place is what a file's folder says of it.
type place struct {
	declared string         // a media type; "": what its extension stands for
	want     airlock.Reason // "": accepted
	unsure   bool           // only told
}

// placeOf reads image/png/x.png, refused/bomb/x.zip, unsure/x.json.
func placeOf(path string) place {
	switch part := strings.Split(filepath.ToSlash(path), "/"); {
	case part[0] == "refused" && len(part) > 2:
		return place{want: airlock.Reason(part[1])}
	case part[0] == "unsure":
		return place{unsure: true}
	case len(part) > 2 && airlock.KnownTypes[part[0]+"/"+part[1]] != nil:
		return place{declared: part[0] + "/" + part[1]}
	}
	return place{}
}

// profile takes one type, or all that are known.
func profile(declared, depth string) airlock.Profile {
	types := slices.Sorted(maps.Keys(airlock.KnownTypes))
	if declared != "" {
		types = []string{declared}
	}
	return airlock.Profile{Name: "real", Types: types, MaxBytes: 1 << 40, Inspect: depth}.WithDefaults()
}

type row struct{ files, accepted, asWanted int }

// asking counts what judging one file asks for: the bound on it must leave honest files room
// (docs/inspection.md, "Bounds").
type asking struct {
	*os.File
	requests int64
	share    float64 // of the bound
	about    string
}

func (a *asking) ReadAt(p []byte, off int64) (int, error) {
	a.requests++
	return a.File.ReadAt(p, off)
}

// TestRealFiles judges each file below AIRLOCK_REAL_FILES, in both depths, and prints how each folder
// did. No honest file may be refused; what lies below refused/ must be, for its folder's reason.
func TestRealFiles(t *testing.T) {
	dir := os.Getenv("AIRLOCK_REAL_FILES")
	if dir == "" {
		t.Skip("make files by infra/realfiles/make.sh DIR, then set AIRLOCK_REAL_FILES=DIR")
	}
	table, checkers := map[string]*row{}, map[string]validator.Checker{}
	var most asking
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		folder, where := filepath.Dir(name), placeOf(name)
		r := table[folder]
		if r == nil {
			r = &row{}
			table[folder] = r
		}
		r.files++
		for _, depth := range []string{"full", "header"} {
			if depth == "header" && (where.want != "" || where.unsure) {
				continue
			}
			key := where.declared + " " + depth
			if _, ok := checkers[key]; !ok {
				checkers[key] = validator.NewChecker(profile(where.declared, depth))
			}
			v, asked := judge(t, checkers[key], path)
			if asked.share > most.share && v.Reason == "" {
				most = asked
			}
			if depth == "full" && v.Reason == "" {
				r.accepted++
			}
			switch {
			case v.Reason == where.want && depth == "full":
				r.asWanted++
			case v.Reason == where.want:
			case where.unsure:
				t.Logf("unsure: %s: %s: %s", name, v.Reason, v.Detail)
			default:
				t.Errorf("%s (%s): %s: %s, want %q", name, depth, v.Reason, v.Detail, where.want)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	print(t, table)
	t.Logf("of the accepted, %s asked most: %.2f of what it may", most.about, most.share)
}

func judge(t *testing.T, c validator.Checker, path string) (airlock.Verdict, asking) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	asked := asking{File: f}
	v, _, err := c.Check(t.Context(), filepath.Base(path), st.Size(), &asked)
	if err != nil {
		t.Fatal(err)
	}
	asked.share = float64(asked.requests) / float64(64+4*(st.Size()>>16))
	asked.about = fmt.Sprintf("%s of %d bytes (%d requests)", filepath.Base(path), st.Size(), asked.requests)
	return v, asked
}

func print(t *testing.T, table map[string]*row) {
	var out strings.Builder
	w := tabwriter.NewWriter(&out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "folder\tfiles\taccepted\tas wanted\t")
	var all row
	for _, folder := range slices.Sorted(maps.Keys(table)) {
		r := table[folder]
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t\n", folder, r.files, r.accepted, r.asWanted)
		all = row{all.files + r.files, all.accepted + r.accepted, all.asWanted + r.asWanted}
	}
	fmt.Fprintf(w, "all\t%d\t%d\t%d\t\n", all.files, all.accepted, all.asWanted)
	w.Flush()
	t.Logf("real files\n%s", out.String())
}
