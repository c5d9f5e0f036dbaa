package header_test

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"github.com/pcapmill/pcapmill/header"
	"github.com/pcapmill/pcapmill/internal/draw"
	"github.com/pcapmill/pcapmill/internal/testcap"
	"github.com/pcapmill/pcapmill/internal/twin"
)

// TestEveryLinkType: of all 65,536 numbers, the product decodes those that the twin
// decodes, without a packet and with random ones.
func TestEveryLinkType(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	packet := build(eth, v4, udp, hi)
	known := 0
	for n := range 1 << 16 {
		link := uint16(n)
		var random [64]byte
		for i := range random {
			random[i] = byte(r.Uint32())
		}
		random[r.IntN(20)] = 0x45
		check(t, link, random[:r.IntN(64)])
		check(t, link, packet)
		if check(t, link, nil).Reason != header.UnsupportedLink {
			known++
		}
	}
	if known != len(testcap.LinkTypes()) {
		t.Errorf("%d link types are decodable, testcap builds %d", known, len(testcap.LinkTypes()))
	}
}

// visited is where LinkType.Addresses finds addresses.
func visited(link uint16, data []byte) map[int]int {
	at := map[int]int{}
	header.LinkType(link).Addresses(data, func(offset, length int) { at[offset] = length })
	return at
}

// TestNoLinkTypeIsBlind: wherever a MAC address stands in a link header, it is
// visited: also where the packet is cut behind it, and for packets that are left
// out. Nothing is visited that was not captured.
func TestNoLinkTypeIsBlind(t *testing.T) {
	src, dst := [6]byte{0x82, 0x91, 0xa2, 0xb3, 0xc4, 0xd5}, [6]byte{0x92, 0x81, 0xb2, 0xa3, 0xd4, 0xc5}
	inner := testcap.PBB{Src: [6]byte{0x86, 0x91, 0xa2, 0xb3, 0xc4, 0xd5}, Dst: [6]byte{0x96, 0x81, 0xb2, 0xa3, 0xd4, 0xc5}}
	seen := 0
	for _, link := range testcap.LinkTypes() {
		for variant := range 6 {
			outer, _ := testcap.LinkVariant(link, variant, src, dst)
			packets := [][]byte{build(append(outer, v4, tcp, hi)...), build(append(outer, testcap.ARP{Src: v4.Src, Dst: v4.Dst})...)}
			if link == testcap.Ethernet || link == testcap.LinuxSLL || link == testcap.CHDLC || link == testcap.MarvellEDSA {
				packets = append(packets, build(append(outer, testcap.VLAN{}, inner, testcap.BRTag{}, inner, v4, tcp, hi)...))
			}
			for _, data := range packets {
				for n := range len(data) + 1 {
					at := visited(link, data[:n])
					for _, mac := range [][6]byte{src, dst, inner.Src, inner.Dst} {
						for i := range n - 5 {
							if n >= 6 && bytes.Equal(data[i:i+6], mac[:]) && at[i] != 6 && whole(link, data, n) {
								t.Fatalf("%v variant %d, %d bytes: the address at %d is not visited: %v\n% x", header.LinkType(link), variant, n, i, at, data)
							}
						}
					}
					for i, length := range at {
						if i < 0 || i+length > n {
							t.Fatalf("%v variant %d, %d bytes: %d bytes at %d are visited", header.LinkType(link), variant, n, length, i)
						}
						seen++
					}
				}
			}
		}
	}
	if seen == 0 {
		t.Error("nothing was visited")
	}
}

// whole reports whether a packet cut at n bytes still has its link header: where an
// address stands can hang on what is behind it.
func whole(link uint16, data []byte, n int) bool {
	if link == testcap.Ethernet {
		return true
	}
	s := decode(link, data)
	return s.Reason != header.OK && n == len(data) || s.Reason == header.OK && n >= s.Network
}

// TestPFLOGAddresses: the addresses from before a translation that newer pf logs
// hold.
func TestPFLOGAddresses(t *testing.T) {
	data := build(testcap.PFLOGHeader{Length: 100, Src: []byte{192, 0, 2, 77}, Dst: []byte{192, 0, 2, 78}}, v4, tcp, hi)
	if at := visited(testcap.PFLOG, data); len(at) != 2 || at[64] != 4 || at[80] != 4 {
		t.Errorf("%v", at)
	}
	data = build(testcap.PFLOGHeader{Length: 100}, v6, tcp, hi)
	if at := visited(testcap.PFLOG, data); len(at) != 2 || at[64] != 16 || at[80] != 16 {
		t.Errorf("%v", at)
	}
	if at := visited(testcap.PFLOG, build(testcap.PFLOGHeader{}, v4, tcp)); len(at) != 0 {
		t.Errorf("a header of 61 bytes has %v", at)
	}
}

