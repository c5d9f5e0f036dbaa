package sessions_test

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/pcapmill/pcapmill/header"
	"github.com/pcapmill/pcapmill/internal/draw"
	"github.com/pcapmill/pcapmill/internal/sessions"
	"github.com/pcapmill/pcapmill/internal/testcap"
	"github.com/pcapmill/pcapmill/session"
)

// numbers is a form: the numbers of the first packets of a unit, two bytes each.
type numbers int

func (f numbers) Bound() int { return 2 * int(f) }

func (f numbers) Merge(earlier, later []byte) []byte {
	return append(earlier, later[:min(len(later), f.Bound()-len(earlier))]...)
}

func (f numbers) add(t *sessions.Table, id uint32, number uint64) {
	state := t.Lend(id, 2)
	if len(state) < f.Bound() {
		state = binary.BigEndian.AppendUint16(state, uint16(number))
	}
	t.Hold(id, state)
}

// seen is a kept packet, for the rules told over whole sessions.
type seen struct {
	number uint64
	time   int64
	up     bool
}

// unit is a unit by the rules.
type unit struct {
	packets        []seen
	session, place uint64
	up             bool
	key            session.FiveTuple
}

// byRules cuts the kept packets of each five-tuple into sessions, these into flows, and these into units.
func byRules(lists map[session.FiveTuple][]seen, b session.Breaks) (all []unit, windowed int64) {
	for key, list := range lists {
		for len(list) > 0 {
			n := 1
			for n < len(list) && !(b.Idle > 0 && list[n].time-list[n-1].time > b.Idle) {
				n++
			}
			one := list[:n]
			list = list[n:]
			flows := [][]seen{one}
			switch b.Of {
			case session.Flows:
				flows = make([][]seen, 2)
				for _, p := range one {
					k := 0
					if p.up != one[0].up {
						k = 1
					}
					flows[k] = append(flows[k], p)
				}
			case session.Packets:
				flows = nil
				for i := range one {
					flows = append(flows, one[i:i+1])
				}
			}
			var units []unit
			for _, flow := range flows {
				slice := int64(0)
				for i, p := range flow {
					begins := i == 0
					if b.Slice > 0 {
						if k := max(p.time-flow[0].time, 0) / b.Slice; k > slice {
							slice, begins = k, true
						}
					}
					if !begins {
						u := &units[len(units)-1]
						age := max(p.time-u.packets[0].time, 0)
						begins = b.MaxPackets > 0 && uint64(len(u.packets)) == b.MaxPackets || b.Active > 0 && age >= b.Active
						if !begins && b.Window > 0 && age >= b.Window {
							windowed++
							continue
						}
					}
					if begins {
						units = append(units, unit{session: one[0].number, up: one[0].up, key: key})
					}
					u := &units[len(units)-1]
					u.packets = append(u.packets, p)
				}
			}
			slices.SortFunc(units, func(x, y unit) int { return cmp.Compare(x.packets[0].number, y.packets[0].number) })
			for i := range units {
				units[i].place = uint64(i)
			}
			all = append(all, units...)
		}
	}
	slices.SortFunc(all, func(x, y unit) int { return cmp.Compare(x.packets[0].number, y.packets[0].number) })
	return all, windowed
}

