package represent

import "encoding/binary"

// A state may come from a file that somebody else wrote. Merge and Render therefore look
// first whether the form can have made it: whether its parts end where it does, are no more
// and no longer than the form keeps, and are as many as its count says. A state that is not
// sound is one of no packets to them. Two sound states that are joined make a sound one.
type checker interface{ sound(state []byte) bool }

// trusted is the state, or that of no packets if the form cannot have made it.
func trusted(f checker, state []byte) []byte {
	if len(state) > 0 && !f.sound(state) {
		return state[:0]
	}
	return state
}

// rendered is the state to be rendered: trusted, unless it is known to be one.
func rendered(f checker, state []byte, e *End) []byte {
	if e.Own {
		return state
	}
	return trusted(f, state)
}

// kept is how many of the counted packets a state holds, if it holds the first ones.
func kept(state []byte, packets int) int { return int(min(count(state), uint64(packets))) }

// soundRecords is sound for states of a count and records of one length each.
func soundRecords(state []byte, packets, record int) bool {
	return len(state) >= headLen && len(state)-headLen == kept(state, packets)*record
}

// soundChunks is sound for states of a count and a chunk of at most limit bytes for each of
// the first packets.
func soundChunks(state []byte, packets int, c chunks, limit int) bool {
	if len(state) < headLen {
		return false
	}
	b, ok := body(state), true
	for n := kept(state, packets); n > 0 && ok; n-- {
		_, b, ok = c.read(b, limit)
	}
	return ok && len(b) == 0
}

// read is next for bytes that may be anything: ok says that there is a whole chunk, of at
// most limit bytes.
func (c chunks) read(b []byte, limit int) (k chunk, rest []byte, ok bool) {
	if len(b) < lengthLen {
		return k, nil, false
	}
	size := uint64(binary.LittleEndian.Uint32(b))
	if size > uint64(limit) || size > uint64(len(b)-lengthLen) {
		return k, nil, false
	}
	if at := lengthLen + int(size); c.numbers && (len(b) == at || b[at] > mostInside || len(b)-at-1 < int(b[at])*numberLen) {
		return k, nil, false
	}
	k, rest = c.next(b)
	return k, rest, true
}

func (f *series) sound(state []byte) bool { return soundRecords(state, f.packets, f.record) }

func (f *picture) sound(state []byte) bool { return soundRecords(state, f.packets, pictureRecord) }

func (f *segments) sound(state []byte) bool {
	return soundChunks(state, f.packets, f.chunks, f.width)
}

func (f *bigrams) sound(state []byte) bool {
	return soundChunks(state, f.packets, f.chunks, f.tokens+1)
}

func (f *first) sound(state []byte) bool {
	if len(state) < headLen {
		return false
	}
	_, rest, ok := f.chunks.read(body(state), f.length)
	return ok && len(rest) == 0
}

func (f *matrix) sound(state []byte) bool {
	if len(state) < headLen {
		return false
	}
	b, ok := body(state), true
	for n := kept(state, f.packets); n > 0 && ok; n-- {
		if _, b, ok = f.chunks.read(b, f.header); ok {
			_, b, ok = plain.read(b, f.payload)
		}
	}
	return ok && len(b) == 0
}

// sound: the chunks hold the first of the counted bytes, and all but the last of them at
// least what a packet contributes.
func (f *firstBytes) sound(state []byte) bool {
	if len(state) < headLen || count(state) > f.Enough() {
		return false
	}
	left := f.length - f.room(count(state))
	b := body(state)
	if !f.numbers {
		return len(b) == left
	}
	for len(b) > 0 {
		if len(b) < f.placeLen() {
			return false
		}
		k, rest, ok := f.chunks.read(b[f.placeLen():], left)
		if left -= len(k.bytes); !ok || len(k.bytes) < f.smallest && left > 0 || len(k.bytes) == 0 || len(k.numbers) > f.inChunk()*numberLen {
			return false
		}
		b = rest
	}
	return left == 0
}

// sound: as of bytes, behind the link type, and each chunk begins with a record header.
func (f *ustc) sound(state []byte) bool {
	if len(state) < headLen+linkLen {
		return false
	}
	left := f.length - fileHeaderLen - f.room(count(state))
	for b := body(state)[linkLen:]; len(b) > 0; {
		k, rest, ok := f.chunks.read(b, left)
		if left -= len(k.bytes); !ok || len(k.bytes) < recordHeaderLen && left > 0 || len(k.bytes) == 0 {
			return false
		}
		b = rest
	}
	return left == 0
}

func (f *nprint) sound(state []byte) bool {
	if len(state) < headLen {
		return false
	}
	b := body(state)
	for n := kept(state, f.packets); n > 0; n-- {
		if len(b) < nprintFixed {
			return false
		}
		flags, ip, transport := b[0], int(b[1]), int(b[2])
		k, rest, ok := f.chunks.read(b[nprintFixed:], f.most())
		if !ok || !f.layered(flags, ip, transport, len(k.bytes)) {
			return false
		}
		b = rest
	}
	return len(b) == 0
}

// layered reports whether a record of n bytes can have headers of these lengths.
func (f *nprint) layered(flags byte, ip, transport, n int) bool {
	ipLayer, transportLayer, addresses, gap := shape(flags)
	mostIP := layerBytes[ipLayer]
	if f.removed {
		if mostIP -= gap; ip > 0 && ip < addresses {
			return false
		}
	}
	headers := ip + transport
	if flags&recordEth != 0 {
		headers += layerBytes[layerEth]
	}
	return ip <= mostIP && transport <= layerBytes[transportLayer] && headers <= n && n <= headers+f.payload &&
		(f.shows[layerEth] || flags&recordEth == 0)
}

// sound: bursts are numbered in the order of their first records, a direction's records go
// on with its last burst or begin the next one, and what is said of directions and bursts is
// what the records show.
func (f *tokens) sound(state []byte) bool {
	if len(state) <= tokFixed || (len(state)-tokFixed)%f.record() != 0 {
		return false
	}
	last, held := [2]uint16{noBurst, noBurst}, [2]int{} // of each direction: burst of its last record, and records of that
	numbered, records := 0, uint64(0)
	for r := state[tokFixed:]; len(r) > 0; r = r[f.record():] {
		burst, i := binary.LittleEndian.Uint16(r), 0
		if r[recFlags]&tokUp == 0 {
			i = 1
		}
		switch {
		case burst == last[i] && burst != noBurst:
			held[i]++
		case int(burst) == numbered && numbered < f.bursts+2:
			last[i], held[i] = burst, 1
			numbered++
		case burst == firstBeyond && numbered == f.bursts+2 && last[i] == noBurst:
			last[i], held[i] = burst, 1
		default:
			return false
		}
		if held[i] > f.packets {
			return false
		}
		records++
	}
	if begun(state) != numbered || count(state) < records {
		return false
	}
	for i, up := range [2]bool{true, false} {
		d := direction(state, up)
		switch {
		case d.burst() == last[i] && d.kept() == held[i]:
		case d.burst() == beyondBurst && last[i] != noBurst && d.kept() == 0:
		default:
			return false
		}
	}
	return true
}