// TestIPoIBAddresses: GIDs, in both layouts of the 40 bytes.
func TestIPoIBAddresses(t *testing.T) {
	if at := visited(testcap.IPoIB, build(testcap.IPoIBHeader{}, v4, tcp, hi)); len(at) != 3 || at[4] != 16 || at[8] != 16 || at[24] != 16 {
		t.Errorf("%v", at)
	}
}

// optionsOf is where the layout of an Ethernet packet finds addresses in options.
func optionsOf(t *testing.T, data []byte) (at []int) {
	t.Helper()
	s := check(t, testcap.Ethernet, data)
	if s.Reason != header.OK {
		t.Fatalf("%+v", s)
	}
	l := s.Layout(0, true)
	l.OptionAddresses(data, func(offset int) { at = append(at, offset-s.Network) })
	if len(at) > 0 && !l.HasOptions() {
		t.Error("addresses in options that are not there")
	}
	return at
}

// TestOptionAddresses reads options that are written out byte by byte. Offsets
// count from the IP header.
func TestOptionAddresses(t *testing.T) {
	addr := func(n int) []byte { return bytes.Repeat([]byte{0xdd}, n) }
	join := func(parts ...[]byte) (b []byte) {
		for _, p := range parts {
			b = append(b, p...)
		}
		return b
	}
	for name, c := range map[string]struct {
		options []byte // padded with zeros
		want    []int
	}{
		"none":                            {nil, nil},
		"record route, three slots":       {join([]byte{7, 15, 8}, addr(12)), []int{23, 27, 31}},
		"slots in front of the pointer":   {join([]byte{7, 11, 16}, addr(8)), []int{23, 27}},
		"loose source route":              {join([]byte{131, 7, 4}, addr(4)), []int{23}},
		"strict source route behind noop": {join([]byte{1, 1, 137, 7, 4}, addr(4)), []int{25}},
		"half a slot":                     {join([]byte{7, 9, 4}, addr(6)), []int{23}},
		"timestamp with addresses":        {join([]byte{68, 20, 5, 0x01}, addr(16)), []int{24, 32}},
		"timestamp, prespecified":         {join([]byte{68, 12, 5, 0xf3}, addr(8)), []int{24}},
		"timestamp, half a pair":          {join([]byte{68, 16, 5, 3}, addr(12)), []int{24, 32}},
		"timestamps only":                 {join([]byte{68, 12, 5, 0}, addr(8)), nil},
		"timestamp of three bytes":        {[]byte{68, 3, 5, 1}, nil},
		"behind the end of the list":      {join([]byte{0, 7, 7, 4}, addr(4)), nil},
		"two":                             {join([]byte{7, 7, 4}, addr(4), []byte{131, 7, 4}, addr(4)), []int{23, 30}},
		"another option in front":         {join([]byte{148, 4, 0, 0, 7, 7, 4}, addr(4)), []int{27}},
		"longer than the header":          {join([]byte{7, 40, 4}, addr(9)), nil},
		"of length one":                   {join([]byte{7, 1, 7, 7, 4}, addr(4)), nil},
		"of length two":                   {join([]byte{7, 2, 7, 7, 4}, addr(4)), []int{25}},
		"length cut off":                  {[]byte{1, 1, 1, 7}, nil},
	} {
		for len(c.options)%4 != 0 {
			c.options = append(c.options, 0)
		}
		data := build(eth, ip4(func(p *testcap.IPv4) { p.Options = c.options }), udp, hi)
		if have := optionsOf(t, data); !equal(have, c.want) {
			t.Errorf("IPv4, %s: %v, want %v", name, have, c.want)
		}
	}
	routing := func(kind, last byte, n int) testcap.Ext {
		return testcap.Ext{Kind: 43, Body: join([]byte{kind, 1, last, 0, 0, 0}, addr(n))}
	}
	for name, c := range map[string]struct {
		ext  []testcap.Layer
		want []int
	}{
		"none":                         {nil, nil},
		"type 0":                       {[]testcap.Layer{routing(0, 0, 32)}, []int{48, 64}},
		"type 2":                       {[]testcap.Layer{routing(2, 0, 16)}, []int{48}},
		"type 4":                       {[]testcap.Layer{routing(4, 1, 32)}, []int{48, 64}},
		"type 4 with an option behind": {[]testcap.Layer{routing(4, 0, 32)}, []int{48}},
		"type 4, last entry lies":      {[]testcap.Layer{routing(4, 200, 32)}, []int{48, 64}},
		"type 3":                       {[]testcap.Layer{routing(3, 0, 32)}, nil},
		"half an address":              {[]testcap.Layer{routing(0, 0, 24)}, []int{48}},
		"home address":                 {[]testcap.Layer{testcap.Ext{Kind: 60, Body: join([]byte{0, 1, 2, 0, 0, 201, 16}, addr(16))}}, []int{49}},
		"home address cut off":         {[]testcap.Layer{testcap.Ext{Kind: 60, Body: join([]byte{201, 30}, addr(20))}}, nil},
		"hop-by-hop, fragment, authentication, routing": {
			[]testcap.Layer{testcap.Ext{Kind: 0}, testcap.Frag6{}, testcap.Ext{Kind: 51, Body: make([]byte, 14)}, routing(0, 0, 16)}, []int{40 + 8 + 8 + 16 + 8},
		},
		"in payload": {nil, nil},
	} {
		data := build(append(append([]testcap.Layer{eth, v6}, c.ext...), tcp, testcap.Payload(addr(40)))...)
		if have := optionsOf(t, data); !equal(have, c.want) {
			t.Errorf("IPv6, %s: %v, want %v", name, have, c.want)
		}
	}
}

