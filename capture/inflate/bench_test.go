package inflate

import (
	"bytes"
	"io"
	"os"
	"runtime"
	"testing"
	"time"

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

// BenchmarkGunzip decodes with klauspost's decoder, with this one, and with this
// one and two workers, in turns, and reports how many times as fast as the first
// the others are: by the least time of all turns, and by the least CPU time,
// which holds on a busy machine, too.
func BenchmarkGunzip(b *testing.B) {
	for name, in := range benchInputs(b) {
		b.Run(name, func(b *testing.B) {
			buf := make([]byte, 256<<10)
			open := [3]func() (io.Reader, error){
				func() (io.Reader, error) { return gzip.NewReader(bytes.NewReader(in)) },
				func() (io.Reader, error) { return NewGzipReader(bytes.NewReader(in), Options{}), nil },
				func() (io.Reader, error) {
					return NewGzipReader(bytes.NewReader(in), Options{Workers: 2, Run: goes}), nil
				},
			}
			var wall, cpu [3]time.Duration
			for b.Loop() {
				for i := range open {
					runtime.GC()
					t, c := time.Now(), cpuTime()
					r, err := open[i]()
					if err != nil {
						b.Fatal(err)
					}
					n, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{r}, buf)
					if err != nil {
						b.Fatal(err)
					}
					took, used := time.Since(t), cpuTime()-c
					if b.SetBytes(n); wall[i] == 0 || took < wall[i] {
						wall[i] = took
					}
					if cpu[i] == 0 || used < cpu[i] {
						cpu[i] = used
					}
				}
			}
			for i, who := range []string{"", "one", "two"} {
				if i > 0 {
					b.ReportMetric(float64(wall[0])/float64(wall[i]), who+"-x-wall")
					b.ReportMetric(float64(cpu[0])/float64(cpu[i]), who+"-x-cpu")
				}
			}
		})
	}
}
