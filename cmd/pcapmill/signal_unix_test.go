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
	cmd, stdout, stderr = command(t, dir, args...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, stdout, stderr
}

// command is what start starts.
func command(t *testing.T, dir string, args ...string) (cmd *exec.Cmd, stdout, stderr *bytes.Buffer) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	cmd = exec.CommandContext(ctx, "pcapmill", args...)
	stdout, stderr = &bytes.Buffer{}, &bytes.Buffer{}
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, stdout, stderr
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

// TestInterrupt stops a run that reads a stream nobody ends: a FIFO, or standard input. It must end by itself, soon. What was
// read of the stream is in a consistent dataset, it is marked, and nothing promises that the same command completes it.
func TestInterrupt(t *testing.T) {
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		for _, how := range []string{"fifo", "stdin", "resync"} {
			t.Run(sig.String()+" "+how, func(t *testing.T) {
				t.Parallel()
				dir := t.TempDir()
				first := recipe{link: 1, sessions: 2, payload: 50, format: "pcap", seed: 1}
				second := recipe{link: 1, sessions: 3, payload: 50, format: "pcap", seed: 2}
				write(t, dir, "email1.pcap", first.file())
				write(t, dir, "email2.pcap", second.file())
				fifo := filepath.Join(dir, "aim_chat1.pcap")
				if err := syscall.Mkfifo(fifo, 0o600); err != nil {
					t.Fatal(err)
				}
				path := map[string]string{"fifo": "aim_chat1.pcap", "stdin": "-", "resync": "aim_chat1.pcap"}[how]
				args := []string{"convert", "-j", "1", "email1.pcap", path, "email2.pcap", "-o", "data", "--stdin-name", "aim_chat1.pcap"}
				if how == "resync" {
					args = append(args, "--resync", "on")
				}
				cmd, stdout, stderr := command(t, dir, args...)
				if how == "stdin" {
					r, err := os.OpenFile(fifo, os.O_RDWR, 0) // a pipe whose other end stays open
					if err != nil {
						t.Fatal(err)
					}
					defer r.Close()
					cmd.Stdin = r
				}
				if err := cmd.Start(); err != nil {
					t.Fatal(err)
				}
				f, err := os.OpenFile(fifo, os.O_WRONLY, 0) // a FIFO: until pcapmill reads it
				if err != nil {
					t.Fatal(err)
				}
				defer f.Close()
				if _, err := f.Write(second.file()[:300]); err != nil {
					t.Fatal(err)
				}
				if how == "stdin" {
					waitForRead(t, f)
				}
				sent := time.Now()
				if err := cmd.Process.Signal(sig); err != nil {
					t.Fatal(err)
				}
				if code := exitStatus(t, cmd.Wait()); code != exitInterrupted {
					t.Fatalf("exit status %d, need %d\n%s%s", code, exitInterrupted, stdout, stderr)
				}
				t.Logf("ended %v after the signal", time.Since(sent).Round(time.Millisecond))
				for _, want := range []string{"aim_chat1.pcap: packet 3 at byte 264: interrupted: ", "interrupted: the dataset holds "} {
					if how == "stdin" {
						want = strings.Replace(want, "aim_chat1.pcap: packet", "-: packet", 1)
					}
					if !strings.Contains(stderr.String(), want) {
						t.Errorf("no %q in\n%s", want, stderr)
					}
				}
				if strings.Contains(stderr.String(), "the same command completes it") {
					t.Errorf("a promise that does not hold:\n%s", stderr)
				}
				text, err := os.ReadFile(filepath.Join(dir, "data", "manifest.json"))
				if err != nil || !strings.Contains(string(text), `"kind": "interrupted"`) ||
					!strings.Contains(stdout.String(), "data: 3 samples") && !strings.Contains(stdout.String(), "data: 6 samples") { // with the last or without
					t.Errorf("%v\n%s%s", err, stdout, text)
				}
				cmd, stdout, stderr = start(t, dir, "verify", "data")
				if code := exitStatus(t, cmd.Wait()); code != exitDone {
					t.Fatalf("verify: exit status %d\n%s%s", code, stdout, stderr)
				}
			})
		}
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
