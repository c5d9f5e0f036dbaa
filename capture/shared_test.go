package capture_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pcapmill/pcapmill/capture"
	"github.com/pcapmill/pcapmill/internal/groundtruth"
	"github.com/pcapmill/pcapmill/internal/twin"
)

// TestShared reads every real capture there is. Its format, how it ends and the
// number of its records are those of the index, every packet is the twin's, and
// the memory taken is the buffer and little more, whatever the file claims.
func TestShared(t *testing.T) {
	dir, rows := groundtruth.Require(t)
	var found []groundtruth.Difference
	for _, row := range rows {
		raw, err := os.ReadFile(filepath.Join(dir, "captures", filepath.FromSlash(row.Path)))
		if err != nil {
			t.Fatal(err)
		}
		checkFormat(t, row, raw)
		var got result
		used := allocated(func() { got = readAll(t, bytes.NewReader(raw)) })
		if d := differ(got, twin.Packets(raw)); d != "" {
			t.Errorf("%s: %s", row.Path, d)
		}
		// What readAll copies belongs to it, and the decompressor of gzip.
		limit := uint64(2<<20 + 8*len(raw))
		if strings.HasSuffix(row.Path, ".gz") {
			limit += 1 << 20
		}
		if used > limit {
			t.Errorf("%s: %d bytes of memory for a file of %d", row.Path, used, len(raw))
		}
		for _, d := range groundtruth.Compare(row, groundtruth.Counts{Packets: len(got.Records), Damage: got.Damage, NotCapture: got.NotCapture}) {
			if d.Column == "container" || d.Column == "records" { // the other columns are not known here
				found = append(found, d)
			}
		}
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
		if _, column, _ := strings.Cut(u, ": "); strings.HasPrefix(column, "container ") || strings.HasPrefix(column, "records ") {
			t.Errorf("reason given for a difference that is not there: %s", u)
		}
	}
	t.Logf("%d captures, %d explained differences from the index", len(rows), len(found)-len(unexplained))
}

func checkFormat(t *testing.T, row groundtruth.Row, raw []byte) {
	t.Helper()
	r, err := capture.NewReader(bytes.NewReader(raw), row.Path)
	if err != nil {
		if row.Format != "not-a-capture" {
			t.Errorf("%s: %v, want %s", row.Path, err, row.Format)
		}
		return
	}
	defer r.Close()
	name, _, _ := strings.Cut(row.Format, " ")
	compression := ""
	if strings.HasSuffix(row.Path, ".gz") {
		compression = "gzip"
	}
	if got := r.Format(); got.Name != name || got.Compression != compression {
		t.Errorf("%s: format %v, want %s", row.Path, got, row.Format)
	}
}
