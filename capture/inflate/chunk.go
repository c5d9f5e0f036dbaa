package inflate

import (
	"hash/crc32"
	"sync/atomic"
)

const (
	// chunkLen is the usual length in bytes of the compressed input of a chunk:
	// finding the first block costs as much as decoding some 30 KiB of it. 2 MiB take
	// twice the memory and no less time.
	chunkLen = 1 << 20
	// leastChunk is how short it becomes where the output is many times larger.
	leastChunk = 128 << 10
	// overlap is how many bytes of the next chunk's input a chunk can see, to
	// decode its last block to the end. A gzip header must fit.
	overlap = 128 << 10
	// pieceLen is how many symbols a piece of output has, besides the window in
	// front of it.
	pieceLen = 256 << 10
	// provenEvery is after how many symbols a chunk looks whether it is proven now.
	provenEvery = 32 << 10
	// chunkMemory bounds in bytes what pieces a chunk may have.
	chunkMemory = 9 << 20
	// maxSegments bounds what is known about the pieces of a chunk.
	maxSegments = 1 << 13
	// maxTries bounds in symbols what may be decoded in vain from block starts
	// that were none.
	maxTries = 8 << 20

	marker = 1 << 15 // a symbol that stands for byte symbol&(marker-1) of the window
)

// segment is a part of the output: what was decoded between two stops.
type segment struct {
	marked []uint16 // symbols, before they are resolved
	data   []byte   // bytes
	mark   int64    // byte of the stream where the input was measured; -1: not here

	// The last segment of a member, or of those of a member in a chunk, has the
	// CRC-32 and length of all of them.
	lastOfRun bool
	crc       uint32
	size      int64
	ends      bool // the member ends behind it, with this trailer:
	trailer   trailer
}

// chunk is a part of the input that is decoded before it is known where the one
// before ends.
type chunk struct {
	*input
	from, to int  // bytes of in: a block or member that begins there is wanted
	bgzf     bool // only a member is
	raw      bool // the stream has no members
	memory   *memory
	dropped  atomic.Bool

	speculate, resolve *task
	link               link

	// What speculate found.
	start    int // bit of in where it begins; -1: nowhere
	isMember bool
	m        *members // where it stopped
	began    int64    // byte of the stream where the data of its last member begins; -1: before
	segments []segment
	pieces16 [][]uint16
	pieces8  [][]byte
	used     int // bytes of pieces
	tried    int // symbols decoded

	window []byte // before it, for resolve; then the memory of
}

// decode decodes from where a proof says or, without one, from the first place where
// a block or a member may begin, to the first such place at or behind c.to, as it hopes
// that the next chunk will find. What looks corrupt on the way began nowhere.
func (c *chunk) decode() {
	c.m = c.memory.members()
	c.m.in, c.m.base, c.m.raw = c.in, c.base, c.raw
	c.start = -1
	if p := c.known(); p != nil && c.begin(p) {
		if c.try(p) {
			c.end()
			return
		}
		c.reset() // the front will meet the damage
		c.start = -1
		return
	}
	for at := c.from * 8; !c.dropped.Load() && c.tried < maxTries; at = c.start + 1 {
		c.find(at)
		if c.start < 0 {
			return
		}
		if c.try(nil) {
			c.end()
			return
		}
		c.reset()
	}
	c.start = -1
}

// end is what follows a try that decoded something.
func (c *chunk) end() {
	if n := len(c.segments); n > 0 {
		c.segments[n-1].lastOfRun = true
	}
	c.stop()
}

// findEvery is how many bytes are searched for members and then for blocks: as far
// as one may be found in vain before the other.
const findEvery = 8 << 10

// find sets start to the first place from a bit on; -1: there is none.
func (c *chunk) find(bit int) {
	c.start, c.isMember = -1, false
	for bit < c.to*8 && c.start < 0 {
		from, to := (bit+7)>>3, min(bit>>3+findEvery, c.to)
		member := -1
		if !c.raw {
			member = findMember(c.in, from, to)
		}
		end := to * 8
		if member >= 0 {
			end = member * 8
		}
		if !c.bgzf {
			c.start = c.m.findBlock(bit, end)
		}
		if c.start < 0 && member >= 0 {
			c.start, c.isMember = member*8, true
		}
		bit = to * 8
	}
}

