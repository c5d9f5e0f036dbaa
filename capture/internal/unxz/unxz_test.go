package unxz

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/ulikunitz/xz"
	"github.com/ulikunitz/xz/lzma"
	"pgregory.net/rapid"

	"github.com/pcapmill/pcapmill/internal/draw"
	"github.com/pcapmill/pcapmill/internal/testcap"
)

// outcome is what reading gave, and how it ended.
type outcome struct {
	data []byte
	end  string // whole, cut, or what is wrong
}

// collect reads to the end.
func collect(r io.Reader) outcome {
	data, err := io.ReadAll(r)
	switch {
	case err == nil:
		return outcome{data, "whole"}
	case errors.Is(err, io.ErrUnexpectedEOF):
		return outcome{data, "cut"}
	}
	return outcome{data, err.Error()}
}

// twin is what ulikunitz/xz makes of it.
func twin(in []byte) outcome {
	r, err := xz.NewReader(bytes.NewReader(in))
	if err != nil {
		return outcome{nil, err.Error()}
	}
	return collect(r)
}

// executors do tasks in different orders.
var executors = map[string]func() (run func(func()), end func()){
	"at once": func() (func(func()), func()) { return func(f func()) { f() }, func() {} },
	"never":   func() (func(func()), func()) { return func(func()) {}, func() {} },
	"late": func() (func(func()), func()) {
		var tasks []func()
		return func(f func()) { tasks = append(tasks, f) }, func() {
			for _, f := range tasks {
				f()
			}
		}
	},
	"goroutines": func() (func(func()), func()) {
		var group sync.WaitGroup
		return func(f func()) { group.Go(f) }, group.Wait
	},
}

// step is what one call gave: where reading stood does not depend on who helped.
type step struct {
	total  int
	offset int64
}

// pass reads in pieces of a length that no chunk has, and notes where the Reader stood.
func pass(z *Reader) (o outcome, steps []step) {
	var all bytes.Buffer
	b := make([]byte, 1000)
	for {
		n, err := io.ReadFull(z, b)
		all.Write(b[:n])
		steps = append(steps, step{all.Len(), z.InputOffset()})
		if err != nil {
			if z.err == io.EOF {
				return outcome{all.Bytes(), "whole"}, steps
			}
			return collect(io.MultiReader(&all, iotest.ErrReader(z.err))), steps
		}
	}
}

// check reads in every way, and compares them and the twin. What the twin takes, or finds cut
// off, is the same here, but that it loses the end of what is cut off. What it refuses is
// refused, but where it is content with less than the format asks for.
func check(t interface {
	Helper()
	Fatalf(string, ...any)
}, in []byte,
) outcome {
	t.Helper()
	want, steps := pass(NewReader(bytes.NewReader(in), Options{}))
	for _, workers := range []int{2, 3} {
		for name, start := range executors {
			run, end := start()
			z := NewReader(iotest.HalfReader(bytes.NewReader(in)), Options{Workers: workers, Run: run})
			got, at := pass(z)
			_ = z.Close()
			end()
			if got.end != want.end || !bytes.Equal(got.data, want.data) {
				t.Fatalf("%d workers, %s: %d bytes, %q; alone %d bytes, %q", workers, name, len(got.data), got.end, len(want.data), want.end)
			}
			for i := range at {
				if at[i] != steps[i] {
					t.Fatalf("%d workers, %s: after %d bytes at %d, alone after %d at %d", workers, name, at[i].total, at[i].offset, steps[i].total, steps[i].offset)
				}
			}
		}
	}
	same := twin(in)
	switch {
	case want.end == "whole" && (same.end != "whole" || !bytes.Equal(same.data, want.data)):
		t.Fatalf("%d bytes; ulikunitz/xz: %d bytes, %q", len(want.data), len(same.data), same.end)
	case !bytes.HasPrefix(want.data, same.data) && !bytes.HasPrefix(same.data, want.data):
		t.Fatalf("other bytes than ulikunitz/xz")
	}
	return want
}

