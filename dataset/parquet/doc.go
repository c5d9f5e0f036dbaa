// Package parquet writes a finished dataset as Apache Parquet: the samples with their
// images and labels ([Images], formats "parquet" and "parquet-bytes"), and the table of
// samples without pixels ([Samples], format "table").
//
//	data/train-00000-of-00002.parquet   the samples of a side, in the order of the
//	data/train-00001-of-00002.parquet   dataset, at most ShardBytes of data a file
//	data/test-00000-of-00001.parquet    sides are train, validation, test; an
//	                                    undivided dataset is all train, as Hugging
//	                                    Face has it
//	_samples.parquet                    the table, all sides, in "parquet" and "parquet-bytes"
//	samples.parquet                     the same file in "table"
//
// Every file of data/ has image and the plain columns of dataset/table (index, label,
// class, split, capture): no cell of them is null, and none is a time, so that rows go into
// a torch DataLoader as they are. The table has all columns. Its name begins with a line in
// folders with images: pyarrow, pandas and Spark read such a folder as a whole and
// pass over it. All columns are optional (OPTIONAL in Parquet's words), with int as INT64,
// text as UTF-8 strings and time as TIMESTAMP with nanoseconds in UTC. image is
//
//	"parquet"        group of bytes (BYTE_ARRAY) and path (always null): a grey
//	                 PNG of rows x columns pixels. With the "huggingface" entry
//	                 of the file's metadata it is an Image feature for
//	                 datasets.load_dataset and a picture in the Hub's viewer.
//	"parquet-bytes"  FIXED_LEN_BYTE_ARRAY of rows*columns: the sample as it is,
//	                 for numpy.frombuffer, DuckDB, Polars; a BYTE_ARRAY where a
//	                 sample has more than the 32767 bytes that the library takes
//
// Samples of other types than unsigned bytes stand in the place of image, in "parquet": array,
// lists of lists of INT32 or FLOAT, a list a row, which Hugging Face's Array2D takes
// (cast_column); or text, a string.
//
// The PNG are not compressed themselves: ZSTD over a page of them compresses better and
// faster. In files with images label is a ClassLabel feature, and -1 stands for an
// unknown class, as that feature has it; in the table it stays what the label file says.
//
// # Bounds and determinism
//
// A row group holds at most 8 MiB of images and 65536 rows; it is what stands in memory.
// The name of the writer in the files (created_by) and everything else is fixed, so the
// bytes depend on the view alone. After closing a file, its footer is read back and must
// have every row, and as many bytes of images as went in: a Parquet writer that loses
// values silently has been seen (a []uint8 list column of parquet-go 0.32.0).
//
// Format: https://parquet.apache.org/docs/file-format/ ; features:
// https://huggingface.co/docs/datasets/about_dataset_features .
package parquet
