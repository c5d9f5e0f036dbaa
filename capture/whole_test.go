package capture_test

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"github.com/pcapmill/pcapmill/capture"
	"github.com/pcapmill/pcapmill/internal/draw"
	"github.com/pcapmill/pcapmill/internal/testcap"
)

// TestWholeIsTheReader: a small capture that is read with one call is what a Reader finds, its format included; what is
// compressed, or no capture, or too long for that is left to OpenBlocks.
func TestWholeIsTheReader(t *testing.T) {
	if !readsRegular {
		t.Skip("OpenWhole leaves everything to OpenBlocks here")
	}
	dir := t.TempDir()
	whole, left, links := 0, 0, 0
	draw.Until(t, func() bool { return whole >= 10 && left >= 5 && links >= 2 }, func(t *rapid.T) {
		r := rand.New(rand.NewPCG(draw.Seed().Draw(t, "seed"), 4))
		raw := joinedCaptures(r)
		switch r.IntN(6) {
		case 0:
			raw = raw[:r.IntN(min(len(raw), 64)+1)]
		case 1:
			raw = raw[:r.IntN(len(raw)+1)]
		case 2:
			raw = bytes.Clone(raw)
			raw[r.IntN(len(raw))] ^= 1 << r.IntN(8)
		case 3:
			raw = testcap.Gzip(raw)
		case 4:
			raw = append([]byte("\x51\x2a\x4d\x18\x02\x00\x00\x00xx"), raw...)
		}
		path := filepath.Join(dir, "a.cap")
		if err := os.WriteFile(path, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		want, isCapture := inOneLoop(t, path)
		format, err := capture.Sniff(path)
		if isCapture != (err == nil) {
			t.Fatalf("Sniff: %v", err)
		}
		var blk capture.Block
		b, ok := capture.Options{}.OpenWhole(path, &blk)
		if !ok {
			if left++; isCapture && format.Compression == "" && len(raw) > 0 && raw[0] != 0x51 {
				t.Fatalf("a plain capture of %d bytes was left", len(raw))
			}
			return
		}
		defer b.Close()
		if !isCapture || b.Format() != format || !b.Random() {
			t.Fatalf("%v, want %v", b.Format(), format)
		}
		q := b.Sequence()
		x := reading{}
		q.Add(&blk, nil, nil, func(f *capture.Framing, data []byte, from int, first uint64, piece *capture.Piece) {
			f.Walk(data, from, piece, func(p *capture.Packet, n uint32, _ int) { x.note(p, first+uint64(n)) })
		})
		x.digest, err = q.End(blk.Err)
		x.ends(err)
		x.links, x.size = q.LinkTypes(), b.BytesRead()
		if !reflect.DeepEqual(x, want) {
			t.Fatalf("%+v\nwant %+v", x, want)
		}
		if b.Read(1, &blk); len(blk.Data) > 0 || blk.Err == nil {
			t.Fatalf("a second block of %d bytes: %v", len(blk.Data), blk.Err)
		}
		whole++
		if len(x.links) > 1 {
			links++
		}
	})
}

// TestWholeRefuses: what has a block's length or more, what is no regular file, and what is not there.
func TestWholeRefuses(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.cap")
	raw := append(bytes.Clone(long()), make([]byte, capture.BlockLen)...)
	for _, n := range []int{capture.BlockLen - 1, capture.BlockLen, capture.BlockLen + 1} {
		if err := os.WriteFile(path, raw[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		var blk capture.Block
		if _, ok := (capture.Options{}).OpenWhole(path, &blk); ok != (n < capture.BlockLen && readsRegular) {
			t.Errorf("%d bytes: %v", n, ok)
		}
	}
	for _, path := range []string{dir, filepath.Join(dir, "none"), "-"} {
		var blk capture.Block
		if _, ok := (capture.Options{}).OpenWhole(path, &blk); ok {
			t.Errorf("%s was read", path)
		}
	}
}
