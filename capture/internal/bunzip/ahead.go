package bunzip

import (
	"sync/atomic"

	"github.com/pcapmill/pcapmill/capture/internal/task"
)

// ahead is the work on blocks that are not due yet.
type ahead struct {
	o        Options
	jobs     []*job // in the order of their bits
	searched int    // byte of the input up to which magic numbers were looked for
	found    []int  // bits behind magic numbers that have no job yet
	last     int    // the last one that was found
	free     chan *scratch
	spare    [][]byte // memory of blocks that were given away
}

// job is a block that may be one.
type job struct {
	*task.Task
	bit     int // behind its magic number
	dropped atomic.Bool
	ok      bool
	out     block // end counts from bit
}

// window is how much of the input is looked at ahead for each worker, in bytes. A block
// that does not compress takes somewhat less.
const window = 1 << 20

func newAhead(o Options) *ahead { return &ahead{o: o, free: make(chan *scratch, o.Workers)} }

// memory is that of a block that was given away, or nil.
func (a *ahead) memory() (b []byte) {
	if n := len(a.spare); n > 0 {
		b, a.spare = a.spare[n-1], a.spare[:n-1]
	}
	return b
}

// shift tells that n bytes of the input were forgotten.
func (a *ahead) shift(n int) {
	for _, j := range a.jobs {
		j.bit -= 8 * n
	}
	for i := range a.found {
		a.found[i] -= 8 * n
	}
	a.last -= 8 * n
	a.searched = max(a.searched-n, 0)
}

// drop gives up the first n jobs.
func (a *ahead) drop(n int) {
	for _, j := range a.jobs[:n] {
		j.dropped.Store(true)
		if j.IsDone() {
			a.spare = append(a.spare, j.out.data)
		}
	}
	a.jobs = append(a.jobs[:0], a.jobs[n:]...)
}

// guessed takes the block that begins at the next bit from whoever decoded it, if anybody
// has, and reports whether it did. limit is that of the stream.
func (z *Reader) guessed(limit int) bool {
	a := z.ahead
	if a == nil {
		return false
	}
	at := z.in.pos()
	z.look(at)
	n := 0
	for n < len(a.jobs) && a.jobs[n].bit < at {
		n++
	}
	a.drop(n)
	if len(a.jobs) == 0 || a.jobs[0].bit != at {
		return false
	}
	j := a.jobs[0]
	j.Wait()
	a.jobs = append(a.jobs[:0], a.jobs[1:]...)
	if !j.ok || len(j.out.data) > limit {
		a.spare = append(a.spare, j.out.data)
		return false
	}
	a.spare = append(a.spare, z.now.data)
	z.now = j.out
	z.in.seek(at + j.out.end)
	return true
}

// look searches the input for the blocks behind the one at bit at, and has them decoded.
func (z *Reader) look(at int) {
	a, in := z.ahead, &z.in
	most := a.o.Workers + 1
	for len(a.jobs)+len(a.found) < most+1 && len(in.in)-at/8 < most*window && z.more() {
		z.search()
	}
	z.search()
	passed := 0
	for passed < len(a.found) && a.found[passed] < at {
		passed++
	}
	a.found = append(a.found[:0], a.found[passed:]...)
	for len(a.found) > 0 && len(a.jobs) < most {
		bit, end := a.found[0], len(in.in)
		if len(a.found) > 1 {
			end = a.found[1]/8 + 1
		} else if z.ended == nil && len(in.in)-at/8 < most*window {
			break // it may be longer than what is here
		}
		a.found = append(a.found[:0], a.found[1:]...)
		a.begin(bit, in.in[bit/8:end])
	}
}

// begin has the block at that bit decoded, of which data is all that is known.
func (a *ahead) begin(bit int, data []byte) {
	j := &job{bit: bit}
	in := bitReader{in: append([]byte(nil), data...)}
	j.out.data = a.memory()
	from := bit & 7
	j.Task = task.New(func() {
		if j.dropped.Load() {
			return
		}
		var s *scratch
		select {
		case s = <-a.free:
		default:
			s = &scratch{}
		}
		in.seek(from)
		wrong := s.read(&in, maxBlock, &j.out)
		j.ok = wrong == "" && !in.short
		j.out.end -= from
		in.in = nil
		select {
		case a.free <- s:
		default:
		}
	})
	a.jobs = append(a.jobs, j)
	a.o.Run(j.Run)
}

// search looks for magic numbers of blocks in what was read since the last time.
func (z *Reader) search() {
	a, b := z.ahead, z.in.in
	var row uint64
	for i := max(a.searched-8, 0); i < len(b); i++ {
		row = row<<8 | uint64(b[i])
		if !within[byte(row>>16)] {
			continue
		}
		for shift := range 8 {
			// The number ends shift bits in front of the end of byte i.
			if row>>shift&(1<<magicLen-1) != blockMagic {
				continue
			}
			if bit := (i+1)*8 - shift; bit > a.last { // else it was found before
				a.found, a.last = append(a.found, bit), bit
			}
		}
	}
	a.searched = len(b)
}

// within tells the bytes that may stand second to last in a magic number that ends
// anywhere in the last byte.
var within = func() (t [256]bool) {
	for shift := range 8 {
		t[byte(uint64(blockMagic)<<shift>>16)] = true
	}
	return t
}()
