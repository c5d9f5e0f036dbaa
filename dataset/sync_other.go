//go:build !unix

package dataset

// SyncDir makes the names in a directory durable, where the system can do that. This
// one cannot: it does nothing.
func SyncDir(string) error { return nil }
