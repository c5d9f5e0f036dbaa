package pcapng_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/pcapmill/pcapmill/capture/internal/pcapng"
	"github.com/pcapmill/pcapmill/internal/testcap"
)

// found is a packet and where its block stands.
type found struct {
	at  int
	pkt pcapng.Packet
}

// parse reads blocks to the end of raw, or to what ends the file before.
func parse(t testing.TB, raw []byte) (p pcapng.Parser, packets []found, at int, err error) {
	t.Helper()
	for at < len(raw) {
		var pkt pcapng.Packet
		size, kind, err := p.Next(raw[at:], &pkt)
		if err != nil {
			return p, packets, at, err
		}
		if kind == pcapng.TooLong || size > int64(len(raw)-at) {
			return p, packets, at, pcapng.ErrShort
		}
		if kind == pcapng.IsPacket {
			packets = append(packets, found{at, pkt})
		}
		at += int(size)
	}
	return p, packets, at, nil
}

// TestBytes reads a file that is written out here, so that testcap and pcapng
// cannot be wrong together.
func TestBytes(t *testing.T) {
	raw := []byte{
		0x0a, 0x0d, 0x0d, 0x0a, 0, 0, 0, 28, 0x1a, 0x2b, 0x3c, 0x4d, 0, 1, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 28, // 0 section
		0, 0, 0, 1, 0, 0, 0, 44, 0x01, 0x14, 0, 0, 0, 0, 0, 2, // 28 interface 0: link type 276, snaplen 2
		0, 9, 0, 1, 9, 0, 0, 0, // nanoseconds
		0, 14, 0, 8, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, // one second earlier
		0, 0, 0, 0, 0, 0, 0, 44, // end of options
		0, 0, 0x0b, 0xad, 0, 0, 0, 12, 0, 0, 0, 12, // 72 unknown
		0, 0, 0, 6, 0, 0, 0, 36, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 5, 0, 0, 0, 3, 0, 0, 0, 9, 'a', 'b', 'c', 0, 0, 0, 0, 36, // 84 enhanced
		0, 0, 0, 3, 0, 0, 0, 20, 0, 0, 0, 8, 'd', 'e', 0, 0, 0, 0, 0, 20, // 120 simple
		0, 0, 0, 2, 0, 0, 0, 36, 0, 0, 0xff, 0xff, 0, 0, 0, 0, 0x3b, 0x9a, 0xca, 0x01, 0, 0, 0, 1, 0, 0, 0, 1, 'f', 0, 0, 0, 1, 2, 3, 4, // 140 obsolete, trailer wrong
	}
	p, packets, at, err := parse(t, raw)
	if err != nil || at != len(raw) || !p.BigEndian || len(p.Interfaces) != 1 || p.Interfaces[0].Snaplen != 2 {
		t.Fatalf("%v at %d, parser %+v", err, at, p)
	}
	for i, want := range []struct {
		at       int
		time     int64
		original uint32
		data     string
	}{
		{84, 1<<32 + 5 - 1_000_000_000, 9, "abc"}, {120, 0, 8, "de"}, {140, 1, 1, "f"},
	} {
		got := packets[i]
		if got.at != want.at || got.pkt.Time != want.time || got.pkt.Original != want.original || string(got.pkt.Data) != want.data ||
			got.pkt.LinkType != 276 || cap(got.pkt.Data) != len(got.pkt.Data) {
			t.Errorf("packet %d at %d: %+v, want %+v", i, got.at, got.pkt, want)
		}
	}
}

// TestSections: byte order and interfaces belong to the section.
func TestSections(t *testing.T) {
	var f testcap.NG
	var want []uint16
	for i, big := range []bool{false, true, true, false} {
		f.BigEndian = big
		f.Section(testcap.Option{Code: 3, Value: []byte("an operating system")})
		for n := range i + 2 {
			link := uint16(10*i + n)
			k := f.Interface(testcap.Interface{LinkType: link})
			f.Enhanced(k, testcap.Packet{Data: []byte{byte(n)}})
			f.Obsolete(0, testcap.Packet{Data: []byte("0")})
			f.Simple(testcap.Packet{Data: []byte("0")})
			f.Block(uint32(0x40000000+n), make([]byte, 4*n))
			want = append(want, link, uint16(10*i), uint16(10*i))
		}
	}
	_, packets, _, err := parse(t, f.Bytes())
	if err != nil || len(packets) != len(want) {
		t.Fatalf("%d packets of %d, %v", len(packets), len(want), err)
	}
	for i, got := range packets {
		if got.pkt.LinkType != want[i] {
			t.Errorf("packet %d has link type %d, want %d", i, got.pkt.LinkType, want[i])
		}
	}
}

