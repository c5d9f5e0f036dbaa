package dataset

import "github.com/pcapmill/pcapmill/internal/fsys"

// SyncDir makes the names in a directory durable: a file that was created and synced
// may still vanish in a power cut as long as its directory was not. It is here for
// formats, which must call it when they create files. On systems other than Unix,
// which cannot sync a directory, it does nothing.
func SyncDir(dir string) error { return fsys.OS{}.SyncDir(dir) }
