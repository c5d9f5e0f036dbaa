package sessions

import (
	"github.com/pcapmill/pcapmill/header"
	"github.com/pcapmill/pcapmill/session"
)

// Session is a finished session of a capture.
type Session struct {
	session.Session
	// Digest is what duplicates are found by, if Sealed: see Table.Seal.
	Digest [16]byte
	Sealed bool

	own []byte // memory for Prefix, where it is not that of a table

	table *Table // of which it is session id, and not loaded yet; or nil
	id    int
	marks []map[uint64]header.Drop // of its list, and not looked at yet
}

// Load fills in a session that [Iterator.Name] has named. Several goroutines may load
// sessions of one table at once.
func (s *Session) Load() {
	if t := s.table; t != nil {
		s.table, s.Session = nil, t.Session(s.id)
		if s.Sealed = s.id < len(t.digests); s.Sealed {
			s.Digest = t.digests[s.id]
		}
	}
	for _, m := range s.marks {
		s.Matched |= m[s.Unit.Session]
	}
	s.marks = nil
}

// copyOf makes s a copy of another session, with memory of its own for prefix or state.
func (s *Session) copyOf(o *Session) {
	own := append(append(s.own[:0], o.Prefix...), o.State...) // one of the two is empty
	n := len(o.Prefix)
	*s = *o
	s.own, s.Prefix, s.State = own, own[:n:n], nil
	if n < len(own) {
		s.State = own[n:]
	}
}

// List are the sessions of one capture in the order of their first kept
// packets, out of the tables that they were dealt out to.
type List struct {
	parts []part
	n     int
	marks []map[uint64]header.Drop // see Mark
}

// part is one source of sessions in order: a table, or what was spilled.
type part interface {
	// len is the number of sessions.
	len() int
	// open starts anew at the first session.
	open() (cursor, error)
	// close frees what is held outside of memory.
	close() error
}

// cursor goes through a part.
type cursor interface {
	// first is the number of the first packet of the session that next will
	// give, or 0 behind the last.
	first() uint64
	// next fills s, or names it, for Load. Its prefix is valid as long as s is not filled
	// again.
	next(s *Session) error
}

// NewList puts the sessions of tables in order. The tables must not
// change while the list is in use.
func NewList(tables ...*Table) *List {
	l := &List{}
	for _, t := range tables {
		l.add(inMemory{t})
	}
	return l
}

func (l *List) add(p part) {
	l.parts = append(l.parts, p)
	l.n += p.len()
}

// AddTable adds the sessions of one more table of the capture.
func (l *List) AddTable(t *Table) { l.add(inMemory{t}) }

// Join adds the sessions of another list of the same capture, which must not be
// used any more.
func (l *List) Join(o *List) {
	for _, p := range o.parts {
		l.add(p)
	}
	l.marks = append(l.marks, o.marks...)
}

// Mark tells all units of a session which kinds a Breaker, which may be nil, has met in any of
// its packets, those that a window left out included.
func (l *List) Mark(b *Breaker) {
	if b != nil && len(b.matched) > 0 {
		l.marks = append(l.marks, b.matched)
	}
}

// Len is the number of sessions.
func (l *List) Len() int { return l.n }

// Close removes temporary files. The tables stay their owner's.
func (l *List) Close() (err error) {
	for _, p := range l.parts {
		if e := p.close(); err == nil {
			err = e
		}
	}
	return err
}

// Each calls f for every session in order, i counting from 0. s and its prefix
// are lent for the call.
func (l *List) Each(f func(i int, s *Session) error) error {
	return l.Batches(1, func(i int, batch []Session) error { return f(i, &batch[0]) })
}

// Batches calls f for n sessions at a time, in order; the last batch may be
// shorter. first is the place of batch[0], from 0. The batch and its prefixes are
// lent for the call.
func (l *List) Batches(n int, f func(first int, batch []Session) error) error {
	it, err := l.Iterate()
	if err != nil {
		return err
	}
	batch := make([]Session, n)
	for {
		first, n, err := it.Next(batch)
		if err != nil || n == 0 {
			return err
		}
		if err := f(first, batch[:n]); err != nil {
			return err
		}
	}
}

