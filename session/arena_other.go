//go:build !linux

package session

// large makes n bytes of zeros.
func large(n int) []byte { return make([]byte, n) }
