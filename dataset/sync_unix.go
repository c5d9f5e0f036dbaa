//go:build unix

package dataset

import "os"

// SyncDir makes the names in a directory durable: a file that was created and synced
// may still vanish in a power cut as long as its directory was not. It is here for
// formats, which must call it when they create files. On systems other than Unix,
// which cannot sync a directory, it does nothing.
func SyncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
