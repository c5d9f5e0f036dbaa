// Package inflate decompresses DEFLATE streams (RFC 1951) and gzip members (RFC
// 1952), and can share the work on one member between several goroutines, which
// are the caller's. It imports nothing but the standard library.
//
//	z := inflate.NewGzipReader(file, inflate.Options{Workers: 2, Run: start})
//	defer z.Close()
//	_, err := io.Copy(dst, z)
//
// # Decoding
//
// A buffer of 64 bits holds what comes next. A table of the next 11 bits tells a
// literal, or two of them where both codes are whole in these bits, or a length
// or the end of the block; codes that are longer go through a second table. One
// refill of the buffer serves three lookups, or a match. (Methods: zlib's
// doc/algorithm.txt, libdeflate's deflate_decompress.c, igzip.) The fast loop
// runs while input and room are plentiful; at the ends, and where the stream is
// corrupt, a careful loop decodes one symbol after the other. It stops before what
// it cannot decode, so decoding can go on from any stop.
//
// # Dividing a member
//
// A DEFLATE block says neither where it begins nor what stands before it. So a
// chunk of the input is searched for a bit at which a block header may stand:
// not the last block, with codes of its own, all of them complete. From there on
// it is decoded. The window of 32 KiB before it is not known: its bytes are
// markers, 16-bit symbols that say which byte of the window they are, and matches
// copy markers like bytes. Behind 32 KiB without a marker bytes are enough.
// (Kerbiriou and Chikhi, Parallel decompression of gzip-compressed files and
// random access to DNA sequences, 2019; Knespel and Brunst, Rapidgzip, 2023.)
//
// A chunk does not guess longer than it must. Once the chunk before it has ended, and is
// itself known to be right, what stands before this one is known: it begins there, or, if
// it is at work already, makes bytes of its last 32 KiB and goes on without markers. With
// two workers so about half of the input is decoded to bytes at once.
//
// Nothing is believed that was guessed. The Reader is the front: where its own
// state has come to exactly the bit from which a chunk was decoded, and only
// then, it jumps to where the chunk stopped, and the markers are resolved. If a
// chunk began anywhere else, or found nothing, the front decodes that part by
// itself, until it meets the next one. A chunk that runs into damage, into its
// bound of memory or the end of its input just stops, and the front goes on from
// there, in the middle of a block if need be, and meets the damage itself. So
// bytes, errors and their offsets are those of a Reader that does not divide.
//
// Members end and begin within chunks, and a chunk may begin with a member, for
// which nothing needs to be guessed. A file of BGZF (SAM specification, 4.1) is
// divided at its members only.
//
// Each chunk has CRC-32 sums of its own, which are joined in order. The checksum
// and the length of each member are always compared.
//
// # What is not as in compress/gzip
//
// Zeros behind a member are padding, anything else there is ErrTrailing. Reserved
// flags are ErrHeader, as RFC 1952 wants. Of a cut stream the last few bytes may
// be missing; see nextBlock in the source.
//
// # Bounds
//
// A Reader that does not divide takes 170 KiB. One that does takes at most 24 MiB
// for each worker: chunks are of 2 MiB, less where the output is many times
// larger, and at most two more than there are workers. It reads ahead as far as
// that, and waits until a chunk is full: for a pipe that should be read as it
// comes, do not divide.
package inflate
