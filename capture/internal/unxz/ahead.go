package unxz

import (
	"io"
	"sync/atomic"

	"github.com/pcapmill/pcapmill/capture/internal/task"
)

// ahead is the work on blocks that are not due yet.
type ahead struct {
	jobs   []*job // in the order of the input, without a gap
	giving *job   // the block that is given away
	next   int    // of its marks
	free   chan *decoder
	memory [2][]byte // of blocks that were given away: compressed, and not
}

// job is a block that is decoded ahead.
type job struct {
	*task.Task
	header
	from    int64 // in the input
	packed  []byte
	dropped atomic.Bool
	ok      bool
	out     []byte
	marks   []mark
	used    int64
}

// mark is the end of a chunk: in what a block expands to, and behind the block's first byte.
type mark struct{ out, in int }

// Bounds of what is decoded ahead.
const (
	maxAhead = 1 << 29 // bytes of a block
	maxMarks = 1 << 16
)

// drop gives up all jobs.
func (a *ahead) drop() {
	for _, j := range a.jobs {
		j.dropped.Store(true)
	}
	a.jobs, a.giving = nil, nil
}

// look has the blocks decoded that follow, as far as their headers tell where they end.
func (z *Reader) look() {
	a := &z.ahead
	if a.free == nil {
		a.free = make(chan *decoder, z.o.Workers)
	}
	for len(a.jobs) < z.o.Workers {
		h, err := z.header()
		if err != nil || h.size == 0 || h.compressed < 0 || h.uncompressed < 0 || h.compressed > maxAhead || h.uncompressed > maxAhead || h.dict > maxDict {
			return
		}
		size := h.size + int(h.compressed) + int(-h.compressed&3) + checkSize(z.kind)
		total := int64(size) + h.uncompressed
		for _, j := range a.jobs {
			total += int64(len(j.packed)) + j.uncompressed
		}
		// Beside them stands the block that is given away, and that is as large at most.
		if z.o.Spare != nil && !z.o.Spare(total+h.uncompressed) {
			return
		}
		j := &job{header: h, from: z.in.pos()}
		buf := a.memory[0]
		if a.memory[0] = nil; cap(buf) < size {
			buf = nil
		}
		if j.packed = z.in.take(size, buf); j.packed == nil {
			return
		}
		j.out = a.memory[1]
		if a.memory[1] = nil; int64(cap(j.out)) < h.uncompressed {
			j.out = make([]byte, h.uncompressed)
		}
		j.out = j.out[:h.uncompressed]
		kind := z.kind
		j.Task = task.New(func() { j.decode(a.free, kind) })
		a.jobs = append(a.jobs, j)
		z.o.Run(j.Run)
	}
}

// decode does a job. It is ok if the block is sound as a whole.
func (j *job) decode(free chan *decoder, kind byte) {
	var d *decoder
	select {
	case d = <-free:
	default:
		d = new(decoder)
	}
	in := input{buf: j.packed, at: j.size, ended: io.EOF}
	d.begin(j.header, kind, j.out)
	for !j.dropped.Load() && len(j.marks) < maxMarks {
		_, done, err := d.chunk(&in)
		if err != nil {
			break
		}
		if done {
			j.ok, j.used = in.at == len(j.packed), d.used
			break
		}
		j.marks = append(j.marks, mark{d.w.at, in.at})
	}
	d.w = window{}
	select {
	case free <- d:
	default:
	}
}

// take begins the first of the jobs, which is due. What was not sound goes back to the input,
// and is decoded by the Reader.
func (z *Reader) take() error {
	a := &z.ahead
	j := a.jobs[0]
	if j.Wait(); j.ok {
		a.jobs = append(a.jobs[:0], a.jobs[1:]...)
		a.giving, a.next = j, 0
		return nil
	}
	var parts [][]byte
	for _, j := range a.jobs {
		parts = append(parts, j.packed)
	}
	a.drop()
	z.in.back(parts...)
	z.in.skip(j.size)
	if z.d == nil {
		z.d = new(decoder)
	}
	z.d.begin(j.header, z.kind, nil)
	z.inBlock = true
	return nil
}

// give is the next chunk of the block that is given away; nil behind the last one.
func (z *Reader) give() []byte {
	a := &z.ahead
	j := a.giving
	for a.next < len(j.marks) {
		from, m := 0, j.marks[a.next]
		if a.next > 0 {
			from = j.marks[a.next-1].out
		}
		a.next++
		z.used = j.from + int64(m.in)
		if m.out > from {
			return j.out[from:m.out]
		}
	}
	z.used = j.from + int64(len(j.packed))
	z.blocks.add(j.header, z.kind, j.used, j.uncompressed)
	a.memory = [2][]byte{j.packed, j.out}
	a.giving = nil
	return nil
}
