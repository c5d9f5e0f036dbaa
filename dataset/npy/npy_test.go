package npy_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/dataset/npy"
	"github.com/pcapmill/pcapmill/internal/datasettest"
	"github.com/pcapmill/pcapmill/internal/full"
)

var update = flag.Bool("update", false, "write the golden dumps anew; review them as text")

func TestConformanceNPY(t *testing.T) {
	datasettest.RunExporter(t, func() dataset.Exporter { return npy.Format{} },
		func(t *testing.T, dir string, v dataset.View) map[dataset.Side][]datasettest.Item {
			got := map[dataset.Side][]datasettest.Item{}
			read := func(name string) []byte {
				b, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
				if err != nil {
					t.Fatal(err)
				}
				return b
			}
			for _, s := range v.Sides() {
				got[s] = items(t, v, read(s.String()+"/images.npy"), read(s.String()+"/labels.npy"))
			}
			checkClasses(t, v, read("classes.npy"))
			return got
		}, true)
}

func TestConformanceNPZ(t *testing.T) {
	datasettest.RunExporter(t, func() dataset.Exporter { return npy.Archive{} },
		func(t *testing.T, dir string, v dataset.View) map[dataset.Side][]datasettest.Item {
			z, err := zip.OpenReader(filepath.Join(dir, "dataset.npz"))
			if err != nil {
				t.Fatal(err)
			}
			defer z.Close()
			arrays := map[string][]byte{}
			for _, f := range z.File {
				checkMember(t, f)
				r, err := f.Open()
				if err != nil {
					t.Fatal(err)
				}
				b, err := io.ReadAll(r) // compares the checksum, too
				if err != nil {
					t.Fatal(err)
				}
				arrays[f.Name] = b
			}
			got := map[dataset.Side][]datasettest.Item{}
			for s, end := range map[dataset.Side]string{dataset.Whole: "", dataset.Train: "_train", dataset.Validation: "_val", dataset.Test: "_test"} {
				if x, ok := arrays["x"+end+".npy"]; ok {
					got[s] = items(t, v, x, arrays["y"+end+".npy"])
				}
			}
			checkClasses(t, v, arrays["classes.npy"])
			if len(arrays) != 2*len(v.Sides())+1 {
				t.Errorf("%d arrays of %d sides", len(arrays), len(v.Sides()))
			}
			return got
		}, true)
}

// checkMember: stored, aligned, the same at any time.
func checkMember(t *testing.T, f *zip.File) {
	t.Helper()
	at, err := f.DataOffset()
	if err != nil || at%64 != 0 || f.Method != zip.Store {
		t.Errorf("%s begins at %d, method %d, %v", f.Name, at, f.Method, err)
	}
	if f.ModifiedDate != 0 || f.ModifiedTime != 0 || f.NonUTF8 {
		t.Errorf("%s: date %d, time %d", f.Name, f.ModifiedDate, f.ModifiedTime)
	}
}

var headerText = regexp.MustCompile(`^\{'descr': '([<|])([uU])(\d+)', 'fortran_order': False, 'shape': \((\d+),(?: (\d+), (\d+))?\), \} *\n$`)

