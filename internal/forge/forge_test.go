package forge_test

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/pcapmill/pcapmill/header"
	"github.com/pcapmill/pcapmill/internal/draw"
	"github.com/pcapmill/pcapmill/internal/forge"
	"github.com/pcapmill/pcapmill/internal/testcap"
	"github.com/pcapmill/pcapmill/internal/twin"
	"github.com/pcapmill/pcapmill/mask"
)

func addr(text string) netip.Addr { return netip.MustParseAddr(text) }

// decoded is a packet with its headers, from the lower endpoint or not.
func decoded(p testcap.Packet) (s header.Stack, l header.Layout) {
	header.Decode(header.LinkType(p.LinkType), p.Data, uint32(len(p.Data)), &s)
	return s, s.Layout(p.Time, s.Reason == header.OK && fromLower(p.Data, &s))
}

func fromLower(data []byte, s *header.Stack) bool {
	at, n := s.Network+12, 4
	if s.Version == 6 {
		at, n = s.Network+8, 16
	}
	if c := bytes.Compare(data[at:at+n], data[at+n:at+2*n]); c != 0 {
		return c < 0
	}
	return s.SrcPort <= s.DstPort
}

// packets are some of every kind, and TCP packets with all options.
func packets(r *rand.Rand) []testcap.Packet {
	list := testcap.Random(r, testcap.Options{Mixed: true, Sessions: 6, Payload: 40}).Packets
	options := []byte{1, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8, 5, 10, 9, 9, 9, 9, 8, 8, 8, 8, 0}
	for range 6 {
		ip := testcap.Layer(testcap.IPv4{Src: addr("192.0.2.1"), Dst: addr("192.0.2.2"), ID: uint16(r.IntN(3)), Options: []byte{7, 7, 4, 1, 2, 3, 4, 0}[:8*r.IntN(2)]})
		if r.IntN(2) == 0 {
			ip = testcap.IPv6{Src: addr("2001:db8::2"), Dst: addr("2001:db8::1")}
		}
		data := testcap.Build(testcap.Eth{Src: [6]byte{2, byte(r.IntN(2))}, Dst: [6]byte{4}}, ip, testcap.TCP{
			SrcPort: uint16(r.IntN(3)), DstPort: 65535, Seq: r.Uint32(), Ack: r.Uint32(), Flags: uint8(r.IntN(256)), Options: append(options, 0, 0),
		}, testcap.Payload("payload"))
		list = append(list, testcap.Packet{LinkType: 1, Data: data})
	}
	return list
}

// places are the offsets of the checksums of a packet.
func places(s *header.Stack) (list []int) {
	if s.Version == 4 {
		list = append(list, s.Network+10)
	}
	if s.Proto == header.UDP {
		return append(list, s.Transport+6)
	}
	return append(list, s.Transport+16)
}

// TestAgainstTwin: every set of fields of every packet is as the twin says, but for checksums; nothing else changes.
func TestAgainstTwin(t *testing.T) {
	draw.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewPCG(draw.Seed().Draw(t, "seed"), 0))
		fields := forge.Fields(1 + r.IntN(int(forge.All)))
		key := []byte{1, byte(r.IntN(256)), 3}[:r.IntN(4)]
		f := forge.New(fields, key)
		bare := r.IntN(2) == 0
		if bare {
			f.Under(&mask.Policy{MAC: mask.Remove})
		}
		names := fields.String()
		if fields == forge.All {
			names = "addresses,ports,ip.id,ip.ttl,tcp.seq,tcp.timestamps"
		}
		for _, p := range packets(r) {
			s, l := decoded(p)
			if s.Reason != header.OK || p.LinkType != 1 && fields&forge.Addresses != 0 && !bare {
				continue // the twin knows the link addresses of Ethernet
			}
			want := twin.Forge(twin.Record{LinkType: p.LinkType, Data: p.Data, OrigLen: uint32(len(p.Data))}, strings.Split(names, ","), key)
			if bare {
				copy(want[:s.Network], p.Data)
			}
			have := bytes.Clone(f.Packet(header.LinkType(p.LinkType), p.Data, &l))
			for _, at := range places(&s) {
				copy(want[at:at+2], have[at:at+2])
			}
			if !bytes.Equal(have, want) {
				t.Fatalf("%s of % x:\nhave % x\nwant % x", names, p.Data, have, want)
			}
			if fields&forge.Ports != 0 && s.DstPort != 0 && bytes.Equal(have, p.Data) {
				t.Fatalf("%s: the same packet", names)
			}
		}
	})
}

