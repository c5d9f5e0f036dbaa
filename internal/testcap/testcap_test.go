package testcap

import (
	"bytes"
	"compress/bzip2"
	"compress/gzip"
	"io"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
	"github.com/ulikunitz/xz"
)

func samplePackets() []Packet {
	eth := Eth{Src: [6]byte{2, 1}, Dst: [6]byte{2, 2}}
	a, b := addr4(192, 0, 2, 1), addr4(192, 0, 2, 2)
	return []Packet{
		{Time: 1_600_000_000_123_456_789, LinkType: Ethernet, Data: Build(eth, IPv4{Src: a, Dst: b}, TCP{SrcPort: 1, DstPort: 2}, Payload("one"))},
		{Time: 1_600_000_001_000_000_001, LinkType: Ethernet, Data: Build(eth, VLAN{ID: 5}, IPv4{Src: b, Dst: a}, UDP{SrcPort: 3, DstPort: 4}, Payload("two!"))},
		Packet{Time: 1_600_000_002_999_999_999, LinkType: Ethernet, Data: Build(eth, IPv4{Src: b, Dst: a}, UDP{SrcPort: 3, DstPort: 4}, Payload("third"))}.Snap(50),
	}
}

// Gopacket knows neither the modified header nor the old versions; these are compared with the format's description.
func TestPcapVariantsByHand(t *testing.T) {
	p := Packet{Time: 3_000_004_000, Data: []byte("abc"), OrigLen: 9}
	got := Pcap{BigEndian: true, Modified: true}.Record(p)
	want := []byte{0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0, 3, 0, 0, 0, 9, 0, 0, 0, 3, 8, 0, 4, 0, 'a', 'b', 'c'}
	if !bytes.Equal(got, want) {
		t.Errorf("modified record\n% x, want\n% x", got, want)
	}
	for _, f := range []Pcap{{BigEndian: true, Version: [2]int{2, 2}}, {BigEndian: true, Version: [2]int{2, 3}, Swap: true}} {
		if got := f.Record(p)[8:16]; !bytes.Equal(got, []byte{0, 0, 0, 9, 0, 0, 0, 3}) {
			t.Errorf("version %v: lengths % x, want original before captured", f.Version, got)
		}
	}
	if got := (Pcap{BigEndian: true, Version: [2]int{2, 3}}).Header()[:8]; !bytes.Equal(got, []byte{0xa1, 0xb2, 0xc3, 0xd4, 0, 2, 0, 3}) {
		t.Errorf("header begins % x", got)
	}
}

func TestCompressionsAreUndone(t *testing.T) {
	plain := Pcap{LinkType: Ethernet}.File(samplePackets()...)
	packed, want := Bzip2()
	check := func(name string, r io.Reader, err error, want []byte) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %d bytes, %v; want %d", name, len(got), err, len(want))
		}
	}
	check("bzip2", bzip2.NewReader(bytes.NewReader(packed)), nil, want)
	z, err := gzip.NewReader(bytes.NewReader(Gzip(plain)))
	check("gzip", z, err, plain)
	s, err := zstd.NewReader(bytes.NewReader(Zstd(plain)))
	check("zstd", s, err, plain)
	check("lz4", lz4.NewReader(bytes.NewReader(LZ4(plain))), nil, plain)
	x, err := xz.NewReader(bytes.NewReader(XZ(plain)))
	check("xz", x, err, plain)
}

// TestLayersAreReadByGopacket has gopacket find the payload at the bottom of every stack that it knows.
func TestLayersAreReadByGopacket(t *testing.T) {
	a4, b4 := addr4(192, 0, 2, 1), addr4(198, 51, 100, 2)
	var g generator
	g.r, g.t = rand.New(rand.NewPCG(1, 2)), &Traffic{}
	a6, b6 := g.addr(true), g.addr(true)
	v4, v6 := IPv4{Src: a4, Dst: b4}, IPv6{Src: a6, Dst: b6}
	tcp, udp, body := TCP{SrcPort: 4001, DstPort: 4002, Options: []byte{1, 1, 1, 1}}, UDP{SrcPort: 4001, DstPort: 4002}, Payload("the payload")
	eth := Eth{Src: [6]byte{2}, Dst: [6]byte{4}}
	stacks := map[string][]Layer{
		"plain":           {eth, v4, tcp, body},
		"trailer":         {eth, v4, udp, body, Trailer(7)},
		"vlan":            {eth, VLAN{ID: 3}, VLAN{ID: 4}, v4, udp, body},
		"pppoe":           {eth, PPPoE{Session: 9}, v6, udp, body},
		"mpls":            {eth, MPLS{Label: 17}, MPLS{Label: 18}, v4, tcp, body},
		"vlan pppoe mpls": {eth, VLAN{ID: 3}, PPPoE{}, MPLS{Label: 17}, v4, tcp, body},
		"options":         {eth, IPv4{Src: a4, Dst: b4, Options: []byte{1, 1, 1, 0}}, tcp, body},
		"extensions":      {eth, v6, Ext{Kind: 0, Body: []byte{1, 4, 0, 0, 0, 0}}, Ext{Kind: 60, Body: []byte{1, 4, 0, 0, 0, 0}}, tcp, body},
	}
	for name, stack := range stacks {
		checkPayload(t, name, layers.LinkTypeEthernet, Build(stack...), body)
	}
	for _, link := range []uint16{Null, PPP, CHDLC, Dot11, Loop, LinuxSLL, Radiotap, LinuxSLL2, Raw} {
		outer, ok := Link(link, eth.Src, eth.Dst)
		if !ok {
			t.Errorf("no link layer for %d", link)
		}
		switch link {
		case Dot11, CHDLC: // gopacket takes the last four bytes of 802.11 for a check sequence, and has no decoder for C-HDLC
			continue
		}
		checkPayload(t, "link", layers.LinkType(link), Build(append(outer, v4, tcp, body)...), body)
	}
}

