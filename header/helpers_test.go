package header_test

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"

	"github.com/pcapmill/pcapmill/header"
	"github.com/pcapmill/pcapmill/internal/testcap"
	"github.com/pcapmill/pcapmill/internal/twin"
)

// Layers that the tests build packets of.
var (
	macA, macB = [6]byte{2, 0, 0, 0, 0, 1}, [6]byte{2, 0, 0, 0, 0, 2}
	eth        = testcap.Eth{Src: macA, Dst: macB}
	v4         = testcap.IPv4{Src: netip.MustParseAddr("192.0.2.1"), Dst: netip.MustParseAddr("198.51.100.2")}
	v6         = testcap.IPv6{Src: netip.MustParseAddr("2001:db8::1"), Dst: netip.MustParseAddr("2001:db8::2")}
	tcp        = testcap.TCP{SrcPort: 40000, DstPort: 443}
	udp        = testcap.UDP{SrcPort: 40000, DstPort: 5001}
	hi         = testcap.Payload("hi")
)

func build(layers ...testcap.Layer) []byte { return testcap.Build(layers...) }

func decode(link uint16, data []byte) header.Stack {
	var s header.Stack
	header.Decode(header.LinkType(link), data, uint32(len(data)), &s)
	return s
}

// check decodes a packet, holds the result to what every result must keep, and
// to the twin's.
func check(t testing.TB, link uint16, data []byte) header.Stack {
	t.Helper()
	s := decode(link, data)
	if d := lawless(link, len(data), &s); d != "" {
		t.Fatalf("link type %d: %s: %+v\n% x", link, d, s, data)
	}
	if d := differ(s, twin.Decode(link, data, len(data))); d != "" {
		t.Fatalf("link type %d: %s\n% x", link, d, data)
	}
	if d := astray(link, data, &s); d != "" {
		t.Fatalf("link type %d: %s: %+v\n% x", link, d, s, data)
	}
	return s
}

// astray says which address or inner packet is found outside of where it can stand;
// "" if none.
func astray(link uint16, data []byte, s *header.Stack) (wrong string) {
	header.LinkType(link).Addresses(data, func(at, length int) {
		if at < 0 || at+length > len(data) || s.Reason == header.OK && at+length > s.Network && link != testcap.NFLOG {
			wrong = fmt.Sprintf("a link address of %d bytes at %d", length, at)
		}
	})
	if _, at, ok := s.Tunnel(data); ok && (at <= s.Payload || at >= s.End) {
		wrong = fmt.Sprintf("a packet inside at %d", at)
	}
	l := s.Layout(0, true)
	if s.Reason != header.OK {
		return wrong
	}
	_, length := l.Addresses()
	last := s.Network + map[uint8]int{4: 20, 6: 40}[s.Version]
	l.OptionAddresses(data, func(at int) {
		if at < last || at+length > s.Transport {
			wrong = fmt.Sprintf("an address in options at %d", at)
		}
		last = at + length
	})
	last = 12
	l.InnerMACs(data, func(at int) {
		if at < last || at+6 > s.Network {
			wrong = fmt.Sprintf("a MAC address at %d", at)
		}
		last = at + 6
	})
	return wrong
}

// lawless says which law of Stack a result breaks; "" if none.
func lawless(link uint16, captured int, s *header.Stack) string {
	switch {
	case uint16(s.Link) != link:
		return "another link type"
	case s.Reason > header.NotTCPUDP:
		return "a reason that is not Decode's"
	case s.Reason != header.OK && (s.At < 0 || s.At > captured):
		return "stopped outside"
	case s.Version != 0 && (s.Network < 0 || s.Network > captured):
		return "network header outside"
	case s.Reason != header.OK:
		return ""
	case s.Version != 4 && s.Version != 6, s.Proto != header.TCP && s.Proto != header.UDP:
		return "neither version nor protocol"
	case s.Network < 0 || s.Network+20 > s.Transport || s.Transport+8 > s.Payload || s.Payload > s.End || s.End > captured:
		return "offsets out of order"
	case s.PayloadLen < s.End-s.Payload:
		return "payload shorter than what is there"
	}
	return ""
}

// differ says where a result departs from the twin's; "" if it does not.
func differ(s header.Stack, want twin.Headers) string {
	reason := s.Reason.String()
	if s.Reason == header.OK {
		reason = ""
	}
	if reason != want.Reason {
		return fmt.Sprintf("%+v, the twin says %q", s, want.Reason)
	}
	if reason != "" {
		return ""
	}
	got := twin.Headers{
		IP: s.Network, Version: int(s.Version), Protocol: int(s.Proto), Src: want.Src, Dst: want.Dst,
		Transport: s.Transport, SrcPort: s.SrcPort, DstPort: s.DstPort, Payload: s.Payload, End: s.End, AnnEnd: s.Payload + s.PayloadLen,
	}
	if got != want {
		return fmt.Sprintf("%+v, the twin says %+v", got, want)
	}
	return ""
}