// content is bytes with runs and repeats.
func content(r *rand.Rand, n, letters int) []byte {
	b := make([]byte, 0, n+700)
	for len(b) < n {
		switch k := r.IntN(8); {
		case k < 2 && len(b) > 10:
			at := r.IntN(len(b) - 5)
			b = append(b, b[at:min(len(b), at+r.IntN(300))]...)
		case k == 2:
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
			p := content(r, r.IntN(most), 1+r.IntN(256))
			parts = append(parts, p)
			plain = append(plain, p...)
		}
		lc := r.IntN(5)
		p := &lzma.Properties{LC: lc, LP: r.IntN(5 - lc), PB: r.IntN(5)}
		in = testcap.XZStream(in, []byte{0, 1, 4, 10}[r.IntN(4)], r.IntN(4) > 0, p, parts...)
		in = append(in, make([]byte, 4*r.IntN(3))...)
	}
	return in, plain
}

// TestWhole: what was compressed comes out again, and as ulikunitz/xz reads it.
func TestWhole(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 30 {
		in, plain := streams(r, 9000)
		if got := check(t, in); got.end != "whole" || !bytes.Equal(got.data, plain) {
			t.Fatalf("%d bytes, %s; want %d", len(got.data), got.end, len(plain))
		}
	}
}

// TestLiblzma: what XZ Utils 5.4.1 wrote from content, with
//
//	xz -9e -T2 --block-size=5000 -c; xz -1 -C sha256 --lzma2=preset=1,lc=0,lp=3,pb=0 -c
func TestLiblzma(t *testing.T) {
	in, err := os.ReadFile("testdata/liblzma.xz")
	if err != nil {
		t.Fatal(err)
	}
	plain := liblzma()
	if got := check(t, in); got.end != "whole" || !bytes.Equal(got.data, append(bytes.Clone(plain), plain...)) {
		t.Errorf("%d bytes, %s; want twice %d", len(got.data), got.end, len(plain))
	}
	for n := 1; n < len(in); n += 97 {
		check(t, in[:n])
	}
}

// liblzma is the content of testdata/liblzma.xz, which stands there twice.
func liblzma() []byte { return content(rand.New(rand.NewPCG(13, 14)), 20_000, 7) }

// TestLong: content of several chunks and dictionaries, some of which do not compress.
func TestLong(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	a, b := content(r, 6<<20, 256), content(r, 3<<20, 3)
	noise := make([]byte, 300<<10)
	for i := range noise {
		noise[i] = byte(r.Uint32())
	}
	a = append(append(a, noise...), a[:1<<20]...)
	for _, sized := range []bool{false, true} {
		in := testcap.XZStream(nil, 4, sized, nil, a, b)
		if got := check(t, in); got.end != "whole" || !bytes.Equal(got.data, append(bytes.Clone(a), b...)) {
			t.Errorf("sized %v: %d bytes, %s", sized, len(got.data), got.end)
		}
	}
}

// TestDamage: streams that are cut or changed anywhere give a beginning of what they were,
// whoever helps, and say so; what has a check is never wrong in silence.
func TestDamage(t *testing.T) {
	draw.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewPCG(draw.Seed().Draw(t, "seed"), 1))
		in, plain := streams(r, 1500)
		switch draw.Int(0, 3).Draw(t, "kind") {
		case 0:
			in = in[:r.IntN(len(in)+1)]
			if got := check(t, in); !bytes.HasPrefix(plain, got.data) || got.end != "cut" && got.end != "whole" {
				t.Fatalf("cut: %d bytes, %s", len(got.data), got.end)
			}
		case 1:
			in = append(in, content(r, r.IntN(20), 256)...)
			if got := check(t, in); !bytes.Equal(plain, got.data) {
				t.Fatalf("something behind: %d bytes, %s", len(got.data), got.end)
			}
		default:
			for range 1 + r.IntN(3) {
				in[r.IntN(len(in))] ^= 1 << r.IntN(8)
			}
			check(t, in)
		}
	})
}

// TestCutEverywhere: the longer a stream that is cut off, the more comes of it, and the byte
// that ends a chunk gives its last symbols.
func TestCutEverywhere(t *testing.T) {
	plain := content(rand.New(rand.NewPCG(5, 6)), 4000, 200)
	in := testcap.XZStream(nil, 1, true, nil, plain)
	last := 0
	for n := range in {
		got := collect(NewReader(bytes.NewReader(in[:n]), Options{}))
		if got.end != "cut" || len(got.data) < last || !bytes.HasPrefix(plain, got.data) {
			t.Fatalf("cut at %d of %d: %d bytes, %s; before %d", n, len(in), len(got.data), got.end, last)
		}
		if same := twin(in[:n]); len(got.data) < len(same.data) {
			t.Fatalf("cut at %d: %d bytes, ulikunitz/xz has %d", n, len(got.data), len(same.data))
		}
		last = len(got.data)
	}
	if last != len(plain) {
		t.Errorf("%d bytes without the last byte of the footer, want %d", last, len(plain))
	}
	// In the middle nearly all that was put in by then is out.
	half := collect(NewReader(bytes.NewReader(in[:len(in)/2]), Options{}))
	if len(half.data) < len(plain)/3 {
		t.Errorf("%d bytes of half of it", len(half.data))
	}
}