// TestUnits compares with the rules told over whole sessions, which look at a flow at a time; spilling changes nothing, and a
// form's state goes along.
func TestUnits(t *testing.T) {
	dir := t.TempDir()
	met := map[string]int{}
	draw.Until(t, func() bool { return met["windowed"] > 0 && met["many"] > 0 && met["later"] > 0 }, func(t *rapid.T) {
		r := rand.New(rand.NewPCG(draw.Seed().Draw(t, "seed"), 7))
		pick := func() int64 { return max(r.Int64N(400)-200, 0) }
		b := session.Breaks{Idle: pick(), Of: session.Units(r.IntN(3)), MaxPackets: uint64(max(r.IntN(12)-6, 0)), Active: pick(), Slice: pick(), Window: pick()}
		if !b.Several() {
			b.Of = session.Flows
		}
		form := numbers(r.IntN(5))
		kind := sessions.Kind{Keep: session.Keep{Form: form}, Units: true, Prints: r.IntN(2) == 0}
		table, spill, breaker := sessions.New(kind, seed), sessions.NewSpill(dir), sessions.NewBreaker(b)
		lists := map[session.FiveTuple][]seen{}
		now := int64(1000)
		for number := uint64(1); number < 150; number++ {
			now += r.Int64N(60) - 10
			src, dst := netip.AddrFrom4([4]byte{10, 0, 0, byte(r.IntN(3))}), netip.AddrFrom4([4]byte{10, 0, 1, 1})
			from, to := uint16(1), uint16(2)
			if r.IntN(2) == 0 {
				src, dst, from, to = dst, src, to, from
			}
			var ip testcap.Layer = testcap.IPv4{Src: src, Dst: dst}
			if r.IntN(4) == 0 {
				ip = testcap.IPv6{}
			}
			data := testcap.Build(ip, testcap.UDP{SrcPort: from, DstPort: to}, testcap.Payload("x"))
			var s header.Stack
			header.Decode(header.LinkTypeRaw, data, uint32(len(data)), &s)
			p := packet{data: data, stack: s, number: number, time: now}
			key := session.KeyOf(data, &s)
			lists[key] = append(lists[key], seen{number, now, up(&p)})
			if id, l := table.NoteBroken(breaker, data, &s, number, now, true, header.DropNone); l != nil {
				form.add(table, id, number)
				table.Contribute(id, 1, []byte{'x'})
			}
			if r.IntN(40) == 0 {
				if err := spill.Put(table); err != nil {
					t.Fatal(err)
				}
			}
		}
		want, windowed := byRules(lists, b)
		l := sessions.NewList()
		if err := spill.Put(table); err != nil {
			t.Fatal(err)
		}
		if err := spill.Finish(table, 1+r.Int64N(3000), digest, l); err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		if l.Len() != len(want) || breaker.Windowed != windowed {
			t.Fatalf("%+v: %d units, %d outside of windows; want %d, %d", b, l.Len(), breaker.Windowed, len(want), windowed)
		}
		err := l.Batches(1+r.IntN(9), func(first int, batch []sessions.Session) error {
			for i := range batch {
				s, w := &batch[i], want[first+i]
				earliest, latest := w.packets[0].time, w.packets[0].time
				var state []byte
				for k, p := range w.packets {
					earliest, latest = min(earliest, p.time), max(latest, p.time)
					if k < int(form) {
						state = binary.BigEndian.AppendUint16(state, uint16(p.number))
					}
				}
				if s.Key != w.key || s.First != w.packets[0].number || s.Count() != uint64(len(w.packets)) || s.Bytes != s.Count() || s.Up != w.up ||
					s.Unit != (session.Unit{Session: w.session, Place: w.place, Earliest: earliest}) || s.Start != w.packets[0].time || s.Last != latest ||
					!bytes.Equal(s.State, state) || len(s.Prefix) > 0 || s.Sealed != kind.Prints {
					t.Fatalf("%+v: unit %d is %+v, want %+v", b, first+i, s, w)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		met["windowed"] += int(windowed)
		for _, u := range want {
			if u.place > 2 {
				met["many"]++
			}
			if u.session > 1 {
				met["later"]++
			}
		}
	})
	if met["windowed"] == 0 || met["many"] == 0 || met["later"] == 0 {
		t.Errorf("not tried: %v", met)
	}
}

// TestFormAcrossRuns: tables of runs that are cut anywhere and merged in any grouping hold the states of the whole.
func TestFormAcrossRuns(t *testing.T) {
	draw.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewPCG(draw.Seed().Draw(t, "seed"), 8))
		list := packets(r)
		form := numbers([]int{0, 1, 3, 200}[r.IntN(4)])
		kind := sessions.Kind{Keep: session.Keep{Form: form}, Units: true}
		put := func(table *sessions.Table, p *packet) {
			form.add(table, table.Note(p.data, &p.stack, p.number, p.time), p.number)
		}
		whole := sessions.New(kind, seed)
		for i := range list {
			put(whole, &list[i])
		}
		var runs []*sessions.Table
		for rest := list; len(rest) > 0; {
			n := 1 + r.IntN(len(rest))
			run := sessions.New(kind, seed)
			for i := range n {
				put(run, &rest[i])
			}
			runs, rest = append(runs, run), rest[n:]
		}
		for len(runs) > 1 {
			i := r.IntN(len(runs) - 1)
			runs[i].Merge(runs[i+1])
			runs = append(runs[:i+1], runs[i+2:]...)
		}
		for i := range whole.Len() {
			have, want := runs[0].Session(i), whole.Session(i)
			if have.Key != want.Key || have.Unit != want.Unit || !equal(have.Partial, want.Partial) {
				t.Fatalf("unit %d is %+v, want %+v", i, have, want)
			}
		}
	})
}
