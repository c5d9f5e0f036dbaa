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
// A commit has two steps, so that what takes long is done before anything changes:
//
//  1. [Writer.Prepare] writes and syncs everything that was appended, under temporary
//     names where the format can, which begin with a dot. Whoever opens the dataset
//     by its names sees what was committed before: every count, index and footer that
//     a reader would go by is as it was. At most there is data behind them.
//  2. [Writer.Commit] makes it visible, by renames alone if the format can, else by
//     writing and syncing counts.
//  3. Then the caller publishes the manifest, which it prepared before Commit, in the
//     same directory. Its sync of the directory is the one that makes renames of
//     Commit durable too. [Writer.Close] does the same for a caller without manifest.
//
// So a reader that trusts a file's header never sees samples that are not there, a
// reader that trusts the manifest never sees a header that promises less, and a kill at
// any instant, or a power cut on a file system that keeps the order of renames in one
// directory, leaves a directory that opens at the last manifest. Samples that are
// visible before their manifest is are the only thing that a kill can leave to be cut
// off, and only between the steps 2 and 3, or, if the format cannot use temporary
// names, since Append. Cutting goes the other way round: first the counts, then the
// data.
//
// Temporary files that a kill leaves are removed by the next Open.
//
// # Determinism
//
// The bytes of the files depend on the samples and their order, and on nothing else:
// not on when was committed, how often the dataset was reopened, the clock, or the
// machine.
//
// # One writer
//
// A Writer is for one goroutine. Two processes must not write one directory; package store
// locks it. Readers need no lock.
package dataset
