//go:build unix

package mill_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/pcapmill/pcapmill/mill"
	"github.com/pcapmill/pcapmill/verify"
)

// TestFIFO: named as an argument it is a stream, not looked at before the run; found in a directory it is skipped.
func TestFIFO(t *testing.T) {
	dir := t.TempDir()
	fifo := filepath.Join(dir, "email.pcap")
	if err := syscall.Mkfifo(fifo, 0o666); err != nil {
		t.Skip(err)
	}
	lay(t, dir, map[string][]byte{"chat.pcap": tiny(1)})
	p, err := mill.Prepare([]string{dir, fifo}, filepath.Join(t.TempDir(), "out"), mill.Default())
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Captures) != 2 || !p.Captures[1].Stream || len(p.Skipped) != 1 || p.Skipped[0].Reason != "special-file" {
		t.Fatalf("captures %+v, skipped %+v", p.Captures, p.Skipped)
	}
	written := make(chan error)
	go func() { written <- os.WriteFile(fifo, tiny(2), 0) }()
	r := run(t, p)
	if err := <-written; err != nil {
		t.Fatal(err)
	}
	if c := r.Outcomes[1].Capture; c.Samples != 1 || c.Size != int64(len(tiny(2))) || r.Manifest.Samples != 2 {
		t.Errorf("from the FIFO: %+v", c)
	}
	if _, err := verify.Verify(p.Out); err != nil {
		t.Error(err)
	}
}
