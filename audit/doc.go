// Package audit asks whether a dataset is solved by something that a model should not use:
// one byte, the length, a shallow tree, rows that stand on both sides. It reads datasets of
// ours and IDX files of others. docs/audit.md says what it asks and how to read it.
//
// # The way of an audit
//
//  1. Open reads labels, sides and the table of samples: some bytes a row, in memory.
//  2. evaluate.go divides the labelled rows into training and test, or into five folds.
//  3. survey.go goes over the rows once: digests, lengths, magic numbers. layout.go says how
//     the samples are built.
//  4. walk.go gives every byte of a sample its header field; fields.go adds the fields up by
//     position and class.
//  5. count.go counts the values of each position by class; score.go and ami.go turn counts
//     into scores.
//  6. tree.go, knn.go and length.go learn on training and predict test; permute.go learns
//     from labels that mean nothing, to check the audit itself.
//  7. find*.go compares the scores with the thresholds and names a remedy.
//
// # Memory
//
// Samples are read in passes over the files, a block at a time, and kept only where they all
// fit into 128 MiB. Besides, a row takes some 50 bytes, the counts of a block of positions at
// most 128 MiB, and the training rows of a tree at most 200,000 samples.
//
// # The same bytes
//
// The report is a function of the dataset and of the evaluation: not of the number of workers
// and not of the machine. Counts are whole numbers, sums are taken in a fixed order, ties are
// decided by place, numbers are rounded to 6 digits and compared with thresholds after that.
package audit
