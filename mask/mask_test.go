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
	p := mask.Policy{
		MAC: mask.Action(r.IntN(4)), IP: mask.Action(r.IntN(5)), Ports: mask.Action(r.IntN(2)),
		Checksums: mask.Action(r.IntN(2)), UDPPad: r.IntN(2) == 0, Content: mask.Content(r.IntN(5) / 4),
	}
	for _, f := range mask.PacketFields() {
		if r.IntN(2) == 0 {
			p.Fields[f] = f.Actions()[r.IntN(len(f.Actions()))]
		}
	}
	if p.Content == mask.Payload && p.Fields[mask.PayloadBytes] == mask.Remove {
		p.Fields[mask.PayloadBytes] = mask.Keep
	}
	return p
}

// twinSettings are the same policy for the twin.
func twinSettings(p mask.Policy, key []byte) twin.Settings {
	s := twin.Settings{
		MAC: p.MAC.String(), IP: p.IP.String(), Ports: p.Ports.String(), Checksums: p.Checksums.String(),
		UDPPad: p.UDPPad, Content: p.Content.String(), Dedup: "none", Length: 1, Key: key, Mask: map[string]string{},
	}
	for f, a := range p.Fields {
		s.Mask[mask.Field(f).String()] = a.String()
	}
	return s
}

