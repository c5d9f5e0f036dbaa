package dedup_test

import (
	"crypto/sha256"
	"testing"

	"pgregory.net/rapid"

	"github.com/pcapmill/pcapmill/dedup"
)

// TestSetIsASet compares with a map of everything that was added.
func TestSetIsASet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
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

func TestModes(t *testing.T) {
	for _, m := range []dedup.Mode{dedup.Sample, dedup.Session, dedup.None} {
		if got, err := dedup.ParseMode(m.String()); err != nil || got != m {
			t.Errorf("%s: %v, %v", m, got, err)
		}
	}
	if _, err := dedup.ParseMode("flow"); err == nil {
		t.Error("flow is a mode")
	}
}
