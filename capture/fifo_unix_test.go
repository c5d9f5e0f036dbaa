//go:build unix

package capture_test

import (
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/pcapmill/pcapmill/capture"
	"github.com/pcapmill/pcapmill/internal/testcap"
	"github.com/pcapmill/pcapmill/internal/twin"
)

// TestPipes reads what cannot be read twice: a named pipe and standard input.
func TestPipes(t *testing.T) {
	fifo := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Skipf("no named pipes here: %v", err)
	}
	var writer sync.WaitGroup
	writer.Go(func() {
		if err := os.WriteFile(fifo, testcap.Zstd(long()), 0o600); err != nil {
			t.Error(err)
		}
	})
	checkOpen(t, fifo)
	writer.Wait()

	in, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	stdin := os.Stdin
	os.Stdin = in
	defer func() { os.Stdin = stdin }()
	writer.Go(func() {
		if _, err := out.Write(long()); err != nil {
			t.Error(err)
		}
		_ = out.Close()
	})
	checkOpen(t, "-")
	writer.Wait()
	if err := in.Close(); err != nil {
		t.Errorf("the Reader closed standard input: %v", err)
	}
}

func checkOpen(t *testing.T, path string) {
	t.Helper()
	r, err := capture.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if d := differ(drain(t, r), twin.Packets(long())); d != "" {
		t.Errorf("%s: %s", path, d)
	}
}

const readsRegular = true

// TestWholeLeavesPipes: a named pipe is not waited for, and nothing is taken from it.
func TestWholeLeavesPipes(t *testing.T) {
	fifo := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Skipf("no named pipes here: %v", err)
	}
	var blk capture.Block
	if _, ok := (capture.Options{}).OpenWhole(fifo, &blk); ok {
		t.Error("a pipe without a writer was read")
	}
	f, err := os.OpenFile(fifo, os.O_RDWR, 0) // a writer that waits for nobody
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Write(long()[:100]); err != nil {
		t.Fatal(err)
	}
	if _, ok := (capture.Options{}).OpenWhole(fifo, &blk); ok {
		t.Error("a pipe was read")
	}
	if err := f.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	have := make([]byte, 200)
	if n, err := f.Read(have); n != 100 || err != nil {
		t.Errorf("%d bytes are left in the pipe, want 100: %v", n, err)
	}
}
