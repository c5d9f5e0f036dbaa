package archive

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"hash/crc32"
	"io"
	"slices"

	"github.com/pcapmill/pcapmill/capture"
	"github.com/pcapmill/pcapmill/internal/objects"
)

// A compressed tar archive, or a folder of a 7z archive, can only be read from its beginning.
// Stream does that once for all members that are asked for in the order in which they stand.
// Members that come by too early are kept while there is room; for those that were not, the
// stream is read again.

// Stream reads members that are compressed as one stream, one at a time. It is not safe for
// concurrent use: a member is read before the next is opened.
type Stream struct {
	members []*Member
	o       StreamOptions
	rank    map[int]int // when a member is asked for, by its index
	inOrder bool

	pass pass // nil: none was begun
	next int  // members before this index were passed

	kept   map[int][]byte // content by index
	size   int64          // of all that is kept
	passes int            // how often the archive was read from its beginning
}

// StreamOptions bound what a Stream takes.
type StreamOptions struct {
	Memory       int64 // for the window of the decoder, in bytes; 0 = no limit
	Room         int64 // for members that are kept, in bytes
	MaxExpansion int   // see capture.Reader.MaxExpansion
	Helpers            // of a tar archive
}

// pass is one reading of a stream from its beginning.
type pass interface {
	// member goes to the next member. io.EOF: there are no more.
	member() (index int, size int64, err error)
	io.Reader // its content
	used() int64
	io.Closer
}

// NewStream reads members of one stream (see Member.Stream), which will be asked for in this order. Any may be
// asked for again before the next.
func NewStream(members []*Member, o StreamOptions) *Stream {
	s := &Stream{members: members, o: o, rank: map[int]int{}, kept: map[int][]byte{}}
	for i, m := range members {
		s.rank[m.Index] = i
	}
	s.inOrder = slices.IsSortedFunc(members, func(a, b *Member) int { return a.Index - b.Index })
	return s
}

// Memory is what the Stream takes at most, in bytes, if the window is as large as it was when
// the archive was listed. What Helpers take is not counted.
func (s *Stream) Memory(m *Member) int64 {
	if s.inOrder {
		return m.Window
	}
	return m.Window + s.o.Room
}

// Open opens a member's content. Closing it does nothing.
func (s *Stream) Open(ctx context.Context, m *Member) (*capture.Source, error) {
	rank := s.rank[m.Index]
	for i, b := range s.kept {
		if s.rank[i] < rank {
			s.size -= int64(len(b))
			delete(s.kept, i)
		}
	}
	if b, ok := s.kept[m.Index]; ok {
		return &capture.Source{ReadCloser: io.NopCloser(m.content(bytes.NewReader(b))), What: m.what()}, nil
	}
	if s.pass == nil || s.next > m.Index {
		if err := s.rewind(ctx, m); err != nil {
			return nil, err
		}
	}
	for {
		index, size, err := s.pass.member()
		switch {
		case err == io.EOF || err == nil && index == m.Index && size != m.Size:
			return nil, &Error{m.Path(), "it is not where it was when the archive was listed: the archive was changed"}
		case err != nil:
			_ = s.Close()
			return nil, &named{m.Path(), err}
		}
		if s.next = index + 1; index == m.Index {
			return &capture.Source{ReadCloser: io.NopCloser(m.content(s.pass)), What: m.what(), Used: s.pass.used}, nil
		}
		if r, wanted := s.rank[index]; wanted && r > rank {
			s.keep(index, size)
		}
	}
}

// content reads a member's content, and checks it.
func (m *Member) content(r io.Reader) io.Reader {
	if m.Kind == Tar {
		return &stored{r: r, left: m.Size}
	}
	return &checked{m: m, r: r, left: m.Size, sum: crc32.NewIEEE()}
}

// rewind begins another pass.
func (s *Stream) rewind(ctx context.Context, m *Member) error {
	_ = s.Close()
	f, err := objects.Open(ctx, m.Archive, m.Version)
	if err != nil {
		return err
	}
	var p pass
	if m.Kind == Tar {
		p, err = newTarPass(f, s.o)
	} else {
		p, err = newSevenPass(f, s.members, s.o)
	}
	if err != nil {
		_ = f.Close() // the first error says more
		return &named{m.Archive, err}
	}
	s.pass, s.next = p, 0
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
	if _, err := io.CopyN(&b, s.pass, size); err != nil {
		return // the next header says so
	}
	s.kept[index] = slices.Clip(b.Bytes())
	s.size += size
}

// Last tells whether a member is the last one that is asked for.
func (s *Stream) Last(m *Member) bool { return s.rank[m.Index] == len(s.members)-1 }

// Close closes the archive. The Stream can be used on.
func (s *Stream) Close() error {
	if s.pass == nil {
		return nil
	}
	err := s.pass.Close()
	s.pass = nil
	return err
}

// tarPass is one reading of a compressed tar archive.
type tarPass struct {
	*tar.Reader
	f objects.File
	u *capture.Unpacked
	n int // headers that were read
}

func newTarPass(f objects.File, o StreamOptions) (*tarPass, error) {
	u, err := o.options(o.Memory).Plain(f)
	if err != nil {
		return nil, err
	}
	u.MaxExpansion(o.MaxExpansion)
	return &tarPass{Reader: tar.NewReader(u), f: f, u: u}, nil
}

func (p *tarPass) used() int64 { return p.u.Used() }

func (p *tarPass) member() (index int, size int64, err error) {
	h, err := p.Next()
	if errors.Is(err, tar.ErrInsecurePath) { // of no concern: see clean
		err = nil
	}
	if err != nil {
		if err != io.EOF {
			err = damagedTar(err, p.n)
		}
		return 0, 0, err
	}
	p.n++
	return p.n - 1, h.Size, nil
}

func (p *tarPass) Close() error {
	p.u.Close()
	return p.f.Close()
}

// compressedTar lists a tar archive that is compressed, in one pass.
func (l *list) compressedTar(f objects.File) error {
	u, err := l.options(l.Capture.MaxMemory).Plain(f)
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
