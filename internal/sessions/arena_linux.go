package sessions

import "golang.org/x/sys/unix"

// large makes n bytes of zeros, in huge pages if the system has them: a large
// table then takes a page fault every two mebibytes instead of every four
// kibibytes. It is advice; without it nothing changes.
func large(n int) []byte {
	b := make([]byte, n)
	_ = unix.Madvise(b, unix.MADV_HUGEPAGE) // a slice of this size begins at a page
	return b
}
