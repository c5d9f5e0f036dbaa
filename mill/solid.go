package mill

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"sync"

	"github.com/pcapmill/pcapmill/capture"
	"github.com/pcapmill/pcapmill/internal/archive"
	"github.com/pcapmill/pcapmill/internal/filesum"
)

// A compressed tar archive, or a folder of a 7z archive, is one stream: its members are read
// one after the other, by one job at a time. What reads them are workers as for any capture.

// solid is such a stream. The scheduler's lock guards busy and left; stream belongs to the
// job that has set busy.
type solid struct {
	stream *archive.Stream
	busy   bool
	left   int // members that were not read yet
}

// mostRoom is the most that members take that are kept because they come by too early, in bytes.
const mostRoom = 256 << 20

// solidOf is the stream that a capture of the plan stands in, or nil. The lock is held.
func (sc *scheduler) solidOf(in *Input) *solid {
	if in.member == nil || !in.member.Compressed {
		return nil
	}
	if sc.solids == nil {
		members := map[string][]*archive.Member{}
		for i := range sc.p.Captures {
			if m := sc.p.Captures[i].member; m != nil && m.Compressed {
				members[m.Stream()] = append(members[m.Stream()], m)
			}
		}
		sc.solids = map[string]*solid{}
		for name, list := range members {
			o := archive.StreamOptions{Memory: sc.most, Room: sc.room(list[0]), MaxExpansion: sc.p.MaxExpansion}
			sc.solids[name] = &solid{stream: archive.NewStream(list, o), left: len(list)}
		}
	}
	return sc.solids[in.member.Stream()]
}

// room is what members of an archive may take that are kept, in bytes.
func (sc *scheduler) room(m *archive.Member) int64 {
	return max(min((sc.most-m.Window)/4, mostRoom), 0)
}

// enter makes a job the one that reads from the archive of its member. The lock is held.
func (sc *scheduler) enter(j *job) {
	if j.solid = sc.solidOf(j.in); j.solid != nil {
		j.solid.busy = true
	}
}

// leave lets another job read from the archive. The lock is held.
func (sc *scheduler) leave(j *job) {
	s := j.solid
	if s == nil {
		return
	}
	j.solid, s.busy = nil, false
	if s.left--; s.left == 0 {
		_ = s.stream.Close() // it was only read
	}
}

// within makes an admission that of a member of a compressed archive: what the archive takes
// counts, too.
func (sc *scheduler) within(j *job, a admission) admission {
	s, m := j.solid, j.in.member
	if s == nil {
		return a
	}
	base := min(s.stream.Memory(m), a.most)
	a.most = max(a.most-base, 1)
	a.grow = func(total int64) error { return sc.grow(j, base+total) }
	a.from = func() (*capture.Source, error) {
		if err := sc.grow(j, base); err != nil {
			return nil, err
		}
		source, err := s.stream.Open(m)
		if err == nil && sc.p.InputSHA256 {
			j.summing = filesum.NewReader(source.ReadCloser)
			source.ReadCloser = io.NopCloser(j.summing)
		}
		return source, err
	}
	return a
}

// sumUp ends the sum of a member that was summed while it was read.
func (j *job) sumUp() {
	if j.summing == nil {
		return
	}
	j.summed = true
	j.sum, _, j.sumErr = j.summing.Sum()
	if j.sumErr != nil && !errors.As(j.sumErr, new(*fs.PathError)) {
		j.sum, j.sumErr = "", nil // the member is damaged, and has no sum
	}
	j.summing = nil
}

// sumOf is Input.sum for a job's capture.
func (sc *scheduler) sumOf(j *job) (hex string, err error) {
	if j.sumUp(); j.summed {
		return j.sum, j.sumErr
	}
	return j.in.sum(sc.ctx)
}

// opener opens captures of a plan by themselves, one at a time, best in their order.
type opener struct {
	mu sync.Mutex // held by who reads a member of a compressed archive
	sc *scheduler
}

func newOpener(p *Plan) *opener {
	return &opener{sc: &scheduler{p: p, most: p.captureMemory(p.memory())}}
}

// admit adds to an admission where a member of a compressed archive is opened. done must be
// called when it was read; another one waits for that.
func (o *opener) admit(in *Input, a admission) (_ admission, done func()) {
	o.mu.Lock()
	s := o.sc.solidOf(in)
	if s == nil {
		o.mu.Unlock()
		return a, func() {}
	}
	a.from = func() (*capture.Source, error) { return s.stream.Open(in.member) }
	return a, func() {
		if s.stream.Last(in.member) {
			_ = s.stream.Close() // it was only read
		}
		o.mu.Unlock()
	}
}

// Opener returns a function that opens captures of the plan by themselves, best in their
// order. One is read and closed before the next is opened. closer frees what it holds.
func (p *Plan) Opener() (open func(*Input) (*capture.Reader, error), closer func()) {
	sc := newOpener(p).sc
	open = func(in *Input) (*capture.Reader, error) {
		a := admission{}
		if s := sc.solidOf(in); s != nil {
			a.from = func() (*capture.Source, error) { return s.stream.Open(in.member) }
		}
		return in.reader(context.Background(), a)
	}
	return open, func() {
		for _, s := range sc.solids {
			_ = s.stream.Close() // it was only read
		}
	}
}
