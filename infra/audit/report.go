package audit

import (
	"fmt"
	"strings"
)

// Report is how it stood with the invariants.
type Report struct {
	Uploads int // that S3 acknowledged
	Puts    int // more than uploads where somebody put again
	Events  int
	Kills   int
	Faults  int
	Rows    []Row
}

// Row is one invariant.
type Row struct {
	Name       string
	Checked    int      // how many things were looked at
	Violations []string // each names what violates
}

func (r *Row) violated(format string, a ...any) {
	r.Violations = append(r.Violations, fmt.Sprintf(format, a...))
}

// Violations is their number, in all rows.
func (r Report) Violations() (n int) {
	for _, row := range r.Rows {
		n += len(row.Violations)
	}
	return n
}

// Add is both reports as one: the total of several tests.
func (r Report) Add(other Report) Report {
	r.Uploads, r.Puts, r.Events = r.Uploads+other.Uploads, r.Puts+other.Puts, r.Events+other.Events
	r.Kills, r.Faults = r.Kills+other.Kills, r.Faults+other.Faults
	rows := make([]Row, 0, len(other.Rows))
	for i, row := range other.Rows {
		if i < len(r.Rows) {
			row.Checked += r.Rows[i].Checked
			row.Violations = append(r.Rows[i].Violations[:len(r.Rows[i].Violations):len(r.Rows[i].Violations)], row.Violations...)
		}
		rows = append(rows, row)
	}
	r.Rows = rows
	return r
}

// firstFew is how many violations of one invariant are named.
const firstFew = 5

// String is the table for people.
func (r Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d uploads by %d PUTs, %d events; %d kills, %d faults injected\n", r.Uploads, r.Puts, r.Events, r.Kills, r.Faults)
	fmt.Fprintf(&b, "%-66s %9s %10s\n", "invariant", "checked", "violations")
	for _, row := range r.Rows {
		fmt.Fprintf(&b, "%-66s %9d %10d\n", row.Name, row.Checked, len(row.Violations))
		for _, v := range row.Violations[:min(firstFew, len(row.Violations))] {
			fmt.Fprintf(&b, "    %s\n", v)
		}
	}
	return b.String()
}
