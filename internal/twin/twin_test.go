package twin_test

import (
	"encoding/hex"
	"net/netip"
	"reflect"
	"strings"
	"testing"

	"github.com/pcapmill/pcapmill/internal/testcap"
	"github.com/pcapmill/pcapmill/internal/twin"
)

var (
	addrA, addrB = netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("198.51.100.2")
	addrC, addrD = netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("2001:db8::2:0:0:3")
	macA, macB   = [6]byte{0x02, 0xaa, 0, 0, 0, 1}, [6]byte{0x01, 0xbb, 0, 0, 0, 2}
	v4           = testcap.IPv4{Src: addrA, Dst: addrB, Checksum: testcap.U16(0x1111)}
	v6           = testcap.IPv6{Src: addrC, Dst: addrD}
	tcp          = testcap.TCP{SrcPort: 0x0102, DstPort: 0x0304, Seq: 0x05060708, Checksum: testcap.U16(0x2222)}
	udp          = testcap.UDP{SrcPort: 0x0102, DstPort: 0x0304, Checksum: testcap.U16(0x3333)}
)

func packet(linkType uint16, layers ...testcap.Layer) testcap.Packet {
	return testcap.Packet{LinkType: linkType, Data: testcap.Build(layers...)}
}

func ethernet(layers ...testcap.Layer) testcap.Packet {
	return packet(testcap.Ethernet, append([]testcap.Layer{testcap.Eth{Dst: macB, Src: macA}}, layers...)...)
}

// one converts a single capture of the packets and returns its only session, whole.
func one(t *testing.T, s twin.Settings, packets ...testcap.Packet) string {
	t.Helper()
	var c twin.CaptureResult
	c.Left = map[string]int{}
	got := twin.Sessions(twin.Packets(testcap.NGFile(false, packets...)), &c, s)
	if len(got) != 1 {
		t.Fatalf("%d sessions, left out %v; want one session", len(got), c.Left)
	}
	return hex.EncodeToString(got[0])
}

// TestMasks compares every option value with bytes written by hand from SPEC 5.
func TestMasks(t *testing.T) {
	const (
		ip4   = "4500002a 00000000 4006" // version to protocol of the TCP packet
		ipUDP = "4500001e 00000000 4011"
		ip6   = "60000000 0016 0640"
		seg   = "05060708 00000000 5018 0000" // sequence number to window
		a4    = "c0000201 c6336402"
	)
	pkt4 := ethernet(v4, tcp, testcap.Payload("hi"), testcap.Trailer(4))
	pktUDP := ethernet(v4, udp, testcap.Payload("hi"), testcap.Trailer(4))
	pkt6 := ethernet(v6, tcp, testcap.Payload("hi"), testcap.Trailer(4))
	pktSLL := packet(testcap.LinuxSLL, testcap.SLL{Addr: macA}, v4, tcp, testcap.Payload("hi"))
	tagged := ethernet(testcap.VLAN{ID: 7}, v4, tcp, testcap.Payload("hi"))
	cases := []struct {
		name string
		set  func(*twin.Settings)
		p    testcap.Packet
		want string
	}{
		{"default", nil, pkt4, ip4 + "0000 00000000 00000000  00000000" + seg + "0000 0000 6869"},
		{"ipv6", nil, pkt6, ip6 + strings.Repeat("00", 32) + "00000000" + seg + "0000 0000 6869"},
		{"other link", func(s *twin.Settings) { s.MAC = "keep" }, pktSLL, ip4 + "0000 00000000 00000000  00000000" + seg + "0000 0000 6869"},
		{"ports keep", func(s *twin.Settings) { s.Ports = "keep" }, pkt4, ip4 + "0000 00000000 00000000  01020304" + seg + "0000 0000 6869"},
		{"checksums keep", func(s *twin.Settings) { s.Checksums = "keep" }, pkt4, ip4 + "1111 00000000 00000000  00000000" + seg + "2222 0000 6869"},
		{"ip keep", func(s *twin.Settings) { s.IP = "keep" }, pkt4, ip4 + "0000" + a4 + "00000000" + seg + "0000 0000 6869"},
		{"ip remove", func(s *twin.Settings) { s.IP = "remove" }, pkt4, ip4 + "0000 00000000" + seg + "0000 0000 6869"},
		{"ip remove 6", func(s *twin.Settings) { s.IP = "remove" }, pkt6, ip6 + "00000000" + seg + "0000 0000 6869"},
		{
			"ip anonymize", func(s *twin.Settings) { s.IP = "anonymize" }, pkt4,
			ip4 + "0000" + sha("192.0.2.1", 4) + sha("198.51.100.2", 4) + "00000000" + seg + "0000 0000 6869",
		},
		{
			"ip anonymize 6", func(s *twin.Settings) { s.IP = "anonymize" }, pkt6,
			ip6 + sha("2001:db8::1", 16) + sha("2001:db8::2:0:0:3", 16) + "00000000" + seg + "0000 0000 6869",
		},
		{
			"ip anonymize keyed", func(s *twin.Settings) { s.IP, s.Key = "anonymize", []byte("secret\n") }, pkt4,
			ip4 + "0000" + hmacOf("192.0.2.1", 4) + hmacOf("198.51.100.2", 4) + "00000000" + seg + "0000 0000 6869",
		},
		{
			"mac zero", func(s *twin.Settings) { s.MAC = "zero" }, pkt4,
			strings.Repeat("00", 12) + "0800" + ip4 + "0000 00000000 00000000  00000000" + seg + "0000 0000 6869",
		},
		{
			"mac keep", func(s *twin.Settings) { s.MAC = "keep" }, tagged,
			"01bb00000002 02aa00000001 8100 0007 0800" + ip4 + "0000 00000000 00000000  00000000" + seg + "0000 0000 6869",
		},
		{
			"mac anonymize", func(s *twin.Settings) { s.MAC = "anonymize" }, pkt4,
			local("01:bb:00:00:00:02") + local("02:aa:00:00:00:01") + "0800" + ip4 + "0000 00000000 00000000  00000000" + seg + "0000 0000 6869",
		},
		{"udp", nil, pktUDP, ipUDP + "0000 00000000 00000000  00000000 000a 0000 6869"},
		{"udp keep", func(s *twin.Settings) { s.Ports, s.Checksums = "keep", "keep" }, pktUDP, ipUDP + "1111 00000000 00000000  01020304 000a 3333 6869"},
		{
			"udp pad", func(s *twin.Settings) { s.UDPPad = true }, pktUDP,
			ipUDP + "0000 00000000 00000000  00000000 000a 0000" + strings.Repeat("00", 12) + "6869",
		},
		{"udp pad on tcp", func(s *twin.Settings) { s.UDPPad = true }, pkt4, ip4 + "0000 00000000 00000000  00000000" + seg + "0000 0000 6869"},
		{"payload", func(s *twin.Settings) { s.Content, s.MAC, s.UDPPad = "payload", "keep", true }, pktUDP, "6869"},
	}
	for _, c := range cases {
		s := twin.Default()
		if c.set != nil {
			c.set(&s)
		}
		if got, want := one(t, s, c.p), strings.ReplaceAll(c.want, " ", ""); got != want {
			t.Errorf("%s:\n%s, want\n%s", c.name, got, want)
		}
	}
}

