package mnist_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/dataset/mnist"
	"github.com/pcapmill/pcapmill/internal/datasettest"
)

var update = flag.Bool("update", false, "write the golden dumps anew; review them as text")

func TestConformance(t *testing.T) {
	for name, f := range map[string]mnist.Format{"flat": {}, "gzip": {Gzip: true}, "raw": {Raw: true}, "raw gzip": {Raw: true, Gzip: true}} {
		t.Run(name, func(t *testing.T) {
			datasettest.RunExporter(t, func() dataset.Exporter { return f },
				func(t *testing.T, dir string, v dataset.View) map[dataset.Side][]datasettest.Item {
					return readAll(t, dir, f, v)
				}, true)
		})
	}
}

// content reads a file of the export as its users do.
func content(t *testing.T, path string, zipped bool) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !zipped {
		return b
	}
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	if z.Name != "" || !z.ModTime.IsZero() || z.Comment != "" || z.Extra != nil {
		t.Errorf("%s: gzip header %+v", path, z.Header)
	}
	b, err = io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// readAll reads by offsets, as the description of IDX says.
func readAll(t *testing.T, dir string, f mnist.Format, v dataset.View) map[dataset.Side][]datasettest.Item {
	t.Helper()
	got := map[dataset.Side][]datasettest.Item{}
	folder, end := dir, ""
	if f.Raw {
		folder = filepath.Join(dir, "MNIST", "raw")
	}
	if f.Gzip {
		end = ".gz"
	}
	for part, side := range map[string]dataset.Side{"train": dataset.Train, "t10k": dataset.Test, "validation": dataset.Validation} {
		images := filepath.Join(folder, part+"-images-idx3-ubyte"+end)
		if _, err := os.Stat(images); part == "validation" && errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if side == dataset.Train && v.Sides()[0] == dataset.Whole {
			side = dataset.Whole
		}
		labels := filepath.Join(folder, part+"-labels-idx1-ubyte"+end)
		if v.Unknown() > 255 {
			labels = filepath.Join(folder, part+"-labels-idx1-int"+end)
		}
		got[side] = items(t, v.Spec(), content(t, images, f.Gzip), content(t, labels, f.Gzip))
	}
	var classes struct {
		Classes []string
		Unknown int
	}
	if err := json.Unmarshal(content(t, filepath.Join(dir, "__pcapmill/classes.json"), false), &classes); err != nil || len(classes.Classes) != len(v.Classes()) || classes.Unknown != v.Unknown() {
		t.Errorf("__pcapmill/classes.json: %v, %v", classes, err)
	}
	return got
}

func items(t *testing.T, sp dataset.Spec, x, y []byte) (got []datasettest.Item) {
	t.Helper()
	n := int(binary.BigEndian.Uint32(x[4:]))
	if binary.BigEndian.Uint32(x) != 0x803 || binary.BigEndian.Uint32(x[8:]) != uint32(sp.Rows) || binary.BigEndian.Uint32(x[12:]) != uint32(sp.Cols) || len(x) != 16+n*sp.Size() {
		t.Fatalf("images: header % x, %d bytes", x[:16], len(x))
	}
	width := 1
	if magic := binary.BigEndian.Uint32(y); magic == 0xc01 {
		width = 4
	} else if magic != 0x801 {
		t.Fatalf("labels: header % x", y[:8])
	}
	if int(binary.BigEndian.Uint32(y[4:])) != n || len(y) != 8+n*width {
		t.Fatalf("labels: header % x, %d bytes for %d samples", y[:8], len(y), n)
	}
	for i := range n {
		item := datasettest.Item{Data: x[16+i*sp.Size():][:sp.Size()], Label: int(y[8+i*width])}
		if width == 4 {
			item.Label = int(binary.BigEndian.Uint32(y[8+4*i:]))
		}
		got = append(got, item)
	}
	return got
}

// endless is a view of more samples than IDX can count.
type endless struct{ *datasettest.View }

func (endless) Len(dataset.Side) int64 { return math.MaxUint32 + 1 }

func TestTooMany(t *testing.T) {
	v := datasettest.MakeView(dataset.Spec{Rows: 2, Cols: 2}, 0, 1, nil, 1)
	var limit *dataset.LimitError
	if _, err := (mnist.Format{}).Export(context.Background(), dataset.NewFolder(t.TempDir()), endless{v}); !errors.As(err, &limit) || limit.Need != 1<<32 || limit.Most != 1<<32-1 {
		t.Errorf("error %v, want a *dataset.LimitError", err)
	}
}

// TestGolden: the files of small datasets, byte for byte.
func TestGolden(t *testing.T) {
	sp := dataset.Spec{Rows: 2, Cols: 3}
	for name, test := range map[string]struct {
		f mnist.Format
		v *datasettest.View
	}{
		"not-split":   {mnist.Format{}, datasettest.MakeView(sp, 2, 2, nil, 1)},
		"split-raw":   {mnist.Format{Raw: true}, datasettest.MakeView(sp, 3, 2, []dataset.Side{dataset.Train, dataset.Validation, dataset.Test}, 2)},
		"256-classes": {mnist.Format{}, datasettest.MakeView(sp, 2, 256, []dataset.Side{dataset.Train, dataset.Test}, 3)},
		"gzip":        {mnist.Format{Gzip: true}, datasettest.MakeView(sp, 1, 1, nil, 4)},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			files, err := test.f.Export(context.Background(), dataset.NewFolder(dir), test.v)
			if err != nil {
				t.Fatal(err)
			}
			var b strings.Builder
			for _, f := range files {
				if name == "256-classes" && f.Name == "__pcapmill/classes.json" {
					continue
				}
				dump(&b, f.Name, content(t, filepath.Join(dir, f.Name), false))
			}
			path := filepath.Join("testdata", name+".txt")
			if *update {
				if err := errors.Join(os.MkdirAll("testdata", 0o777), os.WriteFile(path, []byte(b.String()), 0o644)); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil || b.String() != string(want) {
				t.Errorf("%v (go test -update makes it), have\n%s\nwant\n%s", err, &b, want)
			}
		})
	}
}

// dump annotates a file: IDX by field, JSON as it is.
func dump(w *strings.Builder, name string, b []byte) {
	fmt.Fprintf(w, "== %s: %d bytes\n", name, len(b))
	line := func(n int, meaning string) {
		fmt.Fprintf(w, "  %-24s%s\n", fmt.Sprintf("% x", b[:n]), meaning)
		b = b[n:]
	}
	switch {
	case strings.HasSuffix(name, ".json"):
		w.Write(b)
		return
	case strings.HasSuffix(name, ".gz"):
		line(2, "gzip")
		line(1, "deflate")
		line(1, "flags: no name")
		line(4, "no time")
		line(2, "no level, unknown system")
		for len(b) > 8 {
			line(min(8, len(b)-8), "deflated")
		}
		line(4, "CRC-32")
		line(4, "bytes, little-endian")
		return
	}
	dims := int(b[3])
	item := map[byte]int{8: 1, 0xc: 4}[b[2]]
	line(2, "zero")
	line(1, "type of elements: 08 uint8, 0c int32")
	line(1, "dimensions")
	for i := range dims {
		if n := int(binary.BigEndian.Uint32(b)); i > 0 {
			item *= n
		}
		line(4, []string{"count", "rows", "columns"}[i])
	}
	for i := 0; len(b) > 0; i++ {
		line(item, fmt.Sprint("item ", i))
	}
}
