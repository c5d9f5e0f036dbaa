// Package unxz decompresses xz streams (The .xz File Format 1.2.1, tukaani.org), one behind
// the other with padding between them, and can share the blocks between several goroutines,
// which are the caller's. Of the filters it has LZMA2 alone, which is what xz writes unless it
// is told otherwise; of the checks all that are defined: none, CRC-32, CRC-64 and SHA-256.
//
// A chunk of LZMA2, at most 64 KiB that become at most 2 MiB, is decoded as a whole and then
// given away. The last chunk of a stream that is cut off is decoded as far as it goes.
//
// # Dividing a stream
//
// A block does not refer to what is in front of it. Where its header says how long it is, as
// xz -T writes it, the next one begins at a known place, and blocks are decoded by
// whoever is free, ahead of the reader. A block counts only if it decodes to the length that
// its header says, from as many bytes, with the right check. Where it does not, or takes too
// much memory, whoever reads decodes it in place: bytes, errors and their offsets are those of
// a Reader that does not divide.
package unxz

import "strconv"

// A CorruptError says that the data cannot be xz.
type CorruptError struct {
	Offset int64 // the byte of the input behind those that tell
	What   string
}

func (e *CorruptError) Error() string {
	return "xz data invalid: " + e.What + ", at byte " + strconv.FormatInt(e.Offset, 10)
}
