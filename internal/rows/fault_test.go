package rows_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/pcapmill/pcapmill/internal/fsys"
	"github.com/pcapmill/pcapmill/internal/fsys/faulty"
	"github.com/pcapmill/pcapmill/internal/rows"
)

// TestEveryCallFails: after it every method fails with the same error, Close goes back to the last commit if it says so, and the
// table opens there in any case and can be completed.
func TestEveryCallFails(t *testing.T) {
	for _, limit := range []int64{-1, 3 * rows.Len, 0} {
		disk := faulty.New(faulty.Unsynced{}, nil)
		if n, err := steps(t, t.TempDir(), limit, disk); n != 4 || err != nil {
			t.Fatal(n, err)
		}
		for n, c := range disk.Calls() {
			for _, how := range []faulty.How{faulty.Undone, faulty.Done, faulty.Half} {
				dir, what := t.TempDir(), fmt.Sprintf("limit %d, call %d (%v) %s", limit, n, c, how)
				disk := faulty.New(faulty.Unsynced{}, &faulty.Fault{At: n, Err: syscall.EIO, How: how})
				committed, err := steps(t, dir, limit, disk)
				if _, ok := disk.Struck(); !ok || err != nil && !errors.Is(err, syscall.EIO) {
					t.Fatalf("%s: struck %t, %v", what, ok, err)
				}
				l, err := rows.Format{RewriteLimit: limit, FS: faulty.Unsynced{}}.Open(dir, committed)
				if err != nil {
					t.Fatalf("%s: %v", what, err)
				}
				for k := committed; k < 6; k++ {
					if _, err := l.Append(row(byte(k))); err != nil {
						t.Fatalf("%s: %v", what, err)
					}
				}
				if err := errors.Join(l.Commit(), l.Close()); err != nil || content(t, dir) != text(0, 1, 2, 3, 4, 5) {
					t.Fatalf("%s: completed: %v, %x", what, err, content(t, dir))
				}
				if names, err := os.ReadDir(dir); err != nil || len(names) != 1 {
					t.Fatalf("%s: left %v (%v)", what, names, err)
				}
			}
		}
	}
}

// steps opens a table, prepares, commits twice, appends and closes. It returns how many records are committed for certain.
func steps(t *testing.T, dir string, limit int64, disk fsys.FS) (committed int64, err error) {
	t.Helper()
	l, err := rows.Format{RewriteLimit: limit, FS: disk}.Open(dir, 0)
	if err != nil {
		return 0, err
	}
	next := byte(0)
	add := func() error {
		_, err := l.Append(row(next))
		next++
		return err
	}
	commit := func() error {
		err := l.Commit()
		if err == nil {
			committed = int64(next)
		}
		return err
	}
	for _, step := range []func() error{add, l.Prepare, add, add, commit, add, commit, add, l.Prepare, add} {
		if err = step(); err != nil {
			break
		}
	}
	if err != nil {
		_, again := l.Append(row(9))
		for _, again := range []error{again, l.Prepare(), l.Commit()} {
			if !errors.Is(again, syscall.EIO) {
				t.Fatalf("after the error %v: %v", err, again)
			}
		}
	}
	closed := l.Close()
	if closed == nil {
		if info, err := os.Stat(filepath.Join(dir, rows.Name)); err != nil || info.Size() != committed*rows.Len {
			t.Fatalf("%d records committed, closed with %d bytes (%v)", committed, info.Size(), err)
		}
	}
	return committed, errors.Join(err, closed)
}
