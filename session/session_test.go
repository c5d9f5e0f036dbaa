package session_test

import (
	"bytes"
	"math/big"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"github.com/pcapmill/pcapmill/header"
	"github.com/pcapmill/pcapmill/internal/draw"
	"github.com/pcapmill/pcapmill/internal/testcap"
	"github.com/pcapmill/pcapmill/session"
)

// packet is one packet that forms a session, and the bytes that it shall contribute.
type packet struct {
	data   []byte
	stack  header.Stack
	number uint64
	time   int64
	bytes  []byte
}

// packets are those of random traffic that form sessions, numbered as in their capture.
func packets(r *rand.Rand) (list []packet) {
	for i, p := range testcap.Random(r, testcap.Options{Mixed: true, Sessions: 8, Payload: 60}).Packets {
		q := packet{data: p.Data, number: uint64(i + 1), time: r.Int64N(1000) - 500}
		header.Decode(header.LinkType(p.LinkType), p.Data, uint32(len(p.Data)), &q.stack)
		if q.stack.Reason == header.OK {
			q.bytes = p.Data[q.stack.Payload:q.stack.End]
			list = append(list, q)
		}
	}
	return list
}

// fold is a capture's sessions by the definition: one partial for each packet, merged one after the other.
func fold(list []packet, limit int, prints bool) (keys []session.FiveTuple, partials map[session.FiveTuple]session.Partial) {
	partials = map[session.FiveTuple]session.Partial{}
	for _, p := range list {
		k := session.KeyOf(p.data, &p.stack)
		before, ok := partials[k]
		if !ok {
			keys = append(keys, k)
		}
		up := up(&p)
		one := session.Partial{First: p.number, Up: up, Start: p.time, Last: p.time, Bytes: uint64(len(p.bytes)), Prefix: bytes.Clone(p.bytes[:min(limit, len(p.bytes))])}
		d := 0
		if !up {
			d = 1
		}
		one.Packets[d], one.Sizes[d] = 1, uint64(p.stack.End-p.stack.Network)
		if prints {
			one.Print = one.Print.Append(p.bytes)
		}
		partials[k] = session.Merge(before, one, limit)
	}
	return keys, partials
}

func equal(a, b session.Partial) bool {
	p, q := a.Prefix, b.Prefix
	a.Prefix, b.Prefix = nil, nil
	return bytes.Equal(p, q) && reflect.DeepEqual(a, b)
}

// up tells whether a packet comes from the lower endpoint, by the key's own words.
func up(p *packet) bool {
	low, high := session.KeyOf(p.data, &p.stack).Endpoints()
	at, n := p.stack.Network+12, 4
	if p.stack.Version == 6 {
		at, n = p.stack.Network+8, 16
	}
	source, _ := netip.AddrFromSlice(p.data[at : at+n])
	return low == netip.AddrPortFrom(source, p.stack.SrcPort) || low == high
}

// partial draws any partial of a run of n bytes.
func partial(t *rapid.T, name string, first uint64, limit int) session.Partial {
	n := rapid.IntRange(0, 3).Draw(t, name+" packets")
	if n == 0 {
		return session.Partial{}
	}
	all := draw.Slice(rapid.Byte(), 0, 40).Draw(t, name)
	p := session.Partial{First: first, Up: n > 1, Start: int64(first), Last: int64(first) + int64(n), Packets: [2]uint64{uint64(n), 1}, Sizes: [2]uint64{7, uint64(n)}, Bytes: uint64(len(all)), Prefix: bytes.Clone(all[:min(limit, len(all))])}
	p.Print = p.Print.Append(all)
	return p
}

