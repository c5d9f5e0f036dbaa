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

// dividedRaw is divided for a raw stream.
func dividedRaw(in []byte, chunk int, o Options) *Reader {
	z := NewReader(bytes.NewReader(in))
	z.Divide(o)
	z.length, z.least, z.most, z.over = chunk, chunk, chunk, chunk+100
	return z
}

// TestDividedRaw: a raw stream that is divided is what one goroutine decodes: bytes, end, and
// the offset of the input behind each read. Streams are sound, cut, damaged, or have something
// behind them.
func TestDividedRaw(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	all := map[string][]byte{}
	for name, content := range contents(full.Of(300_000, 700_000, 1_500_000)) {
		all[name] = deflate(t, content, compressors(t)["std6"], 0)
		all[name+", flushed"] = deflate(t, content, compressors(t)["std6"], 30_000)
	}
	behind := gz(t, realLike(200_000, 5), 6)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		in := all[name]
		bad := bytes.Clone(in)
		bad[rng.IntN(len(in))] ^= 0x10
		for what, in := range map[string][]byte{
			"sound": in, "cut": in[:rng.IntN(len(in))], "damaged": bad, "behind it gzip": slices.Concat(in, behind), "behind it the same": slices.Concat(in, in),
		} {
			for with, executor := range executors {
				run, end := executor()
				chunk := 1000 + rng.IntN(50_000)
				if len(in) > 1<<19 {
					chunk = 50_000
				}
				one, many := NewReader(bytes.NewReader(in)), dividedRaw(in, chunk, Options{Workers: 2 + rng.IntN(6), Run: run})
				for b := make([]byte, 3001); ; {
					n, err := io.ReadFull(many, b)
					want, wantErr := readOf(one, n, err != nil)
					if err == io.ErrUnexpectedEOF && n > 0 {
						_, err = many.Read(b) // the cause
					}
					if !bytes.Equal(b[:n], want) || many.InputOffset() != one.InputOffset() || endOf(err, 0) != endOf(wantErr, 0) {
						t.Fatalf("%s, %s, chunks of %d, %s: %d bytes up to offset %d and %v, want %d up to %d and %v",
							name, what, chunk, with, n, many.InputOffset(), err, len(want), one.InputOffset(), wantErr)
					}
					if err != nil {
						break
					}
				}
				if err := many.Close(); err != nil {
					t.Error(err)
				}
				end()
			}
		}
	}
}

// TestRawChunksAreUsed is TestChunksAreUsed for a raw stream.
func TestRawChunksAreUsed(t *testing.T) {
	content := realLike(1_500_000, 1)
	z := dividedRaw(deflate(t, content, compressors(t)["std6"], 0), 40_000, Options{Workers: 2, Run: func(task func()) { task() }})
	fromChunks := 0
	for b := make([]byte, 1000); ; {
		n, err := z.Read(b)
		if z.now != nil {
			fromChunks += n
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if fromChunks < len(content)*6/10 {
		t.Errorf("only %d of %d bytes come from chunks", fromChunks, len(content))
	}
}
