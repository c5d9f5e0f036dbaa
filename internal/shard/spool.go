package shard

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
)

// spool keeps bytes by part until all of a chunk are there: in blocks of memory that are used
// again, and in a temporary file what is more than its limit.
type spool struct {
	dir   string
	limit int64
	block int        // bytes of a block
	full  [][][]byte // by part, the blocks before the last
	bufs  [][]byte   // by part, the last block
	free  [][]byte   // blocks that nothing is in
	held  int64      // bytes in full and bufs
	runs  [][]piece  // by part, in the file
	f     *os.File
	size  int64 // of the file
}

// piece is a part of the file.
type piece struct{ at, size int64 }

func newSpool(parts int, limit int64, dir string) *spool {
	const least, most = 4 << 10, 256 << 10
	block := max(least, min(most, limit/int64(4*parts))) // what no part fills is a quarter
	return &spool{dir: dir, limit: limit, block: int(block), full: make([][][]byte, parts), bufs: make([][]byte, parts), runs: make([][]piece, parts)}
}

// buffer is where to append some bytes to what is held of a part; keep must follow. The
// number may be more than there will be.
func (s *spool) buffer(part, bytes int) []byte {
	b := s.bufs[part]
	if cap(b)-len(b) >= bytes {
		return b
	}
	if len(b) > 0 {
		s.full[part] = append(s.full[part], b)
	}
	s.bufs[part] = nil
	if n := len(s.free); n > 0 && bytes <= s.block {
		b, s.free = s.free[n-1], s.free[:n-1]
		return b
	}
	return make([]byte, 0, max(bytes, s.block))
}

// keep takes what buffer gave, with more in it.
func (s *spool) keep(part int, b []byte) error {
	s.held += int64(len(b) - len(s.bufs[part]))
	s.bufs[part] = b
	if s.held <= s.limit {
		return nil
	}
	return s.flush()
}

// flush moves all that is held to the file.
func (s *spool) flush() (err error) {
	if s.f == nil {
		if s.f, err = temporary(s.dir); err != nil {
			return err
		}
	}
	for part := range s.bufs {
		at := s.size
		for b := range s.blocks(part) {
			if _, err := s.f.WriteAt(b, s.size); err != nil {
				return fmt.Errorf("a temporary file: %w; --tmp names another directory", err)
			}
			s.size += int64(len(b))
		}
		if s.size > at {
			s.runs[part] = append(s.runs[part], piece{at, s.size - at})
		}
	}
	s.empty()
	return nil
}

// blocks are those of a part that hold something, in order.
func (s *spool) blocks(part int) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for _, b := range s.full[part] {
			if !yield(b) {
				return
			}
		}
		if b := s.bufs[part]; len(b) > 0 {
			yield(b)
		}
	}
}

// empty frees all blocks.
func (s *spool) empty() {
	for part := range s.bufs {
		for b := range s.blocks(part) {
			if cap(b) == s.block && int64(len(s.free)+1)*int64(s.block) <= s.limit {
				s.free = append(s.free, b[:0])
			}
		}
		clear(s.full[part])
		s.full[part], s.bufs[part] = s.full[part][:0], nil
	}
	s.held = 0
}

// length is how many bytes a part has.
func (s *spool) length(part int) int64 {
	n := int64(0)
	for b := range s.blocks(part) {
		n += int64(len(b))
	}
	for _, p := range s.runs[part] {
		n += p.size
	}
	return n
}

// copy writes the bytes of a part.
func (s *spool) copy(part int, w io.Writer) error {
	for _, p := range s.runs[part] {
		if _, err := io.Copy(w, io.NewSectionReader(s.f, p.at, p.size)); err != nil {
			return fmt.Errorf("reading back a temporary file: %w", err)
		}
	}
	for b := range s.blocks(part) {
		if _, err := w.Write(b); err != nil {
			return err
		}
	}
	return nil
}

// reset empties the spool.
func (s *spool) reset() {
	s.empty()
	for part := range s.runs {
		s.runs[part] = s.runs[part][:0]
	}
	s.size = 0
}

func (s *spool) close() error {
	if s.f == nil {
		return nil
	}
	return discard(s.f)
}

// temporary makes a file without a name, or one that is removed when closed.
func temporary(dir string) (*os.File, error) {
	f, err := os.CreateTemp(dir, ".pcapmill-spool-*")
	if err != nil {
		return nil, fmt.Errorf("no temporary file can be made: %w; --tmp names another directory", err)
	}
	_ = os.Remove(f.Name()) // fails where open files keep their names; discard tries again
	return f, nil
}

func discard(f *os.File) error {
	err := f.Close()
	if e := os.Remove(f.Name()); e != nil && !errors.Is(e, os.ErrNotExist) {
		err = errors.Join(err, e)
	}
	return err
}
