package pcapng_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/pcapmill/pcapmill/capture/internal/pcapng"
	"github.com/pcapmill/pcapmill/internal/testcap"
)

func noise(r *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

// blocks writes a section with every block that a guess knows, n times, and
// returns where each begins.
func blocks(r *rand.Rand, big bool, n int) (b []byte, starts []int) {
	f := testcap.NG{BigEndian: big}
	put := func(write func()) {
		starts = append(starts, len(f.Bytes()))
		write()
	}
	put(func() { f.Section() })
	put(func() { f.Interface(testcap.Interface{LinkType: 1}) })
	for range n {
		p := testcap.Packet{Time: 1_700_000_000_000_000_000, Data: noise(r, r.IntN(300))}
		put(func() { f.Enhanced(0, p) })
		put(func() { f.Obsolete(0, p) })
		put(func() { f.Simple(p) })
		for _, kind := range []uint32{4, 5, 10, 0xbad, 0x40000bad} {
			put(func() { f.Block(kind, noise(r, r.IntN(50))) })
		}
	}
	return bytes.Clone(f.Bytes()), starts
}

// TestGuess starts at every byte: where the alignment is right, the guess is the
// next block's begin.
func TestGuess(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, big := range []bool{false, true} {
		b, starts := blocks(r, big, 3)
		last := starts[len(starts)-2] // one block alone is too few
		p := pcapng.Parser{BigEndian: big}
		for _, run := range []int{2, 5, 100} {
			next := 0
			for from := range b {
				if from > starts[next] && next < len(starts)-1 {
					next++
				}
				at, ok := p.Guess(b, from, run)
				if from%4 != 0 || from > last {
					if ok {
						t.Fatalf("big %v, run %d, from %d: a guess at %d", big, run, from, at)
					}
				} else if !ok || at != starts[next] {
					t.Fatalf("big %v, run %d, from %d: %d %v, want %d", big, run, from, at, ok, starts[next])
				}
			}
		}
		if p.BigEndian != big || p.Interfaces != nil {
			t.Errorf("the parser changed: %+v", p)
		}
		if n := testing.AllocsPerRun(10, func() { p.Guess(b, 4, 4) }); n != 0 {
			t.Errorf("%v allocations", n)
		}
	}
}

// TestGuessOrder: a section header gives its own byte order, at the beginning of
// a run and in its middle; other blocks have that of the section before.
func TestGuessOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	little, _ := blocks(r, false, 1)
	big, starts := blocks(r, true, 1)
	var p pcapng.Parser // little endian
	if at, ok := p.Guess(big, 0, 10); !ok || at != 0 {
		t.Errorf("at a section header: %d %v", at, ok)
	}
	if at, ok := p.Guess(big, starts[1], 2); ok {
		t.Errorf("in a section of the other order: %d", at)
	}
	both := append(bytes.Clone(little), big...)
	if at, ok := p.Guess(both, 0, 20); !ok || at != 0 {
		t.Errorf("over a change of the order: %d %v", at, ok)
	}
	both[len(little)+8] ^= 1 // the byte-order magic
	if at, ok := p.Guess(both, 0, 20); ok {
		t.Errorf("over a section header without byte order: %d", at)
	}
}

// TestGuessCut cuts a section header and an interface at every length.
func TestGuessCut(t *testing.T) {
	for _, big := range []bool{false, true} {
		b, starts := blocks(rand.New(rand.NewPCG(5, 6)), big, 0)
		p := pcapng.Parser{BigEndian: big}
		for n := range len(b) + 1 {
			at, ok := p.Guess(b[:n], 0, 3)
			if want := n >= starts[1]+8; ok != want || at != 0 {
				t.Errorf("of %d bytes: %d %v, want %v", n, at, ok, want)
			}
		}
		twice := append(bytes.Clone(b[:starts[1]]), b[:9]...) // two section headers, one of nine bytes
		if at, ok := p.Guess(twice, 0, 3); !ok || at != 0 {
			t.Errorf("with a second header cut off: %d %v", at, ok)
		}
	}
}

