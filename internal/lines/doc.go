// Package lines keeps the samples of a dataset of text: session_output.txt has one line of
// UTF-8 text a sample, each with an LF behind it and no header, and session_index.bin says
// where each line ends. label_output.idx1 is that of any dataset.
//
//	session_index.bin   8 bytes a sample, little-endian: the offset behind the LF of its line
//
// numpy reads the index whole, or maps it, with
//
//	ends = np.fromfile("session_index.bin", "<u8", count=samples)
//
// where samples is the manifest's number: a run that was killed may have left more. Line i
// begins at ends[i-1], and at 0 if i is 0.
//
// [Format] follows the rules of package dataset, and [Reader] reads lines in order or by
// their number.
package lines
