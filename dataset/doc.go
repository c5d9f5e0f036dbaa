// Package dataset is the way of samples onto disk: what a sample is, and what every
// output format promises about the files it writes.
//
// A dataset is a directory that holds samples and their labels in one or more files.
// Sample i belongs to label i, always. A [Format] opens such a directory for
// appending; its [Writer] takes samples one after another and commits them. Formats
// live in folders of their own (idx is the first), are plain values that the program
// passes in, and must pass the suite in datasettest.
//
// # What is committed
//
// The number of samples that a dataset holds is written outside of it, in the
// manifest. That number is the truth; everything a format keeps is brought into line
// with it when it is opened:
//
//   - What lies behind the committed number, left by a run that was killed or whose
//     manifest was never written, is cut off, and [Writer.Cut] says how much.
//   - Fewer samples than committed, or samples of another shape, are refused with
//     a [*MismatchError]. Nothing is changed then.
//
// # Order of writing
//
// [Writer.Append] may write data behind the committed samples at any time, but must
// leave every count, index and footer alone that a reader would go by.
// [Writer.Commit] works in this order:
//
//  1. the data of all files is written and synced to disk,
//  2. then the counts of all files are written and synced to disk,
//  3. and after Commit returned, the caller writes the manifest.
//
// So a reader that trusts a file's header never sees samples that are not there, a
// reader that trusts the manifest never sees a header that promises less, and a kill
// or a power cut at any instant leaves a directory that opens at the last manifest.
// Cutting goes the other way round: first the counts, then the data.
//
// # Determinism
//
// The bytes of the files depend on the samples and their order, and on nothing else:
// not on when was committed, how often the dataset was reopened, the clock, or the
// machine.
//
// # One writer
//
// A Writer is for one goroutine. Two processes must not write one directory; [Lock]
// keeps the second one out. Readers need no lock.
package dataset
