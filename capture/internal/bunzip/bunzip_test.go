package bunzip

import (
	"bytes"
	"compress/bzip2"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"

	"github.com/pcapmill/pcapmill/capture/internal/task"
	"github.com/pcapmill/pcapmill/internal/draw"
	"github.com/pcapmill/pcapmill/internal/testcap"
)

// outcome is what reading gave, and how it ended.
type outcome struct {
	data []byte
	end  string
}

// collect reads to the end.
func collect(r io.Reader) outcome {
	data, err := io.ReadAll(r)
	var corrupt *CorruptError
	var twin bzip2.StructuralError
	switch {
	case err == nil:
		return outcome{data, "whole"}
	case errors.As(err, &corrupt):
		return outcome{data, corrupt.What}
	case errors.As(err, &twin):
		return outcome{data, string(twin)}
	}
	return outcome{data, err.Error()}
}

// twin is what compress/bzip2 makes of it.
func twin(in []byte) outcome { return collect(bzip2.NewReader(bytes.NewReader(in))) }

// executors do tasks in different orders.
var executors = map[string]func() (run, end func(func())){
	"at once": func() (run, end func(func())) { return func(f func()) { f() }, func(func()) {} },
	"never":   func() (run, end func(func())) { return func(func()) {}, func(func()) {} },
	"late": func() (run, end func(func())) {
		var tasks []func()
		return func(f func()) { tasks = append(tasks, f) }, func(func()) {
			for _, f := range tasks {
				f()
			}
		}
	},
	"goroutines": func() (run, end func(func())) {
		var group sync.WaitGroup
		return func(f func()) { group.Go(f) }, func(func()) { group.Wait() }
	},
}

// check reads in every way and compares with the twin.
func check(t interface {
	Helper()
	Fatalf(string, ...any)
}, in []byte,
) {
	t.Helper()
	want := twin(in)
	var offset int64
	for i, workers := range []int{1, 2, 3} {
		for name, make := range executors {
			run, end := make()
			z := NewReader(iotest.HalfReader(bytes.NewReader(in)), Options{Workers: workers, Run: run})
			got := collect(z)
			if i == 0 {
				offset = z.InputOffset()
			} else if got.end != "unexpected EOF" && offset != z.InputOffset() {
				t.Fatalf("%d workers, %s: ended at byte %d, before at %d", workers, name, z.InputOffset(), offset)
			}
			if err := z.Close(); err != nil {
				t.Fatalf("Close: %v", err)
			}
			end(nil)
			if got.end != want.end || !bytes.Equal(got.data, want.data) {
				t.Fatalf("%d workers, %s: %d bytes, %q; compress/bzip2: %d bytes, %q (input of %d)", workers, name, len(got.data), got.end, len(want.data), want.end, len(in))
			}
		}
	}
}

// content is bytes with runs and repeats.
func content(r *rand.Rand, n, letters int) []byte {
	b := make([]byte, 0, n)
	for len(b) < n {
		switch k := r.IntN(8); {
		case k == 0 && len(b) > 10:
			at := r.IntN(len(b) - 5)
			b = append(b, b[at:min(len(b), at+r.IntN(100))]...)
		case k == 1:
			b = append(b, bytes.Repeat([]byte{byte(r.IntN(letters))}, r.IntN(600))...)
		default:
			b = append(b, byte(r.IntN(letters)*(256/letters)))
		}
	}
	return b[:n]
}

// streams is a few streams of a few blocks.
func streams(r *rand.Rand, most int) (in, plain []byte) {
	for range 1 + r.IntN(3) {
		var parts [][]byte
		for range r.IntN(5) {
			p := content(r, 1+r.IntN(most), 1+r.IntN(256))
			parts = append(parts, p)
			plain = append(plain, p...)
		}
		in = testcap.Bzip2Stream(in, 1+r.IntN(9), r.IntN(2) == 0 && len(parts) > 0 && allBytes(parts), parts...)
	}
	return in, plain
}

// allBytes reports whether each part has so many different bytes that an odd table fits.
func allBytes(parts [][]byte) bool {
	for _, p := range parts {
		var used [256]bool
		n := 0
		for _, c := range p {
			if !used[c] {
				n++
			}
			used[c] = true
		}
		if n < 40 {
			return false
		}
	}
	return true
}

// TestWhole: streams that are sound are read as compress/bzip2 reads them, and what the
// writer of these tests wrote comes out again.
func TestWhole(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 30 {
		in, plain := streams(r, 3000)
		if got := collect(NewReader(bytes.NewReader(in), Options{})); got.end != "whole" || !bytes.Equal(got.data, plain) {
			t.Fatalf("%d bytes, %s; want %d", len(got.data), got.end, len(plain))
		}
		check(t, in)
	}
}

