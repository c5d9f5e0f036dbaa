// Package pages makes large memory that costs few page faults.
//
// A fault is a few hundred nanoseconds to some microseconds of the kernel's time, and memory
// of four kibibytes; a run that fills half a gibibyte has a hundred thousand of them. Worse is
// a page that is first read and then written: the read maps the page of zeros, the write
// takes that away again and interrupts all cores.
package pages

import "unsafe"

// length is the length of a page in bytes, or less.
const length = 4096

// Zeros makes n zeros of a type without pointers, whose pages are the program's own already.
// It is for tables that are looked at before they are written to, all over. Large ones take
// huge pages, where the system has them.
func Zeros[T any](n int) []T {
	s := make([]T, n)
	var zero T
	size := int(unsafe.Sizeof(zero))
	if n*size < 2*length { // nothing to gain
		return s
	}
	huge(unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(s))), n*size))
	for i := 0; i < n; i += max(length/size, 1) { // a write to each page
		s[i] = zero
	}
	return s
}

// Bytes makes n zeros that are written from front to back, in huge pages where the system has
// them: a fault every two mebibytes then. Pages that are never written to take no memory.
func Bytes(n int) []byte {
	b := make([]byte, n)
	huge(b)
	return b
}
