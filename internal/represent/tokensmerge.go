package represent

import "encoding/binary"

func (f *tokens) Merge(earlier, later []byte) []byte {
	earlier, later = trusted(f, earlier), trusted(f, later)
	if len(earlier) == 0 || len(later) == 0 {
		return append(earlier, later...)
	}
	records := later[tokFixed:]
	// Which burst of earlier goes on with the first one of later in each direction?
	var first [2]uint16 // of later, up and down
	var onto [2]uint16  // burst of earlier, or noBurst
	for i, up := range [2]bool{true, false} {
		first[i], onto[i] = noBurst, noBurst
		if direction(later, up).burst() == noBurst {
			continue
		}
		at := int64(0)
		for r := records; len(r) > 0; r = r[f.record():] {
			if (r[recFlags]&tokUp != 0) == up { // the first one of a direction is always kept
				first[i], at = binary.LittleEndian.Uint16(r), recordTime(r[recTime:])
				break
			}
		}
		if d := direction(earlier, up); d.burst() != noBurst && since(d.last(), at) <= f.gap {
			onto[i] = d.burst()
		}
	}
	before := begun(earlier)
	// number is that of one of later's bursts in the whole.
	number := func(burst uint16, up bool) uint16 {
		i := 0
		if !up {
			i = 1
		}
		has := direction(earlier, up).burst() != noBurst
		switch {
		case burst == first[i] && onto[i] != noBurst:
			return onto[i]
		case burst == beyondBurst, burst == firstBeyond && has:
			return beyondBurst
		case burst == firstBeyond:
			return firstBeyond
		}
		n := before + int(burst)
		for j := range first {
			if onto[j] != noBurst && first[j] < burst {
				n--
			}
		}
		return f.next(n, burst == first[i] && !has)
	}
	var room [2]int // of the bursts that go on
	for i, up := range [2]bool{true, false} {
		room[i] = f.packets - direction(earlier, up).kept()
	}
	for r := records; len(r) > 0; r = r[f.record():] {
		up, i := r[recFlags]&tokUp != 0, 0
		if !up {
			i = 1
		}
		burst := binary.LittleEndian.Uint16(r)
		now := number(burst, up)
		if now == beyondBurst {
			continue
		}
		if burst == first[i] && onto[i] != noBurst {
			if room[i] == 0 {
				continue
			}
			room[i]--
		}
		at := len(earlier)
		earlier = append(earlier, r[:f.record()]...)
		binary.LittleEndian.PutUint16(earlier[at:], now)
	}
	var dirs [2]struct {
		last  int64
		burst uint16
		kept  int
	}
	for i, up := range [2]bool{true, false} {
		d := direction(later, up)
		if d.burst() == noBurst {
			d = direction(earlier, up)
			dirs[i].last, dirs[i].burst, dirs[i].kept = d.last(), d.burst(), d.kept()
			continue
		}
		dirs[i].last, dirs[i].burst, dirs[i].kept = d.last(), number(d.burst(), up), d.kept()
		switch {
		case dirs[i].burst == beyondBurst:
			dirs[i].kept = 0
		case d.burst() == first[i] && onto[i] != noBurst:
			dirs[i].kept = f.packets - room[i]
		}
	}
	for i, up := range [2]bool{true, false} {
		direction(earlier, up).set(dirs[i].last, dirs[i].burst, dirs[i].kept)
	}
	setBegun(earlier, min(f.bursts+2, before+begun(later)-joinedKept(first, onto)))
	f.mergeRest(earlier, later)
	return earlier
}

// joinedKept is how many of later's numbered bursts go on with one of earlier.
func joinedKept(first, onto [2]uint16) (n int) {
	for i := range first {
		if onto[i] != noBurst && first[i] < firstBeyond {
			n++
		}
	}
	return n
}

// mergeRest joins what does not depend on bursts.
func (f *tokens) mergeRest(earlier, later []byte) {
	counts(earlier, count(later))
	stretch(earlier, recordTime(later[tokEarliest:]), recordTime(later[tokLatest:]))
	if q := earlier[tokPackets+tokPacketLen:]; q[0] == 0 {
		copy(q[:tokPacketLen], later[tokPackets:])
	}
	for _, up := range [2]bool{true, false} {
		e, l := firstsOf(earlier, up), firstsOf(later, up)
		for i := range 2 {
			if bit := byte(1 << i); e[0]&bit == 0 && l[0]&bit != 0 {
				e[0] |= bit
				copy(e[1+4*i:5+4*i], l[1+4*i:])
			}
		}
	}
}
