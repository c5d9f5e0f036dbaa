package mill_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pcapmill/pcapmill/internal/testcap"
	"github.com/pcapmill/pcapmill/mill"
	"github.com/pcapmill/pcapmill/verify"
)

// byTable are options of a run with labels from rows; see flowTable.
func byTable(t *testing.T, conflict mill.TableConflict, rows ...string) mill.Options {
	t.Helper()
	o := defaultChoice().options()
	o.Drop, o.Dedup = 0, 0
	o.Labels, o.LabelFrom, o.Flows, o.TableConflict = nil, mill.FromTable, flowTable(t, rows...), conflict
	return o
}

func attempt(t *testing.T, paths []string, out string, o mill.Options) (*mill.Result, error) {
	t.Helper()
	p, err := mill.Prepare(paths, out, o)
	if err != nil {
		t.Fatal(err)
	}
	return mill.Run(t.Context(), p, mill.Events{}, nil)
}

// TestTableConflicts: sessions that match rows of two classes end the run, which names the first 20 and counts all; or are
// unknown; or go by the row that overlaps them longest.
func TestTableConflicts(t *testing.T) {
	dir := t.TempDir()
	var packets []testcap.Packet
	var rows []string
	for i := range 25 { // each from 100 to 109; the second row overlaps them longer
		packets = append(packets, udp(100, uint16(i+1), fmt.Sprint("a", i)), udp(109, uint16(i+1), "b"))
		rows = append(rows, fmt.Sprintf("%d,98,4,Web", i+1), fmt.Sprintf("%d,105,9,Attack", i+1))
	}
	packets = append(packets, udp(100, 99, "alone"))
	rows = append(rows, "99,100,1,Web", "99,90,20,Web") // two rows, one class
	paths := write(t, dir, []file{{name: "a", raw: testcap.Pcap{LinkType: testcap.Raw}.File(packets...)}})
	first := write(t, dir, []file{{name: "first", raw: testcap.Pcap{LinkType: testcap.Raw}.File(udp(100, 99, "before"))}})

	out := filepath.Join(dir, "out")
	if _, err := attempt(t, first, out, byTable(t, mill.RefuseConflicts, rows...)); err != nil {
		t.Fatal(err)
	}
	before := dataset(t, out)
	_, err := attempt(t, paths, out, byTable(t, mill.RefuseConflicts, rows...))
	var all *mill.ConflictsError
	if !errors.As(err, &all) || all.Sessions != 25 || len(all.First) != 20 || !strings.Contains(err.Error(), "25 sessions match rows of several classes, 5 of them not named here") {
		t.Errorf("25 conflicts: %v", err)
	}
	same(t, "after a run with conflicts", dataset(t, out), before)

	for conflict, want := range map[mill.TableConflict]string{ // Attack 0, Web 1
		mill.UnknownConflicts: "[" + strings.Repeat("255 ", 25) + "1]",
		mill.LongestConflict:  "[" + strings.Repeat("0 ", 25) + "1]",
	} {
		out := filepath.Join(dir, conflict.String())
		r, err := attempt(t, paths, out, byTable(t, conflict, rows...))
		if err != nil {
			t.Fatal(err)
		}
		if got := labelsOf(t, out); got != want {
			t.Errorf("%s: labels %s", conflict, got)
		}
		if c := r.Manifest.Captures[0]; c.LabelConflicts != 25 || r.Table.Conflicts != 25 || r.Table.Matched != 26 || r.Table.Sessions != 26 {
			t.Errorf("%s: %d conflicts, %+v", conflict, c.LabelConflicts, r.Table)
		}
		if _, err := verify.Verify(out); err != nil {
			t.Error(err)
		}
		if conflict == mill.UnknownConflicts { // what was asked for is no advice
			p, err := mill.Prepare(paths, out, byTable(t, conflict, rows...))
			if err != nil {
				t.Fatal(err)
			}
			if hint := p.WhyUnknown(&r.Table); !strings.Contains(hint, "25 sessions match rows of several classes; --table-conflict longest takes") || strings.Contains(hint, "unknown") {
				t.Errorf("hint: %s", hint)
			}
		}
	}

	o := byTable(t, mill.UnknownConflicts, rows...)
	o.Unknown = mill.SkipUnknown
	if r, err := attempt(t, paths, filepath.Join(dir, "skip"), o); err != nil || r.Added.Samples != 1 || r.Added.SessionsLeftOut["unknown-label"] != 25 {
		t.Errorf("skipped: %v", err)
	}
	o = byTable(t, mill.UnknownConflicts, rows...)
	o.Unknown = mill.RefuseUnknown
	if _, err := attempt(t, paths, filepath.Join(dir, "refuse"), o); err == nil || !strings.Contains(err.Error(), "the table has two classes for it: Web in flows.csv:2, Attack in flows.csv:3; --unknown keep or skip goes on") {
		t.Errorf("refused: %v", err)
	}
}

