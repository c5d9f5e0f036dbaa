package session

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"os"
	"slices"
)

// Spill keeps the partials of a table that were put aside because memory was
// short. Each time, the whole table goes to a temporary file, dealt out by the
// hash of the five-tuple to spillParts parts; at the end each part, which fits
// into memory, is read back and merged in the order in which it was written.
// So a session that was spilled several times becomes what it would have been.
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

// Used reports whether anything was put aside.
func (s *Spill) Used() bool { return s.f != nil }

// Size is the length of the temporary file in bytes.
func (s *Spill) Size() int64 { return s.size }

// temporary makes a file without a name, or one that is removed when closed.
func temporary(dir string) (*os.File, error) {
	f, err := os.CreateTemp(dir, ".pcapmill-spill-*")
	if err != nil {
		return nil, fmt.Errorf("session: no temporary file can be made: %w", err)
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
	var head []byte
	for part, ids := range order {
		slices.Sort(ids)
		at := s.size
		for _, id := range ids {
			p := t.At(int(id))
			head = appendRecord(head[:0], t.Key(int(id)), t.Gen(int(id)), &p, nil)
			if err := s.write(head, p.Prefix); err != nil {
				return err
			}
		}
		if s.size > at {
			s.runs[part] = append(s.runs[part], segment{at, s.size - at})
		}
	}
	if err := s.w.Flush(); err != nil {
		return fmt.Errorf("session: spilling to %s: %w", s.dir, err)
	}
	t.Reset(t.Bytes()) // its memory is for what comes
	return nil
}

func (s *Spill) write(parts ...[]byte) error {
	for _, b := range parts {
		n, err := s.w.Write(b)
		s.size += int64(n)
		if err != nil {
			return fmt.Errorf("session: spilling to %s: %w", s.dir, err)
		}
	}
	return nil
}

// Finish merges all that was put aside, and adds the sessions with their
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
		return fail(fmt.Errorf("session: spilling to %s: %w", s.dir, err))
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
	var key FiveTuple
	var gen uint16
	var p Partial
	below := partShift - bits.Len32(passes-1)
	for _, run := range s.runs[part] {
		r := newRecordReader(s.f, run)
		for {
			err := r.next(&key, &gen, &p, nil)
			if err == io.EOF {
				break
			}
			if err != nil {
				return nil, err
			}
			if t.hashOf(&key, gen)<<(32-partShift)>>(32-partShift)>>below == pass {
				t.MergePartial(key, gen, p)
			}
		}
	}
	t.Seal(digest)
	made := &spilled{n: t.n, at: segment{at: out.size}}
	var head []byte
	for id := range t.n {
		p := t.At(id)
		head = appendRecord(head[:0], t.Key(id), t.Gen(id), &p, &t.digests[id])
		if err := out.write(head, p.Prefix); err != nil {
			return nil, err
		}
	}
	made.at.length = out.size - made.at.at
	return made, nil
}

// spilled is a part that stands in a file.
type spilled struct {
	f    *os.File
	at   segment
	n    int
	last bool // of those in the file: closes it
}

func (p *spilled) len() int { return p.n }

func (p *spilled) close() error {
	if !p.last {
		return nil
	}
	return discard(p.f)
}

func (p *spilled) open() (cursor, error) {
	c := &fileCursor{r: newRecordReader(p.f, p.at)}
	return c, c.read()
}

// fileCursor is one session ahead.
type fileCursor struct {
	r *recordReader
	s Session
}

func (c *fileCursor) first() uint64 { return c.s.First }

func (c *fileCursor) next(s *Session) error {
	own := append(s.own[:0], c.s.Prefix...) // c reads on
	*s = c.s
	s.own, s.Prefix, s.Sealed = own, own, true
	return c.read()
}

func (c *fileCursor) read() error {
	err := c.r.next(&c.s.Key, &c.s.Gen, &c.s.Partial, &c.s.Digest)
	if err == io.EOF {
		c.s.Partial = Partial{}
		return nil
	}
	return err
}

// appendRecord writes a partial as it stands in temporary files, without its
// prefix, which follows: numbers with variable length, since most are small.
func appendRecord(b []byte, key FiveTuple, gen uint16, p *Partial, digest *[16]byte) []byte {
	up := byte(0)
	if p.Up {
		up = 1
	}
	b = append(b, key.version, key.proto, up)
	b = binary.BigEndian.AppendUint16(b, gen)
	n := 4
	if key.version == 6 {
		n = 16
	}
	for i := range key.addr {
		b = append(b, key.addr[i][:n]...)
		b = binary.BigEndian.AppendUint16(b, key.port[i])
	}
	for _, v := range []uint64{p.First, p.Packets[0], p.Packets[1], p.Sizes[0], p.Sizes[1], p.Bytes, p.Print.a, p.Print.b, uint64(len(p.Prefix))} {
		b = binary.AppendUvarint(b, v)
	}
	b = binary.AppendVarint(b, p.Start)
	b = binary.AppendVarint(b, p.Last)
	if digest != nil {
		b = append(b, digest[:]...)
	}
	return b
}

// recordReader reads records back.
type recordReader struct {
	r      *bufio.Reader
	prefix []byte
	err    error
}

func newRecordReader(f *os.File, s segment) *recordReader {
	return &recordReader{r: bufio.NewReaderSize(io.NewSectionReader(f, s.at, s.length), readBuffer)}
}

// next reads a record; p.Prefix is valid until the next call. io.EOF: no more.
func (r *recordReader) next(key *FiveTuple, gen *uint16, p *Partial, digest *[16]byte) error {
	head, err := r.r.Peek(1)
	if len(head) == 0 && err == io.EOF {
		return io.EOF
	}
	r.err = nil
	var lead [5]byte
	r.full(lead[:])
	*gen = binary.BigEndian.Uint16(lead[3:])
	*key = FiveTuple{version: lead[0], proto: lead[1]}
	n := 4
	if key.version == 6 {
		n = 16
	}
	for i := range key.addr {
		var port [2]byte
		r.full(key.addr[i][:n])
		r.full(port[:])
		key.port[i] = binary.BigEndian.Uint16(port[:])
	}
	*p = Partial{Up: lead[2] == 1}
	p.First = r.number()
	p.Packets = [2]uint64{r.number(), r.number()}
	p.Sizes = [2]uint64{r.number(), r.number()}
	p.Bytes = r.number()
	p.Print = Print{r.number(), r.number()}
	length := int(r.number())
	p.Start, p.Last = r.signed(), r.signed()
	if digest != nil {
		r.full(digest[:])
	}
	if r.err == nil {
		r.prefix = append(r.prefix[:0], make([]byte, length)...)
		r.full(r.prefix)
	}
	p.Prefix = r.prefix
	if r.err != nil {
		return fmt.Errorf("session: reading back what was spilled: %w", r.err)
	}
	return nil
}

func (r *recordReader) full(b []byte) {
	if r.err == nil {
		_, r.err = io.ReadFull(r.r, b)
	}
}

func (r *recordReader) number() (v uint64) {
	if r.err == nil {
		v, r.err = binary.ReadUvarint(r.r)
	}
	return v
}

func (r *recordReader) signed() (v int64) {
	if r.err == nil {
		v, r.err = binary.ReadVarint(r.r)
	}
	return v
}
