package header_test

import (
	"math"
	"net/netip"
	"strings"
	"testing"

	"github.com/pcapmill/pcapmill/header"
	"github.com/pcapmill/pcapmill/internal/testcap"
	"github.com/pcapmill/pcapmill/internal/twin"
)

// TestDropOrder: SPEC 3. The first of dns, background, tcp-control that is
// asked for and applies; before them, what Decode found.
func TestDropOrder(t *testing.T) {
	const all = header.DropDefault
	segment := func(src, dst uint16, inner ...testcap.Layer) header.Stack {
		return decode(1, build(append([]testcap.Layer{eth, v4, testcap.TCP{SrcPort: src, DstPort: dst}}, inner...)...))
	}
	datagram := func(src, dst uint16) header.Stack {
		return decode(1, build(eth, v4, testcap.UDP{SrcPort: src, DstPort: dst}, hi))
	}
	for name, c := range map[string]struct {
		stack header.Stack
		drop  header.Drop
		want  header.Reason
	}{
		"ordinary TCP":                  {segment(1, 2, hi), all, header.OK},
		"ordinary UDP":                  {datagram(1, 2), all, header.OK},
		"dns from":                      {datagram(53, 2), all, header.DNS},
		"dns to":                        {datagram(1, 53), all, header.DNS},
		"dns over TCP":                  {segment(1, 53, hi), all, header.DNS},
		"dns before background":         {datagram(5353, 53), all, header.DNS},
		"dns before tcp-control":        {segment(53, 1), all, header.DNS},
		"background without dns":        {datagram(5353, 53), header.DropBackground | header.DropTCPControl, header.Background},
		"tcp-control without dns":       {segment(53, 1), header.DropTCPControl, header.TCPControl},
		"dns kept":                      {datagram(1, 53), header.DropBackground | header.DropTCPControl, header.OK},
		"background kept":               {datagram(1, 123), header.DropDNS | header.DropTCPControl, header.OK},
		"background is UDP":             {segment(123, 1900, hi), all, header.OK},
		"background ports over TCP":     {segment(123, 1900), all, header.TCPControl},
		"tcp-control":                   {segment(1, 2), all, header.TCPControl},
		"tcp-control with padding":      {segment(1, 2, testcap.Trailer(6)), all, header.TCPControl},
		"tcp-control kept":              {segment(1, 2), header.DropDNS | header.DropBackground, header.OK},
		"tcp-control, options":          {decode(1, build(eth, v6, testcap.TCP{Options: make([]byte, 12)})), all, header.TCPControl},
		"snapped before its data":       {decode(1, build(eth, v4, tcp, hi)[:54]), all, header.OK},
		"length 0 with padding":         {decode(1, build(eth, ip4(func(p *testcap.IPv4) { p.Length = testcap.U16(0) }), tcp, testcap.Trailer(6))), all, header.OK},
		"length 0 without":              {decode(1, build(eth, ip4(func(p *testcap.IPv4) { p.Length = testcap.U16(0) }), tcp)), all, header.TCPControl},
		"empty datagram":                {decode(1, build(eth, v4, udp)), all, header.OK},
		"none, dns":                     {datagram(1, 53), header.DropNone, header.OK},
		"none, tcp-control":             {segment(1, 2), header.DropNone, header.OK},
		"what Decode found":             {decode(1, build(eth, testcap.ARP{Src: v4.Src, Dst: v4.Dst})), all, header.NotIP},
		"what Decode found, drop none":  {decode(189, nil), header.DropNone, header.UnsupportedLink},
		"a fragment has no ports":       {decode(1, build(eth, ip4(func(p *testcap.IPv4) { p.FragOffset = 1 }), testcap.UDP{SrcPort: 53})), all, header.Fragment},
		"malformed before its dns port": {decode(1, build(eth, v4, testcap.TCP{SrcPort: 53, DataOffset: testcap.U8(4)})), all, header.Malformed},
	} {
		if got := c.drop.Reason(&c.stack); got != c.want {
			t.Errorf("%s: %v, want %v (%+v)", name, got, c.want, c.stack)
		}
	}
}

// TestPorts tries every port in both places with both transports.
func TestPorts(t *testing.T) {
	background := map[uint16]bool{67: true, 68: true, 123: true, 137: true, 138: true, 546: true, 547: true, 1900: true, 3702: true, 5353: true, 5355: true}
	for n := range math.MaxUint16 + 1 {
		port := uint16(n)
		for _, proto := range []uint8{header.TCP, header.UDP} {
			want := header.OK
			switch {
			case port == 53:
				want = header.DNS
			case proto == header.UDP && background[port]:
				want = header.Background
			}
			for _, s := range []header.Stack{{Proto: proto, SrcPort: port, DstPort: 443, PayloadLen: 1}, {Proto: proto, SrcPort: 443, DstPort: port, PayloadLen: 1}} {
				if got := header.DropDefault.Reason(&s); got != want {
					t.Errorf("port %d of protocol %d: %v, want %v", port, proto, got, want)
				}
			}
		}
	}
}

