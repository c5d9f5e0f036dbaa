package shard

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/zeebo/xxh3"

	"github.com/pcapmill/pcapmill/internal/sessions"
	"github.com/pcapmill/pcapmill/mill"
)

// partName is the name of what the reduce task of a part leaves.
func partName(part int) string { return fmt.Sprintf("part-%05d", part) }

// reportsName is the name of the file of all reports.
const reportsName = "reports"

// frames are where a reduce task gets the frames of its part from, chunk by chunk.
type frames interface {
	// open begins to read the frame of a chunk; where it comes from, for messages.
	open(chunk int) (content io.Reader, from string, err error)
	// close ends reading it.
	close() error
}

// Reduce merges the parts of a shard, those whose number leaves shard when divided by of, out of the files that map
// tasks have left in dir, and puts each into a file there. Parts whose file is there, whole, are
// skipped. done is told of each; it may be nil.
func (j *Job) Reduce(ctx context.Context, dir string, shard, of int, done func(part int, skipped bool)) error {
	if done == nil {
		done = func(int, bool) {}
	}
	d := j.folder(ctx, dir)
	for part := shard; part < j.Plan.Parts; part += of {
		if p, err := j.openPart(d, part); err == nil {
			if err := p.f.Close(); err != nil {
				return err
			}
			done(part, true)
			continue
		}
		from := &mapFiles{j: j, d: d, part: part}
		err := d.place(partName(part), func(w io.Writer) error { return j.reduce(ctx, part, from, w) })
		if err := errors.Join(err, from.close()); err != nil {
			return err
		}
		done(part, false)
	}
	return nil
}

// mapFiles are the frames of a part that stand in files of map tasks.
type mapFiles struct {
	j    *Job
	d    folder
	part int
	m    *mapFile
}

func (s *mapFiles) open(chunk int) (io.Reader, string, error) {
	if err := s.close(); err != nil {
		return nil, "", err
	}
	m, err := s.j.openMap(s.d, chunk)
	if errors.Is(err, os.ErrNotExist) {
		return nil, "", fmt.Errorf("%s is not there: map chunk %d first", s.d.name(mapName(chunk)), chunk)
	}
	if err != nil {
		return nil, "", fmt.Errorf("%w; map chunk %d again", err, chunk)
	}
	s.m = m
	in, err := m.frame(uint32(s.part))
	return in, m.f.Name(), err
}

func (s *mapFiles) close() error {
	if s.m == nil {
		return nil
	}
	f := s.m.f
	s.m = nil
	return f.Close()
}

// entry says how many sessions a capture has in a part, and their bytes.
type entry struct {
	input    uint32
	sessions uint64
	size     uint64
}

const entryLen = 4 + 8 + 8

// partWriter writes the file of a part.
type partWriter struct {
	w     io.Writer
	sum   *xxh3.Hasher
	index []entry
	buf   []byte // what comes next, to be written at once
}

// enough is how many bytes of sessions are written at once.
const enough = 64 << 10

// flush writes and forgets buf.
func (p *partWriter) flush() error {
	_, _ = p.sum.Write(p.buf) // a hash never fails
	_, err := p.w.Write(p.buf)
	p.buf = p.buf[:0]
	return err
}

// session writes the next session of a capture.
func (p *partWriter) session(input int, s *sessions.Session) (err error) {
	before := len(p.buf)
	if p.buf, err = s.AppendBinary(p.buf); err != nil {
		return err
	}
	if n := len(p.index); n == 0 || p.index[n-1].input != uint32(input) {
		p.index = append(p.index, entry{input: uint32(input)})
	}
	e := &p.index[len(p.index)-1]
	e.sessions++
	e.size += uint64(len(p.buf) - before)
	if len(p.buf) < enough {
		return nil
	}
	return p.flush()
}

// end writes the index and what follows.
func (p *partWriter) end() error {
	b, before := p.buf, len(p.buf)
	for _, e := range p.index {
		b = binary.BigEndian.AppendUint32(b, e.input)
		b = binary.BigEndian.AppendUint64(b, e.sessions)
		b = binary.BigEndian.AppendUint64(b, e.size)
	}
	p.buf = binary.BigEndian.AppendUint64(b, uint64(len(b)-before))
	if err := p.flush(); err != nil {
		return err
	}
	digest := p.sum.Sum128().Bytes()
	_, err := p.w.Write(digest[:])
	return err
}

// reduce merges a part, and writes its file.
func (j *Job) reduce(ctx context.Context, part int, from frames, w io.Writer) (err error) {
	h := head{kind: kindPart, plan: j.id, number: uint32(part)}
	p := &partWriter{w: w, sum: xxh3.New(), buf: h.append(nil)}
	m := j.Plan.NewMerger()
	defer func() { err = errors.Join(err, m.Close()) }()
	r := m.Reader()
	chunks := j.Plan.Chunks
	for at := 0; at < len(chunks); {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		_, end := j.Plan.ChunksOf(chunks[at].Input)
		if err := j.reduceCapture(ctx, at, end, from, m, r, p); err != nil {
			return err
		}
		at = end
	}
	return p.end()
}

