//go:build !linux

package fsys

// exchange cannot be done on this system.
func exchange(_, _ string) (done bool, err error) { return false, nil }

// syncAll cannot be done on this system.
func syncAll(string) (done bool, err error) { return false, nil }