// TestWrongSizes: a block whose header lies about its sizes is corrupt, and what it holds up
// to there is given. Every byte of the index and of the footer counts.
func TestWrongSizes(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	parts := [][]byte{content(r, 3000, 100), content(r, 3000, 100)}
	in := testcap.XZStream(nil, 4, true, nil, parts...)
	plain := append(bytes.Clone(parts[0]), parts[1]...)
	tail := 12 + 4 + 8 // footer, and an index of two records
	for i := len(in) - tail; i < len(in); i++ {
		for bit := range 8 {
			bad := bytes.Clone(in)
			bad[i] ^= 1 << bit
			if got := check(t, bad); got.end == "whole" || !bytes.Equal(got.data, plain) {
				t.Errorf("bit %d of byte %d from the end: %d bytes, %s", bit, len(in)-i, len(got.data), got.end)
			}
		}
	}
	one := testcap.XZStream(nil, 4, true, nil, parts[0])
	for _, c := range []struct{ from, to string }{{"\xb8\x17", "\xb9\x17"}, {"\xb8\x17", "\xb7\x17"}} { // 3000
		h := one[12 : 12+(int(one[12])+1)*4]
		forged := append(bytes.Clone(one[:12]), reheaded(bytes.Replace(h, []byte(c.from), []byte(c.to), 1))...)
		forged = append(forged, one[12+len(h):]...)
		if got := check(t, forged); got.end == "whole" || got.end == "cut" {
			t.Errorf("%q: %s", c.to, got.end)
		}
	}
}

// TestChunkEnds: a chunk whose compressed part has a byte too many, or one that the range coder
// did not end with, is corrupt behind what it holds.
func TestChunkEnds(t *testing.T) {
	plain := bytes.Repeat([]byte("some text, "), 40)
	in := testcap.XZStream(nil, 0, false, nil, plain)
	at := 12 + (int(in[12])+1)*4 // of the first chunk
	n := int(in[at+3])<<8 + int(in[at+4]) + 1
	end := at + 6 + n
	long := append(append(bytes.Clone(in[:end]), 0), in[end:]...)
	long[at+4]++
	other := bytes.Clone(in)
	other[end-1] ^= 1
	for name, bad := range map[string][]byte{"a byte too many": long, "another last byte": other} {
		got := collect(NewReader(bytes.NewReader(bad), Options{}))
		if !bytes.Equal(got.data, plain) || !strings.Contains(got.end, wrongEnd) {
			t.Errorf("%s: %q, %s", name, got.data, got.end)
		}
	}
}

// reheaded is the header of a block with the right checksum.
func reheaded(h []byte) []byte {
	sum, _ := newCheck(checkCRC32)
	_, _ = sum.Write(h[:len(h)-4])
	s := sum.Sum(nil)
	return append(bytes.Clone(h[:len(h)-4]), s[3], s[2], s[1], s[0])
}

// TestOnlySound: a block that somebody has decoded is taken only if it was sound.
func TestOnlySound(t *testing.T) {
	in := testcap.XZStream(nil, 1, true, nil, []byte("some text"), []byte("more text"))
	for _, ok := range []bool{false, true} {
		var tasks []func()
		z := NewReader(bytes.NewReader(in), Options{Workers: 2, Run: func(f func()) { tasks = append(tasks, f) }})
		if err := z.stream(); err != nil {
			t.Fatal(err)
		}
		z.look()
		for _, f := range tasks {
			f()
		}
		if len(z.ahead.jobs) != 2 {
			t.Fatalf("%d jobs", len(z.ahead.jobs))
		}
		j := z.ahead.jobs[0]
		copy(j.out, "forged")
		j.ok = ok
		want := "some textmore text"
		if ok {
			want = "forgedextmore text"
		}
		if got := collect(z); string(got.data) != want {
			t.Errorf("sound %v: %q", ok, got.data)
		}
	}
}