// TestMergeIsAMonoid: associative, with the empty run as neutral element, and the prefix of the whole is the whole's.
func TestMergeIsAMonoid(t *testing.T) {
	draw.Check(t, func(t *rapid.T) {
		limit := rapid.IntRange(1, 60).Draw(t, "limit")
		a, b, c := partial(t, "a", 1, limit), partial(t, "b", 10, limit), partial(t, "c", 20, limit)
		merge := func(x, y session.Partial) session.Partial { // on copies: Merge may write behind its first argument's prefix
			x.Prefix, y.Prefix = bytes.Clone(x.Prefix), bytes.Clone(y.Prefix)
			return session.Merge(x, y, limit)
		}
		left, right := merge(merge(a, b), c), merge(a, merge(b, c))
		if !equal(left, right) {
			t.Fatalf("(ab)c is %+v, a(bc) is %+v", left, right)
		}
		if e := (session.Partial{}); !equal(merge(e, a), a) || !equal(merge(a, e), a) {
			t.Fatalf("the empty run is not neutral: %+v, %+v, %+v", a, merge(e, a), merge(a, e))
		}
		if n := len(left.Prefix); n != min(limit, int(left.Bytes)) {
			t.Fatalf("prefix of %d bytes, want min(%d, %d)", n, limit, left.Bytes)
		}
	})
}

// TestPrintIsThePolynomial compares with the definition: two polynomials over 2^61-1, computed with big integers; and joining
// parts gives the whole, however they are appended.
func TestPrintIsThePolynomial(t *testing.T) {
	prime := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 61), big.NewInt(1))
	points := []*big.Int{big.NewInt(0x0d413cccfe779921), big.NewInt(0x176cf5d0b09954e7)}
	draw.Check(t, func(t *rapid.T) {
		all := draw.Slice(rapid.OneOf(rapid.Byte(), rapid.SampledFrom([]byte{0, 0xff})), 0, 300).Draw(t, "bytes")
		var want []byte
		for _, x := range points {
			h := new(big.Int)
			for _, c := range all {
				h.Mod(h.Add(h.Mul(h, x), big.NewInt(int64(c)+1)), prime)
			}
			want = append(want, h.FillBytes(make([]byte, 8))...)
		}
		have := session.Print{}.Append(all).Bytes()
		if !bytes.Equal(have[:], want) {
			t.Fatalf("print % x, want % x", have, want)
		}
		cut := draw.Int(0, len(all)).Draw(t, "cut")
		if p := (session.Print{}).Append(all[:cut]).Append(all[cut:]); p.Bytes() != have {
			t.Fatalf("appended in two parts: % x, want % x", p.Bytes(), have)
		}
		part := func(b []byte) session.Partial {
			return session.Partial{First: 1, Bytes: uint64(len(b)), Print: session.Print{}.Append(b)}
		}
		if m := session.Merge(part(all[:cut]), part(all[cut:]), 0); m.Print.Bytes() != have {
			t.Fatalf("joined from two parts: % x, want % x", m.Print.Bytes(), have)
		}
	})
}

// TestPrintTellsApart: what a hash of a sum or a padded hash would mix up.
func TestPrintTellsApart(t *testing.T) {
	seen := map[[16]byte]string{}
	for _, s := range []string{"", "\x00", "\x00\x00", "a", "a\x00", "\x00a", "ab", "ba", "\xff", "\xff\xff", "12345678", "12345678\x00", "21345678"} {
		p := session.Print{}.Append([]byte(s)).Bytes()
		if other, ok := seen[p]; ok {
			t.Errorf("%q and %q have the same print", s, other)
		}
		seen[p] = s
	}
}

// BenchmarkPrint is what whole-session dedup costs a byte.
func BenchmarkPrint(b *testing.B) {
	data := make([]byte, 1460)
	b.SetBytes(int64(len(data)))
	var p session.Print
	for b.Loop() {
		p = p.Append(data)
	}
}

// TestMergeJoinsKinds: a kind that one of the runs has met, all of it has.
func TestMergeJoinsKinds(t *testing.T) {
	one := session.Partial{First: 1, Packets: [2]uint64{1, 0}, Matched: header.DropSTUN}
	two := session.Partial{First: 2, Packets: [2]uint64{1, 0}, Matched: header.DropDNS}
	if got := session.Merge(one, two, 0).Matched; got != header.DropSTUN|header.DropDNS {
		t.Errorf("merged: %v", got)
	}
}
