package pages_test

import (
	"syscall"
	"testing"

	"github.com/pcapmill/pcapmill/internal/pages"
)

// TestOwnPages: memory of Zeros has its pages before it is looked at, so that looking at it and
// writing to it is no page fault. It is too small for huge pages, whose faults are few anyway.
func TestOwnPages(t *testing.T) {
	const n, many = 1 << 20 / 8, 64
	var all [many][]uint64
	for i := range all {
		all[i] = pages.Zeros[uint64](n)
	}
	before := faults(t)
	sum := uint64(0)
	for _, s := range all {
		for i := 0; i < n; i += 512 {
			sum += s[i]
			s[i] = 1
		}
	}
	if have := faults(t) - before; have > many*n/512/8 {
		t.Errorf("%d page faults in %d pages", have, many*n/512)
	}
	if sum != 0 {
		t.Error("not zeros")
	}
}

func faults(t *testing.T) int64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return int64(u.Minflt) // of 32 bits on some systems
}
