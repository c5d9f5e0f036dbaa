package store_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/manifest"
	"github.com/pcapmill/pcapmill/store"
)

// layoutOf are the packets of sample i.
func layoutOf(i int) (packets []store.PacketLayout) {
	for k := range i % 3 {
		packets = append(packets, store.PacketLayout{Link: 14, Network: 20, Transport: uint16(20 + k), Payload: uint16(i), Version: 4, Proto: 6})
	}
	return packets
}

// addPlaced appends a capture of n samples with layouts, which follow those of from samples.
func addPlaced(w *store.Writer, from, n int) error {
	b := store.Batch{}
	for i := range n {
		b.Data = append(b.Data, 1, 2, byte(from), byte(i))
		b.Labels = append(b.Labels, 0)
		b.Rows = append(b.Rows, dataset.Row{Capture: uint32(w.Captures()), Original: 4})
		b.Layouts = store.AppendLayout(b.Layouts, layoutOf(from+i))
	}
	c := manifest.Capture{Name: "a.pcap", Digest: string(rune('a' + from)), Class: "a"}
	c.Packets, c.Used, c.Sessions, c.Samples, c.Exact, c.OriginalBytes = int64(n), int64(n), int64(n), int64(n), int64(n), 4*int64(n)
	return errors.Join(w.Append(&b), w.EndCapture(&c))
}

// placed is a dataset with layouts of 5 and then 4 samples.
func placed(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	f := form()
	f.Layouts = true
	for _, run := range [][2]int{{0, 5}, {5, 4}} {
		w, err := store.Create(dir, f)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(addPlaced(w, run[0], run[1]), w.Commit(), w.Close()); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestLayouts: what was appended is read back, over two runs, and the sizes are as the manifest says.
func TestLayouts(t *testing.T) {
	d, err := store.Open(placed(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := d.CheckSizes(); err != nil || !d.HasLayouts() {
		t.Fatalf("%v, layouts %v", err, d.HasLayouts())
	}
	l, err := d.Layouts()
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for i := range 9 {
		if have, err := l.Next(); err != nil || !slices.Equal(have, layoutOf(i)) {
			t.Errorf("sample %d: %+v, %v", i, have, err)
		}
	}
	if _, err := l.Next(); err != io.EOF {
		t.Errorf("behind the last: %v", err)
	}
}

// TestUnfinishedLayouts: what a killed run left behind is cut off; a run that fails puts back what was there; a run that does not
// end leaves the directory as it was, or empty.
func TestUnfinishedLayouts(t *testing.T) {
	dir := placed(t)
	path := filepath.Join(dir, store.LayoutName)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append(bytes.Clone(whole), 7, 7, 7), 0o666); err != nil {
		t.Fatal(err)
	}
	f := form()
	f.Layouts = true
	w, err := store.Create(dir, f)
	if err != nil || w.Cut() != 3 {
		t.Fatalf("%v, %d bytes cut", err, w.Cut())
	}
	if err := errors.Join(addPlaced(w, 9, 5), w.Commit(), addPlaced(w, 14, 5)); err != nil {
		t.Fatal(err)
	}
	if err := w.Fail(errors.New("cause")); err == nil || !strings.Contains(err.Error(), "as it was before") {
		t.Fatal(err)
	}
	if have, err := os.ReadFile(path); err != nil || !bytes.Equal(have, whole) {
		t.Errorf("after a failure: %d bytes, %v", len(have), err)
	}
	fresh := filepath.Join(t.TempDir(), "fresh")
	if w, err = store.Create(fresh, f); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(addPlaced(w, 0, 5), w.Commit()); err != nil {
		t.Fatal(err)
	}
	_ = w.Fail(errors.New("cause"))
	if _, err := os.Stat(fresh); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the directory of a failed run: %v", err)
	}
}

// TestBrokenLayouts: a file that is gone, short, or has other records is named.
func TestBrokenLayouts(t *testing.T) {
	for name, change := range map[string]func(b []byte) []byte{
		"gone":             nil,
		"short":            func(b []byte) []byte { return b[:len(b)-1] },
		"long":             func(b []byte) []byte { return append(b, 0, 0) },
		"too many packets": func(b []byte) []byte { b[1] = 1; return b },
		"too few packets":  func(b []byte) []byte { b[2] = 0; return b },
	} {
		dir := placed(t)
		path := filepath.Join(dir, store.LayoutName)
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err = os.Remove(path); change != nil {
			err = os.WriteFile(path, change(b), 0o666)
		}
		if err != nil {
			t.Fatal(err)
		}
		d, err := store.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		if err := d.CheckSizes(); err == nil || !strings.Contains(err.Error(), store.LayoutName) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
