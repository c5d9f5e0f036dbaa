// Package store is the one door to a dataset on disk.
//
// A dataset is a directory with these files:
//
//	manifest.json         what was done, and how many samples there are; see package manifest
//	session_output.idx3   the samples, in order
//	label_output.idx1     a label each
//	sample_table.bin      a row each
//	splits.json           their sides, if the dataset was divided; see package split
//
// Nothing else in this program opens them. [Open] reads a dataset, [Create] adds
// captures to one or makes it, [Divide] divides one into training, validation and test.
//
// # Reading
//
// [Open] reads the manifest, whose number of samples is the truth: data files may hold
// more, which an unfinished run left and nobody is shown. Samples, labels and rows are
// read in order or by index, [Dataset.Pick] finds some of each class, [Dataset.View] is
// the whole of it as exporters see it. Readers need no lock.
//
// # Writing
//
// One [Writer] at a time adds whole captures. What is appended counts only after Commit,
// which prepares everything under temporary names and then shows it by renames, the
// manifest last. Fail puts everything back as it was before Create. A kill at any
// instant leaves a dataset of whole captures; the next Create cuts off what is behind
// them. docs/design.md, "A commit", has the order of every step.
//
// The record of a split and the manifest that describes it become visible together:
// both are prepared, then the manifest is renamed, then the record. Between the two
// renames the record is found under its temporary name, by readers too, because the
// manifest holds its digest. If anything fails, both go back.
//
// # What a directory may hold
//
// A dataset may come from a stranger. Its files are opened only as regular files of the
// directory: a symbolic link, FIFO, device, socket or directory in the place of one is
// refused by name, never followed and never waited for. A data file with further names
// (hard links) is read, but not written, because a Writer appends in place. Text is read
// up to a bound ([MaxManifest] bytes of manifest.json; two bytes a sample and [MaxRecord]
// bytes of splits.json), and numbers in it size nothing before they were checked
// against the files.
package store
