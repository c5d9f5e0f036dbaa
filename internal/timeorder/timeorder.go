// Package timeorder puts the packets of several captures in the order of their times, ties in
// that of captures, then of packet numbers, in bounded memory.
//
// It is an external merge sort. Packets are gathered in a buffer; a full buffer is sorted and
// written to a temporary file, as one run. A run that begins behind the end of the run before
// is its continuation, so captures that were rotated, whose packets mostly are in order, give
// few runs, however long they are. At the end the runs are merged, at most [fanIn] at once;
// more are merged to longer ones first. What fits into the buffer never goes to disk.
//
// Order does not depend on the buffer's size: no two packets have the same place.
package timeorder

import (
	"bufio"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
)

// Packet is a packet and its place in the order.
type Packet struct {
	Time     int64  // nanoseconds since 1970
	Capture  uint32 // decides at equal times
	Number   uint64 // in its capture; decides at equal times in one capture
	Link     uint16
	Original uint32 // length on the wire in bytes
	Flags    uint32 // the caller's
	Data     []byte // captured
}

// compare compares places.
func (p *Packet) compare(q *Packet) int {
	return cmp.Or(cmp.Compare(p.Time, q.Time), cmp.Compare(p.Capture, q.Capture), cmp.Compare(p.Number, q.Number))
}

const (
	headLen    = 8 + 4 + 8 + 2 + 4 + 4 + 4
	fanIn      = 128       // runs that are merged at once, each with a buffer
	readBuffer = 64 << 10  // of a run that is merged
	leastRoom  = 256 << 10 // of the buffer
)

// put appends the record of a packet.
func (p *Packet) put(b []byte) []byte {
	e := binary.LittleEndian
	b = e.AppendUint64(b, uint64(p.Time))
	b = e.AppendUint32(b, p.Capture)
	b = e.AppendUint64(b, p.Number)
	b = e.AppendUint16(b, p.Link)
	b = e.AppendUint32(b, p.Original)
	b = e.AppendUint32(b, p.Flags)
	b = e.AppendUint32(b, uint32(len(p.Data)))
	return append(b, p.Data...)
}

// head reads all but the data of a record, and returns the length of that.
func (p *Packet) head(b []byte) int {
	e := binary.LittleEndian
	*p = Packet{
		Time: int64(e.Uint64(b)), Capture: e.Uint32(b[8:]), Number: e.Uint64(b[12:]), Link: e.Uint16(b[20:]), Original: e.Uint32(b[22:]), Flags: e.Uint32(b[26:]),
	}
	return int(e.Uint32(b[30:]))
}

// Sorter takes packets in any order and gives them back in theirs. It is for one goroutine.
type Sorter struct {
	dir  string
	room int

	buf     []byte
	records []record

	f    *os.File // nil: nothing was written
	w    *bufio.Writer
	size int64
	runs []run
}

// record is a packet in the buffer.
type record struct {
	Packet     // without data
	at, length int
}

// run is a part of the file whose packets are in order.
type run struct {
	at, size int64
	last     Packet // without data
}

// New returns a Sorter that holds about room bytes, and puts temporary files into dir; "" is
// the system's. room is raised to 256 KiB.
func New(dir string, room int64) *Sorter {
	return &Sorter{dir: dir, room: int(min(max(room, leastRoom), 1<<30))}
}

// Add adds a packet. Its data is copied.
func (s *Sorter) Add(p *Packet) error {
	const perRecord = 64
	if have := len(s.buf) + len(s.records)*perRecord; have > 0 && have+headLen+len(p.Data)+perRecord > s.room {
		if err := s.flush(); err != nil {
			return err
		}
	}
	r := record{Packet: *p, at: len(s.buf), length: headLen + len(p.Data)}
	r.Data = nil
	s.buf = p.put(s.buf)
	s.records = append(s.records, r)
	return nil
}

// Size is the length of the temporary file in bytes.
func (s *Sorter) Size() int64 { return s.size }

func (s *Sorter) sort() {
	slices.SortFunc(s.records, func(a, b record) int { return a.compare(&b.Packet) })
}

// flush writes the buffer as a run.
func (s *Sorter) flush() error {
	if err := s.create(); err != nil {
		return err
	}
	s.sort()
	at := s.size
	for i := range s.records {
		r := &s.records[i]
		if err := s.write(s.buf[r.at:][:r.length]); err != nil {
			return err
		}
	}
	first, last := s.records[0].Packet, s.records[len(s.records)-1].Packet
	if n := len(s.runs); n > 0 && s.runs[n-1].last.compare(&first) < 0 {
		s.runs[n-1].size, s.runs[n-1].last = s.size-s.runs[n-1].at, last
	} else {
		s.runs = append(s.runs, run{at, s.size - at, last})
	}
	s.buf, s.records = s.buf[:0], s.records[:0]
	return nil
}

