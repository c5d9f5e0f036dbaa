package shard_test

import (
	"bytes"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/pcapmill/pcapmill/internal/draw"
	"github.com/pcapmill/pcapmill/internal/shard"
)

// TestSpool: what a spool has of a part is what was put there since it was emptied, in order,
// whatever stands in blocks of memory and what in a file, and though a place was asked for that is
// too small.
func TestSpool(t *testing.T) {
	dir := t.TempDir()
	draw.Check(t, func(t *rapid.T) {
		parts := rapid.IntRange(1, 5).Draw(t, "parts")
		limit := rapid.SampledFrom([]int64{1, 1000, 40_000, 10 << 20}).Draw(t, "limit")
		put := rapid.Custom(func(t *rapid.T) shard.Put {
			n := rapid.SampledFrom([]int{0, 1, 100, 4000, 4096, 5000, 300_000}).Draw(t, "bytes")
			return shard.Put{
				Part:  rapid.IntRange(0, parts-1).Draw(t, "part"),
				Bytes: bytes.Repeat([]byte{rapid.Byte().Draw(t, "byte")}, n),
				Spare: rapid.SampledFrom([]int{0, 50, 5000, -1}).Draw(t, "spare"),
			}
		})
		chunks := rapid.SliceOfN(rapid.SliceOfN(put, 0, 30), 1, 4).Draw(t, "chunks")
		have, err := shard.Spooled(parts, limit, dir, chunks)
		if err != nil {
			t.Fatal(err)
		}
		for i, puts := range chunks {
			want := make([]string, parts)
			for _, p := range puts {
				want[p.Part] += string(p.Bytes)
			}
			if !slices.Equal(have[i], want) {
				t.Fatalf("chunk %d: the parts have other bytes than were put there", i)
			}
		}
	})
}
