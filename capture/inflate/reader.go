package inflate

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

// A CorruptError says that DEFLATE data cannot be.
type CorruptError struct {
	// Offset is the byte of the input behind those that tell.
	Offset int64
	// Stream is the byte of the input where the member's DEFLATE data begins:
	// compress/flate reports Offset-Stream.
	Stream int64
}

func (e *CorruptError) Error() string {
	return fmt.Sprintf("flate: corrupt input before offset %d", e.Offset)
}

// Options say who works for a Reader. The zero value is nobody: Read decodes.
type Options struct {
	// Workers is how many chunks may be decoded at a time. Below 2, and without
	// Run, the input is not divided.
	Workers int
	// Run has a task done, and does not wait for it. Tasks may run at the same
	// time and in any order, the earlier ones first at best. One that is never
	// run is no harm: Read does what it needs. One may run after the Reader was
	// left; then it returns at once.
	Run func(task func())
}

// Reader decompresses. It is not safe for concurrent use.
type Reader struct {
	src   io.Reader
	m     *members
	out   []byte
	o     int // out[:o] is decoded
	low   int // out[low:o] is of this member
	rest  []byte
	crc   uint32 // of the member, as far as it was handed out
	size  int64
	mark  int64 // where the input was measured last
	began int64 // byte of the input where the member's data begins
	err   error // behind rest
	errAt int64 // byte of the input where it shows; 0: not known
	told  bool  // err was returned

	readErr error
	in      []byte // input buffer of a Reader that does not divide its input

	*parallel
}

// NewReader returns a Reader of a raw DEFLATE stream (RFC 1951), which ends with
// io.EOF behind its last block. It may read more of src than that.
func NewReader(src io.Reader) *Reader {
	z := newReader(src)
	z.m.raw = true
	z.m.begin(0)
	return z
}

// NewGzipReader returns a Reader of gzip members (RFC 1952), one behind the
// other, to the end of src. Zeros behind a member are padding and pass, as tapes
// leave them. The first header is read by the first Read.
func NewGzipReader(src io.Reader, o Options) *Reader {
	z := newReader(src)
	z.Divide(o)
	return z
}

// Divide makes the Options those given. Call it before the first Read.
func (z *Reader) Divide(o Options) {
	z.parallel = nil
	if o.Workers > 1 && o.Run != nil {
		z.parallel = newParallel(o)
	}
}

const (
	// frontLen is how many bytes the front decodes into its buffer behind the
	// window: few, so that they are handed out from the second-level cache.
	frontLen = 64 << 10
	// inputLen is the size in bytes of its input buffer. It grows if a header
	// does not fit, which is at most 66 KiB.
	inputLen = 32 << 10
	// leastDirect is for how many bytes it pays to decode without that buffer.
	leastDirect = 2 * frontLen
)

func newReader(src io.Reader) *Reader {
	return &Reader{src: src, m: &members{mark: -1}, out: make([]byte, windowLen+frontLen+slack)}
}

// InputOffset is how many bytes of the input stand for what was read so far. It
// is measured at the beginning of each block and each MiB within one, and so
// may be a little too low, but does not depend on the Options. When Read has told
// that the input is corrupt, it is exact: for a *CorruptError its Offset, for
// ErrChecksum the end of the member, for ErrHeader and ErrTrailing the byte behind
// the member before.
func (z *Reader) InputOffset() int64 {
	if z.told && z.errAt > 0 {
		return z.errAt
	}
	return z.mark
}

// Read reads uncompressed bytes. Behind the last ones it returns io.EOF, or why
// there are no more: io.ErrUnexpectedEOF if the input ends too early, a
// *CorruptError, ErrChecksum, ErrHeader, ErrTrailing, or an error of the input.
// All that could be decoded before was handed out, as compress/gzip does. All of p may
// be written to, as io.Reader allows.
func (z *Reader) Read(p []byte) (n int, err error) {
	for len(z.rest) == 0 && z.err == nil && len(p) > 0 {
		z.advance()
	}
	if len(z.rest) == 0 && len(p) > 0 {
		z.told = true
		return 0, z.err
	}
	n = copy(p, z.rest)
	z.rest = z.rest[n:]
	for z.parallel == nil && len(z.rest) == 0 && z.err == nil && len(p)-n >= leastDirect {
		if n >= windowLen || z.o-z.low <= n {
			return z.direct(p, n), nil
		}
		z.advance()
		m := copy(p[n:], z.rest)
		z.rest = z.rest[m:]
		n += m
	}
	return n, nil
}

