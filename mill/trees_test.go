package mill_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/pcapmill/pcapmill/internal/storetest"
	"github.com/pcapmill/pcapmill/mill"
)

var manyFiles = flag.Int("files", 3000, "files in the folder of TestManyFiles")

// TestManyFiles plans a folder of many small captures. A plan takes a fixed
// number of bytes a file, beside its name, and what planning throws away is bounded too.
//
//	TMPDIR=/dev/shm go test ./mill -run TestManyFiles -files 1000000 -v
func TestManyFiles(t *testing.T) {
	dir, remove := tempDir(t)
	defer remove()
	n := *manyFiles
	raw := tiny(1)
	for i := range n {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%07d_vpn_email.pcap", i)), raw, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	start := time.Now()
	p, err := mill.Prepare([]string{dir}, "out", mill.Default())
	took := time.Since(start)
	if err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	thrown := int(after.TotalAlloc-before.TotalAlloc) / n
	sys := int(after.Sys - before.Sys)
	runtime.GC()
	runtime.ReadMemStats(&after)
	kept := int(after.HeapAlloc-before.HeapAlloc) / n
	t.Logf("%d files: %v, %d bytes a file kept, %d allocated, %d MiB more from the system", n, took, kept, thrown, sys>>20)
	if len(p.Captures) != n || len(p.Problems) > 0 || p.Captures[n-1].Name != fmt.Sprintf("%07d_vpn_email.pcap", n-1) {
		t.Fatalf("%d captures, %v", len(p.Captures), p.Problems)
	}
	if kept > 400 || thrown > 6000 {
		t.Errorf("%d bytes a file are kept, %d allocated", kept, thrown)
	}
	runtime.KeepAlive(p)
}

// TestOddNames: names with line breaks, control characters and bytes that are no
// UTF-8 are read, stand in the manifest, and are the same after it was written and read.
func TestOddNames(t *testing.T) {
	dir := t.TempDir()
	odd := []string{"a\nb", "a\x1b[31m", "a\xff", "a\xfe", "a\xe2\x80\xae", "a\\xff", "a\ufffd", "d\xff/x\r", "-o", " "}
	for i, name := range odd {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o777); err != nil {
			t.Skip(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), tiny(byte(i)), 0o666); err != nil {
			t.Skip(err) // not every file system takes them
		}
	}
	p, err := mill.Prepare([]string{dir}, filepath.Join(t.TempDir(), "out"), mill.Default())
	if err != nil || len(p.Captures) != len(odd) {
		t.Fatalf("%d captures, %v", len(p.Captures), err)
	}
	var want []string
	for _, c := range p.Captures {
		want = append(want, c.Name)
	}
	run(t, p)
	m, err := storetest.Load(p.Out)
	if err != nil {
		t.Fatal(err)
	}
	var have []string
	for _, c := range m.Captures {
		have = append(have, c.Name)
	}
	if !slices.Equal(have, want) {
		t.Errorf("the manifest has %q, the plan %q", have, want)
	}
	// Byte-wise order of the names on disk.
	if list := []string{" ", "-o", "a\n" + "b", "a\x1b[31m", "a\\xff", "a\u202e", "a\ufffd", `a\xfe`, `a\xff`, `d\xff/x` + "\r"}; !slices.Equal(want, list) {
		t.Errorf("names %q, want %q", want, list)
	}
}

// TestLoops: links that lead in circles, to themselves and to each other end.
func TestLoops(t *testing.T) {
	dir := t.TempDir()
	lay(t, dir, map[string][]byte{"a/b/c/one.pcap": tiny(1), "two.pcap": tiny(2)})
	for _, l := range [][2]string{
		{"..", "a/b/up"},
		{"../../..", "a/b/c/top"},
		{"self", "self"},
		{"y", "x"},
		{"x", "y"},
		{".", "here"},
		{"../../two.pcap", "a/b/two-again.pcap"},
	} {
		if err := os.Symlink(l[0], filepath.Join(dir, l[1])); err != nil {
			t.Skip(err)
		}
	}
	p, err := mill.Prepare([]string{dir, filepath.Join(dir, "here", "a"), filepath.Join(dir, "self")}, "out", mill.Default())
	if err != nil {
		t.Fatal(err)
	}
	// What links to files lead to is found where it is reached first.
	if got := names(p); !slices.Equal(got, []string{"a/b/c/one.pcap", "a/b/two-again.pcap"}) {
		t.Errorf("captures %q", got)
	}
	if len(p.Problems) != 4 { // self, x and y, and self as an argument
		t.Errorf("problems %v", p.Problems)
	}
}

// TestDeep walks a tree of thousands of directories, deeper than a path may be long:
// what a path reaches is read, and the rest is a problem that says so.
func TestDeep(t *testing.T) {
	top := t.TempDir()
	root, err := os.OpenRoot(top)
	if err != nil {
		t.Fatal(err)
	}
	at := ""
	const depth = 3000
	for i := range depth { // each level from the one above, as no path is long enough
		if err := root.Mkdir("d", 0o777); err != nil {
			t.Fatal(err)
		}
		if i%500 == 10 {
			if err := root.WriteFile("x.pcap", tiny(byte(i/500)), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		next, err := root.OpenRoot("d")
		if err != nil {
			t.Fatal(err)
		}
		_ = root.Close()
		root, at = next, at+"d/"
	}
	_ = root.Close()
	p, err := mill.Prepare([]string{top}, filepath.Join(t.TempDir(), "out"), mill.Default())
	if err != nil {
		t.Fatal(err)
	}
	if n := len(p.Captures); n < 4 || n > 5 || p.Captures[0].Name != at[:2*10]+"x.pcap" && p.Captures[n-1].Name != at[:2*10]+"x.pcap" {
		t.Errorf("%d captures", n)
	}
	if len(p.Problems) != 1 || !errors.Is(p.Problems[0], syscall.ENAMETOOLONG) {
		t.Errorf("%d problems", len(p.Problems))
	}
	run(t, p)
}
