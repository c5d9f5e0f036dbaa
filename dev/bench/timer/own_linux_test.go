package main

import (
	"os"
	"runtime"
	"testing"
	"time"
)

// TestAnonymous: pages of files, on a disk or in memory, do not count.
func TestAnonymous(t *testing.T) {
	const status = "Name:\tcat\nVmHWM:\t  9000 kB\nVmRSS:\t  8000 kB\nRssAnon:\t  1234 kB\nRssFile:\t  6000 kB\nRssShmem:\t   766 kB\n"
	if n := anonymous([]byte(status)); n != 1234 {
		t.Errorf("%d KiB, want 1234", n)
	}
	if n := anonymous(nil); n != 0 {
		t.Errorf("%d KiB of nothing", n)
	}
}

// TestWatch: memory that is used for a while shows. The race detector adds to it.
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
	if grown := after - before; grown < 48<<10 {
		t.Errorf("64 MiB more took %d KiB more (%d, then %d)", grown, before, after)
	}
}

func own(t *testing.T, f func()) int64 {
	t.Helper()
	stop := watch(os.Getpid())
	f()
	return stop()
}