// sums are the sums of the words that the checksums of a packet cover, folded: ffff, if the checksum is right.
func sums(data []byte, s *header.Stack, source, destination int) (ip, transport uint32) {
	add := func(sum uint32, b []byte) uint32 {
		for i, c := range b {
			sum += uint32(c) << (8 * (1 - i%2))
		}
		for sum > 0xffff {
			sum = sum>>16 + sum&0xffff
		}
		return sum
	}
	n := 16
	if s.Version == 4 {
		ip, n = add(0, data[s.Network:s.Transport]), 4
	}
	transport = add(add(uint32(s.Proto), data[source:source+n]), data[destination:destination+n])
	return ip, add(add(transport, []byte{byte((s.End - s.Transport) >> 8), byte(s.End - s.Transport)}), data[s.Transport:s.End])
}

// TestChecksums: a right one is right after, a wrong one is wrong by as much, and that UDP has none stays so.
func TestChecksums(t *testing.T) {
	right := 0
	draw.Until(t, func() bool { return right >= 100 }, func(t *rapid.T) {
		r := rand.New(rand.NewPCG(draw.Seed().Draw(t, "seed"), 0))
		f := forge.New(forge.Fields(1+r.IntN(int(forge.All))), []byte("key"))
		for _, p := range packets(r) {
			s, l := decoded(p)
			if s.Reason != header.OK {
				continue
			}
			at, n := l.Addresses()
			have := f.Packet(header.LinkType(p.LinkType), p.Data, &l)
			if l.HasOptions() {
				continue // see TestChecksumsOfRoutes
			}
			ip, transport := sums(p.Data, &s, at, at+n)
			ip2, transport2 := sums(have, &s, at, at+n)
			if none := s.Proto == header.UDP && binary.BigEndian.Uint16(p.Data[s.Transport+6:]) == 0; none {
				if binary.BigEndian.Uint16(have[s.Transport+6:]) != 0 {
					t.Fatalf("a checksum is there: % x", have)
				}
				transport, transport2 = 0, 0
			}
			if ip%0xffff != ip2%0xffff || transport%0xffff != transport2%0xffff {
				t.Fatalf("sums %x %x, were %x %x: % x of % x", ip2, transport2, ip, transport, have, p.Data)
			}
			if transport == 0xffff {
				right++
			}
		}
	})
	if right < 100 {
		t.Errorf("only %d checksums were right", right)
	}
}

// TestChecksumsOfRoutes: where a packet is not at the end of its route, the last address counts; where it left home, that of home.
func TestChecksumsOfRoutes(t *testing.T) {
	eth, udp := testcap.Eth{}, testcap.UDP{SrcPort: 1, DstPort: 2}
	ip6, ip4 := testcap.IPv6{Src: addr("2001:db8::1"), Dst: addr("2001:db8::2")}, testcap.IPv4{Src: addr("192.0.2.1"), Dst: addr("192.0.2.2")}
	a, b := addr("2001:db8::a").As16(), addr("2001:db8::b").As16()
	route := func(kind, left byte) testcap.Layer {
		return testcap.Ext{Kind: 43, Body: append(append([]byte{kind, left, 1, 0, 0, 0}, a[:]...), b[:]...)}
	}
	home := testcap.Ext{Kind: 60, Body: append([]byte{1, 2, 7, 7, 201, 16}, a[:]...)}
	with := func(pointer byte) testcap.Layer {
		ip := ip4
		ip.Options = []byte{131, 11, pointer, 1, 2, 3, 4, 5, 6, 7, 8, 0}
		return ip
	}
	const ip = 14
	for name, c := range map[string]struct {
		layers              []testcap.Layer
		source, destination int // from the IP header
	}{
		"type 0, on the way":   {[]testcap.Layer{eth, ip6, route(0, 1), udp}, 8, 40 + 8 + 16},
		"type 0, at its end":   {[]testcap.Layer{eth, ip6, route(0, 0), udp}, 8, 24},
		"type 4, on the way":   {[]testcap.Layer{eth, ip6, route(4, 1), udp}, 8, 40 + 8},
		"home address":         {[]testcap.Layer{eth, ip6, home, udp}, 40 + 8, 24},
		"source route":         {[]testcap.Layer{eth, with(8), udp}, 12, 20 + 7},
		"source route, passed": {[]testcap.Layer{eth, with(12), udp}, 12, 16},
	} {
		data := testcap.Build(append(c.layers, testcap.Payload("xy"))...)
		s, l := decoded(testcap.Packet{LinkType: 1, Data: data})
		if s.Reason != header.OK {
			t.Fatalf("%s: %+v", name, s)
		}
		binary.BigEndian.PutUint16(data[s.Transport+6:], 0)
		_, sum := sums(data, &s, ip+c.source, ip+c.destination)
		binary.BigEndian.PutUint16(data[s.Transport+6:], ^uint16(sum))
		have := forge.New(forge.All, []byte("key")).Packet(1, data, &l)
		if _, sum := sums(have, &s, ip+c.source, ip+c.destination); sum != 0xffff {
			t.Errorf("%s: %x", name, sum)
		}
	}
}

