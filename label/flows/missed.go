package flows

import (
	"cmp"
	"math"
	"time"
)

// Missed is about the sessions that no row matched: what most likely keeps them apart.
type Missed struct {
	Elsewhen  int64 // their endpoints are in the tables, at other times
	Elsewhere int64 // their endpoints are in no row
	// Shift is by how much the tables' times would have to be later for most of Elsewhen: a
	// multiple of 15 minutes where that is more than half of one, as time zones are apart,
	// else of a second. Shifted is how many sessions that would help.
	Shift   time.Duration
	Shifted int64
}

// maxShifts is how many different shifts are counted.
const maxShifts = 1024

// missed counts sessions that no row matched.
type missed struct {
	elsewhen, elsewhere int64
	shifts              map[int64]int64 // sessions by shift in nanoseconds
}

// miss counts a session of which the row that begins nearest begins gap nanoseconds before
// it; known is false if there is none.
func (m *missed) miss(gap int64, known bool) {
	if !known {
		m.elsewhere++
		return
	}
	m.elsewhen++
	unit := int64(15 * time.Minute)
	if gap < unit/2 && gap > -unit/2 {
		unit = int64(time.Second)
	}
	half := unit / 2
	if gap < 0 {
		half = -half
	}
	if gap > math.MaxInt64-unit || gap < math.MinInt64+unit {
		half = 0
	}
	shift := (gap + half) / unit * unit
	if m.shifts == nil {
		m.shifts = map[int64]int64{}
	}
	if _, ok := m.shifts[shift]; ok || len(m.shifts) < maxShifts {
		m.shifts[shift]++
	}
}

// Missed returns what is known about the sessions that no row has matched so far.
func (x *Index) Missed() Missed {
	m := Missed{Elsewhen: x.missed.elsewhen, Elsewhere: x.missed.elsewhere}
	for shift, n := range x.missed.shifts {
		// Of shifts that are as frequent, the smaller one.
		if c := cmp.Compare(n, m.Shifted); c > 0 || c == 0 && magnitude(shift) < magnitude(int64(m.Shift)) {
			m.Shift, m.Shifted = time.Duration(shift), n
		}
	}
	return m
}

// magnitude orders shifts by size, of two of one size the later first.
func magnitude(shift int64) uint64 {
	if shift < 0 {
		return 2 * uint64(-shift)
	}
	return 2*uint64(shift) - min(1, uint64(shift))
}

// nearest returns by how much the session begins after the row with this key that begins
// nearest to it, in nanoseconds; ok is false if there is no such row.
func nearest[A comparable](s *store[A], k *key[A], begin int64) (gap int64, ok bool) {
	for i := s.first(k); i >= 0; i = s.after(k, i) {
		if d := distance(s.at(i).start, begin); !ok || max(d, -d) < max(gap, -gap) {
			gap, ok = d, true
		}
	}
	return gap, ok
}

// distance is to - from, or the largest that there is.
func distance(from, to int64) int64 {
	switch d := to - from; {
	case from < 0 && to >= 0 && d < 0:
		return math.MaxInt64
	case from >= 0 && to < 0 && d >= 0:
		return -math.MaxInt64
	default:
		return max(d, -math.MaxInt64)
	}
}