// direct fills p, but for its last bytes, behind the n that were copied from the front's
// buffer. Among these is all that distances may reach.
func (z *Reader) direct(p []byte, n int) int {
	own := z.out
	z.out, z.o, z.low = p, n, max(n-(z.o-z.low), 0)
	for limit := len(p) - slack; z.o < limit && z.err == nil; {
		z.serialStep(min(limit, z.o+frontLen)) // a piece is summed up while the cache has it
	}
	n = z.o
	keep := min(windowLen, n-z.low)
	z.o, z.low = copy(own, p[n-keep:n]), 0
	z.out, z.rest = own, nil
	return n
}

// advance makes the next segment the rest, or sets the error.
func (z *Reader) advance() {
	if z.parallel == nil || !z.parallel.advance(z) {
		z.frontStep()
	}
	if z.err != nil && z.parallel != nil {
		z.parallel.close() // the rest stays as it is
	}
}

// frontStep decodes up to the next stop, into the front's buffer.
func (z *Reader) frontStep() {
	if z.o >= windowLen+frontLen {
		keep := min(windowLen, z.o-z.low)
		copy(z.out, z.out[z.o-keep:z.o])
		z.o, z.low = keep, 0
	}
	z.serialStep(windowLen + frontLen)
}

// serialStep decodes up to the next stop, at the latest to a limit in out.
func (z *Reader) serialStep(limit int) {
	from := z.o
	var s status
	z.o, s = step(z.m, z.out, z.o, limit, z.low)
	if z.o > from {
		seg := segment{data: z.out[from:z.o], mark: z.m.mark}
		z.m.mark = -1
		if !z.m.raw {
			z.crc = crc32.Update(z.crc, crc32.IEEETable, seg.data)
			z.size += int64(len(seg.data))
		}
		z.deliver(&seg)
	}
	switch s {
	case memberBegins:
		z.low = z.o
		z.began = z.m.at()
	case memberEnds:
		z.endMember(z.m.end)
	case isCorrupt:
		z.errAt = z.m.base + int64(z.m.badAt)
		z.err = &CorruptError{Offset: z.errAt, Stream: z.began}
	case badFraming:
		z.err, z.errAt = z.m.err, z.m.at()
	case needInput:
		if !z.more() {
			z.err = z.cutOff()
		}
	}
}

// deliver hands a segment out.
func (z *Reader) deliver(s *segment) {
	z.rest = s.data
	if s.mark >= 0 {
		z.mark = s.mark
	}
}

// endMember compares what a member has given with what it says. A raw stream says nothing.
func (z *Reader) endMember(t trailer) {
	if z.m.raw {
		z.err = io.EOF
		return
	}
	if t.crc != z.crc || t.size != uint32(z.size) {
		z.err, z.errAt = ErrChecksum, t.at
	}
	z.crc, z.size = 0, 0
}

// cutOff is why there is no more where the input ends.
func (z *Reader) cutOff() error {
	rest := z.m.in[z.m.bit()>>3:]
	switch {
	case z.readErr != io.EOF:
		return z.readErr
	case z.m.place == atHeader && len(rest) == 0:
		return io.EOF
	case z.m.place == atHeader && z.m.begun && len(rest) == 1:
		z.errAt = z.m.at()
		return ErrTrailing
	default:
		return io.ErrUnexpectedEOF
	}
}

// more gives the decoder more input, if there is any.
func (z *Reader) more() bool {
	if z.parallel != nil {
		return z.parallel.more(z)
	}
	bit := z.m.bit()
	keep := z.m.in[bit>>3:]
	if len(keep) == len(z.in) {
		z.in = append(make([]byte, 0, max(2*len(z.in), inputLen)), keep...)
		z.in = z.in[:cap(z.in)]
	}
	n := copy(z.in, keep)
	m := z.once(z.in[n:])
	z.m.base += int64(bit >> 3)
	z.m.in = z.in[:n+m]
	z.m.goTo(bit & 7)
	return m > 0
}

// fill reads until b is full, or there is no more.
func (z *Reader) fill(b []byte) (n int) {
	for n < len(b) {
		m := z.once(b[n:])
		if m == 0 {
			break
		}
		n += m
	}
	return n
}

// once reads some bytes; none if there are no more.
func (z *Reader) once(b []byte) int {
	for tries := 0; z.readErr == nil; tries++ {
		var n int
		if n, z.readErr = z.src.Read(b); n > 0 {
			return n
		}
		if tries == 100 && z.readErr == nil {
			z.readErr = io.ErrNoProgress
		}
	}
	return 0
}

// Close ends the tasks that were given to Run. It does not close the input.
func (z *Reader) Close() error {
	if z.parallel != nil {
		z.parallel.close()
	}
	z.rest = nil
	if z.err == nil {
		z.err = errors.New("read after Close")
	}
	return nil
}
