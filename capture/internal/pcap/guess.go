package pcap

import (
	"encoding/binary"
	"math/bits"
)

const (
	// likelyCaptured is the captured length in bytes up to which a guess believes
	// in a record whatever the snaplen says: what tcpdump and dumpcap take.
	likelyCaptured = 262144
	// likelySnaplen bounds the snaplen that a guess goes by: larger ones mean "all".
	likelySnaplen = 16 << 20
	// likelyAway is how many seconds two packets of a capture may lie apart.
	likelyAway = 400 * 24 * 3600
	// likelySince is the second, since 1970, from which a packet is believed to be
	// if the time of no other is known: in March 1973.
	likelySince = 100_000_000
)

// Guess finds records where their place is not known: behind damage, or in the
// middle of a file. It returns the first offset in b, from or later, at which
// run plausible record headers follow each other by their lengths, or at least
// two and the last one's record reaches the end of b or beyond. A guess may be wrong:
// a payload that is itself a capture holds records too, as many as one packet
// has room for. With a run longer than that, the guess is not misled.
//
// near is the time of a packet of the same file, in nanoseconds since 1970. If
// it is negative, none is known: then the first record of the run stands in, it
// must be from 1973 or later, and captured lengths above the original length
// are not believed in it. (Where all lengths are similar, a row of headers read four
// bytes too late is plausible in everything but that.)
//
// A record header is plausible if
//   - its captured length is at most 262144 bytes or the snaplen, if that is more
//     and at most 16 MiB;
//   - its original length is 1 to 256 MiB, and no less than the captured length
//     where that exceeds the snaplen;
//   - its part of a second is below one second;
//   - its second lies within 400 days of near.
//
// In each the two lengths stand as the version of the file says. Guess looks at
// no more than run headers for each offset, and allocates nothing.
func (h *Header) Guess(b []byte, from int, near int64, run int) (at int, ok bool) {
	for at = max(from, 0); at <= len(b)-h.recordLen; at++ {
		// In a header one of the lengths is small, so one of these bytes is zero. This
		// sees off nearly all of the bytes that are no header.
		if b[at+8] != 0 && b[at+11] != 0 && b[at+12] != 0 && b[at+15] != 0 {
			continue
		}
		if h.Plausible(b, at, near, run) {
			return at, true
		}
	}
	return 0, false
}

// Plausible reports whether Guess would take the offset at, which lies in b or
// at its end, for the beginning of a run.
func (h *Header) Plausible(b []byte, at int, near int64, run int) bool {
	for n := range max(run, 1) {
		if at > len(b)-h.recordLen {
			return n >= 2
		}
		head := b[at : at+h.recordLen]
		captured, ok := h.plausible(head, near)
		if !ok {
			return false
		}
		if near < 0 {
			near = int64(h.u32(head)) * 1e9
		}
		at += h.recordLen + captured
	}
	return true
}

// plausible judges one record header and returns its captured length.
func (h *Header) plausible(head []byte, near int64) (captured int, ok bool) {
	second, fraction := binary.LittleEndian.Uint32(head), binary.LittleEndian.Uint32(head[4:])
	c, o := binary.LittleEndian.Uint32(head[8:]), binary.LittleEndian.Uint32(head[12:])
	if h.BigEndian {
		second, fraction = bits.ReverseBytes32(second), bits.ReverseBytes32(fraction)
		c, o = bits.ReverseBytes32(c), bits.ReverseBytes32(o)
	}
	if h.swap == swapAlways || h.swap == swapIfLonger && c > o {
		c, o = o, c
	}
	unit := uint32(1e6)
	if h.Nano {
		unit = 1e9
	}
	away := int64(second) - near/1e9
	if away < 0 {
		away = -away
	}
	snaplen := h.Snaplen
	if snaplen == 0 || snaplen > likelySnaplen {
		snaplen = likelyCaptured
	}
	switch {
	case c > max(likelyCaptured, snaplen), o == 0, o > MaxCaptured, o < c && c > snaplen, fraction >= unit:
		return 0, false
	case near >= 0 && away > likelyAway, near < 0 && (second < likelySince || o < c):
		return 0, false
	}
	return int(c), true
}
