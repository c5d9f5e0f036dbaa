package twin_test

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pcapmill/pcapmill/internal/groundtruth"
	"github.com/pcapmill/pcapmill/internal/twin"
)

func read(t *testing.T, dir, path string) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(dir, "captures", filepath.FromSlash(path)))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// count converts one capture with the default filter and with none.
func count(t *testing.T, raw []byte) groundtruth.Counts {
	t.Helper()
	s := twin.Default()
	filtered, err := twin.Convert([][]byte{raw}, []uint16{0}, s)
	if err != nil {
		t.Fatal(err)
	}
	s.Drop = nil
	all, err := twin.Convert([][]byte{raw}, []uint16{0}, s)
	if err != nil {
		t.Fatal(err)
	}
	c := filtered.Captures[0]
	return groundtruth.Counts{
		Packets: c.Packets, Damage: c.Damage, NotCapture: c.NotCapture, Left: c.Left, Used: c.Used,
		SessionsAll: all.Captures[0].Sessions, SessionsDefault: c.Sessions,
	}
}

// TestGroundTruth compares with tshark and with a plain reader of the file structure, over every capture there is.
func TestGroundTruth(t *testing.T) {
	dir, rows := groundtruth.Require(t)
	var found []groundtruth.Difference
	for _, r := range rows {
		found = append(found, groundtruth.Compare(r, count(t, read(t, dir, r.Path)))...)
	}
	explained, err := groundtruth.Explained()
	if err != nil {
		t.Fatal(err)
	}
	unexplained, unused := groundtruth.Unexplained(rows, explained, found)
	for _, d := range unexplained {
		t.Errorf("no reason given: %v", d)
	}
	for _, u := range unused {
		t.Errorf("reason given for a difference that is not there: %s", u)
	}
	t.Logf("%d captures, %d differences, all but %d explained", len(rows), len(found), len(unexplained))
}

// TestFacetimeImages makes the 6,000 images that were published from this capture, in the order of the reference table.
func TestFacetimeImages(t *testing.T) {
	dir, _ := groundtruth.Require(t)
	table, err := os.ReadFile(filepath.Join(dir, "captures/ustc/reference/Facetime.sessions.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	s := twin.Default()
	s.Content, s.Drop, s.Dedup = "payload", []string{"none"}, "none"
	res, err := twin.Convert([][]byte{read(t, dir, "ustc/genuine/Facetime.pcap")}, []uint16{0}, s)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(table)), "\n")
	column := -1
	for i, name := range strings.Split(lines[0], "\t") {
		if name == "l7784_sha256_32" {
			column = i
		}
	}
	if len(lines)-1 != len(res.Samples) || column < 0 || len(res.Samples) != 6000 {
		t.Fatalf("%d samples, %d lines of reference, digest in column %d; want 6000", len(res.Samples), len(lines)-1, column)
	}
	for i, sample := range res.Samples {
		d := sha256.Sum256(sample)
		if got, want := hex.EncodeToString(d[:])[:32], strings.Split(lines[i+1], "\t")[column]; got != want {
			t.Fatalf("sample %d: digest %s, published %s", i, got, want)
		}
	}
}
