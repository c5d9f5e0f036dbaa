package session_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/pcapmill/pcapmill/header"
	"github.com/pcapmill/pcapmill/internal/draw"
	"github.com/pcapmill/pcapmill/session"
)

// encode is AppendBinary where it cannot fail.
func encode(t testing.TB, s *session.Session) []byte {
	b, err := s.AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// sessions are the partials of random traffic, cut into runs at random.
func sessions(r *rand.Rand, limit int, prints bool) (all []session.Session) {
	list := packets(r)
	for len(list) > 0 {
		n := 1 + r.IntN(len(list))
		keys, partials := fold(list[:n], limit, prints)
		for _, k := range keys {
			one := session.Session{Key: k, Gen: r.Uint64N(1 << 40), Partial: partials[k]}
			if r.IntN(2) == 0 {
				one.Unit = session.Unit{Session: 1 + r.Uint64N(one.First), Place: r.Uint64N(1 << 40), Earliest: one.Start - r.Int64N(1<<40)}
			}
			all = append(all, one)
		}
		list = list[n:]
	}
	return all
}

// TestEncodingRoundTrip: what is appended is read back, one after the other, and has one encoding only.
func TestEncodingRoundTrip(t *testing.T) {
	draw.Check(t, func(rt *rapid.T) {
		r := rand.New(rand.NewPCG(draw.Seed().Draw(rt, "seed"), 3))
		limit := []int{0, 1, 20, 784, 70000}[r.IntN(5)]
		all := sessions(r, limit, r.IntN(2) == 0)
		for i := range all { // numbers that traffic does not reach
			if s := &all[i]; r.IntN(4) == 0 {
				s.First, s.Start, s.Last, s.Unit.Earliest = max(r.Uint64(), s.Unit.Session, 1), math.MinInt64+r.Int64N(9), math.MaxInt64-r.Int64N(9), 0
				if s.Unit.Session != 0 {
					s.Unit.Earliest = math.MinInt64
				}
				s.Matched = header.Drop(r.IntN(1 << 10))
				s.Packets[r.IntN(2)], s.Sizes[r.IntN(2)] = math.MaxUint64-r.Uint64N(9), r.Uint64()
			}
		}
		var stream []byte
		for i := range all {
			before := len(stream)
			stream, _ = all[i].AppendBinary(stream)
			if n := len(stream) - before; n > (session.Keep{Limit: limit}).MaxEncoded() {
				rt.Fatalf("%d bytes, promised are %d", n, (session.Keep{Limit: limit}).MaxEncoded())
			}
		}
		var s session.Session
		rest := stream
		for i := range all {
			b := rest
			var err error
			if rest, err = (session.Keep{Limit: limit}).Decode(rest, &s); err != nil {
				rt.Fatalf("session %d: %v", i, err)
			}
			if s.Key != all[i].Key || s.Gen != all[i].Gen || s.Unit != all[i].Unit || !equal(s.Partial, all[i].Partial) {
				rt.Fatalf("session %d is %+v, want %+v", i, s, all[i])
			}
			if again := encode(t, &s); !bytes.Equal(again, b[:len(b)-len(rest)]) {
				rt.Fatalf("session %d: another encoding", i)
			}
		}
		if len(rest) != 0 {
			rt.Fatalf("%d bytes are left", len(rest))
		}
	})
}

// TestMergeThroughEncoding: partials of runs that were encoded, decoded and merged in order are those of the whole.
func TestMergeThroughEncoding(t *testing.T) {
	draw.Check(t, func(rt *rapid.T) {
		r := rand.New(rand.NewPCG(draw.Seed().Draw(rt, "seed"), 4))
		limit, prints := []int{1, 20, 784, 70000}[r.IntN(4)], r.IntN(2) == 0
		list := packets(r)
		keys, want := fold(list, limit, prints)
		var stream []byte
		for rest := list; len(rest) > 0; {
			n := 1 + r.IntN(len(rest))
			ks, ps := fold(rest[:n], limit, prints)
			r.Shuffle(len(ks), func(i, j int) { ks[i], ks[j] = ks[j], ks[i] }) // sessions are independent of each other
			for _, k := range ks {
				stream, _ = (&session.Session{Key: k, Partial: ps[k]}).AppendBinary(stream)
			}
			rest = rest[n:]
		}
		have := map[session.FiveTuple]session.Partial{}
		var s session.Session
		for len(stream) > 0 {
			var err error
			if stream, err = (session.Keep{Limit: limit}).Decode(stream, &s); err != nil {
				rt.Fatal(err)
			}
			before := have[s.Key]
			before.Prefix = bytes.Clone(before.Prefix) // Merge may write behind it, and there stands the next session
			have[s.Key] = session.Merge(before, s.Partial, limit)
		}
		if len(have) != len(keys) {
			rt.Fatalf("%d sessions, want %d", len(have), len(keys))
		}
		for k, p := range have {
			if !equal(p, want[k]) {
				rt.Fatalf("%v: %+v, want %+v", k, p, want[k])
			}
		}
	})
}

// anyState is a form of states of up to so many bytes.
type anyState int

func (f anyState) Bound() int                         { return int(f) }
func (f anyState) Merge(earlier, later []byte) []byte { return append(earlier, later...) }

// TestStateEncoding: a state stands in the place of a prefix, and may have as many bytes as its form says.
func TestStateEncoding(t *testing.T) {
	var s session.Session
	b := parts(t)
	k := session.Keep{Limit: 1, Form: anyState(5)}
	if _, err := k.Decode(b, &s); err != nil || string(s.State) != "hello" || s.Prefix != nil {
		t.Fatalf("%+v, %v", s, err)
	}
	if again := encode(t, &s); !bytes.Equal(again, b) {
		t.Errorf("% x is encoded again as % x", b, again)
	}
	two := k.Merge(s.Partial, session.Partial{First: 9, Packets: [2]uint64{1, 0}, State: []byte(" you")})
	if string(two.State) != "hello you" || two.Packets != [2]uint64{3, 3} {
		t.Errorf("merged: %+v", two)
	}
	k.Form = anyState(4)
	if _, err := k.Decode(b, &s); !errors.Is(err, session.ErrEncoding) || !strings.Contains(err.Error(), "a state of 5 bytes, need at most 4") {
		t.Errorf("beyond its bound: %v", err)
	}
}

// golden is the encoding of one session, part by part.
const golden = `
	00000040  length
	35        version 3, Up, Print
	06        TCP
	0a000001 01bb  10.0.0.1:443
	0a000002 e290  10.0.0.2:58000
	00        Gen
	07        First
	02 03     Packets
	ac02 f403 Sizes
	05        Bytes
	08        Matched: stun
	d00f      Start: 1000
	01        Last - Start
	0000000000000000 0000000000000009  Print
	68656c6c6f  Prefix`

// parts are the bytes of golden.
func parts(t testing.TB) (b []byte) {
	for line := range strings.Lines(golden) {
		for _, word := range strings.Fields(line) {
			part, err := hex.DecodeString(word)
			if err != nil || len(word) == 3 {
				break // what it is
			}
			b = append(b, part...)
		}
	}
	b[3] = byte(len(b) - 4)
	return b
}

// TestDecodeRefuses: what is cut, added to, or changed is refused, or is the encoding of another session.
func TestDecodeRefuses(t *testing.T) {
	whole := parts(t)
	var s session.Session
	rest, err := (session.Keep{Limit: 784}).Decode(whole, &s)
	if err != nil || len(rest) != 0 || s.Key.String() != "TCP 10.0.0.1:443 10.0.0.2:58000" || s.First != 7 || s.Packets != [2]uint64{2, 3} ||
		s.Sizes != [2]uint64{300, 500} || s.Start != 1000 || s.Last != 1001 || string(s.Prefix) != "hello" || s.Bytes != 5 || !s.Up || s.Gen != 0 {
		t.Fatalf("%+v, %v", s, err)
	}
	for n := range whole {
		if _, err := (session.Keep{Limit: 784}).Decode(whole[:n], &s); !errors.Is(err, session.ErrEncoding) {
			t.Errorf("cut at %d: %v", n, err)
		}
		short := bytes.Clone(whole[:n])
		if n >= 4 {
			short[3] = byte(n - 4)
			if _, err := (session.Keep{Limit: 784}).Decode(short, &s); !errors.Is(err, session.ErrEncoding) {
				t.Errorf("cut at %d, with that length: %v", n, err)
			}
		}
		for v := range 256 {
			other := bytes.Clone(whole)
			other[n] = byte(v)
			checkDecode(t, other, 784)
		}
	}
	for _, limit := range []int{-1, 0, 4} {
		if _, err := (session.Keep{Limit: limit}).Decode(whole, &s); !errors.Is(err, session.ErrEncoding) {
			t.Errorf("limit %d: %v", limit, err)
		}
	}
	for name, c := range map[string]struct {
		at   int
		to   string
		want string
	}{
		"version":   {4, "15", "version 1, need 3"},
		"unit":      {4, "3d", "a unit that cannot be"},
		"protocol":  {5, "01", "protocol 1, need 6 or 17"},
		"endpoints": {6, "0a000003", "wrong order"},
		"first":     {19, "00", "without packets"},
		"packets":   {20, "0000", "without packets"},
		"matched":   {27, "8008", "kinds of packets that there are not"},
		"print":     {31, "ffffffffffffffff", "a fingerprint"},
		"no print":  {31, "00000000000000000000000000000000", "a fingerprint"},
		"bytes":     {26, "06", "a prefix of 5 bytes, need 6"},
	} {
		b := bytes.Clone(whole)
		to, err := hex.DecodeString(c.to)
		if err != nil {
			t.Fatal(err)
		}
		copy(b[c.at:], to)
		if _, err := (session.Keep{Limit: 784}).Decode(b, &s); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// checkDecode: hostile bytes give an error, or a session that has these bytes and no others for an encoding.
func checkDecode(t testing.TB, b []byte, limit int) {
	var s session.Session
	rest, err := (session.Keep{Limit: limit}).Decode(b, &s)
	if err != nil {
		if !errors.Is(err, session.ErrEncoding) || rest != nil {
			t.Fatalf("%v, %d bytes left", err, len(rest))
		}
		return
	}
	if again := encode(t, &s); !bytes.Equal(again, b[:len(b)-len(rest)]) {
		t.Fatalf("% x is read as %+v, whose encoding is % x", b, s, again)
	}
	if !bytes.HasSuffix(b, rest) || s.Count() == 0 && s.Packets == [2]uint64{} || len(s.Prefix) > max(limit, 0) {
		t.Fatalf("% x: %+v, %d bytes left", b, s, len(rest))
	}
}

// FuzzDecode: whatever the bytes, nothing is allocated for them, and what is accepted is canonical.
func FuzzDecode(f *testing.F) {
	f.Add(parts(f), 784)
	f.Add(parts(f), 5)
	r := rand.New(rand.NewPCG(1, 5))
	for _, s := range sessions(r, 20, true) {
		b := encode(f, &s)
		f.Add(b, 20)
		f.Add(append(b, b...), 20)
	}
	f.Fuzz(func(t *testing.T, b []byte, limit int) { checkDecode(t, b, limit) })
}

// TestDecodeAllocatesNothing of what is right.
func TestDecodeAllocatesNothing(t *testing.T) {
	b := parts(t)
	var s session.Session
	if n := testing.AllocsPerRun(100, func() {
		if _, err := (session.Keep{Limit: 784}).Decode(b, &s); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
