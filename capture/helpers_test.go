package capture_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"testing"

	"github.com/pcapmill/pcapmill/capture"
	"github.com/pcapmill/pcapmill/internal/testcap"
	"github.com/pcapmill/pcapmill/internal/twin"
)

// result is what a reader made of a capture: everything that the twin says too.
type result struct {
	NotCapture bool
	Records    []twin.Record
	Damage     string
	Offset     int64
	Packet     uint64 // of the damage
	Err        error
}

// readAll reads a capture to its end, copying what is lent. It also holds the
// reader to its own word: numbers count up from 1, the end is final.
func readAll(t testing.TB, stream io.Reader) result {
	t.Helper()
	return readAllLen(t, stream, 1<<20)
}

// readSmall is readAll with a buffer that hardly holds a record header.
func readSmall(t testing.TB, stream io.Reader) result {
	t.Helper()
	return readAllLen(t, stream, 40)
}

func readAllLen(t testing.TB, stream io.Reader, bufferLen int) result {
	t.Helper()
	r, err := capture.NewReaderLen(stream, "test", bufferLen)
	if err != nil {
		var not *capture.NotCaptureError
		if !errors.As(err, &not) {
			return result{Damage: "error", Err: err}
		}
		return result{NotCapture: true, Err: err}
	}
	defer r.Close()
	return drain(t, r)
}

func drain(t testing.TB, r *capture.Reader) (res result) {
	t.Helper()
	var p capture.Packet
	for {
		err := r.Next(&p)
		if err == nil {
			res.Records = append(res.Records, twin.Record{
				Time: p.Time, LinkType: uint16(p.LinkType),
				Data: bytes.Clone(p.Data), OrigLen: p.OrigLen, Offset: p.At.Offset,
			})
			if p.At.Packet != uint64(len(res.Records)) || r.Packets() != p.At.Packet {
				t.Fatalf("packet %d says it is number %d, the reader %d", len(res.Records), p.At.Packet, r.Packets())
			}
			continue
		}
		if again := r.Next(&p); again != err {
			t.Fatalf("after %v Next says %v", err, again)
		}
		if err == io.EOF {
			return res
		}
		var d *capture.Damage
		if !errors.As(err, &d) {
			t.Fatalf("error %v of type %T, want *Damage", err, err)
		}
		if d.Packet != uint64(len(res.Records))+1 || d.Path == "" || d.Detail == "" || !errors.Is(err, d.Kind) {
			t.Fatalf("after %d packets: damage %+v", len(res.Records), d)
		}
		res.Err, res.Damage, res.Offset, res.Packet = err, d.Kind.Error(), d.Offset, d.Packet
		return res
	}
}

// differ says where a reading departs from the twin's; "" if it does not.
func differ(got result, want twin.File) string {
	if got.NotCapture || want.NotCapture {
		if got.NotCapture != want.NotCapture {
			return fmt.Sprintf("not a capture: %v (%v), the twin says %v", got.NotCapture, got.Err, want.NotCapture)
		}
		return ""
	}
	for i, w := range want.Records[:min(len(want.Records), len(got.Records))] {
		g := got.Records[i]
		if g.Time != w.Time || g.LinkType != w.LinkType || g.OrigLen != w.OrigLen || g.Offset != w.Offset || !bytes.Equal(g.Data, w.Data) {
			return fmt.Sprintf("packet %d: %+v, the twin says %+v", i+1, g, w)
		}
	}
	if len(got.Records) != len(want.Records) || got.Damage != want.Damage || got.Offset != want.DamageOffset {
		return fmt.Sprintf("%d packets, then %q at %d (%v); the twin says %d, %q at %d",
			len(got.Records), got.Damage, got.Offset, got.Err, len(want.Records), want.Damage, want.DamageOffset)
	}
	return ""
}

// packets are four of one TCP session and one UDP datagram, the last snapped.
func packets() []testcap.Packet {
	a, b := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("198.51.100.2")
	eth := testcap.Eth{Src: [6]byte{2, 1}, Dst: [6]byte{2, 2}}
	var out []testcap.Packet
	for i, text := range []string{"", "hello", "a longer text of some words", "hi"} {
		tcp := testcap.TCP{SrcPort: 40000, DstPort: 443, Seq: uint32(i)}
		out = append(out, testcap.Packet{
			LinkType: testcap.Ethernet, Time: 1_700_000_000_000_001_000 + int64(i)*1_000_000_000,
			Data: testcap.Build(eth, testcap.IPv4{Src: a, Dst: b}, tcp, testcap.Payload(text)),
		})
	}
	udp := testcap.Build(eth, testcap.IPv4{Src: b, Dst: a}, testcap.UDP{SrcPort: 5000, DstPort: 5001}, testcap.Payload("datagram"))
	return append(out, testcap.Packet{LinkType: testcap.Ethernet, Time: 1_700_000_009_000_000_000, Data: udp}.Snap(44))
}

func pcapFile() []byte { return testcap.Pcap{LinkType: testcap.Ethernet}.File(packets()...) }

// ngFile has everything in it that a pcapng can hold: two sections of either
// byte order, all kinds of packet blocks, unknown blocks, interfaces of
// several resolutions.
func ngFile() []byte {
	p := packets()
	var f testcap.NG
	f.Section(testcap.Option{Code: 4, Value: []byte("testcap")})
	f.Interface(testcap.Interface{LinkType: testcap.Ethernet, Options: []testcap.Option{{Code: 2, Value: []byte("eth0")}}})
	f.Enhanced(0, p[0], testcap.Option{Code: 1, Value: []byte("a comment")})
	f.Block(0x0bad, []byte("an unknown block"))
	f.Simple(p[1])
	f.BigEndian = true
	f.Section()
	offset := int64(1_600_000_000)
	f.Interface(testcap.Interface{LinkType: testcap.Ethernet, SnapLen: 60})
	f.Interface(testcap.Interface{LinkType: testcap.Ethernet, Resol: testcap.U8(9), Offset: &offset})
	f.Obsolete(1, p[2])
	f.Enhanced(1, p[3])
	f.Simple(p[2].Snap(60))
	f.Block(5, make([]byte, 24)) // interface statistics
	f.Enhanced(0, p[4])
	return bytes.Clone(f.Bytes())
}
