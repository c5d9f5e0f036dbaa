//go:build !unix

package capture

// readRegular reads nothing here: a File does.
func readRegular(string, []byte) (n int, ok bool) { return 0, false }
