// Package rows keeps sample_table.bin, the table of samples that stands beside the
// arrays: one [dataset.Row] a sample, in the order of the samples.
//
// # Format
//
// The file is nothing but records of [Len] = 96 bytes: no header, no footer, no
// count. Record i belongs to sample i, so a dataset of n samples has 96*n bytes. Where a
// session can have several units, or a sample is made by a form (see manifest.Settings.Wide),
// a record has [WideLen] = 112.
// All numbers are little-endian, every field is aligned to its size.
//
//	offset  bytes  field     meaning
//	0       8      session   uint64, place of the session in its capture, from 0; duplicates count
//	8       8      start     int64, first kept packet, nanoseconds since 1970-01-01 UTC
//	16      8      duration  int64, nanoseconds from there to the latest kept packet
//	24      16     packets   2 x uint64, kept packets: as the first one, and the other way
//	40      16     bytes     2 x uint64, their bytes from the IP header on, the same way
//	56      8      original  uint64, bytes of the session before it was cut or padded
//	64      16     digest    what dedup compared: of the sample, or of the whole session
//	80      8      host      keyed pseudonym of the first sender; zero without a key
//	88      4      capture   uint32, place of the capture in the manifest, from 0
//	92      1      proto     uint8, 6 TCP, 17 UDP, 0 not known
//	93      3                zero; in long records the first is the fit: 0 by original, 1 padded, 2 exact, 3 truncated
//	96      8      unit      long records: uint64, place of the unit in its session, from 0; duplicates count
//	104     8      counted   long records: uint64, what the form counts (bytes or packets) before a cut
//
// numpy reads it whole, or maps it, with
//
//	row = np.dtype([("session", "<u8"), ("start", "<i8"), ("duration", "<i8"),
//	                ("packets", "<u8", 2), ("bytes", "<u8", 2), ("original", "<u8"),
//	                ("digest", "V16"), ("host", "V8"), ("capture", "<u4"),
//	                ("proto", "u1"), ("", "V3")])
//	table = np.fromfile("sample_table.bin", row, count=samples)
//
// where samples is the manifest's number: a run that was killed may have left more.
//
// # Writing
//
// [Log] follows the rules of [dataset.Writer]: what is appended counts only after
// Commit, Prepare does the part of it that takes long, and opening cuts off what
// stands behind the committed records. Up to [Format].RewriteLimit a commit writes the
// file anew and renames it; beyond, records are appended in place. The bytes are
// the same either way.
//
// # Reading
//
// [Reader] reads the committed records one after the other. A later run takes from
// them what dedup must know, without the samples: see Row.Digest.
package rows
