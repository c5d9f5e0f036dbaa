package mill_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/pcapmill/pcapmill/header"
	"github.com/pcapmill/pcapmill/internal/testcap"
	"github.com/pcapmill/pcapmill/mill"
	"github.com/pcapmill/pcapmill/session"
)

// conversation writes a capture of two sessions and a name look-up and returns its path.
func conversation(dir, name string) string {
	packet := func(layers ...testcap.Layer) testcap.Packet {
		return testcap.Packet{LinkType: testcap.Ethernet, Data: testcap.Build(append([]testcap.Layer{testcap.Eth{}}, layers...)...)}
	}
	there, back := testcap.IPv4{Src: addr(1), Dst: addr(2)}, testcap.IPv4{Src: addr(2), Dst: addr(1)}
	b := testcap.Pcap{LinkType: testcap.Ethernet}.File(
		packet(there, testcap.UDP{SrcPort: 5000, DstPort: 53}, testcap.Payload("where is it?")),
		packet(there, testcap.TCP{SrcPort: 40000, DstPort: 443}, testcap.Payload("hello")),
		packet(back, testcap.TCP{SrcPort: 443, DstPort: 40000}, testcap.Payload("good day")),
		packet(there, testcap.TCP{SrcPort: 40000, DstPort: 443}), // a bare acknowledgement
		packet(there, testcap.UDP{SrcPort: 40001, DstPort: 443}, testcap.Payload("0123456789")),
	)
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, b, 0o666); err != nil {
		log.Fatal(err)
	}
	return path
}

// Extract gives the sessions of a capture with statistics.
func ExampleExtract() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)

	x, err := mill.Extract(context.Background(), conversation(dir, "chat.pcap"), mill.Default())
	if err != nil {
		log.Fatal(err)
	}
	defer x.Close()
	fmt.Printf("%s, %d packets, %d used, %d left out as %s, %d as %s\n", x.Format, x.Packets, x.Reasons[header.OK],
		x.Reasons[header.DNS], header.DNS, x.Reasons[header.TCPControl], header.TCPControl)
	err = x.Each(func(_ int, s *session.Session) error {
		fmt.Printf("%s: first packet %d, %d packets, %d bytes, begins % x\n", s.Key, s.First, s.Count(), s.Bytes, s.Prefix[:4])
		return nil
	})
	if err != nil {
		log.Fatal(err)
	}
	// Output:
	// pcap, 5 packets, 3 used, 1 left out as dns, 1 as tcp-control
	// TCP 192.0.2.1:40000 192.0.2.2:443: first packet 2, 2 packets, 93 bytes, begins 45 00 00 2d
	// UDP 192.0.2.1:40001 192.0.2.2:443: first packet 5, 1 packets, 38 bytes, begins 45 00 00 26
}

// From captures to a dataset: look first, then run.
func Example() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	paths := []string{conversation(dir, "vpn_aim_chat1a.pcap"), conversation(dir, "email1b.pcap")}

	plan, err := mill.Prepare(paths, filepath.Join(dir, "dataset"), mill.Default())
	if err != nil {
		log.Fatal(err)
	}
	for _, c := range plan.Captures {
		fmt.Printf("%s is %s because of %q\n", c.Name, c.Class, c.Keyword)
	}
	result, err := mill.Run(context.Background(), plan, mill.Events{}, nil)
	if err != nil {
		log.Fatal(err)
	}
	m := result.Manifest
	fmt.Printf("%d samples of %dx%d, %d of them stand under another label too\n", m.Samples, m.Rows, m.Cols, m.Totals.Conflicts)
	for _, f := range m.Files {
		fmt.Println(f.Name, f.Size)
	}
	// Output:
	// vpn_aim_chat1a.pcap is VPN_Chat because of "vpn_aim_chat"
	// email1b.pcap is Email because of "email"
	// 4 samples of 28x28, 2 of them stand under another label too
	// session_output.idx3 3152
	// label_output.idx1 12
	// sample_table.bin 384
}
