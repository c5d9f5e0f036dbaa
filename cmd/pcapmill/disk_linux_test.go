package main

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/pcapmill/pcapmill/dev/bench/traffic"
	"github.com/pcapmill/pcapmill/internal/full"
)

// tmpfs mounts a small file system of its own, or skips the test.
func tmpfs(t *testing.T, kilobytes int) string {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("NOT TESTED: a full disk and a read-only one need root, to mount a small tmpfs")
	}
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%dk", kilobytes)); err != nil {
		t.Skipf("NOT TESTED: a full disk and a read-only one: no tmpfs can be mounted here: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Errorf("unmount %s: %v", dir, err)
		}
	})
	return dir
}

// resize makes a tmpfs larger or smaller, and read-only or not.
func resize(t *testing.T, dir string, kilobytes int, flags uintptr) {
	t.Helper()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT|flags, fmt.Sprintf("size=%dk", kilobytes)); err != nil {
		t.Fatal(err)
	}
}

// TestFullDisk runs into a full disk again and again, each time with a little more room: a first run, and one that adds to a
// dataset. It fails with status 1 and says so, and what was there before is there again, to the byte, although there is no
// room for anything. Once there is room the same command completes it.
func TestFullDisk(t *testing.T) {
	in := manyCaptures(t, 40, 7)
	for name, options := range map[string][]string{
		"renamed":            nil,
		"in place, sessions": {"--shape", "512x512", "--drop", "none", "--dedup", "session"}, // beyond 16 MiB
	} {
		t.Run(name, func(t *testing.T) {
			half := t.TempDir()
			for i, path := range glob(t, in) {
				if i < 20 {
					if err := os.Link(path, filepath.Join(half, filepath.Base(path))); err != nil {
						t.Fatal(err)
					}
				}
			}
			begun, whole := filepath.Join(t.TempDir(), "begun"), filepath.Join(t.TempDir(), "whole")
			mustExit(t, exitDone, append([]string{"convert", half, "-o", begun}, options...)...)
			mustExit(t, exitDone, append([]string{"convert", in, "-o", whole}, options...)...)
			start, end := dataDir(t, begun), dataDir(t, whole)
			t.Run("first run", func(t *testing.T) { fillDisk(t, in, options, nil, end) })
			t.Run("another run", func(t *testing.T) { fillDisk(t, in, options, start, end) })
		})
	}
}

func glob(t *testing.T, dir string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("%s: %v, %v", dir, paths, err)
	}
	return paths
}

// sizeOf is the room in KiB that files take in pages of a tmpfs.
func sizeOf(files map[string]string) (kilobytes int) {
	for _, text := range files {
		kilobytes += (len(text) + 4095) / 4096 * 4
	}
	return kilobytes
}

func fillDisk(t *testing.T, in string, options []string, start, end map[string]string) {
	rounds := full.Of(4, 6, 12)
	least, most := sizeOf(start), 3*sizeOf(end) // new files stand beside old ones
	disk := tmpfs(t, most)
	out := filepath.Join(disk, "out")
	if start != nil {
		if err := os.Mkdir(out, 0o777); err != nil {
			t.Fatal(err)
		}
		for name, text := range start {
			write(t, out, name, []byte(text))
		}
	}
	failed := 0
	for i := range rounds {
		size := least + 8 + (sizeOf(end)-least)*i/rounds
		resize(t, disk, size, 0)
		cmd := exec.Command(program(), append([]string{"convert", in, "-o", out}, options...)...)
		text, err := cmd.CombinedOutput()
		if code := exitStatus(t, err); code == exitDone {
			break // it fitted
		} else if code != exitFailed || !strings.Contains(string(text), "no space left on device") {
			t.Fatalf("%d KiB: exit status %d\n%s", size, code, text)
		}
		failed++
		if start == nil {
			if left, err := filepath.Glob(filepath.Join(disk, "*")); err != nil || len(left) > 0 {
				t.Fatalf("%d KiB: a failed first run left %v\n%s", size, left, text)
			}
			continue
		}
		sameData(t, fmt.Sprintf("%d KiB, failed", size), dataDir(t, out), start)
	}
	if failed < 3 {
		t.Errorf("only %d of %d runs filled the disk", failed, rounds)
	}
	t.Logf("%d runs filled the disk", failed)
	resize(t, disk, most, 0)
	mustExit(t, exitDone, append([]string{"convert", in, "-o", out}, options...)...)
	sameData(t, "with room", dataDir(t, out), end)
}

// TestReadOnlyDisk: nothing can be written, which is said, and nothing is changed.
func TestReadOnlyDisk(t *testing.T) {
	in := manyCaptures(t, 4, 8)
	disk := tmpfs(t, 4096)
	out := filepath.Join(disk, "out")
	mustExit(t, exitDone, "convert", glob(t, in)[0], "-o", out)
	before := dataDir(t, out)
	resize(t, disk, 4096, syscall.MS_RDONLY)
	defer resize(t, disk, 4096, 0)
	for _, dir := range []string{out, filepath.Join(disk, "new", "out")} {
		if text := mustExit(t, exitFailed, "convert", in, "-o", dir); !strings.Contains(text, "read-only file system") || !strings.Contains(text, disk) {
			t.Errorf("%s", text)
		}
	}
	sameData(t, "read-only", dataDir(t, out), before)
	mustExit(t, exitDone, "verify", out) // reading needs no writing
}

