package capture_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"github.com/pcapmill/pcapmill/capture"
	"github.com/pcapmill/pcapmill/header"
	"github.com/pcapmill/pcapmill/internal/draw"
	"github.com/pcapmill/pcapmill/internal/testcap"
)

// reading is all that can be known of a capture by reading it.
type reading struct {
	packets []string
	near    int64 // time of the first packet
	links   []header.LinkType
	digest  capture.Digest
	size    int64
	damage  string
	offset  int64
	kind    error
}

func (x *reading) note(p *capture.Packet, number uint64) {
	if number == 1 {
		x.near = p.Time
	}
	x.packets = append(x.packets, fmt.Sprintf("%d at %d: link %d, %d bytes on the wire, %x", number, p.Time, p.LinkType, p.OrigLen, p.Data))
}

func (x *reading) ends(err error) {
	var d *capture.Damage
	if errors.As(err, &d) {
		x.damage, x.offset, x.kind = d.Error(), d.Offset, d.Kind
	}
}

// inOneLoop reads with a Reader.
func inOneLoop(t *rapid.T, path string) (x reading, ok bool) {
	r, err := capture.Open(path)
	if err != nil {
		return x, false
	}
	defer r.Close()
	r.TrackDigest()
	var p capture.Packet
	for err = r.Next(&p); err == nil; err = r.Next(&p) {
		x.note(&p, p.At.Packet)
	}
	if err != io.EOF {
		x.ends(err)
	}
	x.links, x.digest, x.size = r.LinkTypes(), r.Digest(), r.BytesRead()
	return x, true
}

// inBlocks reads with Blocks, walks every block from a place that guess gives, and puts them together.
func inBlocks(t *rapid.T, path string, length int, guess func(f *capture.Framing, data []byte) (int, bool)) (x reading, accepted int) {
	b, err := capture.OpenBlocks(path, length)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	q := b.Sequence()
	var blk capture.Block
	for i := int64(0); blk.Err == nil; i++ {
		b.Read(i, &blk)
		var piece capture.Piece
		var walked reading
		walk := func(x *reading) func(f *capture.Framing, data []byte, from int, first uint64, piece *capture.Piece) {
			return func(f *capture.Framing, data []byte, from int, first uint64, piece *capture.Piece) {
				f.Walk(data, from, piece, func(p *capture.Packet, n uint32, at int) {
					if !bytes.Equal(data[at:at+len(p.Data)], p.Data) {
						t.Fatalf("block %d: packet %d does not stand at %d", i, n, at)
					}
					x.note(p, first+uint64(n))
				})
			}
		}
		guessed := (*capture.Piece)(nil)
		if at, ok := guess(q.Framing(), blk.Data); ok && i > 0 {
			guessed = &piece
			walk(&walked)(q.Framing(), blk.Data, at, 0, guessed)
		}
		q.Add(&blk, guessed, func(first uint64) {
			accepted++
			walk(&x)(guessed.Used, blk.Data, guessed.From, first, &capture.Piece{})
		}, walk(&x))
	}
	x.digest, err = q.End(blk.Err)
	x.ends(err)
	x.links, x.size = q.LinkTypes(), b.BytesRead()
	return x, accepted
}

