package bunzip

import (
	"errors"
	"io"
)

// Options say who works for a Reader. The zero value is nobody: Read decodes.
type Options struct {
	// Workers is how many blocks may be decoded at a time. Below 2, and without Run,
	// the stream is not divided.
	Workers int
	// Run has a task done, and does not wait for it. Tasks may run at the same time
	// and in any order, the earlier ones first at best. One that is never run is no
	// harm: Read does what it needs. One may run after Close; then it returns at once.
	Run func(task func())
}

const (
	headMagic  = 0x425a // BZ
	blockMagic = 0x314159265359
	endMagic   = 0x177245385090
	magicLen   = 48 // bits
)

// Reader decompresses. It is not safe for concurrent use. One that does not divide takes
// some 6 MB; see Workers for more.
type Reader struct {
	src   io.Reader
	base  int64     // of in.in[0] in the input
	in    bitReader // in front of the next magic number, while a block is given away
	ended error     // of src
	err   error     // what Read returns from now on

	level int    // of the stream; 0: its header is due
	total uint32 // checksum of the blocks so far
	own   scratch
	now   block
	runs  runs
	open  bool // a block is given away
	ahead *ahead
}

// NewReader returns a Reader of what stands in src, to its end.
func NewReader(src io.Reader, o Options) *Reader {
	z := &Reader{src: src}
	z.in.more = z.more
	if o.Workers > 1 && o.Run != nil {
		z.ahead = newAhead(o)
	}
	return z
}

// InputOffset is how many bytes of the input stand for what was read so far.
func (z *Reader) InputOffset() int64 { return z.base + int64(z.in.pos()+7)/8 }

// Close ends the tasks that were given to Run. It does not close the input.
func (z *Reader) Close() error {
	if z.ahead != nil {
		z.ahead.drop(len(z.ahead.jobs))
	}
	if z.err == nil {
		z.err = errors.New("the bzip2 reader is closed")
	}
	return nil
}

// Read reads. The end is io.EOF; a stream that is cut off is io.ErrUnexpectedEOF, one that
// cannot be is a *CorruptError, anything else is an error of the input. A block's checksum
// is compared when all of it was read.
func (z *Reader) Read(p []byte) (n int, err error) {
	for z.err == nil && len(p) > 0 {
		if z.open {
			if n = z.runs.expand(p); n > 0 {
				return n, nil
			}
			z.open = false
			if z.runs.sum != z.now.sum {
				z.err = z.corrupt("block checksum mismatch")
				break
			}
		}
		z.err = z.next()
	}
	if len(p) == 0 {
		return 0, nil
	}
	return 0, z.err
}

// corrupt says what is wrong in front of the next bit.
func (z *Reader) corrupt(what string) error {
	if z.in.short {
		return z.cut()
	}
	return &CorruptError{z.InputOffset(), what}
}

// cut is the error of a stream that ends too early.
func (z *Reader) cut() error {
	if z.ended == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return z.ended
}

// next goes to the next block, or to the end: it is io.EOF.
func (z *Reader) next() error {
	in := &z.in
	z.forget()
	if z.level == 0 {
		if err := z.header(); err != nil {
			return err
		}
	}
	switch in.take(magicLen) {
	default:
		return z.corrupt("bad magic value found")
	case endMagic:
		sum := uint32(in.take(32))
		if in.short {
			return z.cut()
		}
		if sum != z.total {
			return z.corrupt("file checksum mismatch")
		}
		if rest := in.pos() & 7; rest > 0 {
			in.take(uint(8 - rest))
		}
		z.level = 0
		if in.have == 0 {
			in.refill()
		}
		if in.have == 0 && z.ended == io.EOF {
			return io.EOF
		}
		return nil
	case blockMagic:
		return z.block()
	}
}

// header reads what is in front of the first block.
func (z *Reader) header() error {
	in := &z.in
	if in.take(16) != headMagic {
		if z.base == 0 && in.pos() == 16 {
			return z.corrupt("bad magic value")
		}
		return z.corrupt("bad magic value in continuation file")
	}
	if in.take(8) != 'h' {
		return z.corrupt("non-Huffman entropy encoding")
	}
	level := in.take(8)
	if level < '1' || level > '9' {
		return z.corrupt("invalid compression level")
	}
	z.level, z.total = int(level-'0'), 0
	return nil
}

// block decodes the block whose magic number was read, or takes what somebody decoded.
func (z *Reader) block() error {
	limit := z.level * (maxBlock / 9)
	if !z.guessed(limit) {
		if wrong := z.own.read(&z.in, limit, &z.now); wrong != "" || z.in.short {
			return z.corrupt(wrong)
		}
	}
	z.total = (z.total<<1 | z.total>>31) ^ z.now.sum
	z.runs = runs{data: z.now.data, last: -1}
	z.open = true
	return nil
}

// piece is how much is read from the input at a time, in bytes.
const piece = 64 << 10

// more reads more of the input; bits calls it.
func (z *Reader) more() bool {
	for range 100 {
		if z.ended != nil {
			return false
		}
		have := len(z.in.in)
		if cap(z.in.in)-have < piece {
			grown := make([]byte, have, 2*cap(z.in.in)+2*piece)
			copy(grown, z.in.in)
			z.in.in = grown
		}
		n, err := z.src.Read(z.in.in[have : have+piece])
		z.in.in, z.ended = z.in.in[:have+n], err
		if n > 0 {
			return true
		}
	}
	z.ended = io.ErrNoProgress
	return false
}

// forget drops the input in front of the next bit. Only whole bytes go, so jobs keep the
// bit of a byte at which they begin.
func (z *Reader) forget() {
	in := &z.in
	done := in.pos() / 8
	if done < len(in.in)/2 && done < piece {
		return
	}
	in.in = in.in[:copy(in.in, in.in[done:])]
	in.at -= done
	z.base += int64(done)
	if z.ahead != nil {
		z.ahead.shift(done)
	}
}

// runs expands the runs of a block: behind four equal bytes stands how many more there
// are.
type runs struct {
	data  []byte
	last  int // the last byte; -1: none
	equal int // how many of the same stood before it
	count int // how many more of it are due
	sum   uint32
}

// expand fills p as far as it goes, and returns how many bytes it wrote.
func (r *runs) expand(p []byte) (n int) {
	data, last, equal := r.data, r.last, r.equal
	for n < len(p) {
		if r.count > 0 {
			m := min(r.count, len(p)-n)
			for i := range p[n : n+m] {
				p[n+i] = byte(last)
			}
			n += m
			if r.count -= m; r.count == 0 {
				last = -1
			}
			continue
		}
		if len(data) == 0 {
			break
		}
		c := int(data[0])
		data = data[1:]
		if equal == 3 {
			r.count, equal = c, 0
			continue
		}
		if last == c {
			equal++
		} else {
			equal = 0
		}
		last = c
		p[n] = byte(c)
		n++
	}
	r.data, r.last, r.equal = data, last, equal
	r.sum = update(r.sum, p[:n])
	return n
}