// reduceCapture merges the sessions of a capture, or of a group, which has the chunks from at to end.
func (j *Job) reduceCapture(ctx context.Context, at, end int, from frames, m *mill.Merger, r *sessions.Reader, p *partWriter) error {
	c := &j.Plan.Chunks[at]
	input := c.Input
	if c.Group != nil {
		return j.each(ctx, at, from, r, func(s *sessions.Session) error {
			member, number := mill.SplitNumber(s.First)
			if member >= len(c.Group) || number == 0 {
				return fmt.Errorf("a session of chunk %d begins at packet %d of capture %d of its group, which has %d", at, number, member, len(c.Group))
			}
			s.First = number
			return p.session(c.Group[member], s)
		})
	}
	for chunk := at; chunk < end; chunk++ {
		add := m.Add
		if end == at+1 { // nothing to merge
			add = func(s *sessions.Session) error { return p.session(input, s) }
		}
		err := j.each(ctx, chunk, from, r, func(s *sessions.Session) error {
			var ok bool
			number := s.First
			if s.First, ok = mill.NumberIn(chunk-at, number); !ok {
				return fmt.Errorf("a session of chunk %d begins at packet %d: too many", chunk, number)
			}
			return add(s)
		})
		if err != nil {
			return err
		}
	}
	if end == at+1 {
		return nil
	}
	list, err := m.Sessions()
	if err != nil {
		return err
	}
	err = list.Each(func(_ int, s *sessions.Session) error { return p.session(input, s) })
	m.Reset()
	return errors.Join(err, list.Close())
}

// each calls f for the sessions in the frame of a chunk.
func (j *Job) each(ctx context.Context, chunk int, from frames, r *sessions.Reader, f func(s *sessions.Session) error) error {
	content, name, err := from.open(chunk)
	if err != nil {
		return err
	}
	r.Reset(content, name)
	var s sessions.Session
	last := uint64(0)
	for n := 0; ; n++ {
		if n%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		err := r.Next(&s)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if s.First <= last {
			return &FileError{name, fmt.Errorf("session %d of chunk %d begins at packet %d, and the one before at %d", n, chunk, s.First, last)}
		}
		last = s.First
		if err := f(&s); err != nil {
			return err
		}
	}
}

// ReducePipe reads the frames of one part from in, in any order, some perhaps twice, and
// writes what Reduce leaves in that part's file. Of the part of reports it writes the file
// of all reports.
func (j *Job) ReducePipe(ctx context.Context, in io.Reader, out io.Writer) (err error) {
	s := &stdinFrames{j: j, part: noPart, have: make([]arrived, len(j.Plan.Chunks))}
	if s.f, err = temporary(j.Plan.Tmp); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, discard(s.f)) }()
	if err := s.take(ctx, bufio.NewReaderSize(in, 256<<10)); err != nil {
		return fmt.Errorf("standard input: %w", err)
	}
	w := bufio.NewWriterSize(out, 256<<10)
	if s.part == reportPart {
		err = j.writeReports(s, w)
	} else {
		err = j.reduce(ctx, int(s.part), s, w)
	}
	return errors.Join(err, w.Flush())
}

// stdinFrames are frames of one part that came in any order, and stand in a temporary file.
type stdinFrames struct {
	j    *Job
	f    *os.File
	size int64
	part int64     // noPart: not known yet
	have []arrived // by chunk
}

// noPart is the part of no frame.
const noPart = -1

// arrived is the content of a frame that is there.
type arrived struct {
	is       bool
	at, size int64
	digest   [digestLen]byte
}

// take reads all frames, and checks that there is one of each chunk.
func (s *stdinFrames) take(ctx context.Context, r io.Reader) error {
	w := bufio.NewWriterSize(nil, 256<<10)
	for ctx.Err() == nil {
		in, err := s.j.read(r)
		if err == io.EOF {
			return s.complete()
		}
		if err != nil {
			return err
		}
		if s.part != noPart && s.part != int64(in.part) {
			return fmt.Errorf("frames of the parts %d and %d: one task reduces one part", s.part, in.part)
		}
		s.part = int64(in.part)
		w.Reset(io.NewOffsetWriter(s.f, s.size))
		if _, err := io.Copy(w, in); err != nil {
			return err
		}
		if err := w.Flush(); err != nil {
			return fmt.Errorf("a temporary file: %w; --tmp names another directory", err)
		}
		switch have := &s.have[in.chunk]; {
		case !have.is:
			*have = arrived{true, s.size, in.size, in.digest}
			s.size += in.size
		case have.digest != in.digest:
			return fmt.Errorf("chunk %d came twice, with different content", in.chunk)
		}
	}
	return ctx.Err()
}

func (s *stdinFrames) complete() error {
	missing, first := 0, 0
	for chunk := len(s.have) - 1; chunk >= 0; chunk-- {
		if !s.have[chunk].is {
			missing, first = missing+1, chunk
		}
	}
	switch {
	case missing == len(s.have):
		return errors.New("there is no frame")
	case missing > 0:
		return fmt.Errorf("there is no frame of chunk %d, nor of %d others of %d", first, missing-1, len(s.have))
	}
	return nil
}

func (s *stdinFrames) open(chunk int) (io.Reader, string, error) {
	a := &s.have[chunk]
	return io.NewSectionReader(s.f, a.at, a.size), "standard input", nil
}

func (s *stdinFrames) close() error { return nil }

// writeReports writes the file of all reports.
func (j *Job) writeReports(s *stdinFrames, w io.Writer) error {
	sum := xxh3.New()
	to := io.MultiWriter(w, sum)
	h := head{kind: kindReports, plan: j.id}
	if _, err := to.Write(h.append(nil)); err != nil {
		return err
	}
	for chunk := range s.have {
		f := frame{chunk: uint32(chunk), part: reportPart, size: s.have[chunk].size, content: func(w io.Writer) error {
			r, _, err := s.open(chunk)
			if err == nil {
				_, err = io.Copy(w, r)
			}
			return err
		}}
		if err := j.write(to, &f); err != nil {
			return err
		}
	}
	digest := sum.Sum128().Bytes()
	_, err := w.Write(digest[:])
	return err
}