// carriers are all ways from a link header to an IP header, by name.
func carriers() map[string]struct {
	link   uint16
	layers []testcap.Layer
} {
	all := map[string]struct {
		link   uint16
		layers []testcap.Layer
	}{}
	add := func(name string, link uint16, layers ...testcap.Layer) {
		all[name] = struct {
			link   uint16
			layers []testcap.Layer
		}{link, layers}
	}
	for _, link := range testcap.LinkTypes() {
		for variant := range 6 {
			layers, _ := testcap.LinkVariant(link, variant, macA, macB)
			add(fmt.Sprintf("%v variant %d", header.LinkType(link), variant), link, layers...)
		}
	}
	for _, tpid := range []uint16{0x8100, 0x88a8, 0x9100, 0x9200} {
		add(fmt.Sprintf("VLAN %x", tpid), testcap.Ethernet, eth, testcap.VLAN{TPID: tpid, ID: 7})
		add(fmt.Sprintf("VLAN %x in SLL", tpid), testcap.LinuxSLL, testcap.SLL{}, testcap.VLAN{TPID: tpid})
	}
	add("five VLANs", testcap.Ethernet, eth, testcap.VLAN{}, testcap.VLAN{TPID: 0x88a8}, testcap.VLAN{TPID: 0x9100}, testcap.VLAN{}, testcap.VLAN{})
	add("PPPoE", testcap.Ethernet, eth, testcap.PPPoE{Session: 9})
	add("PPPoE short, lying", testcap.Ethernet, eth, testcap.PPPoE{Short: true, Code: 9, Length: testcap.U16(1)})
	add("MPLS", testcap.Ethernet, eth, testcap.MPLS{Label: 17})
	add("MPLS multicast", testcap.Ethernet, testcap.Eth{Type: testcap.U16(0x8848)}, testcap.MPLS{Label: 17}, testcap.MPLS{Label: 3}, testcap.MPLS{})
	add("VLAN PPPoE MPLS", testcap.Ethernet, eth, testcap.VLAN{}, testcap.PPPoE{}, testcap.MPLS{}, testcap.MPLS{})
	add("PPP MPLS multicast", testcap.PPP, testcap.PPPHeader{Proto: testcap.U16(0x0283)}, testcap.MPLS{})
	add("C-HDLC VLAN MPLS", testcap.CHDLC, testcap.CiscoHDLC{}, testcap.VLAN{}, testcap.MPLS{})
	add("802.11 VLAN", testcap.Dot11, testcap.Wifi{}, testcap.VLAN{})
	for name, tag := range map[string]testcap.Layer{
		"VN-Tag": testcap.VNTag{}, "HSR": testcap.HSR{}, "Cisco metadata": testcap.CiscoMeta{}, "802.1BR": testcap.BRTag{},
		"PBB": testcap.PBB{Src: macA, Dst: macB}, "LLC": testcap.LLC{SNAP: true},
	} {
		add(name, testcap.Ethernet, eth, tag)
		add(name+" between VLANs", testcap.Ethernet, eth, testcap.VLAN{TPID: 0x88a8}, tag, testcap.VLAN{})
		add(name+" in SLL", testcap.LinuxSLL, testcap.SLL{Type: typeOf(tag)}, tag)
		add(name+" in PBB", testcap.Ethernet, eth, testcap.PBB{}, tag)
	}
	add("Frame Relay, padding", testcap.FrameRelay, testcap.FrameRelayHeader{Address: 3, Pad: true})
	add("Frame Relay, Cisco, VLAN", testcap.FrameRelay, testcap.FrameRelayHeader{Cisco: true}, testcap.VLAN{})
	add("Frame Relay, SNAP, MPLS", testcap.FrameRelay, testcap.FrameRelayHeader{Address: 4, SNAP: true}, testcap.MPLS{})
	add("Frame Relay, PPP, MPLS", testcap.FrameRelay, testcap.FrameRelayHeader{}, testcap.PPPHeader{NoAddress: true}, testcap.MPLS{})
	add("ERF of Cisco HDLC", testcap.ERF, testcap.ERFHeader{Type: 10, Extensions: 1}, testcap.CiscoHDLC{})
	add("ERF of IPv4", testcap.ERF, testcap.ERFHeader{Type: 22})
	add("PKTAP of SLL", testcap.PKTAP, testcap.PKTAPHeader{DLT: testcap.LinuxSLL, Longer: 3}, testcap.SLL{})
	add("PPI of Prism", testcap.PPI, testcap.PPIHeader{DLT: testcap.Prism}, testcap.PrismHeader{}, testcap.Wifi{})
	add("PPI SLL", testcap.PPI, testcap.PPIHeader{DLT: testcap.LinuxSLL, Fields: []byte{1, 2, 3, 4}}, testcap.SLL{})
	return all
}

// typeOf is 4, LLC, for an LLC header in a Linux cooked packet; else nil.
func typeOf(l testcap.Layer) *uint16 {
	if _, ok := l.(testcap.LLC); ok {
		return testcap.U16(4)
	}
	return nil
}

// names of carriers in a fixed order.
func names[V any](m map[string]V) []string {
	var out []string
	for name := range m {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}