// reset gives back what a try has decoded.
func (c *chunk) reset() {
	for _, p := range c.pieces16 {
		c.memory.put16(p)
	}
	for _, p := range c.pieces8 {
		c.memory.put8(p)
	}
	c.pieces16, c.pieces8, c.segments, c.used = nil, nil, c.segments[:0], 0
}

// try decodes from start, which may be proven; false: there was none.
func (c *chunk) try(p *proof) bool {
	c.m.reset(c.start>>3, atHeader)
	c.began = -1
	if c.isMember {
		return c.tryPlain(nil)
	}
	c.m.place = inData
	c.m.seek(c.start)
	if p != nil {
		return c.tryPlain(p.window)
	}
	piece := c.piece16()
	for i := range windowLen {
		piece[i] = marker | uint16(i)
	}
	o, full := windowLen, windowLen+pieceLen
	for {
		from := o
		var s status
		o, s = step(c.m, piece, o, min(full, o+provenEvery), 0)
		c.tried += o - from
		c.add(segment{marked: piece[from:o]})
		switch {
		case s == isCorrupt || s == badFraming:
			return false
		case s == atEnd:
			return c.tryPlain(nil)
		case s == needInput, c.stops(s):
			return true
		}
		if p := c.known(); p != nil && len(p.window) == windowLen && c.isAt(p) {
			window := make([]byte, windowLen)
			fill(window, piece[o-windowLen:o], p.window)
			return c.tryPlain(window)
		}
		if o < full {
			continue
		}
		// A window of bytes alone lets the rest be bytes too. The last marker is
		// near the end, or there is none: either is found soon.
		if window, ok := unmarked(piece[o-windowLen : o]); ok {
			return c.tryPlain(window)
		}
		next := c.piece16()
		copy(next, piece[o-windowLen:o])
		piece, o = next, windowLen
	}
}

// tryPlain goes on with a window of bytes, or at the beginning or end of a member.
func (c *chunk) tryPlain(window []byte) bool {
	piece := c.piece8()
	o := copy(piece, window)
	low := 0
	for {
		from := o
		var s status
		o, s = step(c.m, piece, o, windowLen+pieceLen, low)
		c.tried += o - from
		c.add(segment{data: piece[from:o]})
		switch {
		case s == isCorrupt || s == badFraming:
			return false
		case s == memberBegins:
			low = o
			c.began = c.m.at()
		case s == memberEnds:
			c.endRun()
			last := &c.segments[len(c.segments)-1]
			last.ends, last.trailer = true, c.m.end
			if c.stops(s) {
				return true
			}
		case s == needInput, c.stops(s):
			return true
		}
		if o >= windowLen+pieceLen {
			next := c.piece8()
			keep := min(windowLen, o-low)
			copy(next, piece[o-keep:o])
			piece, o, low = next, keep, 0
		}
	}
}

// add adds a segment that has content.
func (c *chunk) add(s segment) {
	if len(s.marked)+len(s.data) == 0 {
		return
	}
	s.mark, c.m.mark = c.m.mark, -1
	c.segments = append(c.segments, s)
}

// endRun ends a run of segments of one member.
func (c *chunk) endRun() {
	if n := len(c.segments); n == 0 || c.segments[n-1].lastOfRun {
		c.segments = append(c.segments, segment{mark: -1})
	}
	c.segments[len(c.segments)-1].lastOfRun = true
}

// stops tells whether a chunk is to stop: where the next one begins, or because
// it is large.
func (c *chunk) stops(s status) bool {
	if c.used >= chunkMemory || len(c.segments) >= maxSegments || c.dropped.Load() {
		return true
	}
	if s == memberEnds {
		if c.raw {
			return true
		}
		c.m.skipZeros()
	}
	return c.m.bit() >= c.to*8 && c.m.atStart(c.bgzf)
}

// atStart tells whether a chunk may begin where m is.
func (m *members) atStart(bgzf bool) bool {
	switch {
	case m.place == inData && m.kind == betweenBlocks && !m.final:
		return !bgzf && mayBegin(m.in, m.bit())
	case m.place == atHeader && m.begun:
		return headerAt(m.in, m.pos)
	default:
		return false
	}
}

