// Package export renders finished datasets in other file formats.
//
// The IDX pair, the log of rows and the manifest are the store of every dataset: what
// is appended to, and what a kill leaves whole. All other formats are rendered from it
// by a [dataset.Exporter], so none of them needs to be appended to: when the dataset has
// grown, an export is made anew.
//
// # Where
//
// [Render] writes a format into a folder of its name, such as DIR/npz. Whatever
// happens, the folder is either the old export or the new one: files are written into
// .npz.new beside it, read back for their digests, synced, and the two folders change
// places in one step (renameat2 with RENAME_EXCHANGE on Linux; elsewhere by two renames,
// with the old one called .npz.old in between). What a kill leaves is removed by the
// next Render. A folder that Render did not make, and one in which somebody has put other
// files, is refused and not touched.
//
// # From what
//
// Each folder holds [RecordName], which says of which dataset it is the rendering: its
// [Fingerprint], a digest of the manifest without the tool's version and without times,
// and of the split. An export whose fingerprint is not the dataset's is stale: [Find]
// says which are. [Verify] compares the files with their digests.
//
//	{
//	 "format": "pcapmill export",
//	 "version": 1,
//	 "tool": {"name": "pcapmill", "version": …},
//	 "name": "npz",
//	 "options": {…}                    as given on the command line
//	 "fingerprint": "5d41…",
//	 "samples": 211,
//	 "sides": [{"side": "all", "samples": 211}],
//	 "files": [{"name": "dataset.npz", "size": 166016, "sha256": "9f86…"}]
//	}
//
// An export is a function of the dataset, the options and the version of the tool.
package export
