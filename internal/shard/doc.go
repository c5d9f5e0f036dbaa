// Package shard carries out a plan on many machines: map reads chunks of captures, reduce
// merges the sessions of one part, merge makes the dataset. What a packet becomes is decided
// in packages mill, session and store, as when one process does all of it; here is only how
// sessions travel.
//
// # Frames
//
// What travels is a frame: the sessions that one chunk has for one part, or the report of
// the chunk. Numbers are big-endian.
//
//	part     4 bytes: 0 and up; 0xFFFFFFFF for a report
//	length   8 bytes: of all that follows
//	head     52 bytes, see below; its kind is S (sessions) or R (report)
//	content  sessions in the encoding of package session, in the order of their first packets,
//	         whose numbers count within the chunk; or the report as a line of JSON, a line for
//	         each capture if the chunk is a group
//	digest   16 bytes: XXH3-128 of head and content
//
// The sessions of a group stand capture by capture, those of each where they begin; the place
// of the capture in its group stands above the number in the group, see mill.NumberIn.
//
// A chunk has a frame for each part, if only an empty one, so that a missing frame is
// noticed. Map writes them in the order of the parts, the report last.
//
// # Files
//
// A map task leaves map-CHUNK: a head of kind M, the lengths of its frames (8 bytes each), a
// digest of both, and the frames. A reduce task leaves part-PART: a head of kind P; the
// sessions of each capture, in order; an index (capture 4 bytes, sessions 8, bytes 8, for
// each capture that has some); the length of the index, 8 bytes; a digest of all before it.
// The numbers of first packets carry the place of the chunk in its capture; those of a group
// are as they are, and its captures follow one another, group by group. The file reports, which a reduce of part 0xFFFFFFFF writes, has a head of
// kind L, the frames of all reports in the order of the chunks, and a digest.
//
// A head is
//
//	magic    8 bytes: pcapmill
//	kind     1 byte
//	version  1 byte: 1
//	zero     2 bytes
//	plan     32 bytes: its id
//	number   4 bytes: chunk, or part
//	other    4 bytes: of a frame its part, of map-CHUNK the number of parts, else 0
//
// Everything is the same bytes whoever makes it, in whatever order, however often. Files are
// put in place whole. Their digests find damage, not forgery: whoever can write to the
// directory of a job decides what comes out of it. They hold original addresses, as what is
// spilled does, and only their owner can read them.
package shard
