package shard

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/zeebo/xxh3"

	"github.com/pcapmill/pcapmill/internal/objects"
	"github.com/pcapmill/pcapmill/mill"
	"github.com/pcapmill/pcapmill/session"
)

// mapName is the name of what a chunk's map task leaves.
func mapName(chunk int) string { return fmt.Sprintf("map-%06d", chunk) }

// partOf is the part that a session belongs to: by a hash of its capture and five-tuple,
// keyed by the plan, so that no capture can be made whose sessions all go to one part.
func (j *Job) partOf(input int, key *session.FiveTuple) int {
	var b [32 + 4 + 1 + 2*(16+2)]byte
	copy(b[:], j.id[:])
	binary.BigEndian.PutUint32(b[32:], uint32(input))
	b[36] = key.Proto()
	low, high := key.Endpoints()
	a := low.Addr().As16()
	copy(b[37:], a[:])
	binary.BigEndian.PutUint16(b[53:], low.Port())
	a = high.Addr().As16()
	copy(b[55:], a[:])
	binary.BigEndian.PutUint16(b[71:], high.Port())
	sum := sha256.Sum256(b[:])
	return int(binary.BigEndian.Uint64(sum[:]) % uint64(j.Plan.Parts))
}

// mapper makes frames of chunks.
type mapper struct {
	j     *Job
	spool *spool
}

func (j *Job) mapper() *mapper {
	const most = 64 << 20 // bytes: beyond that a file is as fast
	limit := j.spare
	if limit == 0 {
		limit = min(j.Plan.MemoryLimit()/16, most)
	}
	return &mapper{j, newSpool(j.Plan.Parts, limit, j.Plan.Tmp)}
}

// frames are those of a chunk, in order. They are valid until the next call.
func (m *mapper) frames(chunk int, xs []*mill.Extraction) ([]frame, error) {
	m.spool.reset()
	var text []byte
	for member, x := range xs {
		if err := m.sessions(chunk, member, x); err != nil {
			return nil, err
		}
		report, err := x.Report(chunk)
		if err != nil {
			return nil, err
		}
		line, err := report.Encode()
		if err != nil {
			return nil, err
		}
		text = append(text, line...)
	}
	if most := m.j.maxReport(chunk); int64(len(text)) > most {
		return nil, fmt.Errorf("the report of chunk %d has %d bytes, need at most %d", chunk, len(text), most)
	}
	var list []frame
	for part := range m.j.Plan.Parts {
		list = append(list, frame{
			chunk: uint32(chunk), part: uint32(part), size: m.spool.length(part),
			content: func(w io.Writer) error { return m.spool.copy(part, w) },
		})
	}
	return append(list, frame{chunk: uint32(chunk), part: reportPart, size: int64(len(text)), content: func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	}}), nil
}

// sessions puts those of a capture into the spool, which is at a place of the group that the
// chunk is.
func (m *mapper) sessions(chunk, member int, x *mill.Extraction) error {
	input := m.j.Plan.Chunks[chunk].Input
	head := session.Keep{}.MaxEncoded() // what stands before a prefix or state
	return x.Each(func(_ int, s *session.Session) error {
		var ok bool
		number := s.First
		if s.First, ok = mill.NumberIn(member, number); !ok {
			return fmt.Errorf("a session of chunk %d begins at packet %d: too many", chunk, number)
		}
		part := m.j.partOf(input, &s.Key)
		b, err := s.AppendBinary(m.spool.buffer(part, head+len(s.Prefix)+len(s.State)))
		if err != nil {
			return err
		}
		return m.spool.keep(part, b)
	})
}

// Map maps the chunks of a shard, those whose number leaves shard when divided by of, and
// puts what each gives into a file of dir. Chunks whose file is there, whole, are skipped. done is
// told of each; it may be nil.
func (j *Job) Map(ctx context.Context, dir string, shard, of int, done func(chunk int, skipped bool)) (err error) {
	if done == nil {
		done = func(int, bool) {}
	}
	d := j.folder(ctx, dir)
	if err := d.make(); err != nil {
		return err
	}
	var wanted []int
	for chunk := shard; chunk < len(j.Plan.Chunks); chunk += of {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if j.proves(d, chunk) {
			done(chunk, true)
			continue
		}
		wanted = append(wanted, chunk)
	}
	m := j.mapper()
	defer func() { err = errors.Join(err, m.spool.close()) }()
	return mill.ReadChunks(ctx, j.Plan, wanted, func(chunk int, xs []*mill.Extraction) error {
		frames, err := m.frames(chunk, xs)
		if err == nil {
			err = d.place(mapName(chunk), func(w io.Writer) error { return j.writeMap(w, chunk, frames) })
		}
		if err == nil {
			done(chunk, false)
		}
		return err
	}, j.Progress)
}

// writeMap writes the file of a chunk.
func (j *Job) writeMap(w io.Writer, chunk int, frames []frame) error {
	h := head{kind: kindMap, plan: j.id, number: uint32(chunk), other: uint32(j.Plan.Parts)}
	b := h.append(nil)
	for i := range frames {
		b = binary.BigEndian.AppendUint64(b, uint64(frames[i].length()))
	}
	digest := xxh3.Hash128(b).Bytes()
	if _, err := w.Write(append(b, digest[:]...)); err != nil {
		return err
	}
	for i := range frames {
		if err := j.write(w, &frames[i]); err != nil {
			return err
		}
	}
	return nil
}

