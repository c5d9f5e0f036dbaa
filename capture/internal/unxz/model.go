package unxz

// The probabilities of LZMA, by what is decoded with them (LZMA specification, Igor Pavlov).
const (
	states      = 12
	posStates   = 16 // at most
	lenStates   = 4
	evenly      = 1 << 10 // a probability of one half, of 1<<11
	modelShift  = 5
	minMatch    = 2
	endPosModel = 14
	alignBits   = 4

	literals    = 0x400 // for each context; of these 0x300 are used
	maxContexts = 1 << 4
)

// lengths decode how long a match is.
type lengths struct {
	choice [2]uint16
	low    [posStates][8]uint16
	mid    [posStates][8]uint16
	high   [256]uint16
}

// model is what a chunk of LZMA leaves for the next one.
type model struct {
	state          uint32
	rep            [4]uint32 // the last distances, less 1
	lc, lp, pb     uint32
	isMatch        [states * posStates]uint16
	isRep          [states]uint16
	isRep0         [states]uint16
	isRep1         [states]uint16
	isRep2         [states]uint16
	isRep0Long     [states * posStates]uint16
	slot           [lenStates][64]uint16
	special        [128]uint16
	align          [1 << alignBits]uint16
	match, repeats lengths
	literal        [maxContexts * literals]uint16
}

// properties sets lc, lp and pb, and reports whether they may be.
func (m *model) properties(b byte) bool {
	if b >= 9*5*5 {
		return false
	}
	m.lc, m.lp, m.pb = uint32(b)%9, uint32(b)/9%5, uint32(b)/45
	return m.lc+m.lp <= 4
}

// reset forgets what was learnt.
func (m *model) reset() {
	m.state, m.rep = 0, [4]uint32{}
	half := func(p []uint16) {
		for i := range p {
			p[i] = evenly
		}
	}
	half(m.isMatch[:])
	half(m.isRep[:])
	half(m.isRep0[:])
	half(m.isRep1[:])
	half(m.isRep2[:])
	half(m.isRep0Long[:])
	for i := range m.slot {
		half(m.slot[i][:])
	}
	half(m.special[:])
	half(m.align[:])
	for _, l := range []*lengths{&m.match, &m.repeats} {
		half(l.choice[:])
		half(l.high[:])
		for i := range l.low {
			half(l.low[i][:])
			half(l.mid[i][:])
		}
	}
	half(m.literal[:literals<<(m.lc+m.lp)])
}

// chunkBits is how many bits count of a place in the bytes of a chunk: with a mask the compiler
// knows that it stands in the array. A chunk has at most 1<<16 bytes.
const chunkBits = 17

// packed is the compressed part of a chunk, and something behind it: decoding looks at most
// some 50 bytes further before it is seen that it is at the end.
type packed [1 << chunkBits]byte

// coder is a range decoder between two bits.
type coder struct {
	width, code uint32
	at          int // in packed
}

// bit decodes one bit.
func (c coder) bit(in *packed, p *uint16) (coder, uint32) {
	if c.width < 1<<24 {
		c.width, c.code = c.width<<8, c.code<<8|uint32(in[c.at&(1<<chunkBits-1)])
		c.at++
	}
	bound := c.width >> 11 * uint32(*p)
	if c.code < bound {
		c.width = bound
		*p += (1<<11 - *p) >> modelShift
		return c, 0
	}
	c.width, c.code = c.width-bound, c.code-bound
	*p -= *p >> modelShift
	return c, 1
}

// tree decodes n bits, the highest first. The result has another one in front of them.
func (c coder) tree(in *packed, p []uint16, n int) (coder, uint32) {
	at := uint32(1)
	p = p[:1<<n]
	for range n {
		if c.width < 1<<24 {
			c.width, c.code = c.width<<8, c.code<<8|uint32(in[c.at&(1<<chunkBits-1)])
			c.at++
		}
		v := uint32(p[at])
		bound := c.width >> 11 * v
		// zero is all ones if the bit is 0: it cannot be foreseen, and a jump costs more.
		zero := uint32((int64(c.code) - int64(bound)) >> 63)
		c.code -= bound &^ zero
		c.width = (c.width-bound)&^zero | bound&zero
		p[at] = uint16(v - uint32(int32(v-(1<<11-31)&zero)>>modelShift))
		at = at<<1 + 1 + zero
	}
	return c, at
}

// reverse decodes n bits, the lowest first.
func (c coder) reverse(in *packed, p []uint16, n int) (coder, uint32) {
	at, sum := uint32(1), uint32(0)
	for i := range n {
		var b uint32
		c, b = c.bit(in, &p[at])
		at = at<<1 | b
		sum |= b << i
	}
	return c, sum
}

// direct decodes n bits that are as likely to be 0 as 1.
func (c coder) direct(in *packed, n uint32) (coder, uint32) {
	sum := uint32(0)
	for range n {
		if c.width < 1<<24 {
			c.width, c.code = c.width<<8, c.code<<8|uint32(in[c.at&(1<<chunkBits-1)])
			c.at++
		}
		c.width >>= 1
		c.code -= c.width
		zero := uint32(int32(c.code) >> 31)
		c.code += c.width & zero
		sum = sum<<1 + 1 + zero
	}
	return c, sum
}

// length decodes the length of a match.
func (c coder) length(in *packed, l *lengths, place uint32) (coder, uint32) {
	c, b := c.bit(in, &l.choice[0])
	if b == 0 {
		c, n := c.tree(in, l.low[place][:], 3)
		return c, n - 8 + minMatch
	}
	if c, b = c.bit(in, &l.choice[1]); b == 0 {
		c, n := c.tree(in, l.mid[place][:], 3)
		return c, n + minMatch
	}
	c, n := c.tree(in, l.high[:], 8)
	return c, n - 256 + 16 + minMatch
}

// distance decodes how far back a match of that length stands, less 1.
func (m *model) distance(c coder, in *packed, length uint32) (coder, uint32) {
	c, slot := c.tree(in, m.slot[min(length-minMatch, lenStates-1)][:], 6)
	if slot -= 64; slot < 4 {
		return c, slot
	}
	bits := slot>>1 - 1
	far := (2 | slot&1) << bits
	if slot < endPosModel {
		c, low := c.reverse(in, m.special[far-slot:], int(bits))
		return c, far + low
	}
	c, high := c.direct(in, bits-alignBits)
	c, low := c.reverse(in, m.align[:], alignBits)
	return c, far + high<<alignBits + low
}