// TestNoRowMatches: a table of which no row matches any session writes nothing, new or into a dataset without classes, and
// says what keeps them apart. One that matched before may match nothing in what is added.
func TestNoRowMatches(t *testing.T) {
	dir := t.TempDir()
	capture := func(name string, at int64, port uint16) string {
		return write(t, dir, []file{{name: name, raw: testcap.Pcap{LinkType: testcap.Raw}.File(udp(at, port, "x"), udp(at+1, port+1, "y"))}})[0]
	}
	late, other, good := capture("late", 100+3600*3, 1), capture("other", 100, 77), capture("good", 100, 1)
	rows := []string{"1,100,5,Web", "2,100,5,Attack"}
	for path, want := range map[string]string{
		late:  "no row of the table matches any of the 2 sessions: 2 have their addresses and ports in the table, at other times; 2 of these are 3h later than their rows",
		other: "no row of the table matches any of the 2 sessions: the addresses and ports of none of them are in the table",
	} {
		for _, unknown := range []mill.Unknown{mill.KeepUnknown, mill.SkipUnknown} {
			out := filepath.Join(dir, "out")
			o := byTable(t, mill.RefuseConflicts, rows...)
			o.Unknown = unknown
			_, err := attempt(t, []string{path}, out, o)
			var none *mill.NoMatchError
			if !errors.As(err, &none) || !strings.Contains(err.Error(), want) || none.Hint() == "" {
				t.Errorf("%s: %v", path, err)
			}
			if _, err := os.Stat(out); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("%s: something was written", path)
			}
		}
	}
	two, one := filepath.Join(dir, "two"), filepath.Join(dir, "one")
	for _, path := range []string{good, other, other} {
		if _, err := attempt(t, []string{path}, two, byTable(t, mill.RefuseConflicts, rows...)); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
	if _, err := attempt(t, []string{good, other}, one, byTable(t, mill.RefuseConflicts, rows...)); err != nil {
		t.Error(err)
	}
	same(t, "in two runs", dataset(t, two), dataset(t, one))
	if got := labelsOf(t, one); got != "[1 0 255 255]" {
		t.Errorf("labels %s", got)
	}
}

// TestNoMatchHint: the offset that the hint names is the one that brings table and captures together.
func TestNoMatchHint(t *testing.T) {
	for _, c := range []struct {
		shift int64 // seconds that the capture is later
		given string
		want  string
	}{
		{3 * 3600, "", "--table-offset 3h would"},
		{-5*3600 - 30*60, "", "--table-offset -5h30m would"},
		{37, "", "--table-offset 37s would"},
		{3 * 3600, "-3h", "no --table-offset would"},
		{3 * 3600, "-1h", "--table-offset 2h would"},
	} {
		dir := t.TempDir()
		paths := write(t, dir, []file{{name: "a", raw: testcap.Pcap{LinkType: testcap.Raw}.File(udp(100_000+c.shift, 1, "x"), udp(100_000+c.shift, 2, "y"))}})
		o := byTable(t, mill.RefuseConflicts, "1,100000,5,Web", "2,100000,5,Attack")
		o.Table.Offset = c.given // the times above have it
		_, err := attempt(t, paths, filepath.Join(dir, "out"), o)
		var none *mill.NoMatchError
		if !errors.As(err, &none) || !strings.Contains(none.Hint(), c.want) {
			t.Errorf("%+v: %v, hint %q", c, err, none.Hint())
		}
	}
}
