package pcapng_test

import (
	"errors"
	"testing"

	"github.com/pcapmill/pcapmill/capture/internal/pcapng"
	"github.com/pcapmill/pcapmill/internal/testcap"
)

// FuzzBlocks reads any file block by block. A block is at least twelve bytes, a
// multiple of four; a packet lies inside its block; one that is short says how
// many bytes it needs, and giving it less than the block is never enough.
func FuzzBlocks(f *testing.F) {
	for _, big := range []bool{false, true} {
		ng := testcap.NG{BigEndian: big}
		ng.Section(testcap.Option{Code: 4, Value: []byte("x")})
		offset := int64(-1)
		ng.Interface(testcap.Interface{LinkType: 1, SnapLen: 4, Resol: testcap.U8(0x94), Offset: &offset})
		ng.Enhanced(0, testcap.Packet{Time: 5e9, Data: []byte("one"), OrigLen: 9}, testcap.Option{Code: 1, Value: []byte("comment")})
		ng.Obsolete(0, testcap.Packet{Data: []byte("two!")})
		ng.Simple(testcap.Packet{Data: []byte("3"), OrigLen: 1})
		ng.Block(0x0bad, []byte("unknown"))
		f.Add(append([]byte{}, ng.Bytes()...))
		ng.BigEndian = !big
		ng.Section()
		ng.Enhanced(0, testcap.Packet{})
		f.Add(append([]byte{}, ng.Bytes()...))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var p pcapng.Parser
		for at := 0; at < len(raw); {
			b := raw[at:]
			before := pcapng.Parser{BigEndian: p.BigEndian, Interfaces: append([]pcapng.Interface{}, p.Interfaces...)}
			var pkt pcapng.Packet
			size, kind, err := p.Next(b, &pkt)
			if errors.Is(err, pcapng.ErrShort) {
				if size <= int64(len(b)) || size > pcapng.MaxKnownBlock {
					t.Fatalf("at %d: %d bytes needed, %d there", at, size, len(b))
				}
				return
			}
			if err != nil {
				if e := pcapng.FormatError(""); !errors.As(err, &e) || len(err.Error()) < 10 {
					t.Fatalf("at %d: error %v of type %T", at, err, err)
				}
				return
			}
			if size < pcapng.MinBlock || size%4 != 0 {
				t.Fatalf("at %d: size %d", at, size)
			}
			if kind == pcapng.TooLong || size > int64(len(b)) {
				return // cut off
			}
			if kind != pcapng.Skip {
				if _, _, err := before.Next(b[:size-1], new(pcapng.Packet)); !errors.Is(err, pcapng.ErrShort) {
					t.Fatalf("at %d: a block of %d bytes with a byte less: %v", at, size, err)
				}
			}
			if kind == pcapng.IsPacket {
				checkPacket(t, &p, b[:size], &pkt)
				room := int(size)
				for _, text := range p.Comments(nil, &pkt) {
					if room -= 4 + len(text); room < 0 {
						t.Fatalf("at %d: comments of more bytes than the block of %d has", at, size)
					}
				}
			}
			at += int(size)
		}
	})
}

func checkPacket(t *testing.T, p *pcapng.Parser, block []byte, pkt *pcapng.Packet) {
	t.Helper()
	if pkt.Interface >= len(p.Interfaces) || pkt.LinkType != p.Interfaces[pkt.Interface].LinkType {
		t.Fatalf("interface %d of %d, link type %d", pkt.Interface, len(p.Interfaces), pkt.LinkType)
	}
	if len(pkt.Data) > len(block)-16 || cap(pkt.Data) != len(pkt.Data) {
		t.Fatalf("%d bytes of data in a block of %d", len(pkt.Data), len(block))
	}
	if len(pkt.Data) == 0 {
		return
	}
	if simple := &pkt.Data[0] == &block[12]; !simple && &pkt.Data[0] != &block[28] {
		t.Fatal("the data stands elsewhere")
	}
}
