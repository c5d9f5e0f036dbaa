//go:build unix

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/pcapmill/pcapmill/store"
)

// TestTwoRunsAtOnce: while one run holds the directory a second one is refused, at once, with the holder's process, host and
// time, and changes nothing. When the first is killed its lock file stays and blocks nobody.
func TestTwoRunsAtOnce(t *testing.T) {
	dir := t.TempDir()
	one := recipe{link: 1, sessions: 2, payload: 50, format: "pcap", seed: 1}
	two := recipe{link: 1, sessions: 3, payload: 50, format: "pcap", seed: 2}
	write(t, dir, "email1.pcap", one.file())
	write(t, dir, "aim_chat1.pcap", two.file())
	fifo, out := filepath.Join(dir, "email2.pcap"), filepath.Join(dir, "data")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd, _, _ := start(t, dir, "convert", "-j", "1", "email1.pcap", "email2.pcap", "-o", "data")
	f, err := os.OpenFile(fifo, os.O_WRONLY, 0) // until it is read: the first capture is done
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	before := dataDir(t, out)
	lock := before[store.LockName]
	for range 3 {
		text := mustExit(t, exitFailed, "convert", filepath.Join(dir, "aim_chat1.pcap"), "-o", out)
		host, err := os.Hostname()
		if err != nil {
			t.Fatal(err)
		}
		for _, need := range []string{out, fmt.Sprintf("process %d on %s since %d-", cmd.Process.Pid, host, time.Now().UTC().Year()), "hint: wait for it"} {
			if !strings.Contains(text, need) {
				t.Errorf("the message does not say %q:\n%s", need, text)
			}
		}
	}
	sameData(t, "refused", dataDir(t, out), before)
	mustExit(t, exitDone, "verify", out) // reading is for everyone

	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed
	if left := dataDir(t, out)[store.LockName]; left != lock || lock == "" {
		t.Fatalf("the lock file of the killed run: %q, was %q", left, lock)
	}
	mustExit(t, exitDone, "convert", filepath.Join(dir, "email1.pcap"), filepath.Join(dir, "aim_chat1.pcap"), "-o", out)
	whole := filepath.Join(dir, "whole")
	mustExit(t, exitDone, "convert", filepath.Join(dir, "email1.pcap"), filepath.Join(dir, "aim_chat1.pcap"), "-o", whole)
	sameData(t, "after the kill", dataDir(t, out), dataDir(t, whole))
}
