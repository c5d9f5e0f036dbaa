package sessions

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"os"
	"slices"

	"github.com/pcapmill/pcapmill/session"
)

// Spill keeps the sessions of a table on disk while memory is short, in the encoding of
// session.Session. Each time, the whole table goes to a temporary file, dealt out by the
// hash of the five-tuple to spillParts parts. At the end each part, which fits into memory,
// is read back and merged in the order in which it was written. So a session that was
// spilled several times becomes what it would have been.
//
// The file has no name on systems that allow it (it is removed right after it
// was made), and so goes away with the process however that ends.
type Spill struct {
	dir  string
	f    *os.File
	size int64
	w    *bufio.Writer
	runs [spillParts][]segment // in the order of the capture
}

// segment is a piece of a spill file.
type segment struct{ at, length int64 }

const (
	spillParts  = 64
	partShift   = 26 // the highest bits of the 32 of the hash tell the part
	spillBuffer = 64 << 10
	readBuffer  = 16 << 10 // there is one for each part when all are read at once
)

// NewSpill prepares for spilling into files in dir, which must exist.
func NewSpill(dir string) *Spill { return &Spill{dir: dir} }

// Used reports whether anything was spilled.
func (s *Spill) Used() bool { return s.f != nil }

// Size is the length of the temporary file in bytes.
func (s *Spill) Size() int64 { return s.size }

// temporary makes a file without a name, or one that is removed when closed.
func temporary(dir string) (*os.File, error) {
	f, err := os.CreateTemp(dir, ".pcapmill-spill-*")
	if err != nil {
		return nil, fmt.Errorf("no temporary file can be made: %w", err)
	}
	_ = os.Remove(f.Name()) // fails where open files keep their names; Close tries again
	return f, nil
}

func discard(f *os.File) error {
	err := f.Close()
	if e := os.Remove(f.Name()); e != nil && !errors.Is(e, os.ErrNotExist) {
		err = errors.Join(err, e)
	}
	return err
}

// Close removes the temporary file.
func (s *Spill) Close() error {
	if s.f == nil {
		return nil
	}
	f := s.f
	s.f = nil
	return discard(f)
}

// Put moves all that the table holds to the file and empties the table.
func (s *Spill) Put(t *Table) (err error) {
	if s.f == nil {
		if s.f, err = temporary(s.dir); err != nil {
			return err
		}
		s.w = bufio.NewWriterSize(s.f, spillBuffer)
	}
	var order [spillParts][]uint32
	for _, slot := range t.slots {
		if slot != 0 {
			part := slot >> (32 + partShift)
			order[part] = append(order[part], uint32(slot)-1)
		}
	}
	var record []byte
	for part, ids := range order {
		slices.Sort(ids)
		at := s.size
		for _, id := range ids {
			one := t.Session(int(id))
			if record, err = one.AppendBinary(record[:0]); err != nil {
				return err
			}
			if err := s.write(record); err != nil {
				return err
			}
		}
		if s.size > at {
			s.runs[part] = append(s.runs[part], segment{at, s.size - at})
		}
	}
	if err := s.w.Flush(); err != nil {
		return fmt.Errorf("spilling to %s: %w", s.dir, err)
	}
	t.Reset(t.Bytes()) // its memory is for what comes
	return nil
}

func (s *Spill) write(b []byte) error {
	n, err := s.w.Write(b)
	s.size += int64(n)
	if err != nil {
		return fmt.Errorf("spilling to %s: %w", s.dir, err)
	}
	return nil
}

// Finish merges all that was spilled, and adds the sessions with their
// digests (see Table.Seal) to the list. t is an empty table to merge in; room
// is the memory in bytes that merging may take. The list owns the file then.
func (s *Spill) Finish(t *Table, room int64, digest func(sample []byte) [16]byte, l *List) error {
	out := &Spill{dir: s.dir}
	var parts []*spilled
	fail := func(err error) error { return errors.Join(err, out.Close(), s.Close()) }
	var err error
	if out.f, err = temporary(s.dir); err != nil {
		return fail(err)
	}
	out.w = bufio.NewWriterSize(out.f, spillBuffer)
	for part := range s.runs {
		length := int64(0)
		for _, run := range s.runs[part] {
			length += run.length
		}
		passes := uint32(1) // the part is read as often as needed for what fits into memory
		for length/int64(passes) > room && passes < 1<<12 {
			passes *= 2
		}
		for pass := range passes {
			p, err := s.merge(t, part, pass, passes, digest, out)
			if err != nil {
				return fail(err)
			}
			if p.n > 0 {
				parts = append(parts, p)
			}
		}
	}
	if err := out.w.Flush(); err != nil {
		return fail(fmt.Errorf("spilling to %s: %w", s.dir, err))
	}
	if err := s.Close(); err != nil {
		return fail(err)
	}
	for i, p := range parts {
		p.last = i == len(parts)-1
		p.f = out.f
		l.add(p)
	}
	if len(parts) == 0 {
		return out.Close()
	}
	return nil
}

