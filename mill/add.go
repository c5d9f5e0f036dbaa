package mill

import (
	"errors"
	"slices"

	"github.com/pcapmill/pcapmill/internal/dedup"
	"github.com/pcapmill/pcapmill/internal/represent"
	"github.com/pcapmill/pcapmill/internal/sessions"
	"github.com/pcapmill/pcapmill/manifest"
	"github.com/pcapmill/pcapmill/sample"
	"github.com/pcapmill/pcapmill/session"
	"github.com/pcapmill/pcapmill/store"
)

// batchLen is about how many bytes of samples are handed to the writer at a
// time: few enough to stay in the second-level cache.
const batchLen = 256 << 10

// batch is samples on their way from dedup to the writer.
type batch = store.Batch

// adding is a capture whose sessions are being added.
type adding struct {
	s        *intake
	c        manifest.Capture
	place    uint32           // of the capture in the dataset
	first    int64            // time of its earliest packet
	label    uint16           // of all sessions, unless they have their own
	perLabel map[uint16]int64 // samples, if they have
	firsts   []uint64         // of sessions that can have several units: numbers of their first packets, so far
	// samples by label that begin with traffic that every host sends
	background map[uint16]int64
	comments   *comments // with labels from them
	w          *batch
	full       chan *batch // to the writer's goroutine; nil: it is not worth one
	empty      chan *batch
	done       chan error
}

// smallCapture is up to how many sessions a capture is written without a goroutine for writing.
const smallCapture = 1024

// add appends the samples of a capture and reports what became of it. known:
// its content is in the dataset already, and nothing was added.
//
// Of a large capture, finding duplicates and writing what is left go on at the
// same time, in two goroutines; the order is that of the sessions.
func (s *intake) add(in *Input, x *Extraction) (c manifest.Capture, known bool, err error) {
	if s.w.Has(x.Digest.String(), in.Label) {
		return manifest.Capture{}, true, nil
	}
	a := &adding{s: s, c: describe(in, x), first: x.First, place: uint32(s.w.Captures()), label: in.Label, background: map[uint16]int64{}}
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
	a.begin(x.list.Len() > smallCapture)
	err = a.all(x.list)
	if e := a.end(err == nil); err == nil {
		err = e
	}
	if err != nil {
		return a.c, false, err
	}
	a.c.Sessions += int64(len(a.firsts))
	a.c.Labels = countsOf(a.perLabel)
	if a.c.Background = countsOf(a.background); a.c.Background == nil {
		a.c.Background = []manifest.LabelCount{} // counted, and none
	}
	err = s.w.EndCapture(&a.c)
	return a.c, false, err
}

// begin gets the batches ready.
func (a *adding) begin(apart bool) {
	for i, w := range a.s.batches {
		if w == nil {
			a.s.batches[i] = &batch{Data: make([]byte, 0, max(batchLen, a.s.size))}
		}
	}
	a.w = a.s.batches[0]
	if !apart {
		return
	}
	a.full, a.empty, a.done = make(chan *batch), make(chan *batch, 2), make(chan error, 1)
	a.empty <- a.s.batches[1]
	go func() {
		var err error
		for w := range a.full {
			if err == nil { // else the rest is not wanted
				err = a.write(w)
			}
			clearBatch(w)
			a.empty <- w
		}
		a.done <- err
	}()
}

// touchAhead is how many sessions are touched before they are needed.
const touchAhead = 64

// chunk is some sessions on their way from the list to dedup.
type chunk struct {
	first int
	s     []sessions.Session
	made  []made // of a form
}

// all takes the sessions of a list, with digests. Those of a large one are
// computed in a goroutine ahead of dedup, as writing is one behind it.
func (a *adding) all(l *sessions.List) error {
	if a.full == nil {
		n := a.s.ahead()
		samples := make([]made, n)
		return l.Batches(n, func(first int, batch []sessions.Session) error {
			a.s.seal(batch, samples)
			return a.take(first, batch, samples)
		})
	}
	it, err := l.Iterate()
	if err != nil {
		return err
	}
	chunks, ahead := 6, a.s.ahead()
	perChunk := 4 * ahead
	if a.s.forms != nil {
		chunks, perChunk = 3, ahead
	}
	ready, spare, stop := make(chan chunk, chunks), make(chan chunk, chunks), make(chan struct{})
	for range chunks {
		spare <- chunk{s: make([]sessions.Session, perChunk), made: make([]made, perChunk)}
	}
	var failed error
	go func() {
		defer close(ready)
		for {
			select {
			case <-stop:
				return
			case c := <-spare:
				first, n, err := it.Next(c.s)
				if failed = err; err != nil || n == 0 {
					return
				}
				c.first, c.s = first, c.s[:n]
				a.s.seal(c.s, c.made)
				ready <- c // there is room for all chunks
			}
		}
	}()
	for c := range ready {
		for at := 0; at < len(c.s) && err == nil; at += ahead {
			err = a.take(c.first+at, c.s[at:min(at+ahead, len(c.s))], c.made[at:])
		}
		if err != nil {
			break
		}
		c.s = c.s[:perChunk]
		spare <- c
	}
	close(stop)
	for range ready { // until the goroutine has ended
	}
	return errors.Join(err, failed)
}

