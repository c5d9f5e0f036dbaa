package prints_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pcapmill/pcapmill/dataset/prints"
)

func record(n byte) (r [prints.Len]byte) {
	copy(r[:], bytes.Repeat([]byte{n}, prints.Len))
	return r
}

func content(t *testing.T, dir string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, prints.Name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func open(t *testing.T, dir string, records int64) *prints.Log {
	t.Helper()
	l, err := prints.Open(dir, records)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func text(n ...byte) (s string) {
	for _, n := range n {
		r := record(n)
		s += string(r[:])
	}
	return s
}

// TestOnlyCommittedRecordsStay through appending, committing, closing and opening again: in place, changing to that, and
// renaming.
func TestOnlyCommittedRecordsStay(t *testing.T) {
	for _, limit := range []int64{0, prints.Len, 500 * prints.Len, prints.RewriteLimit} {
		t.Run(fmt.Sprint(limit), func(t *testing.T) { onlyCommittedStay(t, limit) })
	}
}

func onlyCommittedStay(t *testing.T, limit int64) {
	dir := t.TempDir()
	l := open(t, dir, 0)
	l.Limit(limit)
	add := func(n byte) {
		if err := l.Append(record(n)); err != nil {
			t.Fatal(err)
		}
	}
	add(1)
	if err := l.Prepare(); err != nil || l.Size() != prints.Len || limit > 0 && content(t, dir) != "" {
		t.Fatalf("prepared: %v, size %d, %x", err, l.Size(), content(t, dir))
	}
	add(2) // after Prepare: Commit has to do it again
	if err := l.Commit(); err != nil || l.Size() != 2*prints.Len || content(t, dir) != text(1, 2) {
		t.Fatalf("committed: %v, size %d, %x", err, l.Size(), content(t, dir))
	}
	for range 10000 { // more than the buffer holds
		add(3)
	}
	if inPlace := len(content(t, dir)) > 2*prints.Len; inPlace != (limit < prints.RewriteLimit) {
		t.Errorf("appended: %d bytes", len(content(t, dir)))
	}
	if err := l.Prepare(); err != nil || l.Size() != 10002*prints.Len || !strings.HasPrefix(content(t, dir), text(1, 2)) {
		t.Errorf("prepared: %v, size %d", err, l.Size())
	}
	add(3)
	if err := l.Close(); err != nil || content(t, dir) != text(1, 2) {
		t.Fatalf("closed: %v, %x", err, content(t, dir))
	}
	if err := os.WriteFile(filepath.Join(dir, prints.Name), []byte(text(1, 2)+"half a rec"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "."+prints.Name+"17"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	l = open(t, dir, 2)
	l.Limit(limit)
	if l.Cut() != 10 {
		t.Errorf("%d bytes cut off, want 10", l.Cut())
	}
	if r, err := l.At(1); err != nil || r != record(2) {
		t.Errorf("record 1: %x, %v", r, err)
	}
	if _, err := l.At(2); err == nil {
		t.Error("record 2 was read")
	}
	add(4)
	if err := errors.Join(l.Commit(), l.Close()); err != nil || content(t, dir) != text(1, 2, 4) {
		t.Fatalf("again: %v, %x", err, content(t, dir))
	}
	if names, err := os.ReadDir(dir); err != nil || len(names) != 1 {
		t.Errorf("directory holds %v (%v)", names, err)
	}
}

// TestRefused: fewer records than committed, or none at all; nothing is changed or made.
func TestRefused(t *testing.T) {
	dir := t.TempDir()
	if _, err := prints.Open(dir, 1); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing file: %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, prints.Name)); err == nil {
		t.Error("a refused file was made")
	}
	if err := os.WriteFile(filepath.Join(dir, prints.Name), []byte(text(1)+"x"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := prints.Open(dir, 2); err == nil || content(t, dir) != text(1)+"x" {
		t.Errorf("short file: %v, now %x", err, content(t, dir))
	}
}
