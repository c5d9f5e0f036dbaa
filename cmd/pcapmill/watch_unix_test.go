//go:build unix

package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/pcapmill/pcapmill/internal/testcap"
)

// watcher is a process that watches.
type watcher struct {
	t   *testing.T
	cmd *exec.Cmd
	out *bufio.Scanner

	skipped  []string // base names
	problems int
}

// next reads an event.
func (w *watcher) next() (e struct{ Event, Name, Path string }, ok bool) {
	w.t.Helper()
	if !w.out.Scan() {
		return e, false
	}
	if err := json.Unmarshal(w.out.Bytes(), &e); err != nil {
		w.t.Fatalf("%s: %v", w.out.Text(), err)
	}
	switch e.Event {
	case "skipped":
		w.skipped = append(w.skipped, filepath.Base(e.Path))
	case "problem":
		w.problems++
	}
	return e, true
}

func startWatch(t *testing.T, dir, out string, more ...string) *watcher {
	t.Helper()
	cmd := exec.Command(program(), append([]string{"convert", "--watch", dir, "--settle", "200ms", "-o", out, "--json"}, more...)...)
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	w := &watcher{t: t, cmd: cmd, out: bufio.NewScanner(pipe)}
	w.out.Buffer(nil, 1<<20)
	return w
}

// await reads events until n captures were in the dataset, and returns their names.
func (w *watcher) await(n int) (names []string) {
	w.t.Helper()
	for {
		e, ok := w.next()
		if !ok {
			break
		}
		if e.Event == "capture" {
			names = append(names, e.Name)
		}
		if e.Event == "done" && len(names) >= n {
			return names
		}
	}
	w.t.Fatalf("the output ended with %d captures of %d: %v", len(names), n, w.out.Err())
	return nil
}

// stop interrupts the process and checks how it ends.
func (w *watcher) stop(s syscall.Signal, code int) {
	w.t.Helper()
	if err := w.cmd.Process.Signal(s); err != nil {
		w.t.Fatal(err)
	}
	for ok := true; ok; {
		_, ok = w.next()
	}
	_ = w.cmd.Wait()
	if got := w.cmd.ProcessState.ExitCode(); got != code {
		w.t.Errorf("after %v: status %d, want %d", s, got, code)
	}
}

// TestWatch: captures are taken as a writer that rotates finishes them, each once, also when
// the watcher is interrupted or killed; what comes of it is what convert makes.
func TestWatch(t *testing.T) {
	dir, out := t.TempDir(), filepath.Join(t.TempDir(), "out")
	r := rand.New(rand.NewPCG(9, 9))
	aside := t.TempDir()
	rotate := func(i int) { // at once: a test must not depend on how long a writer pauses
		t.Helper()
		raw, _ := testcap.Random(r, testcap.Options{Sessions: 8, Clean: true}).Capture(r)
		write(t, aside, "next", raw)
		if err := os.Rename(filepath.Join(aside, "next"), filepath.Join(dir, fmt.Sprintf("aim_chat_%02d.pcap", i))); err != nil {
			t.Fatal(err)
		}
	}
	rotate(0)
	w := startWatch(t, dir, out)
	w.await(1)
	rotate(1)
	rotate(2)
	w.await(2)
	w.stop(syscall.SIGTERM, exitDone)
	rotate(3)
	w = startWatch(t, dir, out)
	w.await(4) // three of them are there already
	rotate(4)
	w.await(1)
	w.stop(syscall.SIGKILL, -1)
	rotate(5)
	w = startWatch(t, dir, out)
	w.await(6)
	w.stop(syscall.SIGINT, exitDone)
	mustExit(t, exitDone, "verify", out)
	whole := filepath.Join(t.TempDir(), "whole")
	mustExit(t, exitDone, "convert", dir, "-o", whole)
	want, have := treeText(t, whole), treeText(t, out)
	for name := range maps.Keys(want) {
		if name != "manifest.json" && have[name] != want[name] {
			t.Errorf("%s is not what convert makes", name)
		}
	}
}

// TestWatchWhatIsNoFile: a link to a capture is taken, as convert does; what is no file is
// named once and never opened; a link that leads nowhere may lead somewhere later.
func TestWatchWhatIsNoFile(t *testing.T) {
	dir, aside, out := t.TempDir(), t.TempDir(), filepath.Join(t.TempDir(), "out")
	r := rand.New(rand.NewPCG(3, 3))
	put := func(name string) {
		t.Helper()
		raw, _ := testcap.Random(r, testcap.Options{Sessions: 4, Clean: true}).Capture(r)
		write(t, aside, "next", raw)
		if err := os.Rename(filepath.Join(aside, "next"), filepath.Join(aside, name)); err != nil {
			t.Fatal(err)
		}
	}
	put("linked.pcap")
	if err := errors.Join(
		os.Symlink(filepath.Join(aside, "linked.pcap"), filepath.Join(dir, "aim_chat_1.pcap")),
		os.Symlink(filepath.Join(aside, "later.pcap"), filepath.Join(dir, "aim_chat_2.pcap")),
		os.Symlink(aside, filepath.Join(dir, "directory")),
		syscall.Mkfifo(filepath.Join(dir, "fifo"), 0o600),
	); err != nil {
		t.Fatal(err)
	}
	w := startWatch(t, dir, out)
	if names := w.await(1); !slices.Equal(names, []string{"aim_chat_1.pcap"}) {
		t.Errorf("took %q", names)
	}
	put("later.pcap")
	if names := w.await(1); !slices.Equal(names, []string{"aim_chat_2.pcap"}) {
		t.Errorf("took %q behind the first", names)
	}
	// A capture that became a FIFO is not opened.
	if err := errors.Join(os.Remove(filepath.Join(dir, "aim_chat_1.pcap")), syscall.Mkfifo(filepath.Join(dir, "aim_chat_1.pcap"), 0o600)); err != nil {
		t.Fatal(err)
	}
	for ok := true; ok && !slices.Contains(w.skipped, "aim_chat_1.pcap"); {
		_, ok = w.next()
	}
	put("aim_chat_3.pcap")
	if err := os.Rename(filepath.Join(aside, "aim_chat_3.pcap"), filepath.Join(dir, "aim_chat_3.pcap")); err != nil {
		t.Fatal(err)
	}
	w.await(1)
	w.stop(syscall.SIGTERM, exitDamaged) // the link that led nowhere was named
	slices.Sort(w.skipped)
	if got := strings.Join(w.skipped, " "); got != "aim_chat_1.pcap directory fifo" {
		t.Errorf("skipped %q", got)
	}
	if w.problems != 1 {
		t.Errorf("%d problems, need the one link that led nowhere", w.problems)
	}
}
