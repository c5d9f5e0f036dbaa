package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/pcapmill/pcapmill/internal/storetest"
)

// small is a capture of two sessions.
func small() []byte {
	c := recipe{link: 1, sessions: 2, payload: 50, format: "pcap", seed: 1}
	return c.file()
}

// largeCapture is a plain capture of some 64 MiB: the packets of a small one again and again.
func largeCapture(t *testing.T) []byte {
	t.Helper()
	c := recipe{link: 1, sessions: 50, payload: 1000, format: "pcap", seed: 3}
	one := c.file()
	const header = 24
	return append(one[:header:header], bytes.Repeat(one[header:], 64<<20/len(one))...)
}

// stopWithin starts convert and stops the process (SIGSTOP) when it has read some, but not more than half, of the capture. It
// returns false if the process was faster.
func stopWithin(t *testing.T, capture string, args ...string) (cmd *exec.Cmd, output *bytes.Buffer, ok bool) {
	t.Helper()
	info, err := os.Stat(capture)
	if err != nil {
		t.Fatal(err)
	}
	output = &bytes.Buffer{}
	cmd = exec.Command(program(), args...)
	cmd.Stdout, cmd.Stderr = output, output
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for begun := time.Now(); time.Since(begun) < 10*time.Second; {
		if n := bytesRead(cmd.Process.Pid, capture); n > 4<<20 { // more than it takes to tell what the file is
			if err := cmd.Process.Signal(syscall.SIGSTOP); err != nil {
				break
			}
			n = bytesRead(cmd.Process.Pid, capture)
			return cmd, output, n > 0 && n <= info.Size()/2
		} else if n < 0 { // it has ended, and is nobody's child any more only when it was waited for
			return cmd, output, false
		}
	}
	return cmd, output, false
}

// bytesRead is how far a process has come in a capture: to where it has mapped it, or else how much it has read, of all files;
// 0 if it has not got the capture open, -1 if it has ended.
func bytesRead(pid int, path string) int64 {
	if state, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)); err != nil || bytes.Contains(state, []byte(") Z ")) {
		return -1
	}
	maps, _ := os.ReadFile(fmt.Sprintf("/proc/%d/maps", pid))
	mapped := int64(0)
	for line := range strings.Lines(string(maps)) {
		if f := strings.Fields(line); len(f) == 6 && f[5] == path {
			offset, _ := strconv.ParseInt(f[2], 16, 64)
			mapped = max(mapped, offset+16<<20)
		}
	}
	if mapped > 0 {
		return mapped
	}
	fds := fmt.Sprintf("/proc/%d/fd", pid)
	entries, err := os.ReadDir(fds)
	if err != nil {
		return 0
	}
	for _, e := range entries {
		if to, err := os.Readlink(filepath.Join(fds, e.Name())); err != nil || to != path {
			continue
		}
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/io", pid))
		if err != nil {
			return 0
		}
		first, _, _ := strings.Cut(strings.TrimPrefix(string(text), "rchar:"), "\n")
		n, err := strconv.ParseInt(strings.TrimSpace(first), 10, 64)
		if err != nil {
			return 0
		}
		return n
	}
	return 0
}

// TestCaptureChangesWhileRead cuts a capture, or makes it longer, while it is being read. Cut, it is a truncated capture: status 3,
// the offset, and what stood before is in. Longer, it is read to where it ends then. Emptied, it may be read anew, as the empty
// file that it is: status 3, named. Either way the dataset keeps every promise.
func TestCaptureChangesWhileRead(t *testing.T) {
	raw := largeCapture(t)
	for _, c := range []struct {
		name   string
		change func(f *os.File) error
		status int
	}{
		{"shrinks", func(f *os.File) error { return f.Truncate(int64(len(raw))*3/4 + 5) }, exitDamaged},
		{"grows", func(f *os.File) error { _, err := f.WriteAt(raw[24:24+len(raw)/4], int64(len(raw))); return err }, exitDamaged},
		{"is emptied", func(f *os.File) error { return f.Truncate(0) }, exitDamaged},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, dir, "a_email.pcap", small())
			path := filepath.Join(dir, "b_aim_chat.pcap")
			for try := range 20 {
				write(t, dir, filepath.Base(path), raw)
				out := filepath.Join(dir, fmt.Sprint("out", try))
				cmd, output, ok := stopWithin(t, path, "convert", filepath.Join(dir, "a_email.pcap"), path, "-o", out)
				if ok {
					f, err := os.OpenFile(path, os.O_RDWR, 0)
					if err != nil {
						t.Fatal(err)
					}
					if err := c.change(f); err != nil {
						t.Fatal(err)
					}
					f.Close()
				}
				_ = cmd.Process.Signal(syscall.SIGCONT)
				code := exitStatus(t, cmd.Wait())
				if !ok {
					continue
				}
				changed(t, c.name, out, code, output.String())
				return
			}
			t.Error("the process was always too fast")
		})
	}
}