// TestUnreadableCapture: a capture whose bytes the system does not give, among others. It is named with the system's reason, the
// others are in the dataset, and once it can be read the same command adds it.
func TestUnreadableCapture(t *testing.T) {
	in := manyCaptures(t, 6, 9)
	paths := glob(t, in)
	good, err := os.ReadFile(paths[5])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(paths[5]); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/proc/self/mem", paths[5]); err != nil { // a regular file that gives EIO
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "out")
	text := mustExit(t, exitDamaged, "convert", in, "-o", out)
	if !strings.Contains(text, filepath.Base(paths[5])) || !strings.Contains(text, "input/output error") {
		t.Errorf("%s", text)
	}
	mustExit(t, exitDone, "verify", out)
	if err := os.Remove(paths[5]); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(paths[5], good, 0o666); err != nil {
		t.Fatal(err)
	}
	mustExit(t, exitDone, "convert", in, "-o", out)
	whole := filepath.Join(t.TempDir(), "whole")
	mustExit(t, exitDone, "convert", in, "-o", whole)
	sameData(t, "readable again", dataDir(t, out), dataDir(t, whole))
}

// TestFullTemporaryDirectory is for --tmp, where sessions go that do not fit into memory.
func TestFullTemporaryDirectory(t *testing.T) {
	in := manyCaptures(t, 2, 10)
	storm := filepath.Join(in, "storm.pcap") // 175,000 sessions: more than the least memory holds
	if _, err := traffic.WriteFile(storm, traffic.Config{Shape: "storm", Size: 64 << 20, Seed: 1}); err != nil {
		t.Fatal(err)
	}
	begun := filepath.Join(t.TempDir(), "begun")
	mustExit(t, exitDone, "convert", glob(t, in)[0], "-o", begun)
	start := dataDir(t, begun)
	text := mustExit(t, exitFailed, "convert", in, "-o", begun, "--tmp", tmpfs(t, 16), "--memory", "128MiB")
	if !strings.Contains(text, "no space left on device") || !strings.Contains(text, "--tmp") {
		t.Errorf("%s", text)
	}
	if left := dataDir(t, begun); !maps.Equal(left, start) {
		t.Error("the dataset is not as it was")
	}
}

// TestFullDiskBehind fills the disk behind the samples: split, export and card each fail with what they had as it was, to the byte.
// Alone that is status 1; behind a convert, 5. The dataset verifies, and with room the same command completes it.
func TestFullDiskBehind(t *testing.T) {
	in := manyCaptures(t, 12, 7)
	convert := []string{"convert", in, "-o", "DIR", "--drop", "none"}
	divide := []string{"--split", "70/10/20", "--split-by", "session"}
	for name, step := range map[string]struct {
		before []string // what was done already
		args   []string
		status int
	}{
		"first split":    {nil, append([]string{"split", "DIR"}, divide...), exitFailed},
		"another split":  {append([]string{"split", "DIR"}, divide...), []string{"split", "DIR", "--split", "50/50", "--split-by", "session", "--split-salt", "x"}, exitFailed},
		"split behind":   {nil, append(convert, divide...), exitBehind},
		"export":         {nil, []string{"export", "DIR", "--format", "npz"}, exitFailed},
		"export anew":    {[]string{"export", "DIR", "--format", "mnist"}, []string{"export", "DIR", "--format", "mnist", "--gzip"}, exitFailed},
		"export behind":  {nil, append(convert, "--format", "npz"), exitBehind},
		"exports behind": {nil, append(convert, "--format", "png,wds", "--card"), exitBehind},
		"card":           {nil, []string{"card", "DIR"}, exitFailed},
		"another card":   {[]string{"card", "DIR"}, []string{"card", "DIR", "--name", strings.Repeat("x", 9000)}, exitFailed},
		"card behind":    {nil, append(convert, "--card"), exitBehind},
	} {
		t.Run(name, func(t *testing.T) {
			disk := tmpfs(t, 8192)
			out := filepath.Join(disk, "out")
			in := func(args []string) []string {
				args = append([]string(nil), args...)
				for i := range args {
					args[i] = strings.ReplaceAll(args[i], "DIR", out)
				}
				return args
			}
			mustExit(t, exitDone, in(convert)...)
			if step.before != nil {
				mustExit(t, exitDone, in(step.before)...)
			}
			start, failed := treeText(t, out), 0
			more := full.Of(20, 12, 4) // KiB
			for room := 0; ; room += more {
				var s syscall.Statfs_t
				if err := syscall.Statfs(disk, &s); err != nil {
					t.Fatal(err)
				}
				resize(t, disk, int((s.Blocks-s.Bfree)*uint64(s.Bsize)/1024)+room, 0)
				text, err := exec.Command(program(), in(step.args)...).CombinedOutput()
				code := exitStatus(t, err)
				resize(t, disk, 8192, 0)
				if code == exitDone {
					break
				}
				failed++
				// With no room for the lock file nothing is begun at all.
				if code != step.status && (code != exitFailed || strings.Contains(string(text), "the samples are in")) || !strings.Contains(string(text), "no space left on device") {
					t.Fatalf("%d KiB: exit status %d, need %d\n%s", room, code, step.status, text)
				}
				left := treeText(t, out)
				if name == "exports behind" { // the first one may be done
					maps.DeleteFunc(left, func(name, _ string) bool { return strings.HasPrefix(name, "png/") || strings.HasPrefix(name, "wds/") })
				}
				sameData(t, fmt.Sprintf("%d KiB", room), left, start)
				mustExit(t, exitDone, "verify", out)
			}
			mustExit(t, exitDone, "verify", out)
			if maps.Equal(treeText(t, out), start) {
				t.Error("the step changed nothing")
			}
			if failed == 0 {
				t.Error("the disk was never full")
			}
			t.Logf("%d runs filled the disk", failed)
		})
	}
}
