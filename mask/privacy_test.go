package mask_test

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/pcapmill/pcapmill/header"
	"github.com/pcapmill/pcapmill/internal/draw"
	"github.com/pcapmill/pcapmill/internal/testcap"
	"github.com/pcapmill/pcapmill/mask"
)

// patch is bits of some bytes of a packet.
type patch struct {
	at, length int
	mask       byte // of one byte; 0: all
}

// bitsOf are the bits of a field in a packet, or nil for names.
func bitsOf(f mask.Field, data []byte, l *header.Layout) []patch {
	ip, tr := l.Network(), l.Transport()
	six := l.IsIPv6()
	pick := func(four, other patch) []patch {
		if six {
			return []patch{other}
		}
		return []patch{four}
	}
	only4 := func(b patch) []patch {
		if six {
			return nil
		}
		return []patch{b}
	}
	tcp := func(list ...patch) []patch {
		if l.IsUDP() {
			return nil
		}
		return list
	}
	switch f {
	case mask.IPTos:
		if six {
			return []patch{{ip, 1, 0x0f}, {ip + 1, 1, 0xf0}}
		}
		return []patch{{ip + 1, 1, 0}}
	case mask.IPLength:
		return pick(patch{ip + 2, 2, 0}, patch{ip + 4, 2, 0})
	case mask.IPID:
		return only4(patch{ip + 4, 2, 0})
	case mask.IPFragment:
		return only4(patch{ip + 6, 2, 0})
	case mask.IPTTL:
		return pick(patch{ip + 8, 1, 0}, patch{ip + 7, 1, 0})
	case mask.IPFlowLabel:
		if six {
			return []patch{{ip + 1, 1, 0x0f}, {ip + 2, 2, 0}}
		}
	case mask.IPOptions:
		return only4(patch{ip + 20, tr - ip - 20, 0})
	case mask.TCPSeq:
		return tcp(patch{tr + 4, 4, 0})
	case mask.TCPAck:
		return tcp(patch{tr + 8, 4, 0})
	case mask.TCPFlags:
		return tcp(patch{tr + 12, 1, 0x01}, patch{tr + 13, 1, 0})
	case mask.TCPWindow:
		return tcp(patch{tr + 14, 2, 0})
	case mask.TCPUrgent:
		return tcp(patch{tr + 18, 2, 0})
	case mask.TCPOptions:
		return tcp(patch{tr + 20, l.Payload() - tr - 20, 0})
	case mask.UDPLength:
		if l.IsUDP() {
			return []patch{{tr + 4, 2, 0}}
		}
	case mask.PayloadBytes:
		return []patch{{l.Payload(), l.End() - l.Payload(), 0}}
	}
	return nil
}

// TestMaskedFieldsCannotBeTold: whatever stands in fields that are not kept, the bytes that a packet contributes, and all that a
// View shows, are the same. What cannot influence the output cannot be found back in it.
func TestMaskedFieldsCannotBeTold(t *testing.T) {
	told := map[mask.Field]int{}
	never := func() (fields []mask.Field) {
		for _, f := range mask.PacketFields() {
			if told[f] == 0 && !slices.Contains([]mask.Field{mask.TCPTimestamps, mask.TLSSNI, mask.HTTPHost, mask.DNSNames}, f) {
				fields = append(fields, f)
			}
		}
		return fields
	}
	draw.Until(t, func() bool { return len(never()) == 0 }, func(t *rapid.T) {
		r := rand.New(rand.NewPCG(draw.Seed().Draw(t, "seed"), 0))
		p := policy(r)
		m, again := mask.New(p, referenceKey), mask.New(p, referenceKey)
		for _, packet := range append(testcap.Random(r, testcap.Options{Mixed: true, Sessions: 4, Payload: 50}).Packets, named(r)...) {
			var s header.Stack
			header.Decode(header.LinkType(packet.LinkType), packet.Data, uint32(len(packet.Data)), &s)
			if s.Reason != header.OK {
				continue
			}
			l := s.Layout(packet.Time, r.IntN(2) == 0)
			other := bytes.Clone(packet.Data)
			for f, action := range p.Fields {
				if action == mask.Keep {
					continue
				}
				for _, b := range bitsOf(mask.Field(f), packet.Data, &l) {
					told[mask.Field(f)]++
					for i := range b.length {
						change := byte(r.IntN(256))
						if b.mask != 0 {
							change &= b.mask
						}
						other[b.at+i] ^= change
					}
				}
			}
			if p.Ports == mask.Zero {
				copy(other[l.Transport():], []byte{byte(r.IntN(256)), 1, 2, 3})
			}
			if at, n := l.Addresses(); p.IP == mask.Zero || p.IP == mask.Remove {
				for i := range 2 * n {
					other[at+i] = byte(r.IntN(256))
				}
			}
			have, want := again.Append(nil, other, &l), m.Append(nil, packet.Data, &l)
			if !bytes.Equal(have, want) {
				t.Fatalf("%+v tells\n% x from\n% x:\n% x\n% x", p, other, packet.Data, have, want)
			}
			link := header.LinkType(packet.LinkType)
			if have, want := again.View(link, other, &l), m.View(link, packet.Data, &l); !bytes.Equal(have.Bytes, want.Bytes) {
				t.Fatalf("%+v: a view tells\n% x from\n% x:\n% x\n% x", p, other, packet.Data, have.Bytes, want.Bytes)
			}
		}
	})
	for _, f := range never() {
		t.Errorf("%s was never changed", f)
	}
}

// TestNamesAreGone: no name in a payload is left under masks of names, but for what another packet has of it.
func TestNamesAreGone(t *testing.T) {
	draw.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewPCG(draw.Seed().Draw(t, "seed"), 0))
		m := mask.New(mask.Strict(), nil)
		for range 20 {
			name := []byte("abcdefghijklmnopqrstuvwxyz0123456789")
			r.Shuffle(len(name), func(i, j int) { name[i], name[j] = name[j], name[i] })
			n := 6 + r.IntN(20)
			host := append(name[:n:n], ".example"...)
			var payload []byte
			var transport testcap.Layer = testcap.TCP{SrcPort: 1, DstPort: 2}
			switch r.IntN(3) {
			case 0:
				k := byte(len(host))
				payload = slices.Concat(make([]byte, r.IntN(30)), []byte{0, 0, 0, k + 5, 0, k + 3, 0, 0, k}, host, []byte{0, 23, 0})
			case 1:
				payload = slices.Concat([]byte("PUT /x HTTP/1.1\r\nA: b\r\nhost:\t "), host, []byte("\r\n\r\n"))
			case 2:
				transport = testcap.UDP{SrcPort: 53, DstPort: 2}
				payload = slices.Concat([]byte{1, 2, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, byte(n)}, host[:n], []byte("\x07example\x00\x00\x01\x00\x01"))
			}
			data := testcap.Build(testcap.Eth{}, testcap.IPv4{}, transport, testcap.Payload(payload))
			var s header.Stack
			header.Decode(header.LinkTypeEthernet, data, uint32(len(data)), &s)
			l := s.Layout(0, true)
			if b := m.Append(nil, data, &l); bytes.Contains(b, host[:4]) || bytes.Contains(b, []byte("example")) {
				t.Fatalf("%q is in %q", host, b)
			}
		}
	})
}
