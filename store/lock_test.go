package store

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pcapmill/pcapmill/internal/fsys"
)

// helperEnv makes this test binary lock the directory it names and then wait to be
// killed.
const helperEnv = "PCAPMILL_TEST_LOCK"

func TestMain(m *testing.M) {
	if dir := os.Getenv(helperEnv); dir != "" {
		if _, err := Lock(dir); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println("locked")
		select {}
	}
	os.Exit(m.Run())
}

// lockInProcess starts a process that holds the lock on dir.
func lockInProcess(t *testing.T, dir string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), helperEnv+"="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	if line, _ := bufio.NewReader(out).ReadString('\n'); line != "locked\n" {
		t.Fatalf("the other process said %q", line)
	}
	return cmd
}

func mustLock(t *testing.T, dir string) *DirLock {
	t.Helper()
	l, err := Lock(dir)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestLock(t *testing.T) {
	dir := t.TempDir()
	before := time.Now().Add(-time.Second)
	l := mustLock(t, dir)

	_, err := Lock(dir)
	var locked *LockedError
	if !errors.As(err, &locked) {
		t.Fatalf("second lock: error %v, want *LockedError", err)
	}
	host, _ := os.Hostname()
	if h := locked.Holder; h.PID != os.Getpid() || h.Host != host || h.Since.Before(before) || h.Since.After(time.Now()) {
		t.Errorf("holder %+v, want this process (%d on %s)", h, os.Getpid(), host)
	}
	for _, part := range []string{dir, fmt.Sprint("process ", os.Getpid()), host, locked.Holder.Since.Format(time.RFC3339)} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error %q does not name %q", err, part)
		}
	}

	if err := l.Release(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(filepath.Join(dir, LockName)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("lock file after Release: %v", err)
	}
	second := mustLock(t, dir)
	if err := l.Release(); err != nil {
		t.Errorf("second Release: %v", err)
	}
	if _, err := Lock(dir); !errors.As(err, &locked) {
		t.Errorf("the second Release of an old lock let go of the new one: %v", err)
	}
	if err := second.Release(); err != nil {
		t.Error(err)
	}
}

func TestLockOfAnotherProcess(t *testing.T) {
	dir := t.TempDir()
	cmd := lockInProcess(t, dir)
	_, err := Lock(dir)
	var locked *LockedError
	if !errors.As(err, &locked) {
		t.Fatalf("error %v, want *LockedError", err)
	}
	if locked.Holder.PID != cmd.Process.Pid {
		t.Errorf("holder %v, want process %d", locked.Holder, cmd.Process.Pid)
	}

	// The process is killed and leaves its file behind.
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	cmd.Wait()
	if _, err := os.Lstat(filepath.Join(dir, LockName)); err != nil {
		t.Fatalf("the dead process left no lock file: %v", err)
	}
	l := mustLock(t, dir)
	if h := readHolder(filepath.Join(dir, LockName)); h.PID != os.Getpid() {
		t.Errorf("holder %v, want this process", h)
	}
	if err := l.Release(); err != nil {
		t.Error(err)
	}
}

func TestLockForeignFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, LockName)
	for _, text := range []string{"", "not JSON", `{"pid": "x"}`, strings.Repeat("x", 10_000)} {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if h := readHolder(path); h != (Holder{}) || !strings.Contains(h.String(), "not said") {
			t.Errorf("holder %v of lock file %.20q", h, text)
		}
		if err := mustLock(t, dir).Release(); err != nil {
			t.Error(err)
		}
	}
	if err := os.Mkdir(path, 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := Lock(dir); err == nil || !strings.Contains(err.Error(), "need a regular file") {
		t.Errorf("directory as lock file: error %v", err)
	}
}

func TestLockNoDirectory(t *testing.T) {
	if _, err := Lock(filepath.Join(t.TempDir(), "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error %v, want not exist", err)
	}
}

// Many contenders take and release one lock. Removing the file on release is where
// such locks go wrong: two hold a lock, one of them on a file without a name.
func TestLockExcludes(t *testing.T) {
	dir := t.TempDir()
	var holders, taken atomic.Int32
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 200 {
				l, err := Lock(dir)
				var locked *LockedError
				switch {
				case errors.As(err, &locked):
					continue
				case err != nil:
					t.Error(err)
					return
				}
				taken.Add(1)
				if n := holders.Add(1); n != 1 {
					t.Errorf("%d hold the lock", n)
				}
				holders.Add(-1)
				if err := l.Release(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if taken.Load() == 0 {
		t.Error("nobody got the lock")
	}
}

// TestLockIsNotALink: the lock file is written to, so it must not be one of somebody else's.
func TestLockIsNotALink(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("links need a privilege")
	}
	for name, link := range map[string]func(from, to string) error{"symbolic": os.Symlink, "hard": os.Link} {
		dir, target := t.TempDir(), filepath.Join(t.TempDir(), "target")
		if err := os.WriteFile(target, []byte("precious"), 0o666); err != nil {
			t.Fatal(err)
		}
		if err := link(target, filepath.Join(dir, LockName)); err != nil {
			t.Fatal(err)
		}
		var special *fsys.SpecialError
		if _, err := Lock(dir); !errors.As(err, &special) {
			t.Errorf("%s link: error %v", name, err)
		}
		if b, err := os.ReadFile(target); err != nil || string(b) != "precious" {
			t.Errorf("%s link: the target is %q (%v)", name, b, err)
		}
	}
}
