package inflate

import (
	"bytes"
	"io"
	"os"
	"runtime"
	"testing"

	"github.com/klauspost/compress/gzip"
)

// benchInputs are 64 MiB of content at gzip level 6. PCAPMILL_BENCH_GZIP names a
// gzip file to take instead.
func benchInputs(b *testing.B) map[string][]byte {
	if path := os.Getenv("PCAPMILL_BENCH_GZIP"); path != "" {
		in, err := os.ReadFile(path)
		if err != nil {
			b.Fatal(err)
		}
		return map[string][]byte{"file": in}
	}
	const n = 64 << 20
	return map[string][]byte{"real": gzStd(b, realLike(n, 1)), "mixed": gzStd(b, mixedLike(n, 1))}
}

// BenchmarkGunzip compares klauspost's decoder with this one, undivided and with
// two workers.
func BenchmarkGunzip(b *testing.B) {
	for name, in := range benchInputs(b) {
		for _, by := range []struct {
			name string
			open func() (io.Reader, error)
		}{
			{"klauspost", func() (io.Reader, error) { return gzip.NewReader(bytes.NewReader(in)) }},
			{"1", func() (io.Reader, error) { return NewGzipReader(bytes.NewReader(in), Options{}), nil }},
			{"2", func() (io.Reader, error) {
				return NewGzipReader(bytes.NewReader(in), Options{Workers: 2, Run: goes}), nil
			}},
		} {
			b.Run(name+"/"+by.name, func(b *testing.B) {
				buf := make([]byte, 256<<10)
				for b.Loop() {
					r, err := by.open()
					if err != nil {
						b.Fatal(err)
					}
					n, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{r}, buf)
					if err != nil {
						b.Fatal(err)
					}
					b.SetBytes(n)
				}
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				b.ReportMetric(float64(m.Sys)/(1<<20), "MiB-sys")
			})
		}
	}
}