// changed checks what became of a capture that changed while it was read.
func changed(t *testing.T, what, out string, code int, output string) {
	t.Helper()
	mustExit(t, exitDone, "verify", out)
	m, err := storetest.Load(out)
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Captures) == 1 && what == "is emptied" && code == exitDamaged && strings.Contains(output, "b_aim_chat.pcap: not a capture: it is empty") {
		return
	}
	if len(m.Captures) != 2 || m.Captures[0].Damage != nil || m.Captures[0].Samples != 2 {
		t.Fatalf("captures %+v\n%s", m.Captures, output)
	}
	d := m.Captures[1].Damage
	switch {
	case code == exitDone && d == nil && what == "grows": // the end came at the end of a packet
	case code != exitDamaged || d == nil || d.Kind != "truncated" || d.Offset == 0:
		t.Errorf("exit status %d, damage %+v\n%s", code, d, output)
	case !strings.Contains(output, "b_aim_chat.pcap") || !strings.Contains(output, fmt.Sprint(d.Offset)):
		t.Errorf("the damage is not told with its offset %d\n%s", d.Offset, output)
	}
	t.Logf("%s: %d packets, damage %+v", what, m.Captures[1].Packets, d)
}

// hugeCapture writes a capture of 8 GiB that takes 32 MiB on disk: packets of a megabyte each, of which all but the headers are a
// hole in the file.
func hugeCapture(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	const header, record, length = 24, 16, 1 << 20
	head := small()[:header+record+60] // of a packet as long as the file says
	binary.LittleEndian.PutUint32(head[header+8:], length)
	binary.LittleEndian.PutUint32(head[header+12:], length)
	if _, err := f.Write(head); err != nil {
		t.Fatal(err)
	}
	for i := int64(1); i < 8<<10; i++ {
		if _, err := f.WriteAt(head[header:], header+i*(record+length)); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Truncate(header + 8<<10*(record+length)); err != nil {
		t.Skipf("NOT TESTED: no sparse file of 8 GiB: %v", err)
	}
}

// TestInterruptInHugeCapture: the capture in hand, which would take long, is dropped; what was done before is in the dataset, and
// the lock is gone.
func TestInterruptInHugeCapture(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a_email.pcap", small())
	path := filepath.Join(dir, "b_aim_chat.pcap")
	hugeCapture(t, path)
	for try := range 20 {
		out := filepath.Join(dir, fmt.Sprint("out", try))
		cmd, output, ok := stopWithin(t, path, "convert", "--workers", "1", filepath.Join(dir, "a_email.pcap"), path, "-o", out)
		sent := time.Now()
		_ = cmd.Process.Signal(syscall.SIGINT)
		_ = cmd.Process.Signal(syscall.SIGCONT)
		code := exitStatus(t, cmd.Wait())
		if !ok {
			continue
		}
		t.Logf("ended %v after the signal", time.Since(sent).Round(time.Millisecond))
		if code != exitInterrupted {
			t.Fatalf("exit status %d, need %d\n%s", code, exitInterrupted, output)
		}
		mustExit(t, exitDone, "verify", out)
		m, err := storetest.Load(out)
		if err != nil || len(m.Captures) > 1 || m.Samples != 2*int64(len(m.Captures)) { // the small one was done, or not yet
			t.Fatalf("%v, captures %+v", err, m.Captures)
		}
		if left, err := filepath.Glob(filepath.Join(out, ".*")); err != nil || len(left) > 0 {
			t.Errorf("left: %v, %v", left, err)
		}
		return
	}
	t.Error("the process was always too fast")
}
