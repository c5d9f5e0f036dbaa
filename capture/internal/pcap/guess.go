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

// mostRun bounds the length of a run.
const mostRun = 8

// Guess finds records where their place is not known: behind damage, or in the
// middle of a file. It returns the first offset in b, from or later, at which
// run plausible record headers follow each other by their lengths (at most 8), or at
// least two and the last one's record reaches the end of b or beyond. A guess may be
// wrong: a payload that is itself a capture holds records too, as many as one packet
// has room for. With a run longer than that, the guess is not misled.
//
// A record header is plausible if
//   - its captured length is at most 262144 bytes or the snaplen, if that is more
//     and at most 16 MiB;
//   - its original length is 1 to 256 MiB, and no less than the captured length
//     where that exceeds the snaplen;
//   - its part of a second is below one second.
//
// The seconds of a run must agree: the first and all others but three eighths of the run
// lie within 400 days of one time. That is one of near, the times of packets of the same
// file in nanoseconds since 1970, as far as they are known (negative: not known); or it is
// that of the first, if it is from 1973 or later and the run has four records or no time is
// known. So wild times, of packets before or in the run, decide nothing; only at its front
// they are not believed, because a header read one byte too early looks like that.
// Where the time is none of near, the captured length of the run's first record must
// not exceed its original length. (Where all lengths are similar, a row of headers read
// four bytes too late is plausible in everything but that and the times.)
//
// A file header behind a record ends the run, however short, and whatever the times, see
// Begins: it says more than records do.
//
// In each the two lengths stand as the version of the file says. Guess looks at
// no more than run headers for each offset, and allocates nothing.
func (h *Header) Guess(b []byte, from int, near [2]int64, run int) (at int, ok bool) {
	for at = max(from, 0); at <= len(b)-h.recordLen; at++ {
		// In a header one of the lengths is small, so one of these bytes is zero, and
		// the original length is not. This sees off nearly all of the bytes that are no
		// header.
		if b[at+8] != 0 && b[at+11] != 0 && b[at+12] != 0 && b[at+15] != 0 {
			continue
		}
		if h.swap != swapAlways && binary.LittleEndian.Uint32(b[at+12:]) == 0 {
			if at+24 <= len(b) && binary.LittleEndian.Uint64(b[at+16:]) == 0 {
				at += 8 // nor do the next eight
			}
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
func (h *Header) Plausible(b []byte, at int, near [2]int64, run int) bool {
	var seconds [mostRun]int64
	run = min(max(run, 1), mostRun)
	n, longer := 0, false
	for n < run && at <= len(b)-h.recordLen {
		head := b[at : at+h.recordLen]
		if n > 0 && Begins(head) {
			return true
		}
		captured, more, ok := h.plausible(head)
		if !ok {
			return false
		}
		if n == 0 {
			longer = more
		}
		seconds[n] = int64(h.u32(head))
		n++
		at += h.recordLen + captured
	}
	if n < run && n < 2 {
		return false
	}
	if n < 4 && max(near[0], near[1]) >= 0 {
		return agree(seconds[:n], near, true)
	}
	return agree(seconds[:n], near, longer)
}

// agree reports whether the times of a run belong together, in seconds. byNear: only
// with a time of near.
func agree(seconds []int64, near [2]int64, byNear bool) bool {
	most := len(seconds) * 3 / 8 // wild ones
	around := func(time int64) bool {
		wild := 0
		for i, s := range seconds {
			if s-time > likelyAway || time-s > likelyAway {
				if wild++; i == 0 {
					return false
				}
			}
		}
		return wild <= most
	}
	for _, n := range near {
		if n >= 0 && around(n/1e9) {
			return true
		}
	}
	return !byNear && seconds[0] >= likelySince && around(seconds[0])
}

// plausible judges one record header but for its second, and returns its captured
// length and whether that exceeds the original length.
func (h *Header) plausible(head []byte) (captured int, longer, ok bool) {
	fraction := binary.LittleEndian.Uint32(head[4:])
	c, o := binary.LittleEndian.Uint32(head[8:]), binary.LittleEndian.Uint32(head[12:])
	if h.BigEndian {
		fraction, c, o = bits.ReverseBytes32(fraction), bits.ReverseBytes32(c), bits.ReverseBytes32(o)
	}
	if h.swap == swapAlways || h.swap == swapIfLonger && c > o {
		c, o = o, c
	}
	unit := uint32(1e6)
	if h.Nano {
		unit = 1e9
	}
	snaplen := h.Snaplen
	if snaplen == 0 || snaplen > likelySnaplen {
		snaplen = likelyCaptured
	}
	if c > max(likelyCaptured, snaplen) || o == 0 || o > MaxCaptured || o < c && c > snaplen || fraction >= unit {
		return 0, false, false
	}
	return int(c), o < c, true
}
