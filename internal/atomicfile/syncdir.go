package atomicfile

// SyncDir syncs a directory, so that a file that was made in it survives a power
// cut. Where directories cannot be synced it does nothing.
func SyncDir(dir string) error { return syncDir(dir) }
