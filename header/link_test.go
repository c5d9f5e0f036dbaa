package header_test

import (
	"bytes"
	"testing"

	"github.com/pcapmill/pcapmill/header"
	"github.com/pcapmill/pcapmill/internal/testcap"
)

// TestAnnotated reads frames that are written out here byte by byte, so that
// testcap, the twin and header cannot be wrong together.
func TestAnnotated(t *testing.T) {
	ip := []byte{0x45, 0, 0, 31, 0, 0, 0, 0, 64, 17, 0, 0, 192, 0, 2, 1, 198, 51, 100, 2} // IPv4, 31 bytes, UDP
	datagram := []byte{0x9c, 0x40, 0x13, 0x89, 0, 11, 0, 0, 'a', 'b', 'c'}                // ports 40000, 5001
	packet := append(bytes.Clone(ip), datagram...)
	for name, c := range map[string]struct {
		link  uint16
		begin []byte
	}{
		"Ethernet":             {1, []byte{2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0}},
		"Ethernet VLAN":        {1, []byte{2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x81, 0, 0xe0, 7, 8, 0}},
		"Ethernet QinQ":        {1, []byte{2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x88, 0xa8, 0, 7, 0x81, 0, 0, 8, 8, 0}},
		"Ethernet PPPoE":       {1, []byte{2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x88, 0x64, 0x11, 0, 0, 1, 0, 33, 0, 0x21}},
		"Ethernet PPPoE short": {1, []byte{2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x88, 0x64, 0x11, 0, 0, 1, 0, 32, 0x21}},
		"Ethernet MPLS":        {1, []byte{2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x88, 0x47, 0, 1, 0x10, 64, 0, 1, 0x21, 64}},
		"null, little endian":  {0, []byte{2, 0, 0, 0}},
		"null, big endian":     {0, []byte{0, 0, 0, 2}},
		"loop":                 {108, []byte{0, 0, 0, 2}},
		"raw 12":               {12, nil},
		"raw 14":               {14, nil},
		"raw 101":              {101, nil},
		"raw IPv4":             {228, nil},
		"raw IPv6 with IPv4":   {229, nil},
		"PPP":                  {9, []byte{0, 0x21}},
		"PPP with address":     {9, []byte{0xff, 3, 0, 0x21}},
		"PPP short":            {9, []byte{0xff, 3, 0x21}},
		"PPP HDLC":             {50, []byte{0xff, 3, 0, 0x21}},
		"PPP HDLC, Cisco":      {50, []byte{0x0f, 0, 8, 0}},
		"PPPoE":                {51, []byte{0x11, 0, 0, 1, 0, 33, 0, 0x21}},
		"C-HDLC":               {104, []byte{0x8f, 0, 8, 0}},
		"SLL":                  {113, []byte{0, 4, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 8, 0}},
		"SLL2":                 {276, []byte{8, 0, 0, 0, 0, 0, 0, 3, 0, 1, 4, 6, 2, 0, 0, 0, 0, 1, 0, 0}},
		"802.11": {105, []byte{
			8, 1, 0, 0, 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 3, 0x30, 0x12,
			0xaa, 0xaa, 3, 0, 0, 0, 8, 0,
		}},
		"802.11 QoS, four addresses, HT": {105, []byte{
			0x88, 0x83, 0, 0, 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 3, 0x30, 0x12,
			2, 0, 0, 0, 0, 4, 7, 0, 0, 0, 0, 0, 0xaa, 0xaa, 3, 0, 0, 0xf8, 8, 0,
		}},
		"radiotap without fields": {127, []byte{
			0, 0, 8, 0, 0, 0, 0, 0,
			8, 1, 0, 0, 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 3, 0x30, 0x12, 0xaa, 0xaa, 3, 0, 0, 0, 8, 0,
		}},
		"radiotap, time stamp aligned behind two words, data pad": {127, []byte{
			0, 0, 33, 0, 3, 0, 0, 0xa0, 0, 0, 0, 0xa0, 0, 0, 0, 0,
			1, 2, 3, 4, 5, 6, 7, 8, 0x20, 0, 0, 0, 0, 0, 0, 0, 0,
			0x88, 1, 0, 0, 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 3, 0x30, 0x12, 0, 0, 0, 0, // QoS, two bytes of padding
			0xaa, 0xaa, 3, 0, 0, 0, 8, 0,
		}},
		"PPI of Ethernet":   {192, []byte{0, 0, 12, 0, 1, 0, 0, 0, 9, 9, 9, 9, 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0}},
		"NFLOG":             {239, []byte{2, 0, 0, 5, 6, 0, 10, 0, 'l', 0, 0, 0, 35, 0, 9, 0}},
		"NFLOG, big endian": {239, []byte{2, 0, 0, 5, 0, 6, 0, 10, 'l', 0, 0, 0, 0, 35, 0, 9}},
		"IPoIB":             {242, append(make([]byte, 40), 8, 0, 0, 0)},

		"VN-Tag":         {1, []byte{2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x89, 0x26, 0, 0, 0, 0x14, 8, 0}},
		"Cisco metadata": {1, []byte{2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x89, 0x09, 1, 1, 0, 1, 0, 2, 8, 0}}, // version, length, option, group
		"HSR":            {1, []byte{2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x89, 0x2f, 0x10, 0x25, 0, 1, 8, 0}}, // path and size, sequence
		"802.1BR":        {1, []byte{2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x89, 0x3f, 0, 0, 0, 5, 0, 0, 8, 0}},
		"PBB": {1, []byte{
			2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x88, 0xe7, 0, 0, 0x30, 0x39, // service
			2, 0, 0, 0, 0, 3, 2, 0, 0, 0, 0, 4, 8, 0, // inner frame
		}},
		"LLC/SNAP":         {1, []byte{2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0, 39, 0xaa, 0xaa, 3, 0, 0, 0, 8, 0}},
		"LLC/SNAP in VLAN": {1, []byte{2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x81, 0, 0, 7, 0, 39, 0xaa, 0xaa, 3, 0, 0, 0, 8, 0}},
		"SLIP":             {8, make([]byte, 16)},
		"FDDI":             {10, []byte{0x57, 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0xaa, 0xaa, 3, 0, 0, 0, 8, 0}},
		"ATM, old number":  {11, []byte{0xaa, 0xaa, 3, 0, 0, 0, 8, 0}},
		"ATM":              {100, []byte{0xaa, 0xaa, 3, 0, 0, 0, 8, 0}},
		"Frame Relay":      {107, []byte{0x18, 0x41, 3, 0xcc}},
		"Frame Relay, three bytes, padding, SNAP": {107, []byte{0x18, 0x40, 0x03, 3, 0, 0x80, 0, 0, 0, 8, 0}},
		"Frame Relay, four bytes, Cisco":          {107, []byte{0x18, 0x40, 0x02, 0x05, 8, 0}},
		"Frame Relay, bridged": {107, []byte{
			0x18, 0x41, 3, 0, 0x80, 0, 0x80, 0xc2, 0, 7, 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0,
		}},
		"Frame Relay, PPP":           {107, []byte{0x18, 0x41, 3, 0xcf, 0, 0x21}},
		"Frame Relay with direction": {206, []byte{1, 0x18, 0x41, 3, 0xcc}},
		"enc":                        {109, []byte{2, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 1}}, // family, SPI, flags
		"enc, big endian":            {109, []byte{0, 0, 0, 2, 0, 0, 0, 9, 0, 0, 0, 1}},
		"pflog":                      {117, append([]byte{61, 2, 0, 0, 'e', 'm', '0'}, make([]byte, 57)...)},
		"Prism": {119, append(make([]byte, 144),
			8, 1, 0, 0, 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 3, 0x30, 0x12, 0xaa, 0xaa, 3, 0, 0, 0, 8, 0)},
		"AVS": {163, []byte{
			0x80, 0x21, 0x10, 0x01, 0, 0, 0, 12, 9, 9, 9, 9,
			8, 1, 0, 0, 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 3, 0x30, 0x12, 0xaa, 0xaa, 3, 0, 0, 0, 8, 0,
		}},
		"ARCNET":              {129, []byte{1, 2, 0, 0, 0xd4, 0, 0, 9}},
		"ARCNET, RFC 1051":    {129, []byte{1, 2, 0, 0, 0xf0}},
		"PPP of pppd":         {166, []byte{0, 0x21}},
		"PPP of pppd, framed": {166, []byte{1, 0xff, 3, 0, 0x21}},
		"PPP with direction":  {204, []byte{0, 0xff, 3, 0, 0x21}},
		"C-HDLC, direction":   {205, []byte{1, 0x0f, 0, 8, 0}},
		"MPLS, two labels":    {219, []byte{0, 1, 0x10, 64, 0, 6, 0x41, 64}},
		"ERF of Ethernet":     {197, []byte{0, 0, 0, 0, 0, 0x2f, 0x68, 0x59, 2, 4, 0, 63, 0, 0, 0, 45, 0, 0, 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0}},
		"ERF of HDLC, two ext": {197, []byte{
			0, 0, 0, 0, 0, 0x2f, 0x68, 0x59, 0x81, 4, 0, 67, 0, 0, 0, 35,
			0x84, 0, 0, 0, 0, 0, 0, 1, 0x04, 0, 0, 0, 0, 0, 0, 2, 0x0f, 0, 8, 0,
		}},
		"PKTAP of raw IP": {258, append([]byte{108, 0, 0, 0, 1, 0, 0, 0, 12, 0, 0, 0, 'e', 'n', '0'}, make([]byte, 93)...)},
		"netANALYZER":     {240, []byte{1, 2, 3, 4, 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0}},
		"netANALYZER, transparent": {241, []byte{
			1, 2, 3, 4, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0xd5, 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0,
		}},
		"Broadcom tag":            {281, []byte{2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x20, 0, 0, 2, 8, 0}},
		"Broadcom tag, prepended": {282, []byte{0x20, 0, 0, 2, 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0}},
		"DSA":                     {284, []byte{2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0xc0, 0x20, 0, 7, 8, 0}},
		"EDSA":                    {285, []byte{2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0xda, 0xda, 0, 0, 0xc0, 0x20, 0, 7, 8, 0}},
	} {
		data := append(bytes.Clone(c.begin), packet...)
		n := len(c.begin)
		s := check(t, c.link, data)
		want := s // Link, At and Reason are looked at by check
		want.Version, want.Proto, want.SrcPort, want.DstPort = 4, header.UDP, 40000, 5001
		want.Network, want.Transport, want.Payload, want.End, want.PayloadLen = n, n+20, n+28, n+31, 3
		if s.Reason != header.OK || s != want {
			t.Errorf("%s: %+v, want %+v", name, s, want)
		}
	}
}

