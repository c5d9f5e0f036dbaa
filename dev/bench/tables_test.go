package bench

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/pcapmill/pcapmill/dev/bench/traffic"
	"github.com/pcapmill/pcapmill/internal/dedup"
	"github.com/pcapmill/pcapmill/internal/sessions"
	"github.com/pcapmill/pcapmill/mask"
)

// runOf deals the packets out to one table.
func runOf(r *sessions.Run, seed *sessions.Seed, data []byte, ps []packet) {
	r.Reset(1)
	r.Data, r.First = data, 1
	for i := range ps {
		p := &ps[i]
		r.Add(seed, data[p.at:p.end], &p.stack, p.at, uint32(p.number-1), p.time)
	}
}

// fill adds a run to a table, in batches. contribute is told the place of every
// packet's session.
func fill(t *sessions.Table, r *sessions.Run, touch bool, contribute func(id uint32, p *sessions.Packet)) {
	const batch = 32 // as in mill
	packets, tuples := r.Packets[0], r.Tuples(0)
	for len(packets) > 0 {
		n := min(batch, len(packets))
		if touch {
			t.Touch(packets[:n])
		}
		for i := range packets[:n] {
			contribute(t.Add(&packets[i], tuples, r.First), &packets[i])
		}
		packets = packets[n:]
	}
}

// BenchmarkRun enters decoded packets into a run: five-tuple, hash, and the
// place where they are looked up later.
func BenchmarkRun(b *testing.B) {
	for _, shape := range []string{"mixed", "storm"} {
		b.Run(shape, func(b *testing.B) {
			data, ps := kept(b, traffic.Config{Shape: shape})
			seed := sessions.NewSeed()
			var r sessions.Run
			b.ReportAllocs()
			for b.Loop() {
				runOf(&r, &seed, data, ps)
			}
			perPacket(b, int64(len(ps)))
		})
	}
}

// BenchmarkTable adds packets up to sessions in a new table: the look-up, the
// place for a new session, and the counters; nothing is copied. single looks one
// packet up after the other, touched asks memory for batches first, note is the
// slow twin, which also makes the five-tuple.
func BenchmarkTable(b *testing.B) {
	for _, shape := range []string{"mixed", "bulk", "storm"} {
		data, ps := kept(b, traffic.Config{Shape: shape})
		seed := sessions.NewSeed()
		var r sessions.Run
		runOf(&r, &seed, data, ps)
		for _, name := range []string{"single", "touched", "note"} {
			b.Run(shape+"/"+name, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					t := sessions.NewTable(784, false, seed)
					if name != "note" {
						fill(t, &r, name == "touched", func(id uint32, p *sessions.Packet) { t.Contribute(id, p.Layout.End()-14, nil) })
						continue
					}
					for i := range ps {
						p := &ps[i]
						id := t.Note(data[p.at:p.end], &p.stack, p.number, p.time)
						t.Contribute(id, p.end-p.at-14, nil)
					}
				}
				perPacket(b, int64(len(ps)))
			})
		}
	}
}

// BenchmarkApply is BenchmarkTable with what a session keeps: masked bytes in a
// slot of the arena, and at the end a digest of each. The table is used again,
// as for the captures of a plan, so that nothing is allocated.
func BenchmarkApply(b *testing.B) {
	for _, shape := range []string{"mixed", "bulk", "storm"} {
		b.Run(shape, func(b *testing.B) {
			data, ps := kept(b, traffic.Config{Shape: shape})
			seed := sessions.NewSeed()
			var r sessions.Run
			runOf(&r, &seed, data, ps)
			m := mask.New(mask.Default(), nil)
			t := sessions.NewTable(784, false, seed)
			add := applied(t, m, data)
			b.ReportAllocs()
			for b.Loop() {
				t.Reset(1 << 40)
				fill(t, &r, true, add)
				t.Seal(digest)
			}
			perPacket(b, int64(len(ps)))
			b.ReportMetric(float64(t.Bytes())/float64(t.Len()), "B/session")
		})
	}
}

func digest(b []byte) [16]byte { return dedup.OfSample(b) }

// applied is what mill does with a packet of a session.
func applied(t *sessions.Table, m *mask.Masker, data []byte) func(id uint32, p *sessions.Packet) {
	return func(id uint32, p *sessions.Packet) {
		d := data[p.At:][:p.Layout.End()]
		n := m.Len(&p.Layout)
		if room := t.Room(id, n); len(room) > 0 {
			m.Write(room, d, &p.Layout)
		}
		t.Contribute(id, n, nil)
	}
}

// BenchmarkSpill puts a table aside four times, as with too little memory, and
// merges it back.
func BenchmarkSpill(b *testing.B) {
	data, ps := kept(b, traffic.Config{Shape: "storm"})
	ps = ps[:min(len(ps), 100_000)]
	seed := sessions.NewSeed()
	m := mask.New(mask.Default(), nil)
	t := sessions.NewTable(784, false, seed)
	add := applied(t, m, data)
	var r sessions.Run
	dir, found := b.TempDir(), 0
	b.ReportAllocs()
	for b.Loop() {
		t.Reset(1 << 40)
		spill := sessions.NewSpill(dir)
		for part := range 4 {
			runOf(&r, &seed, data, ps[part*len(ps)/4:(part+1)*len(ps)/4])
			fill(t, &r, true, add)
			if err := spill.Put(t); err != nil {
				b.Fatal(err)
			}
		}
		list := sessions.NewList()
		if err := spill.Finish(t, 64<<20, digest, list); err != nil {
			b.Fatal(err)
		}
		found = list.Len()
		if err := list.Close(); err != nil {
			b.Fatal(err)
		}
	}
	perPacket(b, int64(len(ps)))
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*found), "ns/session")
}

// BenchmarkTableState is what a session with a full prefix costs in memory, by
// the heap.
func BenchmarkTableState(b *testing.B) {
	for _, n := range []int{100_000, 300_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			data, ps := kept(b, traffic.Config{Shape: "bulk"})
			frame, stack := data[ps[0].at:ps[0].end], &ps[0].stack
			var before, after runtime.MemStats
			for b.Loop() {
				runtime.GC()
				runtime.ReadMemStats(&before)
				t := sessions.NewTable(784, false, sessions.NewSeed())
				for i := range n {
					addrs := frame[stack.Network+12:]
					addrs[1], addrs[2], addrs[3] = byte(i>>16), byte(i>>8), byte(i)
					t.Room(t.Note(frame, stack, uint64(i+1), 0), 784)
				}
				runtime.GC()
				runtime.ReadMemStats(&after)
				if t.Len() != n {
					b.Fatalf("%d sessions, need %d", t.Len(), n)
				}
			}
			b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/float64(n), "B/session")
		})
	}
}
