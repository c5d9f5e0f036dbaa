package faulty_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/pcapmill/pcapmill/internal/fsys"
	"github.com/pcapmill/pcapmill/internal/fsys/faulty"
)

// replace writes a file next to the one at path and renames it, with all that makes it durable, and then appends to it.
func replace(disk fsys.FS, path, text, more string) error {
	f, err := disk.CreateTemp(path, 0o666)
	if err != nil {
		return err
	}
	_, err = f.Write([]byte(text))
	err = errors.Join(err, f.Sync(), f.Close())
	if err != nil {
		return errors.Join(err, disk.Remove(f.Name()))
	}
	if err := disk.Rename(f.Name(), path); err != nil {
		return err
	}
	if err := disk.SyncDir(filepath.Dir(path)); err != nil {
		return err
	}
	f, err = disk.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteAt([]byte(more), int64(len(text)))
	return errors.Join(err, f.Close())
}

func ops(calls []faulty.Call) (names []string) {
	for _, c := range calls {
		names = append(names, string(c.Op))
	}
	return names
}

const wholeRun = "create, write, sync, close, rename, sync directory, open, write, close"

func TestCallsAreNotedAndPassedOn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a")
	disk := faulty.New(fsys.OS{}, nil)
	if err := replace(disk, path, "abcd", "ef"); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(path); err != nil || string(b) != "abcdef" {
		t.Errorf("%q, %v", b, err)
	}
	if have := strings.Join(ops(disk.Calls()), ", "); have != wholeRun {
		t.Errorf("calls: %s", have)
	}
	if _, ok := disk.Struck(); ok {
		t.Error("a call failed")
	}
}

// TestEveryCallCanFail: it returns the error, names the file, and has done what it was told to have done.
func TestEveryCallCanFail(t *testing.T) {
	for n, op := range strings.Split(wholeRun, ", ") {
		for _, how := range []faulty.How{faulty.Undone, faulty.Done, faulty.Half} {
			path := filepath.Join(t.TempDir(), "a")
			disk := faulty.New(fsys.OS{}, &faulty.Fault{At: n, Err: syscall.ENOSPC, How: how})
			err := replace(disk, path, "abcd", "ef")
			c, ok := disk.Struck()
			if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), filepath.Dir(path)) || !ok || string(c.Op) != op {
				t.Errorf("%s %s: %v, struck %v", op, how, err, c)
			}
			b, err := os.ReadFile(path)
			want := map[faulty.How]string{faulty.Undone: "abcd", faulty.Done: "abcdef", faulty.Half: "abcde"}[how]
			switch {
			case n < 4 && !errors.Is(err, fs.ErrNotExist), n == 4 && (err == nil) != (how == faulty.Done):
				t.Errorf("%s %s: the file is there: %q, %v", op, how, b, err)
			case n == 7 && string(b) != want, n == 8 && string(b) != "abcdef", n > 4 && n < 7 && string(b) != "abcd":
				t.Errorf("%s %s: %q, %v", op, how, b, err)
			}
		}
	}
}

func TestStickyFault(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a")
	disk := faulty.New(fsys.OS{}, &faulty.Fault{At: 1, Err: syscall.EIO, Sticky: true})
	err := replace(disk, path, "abcd", "ef")
	if !errors.Is(err, syscall.EIO) {
		t.Fatal(err)
	}
	for n, c := range disk.Calls() {
		if c.Failed != (n > 0 && c.Op != faulty.Close) {
			t.Errorf("call %d, %v: failed %t", n, c, c.Failed)
		}
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != 1 || !strings.HasPrefix(entries[0].Name(), ".a") {
		t.Errorf("left: %v (%v)", entries, err)
	}
}

// TestReplay lists what a power cut may leave of replacing "old" by "abcd" and appending "ef".
func TestReplay(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a")
	if err := os.WriteFile(path, []byte("old"), 0o666); err != nil {
		t.Fatal(err)
	}
	disk := faulty.New(fsys.OS{}, nil)
	if err := replace(disk, path, "abcd", "ef"); err != nil {
		t.Fatal(err)
	}
	temp := filepath.Base(disk.Calls()[0].Path)
	var have []string
	faulty.Replay(dir, faulty.Files{"a": []byte("old")}, disk.Calls(), func(_ int, _ string, state faulty.Files) {
		s := "a=" + string(state["a"])
		if b, ok := state[temp]; ok {
			s += " temp=" + string(b)
		}
		have = append(have, s)
	})
	slices.Sort(have)
	want := []string{
		"a=abcd", "a=abcd\x00\x00", "a=abcde", "a=abcdef", "a=old", "a=old temp=", "a=old temp=\x00\x00\x00\x00", "a=old temp=ab", "a=old temp=abcd",
	}
	slices.Sort(want)
	if !slices.Equal(have, want) {
		t.Errorf("states\n%q, want\n%q", have, want)
	}
}

// TestReplayOfFailedCalls: they leave nothing.
func TestReplayOfFailedCalls(t *testing.T) {
	dir := t.TempDir()
	disk := faulty.New(fsys.OS{}, &faulty.Fault{At: 4, Err: syscall.EIO})
	if err := replace(disk, filepath.Join(dir, "a"), "abcd", "ef"); err == nil {
		t.Fatal("no error")
	}
	faulty.Replay(dir, nil, disk.Calls(), func(_ int, where string, state faulty.Files) {
		if _, ok := state["a"]; ok {
			t.Errorf("%s: %q", where, state)
		}
	})
}
