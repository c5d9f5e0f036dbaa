package testcap

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/pcapgo"
)

// packetReader is what the readers of gopacket's pcapgo have in common.
type packetReader interface {
	ReadPacketData() ([]byte, gopacket.CaptureInfo, error)
}

// expect reads everything from r and compares it with the packets, times in units of ns nanoseconds.
func expect(t *testing.T, r packetReader, packets []Packet, ns int64) {
	t.Helper()
	for i, p := range packets {
		data, ci, err := r.ReadPacketData()
		if err != nil {
			t.Fatalf("packet %d: %v", i+1, err)
		}
		if !bytes.Equal(data, p.Data) || ci.Length != int(p.original()) {
			t.Errorf("packet %d: %d bytes of %d, want %d of %d", i+1, len(data), ci.Length, len(p.Data), p.original())
		}
		if got := ci.Timestamp.UnixNano(); got != p.Time/ns*ns {
			t.Errorf("packet %d: time %d, want %d", i+1, got, p.Time/ns*ns)
		}
	}
	if _, _, err := r.ReadPacketData(); !errors.Is(err, io.EOF) {
		t.Errorf("after the last packet: %v, want EOF", err)
	}
}

func TestPcapIsReadByGopacket(t *testing.T) {
	for _, f := range []Pcap{{}, {BigEndian: true}, {Nano: true}, {Nano: true, BigEndian: true}} {
		f.LinkType = Ethernet
		r, err := pcapgo.NewReader(bytes.NewReader(f.File(samplePackets()...)))
		if err != nil {
			t.Fatalf("%+v: %v", f, err)
		}
		unit := int64(1000)
		if f.Nano {
			unit = 1
		}
		expect(t, r, samplePackets(), unit)
	}
}

func TestNGIsReadByGopacket(t *testing.T) {
	for _, big := range []bool{false, true} {
		r, err := pcapgo.NewNgReader(bytes.NewReader(NGFile(big, samplePackets()...)), pcapgo.NgReaderOptions{})
		if err != nil {
			t.Fatal(err)
		}
		expect(t, r, samplePackets(), 1)
	}
}

func TestNGBlocksAreReadByGopacket(t *testing.T) {
	packets := samplePackets()[:2]
	packets[0].Time = 0 // a simple packet has none
	f := NG{BigEndian: true}
	f.Section(Option{4, []byte("testcap")})
	f.Interface(Interface{LinkType: Ethernet})
	f.Block(0x0bad, []byte("unknown"))
	f.Simple(packets[0])
	f.BigEndian = false
	f.Section()
	f.Interface(Interface{LinkType: Ethernet})
	offset := int64(1_500_000_000)
	n := f.Interface(Interface{LinkType: Ethernet, Resol: U8(0x80 | 20), Offset: &offset})
	f.Enhanced(n, packets[1], Option{1, []byte("a comment")})
	r, err := pcapgo.NewNgReader(bytes.NewReader(f.Bytes()), pcapgo.NgReaderOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range packets {
		data, ci, err := r.ReadPacketData()
		if err != nil {
			t.Fatalf("packet %d: %v", i+1, err)
		}
		if !bytes.Equal(data, p.Data) {
			t.Errorf("packet %d: other bytes", i+1)
		}
		if d := ci.Timestamp.UnixNano() - p.Time; i == 1 && (d > 0 || d < -1000) { // 2^-20 s is about a microsecond
			t.Errorf("packet %d: time off by %d ns", i+1, d)
		}
	}
}