// TestSimpleLength: a simple packet is cut by the snaplen of interface 0 only.
func TestSimpleLength(t *testing.T) {
	for _, c := range []struct {
		snaplen, original uint32
		room, want        int // want -1: it does not fit
	}{
		{0, 7, 8, 7}, {0, 0, 0, 0}, {100, 7, 8, 7}, {5, 7, 8, 5}, {8, 700, 8, 8}, {0, 9, 8, -1}, {9, 700, 8, -1}, {0, 0xffffffff, 8, -1},
	} {
		var f testcap.NG
		f.Section()
		f.Interface(testcap.Interface{LinkType: 1, SnapLen: c.snaplen})
		f.Interface(testcap.Interface{LinkType: 1, SnapLen: 1})
		body := []byte{byte(c.original), byte(c.original >> 8), byte(c.original >> 16), byte(c.original >> 24)}
		f.Block(3, append(body, make([]byte, c.room)...))
		_, packets, _, err := parse(t, f.Bytes())
		switch {
		case c.want < 0:
			if err == nil {
				t.Errorf("%+v: is taken", c)
			}
		case err != nil || len(packets[0].pkt.Data) != c.want || packets[0].pkt.Original != c.original:
			t.Errorf("%+v: %+v, %v", c, packets, err)
		}
	}
}

// TestShort gives every block of a file one byte more at a time: it asks for
// the header first, then for the whole block, and then it is there.
func TestShort(t *testing.T) {
	var f testcap.NG
	f.Section()
	f.Interface(testcap.Interface{LinkType: 1})
	head := len(f.Bytes())
	f.Enhanced(0, testcap.Packet{Data: []byte("some data")})
	raw := f.Bytes()
	var ready pcapng.Parser
	var pkt pcapng.Packet
	for _, b := range [][]byte{raw, raw[28:]} {
		if _, _, err := ready.Next(b, &pkt); err != nil {
			t.Fatal(err)
		}
	}
	block := raw[head:]
	for n := range block {
		p := ready
		want := int64(len(block))
		if n < 8 {
			want = 8
		}
		if size, _, err := p.Next(block[:n], &pkt); !errors.Is(err, pcapng.ErrShort) || size != want {
			t.Errorf("with %d bytes: %d, %v; want %d", n, size, err, want)
		}
	}
	var fresh pcapng.Parser
	for n := range 12 {
		want := int64(12)
		if n < 8 {
			want = 8
		}
		if size, _, err := fresh.Next(raw[:n], &pkt); !errors.Is(err, pcapng.ErrShort) || size != want {
			t.Errorf("section header with %d bytes: %d, %v; want %d", n, size, err, want)
		}
	}
	if size, kind, err := fresh.Next(raw[:12], &pkt); err != nil || size != 28 || kind != pcapng.Skip {
		t.Errorf("section header: %d, %v, %v", size, kind, err)
	}
	if n := testing.AllocsPerRun(100, func() {
		if _, _, err := ready.Next(block, &pkt); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations a packet", n)
	}
}

// TestSkipped: what is not taken need not be there, whatever its length.
func TestSkipped(t *testing.T) {
	var p pcapng.Parser
	var pkt pcapng.Packet
	for _, c := range []struct {
		kind, length uint32
		want         pcapng.Kind
	}{
		{5, 0xfffffffc, pcapng.Skip},
		{0x0bad, 12, pcapng.Skip},
		{4, 1 << 20, pcapng.Skip},
		{10, 16, pcapng.Skip},
		{6, pcapng.MaxKnownBlock + 4, pcapng.TooLong},
		{1, 0xfffffffc, pcapng.TooLong},
		{3, 0x80000000, pcapng.TooLong},
	} {
		b := []byte{
			byte(c.kind), byte(c.kind >> 8), byte(c.kind >> 16), byte(c.kind >> 24),
			byte(c.length), byte(c.length >> 8), byte(c.length >> 16), byte(c.length >> 24),
		}
		size, kind, err := p.Next(b, &pkt)
		if err != nil || size != int64(c.length) || kind != c.want {
			t.Errorf("%+v: %d, %v, %v", c, size, kind, err)
		}
	}
	if !pcapng.Sniff([]byte{0x0a, 0x0d, 0x0d, 0x0a}) || pcapng.Sniff([]byte{0x0a, 0x0d, 0x0d}) || pcapng.Sniff(bytes.Repeat([]byte{0x0a}, 4)) {
		t.Error("Sniff")
	}
}