// array parses an NPY file: the width of an element, and the shape.
func array(t *testing.T, b []byte) (kind string, width int, shape []int, data []byte) {
	t.Helper()
	if string(b[:8]) != "\x93NUMPY\x01\x00" {
		t.Fatalf("magic % x", b[:8])
	}
	end := 10 + int(binary.LittleEndian.Uint16(b[8:]))
	m := headerText.FindSubmatch(b[10:end])
	if m == nil || end%64 != 0 {
		t.Fatalf("header %q ends at %d", b[10:end], end)
	}
	number := func(b []byte) int {
		n, err := strconv.Atoi(string(b))
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	total := 1
	for _, dim := range m[4:] {
		if len(dim) > 0 {
			shape = append(shape, number(dim))
			total *= number(dim)
		}
	}
	kind, width = string(m[2]), number(m[3])
	size := width
	if kind == "U" {
		size *= 4
	}
	if len(b)-end != total*size || (string(m[1]) == "|") != (size == 1) {
		t.Fatalf("header %q, %d bytes of data", b[10:end], len(b)-end)
	}
	return kind, width, shape, b[end:]
}

func items(t *testing.T, v dataset.View, x, y []byte) (got []datasettest.Item) {
	t.Helper()
	sp := v.Spec()
	kind, width, shape, data := array(t, x)
	if kind != "u" || width != 1 || len(shape) != 3 || shape[1] != sp.Rows || shape[2] != sp.Cols {
		t.Fatalf("images of %s%d %v, need u1 and %v", kind, width, shape, sp)
	}
	kind, width, lengths, labels := array(t, y)
	if kind != "u" || len(lengths) != 1 || lengths[0] != shape[0] || width != map[bool]int{false: 1, true: 2}[v.Unknown() > 255] {
		t.Fatalf("labels of %s%d %v for images %v", kind, width, lengths, shape)
	}
	for i := range shape[0] {
		item := datasettest.Item{Data: data[i*sp.Size():][:sp.Size()], Label: int(labels[i*width])}
		if width == 2 {
			item.Label = int(binary.LittleEndian.Uint16(labels[2*i:]))
		}
		got = append(got, item)
	}
	return got
}

func checkClasses(t *testing.T, v dataset.View, b []byte) {
	t.Helper()
	kind, width, shape, data := array(t, b)
	if kind != "U" || len(shape) != 1 || shape[0] != len(v.Classes()) {
		t.Fatalf("classes: %s%d %v", kind, width, shape)
	}
	for i, want := range v.Classes() {
		var name []rune
		for j := range width {
			name = append(name, rune(binary.LittleEndian.Uint32(data[4*(i*width+j):])))
		}
		if have, want := strings.TrimRight(string(name), "\x00"), strings.TrimRight(string([]rune(want)), "\x00"); have != want {
			t.Errorf("class %d is called %q, want %q", i, have, want)
		}
	}
}

// TestHeader compares with what numpy 2.4.6 writes: numpy.save of arrays of these
// types and shapes.
func TestHeader(t *testing.T) {
	for _, test := range []struct {
		descr string
		shape []int64
		text  string
		size  int
	}{
		{"|u1", []int64{0, 28, 28}, "{'descr': '|u1', 'fortran_order': False, 'shape': (0, 28, 28), }", 128},
		{"|u1", []int64{4294967295, 28, 28}, "{'descr': '|u1', 'fortran_order': False, 'shape': (4294967295, 28, 28), }", 128},
		{"<u2", []int64{7}, "{'descr': '<u2', 'fortran_order': False, 'shape': (7,), }", 128},
		{"<U11", []int64{12}, "{'descr': '<U11', 'fortran_order': False, 'shape': (12,), }", 128},
		{"|u1", []int64{3, 2147483647, 1}, "{'descr': '|u1', 'fortran_order': False, 'shape': (3, 2147483647, 1), }", 128},
	} {
		b := npy.Header(test.descr, test.shape...)
		text := strings.TrimRight(string(b[10:len(b)-1]), " ")
		if text != test.text || len(b) != test.size || b[len(b)-1] != '\n' || int(binary.LittleEndian.Uint16(b[8:])) != len(b)-10 {
			t.Errorf("%s %v: %q of %d bytes, want %q of %d", test.descr, test.shape, b, len(b), test.text, test.size)
		}
	}
}

// sparse is a file of which only what is not zero is kept.
type sparse struct {
	size  int64
	parts map[int64][]byte // by offset
}

func (s *sparse) Write(p []byte) (int, error) {
	if len(bytes.Trim(p, "\x00")) > 0 {
		s.parts[s.size] = bytes.Clone(p)
	}
	s.size += int64(len(p))
	return len(p), nil
}

func (s *sparse) ReadAt(p []byte, at int64) (int, error) {
	n := int(min(int64(len(p)), s.size-at))
	clear(p[:n])
	for start, part := range s.parts {
		if from := start - at; from > -int64(len(part)) && from < int64(n) {
			copy(p[max(0, from):n], part[max(0, -from):])
		}
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// TestArchiveAbove4GiB: sizes and offsets beyond 32 bits, and members behind them that
// are aligned still.
func TestArchiveAbove4GiB(t *testing.T) {
	if !full.Asked() {
		t.Skip("writes 4 GiB of zeros to nowhere; " + full.Env + " asks for it")
	}
	const large = 1<<32 + 64
	file := &sparse{parts: map[int64][]byte{}}
	if err := npy.WriteMembers(file, map[string]int64{"a.npy": large, "b.npy": 100}); err != nil {
		t.Fatal(err)
	}
	z, err := zip.NewReader(file, file.size)
	if err != nil {
		t.Fatal(err)
	}
	if len(z.File) != 2 || z.File[0].UncompressedSize64 != large || z.File[1].UncompressedSize64 != 100 {
		t.Fatalf("%d members", len(z.File))
	}
	for _, f := range z.File {
		checkMember(t, f)
	}
	if at, err := z.File[1].DataOffset(); err != nil || at < large {
		t.Errorf("the second member begins at %d, %v", at, err)
	}
}

// TestGolden: small datasets, byte for byte.
func TestGolden(t *testing.T) {
	sp := dataset.Spec{Rows: 2, Cols: 3}
	for name, test := range map[string]struct {
		x dataset.Exporter
		v *datasettest.View
	}{
		"npy-not-split":   {npy.Format{}, datasettest.MakeView(sp, 2, 2, nil, 1)},
		"npy-256-classes": {npy.Format{}, datasettest.MakeView(sp, 2, 256, []dataset.Side{dataset.Train, dataset.Test}, 2)},
		"npz-split":       {npy.Archive{}, datasettest.MakeView(sp, 3, 2, []dataset.Side{dataset.Train, dataset.Validation, dataset.Test}, 3)},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			files, err := test.x.Export(context.Background(), dataset.NewFolder(dir), test.v)
			if err != nil {
				t.Fatal(err)
			}
			var b strings.Builder
			for _, f := range files {
				data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(f.Name)))
				if err != nil {
					t.Fatal(err)
				}
				dump(&b, f.Name, data)
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

// dump writes 16 bytes a line, in hexadecimal and, where it is text, as such; lines of
// one byte only are counted.
func dump(w *strings.Builder, name string, b []byte) {
	fmt.Fprintf(w, "== %s: %d bytes\n", name, len(b))
	for at, same := 0, 0; at < len(b); at += 16 {
		row := b[at:min(at+16, len(b))]
		next := b[min(at+16, len(b)):min(at+32, len(b))]
		if at > 0 && bytes.Equal(row, b[at-16:at]) && bytes.Equal(row, next) {
			same++
			continue
		}
		if same > 0 {
			fmt.Fprintf(w, "      … %d more of these\n", same)
			same = 0
		}
		text := strings.Map(func(r rune) rune {
			if r < ' ' || r > '~' {
				return '.'
			}
			return r
		}, string(row))
		if note := notes[string(row[:min(4, len(row))])]; note != "" && len(row) == 16 {
			text += "  " + note
		}
		fmt.Fprintf(w, "%04x  %-47s  %s\n", at, fmt.Sprintf("% x", row), strings.TrimRight(text, " "))
	}
}

// notes say what begins at a line.
var notes = map[string]string{
	"\x93NUM":    "NPY 1.0, length of the header",
	"PK\x03\x04": "local header of a member",
}
