//go:build unix

package userfile_test

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/pcapmill/pcapmill/internal/userfile"
)

// TestEndless reads a device that never ends: an error, and no more memory than the bound.
func TestEndless(t *testing.T) {
	path := filepath.Join(t.TempDir(), "zeros")
	if err := os.Symlink("/dev/zero", path); err != nil {
		t.Fatal(err)
	}
	var size *userfile.SizeError
	if _, err := userfile.Read(t.Context(), path, 1<<16); !errors.As(err, &size) || size.Most != 1<<16 {
		t.Errorf("%v", err)
	}
}

func TestSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if _, err := userfile.Open(t.Context(), path); err == nil || !strings.Contains(err.Error(), "is a socket") {
		t.Errorf("%v", err)
	}
}

// TestFIFO reads one to its end, and is interrupted where nobody opens its other end, and where
// somebody opens it and writes nothing.
func TestFIFO(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	written := make(chan error, 1)
	go func() { written <- os.WriteFile(path, []byte("from a pipe"), 0) }()
	if text, err := userfile.Read(t.Context(), path, 100); err != nil || string(text) != "from a pipe" {
		t.Errorf("%q, %v", text, err)
	}
	if err := <-written; err != nil {
		t.Error(err)
	}

	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		_, err := userfile.Read(ctx, path, 100)
		ended <- err
	}()
	cancel() // before, while or after it waits: it ends in each
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("nobody at the other end: %v", err)
	}

	ctx, cancel = context.WithCancel(t.Context())
	defer cancel()
	opened := make(chan *userfile.File, 1)
	go func() {
		f, err := userfile.Open(ctx, path)
		if err != nil {
			t.Error(err)
		}
		opened <- f
	}()
	w, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	f := <-opened
	defer f.Close()
	go func() {
		_, err := io.ReadAll(f)
		ended <- err
	}()
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("a silent writer: %v", err)
	}
}
