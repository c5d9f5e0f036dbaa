package capture_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/pcapmill/pcapmill/capture"
	"github.com/pcapmill/pcapmill/internal/draw"
)

// divided are the chunks of so many bytes of a file.
func divided(size, length int64) (chunks []capture.Chunk) {
	for at := int64(0); at < size; at += length {
		chunks = append(chunks, capture.Chunk{From: at, To: min(at+length, size)})
	}
	return chunks
}

// inChunks reads each chunk of a capture by itself and joins what they say. fits: they found
// every record once.
func inChunks(t *rapid.T, path string, chunks []capture.Chunk, size int64, block int) (x reading, fits bool) {
	var parts []*capture.Part
	var leaves [][16]byte
	damaged := make([]bool, len(chunks))
	base := uint64(0)
	for i, c := range chunks {
		b, err := capture.Options{}.OpenChunk(path, block, c, size)
		if err != nil {
			t.Fatal(err)
		}
		b.Map()
		q := b.Sequence()
		var blk capture.Block
		var piece capture.Piece
		for n := int64(0); blk.Err == nil; n++ {
			blk.Release()
			b.Read(n, &blk)
			q.Add(&blk, nil, nil, func(f *capture.Framing, data []byte, from int, first uint64, out *capture.Piece) {
				f.Walk(data, from, &piece, func(p *capture.Packet, n uint32, at int) { x.note(p, base+first+uint64(n)) })
				*out = piece
			})
		}
		_, err = q.End(blk.Err)
		blk.Release()
		var d *capture.Damage
		if errors.As(err, &d) {
			damaged[i] = true
			d.Packet += base
			if x.damage == "" {
				x.ends(d)
			}
		}
		part, err := q.Part()
		if err != nil {
			t.Fatal(err)
		}
		parts, leaves = append(parts, part), append(leaves, part.Leaves...)
		base += q.Packets()
		for _, l := range q.LinkTypes() {
			if !slices.Contains(x.links, l) {
				x.links = append(x.links, l)
			}
		}
		if err := b.Close(); err != nil {
			t.Fatal(err)
		}
	}
	x.digest, x.size = capture.DigestOf(leaves, size), size
	return x, capture.Fits(chunks, parts, damaged)
}

// TestChunksAreTheReader: a capture that is read in chunks, each by itself, has the packets, link types, digest and damage of
// one that is read in one loop, or the chunks say that they do not fit. Files are those of TestBlocksAreTheReader.
func TestChunksAreTheReader(t *testing.T) {
	dir := t.TempDir()
	fitted, many := 0, 0
	draw.Until(t, func() bool { return many > 0 }, func(t *rapid.T) {
		r := rand.New(rand.NewPCG(draw.Seed().Draw(t, "seed"), 5))
		raw := joinedCaptures(r)
		switch r.IntN(4) {
		case 0:
			raw = raw[:r.IntN(len(raw)+1)]
		case 1:
			raw = bytes.Clone(raw)
			raw[r.IntN(len(raw))] ^= 1 << r.IntN(8)
		case 2: // one capture, whole
			raw = anyCapture(r)
		}
		if !plain(raw) {
			return
		}
		path := filepath.Join(dir, "a.cap")
		if err := os.WriteFile(path, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		want, ok := inOneLoop(t, path)
		if !ok {
			return
		}
		size := int64(len(raw))
		chunks := divided(size, []int64{64 + int64(r.IntN(5000)), 1 + size/2, 1 + size/3, size}[r.IntN(4)])
		got, fits := inChunks(t, path, chunks, size, []int{64 + 4*r.IntN(500), capture.BlockLen}[r.IntN(2)])
		if !fits {
			if len(chunks) == 1 {
				t.Fatal("one chunk does not fit")
			}
			return
		}
		fitted++
		if len(chunks) > 1 {
			many++
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("%d chunks: got %d packets, links %v, digest %s, size %d, damage %q\nwant %d packets, links %v, digest %s, size %d, damage %q",
				len(chunks), len(got.packets), got.links, got.digest, got.size, got.damage, len(want.packets), want.links, want.digest, want.size, want.damage)
		}
	})
	if many == 0 {
		t.Errorf("of %d captures that fitted none had several chunks", fitted)
	}
	t.Logf("%d fitted, %d of them had several chunks", fitted, many)
}
