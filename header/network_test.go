package header_test

import (
	"bytes"
	"testing"

	"github.com/pcapmill/pcapmill/header"
	"github.com/pcapmill/pcapmill/internal/testcap"
	"github.com/pcapmill/pcapmill/internal/twin"
)

// ip4 and ip6 are the headers with a change.
func ip4(change func(*testcap.IPv4)) testcap.IPv4 {
	p := v4
	change(&p)
	return p
}

func ip6(change func(*testcap.IPv6)) testcap.IPv6 {
	p := v6
	change(&p)
	return p
}

// TestEnd: where a packet ends by its length field, by what was captured, and
// with a length field of zero; and how long its payload is by that.
func TestEnd(t *testing.T) {
	next := func(header uint8) testcap.IPv6 {
		return ip6(func(p *testcap.IPv6) { p.NextHeader = testcap.U8(header) })
	}
	for name, c := range map[string]struct {
		data            []byte
		end, payloadLen int // end behind the start of the payload
	}{
		"IPv4":                       {build(eth, v4, tcp, hi), 2, 2},
		"IPv4 with trailer":          {build(eth, v4, udp, hi, testcap.Trailer(18)), 2, 2},
		"IPv4 control with trailer":  {build(eth, v4, tcp, testcap.Trailer(6)), 0, 0},
		"IPv4 snapped":               {build(eth, v4, tcp, testcap.Payload(make([]byte, 100)))[:14+20+20+30], 30, 100},
		"IPv4 snapped, no payload":   {build(eth, v4, tcp, testcap.Payload(make([]byte, 100)))[:14+20+20], 0, 100},
		"IPv4 length 0":              {build(eth, ip4(func(p *testcap.IPv4) { p.Length = testcap.U16(0) }), tcp, hi, testcap.Trailer(4)), 6, 6},
		"IPv4 length 0, nothing":     {build(eth, ip4(func(p *testcap.IPv4) { p.Length = testcap.U16(0) }), tcp), 0, 0},
		"IPv4 length 60000":          {build(eth, ip4(func(p *testcap.IPv4) { p.Length = testcap.U16(60000) }), udp, hi), 2, 60000 - 28},
		"IPv4 length of the headers": {build(eth, ip4(func(p *testcap.IPv4) { p.Length = testcap.U16(40) }), tcp, hi), 0, 0},
		"IPv4 first fragment":        {build(eth, ip4(func(p *testcap.IPv4) { p.MoreFragments = true }), tcp, hi), 2, 2},
		"IPv4 do not fragment":       {build(eth, ip4(func(p *testcap.IPv4) { p.DontFragment = true }), tcp, hi), 2, 2},
		"IPv4 with 40 of options":    {build(eth, ip4(func(p *testcap.IPv4) { p.Options = make([]byte, 40) }), tcp, hi), 2, 2},
		"TCP with 40 of options":     {build(eth, v4, testcap.TCP{Options: make([]byte, 40)}, hi), 2, 2},
		"UDP length lies":            {build(eth, v4, testcap.UDP{Length: testcap.U16(3)}, hi), 2, 2},
		"UDP length 0":               {build(eth, v4, testcap.UDP{Length: testcap.U16(0)}, hi), 2, 2},
		"IPv6":                       {build(eth, v6, tcp, hi), 2, 2},
		"IPv6 with trailer":          {build(eth, v6, udp, hi, testcap.Trailer(3)), 2, 2},
		"IPv6 snapped":               {build(eth, v6, udp, testcap.Payload(make([]byte, 50)))[:14+40+8+1], 1, 50},
		"IPv6 length 0":              {build(eth, ip6(func(p *testcap.IPv6) { p.Length = testcap.U16(0) }), tcp, hi, testcap.Trailer(4)), 6, 6},
		"IPv6 length 65535":          {build(eth, ip6(func(p *testcap.IPv6) { p.Length = testcap.U16(65535) }), udp, hi), 2, 65527},
		"IPv6 hop-by-hop":            {build(eth, v6, testcap.Ext{Kind: 0}, tcp, hi), 2, 2},
		"IPv6 routing":               {build(eth, v6, testcap.Ext{Kind: 43, Body: make([]byte, 22)}, tcp, hi), 2, 2},
		"IPv6 destination":           {build(eth, v6, testcap.Ext{Kind: 60, Body: make([]byte, 100)}, tcp, hi), 2, 2},
		"IPv6 authentication":        {build(eth, v6, testcap.Ext{Kind: 51, Body: make([]byte, 22)}, tcp, hi), 2, 2},
		"IPv6 authentication of 8":   {build(eth, next(51), testcap.Payload{17, 0, 0, 0, 0, 0, 0, 1}, testcap.Payload(build(udp)), hi), 2, 2},
		"IPv6 first fragment":        {build(eth, v6, testcap.Frag6{More: true}, tcp, hi), 2, 2},
		"IPv6 atomic fragment":       {build(eth, v6, testcap.Frag6{}, udp, hi), 2, 2},
		"IPv6 all, twice": {build(eth, v6, testcap.Ext{Kind: 60}, testcap.Ext{Kind: 0}, testcap.Ext{Kind: 43}, testcap.Frag6{}, testcap.Ext{Kind: 51}, testcap.Ext{Kind: 60},
			testcap.Ext{Kind: 0}, testcap.Frag6{More: true}, testcap.Ext{Kind: 51}, udp, hi, testcap.Trailer(2)), 2, 2},
		"fragment header, low bits": {build(eth, next(44), testcap.Payload{17, 0xff, 0, 7, 1, 2, 3, 4}, testcap.Payload(build(udp)), hi), 2, 2}, // they are no offset
	} {
		s := check(t, testcap.Ethernet, c.data)
		if s.Reason != header.OK || s.End-s.Payload != c.end || s.PayloadLen != c.payloadLen {
			t.Errorf("%s: %+v, want %d bytes of %d", name, s, c.end, c.payloadLen)
		}
	}
}

