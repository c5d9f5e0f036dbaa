package rows_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/internal/rows"
)

// row is a row that says n.
func row(n byte) *dataset.Row {
	return &dataset.Row{Session: uint64(n), Capture: 7, Original: uint64(n) << 8, Digest: [16]byte{n, 15: n}}
}

func content(t *testing.T, dir string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, rows.Name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func open(t *testing.T, dir string, records, limit int64) *rows.Log {
	t.Helper()
	l, err := rows.Format{RewriteLimit: limit}.Open(dir, records)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// text is what the table of the rows n holds.
func text(n ...byte) string {
	var b []byte
	for _, n := range n {
		b = rows.Append(b, row(n))
	}
	return string(b)
}

// TestOnlyCommittedRecordsStay through appending, committing, closing and opening again: in place, changing to that, and
// renaming.
func TestOnlyCommittedRecordsStay(t *testing.T) {
	for _, limit := range []int64{-1, rows.Len, 500 * rows.Len, rows.DefaultRewriteLimit} {
		t.Run(fmt.Sprint(limit), func(t *testing.T) { onlyCommittedStay(t, limit) })
	}
}

func onlyCommittedStay(t *testing.T, limit int64) {
	dir := t.TempDir()
	l := open(t, dir, 0, limit)
	add := func(n byte) {
		t.Helper()
		if b, err := l.Append(row(n)); err != nil || string(b) != text(n) {
			t.Fatalf("% x, %v", b, err)
		}
	}
	add(1)
	if err := l.Prepare(); err != nil || l.Size() != rows.Len || limit > 0 && content(t, dir) != "" {
		t.Fatalf("prepared: %v, size %d, %x", err, l.Size(), content(t, dir))
	}
	add(2) // after Prepare: Commit has to do it again
	if err := l.Commit(); err != nil || l.Size() != 2*rows.Len || content(t, dir) != text(1, 2) {
		t.Fatalf("committed: %v, size %d, %x", err, l.Size(), content(t, dir))
	}
	for range 10000 { // more than the buffer holds
		add(3)
	}
	if inPlace := len(content(t, dir)) > 2*rows.Len; inPlace != (limit < rows.DefaultRewriteLimit) {
		t.Errorf("appended: %d bytes", len(content(t, dir)))
	}
	if err := l.Prepare(); err != nil || l.Size() != 10002*rows.Len || content(t, dir)[:2*rows.Len] != text(1, 2) {
		t.Errorf("prepared: %v, size %d", err, l.Size())
	}
	add(3)
	if err := l.Close(); err != nil || content(t, dir) != text(1, 2) {
		t.Fatalf("closed: %v, %x", err, content(t, dir))
	}
	if err := os.WriteFile(filepath.Join(dir, rows.Name), []byte(text(1, 2)+"half a rec"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "."+rows.Name+"17"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	l = open(t, dir, 2, limit)
	if l.Cut() != 10 {
		t.Errorf("%d bytes cut off, want 10", l.Cut())
	}
	add(4)
	if err := errors.Join(l.Commit(), l.Close()); err != nil || content(t, dir) != text(1, 2, 4) {
		t.Fatalf("again: %v, %x", err, content(t, dir))
	}
	if names, err := os.ReadDir(dir); err != nil || len(names) != 1 {
		t.Errorf("directory holds %v (%v)", names, err)
	}
}

// TestRefused: fewer records than committed, none at all, or no file; nothing is changed or made.
func TestRefused(t *testing.T) {
	dir := t.TempDir()
	if _, err := (rows.Format{}).Open(dir, 1); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing file: %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, rows.Name)); err == nil {
		t.Error("a refused file was made")
	}
	if err := os.WriteFile(filepath.Join(dir, rows.Name), []byte(text(1)+"x"), 0o666); err != nil {
		t.Fatal(err)
	}
	var mismatch *dataset.MismatchError
	if _, err := (rows.Format{}).Open(dir, 2); !errors.As(err, &mismatch) || mismatch.Have != rows.Len+1 || mismatch.Need != 2*rows.Len || content(t, dir) != text(1)+"x" {
		t.Errorf("short file: %v, now %x", err, content(t, dir))
	}
	other := t.TempDir()
	if err := os.Mkdir(filepath.Join(other, rows.Name), 0o777); err != nil {
		t.Fatal(err)
	}
	if _, err := (rows.Format{}).Open(other, 0); err == nil {
		t.Error("a directory was taken for a file")
	}
}

// TestUntouched: a table that is as committed keeps even the time of its last change.
func TestUntouched(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, rows.Name)
	if err := os.WriteFile(path, bytes.Repeat([]byte(text(9)), 3), 0o666); err != nil {
		t.Fatal(err)
	}
	before, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, limit := range []int64{-1, rows.DefaultRewriteLimit} {
		l := open(t, dir, 3, limit)
		if err := errors.Join(l.Commit(), l.Close()); err != nil {
			t.Fatal(err)
		}
		after, err := os.Stat(path)
		if err != nil || !after.ModTime().Equal(before.ModTime()) || !os.SameFile(before, after) {
			t.Errorf("limit %d: changed at %v, was %v (%v)", limit, after.ModTime(), before.ModTime(), err)
		}
	}
}