func TestParseDrop(t *testing.T) {
	for text, want := range map[string]header.Drop{
		"tcp-control,dns,background": header.DropDefault, "none": header.DropNone, " none ": header.DropNone,
		"dns": header.DropDNS, "background, dns": header.DropBackground | header.DropDNS, "tcp-control,tcp-control": header.DropTCPControl,
	} {
		got, err := header.ParseDrop(text)
		if err != nil || got != want {
			t.Errorf("%q: %v, %v", text, got, err)
		}
		if again, err := header.ParseDrop(got.String()); err != nil || again != got {
			t.Errorf("%q: String gives %q, which reads as %v, %v", text, got, again, err)
		}
	}
	for text, word := range map[string]string{"": "", "dns,none": "none", "DNS": "DNS", "dns,": "", "arp": "arp", "not-ip": "not-ip"} {
		_, err := header.ParseDrop(text)
		want := "cannot drop \"" + word + "\": have tcp-control, dns, background, stun, snmp, nat-pmp, lsd, ssdp, multicast, broadcast (comma-separated), or none"
		if err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
	if got := header.DropDefault.String(); got != "dns,background,tcp-control" {
		t.Errorf("the default is %q", got)
	}
}

// TestReasonNames are those of the manifest.
func TestReasonNames(t *testing.T) {
	want := []string{
		"ok", "unsupported-link", "not-ip", "malformed", "fragment", "not-tcp-udp", "dns", "background", "tcp-control",
		"stun", "snmp", "nat-pmp", "lsd", "ssdp", "multicast", "broadcast", "window", "reason 17",
	}
	for i, name := range want {
		if got := header.Reason(i).String(); got != name {
			t.Errorf("reason %d is %q, want %q", i, got, name)
		}
	}
	if int(header.Reasons) != len(want)-1 {
		t.Errorf("%d reasons, want %d", header.Reasons, len(want)-1)
	}
}

// TestMoreKinds: what is off unless asked for, by port, by content, by destination.
func TestMoreKinds(t *testing.T) {
	stun := testcap.Payload("\x00\x01\x00\x00\x21\x12\xa4\x42twelve bytes")
	group, all := netip.AddrFrom4([4]byte{239, 255, 255, 250}), netip.AddrFrom4([4]byte{255, 255, 255, 255})
	from := netip.AddrFrom4([4]byte{10, 0, 0, 1})
	udp := func(port uint16, layers ...testcap.Layer) []testcap.Layer {
		return append([]testcap.Layer{testcap.IPv4{Src: from, Dst: netip.AddrFrom4([4]byte{10, 0, 0, 2})}, testcap.UDP{SrcPort: 40000, DstPort: port}}, layers...)
	}
	for name, c := range map[string]struct {
		layers []testcap.Layer
		set    string
		want   header.Reason
	}{
		"stun by cookie":      {udp(1, stun), "stun", header.STUN},
		"stun by port":        {udp(3478, testcap.Payload("x")), "stun", header.STUN},
		"no stun, cut":        {udp(1, stun[:19]), "stun", header.OK},
		"no stun, first bits": {udp(1, append(testcap.Payload{0x40}, stun[1:]...)), "stun", header.OK},
		"no stun, odd length": {udp(1, append(testcap.Payload{0, 1, 0, 1}, stun[4:]...)), "stun", header.OK},
		"snmp":                {udp(161), "snmp", header.SNMP},
		"nat-pmp":             {udp(5351), "nat-pmp", header.NATPMP},
		"lsd":                 {udp(6771), "lsd", header.LSD},
		"ssdp":                {udp(1900), "ssdp", header.SSDP},
		"ssdp is background":  {udp(1900), "ssdp,background", header.Background},
		"not asked for":       {udp(161), "stun,lsd", header.OK},
		"by default":          {udp(161, stun), "tcp-control,dns,background", header.OK},
		"multicast":           {[]testcap.Layer{testcap.IPv4{Src: from, Dst: group}, testcap.UDP{DstPort: 9}}, "multicast,broadcast", header.Multicast},
		"multicast, IPv6":     {[]testcap.Layer{testcap.IPv6{Src: netip.MustParseAddr("fe80::1"), Dst: netip.MustParseAddr("ff02::1")}, testcap.UDP{DstPort: 9}}, "multicast", header.Multicast},
		"IPv4 in IPv6":        {[]testcap.Layer{testcap.IPv6{Src: netip.MustParseAddr("fe80::1"), Dst: netip.MustParseAddr("::ffff:224.0.0.1")}, testcap.UDP{DstPort: 9}}, "multicast,broadcast", header.OK},
		"broadcast":           {[]testcap.Layer{testcap.IPv4{Src: from, Dst: all}, testcap.UDP{DstPort: 9}}, "multicast,broadcast", header.Broadcast},
	} {
		data := testcap.Build(c.layers...)
		var s header.Stack
		header.Decode(header.LinkTypeRaw, data, uint32(len(data)), &s)
		drop, err := header.ParseDrop(c.set)
		if err != nil {
			t.Fatal(err)
		}
		if got := drop.ReasonOf(data, &s); got != c.want || s.Reason != header.OK {
			t.Errorf("%s: %v, want %v (decoded: %v)", name, got, c.want, s.Reason)
		}
		other := twin.Default()
		other.Drop = strings.Split(c.set, ",")
		r, err := twin.Convert([][]byte{testcap.Pcap{LinkType: testcap.Raw}.File(testcap.Packet{LinkType: testcap.Raw, Data: data})}, []uint16{0}, other)
		if err != nil {
			t.Fatal(err)
		}
		if left := r.Captures[0].Left; c.want == header.OK && len(left) > 0 || c.want != header.OK && left[c.want.String()] != 1 {
			t.Errorf("%s: the twin leaves out %v, want %v", name, left, c.want)
		}
	}
	frame := testcap.Build(testcap.Eth{Dst: [6]byte{255, 255, 255, 255, 255, 255}}, testcap.IPv4{Src: from, Dst: netip.AddrFrom4([4]byte{10, 0, 0, 255})}, testcap.UDP{DstPort: 9})
	var s header.Stack
	header.Decode(header.LinkTypeEthernet, frame, uint32(len(frame)), &s)
	if got := header.DropBroadcast.ReasonOf(frame, &s); got != header.Broadcast {
		t.Errorf("broadcast of Ethernet: %v", got)
	}
}
