package sessions_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"github.com/pcapmill/pcapmill/header"
	"github.com/pcapmill/pcapmill/internal/draw"
	"github.com/pcapmill/pcapmill/internal/sessions"
	"github.com/pcapmill/pcapmill/internal/testcap"
	"github.com/pcapmill/pcapmill/session"
)

// packet is one packet that forms a session, and the bytes that it shall contribute.
type packet struct {
	data   []byte
	stack  header.Stack
	number uint64
	time   int64
	bytes  []byte
}

var seed = sessions.NewSeed()

// packets are those of random traffic that form sessions, numbered as in their capture.
func packets(r *rand.Rand) (list []packet) {
	for i, p := range testcap.Random(r, testcap.Options{Mixed: true, Sessions: 8, Payload: 60}).Packets {
		q := packet{data: p.Data, number: uint64(i + 1), time: r.Int64N(1000) - 500}
		header.Decode(header.LinkType(p.LinkType), p.Data, uint32(len(p.Data)), &q.stack)
		if q.stack.Reason == header.OK {
			q.bytes = p.Data[q.stack.Payload:q.stack.End]
			list = append(list, q)
		}
	}
	return list
}

// add takes a packet as mill does.
func add(t *sessions.Table, p *packet) {
	id := t.Note(p.data, &p.stack, p.number, p.time)
	copy(t.Room(id, len(p.bytes)), p.bytes)
	t.Contribute(id, len(p.bytes), p.bytes)
}

// fold is a capture's sessions by the definition: one partial for each packet, merged one after the other.
func fold(list []packet, limit int, prints bool) (keys []session.FiveTuple, partials map[session.FiveTuple]session.Partial) {
	partials = map[session.FiveTuple]session.Partial{}
	for _, p := range list {
		k := session.KeyOf(p.data, &p.stack)
		before, ok := partials[k]
		if !ok {
			keys = append(keys, k)
		}
		up := up(&p)
		one := session.Partial{First: p.number, Up: up, Start: p.time, Last: p.time, Bytes: uint64(len(p.bytes)), Prefix: bytes.Clone(p.bytes[:min(limit, len(p.bytes))])}
		d := 0
		if !up {
			d = 1
		}
		one.Packets[d], one.Sizes[d] = 1, uint64(p.stack.End-p.stack.Network)
		if prints {
			one.Print = one.Print.Append(p.bytes)
		}
		partials[k] = session.Merge(before, one, limit)
	}
	return keys, partials
}

// sameTable compares a table with a fold.
func sameTable(t *rapid.T, what string, table *sessions.Table, limit int, keys []session.FiveTuple, partials map[session.FiveTuple]session.Partial) {
	t.Helper()
	if table.Len() != len(keys) {
		t.Fatalf("%s: %d sessions, want %d", what, table.Len(), len(keys))
	}
	for i := range table.Len() {
		k, have, want := table.Key(i), table.At(i), partials[keys[i]]
		if k != keys[i] || !equal(have, want) {
			t.Fatalf("%s: session %d is %v %+v, want %v %+v", what, i, k, have, keys[i], want)
		}
		sample := make([]byte, limit)
		copy(sample, want.Prefix)
		got := bytes.Repeat([]byte{0xa5}, limit)
		if table.Sample(i, got); !bytes.Equal(got, sample) {
			t.Fatalf("%s: session %d: sample % x, want % x", what, i, got, sample)
		}
	}
}

func equal(a, b session.Partial) bool {
	p, q := a.Prefix, b.Prefix
	a.Prefix, b.Prefix = nil, nil
	return bytes.Equal(p, q) && reflect.DeepEqual(a, b)
}

// up tells whether a packet comes from the lower endpoint, by the key's own words.
func up(p *packet) bool {
	low, high := session.KeyOf(p.data, &p.stack).Endpoints()
	at, n := p.stack.Network+12, 4
	if p.stack.Version == 6 {
		at, n = p.stack.Network+8, 16
	}
	source, _ := netip.AddrFromSlice(p.data[at : at+n])
	return low == netip.AddrPortFrom(source, p.stack.SrcPort) || low == high
}

// TestAnySplitIsTheSame: however a capture is cut into runs, and in whatever grouping their tables are merged, the table is
// that of the naive fold.
func TestAnySplitIsTheSame(t *testing.T) {
	draw.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewPCG(draw.Seed().Draw(t, "seed"), 0))
		list := packets(r)
		limit := []int{1, 20, 100, 784, 70000}[r.IntN(5)]
		prints := r.IntN(2) == 0
		keys, partials := fold(list, limit, prints)
		for _, size := range []int{len(list) + 1, 1, 2, 3, 0} { // 0: cut anywhere
			var runs []*sessions.Table
			for at := 0; at < len(list); {
				n := size
				if n == 0 {
					n = r.IntN(len(list) + 1)
				}
				run := sessions.NewTable(limit, prints, seed)
				for i := at; i < min(at+n, len(list)); i++ {
					add(run, &list[i])
				}
				at += n
				runs = append(runs, run)
			}
			for len(runs) > 1 { // any two neighbours
				i := r.IntN(len(runs) - 1)
				runs[i].Merge(runs[i+1])
				runs = append(runs[:i+1], runs[i+2:]...)
			}
			runs = append(runs, sessions.NewTable(limit, prints, seed))
			sameTable(t, fmt.Sprintf("runs of %d", size), runs[0], limit, keys, partials)
			runs[0].Merge(sessions.NewTable(limit, prints, seed)) // an empty run changes nothing
			sameTable(t, "with an empty run behind", runs[0], limit, keys, partials)
		}
	})
}

// TestTableGoesOnAfterMerge: a merged table takes packets as one that saw them all.
func TestTableGoesOnAfterMerge(t *testing.T) {
	draw.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewPCG(draw.Seed().Draw(t, "seed"), 1))
		list := packets(r)
		keys, partials := fold(list, 50, true)
		a, b := sessions.NewTable(50, true, seed), sessions.NewTable(50, true, seed)
		one, two := len(list)/3, 2*len(list)/3
		for i := range list {
			switch {
			case i >= one && i < two:
				add(b, &list[i])
			case i == two:
				a.Merge(b)
				add(a, &list[i])
			default:
				add(a, &list[i])
			}
		}
		if len(list) > 0 {
			sameTable(t, "merged in the middle", a, 50, keys, partials)
		}
	})
}
