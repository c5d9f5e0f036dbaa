package session_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"

	"pgregory.net/rapid"

	"github.com/pcapmill/pcapmill/header"
	"github.com/pcapmill/pcapmill/internal/draw"
	"github.com/pcapmill/pcapmill/internal/testcap"
	"github.com/pcapmill/pcapmill/session"
)

// raw builds a packet of raw IP and decodes it.
func raw(udp bool, from, to netip.AddrPort) ([]byte, *header.Stack) {
	var ip, transport testcap.Layer = testcap.IPv4{Src: from.Addr(), Dst: to.Addr()}, testcap.TCP{SrcPort: from.Port(), DstPort: to.Port()}
	if from.Addr().Is6() {
		ip = testcap.IPv6{Src: from.Addr(), Dst: to.Addr()}
	}
	if udp {
		transport = testcap.UDP{SrcPort: from.Port(), DstPort: to.Port()}
	}
	data := testcap.Build(ip, transport, testcap.Payload("x"))
	var s header.Stack
	header.Decode(header.LinkTypeRaw, data, uint32(len(data)), &s)
	return data, &s
}

// TestKeyNamesTheConversation: both directions have one key, and it gives back exactly what it was made of; keys are equal only
// if version, protocol and both endpoint pairs are.
func TestKeyNamesTheConversation(t *testing.T) {
	type conversation struct {
		udp       bool
		low, high netip.AddrPort
	}
	draw.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewPCG(draw.Seed().Draw(t, "seed"), 0))
		seen := map[session.FiveTuple]conversation{}
		for range 60 { // few addresses and ports, so that pairs mix
			end := func(v6 bool) netip.AddrPort {
				b := [16]byte{15: byte(r.IntN(2))}
				b[r.IntN(16)] |= byte(r.IntN(3)) << 6
				a := netip.AddrFrom16(b)
				if !v6 {
					a = netip.AddrFrom4([4]byte(b[12:]))
				}
				return netip.AddrPortFrom(a, uint16(r.IntN(3))*0x7fff+1)
			}
			v6, c := r.IntN(2) == 0, conversation{udp: r.IntN(2) == 0}
			c.low, c.high = end(v6), end(v6)
			there, ts := raw(c.udp, c.low, c.high)
			back, bs := raw(c.udp, c.high, c.low)
			k := session.KeyOf(there, ts)
			if k != session.KeyOf(back, bs) {
				t.Fatalf("%v: the directions have keys %v and %v", c, k, session.KeyOf(back, bs))
			}
			if c.low.Compare(c.high) > 0 {
				c.low, c.high = c.high, c.low
			}
			if low, high := k.Endpoints(); low != c.low || high != c.high || (k.Proto() == header.UDP) != c.udp || (k.Version() == 6) != v6 {
				t.Fatalf("%v has key %v", c, k)
			}
			if other, ok := seen[k]; ok && other != c {
				t.Fatalf("%v and %v have one key", c, other)
			}
			seen[k] = c
			proto := uint8(header.TCP)
			if c.udp {
				proto = header.UDP
			}
			if a, b := session.NewFiveTuple(proto, c.low, c.high), session.NewFiveTuple(proto, c.high, c.low); a != k || b != k {
				t.Fatalf("%v has key %v, put together %v and %v", c, k, a, b)
			}
		}
	})
}

// TestEndpointsAreOrderedAsPairs: ordering addresses and ports each on their own would make one session of two.
func TestEndpointsAreOrderedAsPairs(t *testing.T) {
	at := netip.MustParseAddrPort
	one, s1 := raw(false, at("10.0.0.1:80"), at("10.0.0.2:5000"))
	two, s2 := raw(false, at("10.0.0.1:5000"), at("10.0.0.2:80"))
	if a, b := session.KeyOf(one, s1), session.KeyOf(two, s2); a == b {
		t.Errorf("%v and %v are one key", a, b)
	}
}

// The key of a session is the same for both directions.
func ExampleKeyOf() {
	eth, alice, bob := testcap.Eth{}, netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	ask := testcap.Build(eth, testcap.IPv4{Src: bob, Dst: alice}, testcap.TCP{SrcPort: 50000, DstPort: 443})
	answer := testcap.Build(eth, testcap.IPv4{Src: alice, Dst: bob}, testcap.TCP{SrcPort: 443, DstPort: 50000})

	var s header.Stack
	header.Decode(header.LinkTypeEthernet, ask, uint32(len(ask)), &s)
	key := session.KeyOf(ask, &s)
	header.Decode(header.LinkTypeEthernet, answer, uint32(len(answer)), &s)
	fmt.Println(key, key == session.KeyOf(answer, &s))
	// Output: TCP 192.0.2.1:443 192.0.2.2:50000 true
}

// What two runs of a capture's packets add up to is joined, after one of them was carried
// from another process.
func ExampleMerge() {
	key := session.NewFiveTuple(header.TCP, netip.MustParseAddrPort("192.0.2.1:443"), netip.MustParseAddrPort("192.0.2.2:50000"))
	const limit = 8 // bytes of a prefix
	early := session.Partial{First: 3, Packets: [2]uint64{1, 0}, Bytes: 5, Prefix: []byte("hello")}
	late := session.Partial{First: 9, Packets: [2]uint64{0, 2}, Bytes: 20, Prefix: []byte(", world ")}

	record, err := (&session.Session{Key: key, Partial: late}).AppendBinary(nil)
	if err != nil {
		panic(err)
	}
	var arrived session.Session
	if _, err := (session.Keep{Limit: limit}).Decode(record, &arrived); err != nil {
		panic(err)
	}
	whole := session.Merge(early, arrived.Partial, limit)
	fmt.Printf("%s: %d packets, %d bytes, %q\n", arrived.Key, whole.Count(), whole.Bytes, whole.Prefix)
	// Output: TCP 192.0.2.1:443 192.0.2.2:50000: 3 packets, 25 bytes, "hello, w"
}