// TestCarriers puts IPv4 and IPv6, TCP and UDP, behind every carrier, and cuts
// each packet at every length: whole headers give a session's packet whatever
// is missing of the payload, less gives malformed, and nothing gives a panic.
func TestCarriers(t *testing.T) {
	all := carriers()
	for _, name := range names(all) {
		c := all[name]
		for _, ip := range []testcap.Layer{v4, v6} {
			for _, transport := range []testcap.Layer{tcp, udp} {
				body := build(ip, transport, testcap.Payload("payload"))
				data := build(append(append([]testcap.Layer{}, c.layers...), ip, transport, testcap.Payload("payload"))...)
				s := check(t, c.link, data)
				if s.Reason != header.OK || s.PayloadLen != 7 || string(data[s.Payload:s.End]) != "payload" {
					t.Fatalf("%s: %+v", name, s)
				}
				if !bytes.Equal(data[s.Network:s.End], body) {
					t.Errorf("%s: the packet is not from Network to End", name)
				}
				for n := range data {
					cut := check(t, c.link, data[:n])
					switch {
					case n >= 1 && data[n-1] == 0xff && cut.Reason == header.NotIP:
						// half of PPP's ff 03 is the one-byte protocol ff
					case n < s.Payload && cut.Reason != header.Malformed:
						t.Errorf("%s cut at %d of %d headers: %v", name, n, s.Payload, cut.Reason)
					case n >= s.Payload && (cut.Reason != header.OK || cut.End != min(n, s.End) || cut.PayloadLen != 7):
						t.Errorf("%s cut at %d of %d headers: %+v", name, n, s.Payload, cut)
					}
				}
			}
		}
	}
}

