package archive

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/pcapmill/pcapmill/capture"
)

// A compressed tar archive can only be read from its beginning. Stream does that once for all
// members that are asked for in the order in which they stand. Members that come by too early
// are kept while there is room; for those that were not, the archive is read again.

// Stream reads the members of a compressed tar archive, one at a time. It is not safe for
// concurrent use: a member is read before the next is opened.
type Stream struct {
	path    string
	o       StreamOptions
	rank    map[int]int // when a member is asked for, by its index
	inOrder bool

	f    *os.File
	u    *capture.Unpacked
	tar  *tar.Reader
	next int // index of the next header

	kept   map[int][]byte // content by index
	size   int64          // of all that is kept
	passes int            // how often the archive was read from its beginning
}

// StreamOptions bound what a Stream takes.
type StreamOptions struct {
	Memory       int64 // for the window of the decoder, in bytes; 0 = no limit
	Room         int64 // for members that are kept, in bytes
	MaxExpansion int   // see capture.Reader.MaxExpansion
}

// NewStream reads members of one archive, which will be asked for in this order. Any may be
// asked for again before the next.
func NewStream(members []*Member, o StreamOptions) *Stream {
	s := &Stream{path: members[0].Archive, o: o, rank: map[int]int{}, kept: map[int][]byte{}}
	for i, m := range members {
		s.rank[m.Index] = i
	}
	s.inOrder = slices.IsSortedFunc(members, func(a, b *Member) int { return a.Index - b.Index })
	return s
}

// Memory is what the Stream takes at most, in bytes, if the window is as large as it was when
// the archive was listed.
func (s *Stream) Memory(m *Member) int64 {
	if s.inOrder {
		return m.Window
	}
	return m.Window + s.o.Room
}

// Open opens a member's content. Closing it does nothing.
func (s *Stream) Open(m *Member) (*capture.Source, error) {
	rank := s.rank[m.Index]
	for i, b := range s.kept {
		if s.rank[i] < rank {
			s.size -= int64(len(b))
			delete(s.kept, i)
		}
	}
	if b, ok := s.kept[m.Index]; ok {
		return &capture.Source{ReadCloser: io.NopCloser(&stored{r: bytes.NewReader(b), left: m.Size}), What: m.what()}, nil
	}
	if s.tar == nil || s.next > m.Index {
		if err := s.rewind(); err != nil {
			return nil, err
		}
	}
	for {
		h, err := s.tar.Next()
		switch {
		case errors.Is(err, tar.ErrInsecurePath):
		case err == io.EOF:
			return nil, &Error{m.Path(), "the archive ends before it: it was changed since it was listed"}
		case err != nil:
			err = &named{m.Path(), damagedTar(err, s.next)}
			s.tar = nil
			return nil, err
		}
		s.next++
		if s.next-1 == m.Index {
			if h.Size != m.Size || isSparse(h) {
				return nil, &Error{m.Path(), fmt.Sprintf("it has %d bytes, and had %d when the archive was listed", h.Size, m.Size)}
			}
			return &capture.Source{ReadCloser: io.NopCloser(&stored{r: s.tar, left: m.Size}), What: m.what(), Used: s.u.Used}, nil
		}
		if r, wanted := s.rank[s.next-1]; wanted && r > rank {
			s.keep(s.next-1, h.Size)
		}
	}
}

// rewind begins another pass.
func (s *Stream) rewind() (err error) {
	_ = s.Close()
	if s.f, err = os.Open(s.path); err != nil {
		return err
	}
	if s.u, err = capture.Plain(s.f, s.o.Memory); err != nil {
		_ = s.Close()
		return &named{s.path, err}
	}
	s.u.MaxExpansion(s.o.MaxExpansion)
	s.tar, s.next = tar.NewReader(s.u), 0
	s.passes++
	return nil
}

// keep reads a member that is asked for later, if there is room beside those that are asked
// for before it.
func (s *Stream) keep(index int, size int64) {
	if _, ok := s.kept[index]; ok || size > s.o.Room {
		return
	}
	for s.size+size > s.o.Room {
		last := index
		for i := range s.kept {
			if s.rank[i] > s.rank[last] {
				last = i
			}
		}
		if last == index {
			return
		}
		s.size -= int64(len(s.kept[last]))
		delete(s.kept, last)
	}
	var b bytes.Buffer
	if _, err := io.CopyN(&b, s.tar, size); err != nil {
		return // the next header says so
	}
	s.kept[index] = slices.Clip(b.Bytes())
	s.size += size
}

// Close closes the archive. The Stream can be used on.
func (s *Stream) Close() error {
	if s.u != nil {
		s.u.Close()
	}
	var err error
	if s.f != nil {
		err = s.f.Close()
	}
	s.f, s.u, s.tar = nil, nil, nil
	return err
}

// compressedTar lists a tar archive that is compressed, in one pass.
func (l *list) compressedTar(f *os.File) error {
	u, err := capture.Plain(f, l.Capture.MaxMemory)
	if err != nil {
		return err
	}
	defer u.Close()
	u.MaxExpansion(l.MaxExpansion)
	r := tar.NewReader(u)
	defer func() {
		for i := range l.entries {
			if m := l.entries[i].Member; m != nil {
				m.Window = u.Memory()
			}
		}
	}()
	for n := 0; ; n++ {
		h, err := r.Next()
		switch {
		case err == io.EOF: // behind it stands the checksum
			if _, err = io.Copy(io.Discard, u); err != nil {
				return damagedTar(err, n)
			}
			return nil
		case errors.Is(err, tar.ErrInsecurePath):
		case err != nil:
			return damagedTar(err, n)
		}
		err = l.tarEntry(h, int64(n), func(m *Member) func() (*capture.Source, error) {
			m.Compressed, m.Index, m.Offset = true, n, 0
			return func() (*capture.Source, error) {
				return &capture.Source{ReadCloser: io.NopCloser(&stored{r: r, left: m.Size}), What: m.what(), Used: u.Used}, nil
			}
		})
		if err != nil {
			return err
		}
	}
}