// length is SPEC part 5 in other words: what a packet contributes, counted from its headers.
func length(p mask.Policy, s *header.Stack) int {
	if p.Content == mask.Payload {
		return s.End - s.Payload
	}
	if p.Fields[mask.PayloadBytes] == mask.Remove {
		cut := *s
		cut.End, p.Fields[mask.PayloadBytes] = s.Payload, mask.Keep
		return length(p, &cut)
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
		settings := twinSettings(p, key)
		m := mask.New(p, key)
		for _, packet := range append(testcap.Random(r, testcap.Options{Mixed: true, Sessions: 6, Payload: 50}).Packets, named(r)...) {
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
			resolved := bytes.Clone(have)
			var first mask.Firsts
			for _, n := range m.Numbers(nil, packet.Data, &l) {
				first.Note(n, l.FromLower())
				mask.PutNumber(resolved, n.At, first.Resolve(n, l.FromLower()))
			}
			if want := twinBytes(t, packet, p, settings); !bytes.Equal(resolved, want) {
				t.Fatalf("%+v:\nhave % x\nwant % x\nof   % x", p, resolved, want, packet.Data)
			}
			want := have
			checkView(t, p, m, packet, &l, want)
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

// checkView: the parts of a View are those of what Append writes, whatever is cut out or put in.
func checkView(t *rapid.T, p mask.Policy, m *mask.Masker, packet testcap.Packet, l *header.Layout, want []byte) {
	v := m.View(header.LinkType(packet.LinkType), packet.Data, l)
	from := v.IP
	switch {
	case p.Content == mask.Payload:
		want, from = m.Append(nil, packet.Data, l), v.Payload
		v = m.View(header.LinkType(packet.LinkType), packet.Data, l)
		if p.Fields[mask.PayloadBytes] == mask.Remove {
			return
		}
	case p.MAC != mask.Remove && l.IsEthernet():
		from = 0
	}
	if have := v.Bytes[from:v.End]; !bytes.Equal(have, want) {
		t.Fatalf("%+v, View:\nhave % x\nwant % x", p, have, want)
	}
	if !bytes.Equal(v.Bytes[v.End:], packet.Data[l.End():]) {
		t.Fatalf("%+v: behind the end % x, want % x", p, v.Bytes[v.End:], packet.Data[l.End():])
	}
	if v.IP > v.Transport || v.Transport+8 > v.Payload || v.Payload > v.End || v.Bytes[v.IP]>>4 != map[bool]byte{false: 4, true: 6}[l.IsIPv6()] {
		t.Fatalf("%+v: places %+v", p, v)
	}
}

// named are packets with names in them, whole, cut and broken, and with TCP options of every kind.
func named(r *rand.Rand) (list []testcap.Packet) {
	sni := []byte("\x16\x03\x01\x00\x00\x00\x14\x00\x12\x00\x00\x0fwww.example.com\x00\x17\x00\x00")
	http := []byte("GET http://a.example:80/x HTTP/1.1\r\nHost: www.example\r\nX: y\r\nhost:b\r\n\r\n")
	dns := []byte("\x00\x01\x81\x80\x00\x01\x00\x02\x00\x00\x00\x00\x03www\x07example\x00\x00\x01\x00\x01" +
		"\xc0\x0c\x00\x05\x00\x01\x00\x00\x00\x3c\x00\x08\x05other\xc0\x10" + "\xc0\x0c\x00\x0f\x00\x01\x00\x00\x00\x3c\x00\x06\x00\x0a\x02mx\x00")
	options := []byte{1, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8, 5, 10, 9, 9, 9, 9, 8, 8, 8, 8, 3, 3, 7, 0, 8, 10, 1}
	for range 12 {
		payload := bytes.Clone([][]byte{sni, http, dns, append([]byte{0, byte(len(dns))}, dns...)}[r.IntN(4)])
		if r.IntN(2) == 0 {
			payload = payload[:r.IntN(len(payload)+1)]
		}
		if r.IntN(3) == 0 && len(payload) > 0 {
			payload[r.IntN(len(payload))] ^= 1 << r.IntN(8)
		}
		port := []uint16{53, 5353, 5355, 80}[r.IntN(4)]
		var ip testcap.Layer = testcap.IPv4{Src: addr("192.0.2.1"), Dst: addr("192.0.2.2"), Options: []byte{7, 7, 8, 1, 2, 3, 4, 0}[:4*(r.IntN(2)*2)]}
		if r.IntN(2) == 0 {
			ip = testcap.IPv6{Src: addr("2001:db8::1"), Dst: addr("2001:db8::2")}
		}
		var transport testcap.Layer = testcap.UDP{SrcPort: port, DstPort: 4000}
		if r.IntN(2) == 0 {
			o := bytes.Clone(options[:4*r.IntN(len(options)/4+1)])
			if len(o) > 0 && r.IntN(3) == 0 {
				o[r.IntN(len(o))] ^= 1 << r.IntN(4)
			}
			transport = testcap.TCP{SrcPort: 4000, DstPort: port, Seq: r.Uint32(), Ack: r.Uint32(), Flags: uint8(r.IntN(256)), Options: o}
		}
		layers := []testcap.Layer{testcap.Eth{}, ip}
		if _, six := ip.(testcap.IPv6); six && r.IntN(2) == 0 {
			layers = append(layers, testcap.Ext{Kind: 0, Body: []byte{1, 2, 3, 4, 5, 6}}, testcap.Ext{Kind: 44, Body: []byte{0, 1, 9, 9, 9, 9}})
		}
		data := testcap.Build(append(layers, transport, testcap.Payload(payload), testcap.Trailer(r.IntN(5)))...)
		list = append(list, testcap.Packet{LinkType: 1, Data: data, OrigLen: uint32(len(data))})
	}
	return list
}

// twinBytes is the one session of a capture of one packet.
func twinBytes(t *rapid.T, p testcap.Packet, policy mask.Policy, s twin.Settings) []byte {
	t.Helper()
	f := twin.Packets(testcap.Pcap{LinkType: uint32(p.LinkType)}.File(p))
	c := twin.CaptureResult{Left: map[string]int{}}
	sessions := twin.Sessions(f, &c, s)
	var stack header.Stack
	header.Decode(header.LinkType(p.LinkType), p.Data, uint32(len(p.Data)), &stack)
	if have := policy.NamesCut(p.Data, &stack); have != c.NamesCut {
		t.Fatalf("%d names cut, the twin says %d: %+v, % x", have, c.NamesCut, s, p.Data)
	}
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
	if len(values)+1 != len(mask.Fields()) {
		t.Errorf("fields %q", mask.Fields())
	}
	for name := range values {
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
	for _, a := range []mask.Action{mask.Keep, mask.Zero, mask.Anonymize, mask.Remove, mask.Prefix, mask.Ones, mask.Relative} {
		var again mask.Action
		if text, err := a.MarshalText(); err != nil || again.UnmarshalText(text) != nil || again != a {
			t.Errorf("%s: as text %s, back %s", a, text, again)
		}
	}
}
