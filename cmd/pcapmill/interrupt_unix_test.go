//go:build unix

package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/pcapmill/pcapmill/internal/testcap"
)

// TestNothingSurvivesAnInterrupt: whatever file a command reads, Ctrl-C ends it with 130 even if that file is a FIFO that nobody
// writes to. The test fails by its time limit of a minute, or by another status.
func TestNothingSurvivesAnInterrupt(t *testing.T) {
	for name, args := range map[string][]string{
		"config":   {"convert", "a.pcap", "-o", "out", "--config", "fifo"},
		"labels":   {"convert", "a.pcap", "-o", "out", "--labels", "fifo"},
		"key":      {"convert", "a.pcap", "-o", "out", "--ip", "anonymize", "--key-file", "fifo"},
		"table":    {"convert", "a.pcap", "-o", "out", "--label-from", "table", "--table-preset", "cicids2017", "--table-timezone", "UTC", "--table", "fifo"},
		"capture":  {"inspect", "fifo"},
		"settings": {"labels", "a.pcap", "--config", "fifo"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			write(t, dir, "a.pcap", testcap.Pcap{LinkType: 1}.File(testcap.Packet{Data: bytes.Repeat([]byte{1}, 60)}))
			if err := syscall.Mkfifo(filepath.Join(dir, "fifo"), 0o600); err != nil {
				t.Fatal(err)
			}
			cmd, stdout, stderr := start(t, dir, args...)
			time.Sleep(300 * time.Millisecond) // until it reads; before that it ends as well
			if err := cmd.Process.Signal(os.Interrupt); err != nil {
				t.Fatal(err)
			}
			if code := exitStatus(t, cmd.Wait()); code != exitInterrupted && !(code == -1 && strings.TrimSpace(stderr.String()) == "") {
				t.Errorf("exit status %d, need %d\n%s%s", code, exitInterrupted, stdout, stderr)
			}
			if _, err := os.Stat(filepath.Join(dir, "out", "manifest.json")); err == nil {
				t.Error("there is a dataset")
			}
		})
	}
}

// TestWatchdogWaits for what is held, and not for what hangs.
func TestWatchdogWaits(t *testing.T) {
	w := &watchdog{}
	if w.wait(time.Millisecond, time.Microsecond) {
		t.Error("what hangs is waited for")
	}
	ctx := context.WithValue(t.Context(), watchdogKey{}, w)
	release, waited := hold(ctx), make(chan bool)
	go func() { waited <- w.wait(time.Millisecond, time.Microsecond) }()
	select {
	case <-waited:
		t.Error("what is held was cut short")
	case <-time.After(50 * time.Millisecond):
	}
	w.ended.Store(true)
	release()
	if !<-waited {
		t.Error("what has ended was cut short")
	}
}