// merge merges the sessions of a part whose hashes belong to a pass.
func (s *Spill) merge(t *Table, part int, pass, passes uint32, digest func([]byte) [16]byte, out *Spill) (*spilled, error) {
	t.Reset(t.Bytes())
	var one Session
	var tuple six
	below := partShift - bits.Len32(passes-1)
	for _, run := range s.runs[part] {
		r := newRecordReader(s.f, run, t.Keep, false)
		for {
			err := r.next(&one)
			if err == io.EOF {
				break
			}
			if err != nil {
				return nil, err
			}
			if t.packetOf(&one.Session, &tuple).hash<<(32-partShift)>>(32-partShift)>>below == pass {
				t.MergeSession(&one.Session)
			}
		}
	}
	t.Seal(digest)
	made := &spilled{n: t.n, keep: t.Keep, sealed: len(t.digests) == t.n, at: segment{at: out.size}}
	var record []byte
	for id := range t.n {
		one := t.Session(id)
		var err error
		if record, err = one.AppendBinary(record[:0]); err != nil {
			return nil, err
		}
		if made.sealed {
			record = append(record, t.digests[id][:]...)
		}
		if err := out.write(record); err != nil {
			return nil, err
		}
	}
	made.at.length = out.size - made.at.at
	return made, nil
}

// spilled is a part that stands in a file.
type spilled struct {
	f      *os.File
	at     segment
	n      int
	keep   session.Keep
	sealed bool // with digests
	last   bool // of those in the file: closes it
}

func (p *spilled) len() int { return p.n }

func (p *spilled) close() error {
	if !p.last {
		return nil
	}
	return discard(p.f)
}

func (p *spilled) open() (cursor, error) {
	c := &fileCursor{r: newRecordReader(p.f, p.at, p.keep, p.sealed)}
	return c, c.read()
}

// fileCursor is one session ahead.
type fileCursor struct {
	r *recordReader
	s Session
}

func (c *fileCursor) first() uint64 { return c.s.First }

func (c *fileCursor) next(s *Session) error {
	s.copyOf(&c.s) // c reads on
	return c.read()
}

func (c *fileCursor) read() error {
	err := c.r.next(&c.s)
	if err == io.EOF {
		c.s.Partial = session.Partial{}
		return nil
	}
	return err
}

// recordReader reads back what was spilled: sessions in their encoding, each with its
// digest behind it where there are digests.
type recordReader struct {
	r       *bufio.Reader
	from    string // for messages: what is read
	keep    session.Keep
	digests bool // sealed sessions
	long    []byte
	taken   int // bytes of r that the session before stands in
}

func newRecordReader(f *os.File, s segment, keep session.Keep, digests bool) *recordReader {
	return &recordReader{r: bufio.NewReaderSize(io.NewSectionReader(f, s.at, s.length), readBuffer), from: "what was spilled", keep: keep, digests: digests}
}

// next reads a session; its prefix is valid until the next call. io.EOF: no more.
func (r *recordReader) next(s *Session) error {
	err := r.read(s)
	if err != nil && err != io.EOF {
		return fmt.Errorf("reading back %s: %w", r.from, err)
	}
	return err
}

func (r *recordReader) read(s *Session) error {
	_, _ = r.r.Discard(r.taken) // it is buffered
	r.taken = 0
	b, err := r.r.Peek(4)
	switch {
	case len(b) == 0 && err == io.EOF:
		return io.EOF
	case err != nil:
		return cutShort(err)
	}
	n := 4 + int64(binary.BigEndian.Uint32(b))
	if n > int64(r.keep.MaxEncoded()) {
		return fmt.Errorf("a session of %d bytes, need at most %d", n, r.keep.MaxEncoded())
	}
	if r.digests {
		n += int64(len(s.Digest))
	}
	if n <= int64(r.r.Size()) {
		if b, err = r.r.Peek(int(n)); err != nil {
			return cutShort(err)
		}
		r.taken = int(n)
	} else {
		r.long = append(r.long[:0], make([]byte, n)...)
		if _, err := io.ReadFull(r.r, r.long); err != nil {
			return cutShort(err)
		}
		b = r.long
	}
	rest, err := r.keep.Decode(b, &s.Session)
	if s.Sealed = r.digests; r.digests {
		copy(s.Digest[:], rest)
	}
	return err
}

func cutShort(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
