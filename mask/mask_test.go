package mask_test

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/pcapmill/pcapmill/header"
	"github.com/pcapmill/pcapmill/internal/draw"
	"github.com/pcapmill/pcapmill/internal/testcap"
	"github.com/pcapmill/pcapmill/internal/twin"
	"github.com/pcapmill/pcapmill/mask"
)

// policy draws any policy.
func policy(r *rand.Rand) mask.Policy {
	return mask.Policy{
		MAC: mask.Action(r.IntN(4)), IP: mask.Action(r.IntN(5)), Ports: mask.Action(r.IntN(2)),
		Checksums: mask.Action(r.IntN(2)), UDPPad: r.IntN(2) == 0, Content: mask.Content(r.IntN(5) / 4),
	}
}

// length is SPEC part 5 in other words: what a packet contributes, counted from its headers.
func length(p mask.Policy, s *header.Stack) int {
	if p.Content == mask.Payload {
		return s.End - s.Payload
	}
	n := s.End - s.Network
	if s.Link == header.LinkTypeEthernet && p.MAC != mask.Remove {
		n = s.End
	}
	if p.IP == mask.Remove {
		n -= map[uint8]int{4: 8, 6: 32}[s.Version]
	}
	if p.UDPPad && s.Proto == header.UDP {
		n += 12
	}
	return n
}

// TestAnyPacketAnyPolicy: the length is as SPEC says, the bytes are the twin's, a short buffer gets the beginning of the same
// bytes and nothing behind it is touched, and the packet is not changed.
func TestAnyPacketAnyPolicy(t *testing.T) {
	draw.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewPCG(draw.Seed().Draw(t, "seed"), 0))
		p := policy(r)
		var key []byte
		if r.IntN(2) == 0 {
			key = []byte("key")
		}
		if p.KeepsPrefixes() {
			key = []byte("thirty-two bytes of AES and a pad")[:32]
		}
		settings := twin.Settings{
			MAC: p.MAC.String(), IP: p.IP.String(), Ports: p.Ports.String(), Checksums: p.Checksums.String(),
			UDPPad: p.UDPPad, Content: p.Content.String(), Dedup: "none", Length: 1, Key: key,
		}
		m := mask.New(p, key)
		for _, packet := range testcap.Random(r, testcap.Options{Mixed: true, Sessions: 6, Payload: 50}).Packets {
			var s header.Stack
			header.Decode(header.LinkType(packet.LinkType), packet.Data, uint32(len(packet.Data)), &s)
			if s.Reason != header.OK {
				continue
			}
			before := bytes.Clone(packet.Data)
			l := s.Layout(packet.Time, false)
			have := m.Append([]byte("front"), packet.Data, &l)
			if !bytes.HasPrefix(have, []byte("front")) || m.Len(&l) != length(p, &s) || len(have)-5 != m.Len(&l) {
				t.Fatalf("%+v: %d bytes, Len %d, want %d", p, len(have)-5, m.Len(&l), length(p, &s))
			}
			have = have[5:]
			want := twinBytes(t, packet, settings)
			if !bytes.Equal(have, want) {
				t.Fatalf("%+v: % x, want % x", p, have, want)
			}
			buffer := bytes.Repeat([]byte{0xee}, len(want)+10)
			cut := r.IntN(len(buffer) + 1)
			n := m.Write(buffer[:cut], packet.Data, &l)
			if n != min(cut, len(want)) || !bytes.Equal(buffer[:n], want[:n]) || len(bytes.Trim(buffer[n:], "\xee")) > 0 {
				t.Fatalf("%+v: into %d bytes: %d written, % x, want % x", p, cut, n, buffer, want)
			}
			if !bytes.Equal(packet.Data, before) {
				t.Fatalf("%+v: the packet was changed", p)
			}
		}
	})
}

// twinBytes is the one session of a capture of one packet.
func twinBytes(t *rapid.T, p testcap.Packet, s twin.Settings) []byte {
	t.Helper()
	f := twin.Packets(testcap.Pcap{LinkType: uint32(p.LinkType)}.File(p))
	c := twin.CaptureResult{Left: map[string]int{}}
	sessions := twin.Sessions(f, &c, s)
	if len(sessions) != 1 {
		t.Fatalf("the twin finds %d sessions in one packet: %+v", len(sessions), c)
	}
	return sessions[0]
}

