package groundtruth

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Counts is what an implementation of SPEC found in one capture. Left and Used are with the default drop filter, by the
// SPEC's reason names.
type Counts struct {
	Packets         int
	Damage          string // "", truncated, malformed
	NotCapture      bool
	Left            map[string]int
	Used            int
	SessionsAll     int // with --drop none
	SessionsDefault int // with the default filter
}

// Difference is one number on which an implementation and a table disagree.
type Difference struct {
	Path, Column string
	Truth, Ours  string
}

// String says what the difference is, for a test's message.
func (d Difference) String() string {
	return fmt.Sprintf("%s: %s is %s in the table, %s here", d.Path, d.Column, d.Truth, d.Ours)
}

// Compare returns all differences of one capture. Container and records are compared with INDEX.tsv for every row; packets,
// sessions and the acc columns with ground-truth.tsv where it has them.
func Compare(r Row, c Counts) []Difference {
	var out []Difference
	differ := func(column, truth, ours string) {
		if truth != ours {
			out = append(out, Difference{r.Path, column, truth, ours})
		}
	}
	number := func(column string, ours int) {
		if truth, ok := r.Truth[column]; ok {
			differ(column, fmt.Sprint(truth), fmt.Sprint(ours))
		}
	}
	differ("container", r.damage(), c.damage())
	differ("records", fmt.Sprint(r.Records), fmt.Sprint(c.Packets))
	number("packets", c.Packets)
	number("sessions_outer", c.SessionsAll)
	number("sessions_all", c.SessionsAll)
	number("sessions_default", c.SessionsDefault)
	// A packet of a link type that is not supported is a packet without IP in the table.
	number("acc_not_ip", c.Left["not-ip"]+c.Left["unsupported-link"])
	number("acc_fragment", c.Left["fragment"])
	number("acc_not_tcp_udp", c.Left["not-tcp-udp"])
	number("acc_malformed", c.Left["malformed"])
	number("acc_dns", c.Left["dns"])
	number("acc_background", c.Left["background"])
	number("acc_tcp_control", c.Left["tcp-control"])
	number("acc_used", c.Used)
	return out
}

// damage translates the container column: its reader has finer names.
func (r Row) damage() string {
	switch r.Container {
	case "trunc-record-data", "trunc-record-header", "trunc-block", "trunc-block-header", "short-global-header":
		return "truncated"
	case "bogus-caplen", "bad-block-length":
		return "malformed"
	}
	return r.Container // ok, not-a-capture
}

func (c Counts) damage() string {
	switch {
	case c.NotCapture:
		return "not-a-capture"
	case c.Damage == "":
		return "ok"
	}
	return c.Damage
}

// Explanation says why pcapmill's number is the right one.
type Explanation struct {
	Path    string
	Columns string // "column truth>ours", joined by ", "
	Why     string
}

// Unexplained returns the differences that no explanation covers, and the explanations (as "path: column truth>ours") among
// those for the given rows that no difference needed: those are out of date and have to go. The table to give is Explained.
func Unexplained(rows []Row, explained []Explanation, found []Difference) (unexplained []Difference, unused []string) {
	open := map[string]bool{}
	wanted := map[string]bool{}
	for _, r := range rows {
		wanted[r.Path] = true
	}
	for _, e := range explained {
		if !wanted[e.Path] {
			continue
		}
		for _, c := range strings.Split(e.Columns, ", ") {
			open[e.Path+": "+c] = true
		}
	}
	for _, d := range found {
		key := fmt.Sprintf("%s: %s %s>%s", d.Path, d.Column, d.Truth, d.Ours)
		if !open[key] {
			unexplained = append(unexplained, d)
		}
		delete(open, key)
	}
	for key := range open {
		unused = append(unused, key)
	}
	slices.Sort(unused)
	slices.SortFunc(unexplained, func(a, b Difference) int { return cmp.Compare(a.String(), b.String()) })
	return unexplained, unused
}
