package sessions_test

import (
	"math/rand/v2"
	"net/netip"
	"testing"

	"pgregory.net/rapid"

	"github.com/pcapmill/pcapmill/header"
	"github.com/pcapmill/pcapmill/internal/draw"
	"github.com/pcapmill/pcapmill/internal/sessions"
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

// TestTableKeysAreKeys: a table finds one session for both directions, under the key that session.KeyOf gives.
func TestTableKeysAreKeys(t *testing.T) {
	type conversation struct {
		udp       bool
		low, high netip.AddrPort
	}
	draw.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewPCG(draw.Seed().Draw(t, "seed"), 0))
		seen := map[session.FiveTuple]conversation{}
		table, ids := sessions.NewTable(1, false, seed), map[conversation]uint32{}
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
			id := table.Note(there, ts, 1, 0)
			if again := table.Note(back, bs, 2, 0); again != id {
				t.Fatalf("%v: the directions are sessions %d and %d of the table", c, id, again)
			}
			if before, ok := ids[c]; ok && before != id || table.Key(int(id)) != k {
				t.Fatalf("%v is session %d (%v), was %d", c, id, table.Key(int(id)), before)
			}
			ids[c] = id
		}
		if table.Len() != len(ids) || len(seen) != len(ids) {
			t.Fatalf("%d conversations, %d sessions in the table, %d keys", len(ids), table.Len(), len(seen))
		}
	})
}
