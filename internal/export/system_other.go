//go:build !linux

package export

// exchange cannot be done on this system.
func exchange(_, _ string) (done bool, err error) { return false, nil }

// syncFileSystem cannot be done on this system.
func syncFileSystem(string) (done bool, err error) { return false, nil }
