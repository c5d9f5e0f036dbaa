package pages

import "golang.org/x/sys/unix"

// hugeLength is the length in bytes of a huge page, or more.
const hugeLength = 2 << 20

// huge advises the system to take huge pages for b. Without them nothing changes. A slice of
// this length begins at a page.
func huge(b []byte) {
	if len(b) >= hugeLength {
		_ = unix.Madvise(b, unix.MADV_HUGEPAGE)
	}
}