// TestUnderAPolicy: a packet shows the same under a policy whether the forger knew of it or not, and so does the session that a
// cache has forgotten meanwhile; of what is hidden nothing is rewritten.
func TestUnderAPolicy(t *testing.T) {
	less := 0
	draw.Until(t, func() bool { return less >= 100 }, func(t *rapid.T) {
		r := rand.New(rand.NewPCG(draw.Seed().Draw(t, "seed"), 0))
		p := mask.Policy{MAC: mask.Action(r.IntN(4)), IP: mask.Action(r.IntN(4)), Ports: mask.Action(r.IntN(2)), Checksums: mask.Zero, UDPPad: r.IntN(4) == 0}
		if r.IntN(4) == 0 {
			p.Checksums = mask.Keep
		}
		for x := range p.Fields {
			if actions := mask.Field(x).Actions(); r.IntN(2) == 0 {
				p.Fields[x] = actions[r.IntN(len(actions))]
			}
		}
		fields := forge.Fields(1 + r.IntN(int(forge.All)))
		f, knowing, m := forge.New(fields, []byte("key")), forge.New(fields, []byte("key")), mask.New(p, []byte("key"))
		knowing.Under(&p)
		for _, packet := range packets(r) {
			s, l := decoded(packet)
			if s.Reason != header.OK {
				continue
			}
			lt := header.LinkType(packet.LinkType)
			all, some := bytes.Clone(f.Packet(lt, packet.Data, &l)), knowing.Packet(lt, packet.Data, &l)
			if !bytes.Equal(all, some) {
				less++
			}
			if want, have := m.Append(nil, all, &l), m.Append(nil, some, &l); !bytes.Equal(have, want) {
				t.Fatalf("%s under %+v:\nhave % x\nwant % x", fields, p, have, want)
			}
			v := m.View(lt, all, &l)
			want, numbers := bytes.Clone(v.Bytes), slices.Clone(v.Numbers)
			v = m.View(lt, some, &l)
			if have := v.Bytes; !bytes.Equal(have, want) || !slices.Equal(v.Numbers, numbers) {
				t.Fatalf("%s, view under %+v:\nhave % x\nwant % x", fields, p, have, want)
			}
			want = bytes.Clone(some)
			if have := fresh(fields, &p).Packet(lt, packet.Data, &l); !bytes.Equal(have, want) {
				t.Fatalf("%s under %+v, of a session that is new:\nhave % x\nwant % x", fields, p, have, want)
			}
		}
	})
	if less < 100 {
		t.Errorf("only %d packets were spared anything", less)
	}
}

// fresh is a forger that knows no session yet.
func fresh(fields forge.Fields, p *mask.Policy) *forge.Forger {
	f := forge.New(fields, []byte("key"))
	f.Under(p)
	return f
}

// TestManySessions: more sessions than are kept come in any order, and what is kept of one is nothing to the others.
func TestManySessions(t *testing.T) {
	const sessions = 20000
	data := testcap.Build(testcap.Eth{}, testcap.IPv4{Src: addr("10.0.0.0"), Dst: addr("192.0.2.1"), ID: 7}, testcap.TCP{SrcPort: 1, DstPort: 2}, testcap.Payload("x"))
	s, l := decoded(testcap.Packet{LinkType: 1, Data: data})
	forward, backward := forge.New(forge.All, []byte("key")), forge.New(forge.All, []byte("key"))
	of := func(f *forge.Forger, i int) []byte {
		binary.BigEndian.PutUint16(data[s.Network+14:], uint16(i))
		return f.Packet(1, data, &l)
	}
	var want [sessions][]byte
	for i := range want {
		want[i] = bytes.Clone(of(forward, i))
	}
	for i := sessions - 1; i >= 0; i-- {
		if have := of(backward, i); !bytes.Equal(have, want[i]) {
			t.Fatalf("session %d: % x, and % x in another order", i, want[i], have)
		}
	}
}

