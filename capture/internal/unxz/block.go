package unxz

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"hash/crc32"
	"hash/crc64"
	"slices"
)

// header is that of a block (3.1).
type header struct {
	size                     int   // its own
	compressed, uncompressed int64 // -1: it does not say
	dict                     int64 // bytes
}

// parseHeader reads the header of a block, all of whose bytes are h. wrong is "" for one that
// can be read.
func parseHeader(h []byte) (b header, wrong string) {
	body := h[:len(h)-4]
	if crc32.ChecksumIEEE(body) != binary.LittleEndian.Uint32(h[len(h)-4:]) {
		return b, "block header checksum mismatch"
	}
	b = header{size: len(h), compressed: -1, uncompressed: -1}
	flags, rest := body[1], body[2:]
	if flags&0x3c != 0 {
		return b, "reserved flags of a block are set"
	}
	number := func() int64 {
		v, n := binary.Uvarint(rest)
		if n <= 0 || v >= 1<<63 {
			wrong, n = "a number in a block header has no end", len(rest)
		}
		rest = rest[n:]
		return int64(v)
	}
	if flags&0x40 != 0 {
		b.compressed = number()
	}
	if flags&0x80 != 0 {
		b.uncompressed = number()
	}
	const lzma2 = 0x21
	if id := number(); wrong == "" && (flags&3 != 0 || id != lzma2) {
		return b, "a block has a filter other than LZMA2"
	}
	if size := number(); wrong != "" || size != 1 || len(rest) < 1 || rest[0] > 40 {
		return b, "the LZMA2 filter of a block is malformed"
	}
	if b.dict = 1<<32 - 1; rest[0] < 40 {
		b.dict = int64(2|rest[0]&1) << (11 + rest[0]>>1)
	}
	if len(bytes.Trim(rest[1:], "\x00")) > 0 { // of any length: some writers pad more than they should
		return b, "padding of a block header is not zero"
	}
	return b, ""
}

// The checks of a stream, by the number in its flags.
const (
	checkNone   = 0
	checkCRC32  = 1
	checkCRC64  = 4
	checkSHA256 = 10
)

var crc64Table = crc64.MakeTable(crc64.ECMA)

// newCheck returns the check of that number; nil for none. ok is false if there is no such one.
func newCheck(kind byte) (h hash.Hash, ok bool) {
	switch kind {
	case checkNone:
		return nil, true
	case checkCRC32:
		return crc32.NewIEEE(), true
	case checkCRC64:
		return crc64.New(crc64Table), true
	case checkSHA256:
		return sha256.New(), true
	}
	return nil, false
}

// decoder decodes a block, chunk by chunk.
type decoder struct {
	header
	kind  byte // of its check
	check hash.Hash
	used  int64 // compressed bytes so far
	made  int64 // bytes so far
	needs byte  // what the next chunk has to bring: the least control byte of LZMA

	m      model
	packed packed
	w      window
}

// What the control byte of a chunk says.
const (
	chunkEnd     = 0
	chunkReset   = 1 // uncompressed, with an empty dictionary
	chunkPlain   = 2 // uncompressed
	chunkLZMA    = 0x80
	chunkState   = 0xa0 // LZMA, with the probabilities of the beginning
	chunkProps   = 0xc0 // and with lc, lp and pb
	chunkNew     = 0xe0 // and with an empty dictionary
	needsNothing = chunkLZMA
)

// begin makes d decode a block with that header, into buf if it is not nil.
func (d *decoder) begin(h header, kind byte, buf []byte) {
	d.header, d.kind = h, kind
	d.check, _ = newCheck(kind)
	d.used, d.made, d.needs = 0, 0, chunkNew
	if buf != nil {
		d.w = window{buf: buf, dict: int(h.dict), fixed: true}
		return
	}
	d.w = window{buf: d.w.buf, dict: int(h.dict)}
}

