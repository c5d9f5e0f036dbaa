package lines_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/dataset/idx"
	"github.com/pcapmill/pcapmill/internal/fsys"
	"github.com/pcapmill/pcapmill/internal/fsys/faulty"
	"github.com/pcapmill/pcapmill/internal/lines"
)

var text = dataset.Spec{Type: dataset.Text}

// line is text that tells k, of a length that changes.
func line(k int) string { return strings.Repeat("é", k%4) + fmt.Sprint("line ", k) }

// read reads a dataset as the package comment says, sharing nothing with the package.
func read(t *testing.T, dir string, n int) (all []string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "session_output.txt"))
	if err != nil {
		t.Fatal(err)
	}
	index, err := os.ReadFile(filepath.Join(dir, "session_index.bin"))
	if err != nil {
		t.Fatal(err)
	}
	from := uint64(0)
	for i := range n {
		to := binary.LittleEndian.Uint64(index[8*i:])
		all = append(all, strings.TrimSuffix(string(text[from:to]), "\n"))
		from = to
	}
	return all
}

func expect(t *testing.T, dir, what string, n int) {
	t.Helper()
	for k, got := range read(t, dir, n) {
		if got != line(k) {
			t.Fatalf("%s: line %d is %q, want %q", what, k, got, line(k))
		}
	}
	r, err := lines.NewReader(fsys.OS{}, dir, int64(n))
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	for k := range n {
		got, err := r.Next()
		if err != nil || string(got) != line(k) {
			t.Fatalf("%s: Next gives %q (%v), want %q", what, got, err, line(k))
		}
		if got, err := r.At([]byte("x"), int64(k)); err != nil || string(got) != "x"+line(k) {
			t.Fatalf("%s: At(%d) gives %q (%v)", what, k, got, err)
		}
	}
	if _, err := r.Next(); err != io.EOF {
		t.Fatalf("%s: behind the last: %v", what, err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
}

// steps commits twice, and appends behind. It returns how many samples are committed for certain.
func steps(dir string, limit int64, disk fsys.FS) (committed int, err error) {
	w, err := lines.Format{RewriteLimit: limit, FS: disk}.Open(dir, text, 0)
	if err != nil {
		return 0, err
	}
	n := 0
	add := func() error {
		n++
		return w.Append(dataset.Sample{Data: []byte(line(n - 1)), Label: uint16(n - 1)})
	}
	commit := func() error {
		err := w.Commit()
		if err == nil {
			committed = n
		}
		return err
	}
	for _, step := range []func() error{add, w.Prepare, add, add, commit, add, commit, add, w.Prepare, add} {
		if err = step(); err != nil {
			break
		}
	}
	return committed, errors.Join(err, w.Close())
}

// TestEveryCallFails: whatever call to the file system fails, the dataset opens at the last
// commit and can be completed.
func TestEveryCallFails(t *testing.T) {
	for _, limit := range []int64{-1, 30, 0} {
		disk := faulty.New(faulty.Unsynced{}, nil)
		if n, err := steps(t.TempDir(), limit, disk); n != 4 || err != nil {
			t.Fatal(n, err)
		}
		for at, c := range disk.Calls() {
			if at%3 > 0 && testing.Short() {
				continue
			}
			for _, how := range []faulty.How{faulty.Undone, faulty.Half} {
				dir, what := t.TempDir(), fmt.Sprintf("limit %d, call %d (%v) %s", limit, at, c, how)
				disk := faulty.New(faulty.Unsynced{}, &faulty.Fault{At: at, Err: syscall.EIO, How: how})
				committed, err := steps(dir, limit, disk)
				if err != nil && !errors.Is(err, syscall.EIO) {
					t.Fatalf("%s: %v", what, err)
				}
				w, err := lines.Format{RewriteLimit: limit, FS: faulty.Unsynced{}}.Open(dir, text, int64(committed))
				if err != nil {
					t.Fatalf("%s: opened again: %v", what, err)
				}
				for k := committed; k < 6; k++ {
					if err := w.Append(dataset.Sample{Data: []byte(line(k)), Label: uint16(k)}); err != nil {
						t.Fatalf("%s: %v", what, err)
					}
				}
				if err := errors.Join(w.Commit(), w.Close()); err != nil {
					t.Fatalf("%s: completed: %v", what, err)
				}
				expect(t, dir, what, 6)
				if names, err := os.ReadDir(dir); err != nil || len(names) != 3 {
					t.Fatalf("%s: left %v (%v)", what, names, err)
				}
			}
		}
	}
}

// TestRefusals: files that do not belong together are named, and no line is taken that is none.
func TestRefusals(t *testing.T) {
	dir := t.TempDir()
	w, err := lines.Format{}.Open(dir, text, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Append(dataset.Sample{Data: []byte("two\nlines")}); err == nil {
		t.Error("a line with a line end in it was taken")
	}
	for k := range 5 {
		if err := w.Append(dataset.Sample{Data: []byte(line(k))}); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Commit(), w.Close()); err != nil {
		t.Fatal(err)
	}
	if names := w.Files(); len(names) != 3 || names[0].Name != lines.Name || names[2].Name != idx.LabelsName {
		t.Errorf("files %v", names)
	}
	expect(t, dir, "whole", 5)
	for name, damage := range map[string]func(b []byte) []byte{
		lines.Name:      func(b []byte) []byte { return b[:len(b)-1] },
		lines.IndexName: func(b []byte) []byte { return b[:len(b)-1] },
	} {
		path := filepath.Join(dir, name)
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, damage(append([]byte(nil), whole...)), 0o666); err != nil {
			t.Fatal(err)
		}
		_, err = lines.NewReader(fsys.OS{}, dir, 5)
		if _, ok := errors.AsType[*dataset.MismatchError](err); !ok {
			t.Errorf("%s cut short: reader: %v", name, err)
		}
		_, err = lines.Format{}.Open(dir, text, 5)
		if _, ok := errors.AsType[*dataset.MismatchError](err); !ok {
			t.Errorf("%s cut short: writer: %v", name, err)
		}
		if err := os.WriteFile(path, whole, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(dir, lines.IndexName)
	for _, at := range []int{0, 8, 16} { // ends that cannot be
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, value := range []uint64{0, 1, 1 << 40, 1 << 63} {
			b := append([]byte(nil), whole...)
			binary.LittleEndian.PutUint64(b[at:], value)
			if err := os.WriteFile(path, b, 0o666); err != nil {
				t.Fatal(err)
			}
			r, err := lines.NewReader(fsys.OS{}, dir, 5)
			if err != nil {
				t.Fatal(err)
			}
			for err == nil {
				_, err = r.Next()
			}
			if err == io.EOF {
				t.Errorf("entry at %d is %d, and nobody says so", at, value)
			}
			if err := r.Close(); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(path, whole, 0o666); err != nil {
			t.Fatal(err)
		}
	}
}
