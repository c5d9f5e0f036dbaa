// Package png writes a dataset as a folder of pictures, one file a sample, as
// torchvision's ImageFolder and the "imagefolder" of Hugging Face datasets read it.
//
// # Files
//
//	SIDE/CLASS/KEY.png        SIDE is train, validation or test; all, if the dataset is not split
//	__pcapmill/classes.json   label, name and folder of each class that has a sample
//
// KEY is [dataset.Entry.Key]: places of the sample, its capture and its session. A class
// with samples has its folder in every side, which may be empty: ImageFolder numbers the
// folders of a side in the order of their names, and a missing one would silently
// shift the numbers of the others between sides. It stops at an empty folder, unless it
// is told allow_empty=True. Its numbers are not the labels of the dataset; classes.json
// translates.
//
// # Folders
//
// The name of a class is the name of its folder, with %XX for each byte that some file
// system or terminal does not take: characters that do not print, bytes that are not UTF-8, any of
// / \ : * ? " < > | %, a dot or blank at the beginning or the end, the first letter of a
// device name of Windows (CON, NUL, COM1, ...); nothing at all becomes "%". Names above
// 200 bytes are cut and end in ~ and the label, and so do those that differ from the
// name of a lower label only in case. Labels without a class are "unknown". Names that
// differ only in how their accents are composed stay as they are; macOS takes them for
// one.
//
// # Pictures
//
// 8-bit grayscale, a pixel a byte, rows and columns of the sample, not interlaced, no
// ancillary chunks, filter 0 on every row (bytes of traffic are no slopes). Source:
// Portable Network Graphics (PNG) Specification, W3C 2003 / ISO 15948. The encoder is
// ours because the bytes must not change with the version of Go: image/png compresses
// with the standard library's compress/flate, whose output is that of its version. Here
// the compressor is a pinned library. Rows that it would not make shorter are stored, see gains.
package png