func checkPayload(t *testing.T, name string, link layers.LinkType, frame []byte, want Payload) {
	t.Helper()
	p := gopacket.NewPacket(frame, link, gopacket.Default)
	if l := p.ErrorLayer(); l != nil {
		t.Errorf("%s %d: %v\n% x", name, link, l.Error(), frame)
		return
	}
	tr := p.TransportLayer()
	if tr == nil {
		t.Errorf("%s %d: no transport layer: %v", name, link, p)
		return
	}
	if got := tr.LayerPayload(); !bytes.Equal(got, want) {
		t.Errorf("%s %d: payload %q, want %q", name, link, got, want)
	}
}

// TestChecksums has gopacket compute them again.
func TestChecksums(t *testing.T) {
	frame := Build(Eth{}, IPv4{Src: addr4(192, 0, 2, 1), Dst: addr4(192, 0, 2, 99)}, TCP{SrcPort: 5, DstPort: 6}, Payload("an odd number of bytes!"))
	p := gopacket.NewPacket(frame, layers.LinkTypeEthernet, gopacket.Default)
	buf := gopacket.NewSerializeBuffer()
	tcp := p.Layer(layers.LayerTypeTCP).(*layers.TCP)
	if err := tcp.SetNetworkLayerForChecksum(p.NetworkLayer()); err != nil {
		t.Fatal(err)
	}
	if err := gopacket.SerializePacket(buf, gopacket.SerializeOptions{ComputeChecksums: true}, p); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(buf.Bytes(), frame) {
		t.Errorf("gopacket's checksums differ:\n% x\n% x", buf.Bytes(), frame)
	}
}

func TestRandomIsDeterministic(t *testing.T) {
	for seed := range uint64(20) {
		one, nameOne := capture(seed)
		two, nameTwo := capture(seed)
		if !bytes.Equal(one, two) || nameOne != nameTwo {
			t.Errorf("seed %d: two different captures", seed)
		}
	}
}

func capture(seed uint64) ([]byte, string) {
	r := rand.New(rand.NewPCG(seed, 1))
	return Random(r, Options{Mixed: seed%3 == 0, Flips: seed%2 == 0}).Capture(r)
}

// TestRandomIsVaried makes sure that what the generator promises does come out of it.
func TestRandomIsVaried(t *testing.T) {
	links, snapped, v6, long := map[uint16]bool{}, 0, 0, 0
	for seed := range uint64(400) {
		tr := Random(rand.New(rand.NewPCG(seed, 9)), Options{})
		for _, p := range tr.Packets {
			links[p.LinkType] = true
			if int(p.original()) > len(p.Data) {
				snapped++
			}
		}
		for _, a := range tr.Addrs {
			for _, b := range a.AsSlice() {
				if b < 0x80 {
					t.Fatalf("seed %d: address %v has a byte below 0x80", seed, a)
				}
			}
			if a.Is6() {
				v6++
			}
		}
		long = max(long, len(tr.Packets))
	}
	if len(links) < len(LinkTypes()) || snapped == 0 || v6 == 0 || long < 20 {
		t.Errorf("%d link types of %d, %d snapped packets, %d IPv6 addresses, longest capture %d", len(links), len(LinkTypes()), snapped, v6, long)
	}
}

// TestWriteBzip2Plain writes the plain fixture where TESTCAP_BZIP2 says, to make the fixture anew.
func TestWriteBzip2Plain(t *testing.T) {
	path := os.Getenv("TESTCAP_BZIP2")
	if path == "" {
		t.Skip("set TESTCAP_BZIP2 to a file name to write the plain capture of the bzip2 fixture")
	}
	if err := os.WriteFile(path, Bzip2Plain(), 0o644); err != nil {
		t.Fatal(err)
	}
}
