package mill

import (
	"cmp"
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

// solid is such a stream. The scheduler's lock guards all but stream, which belongs to the job
// that has set busy.
type solid struct {
	stream *archive.Stream
	busy   bool
	left   int // members that were not read yet

	job     *job     // that has set busy
	aside   int64    // what those take who help to decode it, in bytes
	helping []func() // their tasks
}

// mostRoom is the most that members take that are kept because they come by too early, in bytes.
const mostRoom = 256 << 20

// solidOf is the stream that a capture of the plan stands in, or nil. The lock is held.
func (sc *scheduler) solidOf(in *Input) *solid {
	if in.member == nil || !in.member.Compressed {
		return nil
	}
	if sc.solids == nil {
		members, sizes := map[string][]*archive.Member{}, map[string]int64{}
		for i := range sc.p.Captures {
			if m := sc.p.Captures[i].member; m != nil && m.Compressed {
				members[m.Stream()] = append(members[m.Stream()], m)
				sizes[m.Stream()] = sc.p.Captures[i].archiveSize
			}
		}
		sc.solids = map[string]*solid{}
		for name, list := range members {
			s := &solid{left: len(list)}
			o := archive.StreamOptions{Memory: sc.most, MaxExpansion: sc.p.MaxExpansion, Helpers: sc.helpers(s, list[0], sizes[name])}
			o.Room = sc.room(list[0], s)
			s.stream = archive.NewStream(list, o)
			sc.solids[name] = s
		}
	}
	return sc.solids[in.member.Stream()]
}

// room is what members of an archive may take that are kept, in bytes.
func (sc *scheduler) room(m *archive.Member, s *solid) int64 {
	return max(min((sc.most-m.Window-s.aside)/4, mostRoom), 0)
}

// helpers are the workers that decode a compressed tar archive together, if it is large, and
// sets aside what they take: at most half of the memory for captures.
func (sc *scheduler) helpers(s *solid, m *archive.Member, size int64) archive.Helpers {
	if sc.wake == nil || m.Kind != archive.Tar || size < cmp.Or(sc.p.divided, archive.LeastHelped) || sc.p.serial || sc.p.LabelFrom == FromComment {
		return archive.Helpers{}
	}
	n := min(int64(sc.p.workers()), min(sc.most-m.Window, sc.most/2)/archive.HelperMemory)
	if n < 2 {
		return archive.Helpers{}
	}
	s.aside = n * archive.HelperMemory
	base := s.aside
	return archive.Helpers{
		Workers: int(n),
		Run: func(task func()) {
			sc.mu.Lock()
			s.helping = append(s.helping, task)
			sc.mu.Unlock()
			sc.wake.Broadcast()
		},
		Spare: func(total int64) bool { return sc.lendTo(s, m, base+total) },
	}
}

// lendTo makes what those take who decode an archive so many bytes, if half of the memory for
// captures has room for it, and nobody else has taken it. It stays theirs.
func (sc *scheduler) lendTo(s *solid, m *archive.Member, aside int64) bool {
	sc.mu.Lock()
	defer sc.mu.Unlock()
	more := aside - s.aside
	if more <= 0 {
		return true
	}
	if s.job == nil || aside > sc.most/2 || aside+s.stream.Memory(m) > sc.most || sc.reserved+more > sc.most {
		return false
	}
	s.aside, s.job.aside, s.job.held = aside, aside, s.job.held+more
	sc.reserved += more
	sc.progress.reserved.Store(sc.reserved)
	return true
}

// enter makes a job the one that reads from the archive of its member. The lock is held.
func (sc *scheduler) enter(j *job) {
	if j.solid = sc.solidOf(j.in); j.solid != nil {
		j.solid.busy, j.solid.job = true, j
	}
}

// leave lets another job read from the archive. The lock is held.
func (sc *scheduler) leave(j *job) {
	s := j.solid
	if s == nil {
		return
	}
	j.solid, s.busy, s.job = nil, false, nil
	j.held -= j.aside // who reads on needs it
	sc.reserved -= j.aside
	j.aside = 0
	sc.progress.reserved.Store(sc.reserved)
	if s.left--; s.left == 0 {
		s.helping = nil      // of a stream that nobody reads on
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
	sc.mu.Lock()
	j.aside = s.aside
	sc.mu.Unlock()
	a.grow = func(total int64) error { return sc.grow(j, base+total) }
	a.from = func() (*capture.Source, error) {
		if err := sc.grow(j, base); err != nil {
			return nil, err
		}
		source, err := s.stream.Open(sc.ctx, m)
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
func (o *opener) admit(ctx context.Context, in *Input, a admission) (_ admission, done func()) {
	o.mu.Lock()
	s := o.sc.solidOf(in)
	if s == nil {
		o.mu.Unlock()
		return a, func() {}
	}
	a.from = func() (*capture.Source, error) { return s.stream.Open(ctx, in.member) }
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
			a.from = func() (*capture.Source, error) { return s.stream.Open(context.Background(), in.member) }
		}
		return in.reader(context.Background(), a)
	}
	return open, func() {
		for _, s := range sc.solids {
			_ = s.stream.Close() // it was only read
		}
	}
}