// TestGuessPlausible breaks one field of the second of two blocks.
func TestGuessPlausible(t *testing.T) {
	for _, big := range []bool{false, true} {
		var order binary.ByteOrder = binary.LittleEndian
		if big {
			order = binary.BigEndian
		}
		f := testcap.NG{BigEndian: big}
		f.Simple(testcap.Packet{Data: make([]byte, 20)})
		at := len(f.Bytes())
		f.Simple(testcap.Packet{Data: make([]byte, 20)})
		f.Simple(testcap.Packet{})
		for _, c := range []struct {
			what  string
			at    int
			value uint32
		}{
			{"type", 0, 0},
			{"type", 0, 7},
			{"type", 0, 0x0a0d0d0a},
			{"type", 0, 0xffffffff},
			{"length", 4, 0},
			{"length", 4, 8},
			{"length", 4, 37},
			{"length", 4, 1<<20 + 4},
			{"length", 4, 40},
			{"second length", 32, 0},
			{"second length", 32, 40},
		} {
			b := bytes.Clone(f.Bytes())
			p := pcapng.Parser{BigEndian: big}
			if got, ok := p.Guess(b, 0, 3); !ok || got != 0 {
				t.Fatalf("whole: %d %v", got, ok)
			}
			order.PutUint32(b[at+c.at:], c.value)
			if got, ok := p.Guess(b, 0, 3); ok && got == 0 {
				t.Errorf("big %v: %s %d is plausible", big, c.what, c.value)
			}
		}
	}
}

func TestGuessNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for what, b := range map[string][]byte{
		"nothing": nil, "random": noise(r, 1<<20), "zeros": make([]byte, 1<<18), "ones": bytes.Repeat([]byte{0xff}, 1<<18),
		"counting": bytes.Repeat([]byte{1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0}, 1000),
	} {
		for _, big := range []bool{false, true} {
			p := pcapng.Parser{BigEndian: big}
			for from := range 4 {
				if at, ok := p.Guess(b, from, 2); ok {
					t.Errorf("a guess at %d of %s", at, what)
				}
			}
		}
	}
}

// TestGuessInside: a capture inside a payload misleads a run that is no longer
// than the payload has room for.
func TestGuessInside(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	for _, big := range []bool{false, true} {
		inner := testcap.NG{BigEndian: big}
		for range 5 {
			inner.Simple(testcap.Packet{Data: noise(r, 16)})
		}
		f := testcap.NG{BigEndian: big}
		var starts []int
		for range 40 {
			starts = append(starts, len(f.Bytes()))
			data := append(noise(r, 56), inner.Bytes()...)
			f.Enhanced(0, testcap.Packet{Data: append(data, noise(r, 100)...)})
		}
		p := pcapng.Parser{BigEndian: big}
		from, inside := starts[1]+20, starts[1]+28+56
		if at, ok := p.Guess(f.Bytes(), from, 3); !ok || at != inside {
			t.Errorf("run 3: %d %v, want %d", at, ok, inside)
		}
		if at, ok := p.Guess(f.Bytes(), from, 8); !ok || at != starts[2] {
			t.Errorf("run 8: %d %v, want %d", at, ok, starts[2])
		}
	}
}

func TestGuessOdd(t *testing.T) {
	b, _ := blocks(rand.New(rand.NewPCG(11, 12)), false, 1)
	var p pcapng.Parser
	for _, c := range []struct {
		from, run int
		ok        bool
	}{
		{-5, 2, true}, {0, 0, true}, {0, -1, true}, {len(b), 1, false}, {len(b) + 100, 1, false}, {math.MaxInt, 1, false},
	} {
		if at, ok := p.Guess(b, c.from, c.run); at != 0 || ok != c.ok {
			t.Errorf("from %d run %d: %d %v", c.from, c.run, at, ok)
		}
	}
}

// FuzzGuess: a guess is where blocks of the promised lengths follow each other.
func FuzzGuess(f *testing.F) {
	r := rand.New(rand.NewPCG(13, 14))
	for _, big := range []bool{false, true} {
		b, _ := blocks(r, big, 1)
		f.Add(b, big, 0, 3)
		f.Add(append(b, b...), !big, 4, 30)
	}
	f.Fuzz(func(t *testing.T, b []byte, big bool, from, run int) {
		p := pcapng.Parser{BigEndian: big}
		at, ok := p.Guess(b, from, run)
		if !ok {
			return
		}
		if at < from || at < 0 || at >= len(b) || (at-max(from, 0))%4 != 0 {
			t.Fatalf("from %d of %d bytes: %d", from, len(b), at)
		}
		for n := range max(run, 1) {
			size, _, err := p.Next(b[at:], new(pcapng.Packet))
			if e := pcapng.FormatError(""); errors.As(err, &e) {
				return // what the body says is not looked at by a guess
			}
			if errors.Is(err, pcapng.ErrShort) || size > int64(len(b)-at) {
				if n == 0 && run > 1 {
					t.Fatalf("block %d of %d at %d: %d, %v", n, run, at, size, err)
				}
				return
			}
			at += int(size)
		}
	})
}