// TestMagicByChance: the magic number of a block stands inside blocks, and breaks nothing.
func TestMagicByChance(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	var b []byte
	var parts [][]byte
	for range 6 {
		parts = append(parts, content(r, 4000, 256))
	}
	b = testcap.Bzip2Stream(b, 1, true, parts...)
	z := NewReader(bytes.NewReader(b), Options{Workers: 6, Run: func(f func()) { f() }})
	z.in.take(32)
	z.in.take(48)
	z.look(z.in.pos())
	if n := len(z.ahead.found) + len(z.ahead.jobs); n < 7 {
		t.Fatalf("%d magic numbers found, want those by chance among them", n)
	}
	check(t, b)
}

// TestDamage: streams that are cut or changed anywhere end as they do in compress/bzip2,
// with the same bytes before, whoever helps.
func TestDamage(t *testing.T) {
	draw.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewPCG(draw.Seed().Draw(t, "seed"), 1))
		in, _ := streams(r, 400)
		switch draw.Int(0, 3).Draw(t, "kind") {
		case 0:
			in = in[:r.IntN(len(in)+1)]
		case 1:
			in = append(in, content(r, r.IntN(20), 256)...)
		default:
			for range 1 + r.IntN(3) {
				in[r.IntN(len(in))] ^= 1 << r.IntN(8)
			}
		}
		check(t, in)
	})
}

// TestLargeBlocks: blocks of the most that a level allows, and just above it.
func TestLargeBlocks(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for _, n := range []int{100_000, 100_001} {
		p := make([]byte, n)
		for i := range p {
			p[i] = byte(i&1<<7 | r.IntN(128)) // no two alike in a row
		}
		b := testcap.Bzip2Stream(nil, 1, false, p, []byte("behind"))
		if got := collect(NewReader(bytes.NewReader(b), Options{})); (got.end == "whole") != (n == 100_000) {
			t.Errorf("a block of %d bytes: %s", n, got.end)
		}
		check(t, b)
	}
}

// TestOnlyThatBit: what was decoded from another bit than the block's is not taken, and
// what was decoded from that bit is.
func TestOnlyThatBit(t *testing.T) {
	b := testcap.Bzip2Stream(nil, 9, false, []byte("some text"), []byte("more text"))
	for _, off := range []int{0, 1} {
		z := NewReader(bytes.NewReader(b), Options{Workers: 2, Run: func(func()) {}})
		z.in.take(32)
		z.in.take(magicLen)
		forged := &job{bit: z.in.pos() + off, ok: true, out: block{data: []byte("forged"), end: 9}}
		forged.Task = task.New(func() {})
		z.ahead.jobs, z.ahead.last = []*job{forged}, math.MaxInt // nothing is found beside it
		if taken := z.guessed(maxBlock); taken != (off == 0) {
			t.Errorf("decoded from %d bits behind the block's beginning: taken %v", off, taken)
		}
	}
}

// TestErrorsOfTheInput are passed on.
func TestErrorsOfTheInput(t *testing.T) {
	var b []byte
	b = testcap.Bzip2Stream(b, 9, false, []byte("some text"))
	broken := errors.New("broken")
	z := NewReader(io.MultiReader(bytes.NewReader(b[:20]), iotest.ErrReader(broken)), Options{})
	if _, err := io.ReadAll(z); !errors.Is(err, broken) {
		t.Errorf("error %v, want that of the input", err)
	}
}

// TestOffsets: an error names the byte behind those that tell.
func TestOffsets(t *testing.T) {
	var b []byte
	b = testcap.Bzip2Stream(b, 9, false, []byte("some text"))
	first := len(b)
	b = append(b, "BZx9"...)
	_, err := io.ReadAll(NewReader(bytes.NewReader(b), Options{}))
	if want := fmt.Sprintf("non-Huffman entropy encoding, at byte %d", first+3); err == nil || !strings.HasSuffix(err.Error(), want) {
		t.Errorf("error %v, want %s", err, want)
	}
}

// TestMemory: what is read ahead does not grow with the input.
func TestMemory(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	var b []byte
	for range 300 {
		b = testcap.Bzip2Stream(b, 1, false, content(r, 20_000, 200))
	}
	z := NewReader(bytes.NewReader(b), Options{Workers: 2, Run: func(f func()) { f() }})
	if _, err := io.Copy(io.Discard, z); err != nil {
		t.Fatal(err)
	}
	if c := cap(z.in.in); c > 8*window {
		t.Errorf("a buffer of %d bytes for %d of input", c, len(b))
	}
	if n := len(z.ahead.spare); n > 8 {
		t.Errorf("%d blocks are kept", n)
	}
}

// FuzzReader compares with compress/bzip2.
func FuzzReader(f *testing.F) {
	r := rand.New(rand.NewPCG(9, 10))
	for range 10 {
		in, _ := streams(r, 200)
		f.Add(in)
	}
	f.Fuzz(func(t *testing.T, in []byte) { check(t, in) })
}