// TestReasons: headers that are no session's, and headers that lie.
func TestReasons(t *testing.T) {
	i4 := func(f func(*testcap.IPv4), inner ...testcap.Layer) []byte {
		return build(append([]testcap.Layer{eth, ip4(f)}, inner...)...)
	}
	i6 := func(inner ...testcap.Layer) []byte { return build(append([]testcap.Layer{eth, v6}, inner...)...) }
	long := testcap.Payload(make([]byte, 30))
	for reason, packets := range map[header.Reason][][]byte{
		header.Fragment: {
			i4(func(p *testcap.IPv4) { p.FragOffset, p.Proto = 1, testcap.U8(6) }, hi),
			i4(func(p *testcap.IPv4) { p.FragOffset, p.MoreFragments, p.Proto = 0x1fff, true, testcap.U8(17) }, long),
			i4(func(p *testcap.IPv4) { p.FragOffset, p.Proto = 7, testcap.U8(1) }), // of any protocol
			i6(testcap.Frag6{Offset: 1}, udp), i6(testcap.Ext{Kind: 60}, testcap.Frag6{Offset: 0x1fff, NextHeader: testcap.U8(58)}, hi),
		},
		header.NotTCPUDP: {
			build(eth, v4, testcap.ICMP{}), i6(testcap.ICMP{}), i6(), build(eth, v4, v4, tcp), build(eth, v4, v6, tcp), i6(v4, udp), i6(v6, udp),
			i4(func(p *testcap.IPv4) { p.Proto = testcap.U8(51) }, long), i4(func(p *testcap.IPv4) { p.Proto = testcap.U8(44) }, tcp),
			i4(func(p *testcap.IPv4) { p.Proto = testcap.U8(47) }), i6(testcap.Ext{Kind: 60, NextHeader: testcap.U8(135)}, long), i6(testcap.Ext{Kind: 0, NextHeader: testcap.U8(50)}),
			i4(func(p *testcap.IPv4) { p.Length, p.Proto = testcap.U16(20), testcap.U8(132) }), i6(testcap.Frag6{NextHeader: testcap.U8(132)}),
		},
		header.Malformed: {
			i4(func(p *testcap.IPv4) { p.Version = testcap.U8(5) }, tcp, hi), i4(func(p *testcap.IPv4) { p.IHL = testcap.U8(4) }, tcp, hi),
			i4(func(p *testcap.IPv4) { p.IHL = testcap.U8(15) }, udp, hi), i4(func(p *testcap.IPv4) { p.Length = testcap.U16(19) }, tcp, hi),
			i4(func(p *testcap.IPv4) { p.Length, p.Options = testcap.U16(20), make([]byte, 4) }, udp, hi),
			i4(func(p *testcap.IPv4) { p.Length = testcap.U16(39) }, tcp, hi), i4(func(p *testcap.IPv4) { p.Length = testcap.U16(27) }, udp, hi),
			i4(func(p *testcap.IPv4) { p.Length, p.FragOffset = testcap.U16(19), 1 }, hi), i4(func(p *testcap.IPv4) { p.Length = testcap.U16(1) }, testcap.ICMP{}),
			build(eth, v4, testcap.TCP{DataOffset: testcap.U8(4)}, long), build(eth, v4, testcap.TCP{DataOffset: testcap.U8(0)}, long),
			build(eth, v4, testcap.TCP{DataOffset: testcap.U8(6)}, testcap.Trailer(40)), build(eth, v4, testcap.TCP{DataOffset: testcap.U8(15)}, hi),
			build(eth, ip6(func(p *testcap.IPv6) { p.Version = testcap.U8(4) }), udp, hi), build(eth, ip6(func(p *testcap.IPv6) { p.Length = testcap.U16(7) }), udp, hi),
			build(eth, ip6(func(p *testcap.IPv6) { p.Length = testcap.U16(7) }), testcap.Ext{Kind: 0}, udp), i6(testcap.Ext{Kind: 0, Length: testcap.U8(200)}, udp, hi),
			i6(testcap.Ext{Kind: 51, Length: testcap.U8(200)}, udp, hi), i6(testcap.Ext{Kind: 43, Length: testcap.U8(2)}, udp, testcap.Trailer(40)),
			build(eth, ip6(func(p *testcap.IPv6) { p.NextHeader = testcap.U8(44) }), testcap.Payload{6, 0, 0, 8, 0, 0, 0}),
			build(eth, ip6(func(p *testcap.IPv6) { p.NextHeader = testcap.U8(60) })), i6(testcap.Frag6{NextHeader: testcap.U8(6)}, hi),
		},
	} {
		for i, data := range packets {
			s := check(t, testcap.Ethernet, data)
			if s.Reason != reason {
				t.Errorf("packet %d: %+v, want %v\n% x", i, s, reason, data)
			}
			if s.Network != 14 || s.Version == 0 || s.At < 14 {
				t.Errorf("packet %d: %+v, want the network header at 14", i, s)
			}
		}
	}
}

