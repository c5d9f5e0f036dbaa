package capture

import (
	"fmt"
	"time"

	"github.com/pcapmill/pcapmill/capture/internal/pcap"
	"github.com/pcapmill/pcapmill/capture/internal/pcapng"
)

const (
	// searchLen is how many bytes the buffer holds while a Reader looks for records
	// behind damage. The second half is what a run found in the first may reach into.
	searchLen = 1 << 20
	// runRecords and runBlocks are how many records or blocks must follow each
	// other to be believed. A record header has some 32 bits that tell it from
	// chance, a block 90; what the numbers are for is captures inside of payloads.
	runRecords = 8
	runBlocks  = 4
	// maxGaps bounds the list of gaps.
	maxGaps = 256
)

// Gap is a part of a capture that was passed over, see Resync.
type Gap struct {
	Offset int64  // of the record or block that cannot be true, in bytes of the uncompressed stream
	Bytes  int64  // passed over, up to where reading went on
	Packet uint64 // number of the next packet that was read, counted from 1 over those that were read
	Detail string // what cannot be true there
	// More is the number of further gaps that are counted in Bytes: the last of 256
	// gaps stands for all behind it.
	More int
}

func (g Gap) String() string {
	text := fmt.Sprintf("%d bytes passed over at byte %d, before packet %d: %s", g.Bytes, g.Offset, g.Packet, g.Detail)
	if g.More > 0 {
		text += fmt.Sprintf(" (and at %d places behind it)", g.More)
	}
	return text
}

// resync is what a Reader needs to go on behind damage.
type resync struct {
	on    bool
	near  [2]int64 // times of packets of a pcap, see note; -1: none yet
	gaps  []Gap
	next  uint64 // number of the packet behind the last gap
	zeros bool   // what pass looked at in vain was nothing but zeros
}

// apart is how far two times of a capture may lie apart, in nanoseconds, to be of one
// period: 400 days.
const apart = 400 * 24 * int64(time.Hour)

// note takes the time of a packet. Two are kept, so that a single wild one does not
// hide the period in which the others lie: the last one, and the last one of another
// period.
func (r *resync) note(t int64) {
	switch d := t - r.near[0]; {
	case r.near[0] < 0 || -apart <= d && d <= apart:
	default:
		r.near[1] = r.near[0]
	}
	r.near[0] = t
}

// Resync makes the Reader go on behind a record or block that cannot be true,
// if it finds what looks like records there: at least eight records or four blocks in
// a row that are plausible (see Guess in pcap and pcapng), or two of them and the
// end of the capture. What was passed over stands in Gaps. Call it before the
// first Next.
//
// Whether records are real cannot be known: a packet whose payload is itself
// a capture may give records that were never on the wire. A cut at the end of
// the stream, a read error, or damage of a compressed stream still ends the
// capture. In pcapng the interfaces described behind a gap are not
// believed until the next section begins, because their numbers are uncertain;
// packets of interfaces that are not known are part of the gap.
//
// The buffer then grows to 1 MiB. Every byte is looked at a fixed number of times,
// whatever the capture holds.
func (r *Reader) Resync() { r.resync.on = true }

// Gaps are the parts that were passed over so far, in order, at most 256.
func (r *Reader) Gaps() []Gap { return r.resync.gaps }

// pass goes from damage to the next plausible run of records and reports
// whether there is one; if not, the stream is at its end. Each byte is
// searched once: what follows the place that is searched is read ahead by half a
// buffer at least, and moved only when half a buffer has been searched.
func (r *Reader) pass(d *Damage) bool {
	if !r.resync.on {
		return false
	}
	if !r.isClassic {
		if pcapng.Sniff(r.buf[r.at:r.end]) { // the section that begins here is not known
			r.ng.Interfaces = nil
		}
		r.ng.Sealed = true
	}
	r.resync.zeros = r.at < r.end && r.buf[r.at] == 0
	for r.at++; ; {
		if r.end-r.at <= searchLen/2 {
			r.need(searchLen)
		}
		stop := r.end - searchLen/2
		if r.rerr != nil {
			stop = r.end
		}
		for ; r.at < stop; r.at++ {
			if r.plausible() {
				r.gap(d)
				return true
			}
			r.resync.zeros = r.resync.zeros && r.buf[r.at] == 0
		}
		if r.rerr != nil {
			return false
		}
	}
}

// plausible reports whether reading goes on at r.at: a run of records or blocks as
// they were before the damage begins there, or another capture does.
func (r *Reader) plausible() bool {
	b := r.buf[r.at:r.end]
	if len(b) >= pcap.HeaderLen && pcap.Begins(b) {
		h, err := pcap.ParseHeader(b)
		return err == nil && h.Plausible(b, pcap.HeaderLen, [2]int64{-1, -1}, runRecords)
	}
	if r.isClassic && !pcapng.Sniff(b) {
		return r.classic.Plausible(r.buf[:r.end], r.at, r.resync.near, runRecords)
	}
	return r.ng.Plausible(r.buf[:r.end], r.at, runBlocks)
}

// gap notes what was passed over from d to here. Gaps without a packet between
// them are one.
func (r *Reader) gap(d *Damage) {
	g := Gap{Offset: d.Offset, Bytes: r.base + int64(r.at) - d.Offset, Packet: d.Packet, Detail: d.Detail}
	another := r.resync.next != g.Packet
	r.resync.next = g.Packet
	if n := len(r.resync.gaps); another && n < maxGaps {
		r.resync.gaps = append(r.resync.gaps, g)
		return
	} else if another {
		r.resync.gaps[n-1].More++
	}
	r.resync.gaps[len(r.resync.gaps)-1].Bytes += g.Bytes
}

// tooLong is what happens at a block of size bytes that is longer than is
// believed: it is cut off, or, if it is all there, malformed. With Resync it is
// nil if reading goes on behind it.
func (r *Reader) tooLong(size int64) error {
	d := r.malformed(pcapng.FormatError(fmt.Sprintf("block length %d is above the limit of %d bytes", size, pcapng.MaxKnownBlock)))
	if r.pass(d) {
		return nil
	}
	had := r.base + int64(r.at) - d.Offset // the rest of the stream, if pass has looked for more
	more, ok := r.skip(max(size-had, 0))
	if ok {
		return d
	}
	r.base, r.at, r.end = d.Offset, 0, 0
	return r.cut(had+more, size, "block")
}
