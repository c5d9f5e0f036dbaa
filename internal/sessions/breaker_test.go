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

// TestBreaks compares with the rules told one packet after the other: a session ends at a pause since the kept packet before, or
// where a SYN stands behind a FIN or RST; control packets, kept or left out, tell of it; spilling changes nothing.
func TestBreaks(t *testing.T) {
	const fin, syn, rst, ack = 1, 2, 4, 16
	dir := t.TempDir()
	met := map[string]int{}
	draw.Until(t, func() bool { return met["restarts"] > 0 && met["pauses"] > 0 }, func(t *rapid.T) {
		r := rand.New(rand.NewPCG(draw.Seed().Draw(t, "seed"), 4))
		breaks := session.Breaks{Idle: r.Int64N(3) * 50, Restart: r.IntN(3) > 0}
		type state struct {
			n              int // place of the session in the list
			known          bool
			last           int64
			ended, restart bool
		}
		var want []session.Partial
		states := map[session.FiveTuple]*state{}
		table, spill := sessions.New(sessions.Kind{Keep: session.Keep{Limit: 30}, Units: true}, seed), sessions.NewSpill(dir)
		breaker := sessions.NewBreaker(breaks)
		now := int64(1000)
		for number := uint64(1); number < 120; number++ {
			now += r.Int64N(60) - 10
			flags := []uint8{ack, ack, ack, syn, syn | ack, fin | ack, rst}[r.IntN(7)]
			kept := r.IntN(3) > 0
			payload := testcap.Payload(make([]byte, 1+r.IntN(9)))
			var ip testcap.Layer = testcap.IPv4{Src: netip.AddrFrom4([4]byte{10, 0, 0, byte(r.IntN(2))}), Dst: netip.AddrFrom4([4]byte{10, 0, 1, 1})}
			if r.IntN(3) == 0 {
				ip = testcap.IPv6{}
			}
			data := testcap.Build(ip, testcap.TCP{SrcPort: 1, DstPort: 2, Flags: flags}, payload)
			var s header.Stack
			header.Decode(header.LinkTypeRaw, data, uint32(len(data)), &s)
			if s.Reason != header.OK {
				t.Fatal(s.Reason)
			}

			key := session.KeyOf(data, &s)
			st := states[key]
			if st == nil {
				st = &state{}
				states[key] = st
			}
			if breaks.Restart && st.known && flags&(syn|ack) == syn && st.ended {
				st.restart = true
			}
			if kept {
				idle := breaks.Idle > 0 && now-st.last > breaks.Idle
				if !st.known || st.restart || idle {
					if st.known && st.restart {
						met["restarts"]++
					} else if st.known {
						met["pauses"]++
					}
					*st = state{n: len(want), known: true}
					want = append(want, session.Partial{First: number})
				}
				st.last = now
				want[st.n].Packets[0]++
				want[st.n].Bytes += uint64(len(payload))
			}
			if st.known && flags&(fin|rst) != 0 {
				st.ended = true
			}

			if id, l := table.NoteBroken(breaker, data, &s, number, now, kept, header.DropNone); l != nil {
				room := table.Room(id, len(payload))
				copy(room, payload)
				table.Contribute(id, len(payload), payload)
			}
			if r.IntN(40) == 0 {
				if err := spill.Put(table); err != nil {
					t.Fatal(err)
				}
			}
		}
		l := sessions.NewList()
		if err := spill.Put(table); err != nil {
			t.Fatal(err)
		}
		if err := spill.Finish(table, 1+r.Int64N(3000), digest, l); err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		if l.Len() != len(want) {
			t.Fatalf("%+v: %d sessions, want %d", breaks, l.Len(), len(want))
		}
		err := l.Each(func(i int, s *sessions.Session) error {
			if w := want[i]; s.First != w.First || s.Count() != w.Packets[0] || s.Bytes != w.Bytes {
				t.Fatalf("%+v: session %d: first %d, %d packets, %d bytes; want %+v", breaks, i, s.First, s.Count(), s.Bytes, w)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
	if met["restarts"] == 0 || met["pauses"] == 0 {
		t.Errorf("not tried: %v", met)
	}
}