// TestNothingIsKept: a Stack may be used again, whatever stood in it, and the
// packet is not touched.
func TestNothingIsKept(t *testing.T) {
	data := build(eth, v4, udp, hi)
	before := bytes.Clone(data)
	var used header.Stack
	header.Decode(1, data, uint32(len(data)), &used)
	fresh := used
	header.Decode(189, data, 0, &used)
	if want := (header.Stack{Link: 189, Reason: header.UnsupportedLink}); used != want {
		t.Errorf("%+v, want %+v", used, want)
	}
	header.Decode(1, data, uint32(len(data)), &used)
	if used != fresh || !bytes.Equal(data, before) {
		t.Errorf("%+v, want %+v", used, fresh)
	}
}

// TestNoAllocations: for no link type, whole or cut.
func TestNoAllocations(t *testing.T) {
	var packets [][]byte
	var links []uint16
	all := carriers()
	for _, name := range names(all) {
		data := build(append(append([]testcap.Layer{}, all[name].layers...), v6, testcap.Ext{Kind: 0}, tcp, hi)...)
		packets, links = append(packets, data, data[:len(data)/2]), append(links, all[name].link, all[name].link)
	}
	var s header.Stack
	sum := 0
	if n := testing.AllocsPerRun(5, func() {
		for i, data := range packets {
			header.Decode(header.LinkType(links[i]), data, uint32(len(data)), &s)
			sum += int(header.DropDefault.Reason(&s))
		}
	}); n != 0 {
		t.Errorf("%v allocations for %d packets", n, len(packets))
	}
}

// TestLengthZeroOnTheWire: a packet whose length field is zero ends with its last
// captured byte; its payload's length on the wire goes by the original length, or
// by what an NFLOG attribute says.
func TestLengthZeroOnTheWire(t *testing.T) {
	none4, none6 := ip4(func(p *testcap.IPv4) { p.Length = testcap.U16(0) }), ip6(func(p *testcap.IPv6) { p.Length = testcap.U16(0) })
	big := testcap.Payload(make([]byte, 2000))
	for name, c := range map[string]struct {
		link     uint16
		data     []byte
		cut      int
		original uint32
		end, len int // behind the start of the payload
		drop     header.Reason
	}{
		"segment, snapped":       {1, build(eth, none4, tcp, big), 54, 2054, 0, 2000, header.OK},
		"segment, IPv6, snapped": {1, build(eth, none6, tcp, big), 80, 2074, 6, 2000, header.OK},
		"behind ERF":             {197, build(testcap.ERFHeader{}, eth, none4, tcp, big), 72, 2072, 0, 2000, header.OK},
		"control":                {1, build(eth, none4, tcp), 54, 54, 0, 0, header.TCPControl},
		"original too short":     {1, build(eth, none4, tcp, hi), 56, 10, 2, 2, header.OK},
		"in NFLOG, snapped":      {239, build(testcap.NFLOGHeader{}, none4, tcp, big), 72 + 20, 2100, 0, 2000, header.OK},
		"with a length field":    {1, build(eth, v4, tcp), 54, 2054, 0, 0, header.TCPControl},
	} {
		data := c.data[:c.cut]
		if c.link == testcap.NFLOG {
			whole := decode(c.link, c.data)
			data = c.data[:whole.Payload]
		}
		var s header.Stack
		header.Decode(header.LinkType(c.link), data, c.original, &s)
		want := twin.Decode(c.link, data, int(c.original))
		if s.Reason != header.OK || s.End-s.Payload != c.end || s.PayloadLen != c.len || header.DropDefault.Reason(&s) != c.drop {
			t.Errorf("%s: %+v, want %d bytes of %d, %v", name, s, c.end, c.len, c.drop)
		}
		if d := differ(s, want); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}
