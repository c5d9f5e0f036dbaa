package dedup_test

import (
	"crypto/sha256"
	"testing"

	"pgregory.net/rapid"

	"github.com/pcapmill/pcapmill/internal/dedup"
	"github.com/pcapmill/pcapmill/internal/draw"
)

// TestSetIsASet compares with a map of everything that was added.
func TestSetIsASet(t *testing.T) {
	draw.Check(t, func(t *rapid.T) {
		type entry struct {
			d     dedup.Digest
			label uint16
		}
		set, all, digests := dedup.NewSet(), map[entry]bool{}, map[dedup.Digest]bool{}
		for range rapid.IntRange(0, 80).Draw(t, "n") {
			e := entry{dedup.Digest{rapid.ByteRange(0, 3).Draw(t, "digest")}, rapid.SampledFrom([]uint16{0, 1, 63, 64, 254, 255, 256, 65535}).Draw(t, "label")}
			seen, conflict := set.Add(e.d, e.label)
			want := false
			for other := range all {
				want = want || other.d == e.d && other.label != e.label
			}
			// Under one label only, a repetition is no news for conflicts; under several it is one.
			if seen != all[e] || conflict != want {
				t.Fatalf("%+v: seen %t, conflict %t; want %t, %t", e, seen, conflict, all[e], want)
			}
			all[e], digests[e.d] = true, true
			if set.Len() != len(digests) {
				t.Fatalf("%d digests, want %d", set.Len(), len(digests))
			}
		}
	})
}

func TestOfSample(t *testing.T) {
	sum := sha256.Sum256([]byte("abc"))
	if d := dedup.OfSample([]byte("abc")); string(d[:]) != string(sum[:16]) {
		t.Errorf("%x, want %x", d, sum[:16])
	}
}

// TestZerosBehindDoNotCount: a session's bytes and its padded sample have one digest, and no two samples share one.
func TestZerosBehindDoNotCount(t *testing.T) {
	draw.Check(t, func(t *rapid.T) {
		bytes := draw.Slice(rapid.SampledFrom([]byte{0, 0, 0, 1, 2}), 0, 40)
		a, b := bytes.Draw(t, "a"), bytes.Draw(t, "b")
		pad := func(s []byte) string { return string(append(append([]byte(nil), s...), make([]byte, 60-len(s))...)) }
		if dedup.OfSample(a) != dedup.OfSample([]byte(pad(a))) {
			t.Fatalf("% x has another digest with zeros behind", a)
		}
		if same := pad(a) == pad(b); (dedup.OfSample(a) == dedup.OfSample(b)) != same {
			t.Fatalf("% x and % x: equal as samples %t, digests disagree", a, b, same)
		}
	})
}

// TestSetGrows: many digests, the one of zeros among them, are all found again.
func TestSetGrows(t *testing.T) {
	set := dedup.NewSet()
	digest := func(i int) (d dedup.Digest) {
		if i != 5000 {
			d = dedup.OfSample([]byte{byte(i), byte(i >> 8), 1})
		}
		return d
	}
	const n = 20000
	for i := range n {
		if seen, conflict := set.Add(digest(i), uint16(i%7)); seen || conflict {
			t.Fatalf("digest %d is in the set before it was added", i)
		}
	}
	for i := range n {
		set.Touch(digest(i))
		if seen, conflict := set.Add(digest(i), uint16(i%7)); !seen || conflict {
			t.Fatalf("digest %d: seen %t, conflict %t", i, seen, conflict)
		}
	}
	if set.Len() != n || set.Bytes() < n*18 || set.Bytes() > 4*n*18 {
		t.Errorf("%d digests in %d bytes", set.Len(), set.Bytes())
	}
}
