package shard

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// spool keeps bytes by part until all of a chunk are there: in memory, and in a temporary
// file what is more than its limit.
type spool struct {
	dir   string
	limit int64
	bufs  [][]byte
	held  int64     // bytes in bufs
	runs  [][]piece // by part, in the file
	f     *os.File
	size  int64 // of the file
}

// piece is a part of the file.
type piece struct{ at, size int64 }

func newSpool(parts int, limit int64, dir string) *spool {
	return &spool{dir: dir, limit: limit, bufs: make([][]byte, parts), runs: make([][]piece, parts)}
}

// buffer is where to append to what is held of a part; keep must follow.
func (s *spool) buffer(part int) []byte { return s.bufs[part] }

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
	for part, b := range s.bufs {
		if len(b) == 0 {
			continue
		}
		if _, err := s.f.WriteAt(b, s.size); err != nil {
			return fmt.Errorf("a temporary file: %w; --tmp names another directory", err)
		}
		s.runs[part] = append(s.runs[part], piece{s.size, int64(len(b))})
		s.size += int64(len(b))
		s.bufs[part] = b[:0]
	}
	s.held = 0
	return nil
}

// length is how many bytes a part has.
func (s *spool) length(part int) int64 {
	n := int64(len(s.bufs[part]))
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
	_, err := w.Write(s.bufs[part])
	return err
}

// reset empties the spool.
func (s *spool) reset() {
	const spare = 1 << 20 // bytes of a buffer that is kept
	for part := range s.bufs {
		if cap(s.bufs[part]) > spare {
			s.bufs[part] = nil
		}
		s.bufs[part], s.runs[part] = s.bufs[part][:0], s.runs[part][:0]
	}
	s.held, s.size = 0, 0
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
