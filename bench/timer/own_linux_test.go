package main

import (
	"os"
	"runtime"
	"testing"
	"time"
)

// TestWatch: memory that is used and given back in between shows, and only once
// it is written to.
func TestWatch(t *testing.T) {
	before := own(t, func() { time.Sleep(4 * every) })
	after := own(t, func() {
		b := make([]byte, 64<<20)
		for i := range b {
			b[i] = 1
		}
		time.Sleep(4 * every)
		runtime.KeepAlive(b)
	})
	if grown := after - before; grown < 48<<10 || grown > 128<<10 {
		t.Errorf("64 MiB more took %d KiB more (%d, then %d)", grown, before, after)
	}
}

func own(t *testing.T, f func()) int64 {
	t.Helper()
	stop := watch(os.Getpid())
	f()
	return stop()
}
