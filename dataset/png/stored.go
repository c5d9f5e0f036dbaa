package png

import (
	"encoding/binary"
	"hash/adler32"
	"math/bits"
)

// gains estimates whether deflate makes rows shorter: whether they repeat themselves, or
// some bytes are more frequent than others by more than the description of a code costs.
// Encrypted payload is neither, and to find that out by compressing it costs ten times as
// much. All in whole numbers, so that every machine decides alike.
func (e *Encoder) gains(rows []byte) bool {
	if len(rows) < 512 {
		return true
	}
	const step = 4
	repeated := 0
	clear(e.seen[:])
	for i := 0; i+step <= len(rows); {
		word := binary.LittleEndian.Uint32(rows[i:])
		at := &e.seen[word*0x9e3779b1>>(32-seenBits)]
		if last := int(*at) - 1; last >= 0 && i-last < 1<<15 && binary.LittleEndian.Uint32(rows[last:]) == word {
			if repeated += step; repeated*matchPart >= len(rows) {
				return true
			}
			*at = uint32(i + 1)
			i += step
			continue
		}
		*at = uint32(i + 1)
		i++
	}
	clear(e.count[:])
	for _, b := range rows {
		e.count[b]++
	}
	n, code, used := uint64(len(rows)), uint64(0), uint64(0)
	whole := log2(n)
	for _, c := range e.count {
		if c > 0 {
			code += uint64(c) * (whole - e.log2(c))
			used++
		}
	}
	// A code for a byte costs some three bits to describe.
	return code/(8<<fraction)+used/3+headCost < n
}

const (
	seenBits  = 11
	matchPart = 16 // repetitions of a sixteenth are worth it
	headCost  = 8  // bytes, before the codes of bytes
	fraction  = 10 // bits of a logarithm behind the point
)

// log2 is the function log2, which is looked up for small numbers: most counts of bytes are.
func (e *Encoder) log2(x uint32) uint64 {
	if x >= uint32(len(e.logs)) {
		return log2(uint64(x))
	}
	if e.logs[x] == 0 {
		e.logs[x] = uint32(log2(uint64(x))) + 1
	}
	return uint64(e.logs[x] - 1)
}

// log2 is the logarithm of x, at least 1, with fraction bits behind the point, rounded down.
func log2(x uint64) uint64 {
	whole := uint64(bits.Len64(x) - 1)
	out := whole
	y := x << (63 - whole) >> 32 // 1 <= y/2^31 < 2
	for range fraction {
		y = y * y >> 31
		out <<= 1
		if y >= 1<<32 {
			y >>= 1
			out |= 1
		}
	}
	return out
}

// appendStored appends rows as a zlib stream that is not compressed. Source: RFC 1950 and 1951.
func appendStored(b, rows []byte) []byte {
	b = append(b, 0x78, 0x01)
	sum := adler32.Checksum(rows)
	for {
		n := min(len(rows), 1<<16-1)
		final := byte(0)
		if n == len(rows) {
			final = 1
		}
		b = append(b, final)
		b = binary.LittleEndian.AppendUint16(b, uint16(n))
		b = binary.LittleEndian.AppendUint16(b, ^uint16(n))
		b = append(b, rows[:n]...)
		if rows = rows[n:]; final == 1 {
			return binary.BigEndian.AppendUint32(b, sum)
		}
	}
}
