package unxz

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
)

// Options say who works for a Reader. The zero value is nobody: Read decodes.
type Options struct {
	// Workers is how many blocks may be decoded at a time. Below 2, and without Run, the
	// stream is not divided.
	Workers int
	// Run has a task done, and does not wait for it. Tasks may run at the same time and in
	// any order, the earlier ones first at best. One that is never run is no harm: Read
	// does what it needs. One may run after Close; then it returns at once.
	Run func(task func())
	// Spare reports whether a Reader that divides may take so many bytes in all for blocks
	// that are decoded ahead. If not, fewer are, or none. nil: it may.
	Spare func(total int64) bool
	// Block is told of the dictionary of each block, in bytes, when it is due. Its error
	// ends the stream. nil: any dictionary of up to 1 GiB will do.
	Block func(dict int64) error
}

const (
	magic      = "\xfd7zXZ\x00"
	headerLen  = 12 // of a stream
	footerLen  = 12
	mostNumber = 9 // bytes of an encoded number
	maxDict    = 1 << 30
)

// Reader decompresses. It is not safe for concurrent use.
type Reader struct {
	o    Options
	in   input
	used int64 // see InputOffset

	out   []byte // to be given away
	after error  // what comes behind it
	err   error  // what Read returns from now on

	inStream, inBlock bool
	kind              byte // of the check of the stream
	blocks            records
	d                 *decoder
	ahead             ahead
}

// NewReader returns a Reader of what stands in src, to its end.
func NewReader(src io.Reader, o Options) *Reader {
	return &Reader{o: o, in: input{src: src}}
}

// InputOffset is how many bytes of the input stand for what was read so far, to the end of
// the chunk.
func (z *Reader) InputOffset() int64 { return z.used }

// Close ends the tasks that were given to Run. It does not close the input.
func (z *Reader) Close() error {
	z.ahead.drop()
	if z.err == nil {
		z.err = errors.New("the xz reader is closed")
	}
	z.out = nil
	return nil
}

// Read reads. The end is io.EOF; a stream that is cut off is io.ErrUnexpectedEOF, one that
// cannot be is a *CorruptError, anything else is an error of the input or of Options.Block. A
// block's check is compared when all of it was read.
func (z *Reader) Read(p []byte) (n int, err error) {
	if len(p) == 0 {
		return 0, nil
	}
	for z.err == nil {
		if len(z.out) > 0 {
			n = copy(p, z.out)
			z.out = z.out[n:]
			return n, nil
		}
		if z.err = z.after; z.err == nil {
			z.out, z.after = z.next()
		}
	}
	return 0, z.err
}

// next decodes what is next. Its error comes behind out.
func (z *Reader) next() (out []byte, err error) {
	switch {
	case z.ahead.giving != nil:
		if out = z.give(); out != nil {
			return out, nil
		}
	case z.inBlock:
		var done bool
		if out, done, err = z.d.chunk(&z.in); done && err == nil {
			z.inBlock = false
			z.blocks.add(z.d.header, z.d.kind, z.d.used, z.d.made)
		}
		z.used = z.in.pos()
	case !z.inStream:
		err = z.stream()
		z.used = z.in.pos()
	default:
		err = z.block()
	}
	return out, z.explain(err)
}

// explain makes an error one for the caller.
func (z *Reader) explain(err error) error {
	var c *CorruptError
	switch {
	case err == errShort && z.in.ended == io.EOF:
		return io.ErrUnexpectedEOF
	case err == errShort:
		return z.in.ended
	case errors.As(err, &c):
		z.used = c.Offset
	}
	return err
}

// corrupt says what the next n bytes tell.
func (z *Reader) corrupt(n int, what string) error {
	return &CorruptError{z.in.pos() + int64(n), what}
}

// stream reads the header of a stream, and the padding in front of it. io.EOF is the end.
func (z *Reader) stream() error {
	first := z.in.pos() == 0
	for !first {
		b := z.in.need(4)
		if len(b) == 0 && z.in.ended == io.EOF {
			return io.EOF
		}
		if len(b) < 4 {
			return errShort
		}
		if binary.LittleEndian.Uint32(b) != 0 {
			break
		}
		z.in.skip(4)
	}
	b := z.in.need(headerLen)
	if have := min(len(b), len(magic)); string(b[:have]) != magic[:have] {
		return z.corrupt(have, "no stream begins like this")
	}
	if len(b) < headerLen {
		return errShort
	}
	if crc32.ChecksumIEEE(b[6:8]) != binary.LittleEndian.Uint32(b[8:]) {
		return z.corrupt(headerLen, "stream header checksum mismatch")
	}
	if _, ok := newCheck(b[7]); !ok || b[6] != 0 {
		return z.corrupt(8, "flags of a stream that are not known")
	}
	z.kind, z.inStream, z.blocks = b[7], true, newRecords()
	z.in.skip(headerLen)
	return nil
}

