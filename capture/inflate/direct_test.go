package inflate

import (
	"bytes"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/pcapmill/pcapmill/internal/full"
)

// TestLargeReads: what is decoded straight into the caller's memory is what comes through the
// front's buffer, by small reads: bytes, offset of the input behind each read, and end. Inputs
// are sound, cut and damaged.
func TestLargeReads(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	all := inputs(t, full.Of(500_000, 1_200_000, 2_000_000))
	straight := 0
	for _, name := range slices.Sorted(maps.Keys(all)) {
		in := all[name]
		cut, bad := in[:rng.IntN(len(in))], bytes.Clone(in)
		bad[rng.IntN(len(in))] ^= 0x10
		for _, in := range [][]byte{in, cut, bad} {
			large, small := NewGzipReader(bytes.NewReader(in), Options{}), NewGzipReader(bytes.NewReader(in), Options{})
			got := make([]byte, 1<<20)
			for {
				p := got[:1+rng.IntN(len(got))]
				n, err := large.Read(p)
				if n > len(large.out) {
					straight++
				}
				want, wantErr := readOf(small, n, err != nil)
				if !bytes.Equal(p[:n], want) || large.InputOffset() != small.InputOffset() || endOf(err, 0) != endOf(wantErr, 0) {
					t.Fatalf("%s: a read of %d bytes gives %d up to offset %d and %v; small ones give %d up to offset %d and %v",
						name, len(p), n, large.InputOffset(), err, len(want), small.InputOffset(), wantErr)
				}
				if err != nil {
					break
				}
			}
		}
	}
	if straight == 0 {
		t.Error("nothing was decoded straight")
	}
}

// readOf reads n bytes in small pieces, and the error behind them if that is asked for.
func readOf(r io.Reader, n int, end bool) (b []byte, err error) {
	for len(b) < n && err == nil {
		p := make([]byte, min(1000, n-len(b)))
		var m int
		m, err = r.Read(p)
		b = append(b, p[:m]...)
	}
	if end && err == nil {
		var m int
		p := make([]byte, 1)
		m, err = r.Read(p)
		b = append(b, p[:m]...)
	}
	return b, err
}
