package idx_test

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pcapmill/pcapmill/dataset"
)

var update = flag.Bool("update", false, "write the golden dumps anew; review them as text")

// The files of small datasets, byte for byte, with their meaning beside. The dump is made
// from the format's description, not by this package's reader.
func TestGolden(t *testing.T) {
	for name, p := range map[string]pair{
		"empty-28x28":   makePair(t, dataset.Spec{Rows: 28, Cols: 28}),
		"one-1x1":       makePair(t, dataset.Spec{Rows: 1, Cols: 1}, dataset.Sample{Data: []byte{0xab}, Label: 255}),
		"two-2x3":       makePair(t, small, sample(0x10, 0), sample(0xfa, 10)),
		"three-1x20":    makePair(t, dataset.Spec{Rows: 1, Cols: 20}, ramp(20, 0), ramp(20, 1), ramp(20, 2)),
		"rows-not-cols": makePair(t, dataset.Spec{Rows: 3, Cols: 2}, sample(1, 4)),
	} {
		t.Run(name, func(t *testing.T) {
			got := dump("session_output.idx3", p.images) + "\n" + dump("label_output.idx1", p.labels)
			path := filepath.Join("testdata", name+".txt")
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatalf("%v (go test -update makes it)", err)
			}
			if got != string(want) {
				t.Errorf("have\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// ramp is a sample of n bytes that count down.
func ramp(n int, label uint16) dataset.Sample {
	s := dataset.Sample{Label: label}
	for i := range n {
		s.Data = append(s.Data, byte(n-i))
	}
	return s
}

// dump annotates an IDX file of unsigned bytes: offset, bytes, meaning.
func dump(name string, b []byte) string {
	d := &dumper{b: b}
	fmt.Fprintf(d, "%s: %d bytes\n", name, len(b))
	d.line(2, "zero")
	d.line(1, "type: uint8")
	dims := int(b[3])
	d.line(1, fmt.Sprintf("dimensions: %d", dims))
	size := 1
	for i := range dims {
		n := int(binary.BigEndian.Uint32(b[d.at:]))
		d.line(4, fmt.Sprintf("%s: %d", []string{"count", "rows", "columns"}[i], n))
		if i > 0 {
			size *= n
		}
	}
	cols := min(size, 16)
	if dims == 3 {
		cols = int(binary.BigEndian.Uint32(b[12:]))
	}
	for i := 0; d.at < len(b); i++ {
		for row := 0; row < size; row += cols {
			meaning := fmt.Sprintf("item %d", i)
			if dims == 3 {
				meaning += fmt.Sprintf(", row %d", row/cols)
			}
			d.line(cols, meaning)
		}
	}
	return d.String()
}

type dumper struct {
	strings.Builder
	b  []byte
	at int
}

// line writes the next n bytes, 16 to a line, the meaning beside the first of them.
func (d *dumper) line(n int, meaning string) {
	for n > 0 {
		k := min(n, 16)
		fmt.Fprintf(d, "%04x  %-47s  %s", d.at, fmt.Sprintf("% x", d.b[d.at:d.at+k]), meaning)
		d.WriteByte('\n')
		d.at, n, meaning = d.at+k, n-k, "…"
	}
}

// gunzip returns what a gzip file holds.
func gunzip(path string) ([]byte, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}
