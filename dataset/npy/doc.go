// Package npy writes a dataset as numpy arrays: a folder of NPY files ([Format]), or
// one NPZ archive under the names that Keras uses ([Archive]). Both can be memory-mapped.
//
// # NPY
//
// Source: numpy.lib.format, version 1.0. All bytes of a file are those that numpy.save
// writes:
//
//	offset  bytes  meaning
//	0       6      93 'N' 'U' 'M' 'P' 'Y'
//	6       2      01 00, the version
//	8       2      length of what follows, little-endian
//	10      …      {'descr': '|u1', 'fortran_order': False, 'shape': (5, 28, 28), },
//	               spaces, and a line feed at the end of a multiple of 64 bytes
//	…       …      the elements, the last dimension running fastest
//
// The arrays of a dataset:
//
//	images   |u1, (count, rows, columns)
//	labels   |u1, (count,); <u2 if there are more than 255 classes
//	classes  <Un, (classes,): the names by label, n characters of UTF-32
//
// Unknown is label 255 (65535 with more than 255 classes); it is in no class.
//
// # Format: files
//
// A folder a side (train, validation, test; all, if the dataset is not split) with
// images.npy and labels.npy, and classes.npy beside the folders. numpy.load with
// mmap_mode="r" opens them without reading.
//
// # Archive: NPZ
//
// dataset.npz is a ZIP archive of NPY files: x_train, y_train, x_val, y_val, x_test,
// y_test for the sides that exist; x and y, if the dataset is not split; and classes.
// Members are stored, not compressed, and begin at multiples of 64 bytes (a ZIP extra
// field with the number d935, that zipalign uses, pads their local headers), so that
// the arrays can be mapped where they stand in the archive. Members and archives above
// 4 GiB are ZIP64. Times are zero.
package npy
