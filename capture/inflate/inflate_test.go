package inflate

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/iotest"

	"github.com/pcapmill/pcapmill/internal/full"
)

// TestCompressors decodes what every compressor at every level makes.
func TestCompressors(t *testing.T) {
	n := 400_000
	if !long() {
		n = 100_000
	}
	for name, content := range contents(n) {
		for with, compressor := range compressors(t) {
			for _, flushEvery := range []int{0, 10_007} {
				raw := deflate(t, content, compressor, flushEvery)
				what := fmt.Sprintf("%s by %s, flushed every %d", name, with, flushEvery)
				same(t, what, collect(NewReader(bytes.NewReader(raw))), outcome{content, "whole"})
				in := append(member(raw, content), member(raw, content)...)
				same(t, what+" in gzip", ours(in), outcome{append(content[:len(content):len(content)], content...), "whole"})
			}
		}
	}
}

// TestEveryCut cuts small streams at every byte: what is decoded and how it
// ends are those of both libraries.
func TestEveryCut(t *testing.T) {
	for name, content := range contents(2000) {
		for with, compressor := range compressors(t) {
			if !long() && with != "std6" || name == "far" || name == "mixed" {
				continue // the longest, which have nothing that others have not
			}
			raw := deflate(t, content, compressor, 800)
			in := member(raw, content)
			in = append(in, in...)
			for cut := range len(in) {
				if cut <= len(raw) {
					judge(t, fmt.Sprintf("%s by %s cut at %d", name, with, cut), collect(NewReader(bytes.NewReader(raw[:cut]))), twinsOfRaw(raw[:cut]))
				}
				judge(t, fmt.Sprintf("%s by %s in gzip cut at %d", name, with, cut), ours(in[:cut]), twinsOf(in[:cut]))
			}
		}
	}
}

// TestBitFlips changes bits: bytes, kind and offset of the damage are those of
// both libraries.
func TestBitFlips(t *testing.T) {
	tries := full.Of(10, 20, 60)
	if testing.Short() {
		tries = 2
	}
	rng := rand.New(rand.NewPCG(5, 5))
	all, by := contents(70_000), compressors(t)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		content := all[name]
		for _, with := range slices.Sorted(maps.Keys(by)) {
			raw := deflate(t, content, by[with], 30_000)
			for range tries {
				bad := bytes.Clone(raw)
				for range 1 + rng.IntN(2) {
					at := rng.IntN(len(bad))
					if rng.IntN(4) == 0 {
						at = rng.IntN(min(len(bad), 40)) // the first header
					}
					bad[at] ^= 1 << rng.IntN(8)
				}
				what := fmt.Sprintf("%s by %s", name, with)
				judge(t, what, collect(NewReader(bytes.NewReader(bad))), twinsOfRaw(bad))
				in := append(member(bad, content), member(raw, content)...)
				judge(t, what+" in gzip", ours(in), twinsOf(in))
			}
		}
	}
}

// TestReadSizes reads with buffers and inputs of any size.
func TestReadSizes(t *testing.T) {
	content := realLike(300_000, 4)
	in := gz(t, content, 6)
	for _, src := range []func() io.Reader{
		func() io.Reader { return iotest.OneByteReader(bytes.NewReader(in)) },
		func() io.Reader { return iotest.HalfReader(bytes.NewReader(in)) },
		func() io.Reader { return iotest.DataErrReader(bytes.NewReader(in)) },
	} {
		same(t, "source", collect(NewGzipReader(src(), Options{})), outcome{content, "whole"})
		same(t, "source and reader", collect(iotest.OneByteReader(NewGzipReader(src(), Options{}))), outcome{content, "whole"})
	}
	if err := iotest.TestReader(NewGzipReader(bytes.NewReader(in), Options{}), content); err != nil {
		t.Error(err)
	}
}

// TestSourceFails: an error of the input is handed on, behind all that came before.
func TestSourceFails(t *testing.T) {
	content := realLike(300_000, 4)
	in := gz(t, content, 6)
	for _, workers := range []int{1, 2} {
		src := io.MultiReader(bytes.NewReader(in[:len(in)/2]), iotest.ErrReader(io.ErrClosedPipe))
		got, err := io.ReadAll(NewGzipReader(src, Options{Workers: workers, Run: goes}))
		if err != io.ErrClosedPipe || len(got) < len(content)/3 || !bytes.HasPrefix(content, got) {
			t.Errorf("%d workers: %d bytes and %v", workers, len(got), err)
		}
		src = iotest.TimeoutReader(iotest.OneByteReader(bytes.NewReader(in)))
		if _, err := io.ReadAll(NewGzipReader(src, Options{Workers: workers, Run: goes})); err != iotest.ErrTimeout {
			t.Errorf("%d workers: %v", workers, err)
		}
	}
	z := NewGzipReader(silent{}, Options{})
	if _, err := z.Read(make([]byte, 1)); err != io.ErrNoProgress {
		t.Errorf("a reader that gives nothing: %v", err)
	}
}

type silent struct{}

func (silent) Read([]byte) (int, error) { return 0, nil }

// goes runs a task in a goroutine.
func goes(task func()) { go task() }
