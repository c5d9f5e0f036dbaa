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
// The seconds of a run must agree: all but a quarter of them (none of three or
// fewer) lie within 400 days of one time. That is one of near, the times of packets
// of the same file in nanoseconds since 1970, as far as they are known (negative: not
// known); or it is the first or the second of the run itself, if that is from 1973 or
// later. A single wild time, of a packet before or in the run, decides nothing.
// Where the time is none of near, the captured length of the run's first record must
// not exceed its original length. (Where all lengths are similar, a row of headers read
// four bytes too late is plausible in everything but that and the times.)
//
// A file header between two records is passed over, see Begins. If it is of another
// dialect, the run ends there as at the end of b.
//
// In each the two lengths stand as the version of the file says. Guess looks at
// no more than run headers for each offset, and allocates nothing.
func (h *Header) Guess(b []byte, from int, near [2]int64, run int) (at int, ok bool) {
	for at = max(from, 0); at <= len(b)-h.recordLen; at++ {
		// In a header one of the lengths is small, so one of these bytes is zero, and
		// the original length is not. This sees off nearly all of the bytes that are no
		// header.
		if b[at+8] != 0 && b[at+11] != 0 && b[at+12] != 0 && b[at+15] != 0 ||
			h.swap != swapAlways && binary.LittleEndian.Uint32(b[at+12:]) == 0 {
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
			next, err := ParseHeader(b[at:])
			if err != nil || !h.sameDialect(&next) {
				break
			}
			at += HeaderLen
			continue
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
	return agree(seconds[:n], near, longer)
}

// sameDialect reports whether records of both files are written in the same way.
func (h *Header) sameDialect(other *Header) bool {
	return h.BigEndian == other.BigEndian && h.Nano == other.Nano && h.Modified == other.Modified && h.swap == other.swap
}

// agree reports whether the times of a run belong together, in seconds. longer: the
// first record's captured length exceeds its original length.
func agree(seconds []int64, near [2]int64, longer bool) bool {
	most := len(seconds) / 4 // wild ones
	around := func(time int64) bool {
		wild := 0
		for _, s := range seconds {
			if s-time > likelyAway || time-s > likelyAway {
				wild++
			}
		}
		return wild <= most
	}
	for _, n := range near {
		if n >= 0 && around(n/1e9) {
			return true
		}
	}
	if len(seconds) < 4 && max(near[0], near[1]) >= 0 {
		return false
	}
	for i := range min(len(seconds), 2) {
		if !longer && seconds[i] >= likelySince && around(seconds[i]) {
			return true
		}
	}
	return false
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
