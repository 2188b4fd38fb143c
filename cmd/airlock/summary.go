package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"airlock"
)

// summary counts files by the type that they were judged as, and by reason.
type summary struct {
	accepted, rejected, failed int
	types                      map[string]*byReason
}

type byReason struct {
	accepted, rejected int
	reasons            map[airlock.Reason]int
}

// noType stands for the files whose extension the profile does not take.
const noType = "(of no type here)"

func (s *summary) add(r judged) {
	if r.err != nil {
		s.failed++
		return
	}
	name := r.declared
	if name == "" {
		name = noType
	}
	if s.types == nil {
		s.types = map[string]*byReason{}
	}
	t := s.types[name]
	if t == nil {
		t = &byReason{reasons: map[airlock.Reason]int{}}
		s.types[name] = t
	}
	if r.verdict.Result == airlock.Accepted {
		s.accepted++
		t.accepted++
		return
	}
	s.rejected++
	t.rejected++
	t.reasons[r.verdict.Reason]++
}

// print tells of more than one file only.
func (s *summary) print(out io.Writer) {
	all := s.accepted + s.rejected + s.failed
	if all < 2 {
		return
	}
	fmt.Fprintf(out, "\n%d files: %d accepted, %d rejected, %d not read\n", all, s.accepted, s.rejected, s.failed)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "TYPE\tACCEPTED\tREJECTED\tREASONS")
	for _, name := range slices.Sorted(maps.Keys(s.types)) {
		t := s.types[name]
		var reasons []string
		for _, r := range slices.Sorted(maps.Keys(t.reasons)) {
			reasons = append(reasons, fmt.Sprintf("%s %d", r, t.reasons[r]))
		}
		fmt.Fprintf(w, "%s\t%d\t%d\t%s\n", name, t.accepted, t.rejected, strings.Join(reasons, ", "))
	}
	w.Flush()
}