// Iterator goes through a List in order.
type Iterator struct {
	h     cursorHeap
	at    int
	left  int
	marks []map[uint64]header.Drop
}

// Iterate starts at the first session. A List can be gone through as often as
// needed.
func (l *List) Iterate() (*Iterator, error) {
	cursors := make([]cursor, len(l.parts))
	for i, p := range l.parts {
		c, err := p.open()
		if err != nil {
			return nil, err
		}
		cursors[i] = c
	}
	return &Iterator{h: newHeap(cursors), left: l.n, marks: l.marks}, nil
}

// Next fills the batch, as far as there are sessions, and returns the place of
// the first and their number, 0 behind the last. Prefixes are valid until the
// same element is filled again.
func (it *Iterator) Next(batch []Session) (first, n int, err error) {
	if first, n, err = it.Name(batch); err != nil {
		return first, 0, err
	}
	for i := range batch[:n] {
		batch[i].Load()
	}
	return first, n, nil
}

// Name is Next, but each session must be loaded before it is used: what costs time can be
// done by several goroutines.
func (it *Iterator) Name(batch []Session) (first, n int, err error) {
	first, n = it.at, min(len(batch), it.left)
	for i := range n {
		if err := it.h.next(&batch[i]); err != nil {
			return first, 0, err
		}
		batch[i].marks = it.marks
	}
	it.at += n
	it.left -= n
	return first, n, nil
}

// cursorHeap has the cursor whose session comes first on top: hundreds of parts
// of what was spilled are merged here.
type cursorHeap []head

type head struct {
	first uint64
	c     cursor
}

func newHeap(cursors []cursor) cursorHeap {
	var h cursorHeap
	for _, c := range cursors {
		if n := c.first(); n != 0 {
			h = append(h, head{n, c})
		}
	}
	for i := len(h)/2 - 1; i >= 0; i-- {
		h.down(i)
	}
	return h
}

// next fills s with the session that comes first.
func (h *cursorHeap) next(s *Session) error {
	top := &(*h)[0]
	if err := top.c.next(s); err != nil {
		return err
	}
	if top.first = top.c.first(); top.first == 0 {
		last := len(*h) - 1
		(*h)[0] = (*h)[last]
		*h = (*h)[:last]
	}
	h.down(0)
	return nil
}

// down restores the order below i.
func (h cursorHeap) down(i int) {
	for {
		least := 2*i + 1
		if least >= len(h) {
			return
		}
		if least+1 < len(h) && h[least+1].first < h[least].first {
			least++
		}
		if h[i].first <= h[least].first {
			return
		}
		h[i], h[least] = h[least], h[i]
		i = least
	}
}

// Seal computes the digest of every session, before the table goes into a
// List (or whoever reads the list does): that of its prefix, or, where the table makes prints, the print. The
// zeros behind a prefix must not count for digest. The prefix is lent. What becomes of a
// form's state is not known here: such sessions stay without, unless the table makes prints.
func (t *Table) Seal(digest func(prefix []byte) [16]byte) {
	t.digests = t.digests[:0]
	if t.Form != nil && !t.Prints {
		return
	}
	for i := range t.n {
		if t.Prints {
			t.digests = append(t.digests, t.print[i/perBlock][i%perBlock].Bytes())
			continue
		}
		t.digests = append(t.digests, digest(t.prefix(i)))
	}
}

// inMemory is a table as a part.
type inMemory struct{ t *Table }

func (p inMemory) len() int              { return p.t.n }
func (p inMemory) open() (cursor, error) { return &tableCursor{t: p.t}, nil }
func (p inMemory) close() error          { return nil }

type tableCursor struct {
	t *Table
	i int
}

func (c *tableCursor) first() uint64 {
	if c.i == c.t.n {
		return 0
	}
	return c.t.cold[c.i/perBlock][c.i%perBlock].first
}

func (c *tableCursor) next(s *Session) error {
	s.table, s.id = c.t, c.i
	c.i++
	return nil
}
