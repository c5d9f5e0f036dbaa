package unxz

// What can be wrong with a chunk.
const (
	wrongDistance = "distance beyond the dictionary"
	wrongLength   = "a match goes beyond its chunk"
	wrongEnd      = "a chunk does not end where it should"
	wrongBegin    = "a chunk of LZMA begins with another byte than 0"
)

// decode decodes the n bytes of in, a chunk, to w.buf[w.at:end], as far as they go: w.at says
// how far. wrong is what is wrong with them, but if cut is true they end too early.
func (m *model) decode(w *window, end int, in *packed, n int) (wrong string, cut bool) {
	if n < 5 {
		return "", true
	}
	if in[0] != 0 {
		return wrongBegin, false
	}
	c := coder{1<<32 - 1, uint32(in[1])<<24 | uint32(in[2])<<16 | uint32(in[3])<<8 | uint32(in[4]), 5}
	buf, at, begin, dict := w.buf[:end], w.at, w.begin, w.dict
	state, placeMask, lpMask, lc := m.state, uint32(1)<<m.pb-1, uint32(1)<<m.lp-1, m.lc
	rep := m.rep[0]
	last := uint32(0) // the byte in front
	if at > begin {
		last = uint32(buf[at-1])
	}
	for at < end {
		place := uint32(at-begin) & placeMask
		var b uint32
		if c, b = c.bit(in, &m.isMatch[(state*posStates+place)%(states*posStates)]); b == 0 {
			context := (uint32(at-begin)&lpMask)<<lc + last>>(8-lc)
			table := (*[literals]uint16)(m.literal[context%maxContexts*literals:])
			symbol := uint32(1)
			if state < 7 {
				// This is the loop in which most of the time goes.
				for symbol < 0x100 {
					if c.width < 1<<24 {
						c.width, c.code = c.width<<8, c.code<<8|uint32(in[c.at&(1<<chunkBits-1)])
						c.at++
					}
					p := &table[symbol%literals]
					v := uint32(*p)
					bound := c.width >> 11 * v
					zero := uint32((int64(c.code) - int64(bound)) >> 63)
					c.code -= bound &^ zero
					c.width = (c.width-bound)&^zero | bound&zero
					*p = uint16(v - uint32(int32(v-(1<<11-31)&zero)>>modelShift))
					symbol = symbol<<1 + 1 + zero
				}
			} else {
				if rep >= uint32(min(at-begin, dict)) {
					w.at = at
					return wrongDistance, c.at > n
				}
				other, same := uint32(buf[at-int(rep)-1]), uint32(0x100)
				for symbol < 0x100 {
					if c.width < 1<<24 {
						c.width, c.code = c.width<<8, c.code<<8|uint32(in[c.at&(1<<chunkBits-1)])
						c.at++
					}
					other <<= 1
					bit := other & same
					p := &table[(same+bit+symbol)%literals]
					v := uint32(*p)
					bound := c.width >> 11 * v
					zero := uint32((int64(c.code) - int64(bound)) >> 63)
					c.code -= bound &^ zero
					c.width = (c.width-bound)&^zero | bound&zero
					*p = uint16(v - uint32(int32(v-(1<<11-31)&zero)>>modelShift))
					symbol = symbol<<1 + 1 + zero
					same &= bit ^ zero
				}
			}
			if c.at > n {
				break
			}
			last = symbol & 0xff
			buf[at] = byte(last)
			at++
			state = afterLiteral[state%states]
			continue
		}
		length := uint32(1)
		if c, b = c.bit(in, &m.isRep[state%states]); b == 0 {
			m.rep[3], m.rep[2], m.rep[1] = m.rep[2], m.rep[1], rep
			c, length = c.length(in, &m.match, place)
			c, rep = m.distance(c, in, length)
			state = pick(state, 7, 10)
		} else {
			var short bool
			c, rep, short = m.again(c, in, state, place, rep)
			if short {
				state = pick(state, 9, 11)
			} else {
				c, length = c.length(in, &m.repeats, place)
				state = pick(state, 8, 11)
			}
		}
		if c.at > n {
			break
		}
		if rep >= uint32(min(at-begin, dict)) {
			w.at = at
			return wrongDistance, false
		}
		run := int(length)
		if run > end-at {
			wrong, run = wrongLength, end-at
		}
		if from := at - int(rep) - 1; run <= int(rep)+1 {
			copy(buf[at:at+run], buf[from:from+run])
		} else {
			for i := range run {
				buf[at+i] = buf[from+i]
			}
		}
		if at += run; wrong != "" {
			w.at = at
			return wrong, false
		}
		last = uint32(buf[at-1])
	}
	w.at = at
	if c.at > n {
		return "", true
	}
	if c.width < 1<<24 {
		if c.at >= n {
			return "", true
		}
		c.code = c.code<<8 | uint32(in[c.at])
		c.at++
	}
	if c.at != n || c.code != 0 {
		return wrongEnd, false
	}
	m.state, m.rep[0] = state, rep
	return "", false
}

// again decodes which of the last distances comes again, and whether for one byte only.
func (m *model) again(c coder, in *packed, state, place, rep uint32) (coder, uint32, bool) {
	c, b := c.bit(in, &m.isRep0[state%states])
	if b == 0 {
		c, b = c.bit(in, &m.isRep0Long[(state*posStates+place)%(states*posStates)])
		return c, rep, b == 0
	}
	far := m.rep[1]
	if c, b = c.bit(in, &m.isRep1[state%states]); b == 1 {
		if c, b = c.bit(in, &m.isRep2[state%states]); b == 0 {
			far = m.rep[2]
		} else {
			far = m.rep[3]
			m.rep[3] = m.rep[2]
		}
		m.rep[2] = m.rep[1]
	}
	m.rep[1] = rep
	return c, far, false
}

// pick is the state behind a match: what it is depends on whether a literal was in front.
func pick(state, literal, match uint32) uint32 {
	if state < 7 {
		return literal
	}
	return match
}

// afterLiteral is the state behind a literal, by the one before it.
var afterLiteral = [states]uint32{0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 4, 5}
