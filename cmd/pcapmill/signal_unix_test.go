//go:build unix

package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// start starts pcapmill as a process of its own, in dir, and kills it if the
// test takes a minute.
func start(t *testing.T, dir string, args ...string) (cmd *exec.Cmd, stdout, stderr *bytes.Buffer) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	cmd = exec.CommandContext(ctx, "pcapmill", args...)
	stdout, stderr = &bytes.Buffer{}, &bytes.Buffer{}
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, stdout, stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, stdout, stderr
}

// status is the exit status of a process that has been waited for.
func exitStatus(t *testing.T, err error) int {
	t.Helper()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if exit != nil {
		return exit.ExitCode()
	}
	return 0
}

func write(t *testing.T, dir, name string, text []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), text, 0o666); err != nil {
		t.Fatal(err)
	}
}

// TestInterrupt stops a run that hangs on a FIFO nobody ends. It must end by
// itself, soon, with what it had in a consistent dataset, and the same command
// must complete it.
func TestInterrupt(t *testing.T) {
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		t.Run(sig.String(), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			first := recipe{link: 1, sessions: 2, payload: 50, format: "pcap", seed: 1}
			second := recipe{link: 1, sessions: 3, payload: 50, format: "pcap", seed: 2}
			write(t, dir, "email1.pcap", first.file())
			fifo := filepath.Join(dir, "aim_chat1.pcap")
			if err := syscall.Mkfifo(fifo, 0o600); err != nil {
				t.Fatal(err)
			}
			convert := []string{"convert", "-j", "1", "email1.pcap", "aim_chat1.pcap", "-o", "data"}
			cmd, stdout, stderr := start(t, dir, convert...)
			f, err := os.OpenFile(fifo, os.O_WRONLY, 0) // until pcapmill reads it: the first capture is done
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			if _, err := f.Write(second.file()[:300]); err != nil {
				t.Fatal(err)
			}
			sent := time.Now()
			if err := cmd.Process.Signal(sig); err != nil {
				t.Fatal(err)
			}
			if code := exitStatus(t, cmd.Wait()); code != exitInterrupted {
				t.Fatalf("exit status %d, need %d\n%s%s", code, exitInterrupted, stdout, stderr)
			}
			t.Logf("ended %v after the signal", time.Since(sent).Round(time.Millisecond))
			if !strings.Contains(stderr.String(), "interrupted: ") || !strings.Contains(stdout.String(), "data: 2 samples") {
				t.Errorf("%s%s", stdout, stderr)
			}
			completes(t, dir, second.file(), convert)
		})
	}
}

// completes checks that the dataset is whole, and that the same command brings
// in the capture that was interrupted.
func completes(t *testing.T, dir string, second []byte, convert []string) {
	t.Helper()
	cmd, stdout, stderr := start(t, dir, "verify", "data")
	if code := exitStatus(t, cmd.Wait()); code != exitDone {
		t.Fatalf("verify: exit status %d\n%s%s", code, stdout, stderr)
	}
	if err := os.Remove(filepath.Join(dir, "aim_chat1.pcap")); err != nil {
		t.Fatal(err)
	}
	write(t, dir, "aim_chat1.pcap", second)
	cmd, stdout, stderr = start(t, dir, convert...)
	if code := exitStatus(t, cmd.Wait()); code != exitDone || !strings.Contains(stdout.String(), "data: 5 samples") {
		t.Fatalf("the same again: exit status %d\n%s%s", code, stdout, stderr)
	}
}

// TestInterruptInJSON ends with an event that says so.
func TestInterruptInJSON(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := syscall.Mkfifo(filepath.Join(dir, "email1.pcap"), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd, stdout, stderr := start(t, dir, "convert", "--json", "email1.pcap", "-o", "data")
	f, err := os.OpenFile(filepath.Join(dir, "email1.pcap"), os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if code := exitStatus(t, cmd.Wait()); code != exitInterrupted {
		t.Fatalf("exit status %d, need %d\n%s%s", code, exitInterrupted, stdout, stderr)
	}
	lines := strings.Split(strings.TrimSpace(stdout.String()), "\n")
	if last := lines[len(lines)-1]; !strings.Contains(last, `"event":"done"`) || !strings.Contains(last, `"interrupted":true`) || !strings.Contains(last, `"status":130`) {
		t.Errorf("the last event is %s", last)
	}
}
