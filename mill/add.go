package mill

import (
	"cmp"
	"slices"

	"github.com/pcapmill/pcapmill/internal/dedup"
	"github.com/pcapmill/pcapmill/internal/represent"
	"github.com/pcapmill/pcapmill/internal/sessions"
	"github.com/pcapmill/pcapmill/manifest"
	"github.com/pcapmill/pcapmill/sample"
	"github.com/pcapmill/pcapmill/session"
	"github.com/pcapmill/pcapmill/store"
)

// batch is samples on their way from dedup to the writer.
type batch struct {
	store.Batch
	at int64 // place of the first, if it has one
}

// clear empties a batch and keeps its memory.
func (b *batch) clear() {
	b.Data, b.Rows, b.Labels, b.Layouts = b.Data[:0], b.Rows[:0], b.Labels[:0], b.Layouts[:0]
	for i := range b.Others {
		b.Others[i].Data, b.Others[i].Layouts = b.Others[i].Data[:0], b.Others[i].Layouts[:0]
	}
}

// adding is a capture whose sessions are being added.
type adding struct {
	s        *intake
	c        manifest.Capture
	place    uint32           // of the capture in the dataset
	first    int64            // time of its earliest packet
	label    uint16           // of all sessions, unless they have their own
	perLabel map[uint16]int64 // samples, if they have
	firsts   []uint64         // of sessions that can have several units: numbers of their first packets, so far
	shared   *shared          // with other captures; nil: sessions are those of the capture
	begun    int64            // sessions of a group that begin here
	// samples by label that begin with traffic that every host sends
	background map[uint16]int64
	comments   *comments // with labels from them
	hands      int       // goroutines that work on a round, see there
}

// add appends the samples of a capture and reports what became of it. known:
// its content is in the dataset already, and nothing was added.
//
// The sessions of a large capture are worked on by several goroutines, see round; the order
// is that of the sessions.
func (s *intake) add(in *Input, x *Extraction) (c manifest.Capture, known bool, err error) {
	if s.w.Has(x.Digest.String(), in.Label) {
		return manifest.Capture{}, true, nil
	}
	a := &adding{s: s, c: describe(in, x), first: x.First, place: uint32(s.w.Captures()), label: in.Label, background: map[uint16]int64{}, shared: x.shared}
	if a.shared != nil {
		if a.shared.head == 0 {
			a.shared.head = int64(s.w.Captures()) + 1
		}
		a.c.Group = a.shared.head
	}
	if s.o.bySession() {
		a.comments, a.perLabel = x.comments, map[uint16]int64{}
	}
	if s.o.LabelFrom == FromTable {
		a.c.LabelTable = s.o.Flows.Digest()
	}
	if s.o.Breaks.Several() {
		a.c.Units = int64(x.list.Len())
	} else {
		a.c.Sessions = int64(x.list.Len())
	}
	if x.prepared != nil {
		err = a.take(x.prepared)
	} else {
		err = a.all(x.list)
	}
	if err != nil {
		return a.c, false, err
	}
	if s.o.Breaks.Several() {
		a.c.Sessions = int64(len(a.firsts)) + a.begun
	}
	a.c.Labels = countsOf(a.perLabel)
	if a.c.Background = countsOf(a.background); a.c.Background == nil {
		a.c.Background = []manifest.LabelCount{} // counted, and none
	}
	err = s.w.EndCapture(&a.c)
	return a.c, false, err
}

// seal computes the digest of a unit, unless it was made before.
func (s *intake) seal(p *sessions.Session, m *made) {
	switch {
	case p.Sealed:
	case s.o.Dedup == sample.DedupSession:
		p.Digest = p.Print.Bytes()
	case s.forms != nil:
		p.Digest = dedup.OfSample(m.data)
	default:
		p.Digest = dedup.OfSample(p.Prefix)
	}
}

// placeOf is the place in the capture of the session of the next unit, where a session may
// have several. Units come in the order of their first packets, and the first unit of a
// session begins with its first packet. In a group places are those of all its sessions.
func (a *adding) placeOf(s *session.Session) int {
	if a.shared != nil {
		first := cmp.Or(s.Unit.Session, s.First)
		if first == s.First {
			a.begun++
		}
		place, _ := slices.BinarySearch(a.shared.firsts, first)
		return place
	}
	if s.First == s.Unit.Session {
		a.firsts = append(a.firsts, s.First)
		return len(a.firsts) - 1
	}
	place, _ := slices.BinarySearch(a.firsts, s.Unit.Session)
	return place
}

// leave counts a session that is not wanted.
func (a *adding) leave(reason string) {
	if a.c.SessionsLeftOut == nil {
		a.c.SessionsLeftOut = map[string]int64{}
	}
	a.c.SessionsLeftOut[reason]++
}

// fit counts how a unit with bytes fits.
func (a *adding) fit(fit sample.Fit, bytes uint64) {
	switch fit {
	case sample.Padded:
		a.c.Padded++
	case sample.Exact:
		a.c.Exact++
	case sample.Truncated:
		a.c.Truncated++
	}
	a.c.OriginalBytes += int64(bytes)
}

// load puts a sample into a batch.
func (a *adding) load(h *hand, b *batch, p *sessions.Session, m *made, v *verdict) {
	n := a.s.size
	switch at := len(b.Data); {
	case a.s.forms == nil:
		b.Data = slices.Grow(b.Data, n)[:at+n]
		p.Sample(b.Data[at:])
	case n > 0:
		b.Data = append(b.Data, m.data...)
	default:
		b.Data = append(append(b.Data, m.data...), '\n')
	}
	row := rowOf(v.place, p, h.hosts)
	a.s.o.TableTimes.apply(&row, a.first)
	row.Capture = a.place
	if a.s.o.Form.String() != "" {
		row.Counted, row.Fit = m.out.Counted, uint8(m.out.Fit)
	}
	if a.s.forms != nil {
		b.Layouts = a.s.places(b.Layouts, p, 0)
		a.s.others(b, p, m)
	}
	b.Rows, b.Labels = append(b.Rows, row), append(b.Labels, v.label)
}

// others puts the samples of the other variants into the batch.
func (s *intake) others(b *batch, p *sessions.Session, m *made) {
	if b.Others == nil {
		b.Others = make([]store.Other, len(m.others))
	}
	for i, data := range m.others {
		o := &b.Others[i]
		o.Data = append(o.Data, data...)
		if s.forms[i+1].Spec().Type == represent.Text {
			o.Data = append(o.Data, '\n')
		}
		o.Layouts = s.places(o.Layouts, p, i+1)
	}
}

// places appends where the packets of the unit's sample stand in variant i, if that is kept.
func (s *intake) places(dst []byte, p *sessions.Session, i int) []byte {
	if f, ok := s.forms[i].(represent.Placer); ok {
		return f.AppendPlaces(dst, s.state(p, i))
	}
	return dst
}
