package archive

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// The header of a 7z archive (7zFormat.txt of the LZMA SDK): property numbers.
const (
	idEnd         = 0x00
	idHeader      = 0x01
	idMainStreams = 0x04
	idFiles       = 0x05
	idPackInfo    = 0x06
	idUnpackInfo  = 0x07
	idSubStreams  = 0x08
	idSize        = 0x09
	idCRC         = 0x0a
	idFolder      = 0x0b
	idUnpackSize  = 0x0c
	idNumUnpack   = 0x0d
	idEmptyStream = 0x0e
	idEmptyFile   = 0x0f
	idAnti        = 0x10
	idNames       = 0x11
	idAttributes  = 0x15
	idEncoded     = 0x17
)

// errSeven says that a header is not as the format has it.
var errSeven = errors.New("its header is not as the format has it")

// header reads a header. After an error all that is read is zero.
type header struct {
	b   []byte
	err error
}

func (h *header) fail() { h.b, h.err = nil, errSeven }

func (h *header) byte() byte {
	if len(h.b) == 0 {
		h.fail()
		return 0
	}
	c := h.b[0]
	h.b = h.b[1:]
	return c
}

func (h *header) bytes(n uint64) []byte {
	if n > uint64(len(h.b)) {
		h.fail()
		return nil
	}
	b := h.b[:n]
	h.b = h.b[n:]
	return b
}

func (h *header) uint32() uint32 {
	if b := h.bytes(4); len(b) == 4 {
		return le.Uint32(b)
	}
	return 0
}

// number reads an integer of up to eight bytes: the ones that the first byte begins with say
// how many follow.
func (h *header) number() uint64 {
	first := h.byte()
	var v uint64
	for i := range 8 {
		if first&(0x80>>i) == 0 {
			return v | uint64(first&(0x80>>i-1))<<(8*i)
		}
		v |= uint64(h.byte()) << (8 * i)
	}
	return v
}

// size reads a number of bytes.
func (h *header) size() int64 {
	n := h.number()
	if n > 1<<62 {
		h.fail()
		return 0
	}
	return int64(n)
}

// count reads how many things follow, each of which takes at least a byte.
func (h *header) count() int {
	n := h.number()
	if n > uint64(len(h.b)) {
		h.fail()
		return 0
	}
	return int(n)
}

// want reads a property number that must be there.
func (h *header) want(id byte) {
	if h.byte() != id {
		h.fail()
	}
}

// bits reads a vector of n bits; optional: a first byte may say that all are set.
func (h *header) bits(n int, optional bool) []bool {
	v := make([]bool, n)
	if optional && h.byte() != 0 {
		for i := range v {
			v[i] = true
		}
		return v
	}
	b := h.bytes(uint64(n+7) / 8)
	for i := range v {
		v[i] = b != nil && b[i/8]&(0x80>>(i%8)) != 0
	}
	return v
}

// digest is a CRC-32 that may be missing.
type digest struct {
	crc   uint32
	known bool
}

func (h *header) digests(n int) []digest {
	v := make([]digest, n)
	for i, known := range h.bits(n, true) {
		if v[i].known = known; known {
			v[i].crc = h.uint32()
		}
	}
	return v
}

// coder is one step of how a folder is packed.
type coder struct {
	id    string
	props []byte
	size  int64 // of what it gives
}

// folder is a part of the archive that is packed as one stream.
type folder struct {
	at, packed int64 // in the archive
	coders     []coder
	last       int   // coder that gives the content
	chain      []int // coders in the order in which they work
	odd        bool  // they are not a chain, with one input each
	digest     digest
	members    []substream
}

// substream is the content of one file in a folder.
type substream struct {
	size int64
	digest
}

// size is that of what the folder holds.
func (f *folder) size() int64 {
	if len(f.coders) == 0 {
		return 0
	}
	return f.coders[f.last].size
}

// most is how many coders a folder may have, and streams a coder: that of the format's own tools.
const most = 32

// streams reads the description of packed streams.
func (h *header) streams() (folders []*folder) {
	var at int64
	var packs []int64
	for h.err == nil {
		switch id := h.byte(); id {
		case idEnd:
			return folders
		case idPackInfo:
			at = 32 + h.size()
			packs = h.packSizes()
		case idUnpackInfo:
			folders = h.folders(at, packs)
		case idSubStreams:
			h.substreams(folders)
		default:
			h.fail()
		}
	}
	return nil
}

func (h *header) packSizes() (packs []int64) {
	n := h.count()
	for h.err == nil {
		switch id := h.byte(); id {
		case idEnd:
			return packs
		case idSize:
			for range n {
				packs = append(packs, h.size())
			}
		case idCRC:
			h.digests(n)
		default:
			h.fail()
		}
	}
	return nil
}