func (c *chunk) piece16() []uint16 {
	p := c.memory.get16()
	c.pieces16 = append(c.pieces16, p)
	c.used += 2 * len(p)
	return p
}

func (c *chunk) piece8() []byte {
	p := c.memory.get8()
	c.pieces8 = append(c.pieces8, p)
	c.used += len(p)
	return p
}

// unmarked returns the bytes of symbols if there is no marker among them.
func unmarked(symbols []uint16) ([]byte, bool) {
	for i := len(symbols) - 1; i >= 0; i-- {
		if symbols[i]&marker != 0 {
			return nil, false
		}
	}
	b := make([]byte, len(symbols))
	for i, s := range symbols {
		b[i] = byte(s)
	}
	return b, true
}

// tail returns the window behind the chunk, given the one before it.
func (c *chunk) tail(window []byte) []byte {
	tail := make([]byte, windowLen)
	at := windowLen
	for i := len(c.segments) - 1; i >= 0 && at > 0; i-- {
		s := &c.segments[i]
		if s.ends {
			return tail[at:]
		}
		n := min(at, len(s.marked)+len(s.data))
		at -= n
		if s.marked != nil {
			fill(tail[at:at+n], s.marked[len(s.marked)-n:], window)
		} else {
			copy(tail[at:at+n], s.data[len(s.data)-n:])
		}
	}
	if !c.isMember {
		n := min(at, len(window))
		at -= n
		copy(tail[at:], window[len(window)-n:])
	}
	return tail[at:]
}

// fill resolves symbols; the window may be short.
func fill(to []byte, symbols []uint16, window []byte) {
	missing := windowLen - len(window)
	for i, s := range symbols {
		if s&marker != 0 {
			to[i] = window[int(s&(marker-1))-missing]
		} else {
			to[i] = byte(s)
		}
	}
}

// fits tells whether all markers are in a window of n bytes.
func (c *chunk) fits(n int) bool {
	if n >= windowLen {
		return true
	}
	least := marker + windowLen - n // 1<<16 if there is no window: more than any symbol
	for _, s := range c.segments {
		for _, v := range s.marked {
			if v >= marker && int(v) < least {
				return false
			}
		}
	}
	return true
}

// finish makes bytes of all symbols and sums them up.
func (c *chunk) finish() {
	var bytes [1 << 16]byte // of symbols
	if len(c.pieces16) > 0 {
		for i := range 256 {
			bytes[i] = byte(i)
		}
		copy(bytes[1<<16-len(c.window):], c.window)
	}
	crc, size := uint32(0), int64(0)
	var piece []byte
	freed := 0
	for i := range c.segments {
		s := &c.segments[i]
		if s.marked != nil {
			if len(piece) < len(s.marked) {
				if piece != nil { // what stood in a piece of symbols is in one of bytes
					c.memory.put16(c.pieces16[freed])
					freed++
				}
				piece = c.memory.get8()
				c.pieces8 = append(c.pieces8, piece)
			}
			s.data, piece = piece[:len(s.marked):len(s.marked)], piece[len(s.marked):]
			translate(s.data, s.marked, &bytes)
			s.marked = nil
		}
		if !c.raw {
			crc = crc32.Update(crc, crc32.IEEETable, s.data)
		}
		size += int64(len(s.data))
		if s.lastOfRun {
			s.crc, s.size = crc, size
			crc, size = 0, 0
		}
	}
	for _, p := range c.pieces16[freed:] {
		c.memory.put16(p)
	}
	c.pieces16 = nil
}

// translate looks the bytes of symbols up. Eight at a time: twice as fast.
func translate(to []byte, symbols []uint16, bytes *[1 << 16]byte) {
	for len(symbols) >= 8 && len(to) >= 8 {
		t, s := (*[8]byte)(to), (*[8]uint16)(symbols)
		t[0], t[1], t[2], t[3] = bytes[s[0]], bytes[s[1]], bytes[s[2]], bytes[s[3]]
		t[4], t[5], t[6], t[7] = bytes[s[4]], bytes[s[5]], bytes[s[6]], bytes[s[7]]
		to, symbols = to[8:], symbols[8:]
	}
	for i, s := range symbols {
		to[i] = bytes[s]
	}
}
