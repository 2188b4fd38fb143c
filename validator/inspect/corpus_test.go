package inspect_test

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"

	"airlock/validator"
	"airlock/validator/inspect/corpus"
)

// tally is a row of the corpus's table.
type tally struct{ honest, refused, attacks, through, otherwise int }

// TestTheCorpus holds each case against what must be said of it, and prints how each family did.
func TestTheCorpus(t *testing.T) {
	table := map[string]*tally{}
	seen := map[string]bool{}
	for _, c := range corpus.All() {
		if seen[c.Name] {
			t.Errorf("two cases are called %s", c.Name)
		}
		seen[c.Name] = true
		row := table[c.Type]
		if row == nil {
			row = &tally{}
			table[c.Type] = row
		}
		data := c.Make()
		v, f, err := validator.NewChecker(c.Profile()).Check(t.Context(), c.Name, int64(len(data)), bytes.NewReader(data))
		if err != nil {
			t.Errorf("%s: %v", c.Name, err)
			continue
		}
		if c.Want == "" {
			row.honest++
		} else {
			row.attacks++
		}
		switch {
		case c.Want == "" && v.Reason != "":
			row.refused++
		case c.Want != "" && v.Reason == "":
			row.through++
		case c.Want != v.Reason:
			row.otherwise++
		default:
			continue
		}
		t.Errorf("%s: %s %s (%s; %v), want %q", c.Name, v.Result, v.Reason, v.Detail, f.Checks, c.Want)
	}
	printTable(t, table)
}

func printTable(t *testing.T, table map[string]*tally) {
	var out strings.Builder
	w := tabwriter.NewWriter(&out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "type\thonest\trefused\tattacks\tthrough\tother reason\t")
	var all tally
	for _, name := range slices.Sorted(maps.Keys(table)) {
		r := table[name]
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%d\t\n", name, r.honest, r.refused, r.attacks, r.through, r.otherwise)
		all = tally{all.honest + r.honest, all.refused + r.refused, all.attacks + r.attacks, all.through + r.through, all.otherwise + r.otherwise}
	}
	fmt.Fprintf(w, "all\t%d\t%d\t%d\t%d\t%d\t\n", all.honest, all.refused, all.attacks, all.through, all.otherwise)
	w.Flush()
	t.Logf("the corpus\n%s", out.String())
}