// chunk decodes the next chunk. What it made is valid until the next call, and stands also
// beside errShort. done says that the block has ended as it should. Other errors are a
// *CorruptError.
func (d *decoder) chunk(in *input) (made []byte, done bool, err error) {
	b := in.need(6)
	if len(b) == 0 {
		return nil, false, errShort
	}
	control := b[0]
	if control == chunkEnd {
		in.skip(1)
		d.used++
		return nil, true, d.end(in)
	}
	size := 3
	switch {
	case control >= chunkProps:
		size = 6
	case control >= chunkLZMA:
		size = 5
	case control > chunkPlain:
		return nil, false, d.corrupt(in, 1, "no chunk begins like this")
	}
	if control == chunkPlain && d.needs == chunkNew || control >= chunkLZMA && control&0xe0 < d.needs {
		return nil, false, d.corrupt(in, 1, "a chunk needs a dictionary or a state that was not set")
	}
	if len(b) < size {
		return nil, false, errShort
	}
	grows := int(b[1])<<8 + int(b[2]) + 1
	packs := grows
	if control >= chunkLZMA {
		grows += int(control&0x1f) << 16
		packs = int(b[3])<<8 + int(b[4]) + 1
	}
	if size == 6 && !d.m.properties(b[5]) {
		return nil, false, d.corrupt(in, 6, "lc, lp and pb of a chunk cannot be")
	}
	d.used += int64(size + packs)
	d.made += int64(grows)
	if d.compressed >= 0 && d.used > d.compressed {
		return nil, false, d.corrupt(in, size, "a block is longer than its header says")
	}
	if d.uncompressed >= 0 && d.made > d.uncompressed || !d.w.room(grows) {
		return nil, false, d.corrupt(in, size, "a block expands to more than its header says")
	}
	in.skip(size)
	return d.content(in, control, packs, grows)
}

// content decodes what is behind the header of a chunk.
func (d *decoder) content(in *input, control byte, packs, grows int) (made []byte, done bool, err error) {
	b := in.need(packs)
	w := &d.w
	if control == chunkReset || control >= chunkNew {
		w.begin = w.at
	}
	from := w.at
	if control < chunkLZMA {
		if control == chunkReset {
			d.needs = chunkProps
		}
		w.at += copy(w.buf[w.at:], b)
	} else {
		if control >= chunkState {
			d.m.reset()
		}
		d.needs = needsNothing
		copy(d.packed[:], b)
		wrong, cut := d.m.decode(w, w.at+grows, &d.packed, len(b))
		if cut && len(b) == packs {
			wrong = wrongEnd
		}
		if wrong != "" && !cut || cut && len(b) == packs {
			err = d.corrupt(in, packs, wrong)
		}
	}
	in.skip(len(b))
	if made = w.buf[from:w.at]; d.check != nil {
		_, _ = d.check.Write(made)
	}
	if err == nil && len(b) < packs {
		err = errShort
	}
	return made, false, err
}

// end reads what is behind the chunks of a block.
func (d *decoder) end(in *input) error {
	if d.uncompressed >= 0 && d.made != d.uncompressed || d.compressed >= 0 && d.used != d.compressed {
		return d.corrupt(in, 0, "a block is shorter than its header says")
	}
	padding, size := int(-d.used&3), checkSize(d.kind)
	b := in.need(padding + size)
	if len(b) < padding+size {
		return errShort
	}
	if len(bytes.Trim(b[:padding], "\x00")) > 0 {
		return d.corrupt(in, padding, "padding of a block is not zero")
	}
	if d.check != nil {
		sum := d.check.Sum(nil)
		if d.kind != checkSHA256 {
			slices.Reverse(sum)
		}
		if !bytes.Equal(sum, b[padding:]) {
			return d.corrupt(in, padding+size, "block checksum mismatch")
		}
	}
	in.skip(padding + size)
	return nil
}

// checkSize is how many bytes a check has.
func checkSize(kind byte) int {
	h, _ := newCheck(kind)
	if h == nil {
		return 0
	}
	return h.Size()
}

// corrupt says what the next n bytes tell.
func (d *decoder) corrupt(in *input, n int, what string) error {
	return &CorruptError{in.pos() + int64(n), what}
}
