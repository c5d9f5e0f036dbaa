package inflate

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"
)

// mayBeginSlowly is mayBegin, bit by bit as RFC 1951, 3.2.7 says it.
func mayBeginSlowly(in []byte, bit int) bool {
	if bit>>3+20 > len(in) {
		return false
	}
	take := func(n int) (v int) {
		for i := range n {
			v |= int(in[bit>>3]>>(bit&7)&1) << i
			bit++
		}
		return v
	}
	final, kind, lits, dists, codes := take(1), take(2), take(5)+257, take(5)+1, take(4)+4
	space := 0
	for range codes {
		if n := take(3); n > 0 {
			space += 128 >> n
		}
	}
	return final == 0 && kind == 2 && lits <= maxLit && dists <= maxDist && space == 128
}

// TestMayBegin compares both at headers of random code lengths, many of which are complete.
func TestMayBegin(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 1))
	begins := 0
	for range 300_000 {
		in := make([]byte, 19+rng.IntN(3))
		for i := range in {
			in[i] = byte(rng.Uint32())
		}
		bit := rng.IntN(8)
		// The kind of block, and lengths that are mostly of 4 bits: 16 of them make a complete code.
		head := uint64(4) | uint64(rng.IntN(32))<<3 | uint64(rng.IntN(32))<<8 | uint64(12+rng.IntN(4))<<13
		if rng.IntN(8) == 0 {
			head ^= 1 << rng.IntN(3)
		}
		w := new(bitWriter).bits(uint(rng.IntN(256)), uint(bit)).bits(uint(head), 17)
		for range 19 {
			n := uint(4)
			if rng.IntN(12) == 0 {
				n = uint(rng.IntN(8))
			}
			w.bits(n, 3)
		}
		copy(in, w.b)
		got, want := mayBegin(in, bit), mayBeginSlowly(in, bit)
		if got != want {
			t.Fatalf("% x from bit %d (head %x): %v, want %v", in, bit, binary.LittleEndian.Uint32(in), got, want)
		}
		if got {
			begins++
		}
	}
	if begins < 1000 {
		t.Errorf("only %d of them may begin", begins)
	}
}