// create makes the file, without a name on systems that allow it.
func (s *Sorter) create() (err error) {
	if s.f != nil {
		return nil
	}
	if s.f, err = os.CreateTemp(s.dir, ".pcapmill-order-*"); err != nil {
		return fmt.Errorf("no temporary file can be made: %w", err)
	}
	_ = os.Remove(s.f.Name()) // fails where open files keep their names; Close tries again
	s.w = bufio.NewWriterSize(s.f, readBuffer)
	return nil
}

func (s *Sorter) write(b []byte) error {
	n, err := s.w.Write(b)
	s.size += int64(n)
	if err != nil {
		return fmt.Errorf("sorting packets in %s: %w", s.dir, err)
	}
	return nil
}

// Each calls f for every packet in order, until f returns an error. The packet and its data
// are lent for the call. The Sorter can only be closed afterwards.
func (s *Sorter) Each(f func(p *Packet) error) error {
	if s.f == nil {
		s.sort()
		var p Packet
		for i := range s.records {
			r := &s.records[i]
			p = r.Packet
			p.Data = s.buf[r.at+headLen : r.at+r.length]
			if err := f(&p); err != nil {
				return err
			}
		}
		return nil
	}
	if len(s.records) > 0 {
		if err := s.flush(); err != nil {
			return err
		}
	}
	s.buf, s.records = nil, nil
	for len(s.runs) > fanIn {
		if err := s.join(); err != nil {
			return err
		}
	}
	return s.merge(s.runs, f)
}

// join merges the runs, fanIn at a time, to longer ones behind them.
func (s *Sorter) join() error {
	var longer []run
	for part := range slices.Chunk(s.runs, fanIn) {
		at := s.size
		var record []byte
		var last Packet
		err := s.merge(part, func(p *Packet) error {
			record = p.put(record[:0])
			last = *p
			return s.write(record)
		})
		if err != nil {
			return err
		}
		last.Data = nil
		longer = append(longer, run{at, s.size - at, last})
	}
	s.runs = longer
	return nil
}

// merge gives the packets of runs in order.
func (s *Sorter) merge(runs []run, f func(p *Packet) error) error {
	if err := s.w.Flush(); err != nil {
		return fmt.Errorf("sorting packets in %s: %w", s.dir, err)
	}
	var heads []*head
	for _, r := range runs {
		h := &head{r: bufio.NewReaderSize(io.NewSectionReader(s.f, r.at, r.size), readBuffer)}
		more, err := h.next()
		if err != nil {
			return err
		}
		if more {
			heads = append(heads, h)
		}
	}
	slices.SortFunc(heads, func(a, b *head) int { return a.p.compare(&b.p) })
	for len(heads) > 0 {
		top := heads[0]
		if err := f(&top.p); err != nil {
			return err
		}
		more, err := top.next()
		switch {
		case err != nil:
			return err
		case !more:
			heads = heads[1:]
			continue
		}
		at := 1 // mostly it stays in front, or close
		for at < len(heads) && heads[at].p.compare(&top.p) < 0 {
			heads[at-1] = heads[at]
			at++
		}
		heads[at-1] = top
	}
	return nil
}

// head is a run that is being merged.
type head struct {
	r *bufio.Reader
	p Packet // which comes next
	b []byte
}

// next reads the next packet of the run.
func (h *head) next() (more bool, err error) {
	var b [headLen]byte
	if _, err := io.ReadFull(h.r, b[:]); err == io.EOF {
		return false, nil
	} else if err != nil {
		return false, readBack(err)
	}
	n := h.p.head(b[:])
	h.b = slices.Grow(h.b[:0], n)[:n]
	if _, err := io.ReadFull(h.r, h.b); err != nil {
		return false, readBack(err)
	}
	h.p.Data = h.b
	return true, nil
}

func readBack(err error) error {
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("reading sorted packets back: %w", err)
}

// Close removes the temporary file.
func (s *Sorter) Close() error {
	if s.f == nil {
		return nil
	}
	f := s.f
	s.f = nil
	err := f.Close()
	if e := os.Remove(f.Name()); e != nil && !errors.Is(e, os.ErrNotExist) {
		err = errors.Join(err, e)
	}
	return err
}
