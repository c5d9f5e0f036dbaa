package traffic

import (
	"math"
	"testing"

	"github.com/pcapmill/pcapmill/internal/full"
)

// TestNumbers: the shapes have the numbers that issue 3 sets targets for, and
// that the package comment and docs/performance.md state. Nothing is written:
// the maker is asked for as many packets as fit.
func TestNumbers(t *testing.T) {
	for _, c := range []struct {
		shape                      string
		size                       int64
		packets, length            float64 // of packets, captured bytes each
		sessions, kept, openAtOnce float64
	}{
		{"mixed", 1 << 30, 2.25e6, 461, 101e3, 90.2e3, 1500},
		{"bulk", 1 << 30, 754e3, 1407, 24, 24, 24},
		{"storm", 512 << 20, 4.9e6, 94, 1.4e6, 1.336e6, 140_000},
	} {
		if c.shape != "bulk" && !full.Asked() {
			continue // millions of packets
		}
		s, _ := shapeOf(c.shape)
		m := newMaker(s, 1)
		size, open, from := int64(24), 0, 0.0
		for {
			frame, _ := m.next()
			if size += int64(16 + len(frame)); size > c.size {
				break
			}
			m.sent()
			if open = max(open, len(m.open)); float64(open) < c.openAtOnce {
				from = float64(size)
			}
		}
		near := func(what string, have, want float64) {
			if math.Abs(have/want-1) > 0.01 {
				t.Errorf("%s: %s %.0f, want %.0f", c.shape, what, have, want)
			}
		}
		near("packets", float64(m.counts.Packets), c.packets)
		near("bytes a packet", float64(c.size)/float64(m.counts.Packets)-16, c.length)
		near("sessions", float64(m.counts.Sessions), c.sessions)
		near("kept sessions", float64(m.counts.Kept), c.kept)
		near("open at once", float64(open), c.openAtOnce)
		if least := float64(len(m.open)) / c.openAtOnce; c.shape != "bulk" && (from > 0.25*float64(c.size) || least < 0.98) {
			t.Errorf("%s: as many are open only from byte %.0f on, %d at the end", c.shape, from, len(m.open))
		}
	}
}

// TestPareto: half of the sessions are short and the longest hundredth sends
// most of the packets.
func TestPareto(t *testing.T) {
	s, _ := shapeOf("mixed")
	r := random{1}
	const n = 100_000
	counts := map[int]int{} // sessions by doublings
	var all, long int
	for range n {
		length := r.pareto(s.least, s.longer, s.doublings)
		all += length
		doublings := int(math.Log2(float64(length) / float64(s.least)))
		counts[doublings]++
		if doublings >= 6 {
			long += length
		}
	}
	p := float64(s.longer) / 65536
	for d := range 6 {
		have, want := float64(counts[d])/n, (1-p)*math.Pow(p, float64(d))
		if math.Abs(have-want) > 0.01 {
			t.Errorf("%.3f of the sessions doubled %d times, want %.3f", have, d, want)
		}
	}
	if part := float64(long) / float64(all); part < 0.1 || part > 0.9 {
		t.Errorf("sessions that doubled six times or more send %.2f of the packets", part)
	}
}
