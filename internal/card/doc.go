// Package card writes what a stranger needs to know about a finished dataset, for people
// and for programs: a dataset card, Croissant metadata, and the digests of all files.
//
//	README.md       the card: Hugging Face front matter, then what the dataset is, its
//	                classes, splits, captures, settings, masking, limits, the checks that
//	                it passed, how to load it and how to make it again
//	croissant.json  the same for programs: Croissant 1.1 (JSON-LD), with the SHA-256 and
//	                the size of every file, and record sets where a format has columns
//	SHA256SUMS      one line a file, for sha256sum -c; the last file written
//
// [Readme], [Croissant] and [Sums] are functions of their [Input] and of nothing else: no
// clock, no machine, no path. [Collect] reads the files of a directory for them, and
// [Write] puts the three files there, each whole or not at all. Everything that they say
// is taken from the manifest and the files; what only a person knows (license, creator,
// date) comes in [About], and where it is missing the card says that it is to be filled
// in.
//
// The files are of the dataset if they are regular and neither they nor a folder above
// them begin with a dot. Of the three files only README.md and croissant.json are in
// SHA256SUMS, and none is in croissant.json. manifest.json is in SHA256SUMS but not in
// croissant.json, because it holds the seconds that the run took: so README.md and
// croissant.json are the same bytes wherever the dataset is made.
//
// A README.md that somebody has changed by hand, or that was not written here, is not
// replaced unless asked: its last line holds a digest of all lines before.
//
// Formats: https://huggingface.co/docs/hub/datasets-cards ,
// https://docs.mlcommons.org/croissant/docs/croissant-spec-1.1.html , sha256sum(1).
package card