// block begins the next block, or ends the stream.
func (z *Reader) block() error {
	if z.o.Workers > 1 && z.o.Run != nil {
		z.look()
	}
	if len(z.ahead.jobs) > 0 {
		return z.due(z.ahead.jobs[0].header, z.ahead.jobs[0].from, z.take)
	}
	h, err := z.header()
	if err != nil {
		return err
	}
	if h.size == 0 {
		if err = z.index(); err == nil {
			z.inStream = false
		}
		z.used = z.in.pos()
		return err
	}
	return z.due(h, z.in.pos(), func() error {
		z.in.skip(h.size)
		if z.d == nil {
			z.d = new(decoder)
		}
		z.d.begin(h, z.kind, nil)
		z.inBlock = true
		return nil
	})
}

// due asks for the memory of a block at that place and then begins it.
func (z *Reader) due(h header, from int64, begin func() error) error {
	z.used = from + int64(h.size)
	if z.o.Block != nil {
		if err := z.o.Block(h.dict); err != nil {
			return err
		}
	}
	if h.dict > maxDict {
		return &CorruptError{z.used, "a block needs a dictionary of more than 1 GiB"}
	}
	return begin()
}

// header reads the header of the block that is next, without passing over it. Its size is 0
// for an index.
func (z *Reader) header() (header, error) {
	b := z.in.need(1)
	if len(b) == 0 {
		return header{}, errShort
	}
	if b[0] == 0 {
		return header{}, nil
	}
	size := (int(b[0]) + 1) * 4
	if b = z.in.need(size); len(b) < size {
		return header{}, errShort
	}
	h, wrong := parseHeader(b)
	if wrong != "" {
		return h, z.corrupt(size, wrong)
	}
	return h, nil
}

// index reads the index of a stream and its footer, and compares them with what was there.
func (z *Reader) index() error {
	sum, size := crc32.NewIEEE(), 0
	pass := func(n int) {
		_, _ = sum.Write(z.in.need(n))
		z.in.skip(n)
		size += n
	}
	number := func() (uint64, error) {
		b := z.in.need(mostNumber)
		v, n := binary.Uvarint(b)
		if n < 0 || n == 0 && len(b) == mostNumber {
			return 0, z.corrupt(len(b), "a number in the index has no end")
		}
		if n == 0 {
			return 0, errShort
		}
		pass(n)
		return v, nil
	}
	pass(1)
	count, err := number()
	if err != nil {
		return err
	}
	if count != z.blocks.count {
		return z.corrupt(0, "the index has another number of blocks")
	}
	said := newRecords()
	for range count {
		var unpadded, uncompressed uint64
		if unpadded, err = number(); err == nil {
			uncompressed, err = number()
		}
		if err != nil {
			return err
		}
		said.put(unpadded, uncompressed)
	}
	if !bytes.Equal(said.sum.Sum(nil), z.blocks.sum.Sum(nil)) {
		return z.corrupt(0, "the index has other sizes of blocks")
	}
	padding := -size & 3
	b := z.in.need(padding + 4 + footerLen)
	if len(b) < padding+4+footerLen {
		return errShort
	}
	if len(bytes.Trim(b[:padding], "\x00")) > 0 {
		return z.corrupt(padding, "padding of the index is not zero")
	}
	pass(padding)
	b = z.in.need(4 + footerLen)
	if sum.Sum32() != binary.LittleEndian.Uint32(b) {
		return z.corrupt(4, "index checksum mismatch")
	}
	foot := b[4:]
	switch {
	case string(foot[10:]) != "YZ" || foot[8] != 0 || foot[9] != z.kind:
		return z.corrupt(4+footerLen, "the footer of a stream does not fit its header")
	case crc32.ChecksumIEEE(foot[4:10]) != binary.LittleEndian.Uint32(foot):
		return z.corrupt(4+footerLen, "footer checksum mismatch")
	case int64(binary.LittleEndian.Uint32(foot[4:]))*4 != int64(size):
		return z.corrupt(4+footerLen, "the index has another size than the footer says")
	}
	z.in.skip(4 + footerLen)
	return nil
}