// mapFile is what a map task has left, open.
type mapFile struct {
	j     *Job
	f     objects.File
	chunk int
	at    []int64 // where each part's frame begins; last the report, and the end
}

// openMap opens the file of a chunk.
func (j *Job) openMap(d folder, chunk int) (_ *mapFile, err error) {
	f, err := d.open(mapName(chunk))
	if err != nil {
		return nil, err
	}
	m := &mapFile{j: j, f: f, chunk: chunk}
	if err := m.index(); err != nil {
		return nil, errors.Join(m.named(err), f.Close())
	}
	return m, nil
}

func (m *mapFile) index() error {
	n := m.j.Plan.Parts + 1
	b := make([]byte, headLen+8*n+digestLen)
	if _, err := m.f.ReadAt(b, 0); err != nil {
		return errors.Join(errors.New("it is cut off"), notEOF(err))
	}
	h, err := m.j.parseHead(b, kindMap)
	if err != nil {
		return err
	}
	end := len(b) - digestLen
	if digest := xxh3.Hash128(b[:end]).Bytes(); !bytes.Equal(digest[:], b[end:]) || h.number != uint32(m.chunk) || h.other != uint32(m.j.Plan.Parts) {
		return errors.New("its index is damaged")
	}
	info, err := m.f.Stat()
	if err != nil {
		return err
	}
	at := int64(len(b))
	for i := range n {
		length := binary.BigEndian.Uint64(b[headLen+8*i:])
		m.at = append(m.at, at)
		if length > uint64(info.Size()) {
			return errors.New("it is cut off")
		}
		at += preambLen + int64(length)
	}
	m.at = append(m.at, at)
	if at != info.Size() {
		return fmt.Errorf("it has %d bytes, need %d", info.Size(), at)
	}
	return nil
}

// frame begins to read the frame of a part, or the report.
func (m *mapFile) frame(part uint32) (*incoming, error) {
	i := int64(part)
	if part == reportPart {
		i = int64(m.j.Plan.Parts)
	}
	in, err := m.j.read(objects.Section(m.f, m.at[i], m.at[i+1]))
	switch {
	case err == io.EOF:
		return nil, m.named(errors.New("it is cut off"))
	case err != nil:
		return nil, m.named(err)
	case in.chunk != m.chunk || in.part != part:
		return nil, m.named(fmt.Errorf("it holds a frame of chunk %d and part %d where that of part %d should be", in.chunk, in.part, part))
	}
	return in, nil
}

// proof reads the whole file and reports what is wrong with it.
func (m *mapFile) proof() error {
	for i := range m.j.Plan.Parts + 1 {
		part := uint32(i)
		if i == m.j.Plan.Parts {
			part = reportPart
		}
		in, err := m.frame(part)
		if err != nil {
			return err
		}
		if _, err := io.Copy(io.Discard, in); err != nil {
			return m.named(err)
		}
	}
	return nil
}

func (m *mapFile) named(err error) error { return &FileError{Path: m.f.Name(), Err: err} }

// proves reports whether the file of a chunk is there, and whole.
func (j *Job) proves(d folder, chunk int) bool {
	m, err := j.openMap(d, chunk)
	if err != nil {
		return false
	}
	err = m.proof()
	return errors.Join(err, m.f.Close()) == nil
}

// FileError says what is wrong with a file of a job.
type FileError struct {
	Path string
	Err  error
}

func (e *FileError) Error() string { return e.Path + ": " + e.Err.Error() }

// Unwrap returns the cause.
func (e *FileError) Unwrap() error { return e.Err }

// Paths are the paths that the error names.
func (e *FileError) Paths() []string { return []string{e.Path} }

// MapPipe maps the chunks whose numbers stand in the lines of in, one after the other, and
// writes the frames of each to out before it reads the next number.
func (j *Job) MapPipe(ctx context.Context, in io.Reader, out io.Writer) (err error) {
	m := j.mapper()
	defer func() { err = errors.Join(err, m.spool.close()) }()
	w := bufio.NewWriterSize(out, 256<<10)
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		text := strings.TrimSpace(lines.Text())
		chunk, err := strconv.Atoi(text)
		if err != nil || chunk < 0 || chunk >= len(j.Plan.Chunks) {
			return fmt.Errorf("standard input: %.40q is no chunk of the plan: need 0 to %d, one a line", text, len(j.Plan.Chunks)-1)
		}
		err = mill.ReadChunks(ctx, j.Plan, []int{chunk}, func(chunk int, xs []*mill.Extraction) error {
			frames, err := m.frames(chunk, xs)
			for i := 0; err == nil && i < len(frames); i++ {
				err = j.write(w, &frames[i])
			}
			return err
		}, j.Progress)
		if err = errors.Join(err, w.Flush()); err != nil {
			return err
		}
	}
	return lines.Err()
}