// TestFieldByField reads the default and each single change off one packet.
func TestFieldByField(t *testing.T) {
	data := testcap.Build(testcap.Eth{Src: [6]byte{0x81, 1, 1, 1, 1, 1}, Dst: [6]byte{0x82, 2, 2, 2, 2, 2}}, testcap.VLAN{ID: 7},
		testcap.IPv4{Src: addr("129.1.2.3"), Dst: addr("129.4.5.6")}, testcap.UDP{SrcPort: 0x8182, DstPort: 0x8384}, testcap.Payload("pay"), testcap.Trailer(9))
	var s header.Stack
	header.Decode(header.LinkTypeEthernet, data, uint32(len(data)), &s)
	l := s.Layout(0, false)
	ip, udp := data[18:38], data[38:46]
	cut := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	zeros := make([]byte, 16)
	for name, c := range map[string]struct {
		policy mask.Policy
		want   []byte
	}{
		"keep all":  {mask.Policy{}, data[:49]},
		"default":   {mask.Default(), cut(ip[:10], zeros[:10], zeros[:4], udp[4:6], zeros[:2], []byte("pay"))},
		"mac":       {mask.Policy{MAC: mask.Remove}, data[18:49]},
		"mac zero":  {mask.Policy{MAC: mask.Zero}, cut(zeros[:12], data[12:49])},
		"ip":        {mask.Policy{IP: mask.Remove}, cut(data[:30], data[38:49])},
		"ip zero":   {mask.Policy{IP: mask.Zero}, cut(data[:30], zeros[:8], data[38:49])},
		"ports":     {mask.Policy{Ports: mask.Zero}, cut(data[:38], zeros[:4], data[42:49])},
		"checksums": {mask.Policy{Checksums: mask.Zero}, cut(data[:28], zeros[:2], data[30:44], zeros[:2], data[46:49])},
		"udp-pad":   {mask.Policy{UDPPad: true}, cut(data[:46], zeros[:12], data[46:49])},
		"payload":   {mask.Policy{MAC: mask.Zero, IP: mask.Remove, UDPPad: true, Content: mask.Payload}, []byte("pay")},
	} {
		if have := mask.New(c.policy, nil).Append(nil, data, &l); !bytes.Equal(have, c.want) {
			t.Errorf("%s:\nhave % x\nwant % x", name, have, c.want)
		}
	}
}

// TestWords: each field takes its values and gives them back, and names them to those who
// give another.
func TestWords(t *testing.T) {
	values := map[string][]string{
		"mac": {"remove", "zero", "anonymize", "keep"}, "ip": {"remove", "zero", "anonymize", "prefix", "keep"},
		"ports": {"zero", "keep"}, "checksums": {"zero", "keep"}, "udp-pad": {"on", "off"}, "content": {"packet", "payload"},
	}
	if len(values) != len(mask.Fields()) {
		t.Errorf("fields %q", mask.Fields())
	}
	for _, name := range mask.Fields() {
		for _, value := range values[name] {
			var p mask.Policy
			if err := p.Set(name, value); err != nil || p.Get(name) != value || p.Check() != nil {
				t.Errorf("%s %s: %q, %v", name, value, p.Get(name), err)
			}
		}
		for _, word := range []string{"", "Keep", "hash", "prefix"} {
			p := mask.Default()
			err := p.Set(name, word)
			if (err == nil) != slices.Contains(values[name], word) || err != nil && (p != mask.Default() || !strings.Contains(err.Error(), "have ")) {
				t.Errorf("%s %q: %v", name, word, err)
			}
		}
	}
	var p mask.Policy
	if err := p.Set("tcp.seq", "zero"); err == nil || p.Get("tcp.seq") != "" {
		t.Errorf("a field that there is not: %v", err)
	}
	for _, a := range []mask.Action{mask.Keep, mask.Zero, mask.Anonymize, mask.Remove, mask.Prefix} {
		var again mask.Action
		if text, err := a.MarshalText(); err != nil || again.UnmarshalText(text) != nil || again != a {
			t.Errorf("%s: as text %s, back %s", a, text, again)
		}
	}
}