func (h *header) folders(at int64, packs []int64) (folders []*folder) {
	h.want(idFolder)
	n := h.count()
	if h.byte() != 0 { // stands elsewhere
		h.fail()
	}
	for range n {
		f, streams := h.folder()
		if f.at = at; len(packs) < streams || h.err != nil {
			h.fail()
			return nil
		}
		for _, p := range packs[:streams] {
			if at += p; at < 0 || at > 1<<62 {
				h.fail()
				return nil
			}
		}
		f.packed, packs = at-f.at, packs[streams:]
		folders = append(folders, f)
	}
	h.want(idUnpackSize)
	for _, f := range folders {
		for i := range f.coders {
			f.coders[i].size = h.size()
		}
	}
	for h.err == nil {
		switch id := h.byte(); id {
		case idEnd:
			for _, f := range folders {
				f.members = []substream{{f.size(), f.digest}}
			}
			return folders
		case idCRC:
			for i, d := range h.digests(n) {
				folders[i].digest = d
			}
		default:
			h.fail()
		}
	}
	return nil
}

// folder reads how a folder is packed, and in how many streams.
func (h *header) folder() (f *folder, streams int) {
	f = &folder{}
	ins, outs, last := 0, 0, 0
	for range min(h.count(), most+1) {
		flags := h.byte()
		c := coder{id: string(h.bytes(uint64(flags & 15)))}
		in, out := 1, 1
		if flags&0x10 != 0 {
			in, out = h.count(), h.count()
			f.odd = true
		}
		if flags&0x20 != 0 {
			c.props = h.bytes(h.number())
		}
		if in > most || out != 1 {
			h.fail()
		}
		ins, outs, f.coders = ins+in, outs+out, append(f.coders, c)
	}
	if h.err != nil || outs == 0 || outs > most || ins < outs {
		h.fail()
		return f, 0
	}
	bound := map[uint64]bool{} // outputs that another coder reads
	reads := map[uint64]uint64{}
	for range outs - 1 {
		in, out := h.number(), h.number()
		if bound[out] || out >= uint64(outs) || in >= uint64(ins) {
			h.fail()
		}
		bound[out], reads[in] = true, out
	}
	for i := range outs {
		if !bound[uint64(i)] {
			last = i
		}
	}
	if streams = ins - (outs - 1); streams > 1 {
		f.odd = true
		for range streams {
			h.number()
		}
	}
	f.last = last
	for at, seen := uint64(last), 0; !f.odd; seen++ {
		f.chain = append(f.chain, int(at))
		next, ok := reads[at]
		if !ok { // the packed stream
			f.odd = seen != outs-1
			break
		}
		if at = next; seen == outs { // a circle
			h.fail()
			break
		}
	}
	slices.Reverse(f.chain)
	return f, streams
}

// substreams reads how folders are divided into files.
func (h *header) substreams(folders []*folder) {
	id := h.byte()
	if id == idNumUnpack {
		for _, f := range folders {
			n := h.number()
			if n > uint64(len(h.b))+1 { // all but the last have a size here
				h.fail()
				return
			}
			f.members = make([]substream, n)
			if n == 1 {
				f.members[0].digest = f.digest
			}
		}
		id = h.byte()
	}
	for _, f := range folders {
		rest := f.size()
		for i := range f.members {
			if f.members[i].size = rest; i < len(f.members)-1 && id == idSize {
				f.members[i].size = h.size()
			}
			if rest -= f.members[i].size; rest < 0 {
				h.fail()
				return
			}
		}
	}
	if id == idSize {
		id = h.byte()
	}
	if id == idCRC {
		var missing []*substream
		for _, f := range folders {
			for i := range f.members {
				if !f.members[i].known {
					missing = append(missing, &f.members[i])
				}
			}
		}
		for i, d := range h.digests(len(missing)) {
			missing[i].digest = d
		}
		id = h.byte()
	}
	if id != idEnd {
		h.fail()
	}
}

// methodsOf names the coders of a folder for messages.
func (f *folder) methods() string {
	var names []string
	for _, c := range f.coders {
		name := sevenMethods[c.id]
		if name == "" {
			name = fmt.Sprintf("% x", c.id)
		}
		names = append(names, name)
	}
	return " (" + strings.Join(names, ", ") + ")"
}

var sevenMethods = map[string]string{
	"\x00": "copy", "\x03": "delta", "\x21": "LZMA2", "\x03\x01\x01": "LZMA", "\x03\x03\x01\x03": "BCJ", "\x03\x03\x01\x1b": "BCJ2",
	"\x03\x04\x01": "PPMd", "\x04\x01\x08": "Deflate", "\x04\x01\x09": "Deflate64", "\x04\x02\x02": "bzip2", "\x06\xf1\x07\x01": "AES",
	"\x04\xf7\x11\x01": "zstd", "\x04\xf7\x11\x04": "lz4", "\x04\xf7\x11\x02": "brotli",
}
