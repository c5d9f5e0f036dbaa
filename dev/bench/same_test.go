package bench

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/pcapmill/pcapmill/dataset/idx"
	"github.com/pcapmill/pcapmill/dev/bench/loops"
	"github.com/pcapmill/pcapmill/dev/bench/traffic"
	"github.com/pcapmill/pcapmill/mill"
)

// convert is "pcapmill convert in -o out" with default settings.
func convert(tb testing.TB, in, out string, workers int) *mill.Result {
	tb.Helper()
	o := mill.Default()
	o.Workers = workers
	plan, err := mill.Prepare([]string{in}, out, o)
	if err != nil {
		tb.Fatal(err)
	}
	r, err := mill.Run(context.Background(), plan, mill.Events{}, nil)
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

// loop is the same work on gopacket.
func loop(tb testing.TB, name, in, out string) {
	tb.Helper()
	l, err := loops.Named(name)
	if err != nil {
		tb.Fatal(err)
	}
	if _, err := loops.Convert(l, in, out); err != nil {
		tb.Fatal(err)
	}
}

// TestSameWork: what is compared in docs/performance.md does the same work, for
// the files are the same, byte by byte.
func TestSameWork(t *testing.T) {
	for _, c := range []traffic.Config{
		{Shape: "mixed", Seed: 1, Size: 8 << 20},
		{Shape: "mixed", Seed: 2, Size: 2 << 20, Pcapng: true},
		{Shape: "mixed", Seed: 3, Size: 1 << 20, Gzip: true},
		{Shape: "bulk", Seed: 4, Size: 2 << 20},
		{Shape: "storm", Seed: 5, Size: 2 << 20},
	} {
		in := filepath.Join(t.TempDir(), "in"+c.Extension())
		counts, err := traffic.WriteFile(in, c)
		if err != nil {
			t.Fatal(err)
		}
		same(t, c, in, counts.Kept)
	}
	dir := filepath.Join(t.TempDir(), "many")
	c := traffic.Config{Shape: "many", Seed: 6, Size: 2 << 20}
	if _, err := traffic.WriteMany(dir, 25, c); err != nil {
		t.Fatal(err)
	}
	same(t, c, dir, 0)
}

func same(t *testing.T, c traffic.Config, in string, kept int64) {
	t.Helper()
	ours := t.TempDir()
	r := convert(t, in, ours, 2)
	if n := r.Added.Sessions; kept > 0 && n != kept || n < 20 {
		t.Errorf("%+v: %d sessions, the generator says %d", c, n, kept)
	}
	for _, name := range []string{"parser", "source", "lazy"} {
		theirs := t.TempDir()
		loop(t, name, in, theirs)
		for _, file := range []string{idx.ImagesName, idx.LabelsName} {
			a, b := file0(t, ours, file), file0(t, theirs, file)
			if !bytes.Equal(a, b) {
				t.Errorf("%+v: %s of the %s loop differs: %d bytes, pcapmill %d", c, file, name, len(b), len(a))
			}
		}
	}
}

func file0(t *testing.T, dir, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}
