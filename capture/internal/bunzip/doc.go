// Package bunzip decompresses bzip2 streams, one behind the other, and can share the
// blocks between several goroutines, which are the caller's. There is no document of the
// format; it is that of bzip2 1.0 (Julian Seward) as compress/bzip2 reads it: randomized
// blocks, which only versions before 0.9.5 wrote, are refused.
//
// A block is at most 900,000 bytes before the last step of the format, which expands runs
// of four bytes and more. It is entropy-coded, and the Burrows-Wheeler transform of its
// content: both are undone here as a whole, into memory. Runs are expanded and checksums
// compared as the caller reads, so that a block which expands a thousand times takes no
// more memory than another.
//
// # Dividing a stream
//
// A block begins with 48 bits, at any bit of a byte, and nothing says how long it is. So
// the input ahead is searched for these bits, and what stands between two such places is
// decoded by whoever is free. Nothing is believed that was guessed: the Reader goes from
// block to block, each of which ends at a bit that its own content tells, and takes what
// somebody has decoded only if that began at exactly this bit. Where the 48 bits occur by
// chance inside a block, the Reader decodes that block by itself. So bytes, errors and
// their offsets are those of a Reader that does not divide.
package bunzip

import "strconv"

// A CorruptError says that the data cannot be bzip2.
type CorruptError struct {
	Offset int64 // the byte of the input behind those that tell
	What   string
}

func (e *CorruptError) Error() string {
	return "bzip2 data invalid: " + e.What + ", at byte " + strconv.FormatInt(e.Offset, 10)
}
