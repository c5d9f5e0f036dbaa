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
	explained, err := Explained()
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range explained {
		if !known[e.Path] {
			t.Errorf("explanation for %s: no such capture", e.Path)
		}
	}
}

// TestExplained: the embedded files parse, and each rule of theirs refuses what breaks it.
func TestExplained(t *testing.T) {
	all, err := Explained()
	if err != nil || len(all) < 80 {
		t.Fatalf("%d explanations, %v", len(all), err)
	}
	const head, names = "path\tdifferences\treason\n", "name\treason\ncut\tThe capture is cut.\n"
	got, err := parseExplained(head+"a\tpackets 1>2\t@cut\nb\tpackets 1>2, container ok>malformed\twhy\n", names)
	want := []Explanation{{"a", "packets 1>2", "The capture is cut."}, {"b", "packets 1>2, container ok>malformed", "why"}}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%v, %v; want %v", got, err, want)
	}
	for what, files := range map[string][2]string{
		"out of order":       {head + "b\tpackets 1>2\t@cut\na\tpackets 1>2\twhy\n", names},
		"double":             {head + "a\tpackets 1>2\t@cut\na\tpackets 1>2\twhy\n", names},
		"no reason":          {head + "a\tpackets 1>2\t@cut\nb\tpackets 1>2\t\n", names},
		"unknown reason":     {head + "a\tpackets 1>2\t@cut\nb\tpackets 1>2\t@gone\n", names},
		"unused reason":      {head + "a\tpackets 1>2\twhy\n", names},
		"no difference":      {head + "a\tpackets\t@cut\n", names},
		"a field too few":    {head + "a\tpackets 1>2\n", names},
		"a reason too often": {head + "a\tpackets 1>2\t@cut\n", names + "cut\tagain\n"},
	} {
		if all, err := parseExplained(files[0], files[1]); err == nil {
			t.Errorf("%s: %v", what, all)
		}
	}
}