// TestBlocksAreTheReader: whatever the length of the blocks and wherever the guesses are, right, wrong or none, a capture read in
// blocks has the packets, link types, digest and damage of one that is read in one loop. Files are of every dialect and
// compression, whole, cut anywhere, with flipped bits, joined, with zeros between and behind them, and with a capture in the
// payload of another one.
func TestBlocksAreTheReader(t *testing.T) {
	dir := t.TempDir()
	accepted := 0
	draw.Until(t, func() bool { return accepted >= 10 }, func(t *rapid.T) {
		r := rand.New(rand.NewPCG(draw.Seed().Draw(t, "seed"), 3))
		raw := joinedCaptures(r)
		switch r.IntN(4) {
		case 0:
			raw = raw[:r.IntN(len(raw)+1)]
		case 1:
			raw = bytes.Clone(raw)
			raw[r.IntN(len(raw))] ^= 1 << r.IntN(8)
		}
		if r.IntN(4) == 0 {
			raw = testcap.Gzip(raw)
			raw = raw[:len(raw)-r.IntN(2)*r.IntN(len(raw))]
		}
		path := filepath.Join(dir, "a.cap")
		if err := os.WriteFile(path, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		want, ok := inOneLoop(t, path)
		if !ok {
			return
		}
		for name, guess := range map[string]func(f *capture.Framing, data []byte) (int, bool){
			"guessed": func(f *capture.Framing, data []byte) (int, bool) { return f.Guess(data, want.near) },
			"none":    func(*capture.Framing, []byte) (int, bool) { return 0, false },
			"wrong":   func(_ *capture.Framing, data []byte) (int, bool) { return r.IntN(len(data) + 1), true },
		} {
			length := []int{64, 64 + 4*r.IntN(500), capture.BlockLen}[r.IntN(3)]
			have, n := inBlocks(t, path, length, guess)
			if !reflect.DeepEqual(have, want) {
				t.Fatalf("%s, blocks of %d bytes: %+v\nwant %+v", name, length, have, want)
			}
			if name == "guessed" {
				accepted += n
			}
		}
	})
	if accepted < 10 { // of some 300, or 60 with -short
		t.Errorf("only %d walks from guessed places counted: blocks are not read in parallel", accepted)
	}
}

// TestFramingsAreApart: walks from one framing, as several workers make them, do not share the interfaces that they find.
func TestFramingsAreApart(t *testing.T) {
	block := func(write func(f *testcap.NG)) []byte {
		var f testcap.NG
		f.Section()
		for range 4 {
			f.Interface(testcap.Interface{LinkType: testcap.Ethernet})
		}
		before := len(f.Bytes())
		write(&f)
		return bytes.Clone(f.Bytes()[before:])
	}
	path := filepath.Join(t.TempDir(), "a.pcapng")
	var start testcap.NG
	start.Section()
	for range 3 { // three take the room of four
		start.Interface(testcap.Interface{LinkType: testcap.Ethernet})
	}
	if err := os.WriteFile(path, start.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	b, err := capture.OpenBlocks(path, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	var blk capture.Block
	b.Read(0, &blk)
	var piece capture.Piece
	none := func(*capture.Packet, uint32, int) {}
	b.Sequence().Framing().Walk(blk.Data, 0, &piece, none)
	common := piece.After
	after := func(link uint16) *capture.Framing {
		var p capture.Piece
		common.Walk(block(func(f *testcap.NG) { f.Interface(testcap.Interface{LinkType: link}) }), 0, &p, none)
		return p.After
	}
	first, second := after(101), after(113)
	for f, want := range map[*capture.Framing]header.LinkType{first: 101, second: 113} {
		found := 0
		f.Walk(block(func(f *testcap.NG) { f.Enhanced(3, testcap.Packet{Data: []byte{1}}) }), 0, &piece, func(p *capture.Packet, _ uint32, _ int) {
			if found++; p.LinkType != want {
				t.Errorf("link type %d, want %d", p.LinkType, want)
			}
		})
		if found != 1 {
			t.Errorf("%d packets, want one", found)
		}
	}
}

// anyCapture is a capture of any dialect, sometimes with captures inside its packets.
func anyCapture(r *rand.Rand) []byte {
	traffic := testcap.Random(r, testcap.Options{Mixed: r.IntN(2) == 0, Sessions: 3 + r.IntN(20)})
	if r.IntN(3) == 0 {
		inner := testcap.Pcap{LinkType: testcap.Ethernet}.File(traffic.Packets...)
		for i := range traffic.Packets {
			traffic.Packets[i].Data = append(traffic.Packets[i].Data, inner[:r.IntN(min(len(inner), 4000))]...)
		}
		return testcap.Pcap{LinkType: testcap.Ethernet}.File(traffic.Packets...)
	}
	raw, _ := traffic.Capture(r)
	return raw
}

// joinedCaptures is several captures joined by cat, with zeros between or behind them now and then.
func joinedCaptures(r *rand.Rand) (raw []byte) {
	for n := 1 + r.IntN(4); n > 0; {
		more := anyCapture(r)
		if !plain(more) && len(raw) > 0 {
			continue
		}
		raw = append(raw, more...)
		if n--; !plain(more) {
			return raw // what stands behind a compressed stream is its decoder's matter
		}
		if r.IntN(4) == 0 {
			raw = append(raw, make([]byte, r.IntN(3)*16+r.IntN(2)*r.IntN(5000))...)
		}
	}
	return raw
}
