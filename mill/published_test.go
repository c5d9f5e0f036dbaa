package mill_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pcapmill/pcapmill/capture"
	"github.com/pcapmill/pcapmill/dataset/idx"
	"github.com/pcapmill/pcapmill/header"
	"github.com/pcapmill/pcapmill/internal/groundtruth"
	"github.com/pcapmill/pcapmill/mask"
	"github.com/pcapmill/pcapmill/mill"
	"github.com/pcapmill/pcapmill/sample"
)

// TestPublishedImages makes the 6,000 images that other people published from this capture (USTC-TK2016, layout L7), in the
// order of the reference table, and reads them back from the files.
func TestPublishedImages(t *testing.T) {
	dir, _ := shared(t)
	o := mill.Default()
	o.Mask.Content, o.Drop, o.Dedup = mask.Payload, header.DropNone, sample.DedupNone
	out := t.TempDir()
	r := convert(t, []string{filepath.Join(dir, "ustc/genuine/Facetime.pcap")}, out, o)

	want := column(t, filepath.Join(dir, "ustc/reference/Facetime.sessions.tsv"), "l7784_sha256_32")
	if len(want) != 6000 || r.Manifest.Samples != 6000 {
		t.Fatalf("%d samples, %d digests in the table; need 6000", r.Manifest.Samples, len(want))
	}
	images, err := idx.OpenImages(filepath.Join(out, idx.ImagesName))
	if err != nil {
		t.Fatal(err)
	}
	defer images.Close()
	for i, need := range want {
		b, err := images.Next()
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(b)
		if have := hex.EncodeToString(sum[:16]); have != need {
			t.Fatalf("image %d has digest %s, published is %s", i, have, need)
		}
	}
}

// column reads one column of a table of tab-separated values.
func column(t *testing.T, path, name string) (values []string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	at := slices.Index(strings.Split(lines[0], "\t"), name)
	if at < 0 {
		t.Fatalf("%s has no column %s", path, name)
	}
	for _, line := range lines[1:] {
		values = append(values, strings.Split(line, "\t")[at])
	}
	return values
}

// TestGroundTruth compares the counts of every capture with those of tshark and of a plain reader of the file structure. Each
// difference stands, with its reason, in internal/groundtruth.
func TestGroundTruth(t *testing.T) {
	dir, rows := shared(t)
	var found []groundtruth.Difference
	for _, r := range rows {
		found = append(found, groundtruth.Compare(r, count(t, filepath.Join(dir, filepath.FromSlash(r.Path))))...)
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

// count extracts one capture with the default filter and with none.
func count(t *testing.T, path string) (c groundtruth.Counts) {
	t.Helper()
	o := mill.Default()
	x, err := mill.Extract(context.Background(), path, o)
	var not *capture.NotCaptureError
	if errors.As(err, &not) {
		return groundtruth.Counts{NotCapture: true}
	}
	if err != nil {
		t.Fatal(err)
	}
	o.Drop = header.DropNone
	all, err := mill.Extract(context.Background(), path, o)
	if err != nil {
		t.Fatal(err)
	}
	c = groundtruth.Counts{
		Packets: int(x.Packets), Used: int(x.Reasons[header.OK]), Left: map[string]int{},
		SessionsAll: all.Len(), SessionsDefault: x.Len(),
	}
	for r := header.OK + 1; r < header.Reasons; r++ {
		c.Left[r.String()] = int(x.Reasons[r])
	}
	if x.Damage != nil {
		c.Damage = x.Damage.Kind.Error()
	}
	return c
}