// TestLinkReasons: link headers that carry something else, or that lie.
func TestLinkReasons(t *testing.T) {
	type packet struct {
		link   uint16
		layers []testcap.Layer
	}
	p := func(link uint16, layers ...testcap.Layer) packet { return packet{link, layers} }
	ethType := func(n uint16) testcap.Eth { return testcap.Eth{Type: testcap.U16(n)} }
	wifi := func(w testcap.Wifi) packet { return p(testcap.Dot11, w, v4, tcp, hi) }
	for reason, packets := range map[header.Reason][]packet{
		header.UnsupportedLink: {
			p(testcap.USBLinux, v4, tcp), p(6, v4, tcp), p(147, v4, tcp), p(123, v4, tcp), p(65535), p(testcap.USBLinux, hi),
			p(testcap.PPI, testcap.PPIHeader{DLT: testcap.PPI}, v4, tcp), p(testcap.PPI, testcap.PPIHeader{DLT: 0x10001}, eth, v4, tcp),
			p(testcap.PPI, testcap.PPIHeader{DLT: testcap.USBLinux}, v4, tcp), p(testcap.PPI, testcap.PPIHeader{DLT: testcap.ERF}, testcap.ERFHeader{}, eth, v4, tcp),
			p(testcap.PKTAP, testcap.PKTAPHeader{DLT: testcap.PKTAP}, testcap.PKTAPHeader{DLT: 1}, eth, v4, tcp), p(testcap.PKTAP, testcap.PKTAPHeader{DLT: 0x10001}, eth, v4, tcp),
			p(testcap.ERF, testcap.ERFHeader{Type: 3}, v4, tcp), p(testcap.ERF, testcap.ERFHeader{Type: 27}, v4, tcp),
		},
		header.NotIP: {
			p(1, eth, testcap.ARP{Src: v4.Src, Dst: v4.Dst}), p(1, ethType(60), testcap.LLC{}),
			p(1, ethType(0x05ff), v4, tcp), p(1, ethType(0x8863), testcap.PPPoE{}, v4, tcp), p(1, eth, testcap.VLAN{Type: testcap.U16(100)}, v4, tcp),
			p(1, eth, testcap.PPPoE{Proto: testcap.U16(0xc021)}, hi), p(1, eth, testcap.MPLS{}, testcap.Payload{0x50}), p(101, testcap.Payload{0x50}),
			p(9, testcap.PPPHeader{Proto: testcap.U16(0x002d)}, v4, tcp), p(0, testcap.NullHeader{Family: testcap.U32(7)}, v4, tcp),
			p(108, testcap.NullHeader{Family: testcap.U32(2 << 16)}, v4, tcp), p(239, testcap.NFLOGHeader{Family: testcap.U8(7)}, v4, tcp),
			p(239, testcap.NFLOGHeader{}, testcap.Payload{0x50}), p(50, testcap.CiscoHDLC{Address: 0x8f, Type: testcap.U16(0x2000)}, hi),
			wifi(testcap.Wifi{Protected: true}), wifi(testcap.Wifi{NoBody: true}), wifi(testcap.Wifi{Fragment: 3}), wifi(testcap.Wifi{QoS: true, AMSDU: true}),
			wifi(testcap.Wifi{FrameControl0: testcap.U8(0x80)}), wifi(testcap.Wifi{FrameControl0: testcap.U8(0xd4)}), wifi(testcap.Wifi{FrameControl0: testcap.U8(0x09)}),
			wifi(testcap.Wifi{Type: testcap.U16(0x888e)}), p(105, testcap.Payload(append(build(testcap.Wifi{})[:24], 0x42, 0x42, 3, 0, 0, 0, 8, 0))),
			p(105, testcap.Payload{0x80, 0}), // a frame of another kind may be short
			p(1, ethType(60), testcap.Payload{0xaa, 0xaa, 3, 0, 0x80, 0xc2, 0, 7}), p(1, ethType(60), testcap.Payload{0x42}), p(1, ethType(3), testcap.Payload{0xaa, 0xaa, 2}),
			p(1, eth, testcap.HSR{Type: testcap.U16(0x88fb)}, hi), p(1, eth, testcap.PBB{Type: testcap.U16(0x0806)}, hi), p(1, eth, testcap.VNTag{}, testcap.ARP{Src: v4.Src, Dst: v4.Dst}),
			p(10, testcap.FDDIHeader{Control: testcap.U8(0x41)}, testcap.LLC{SNAP: true}, v4, udp), p(100, testcap.LLC{}, v4, udp), p(8, testcap.Prefix(make([]byte, 16)), testcap.Payload{0x70}),
			p(107, testcap.FrameRelayHeader{NLPID: testcap.U8(0x81)}, v4, udp), p(107, testcap.FrameRelayHeader{Cisco: true, Type: testcap.U16(0x05ff)}, v4, udp),
			p(107, testcap.FrameRelayHeader{Cisco: true, Type: testcap.U16(1)}, eth, v4, udp), p(107, testcap.FrameRelayHeader{Cisco: true, Type: testcap.U16(0)}, testcap.PPPHeader{NoAddress: true}, v4, udp),
			p(107, testcap.FrameRelayHeader{SNAP: true, Type: testcap.U16(1)}, v4, udp), p(107, testcap.Payload{0x18, 0x41, 3, 0x80, 0, 0x80, 0xc2, 0, 2}, eth, v4, udp),
			p(109, testcap.ENCHeader{Family: testcap.U32(7)}, v4, udp), p(117, testcap.PFLOGHeader{Family: testcap.U8(1)}, v4, udp),
			p(129, testcap.ARCNETHeader{Flag: 1}, v4, udp), p(129, testcap.ARCNETHeader{Protocol: testcap.U8(0xd5)}, v4, udp),
			p(219, testcap.MPLS{}, testcap.Payload{0x50}), p(258, testcap.PKTAPHeader{DLT: 1, Record: testcap.U32(0)}, eth, v4, udp),
			p(281, testcap.SwitchTag{Type: testcap.U16(0x0806)}, hi),
		},
		header.Malformed: {
			p(101), p(12), p(1), p(0), p(105), p(127), p(239), p(9), p(51), p(242),
			p(1, ethType(0x86dd), v4, tcp, hi, testcap.Payload(make([]byte, 40))), p(1, ethType(0x0800), v6, udp), p(1, eth, testcap.PPPoE{Proto: testcap.U16(0x57)}, v4, udp, hi),
			p(1, eth, testcap.MPLS{NoBottom: true}, testcap.Payload{0, 0}), p(1, eth, testcap.MPLS{}), p(1, eth, testcap.VLAN{Type: testcap.U16(0x8100)}, testcap.Payload{1, 2, 3}),
			p(192, testcap.PPIHeader{DLT: 1, Length: testcap.U16(7)}, eth, v4, udp), p(192, testcap.PPIHeader{DLT: 1, Length: testcap.U16(9000)}, eth, v4, udp),
			p(127, testcap.RadiotapHeader{Length: testcap.U16(7)}, testcap.Wifi{}, v4, udp), p(127, testcap.RadiotapHeader{Length: testcap.U16(900)}, testcap.Wifi{}, v4, udp),
			p(127, testcap.RadiotapHeader{Words: 3, NoFlags: true, Length: testcap.U16(16)}, testcap.Wifi{}, v4, udp),
			p(127, testcap.RadiotapHeader{TSFT: true, Length: testcap.U16(16)}, testcap.Wifi{}, v4, udp),
			p(239, testcap.NFLOGHeader{NoPayload: true}, v4, udp), p(239, testcap.Payload{2, 0, 0, 5, 3, 0, 9, 0, 1, 1, 1, 1}),
			p(239, testcap.Payload{2, 0, 0, 5, 4, 0, 9, 0}),
			p(8), p(10), p(100), p(107), p(109), p(117), p(119), p(129), p(166), p(197), p(204), p(205), p(206), p(219), p(240), p(241), p(258), p(281), p(282), p(284), p(285),
			p(1, ethType(60), testcap.Payload{0xaa, 0xaa, 3, 0, 0, 0, 8}), p(1, ethType(60)), p(107, testcap.Payload{0x19, 0x41, 3, 0xcc}, v4, udp),
			p(107, testcap.Payload{0x18, 0x40, 2, 4, 1, 3, 0xcc}, v4, udp), p(107, testcap.Payload{0x18, 0x41, 3, 0x80, 0, 0, 0, 8}),
			p(117, testcap.PFLOGHeader{Says: testcap.U8(44)}, v4, udp), p(117, testcap.PFLOGHeader{Says: testcap.U8(255)}, v4, udp),
			p(119, testcap.PrismHeader{AVS: true, Length: testcap.U32(7)}, testcap.Wifi{}, v4, udp), p(119, testcap.PrismHeader{AVS: true, Length: testcap.U32(0xffffffff)}, testcap.Wifi{}, v4, udp),
			p(197, testcap.Payload(build(testcap.ERFHeader{Extensions: 200})[:40])), p(258, testcap.PKTAPHeader{DLT: 1, Length: testcap.U32(107)}, eth, v4, udp),
			p(258, testcap.PKTAPHeader{DLT: 1, Length: testcap.U32(0xfffffff0)}, eth, v4, udp), p(129, testcap.Payload{1, 2, 0, 0, 0xd4, 0, 0}),
		},
	} {
		for i, p := range packets {
			if s := check(t, p.link, build(p.layers...)); s.Reason != reason {
				t.Errorf("packet %d: %+v, want %v", i, s, reason)
			}
		}
	}
}

// TestPPIOffsets: they count from the first captured byte also behind PPI, for
// packets that are left out too.
func TestPPIOffsets(t *testing.T) {
	data := build(testcap.PPIHeader{DLT: 1, Fields: make([]byte, 8)}, eth, v4, testcap.ICMP{})
	if s := check(t, testcap.PPI, data); s.Reason != header.NotTCPUDP || s.Network != 30 || s.At != 50 || s.Version != 4 {
		t.Errorf("%+v", s)
	}
	data = build(testcap.PPIHeader{DLT: 1, Fields: make([]byte, 8)}, eth, testcap.ARP{Src: v4.Src, Dst: v4.Dst})
	if s := check(t, testcap.PPI, data); s.Reason != header.NotIP || s.Network != 0 || s.At != 30 || s.Version != 0 {
		t.Errorf("%+v", s)
	}
}