func equal(a, b []int) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// TestLayout: it says what the Stack says; of a packet that is left out it is zero.
func TestLayout(t *testing.T) {
	draw.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewPCG(draw.Seed().Draw(t, "seed"), 3))
		for _, p := range testcap.Random(r, testcap.Options{Mixed: true, Sessions: 4, Payload: 30}).Packets {
			var s header.Stack
			header.Decode(header.LinkType(p.LinkType), p.Data, p.OrigLen, &s)
			at, lower := r.Int64()-r.Int64(), r.IntN(2) == 0
			l := s.Layout(at, lower)
			if s.Reason != header.OK {
				if l != (header.Layout{}) {
					t.Fatalf("%+v has the layout %+v", s, l)
				}
				continue
			}
			address, length := l.Addresses()
			want := twin.Decode(p.LinkType, p.Data, int(p.OrigLen))
			switch {
			case l.Network() != s.Network || l.Transport() != s.Transport || l.Payload() != s.Payload || l.End() != s.End,
				l.PayloadLen() != s.PayloadLen || l.PayloadLen() != want.AnnEnd-want.Payload,
				l.IsIPv6() != (s.Version == 6) || l.IsUDP() != (s.Proto == header.UDP) || l.IsEthernet() != (p.LinkType == testcap.Ethernet),
				l.Time() != at || l.FromLower() != lower,
				!bytes.Equal(p.Data[address:address+length], want.Src.AsSlice()),
				l.HasOptions() != (s.Transport-s.Network != map[uint8]int{4: 20, 6: 40}[s.Version]):
				t.Fatalf("%+v has the layout %+v, time %d, address at %d", s, l, l.Time(), address)
			}
		}
	})
}

// TestInnerMACs of PBB are visited, in any number, and only of Ethernet.
func TestInnerMACs(t *testing.T) {
	for link, outer := range map[uint16][]testcap.Layer{testcap.Ethernet: {eth}, testcap.LinuxSLL: {testcap.SLL{}}} {
		data := build(append(outer, testcap.VLAN{}, testcap.PBB{Src: macA, Dst: macB}, testcap.PBB{}, testcap.LLC{SNAP: true}, v4, udp, hi)...)
		s := check(t, link, data)
		l := s.Layout(0, true)
		var at []int
		l.InnerMACs(data, func(offset int) { at = append(at, offset) })
		want := map[uint16][]int{testcap.Ethernet: {22, 28, 40, 46}}[link]
		if s.Reason != header.OK || !equal(at, want) {
			t.Errorf("link type %d: %v, want %v (%+v)", link, at, want, s)
		}
	}
}
