// Package idx reads and writes IDX, the format of the MNIST files, which holds one
// array of numbers of any number of dimensions.
//
// # Format
//
// All numbers are big-endian. Source: the description that LeCun, Cortes and Burges
// published with the MNIST files.
//
//	offset      bytes  meaning
//	0           2      zero
//	2           1      type of the elements, see [Type]
//	3           1      number of dimensions n, 1 to 255
//	4           4n     sizes of the dimensions, unsigned, the slowest first
//	4+4n        …      the elements, the last dimension running fastest
//
// The first dimension counts the items; an item is what the other dimensions span. So
// a file of 28x28 images has the header
//
//	00 00 08 03  00 00 ea 60  00 00 00 1c  00 00 00 1c
//
// (unsigned bytes, three dimensions, 60000 x 28 x 28) and 784 bytes an item; a file of
// labels has 00 00 08 01 00 00 ea 60 and one byte an item. The format has no unsigned
// type of two bytes: labels that go beyond 255 are 32-bit integers, 00 00 0c 01 and four
// bytes an item.
//
// # Reading
//
// [ReadHeader] reads any header; [Open] any file, item by item; [OpenImages] and
// [OpenLabels] those with images (unsigned bytes, three dimensions) and labels (one
// dimension, unsigned bytes or 32-bit integers within 0 to 65535). No number of a file is believed before it was
// compared with the size of the file: memory stays within what the file holds. What is
// wrong with a file is an [*Error], with the byte offset, that wraps [ErrTruncated],
// [ErrMalformed] or [ErrUnsupported]. Bytes behind the last item are no error, because
// a writer that was killed leaves some; [Reader.Tail] counts them.
//
// # Writing
//
// [Format] is the pair of files of a dataset: session_output.idx3 holds the images,
// label_output.idx1 the labels, and image i belongs to label i. It keeps the promises
// of package dataset. As long as the images have at most [Format].RewriteLimit bytes a
// commit writes both files anew and renames them, one right after the other: until then
// the files that readers see do not change by a byte. Larger ones are appended in
// place. [AppendImages] and [AppendLabels] append to single files.
//
// The first dimension has 32 bits, so a file holds at most 4294967295 items.
package idx