// seal renders the samples of a form, and computes the digests that were not made before.
func (s *intake) seal(batch []sessions.Session, samples []made) {
	if s.forms != nil {
		s.make(batch, samples)
	}
	for i := range batch {
		switch p := &batch[i]; {
		case p.Sealed:
		case s.o.Dedup == sample.DedupSession:
			p.Digest = p.Print.Bytes()
		case s.forms != nil:
			p.Digest = dedup.OfSample(samples[i].data)
		default:
			p.Digest = dedup.OfSample(p.Prefix)
		}
	}
}

// take drops duplicates and loads what is left. Memory is asked for all of
// them before it is needed: see dedup.Set.
func (a *adding) take(first int, sessions []sessions.Session, samples []made) error {
	s := a.s
	touched := byte(0)
	for i := range sessions {
		s.set.Touch(sessions[i].Digest)
		if p := sessions[i].Prefix; len(p) > 0 {
			touched += p[0] + p[len(p)/2]
		}
	}
	s.touched = touched
	for i := range sessions {
		p := &sessions[i]
		place := a.placeOf(first+i, &p.Session)
		m := &samples[i]
		fit := s.fitOf(p, m)
		if fit == sample.Empty {
			a.c.Empty++
			continue
		}
		reason := s.o.wanted(&p.Session)
		id := a.label
		if reason == "" {
			var err error
			if id, reason, err = a.labelOf(place, &p.Session); err != nil {
				return err
			}
		}
		if reason != "" {
			a.leave(reason)
			continue
		}
		a.fit(fit, p.Bytes)
		seen, conflict := s.set.Add(p.Digest, id)
		if seen && s.o.Dedup != sample.DedupNone {
			a.c.Duplicates++
			continue
		}
		if conflict {
			a.c.Conflicts++
		}
		a.c.Samples++
		if a.perLabel != nil {
			a.perLabel[id]++
		}
		if isBackground(&p.Session) {
			a.background[id]++
		}
		if err := a.load(place, p, m, id); err != nil {
			return err
		}
	}
	return nil
}

// placeOf is the place in the capture of the session of unit i. Units come in the order of
// their first packets, and the first unit of a session begins with its first packet.
func (a *adding) placeOf(i int, s *session.Session) int {
	if !a.s.o.Breaks.Several() {
		return i
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

// load puts a sample into the batch, and sends it off when it is full.
func (a *adding) load(i int, p *sessions.Session, m *made, id uint16) error {
	w, n := a.w, a.s.size
	at := len(w.Data)
	switch {
	case a.s.forms == nil:
		w.Data = w.Data[:at+n]
		p.Sample(w.Data[at:])
	case n > 0:
		w.Data = append(w.Data, m.data...)
	default:
		w.Data = append(append(w.Data, m.data...), '\n')
	}
	row := rowOf(i, p, a.s.hosts)
	a.s.o.TableTimes.apply(&row, a.first)
	row.Capture = a.place
	if a.s.o.Form.String() != "" {
		row.Counted, row.Fit = m.out.Counted, uint8(m.out.Fit)
	}
	if a.s.forms != nil {
		w.Layouts = a.s.places(w.Layouts, p, 0)
		a.others(p, m)
	}
	w.Rows, w.Labels = append(w.Rows, row), append(w.Labels, id)
	if fits := n > 0 && len(w.Data)+n <= cap(w.Data) || n == 0 && len(w.Data) < batchLen; fits && !full(w.Others) {
		return nil
	}
	return a.send()
}

// others puts the samples of the other variants into the batch.
func (a *adding) others(p *sessions.Session, m *made) {
	w := a.w
	if w.Others == nil {
		w.Others = make([]store.Other, len(m.others))
	}
	for i, data := range m.others {
		o := &w.Others[i]
		o.Data = append(o.Data, data...)
		if a.s.forms[i+1].Spec().Type == represent.Text {
			o.Data = append(o.Data, '\n')
		}
		o.Layouts = a.s.places(o.Layouts, p, i+1)
	}
}

// places appends where the packets of the unit's sample stand in variant i, if that is kept.
func (s *intake) places(dst []byte, p *sessions.Session, i int) []byte {
	if f, ok := s.forms[i].(represent.Placer); ok {
		return f.AppendPlaces(dst, s.state(p, i))
	}
	return dst
}

// full reports whether the samples of a variant are enough to be written.
func full(others []store.Other) bool {
	return slices.ContainsFunc(others, func(o store.Other) bool { return len(o.Data) >= batchLen })
}

// send hands the batch to the writer and takes an empty one.
func (a *adding) send() error {
	if a.full == nil {
		return a.write(a.w)
	}
	a.full <- a.w
	a.w = <-a.empty
	return nil
}

// end writes the last batch, if the sessions came to their end, and waits.
func (a *adding) end(whole bool) error {
	var err error
	if whole {
		err = a.send()
	}
	if a.full != nil {
		close(a.full)
		err = <-a.done
	}
	clearBatch(a.w)
	return err
}

// clearBatch empties a batch and keeps its memory.
func clearBatch(w *batch) {
	w.Data, w.Rows, w.Labels, w.Layouts = w.Data[:0], w.Rows[:0], w.Labels[:0], w.Layouts[:0]
	for i := range w.Others {
		w.Others[i].Data, w.Others[i].Layouts = w.Others[i].Data[:0], w.Others[i].Layouts[:0]
	}
}

// write hands a batch to the dataset's writer and empties it.
func (a *adding) write(w *batch) error {
	err := a.s.w.Append(w)
	clearBatch(w)
	return err
}