// TestStrictHidesTheTwin: under strict, and under each profile made of it, a packet and its twin contribute the same; relative
// numbers are the same, too. Under none they differ.
func TestStrictHidesTheTwin(t *testing.T) {
	draw.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewPCG(draw.Seed().Draw(t, "seed"), 0))
		f := forge.New(forge.All, forge.DefaultKey())
		for _, name := range []string{"strict", "headers", "sizes", "payload", "none"} {
			p, err := mask.Profile(name)
			if err != nil {
				t.Fatal(err)
			}
			m := mask.New(p, nil)
			var of, ofTwin mask.Firsts
			for _, packet := range packets(r) {
				s, l := decoded(packet)
				if s.Reason != header.OK {
					continue
				}
				row := resolved(m, &of, packet.Data, &l)
				other := resolved(m, &ofTwin, f.Packet(header.LinkType(packet.LinkType), packet.Data, &l), &l)
				if bytes.Equal(row, other) != (name != "none") && (name != "none" || s.SrcPort|s.DstPort != 0) {
					t.Fatalf("%s:\nrow  % x\ntwin % x", name, row, other)
				}
				of, ofTwin = mask.Firsts{}, mask.Firsts{} // packets of several sessions: each is its own unit
			}
		}
	})
}

// resolved is what a packet contributes, with its relative numbers.
func resolved(m *mask.Masker, firsts *mask.Firsts, data []byte, l *header.Layout) []byte {
	b := m.Append(nil, data, l)
	for _, n := range m.Numbers(nil, data, l) {
		firsts.Note(n, l.FromLower())
		mask.PutNumber(b, n.At, firsts.Resolve(n, l.FromLower()))
	}
	return b
}

// TestNumbersOfASessionMoveTogether: the relative numbers of packets in both directions are those of their twins.
func TestNumbersOfASessionMoveTogether(t *testing.T) {
	strict := mask.Strict()
	strict.Fields[mask.TCPOptions], strict.Fields[mask.TCPTimestamps] = mask.Keep, mask.Relative
	m, f := mask.New(strict, nil), forge.New(forge.All, []byte("key"))
	var of, ofTwin mask.Firsts
	for i := range byte(6) {
		options := []byte{8, 10, 1, 2, 3, i, 5, 6, 7, 9 * i, 5, 10, 9, 9, 9, i, 8, 8, 8, 8 + i, 0, 0, 0, 0}
		src, dst, port, to := addr("192.0.2.1"), addr("192.0.2.2"), uint16(80), uint16(5000)
		if i%2 == 1 {
			src, dst, port, to = dst, src, to, port
		}
		data := testcap.Build(testcap.Eth{}, testcap.IPv4{Src: src, Dst: dst}, testcap.TCP{
			SrcPort: port, DstPort: to, Seq: 0xfffffff0 + uint32(i)*7, Ack: 0xffffff00 + uint32(i)*100, Flags: 0x10, Options: options,
		}, testcap.Payload("x"))
		_, l := decoded(testcap.Packet{LinkType: 1, Data: data})
		row, other := resolved(m, &of, data, &l), resolved(m, &ofTwin, f.Packet(1, data, &l), &l)
		if !bytes.Equal(row, other) {
			t.Errorf("packet %d:\nrow  % x\ntwin % x", i, row, other)
		}
	}
	if of == ofTwin {
		t.Error("the numbers did not move")
	}
}

func TestParse(t *testing.T) {
	for text, want := range map[string]string{"all": "all", "ip.ttl, addresses": "addresses,ip.ttl", "ports,all": "all", "tcp.seq": "tcp.seq"} {
		if f, err := forge.Parse(text); err != nil || f.String() != want {
			t.Errorf("%q: %s, %v", text, f, err)
		}
	}
	for _, text := range []string{"", "ip.ttl,", "tcp.ack"} {
		if _, err := forge.Parse(text); err == nil || !strings.Contains(err.Error(), "have none, all, addresses, ports, ip.id") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// TestForgeDoesNotAllocate: neither a packet of a known session nor one of a new one.
func TestForgeDoesNotAllocate(t *testing.T) {
	f := forge.New(forge.All, []byte("key"))
	data := testcap.Build(testcap.Eth{}, testcap.IPv4{Src: addr("192.0.2.1"), Dst: addr("192.0.2.2")}, testcap.TCP{SrcPort: 1, DstPort: 2}, testcap.Payload("x"))
	s, l := decoded(testcap.Packet{LinkType: 1, Data: data})
	f.Packet(1, data, &l)
	if n := testing.AllocsPerRun(100, func() { f.Packet(1, data, &l); data[s.Transport+1]++ }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