// TestReasons gives each reason of SPEC 2 and 3 packets of its own.
func TestReasons(t *testing.T) {
	cut := func(n int) testcap.Packet { return ethernet(v4, tcp, testcap.Payload("hi")).Snap(n) }
	ip := func(f func(*testcap.IPv4)) testcap.IPv4 { p := v4; f(&p); return p }
	cases := map[string][]testcap.Packet{
		"": {
			cut(54), // a data segment without one captured byte of data
			ethernet(ip(func(p *testcap.IPv4) { p.MoreFragments = true }), tcp, testcap.Payload("hi")),
			ethernet(ip(func(p *testcap.IPv4) { p.Length = testcap.U16(0) }), tcp, testcap.Payload("hi")),
			ethernet(v6, testcap.Ext{Kind: 0}, testcap.Ext{Kind: 43}, testcap.Ext{Kind: 51}, testcap.Frag6{More: true}, testcap.Ext{Kind: 60}, tcp, testcap.Payload("hi")),
			ethernet(testcap.VLAN{TPID: 0x9200}, testcap.VLAN{TPID: 0x88a8}, testcap.PPPoE{}, testcap.MPLS{}, testcap.MPLS{}, v6, udp),
			packet(testcap.PPP, testcap.PPPHeader{Proto: testcap.U16(0x0283)}, testcap.MPLS{}, v4, udp),
			ethernet(v4, udp), // an empty datagram is no control packet
		},
		"unsupported-link": {packet(testcap.USBLinux, v4, tcp), packet(testcap.PPI, testcap.PPIHeader{DLT: testcap.PPI}, v4, tcp)},
		"not-ip": {
			ethernet(testcap.ARP{Src: addrA, Dst: addrB}), packet(testcap.Raw, testcap.Payload{0x50, 0}),
			packet(testcap.Dot11, testcap.Wifi{Protected: true}, v4, tcp), packet(testcap.Dot11, testcap.Wifi{Fragment: 1}, v4, tcp),
			packet(testcap.Dot11, testcap.Wifi{QoS: true, AMSDU: true}, v4, tcp), packet(testcap.Dot11, testcap.Wifi{NoBody: true}),
			packet(testcap.Null, testcap.NullHeader{Family: testcap.U32(7)}, v4, tcp), packet(testcap.NFLOG, testcap.NFLOGHeader{Family: testcap.U8(3)}, v4, tcp),
		},
		"fragment": {
			ethernet(ip(func(p *testcap.IPv4) { p.FragOffset = 1; p.Proto = testcap.U8(6) }), testcap.Payload("0123456789")),
			ethernet(v6, testcap.Frag6{Offset: 1, NextHeader: testcap.U8(6)}, testcap.Payload("0123456789")),
		},
		"not-tcp-udp": {
			ethernet(v4, testcap.ICMP{}), ethernet(v6, testcap.ICMP{}), ethernet(ip(func(p *testcap.IPv4) { p.Proto = testcap.U8(51) }), tcp),
			ethernet(v4, v4, tcp, testcap.Payload("tunnel")),
		},
		"malformed": {
			cut(0), cut(13), cut(33), cut(53), packet(testcap.Raw),
			ethernet(testcap.VLAN{}, v4, tcp).Snap(17),
			ethernet(ip(func(p *testcap.IPv4) { p.Length = testcap.U16(19) }), testcap.ICMP{}),
			ethernet(ip(func(p *testcap.IPv4) { p.Length, p.FragOffset = testcap.U16(19), 1 }), testcap.Payload("0123456789")),
			ethernet(ip(func(p *testcap.IPv4) { p.IHL = testcap.U8(4) }), tcp, testcap.Payload("hi")),
			ethernet(ip(func(p *testcap.IPv4) { p.Version = testcap.U8(6) }), tcp, testcap.Payload("hi")),
			ethernet(ip(func(p *testcap.IPv4) { p.Length = testcap.U16(19) }), tcp, testcap.Payload("hi")),
			ethernet(ip(func(p *testcap.IPv4) { p.Length = testcap.U16(39) }), tcp, testcap.Payload("hi")),
			ethernet(ip(func(p *testcap.IPv4) { p.Length = testcap.U16(27) }), udp, testcap.Payload("hi")),
			ethernet(v4, testcap.TCP{DataOffset: testcap.U8(4)}, testcap.Payload("hi")),
			ethernet(v4, testcap.TCP{DataOffset: testcap.U8(6)}, testcap.Payload("hi"), testcap.Trailer(20)),
			ethernet(v6, testcap.Ext{Kind: 60, Length: testcap.U8(9)}, tcp),
			packet(testcap.NFLOG, testcap.NFLOGHeader{NoPayload: true}, v4, tcp),
			packet(testcap.Radiotap, testcap.RadiotapHeader{TSFT: true, Length: testcap.U16(16)}, testcap.Wifi{}, v4, tcp), // the flags lie outside
			packet(testcap.Radiotap, testcap.RadiotapHeader{Length: testcap.U16(7)}, testcap.Wifi{}, v4, tcp),
		},
		"dns":         {ethernet(v4, testcap.UDP{SrcPort: 53}), ethernet(v4, testcap.TCP{DstPort: 53}), ethernet(v4, testcap.UDP{SrcPort: 5353, DstPort: 53})},
		"background":  {ethernet(v4, testcap.UDP{SrcPort: 1900}), ethernet(v6, testcap.UDP{DstPort: 546}, testcap.Payload("hi"))},
		"tcp-control": {ethernet(v4, tcp, testcap.Trailer(6)), ethernet(v4, testcap.TCP{SrcPort: 123}), ethernet(v4, testcap.TCP{Options: make([]byte, 12)})},
	}
	for reason, packets := range cases {
		for i, p := range packets {
			res := convert(t, twin.Default(), testcap.NGFile(false, p))
			if got := res.Captures[0].Left; (reason == "" && len(got) != 0) || (reason != "" && !reflect.DeepEqual(got, map[string]int{reason: 1})) {
				t.Errorf("packet %d of %q is left out as %v\n% x", i, reason, got, p.Data)
			}
		}
	}
	s := twin.Default()
	s.Drop = []string{"none"}
	for _, reason := range []string{"dns", "background", "tcp-control"} {
		if got := convert(t, s, testcap.NGFile(false, cases[reason]...)).Captures[0]; got.Used != len(cases[reason]) {
			t.Errorf("drop none leaves out %v of %s", got.Left, reason)
		}
	}
}

func convert(t *testing.T, s twin.Settings, captures ...[]byte) *twin.Result {
	t.Helper()
	labels := make([]uint16, len(captures))
	for i := range labels {
		labels[i] = uint16(i % 2)
	}
	res, err := twin.Convert(captures, labels, s)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

// TestEveryLinkVariant finds the same sessions behind every link header.
func TestEveryLinkVariant(t *testing.T) {
	s := twin.Default()
	for _, link := range testcap.LinkTypes() {
		for variant := range 6 {
			for _, ip := range []testcap.Layer{v4, v6} {
				outer, _ := testcap.LinkVariant(link, variant, macA, macB)
				p := packet(link, append(outer, ip, tcp, testcap.Payload("hello"))...)
				if got, want := one(t, s, p), one(t, s, packet(testcap.Raw, ip, tcp, testcap.Payload("hello"))); got != want {
					t.Errorf("link type %d variant %d: %s, want %s", link, variant, got, want)
				}
			}
		}
	}
}
