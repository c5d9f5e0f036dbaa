package header_test

import (
	"fmt"
	"net/netip"

	"github.com/pcapmill/pcapmill/header"
	"github.com/pcapmill/pcapmill/internal/testcap"
)

// Decode finds where the headers of a packet are.
func ExampleDecode() {
	frame := testcap.Build(
		testcap.Eth{}, testcap.VLAN{ID: 7},
		testcap.IPv4{Src: netip.MustParseAddr("192.0.2.1"), Dst: netip.MustParseAddr("198.51.100.2")},
		testcap.UDP{SrcPort: 40000, DstPort: 443},
		testcap.Payload("hello"), testcap.Trailer(9), // link padding: not part of the packet
	)
	var s header.Stack
	header.Decode(header.LinkTypeEthernet, frame, uint32(len(frame)), &s)
	fmt.Printf("%v: IPv%d at %d, protocol %d at %d, ports %d and %d\n", s.Reason, s.Version, s.Network, s.Proto, s.Transport, s.SrcPort, s.DstPort)
	fmt.Printf("payload %q\n", frame[s.Payload:s.End])

	header.Decode(header.LinkTypeEthernet, frame[:30], uint32(len(frame[:30])), &s)
	fmt.Printf("cut: %v at byte %d\n", s.Reason, s.At)
	// Output:
	// ok: IPv4 at 18, protocol 17 at 38, ports 40000 and 443
	// payload "hello"
	// cut: malformed at byte 18
}

// A Drop says whether a packet is irrelevant to a classifier, and why.
func ExampleDrop_Reason() {
	drop, err := header.ParseDrop("tcp-control,dns,background")
	if err != nil {
		fmt.Println(err)
		return
	}
	ip := testcap.IPv4{Src: netip.MustParseAddr("192.0.2.1"), Dst: netip.MustParseAddr("198.51.100.2")}
	for _, packet := range [][]byte{
		testcap.Build(ip, testcap.TCP{SrcPort: 40000, DstPort: 443}, testcap.Payload("hello")),
		testcap.Build(ip, testcap.TCP{SrcPort: 40000, DstPort: 443}), // an acknowledgement
		testcap.Build(ip, testcap.UDP{SrcPort: 40000, DstPort: 53}, testcap.Payload("a question")),
		testcap.Build(ip, testcap.UDP{SrcPort: 123, DstPort: 123}, testcap.Payload("the time")),
		testcap.Build(ip, testcap.ICMP{}),
	} {
		var s header.Stack
		header.Decode(header.LinkTypeRaw, packet, uint32(len(packet)), &s)
		if reason := drop.Reason(&s); reason == header.OK {
			fmt.Println("kept")
		} else {
			fmt.Println("left out:", reason)
		}
	}
	// Output:
	// kept
	// left out: tcp-control
	// left out: dns
	// left out: background
	// left out: not-tcp-udp
}
