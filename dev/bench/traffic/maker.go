package traffic

// maker makes the packets of one capture, one after the other. Its memory is the
// open sessions and two pools of payload.
type maker struct {
	shape  shape
	r      random
	open   []session
	opened uint64

	current int // in open: the session that sends
	train   int // packets it still sends in this go
	ends    bool
	keeps   bool
	first   bool

	buf    [maxFrame]byte
	pool   [3][]byte // noise, words, pages (for real only)
	time   int64     // ns since 1970
	id     uint16
	counts Counts
}

const (
	poolLen = 1 << 20
	begin   = 1_767_225_600_000_000_000 // 2026-01-01 00:00 UTC
)

func newMaker(s shape, seed uint64) *maker {
	m := &maker{shape: s, r: random{mix(seed + 1)}, time: begin}
	m.pool[0] = make([]byte, poolLen)
	for i := range m.pool[0] {
		m.pool[0][i] = byte(m.r.next() >> 56)
	}
	m.pool[1] = words(&m.r)
	if s.real {
		m.pool[2] = pages(&m.r)
	}
	return m
}

// words is text: lines of some hundred different words.
func words(r *random) []byte {
	var list [300][]byte
	for i := range list {
		for range r.between(2, 5) {
			list[i] = append(list[i], "bdfgklmnprst"[r.below(12)], "aeiou"[r.below(5)])
		}
	}
	text := make([]byte, 0, poolLen+64)
	for len(text) < poolLen {
		text = append(text, list[r.below(1<<r.between(1, 8))]...)
		text = append(text, " \n,="[r.below(8)&r.below(4)])
	}
	return text[:poolLen]
}

// fill writes payload: a piece of a pool, with eight bytes in front that occur
// once, so that no two packets are the same.
func (m *maker) fill(b []byte, text bool) {
	pool := m.pool[0]
	if text {
		pool = m.pool[1]
	}
	at := m.r.below(poolLen - maxFrame)
	copy(b, pool[at:])
	for i, v := 0, m.r.next(); i < min(8, len(b)); i++ {
		b[i] = byte(v >> (8 * i))
		if text {
			b[i] = 'a' + b[i]%26
		}
	}
}

// checksum is a number where a checksum stands, never zero.
func (m *maker) checksum() uint16 { return uint16(m.r.next()) | 1 }

// next is the next frame and its time. The frame is valid until the next call.
// It counts only after sent.
func (m *maker) next() (frame []byte, time int64) {
	m.ends, m.keeps, m.first = false, false, false
	if m.r.chance(m.shape.noise) {
		frame = m.noise()
		m.train = max(m.train, 0)
		return frame, m.tick(len(frame))
	}
	if m.train == 0 {
		m.choose()
	}
	m.train--
	x := &m.open[m.current]
	g := x.next(&m.r)
	m.first = x.done == 0
	m.keeps = x.keeps(g)
	frame = m.frame(x, g)
	x.done++
	m.ends = x.done == x.total
	if m.ends {
		m.train = 0
	}
	return frame, m.tick(len(frame))
}

// tick lets the time pass that a frame takes at 1 Gbit/s, and a little.
func (m *maker) tick(size int) int64 {
	m.time += int64(size*8 + m.r.below(2000))
	return m.time
}

// choose opens a session or picks one that is open, and lets it send a train.
func (m *maker) choose() {
	room := len(m.open) < m.shape.open && (m.shape.all == 0 || m.opened < uint64(m.shape.all))
	if room && (len(m.open) == 0 || m.r.chance(m.shape.opening)) {
		m.open = append(m.open, m.shape.start(&m.r, m.opened))
		m.opened++
		m.current = len(m.open) - 1
	} else {
		m.current = m.r.below(len(m.open))
	}
	m.train = 1
	if x := &m.open[m.current]; x.total > 32 || m.shape.all > 0 {
		m.train = m.r.between(1, m.shape.train)
	}
}

// sent counts the packet that next gave, and closes its session if that was the
// last one.
func (m *maker) sent() {
	m.counts.Packets++
	if m.first {
		m.counts.Sessions++
	}
	if m.keeps {
		m.counts.Used++
		if x := &m.open[m.current]; !x.kept {
			x.kept = true
			m.counts.Kept++
		}
	}
	if m.ends {
		last := len(m.open) - 1
		m.open[m.current] = m.open[last]
		m.open = m.open[:last]
	}
}
