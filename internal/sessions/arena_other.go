//go:build !linux

package sessions

// large makes n bytes of zeros.
func large(n int) []byte { return make([]byte, n) }
