package unxz

import (
	"bytes"
	"io"
	"os"
	"testing"

	"github.com/ulikunitz/xz"
)

// BenchmarkXZ reads the file of XZ_FILE with ulikunitz/xz, with this decoder, and with this one
// in two goroutines.
func BenchmarkXZ(b *testing.B) {
	raw, err := os.ReadFile(os.Getenv("XZ_FILE"))
	if err != nil {
		b.Skip("XZ_FILE names no file")
	}
	for name, open := range map[string]func() (io.Reader, error){
		"ulikunitz": func() (io.Reader, error) { return xz.NewReader(bytes.NewReader(raw)) },
		"serial":    func() (io.Reader, error) { return NewReader(bytes.NewReader(raw), Options{}), nil },
		"divided": func() (io.Reader, error) {
			return NewReader(bytes.NewReader(raw), Options{Workers: 2, Run: func(f func()) { go f() }}), nil
		},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				r, err := open()
				if err != nil {
					b.Fatal(err)
				}
				n, err := io.Copy(io.Discard, r)
				if err != nil {
					b.Fatal(err)
				}
				b.SetBytes(n)
			}
		})
	}
}
