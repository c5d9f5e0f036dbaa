package main

import (
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// waitForRead waits until the bytes in a pipe have been read.
func waitForRead(t *testing.T, f *os.File) {
	t.Helper()
	for {
		n, err := unix.IoctlGetInt(int(f.Fd()), unix.TIOCINQ)
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			return
		}
		time.Sleep(time.Millisecond)
	}
}
