package capture_test

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime/debug"
	"testing"

	"github.com/pcapmill/pcapmill/capture"
	"github.com/pcapmill/pcapmill/internal/testcap"
)

// large writes a plain capture of some 20 MiB, which takes two windows.
func large(t *testing.T) (path string, packets int) {
	t.Helper()
	one := testcap.Pcap{LinkType: testcap.Ethernet}.Record(testcap.Packet{Data: bytes.Repeat([]byte{1, 2, 3}, 400)})
	packets = 20 << 20 / len(one)
	path = filepath.Join(t.TempDir(), "large.pcap")
	raw := append(testcap.Pcap{LinkType: testcap.Ethernet}.Header(), bytes.Repeat(one, packets)...)
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	return path, packets
}

// opened are the blocks of a capture, mapped; it skips where nothing is mapped.
func opened(t *testing.T, path string) *capture.Blocks {
	t.Helper()
	b, err := capture.OpenBlocks(path, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	b.Map()
	if !b.Mapped() {
		t.Skipf("NOT TESTED: the file system of %s is not one that is mapped", path)
	}
	return b
}

// TestMappedIsCopied: a mapped capture has the packets and the digest of one that is read, in blocks that are given back in any
// order.
func TestMappedIsCopied(t *testing.T) {
	path, packets := large(t)
	b := opened(t, path)
	r, err := capture.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	r.TrackDigest()
	want := r.Digest()

	q := b.Sequence()
	var blocks []*capture.Block
	for i := int64(0); ; i++ {
		blk := &capture.Block{}
		b.Read(i, blk)
		q.Add(blk, nil, nil, func(f *capture.Framing, data []byte, from int, _ uint64, piece *capture.Piece) {
			f.Walk(data, from, piece, func(*capture.Packet, uint32, int) {})
		})
		blocks = append(blocks, blk)
		if blk.Err != nil {
			break
		}
	}
	digest, damage := q.End(blocks[len(blocks)-1].Err)
	if digest != want || damage != nil || q.Packets() != uint64(packets) {
		t.Errorf("digest %s, want %s; %d packets, want %d; %v", digest, want, q.Packets(), packets, damage)
	}
	for i := len(blocks) - 1; i >= 0; i-- {
		blocks[i].Release()
		blocks[i].Release() // twice is once
	}
}

// TestMappedAndCut: a file that is cut while it is mapped ends the capture there, and does not end the program.
func TestMappedAndCut(t *testing.T) {
	path, _ := large(t)
	b := opened(t, path)
	var first, second, later capture.Block
	b.Read(0, &first)
	b.Read(1, &second)
	if len(first.Data) != capture.BlockLen || len(second.Data) != capture.BlockLen {
		t.Fatal("no blocks")
	}
	if err := os.Truncate(path, capture.BlockLen/2); err != nil {
		t.Fatal(err)
	}
	b.Read(2, &later) // in the window that is mapped already
	if later.Err == nil || len(later.Data) > 0 {
		t.Errorf("a block behind the cut has %d bytes and %v", len(later.Data), later.Err)
	}
	fault := func(f func()) (p any) {
		defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
		defer func() { p = recover() }()
		f()
		return nil
	}
	sum := byte(0)
	p := fault(func() {
		for _, c := range second.Data {
			sum += c
		}
	})
	if p == nil || !capture.IsFault(p) {
		t.Errorf("touching what was cut off gives %v, want a fault (sum %d)", p, sum)
	}
	if p := fault(func() { panic("something else") }); capture.IsFault(p) {
		t.Error("any panic is a fault")
	}
}
