package groundtruth

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestCompareAndUnexplained(t *testing.T) {
	row := Row{Path: "links/x.pcap", Container: "bogus-caplen", Records: 5, Truth: map[string]int{"packets": 5, "sessions_outer": 2, "acc_not_ip": 1}}
	counts := Counts{Packets: 5, Damage: "malformed", Left: map[string]int{"not-ip": 1, "unsupported-link": 1}, Used: 3, SessionsAll: 3}
	found := Compare(row, counts)
	if got, want := fmt.Sprint(found), "[links/x.pcap: sessions_outer is 2 in the table, 3 here links/x.pcap: acc_not_ip is 1 in the table, 2 here]"; got != want {
		t.Fatalf("%s, want %s", got, want)
	}
	table := []Explanation{{"links/x.pcap", "acc_not_ip 1>2, acc_used 1>2", "why"}, {"links/not-asked-for.pcap", "packets 1>2", "why"}}
	unexplained, unused := Unexplained([]Row{row}, table, found)
	if len(unexplained) != 1 || unexplained[0].Column != "sessions_outer" || !slices.Equal(unused, []string{"links/x.pcap: acc_used 1>2"}) {
		t.Errorf("unexplained %v, unused %q", unexplained, unused)
	}
}

// TestTables loads the real tables, and holds the table of explanations to files that are there, in order, each once.
func TestTables(t *testing.T) {
	dir, err := Shared()
	if errors.Is(err, ErrAbsent) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	rows, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	known, withTruth := map[string]bool{}, 0
	for _, r := range rows {
		known[r.Path] = true
		if r.Truth != nil {
			withTruth++
		}
		if (r.Truth == nil) != (r.Folder() == "malformed" || strings.HasSuffix(r.Path, ".gz")) {
			t.Errorf("%s: a row of ground-truth.tsv belongs to every plain capture outside malformed", r.Path)
		}
	}
	if len(rows) != 1297 || withTruth != 656 {
		t.Errorf("%d captures, %d with ground truth; want 1297 and 656", len(rows), withTruth)
	}
	last := ""
	for _, e := range Explained() {
		if !known[e.Path] || e.Path <= last || strings.TrimSpace(e.Why) == "" {
			t.Errorf("explanation for %s: not a capture, out of order, double, or without a reason", e.Path)
		}
		last = e.Path
	}
}