// TestMemory: blocks are decoded ahead only as far as there is memory, and buffers do not grow
// with the stream.
func TestMemory(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	var parts [][]byte
	for range 60 {
		parts = append(parts, content(r, 100_000, 200))
	}
	in := testcap.XZStream(nil, 4, true, nil, parts...)
	for _, limit := range []int64{0, 150_000, 350_000, 1 << 40} {
		most, ahead := int64(0), 0
		z := NewReader(bytes.NewReader(in), Options{Workers: 4, Run: func(f func()) { f() }, Spare: func(n int64) bool {
			if n <= limit {
				most = max(most, n)
			}
			return n <= limit
		}})
		b := make([]byte, 70_000)
		var total int64
		for {
			n, err := z.Read(b)
			total += int64(n)
			held := int64(0)
			for _, j := range z.ahead.jobs {
				held += int64(len(j.packed) + len(j.out))
			}
			if z.ahead.giving != nil {
				held += int64(len(z.ahead.giving.out))
				ahead++
			}
			if held > most {
				t.Fatalf("limit %d: %d bytes held, %d asked for", limit, held, most)
			}
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if total != 60*100_000 || cap(z.in.buf) > 8*piece {
			t.Errorf("limit %d: %d bytes, a buffer of %d", limit, total, cap(z.in.buf))
		}
		if (ahead > 0) != (limit > 150_000) {
			t.Errorf("limit %d: %d chunks came from blocks decoded ahead", limit, ahead)
		}
	}
}

// TestErrorsOfTheInput are passed on, and so are those of Block.
func TestErrorsOfTheInput(t *testing.T) {
	in := testcap.XZStream(nil, 4, true, nil, []byte("some text"))
	broken := errors.New("broken")
	for _, n := range []int{0, 7, 20, 40, len(in) - 3, len(in)} {
		z := NewReader(io.MultiReader(bytes.NewReader(in[:n]), iotest.ErrReader(broken)), Options{Workers: 2, Run: func(f func()) { f() }})
		if _, err := io.ReadAll(z); !errors.Is(err, broken) {
			t.Errorf("after %d bytes: %v, want the error of the input", n, err)
		}
	}
	z := NewReader(bytes.NewReader(in), Options{Block: func(dict int64) error {
		if dict != 256<<10 {
			t.Errorf("a dictionary of %d bytes", dict)
		}
		return broken
	}})
	if _, err := io.ReadAll(z); err != broken {
		t.Errorf("%v, want the error of Block", err)
	}
}

// FuzzReader compares with ulikunitz/xz, and who helps with who does not.
func FuzzReader(f *testing.F) {
	r := rand.New(rand.NewPCG(11, 12))
	for range 10 {
		in, _ := streams(r, 300)
		f.Add(in)
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		if len(in) > 1<<16 {
			t.Skip()
		}
		check(t, in)
	})
}

// FuzzChunks puts chunks of LZMA2 behind sound headers, without and with sizes: no checksum
// keeps what is mutated from the decoder.
func FuzzChunks(f *testing.F) {
	r := rand.New(rand.NewPCG(15, 16))
	begin := testcap.XZStream(nil, 0, false, nil, nil)
	head := 12 + (int(begin[12])+1)*4
	for _, n := range []int{1, 50, 3000} {
		in := testcap.XZStream(nil, 0, false, nil, content(r, n, 9))
		f.Add(in[head:])
	}
	f.Fuzz(func(t *testing.T, chunks []byte) {
		if len(chunks) > 1<<12 {
			t.Skip()
		}
		check(t, append(bytes.Clone(begin[:head]), chunks...))
		h, body := begin[12:head-4], bytes.Clone(chunks)
		sized := []byte{0, 0xc0}
		sized = binary.AppendUvarint(binary.AppendUvarint(sized, uint64(len(body))), 3000)
		sized = append(sized, h[2:5]...)
		for len(sized)%4 > 0 {
			sized = append(sized, 0)
		}
		sized[0] = byte(len(sized) / 4)
		in := append(bytes.Clone(begin[:12]), reheaded(append(sized, 0, 0, 0, 0))...)
		in = append(in, body...)
		in = append(in, make([]byte, -len(body)&3)...)
		check(t, append(in, begin[head:]...))
	})
}
