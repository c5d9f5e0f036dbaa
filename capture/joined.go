package capture

import (
	"fmt"
	"io"

	"github.com/pcapmill/pcapmill/capture/internal/pcap"
	"github.com/pcapmill/pcapmill/capture/internal/pcapng"
	"github.com/pcapmill/pcapmill/header"
)

// joined goes on to the capture that begins at r.at, where a record or block is due.
// It returns errJoined: how records are read is another matter now.
func (r *Reader) joined() error {
	b := r.buf[r.at:r.end]
	if pcapng.Sniff(b) {
		r.isClassic, r.ng = false, pcapng.Parser{}
		return errJoined
	}
	h, err := pcap.ParseHeader(b)
	if err != nil { // it has begun like one, and is there as a whole
		return r.malformed(err)
	}
	r.isClassic, r.classic = true, h
	r.sawLink(header.LinkType(h.LinkType()))
	r.at += pcap.HeaderLen
	return errJoined
}

// zeroRecords looks at how far the zeros go that begin at r.at. It is the damage if
// nothing else follows; else the whole records of zeros become r.zeros, and r.at
// stands behind them. They need no room: a stream may end with gigabytes of zeros.
func (r *Reader) zeroRecords() error {
	start := r.base + int64(r.at)
	unit := r.classic.RecordHeaderLen()
	for {
		n := zeros(r.buf[r.at:r.end])
		whole := n / unit
		r.zeros += int64(whole)
		r.at += whole * unit
		rest := n - whole*unit
		if r.at+rest < r.end {
			break
		}
		if r.need(unit) {
			continue
		}
		if zeros(r.buf[r.at:r.end]) == r.end-r.at {
			r.zeros = 0
			n := r.base + int64(r.end) - start
			r.base, r.at, r.end = start, 0, 0
			return r.zeroTail(n, "record")
		}
		break
	}
	r.zerosAt = start
	return nil
}

// zeroRecord is the next packet of r.zeros.
func (r *Reader) zeroRecord(p *Packet) {
	*p = Packet{LinkType: header.LinkType(r.classic.LinkType()), Data: r.buf[:0:0], At: Position{Offset: r.zerosAt}}
	r.zeros--
	r.zerosAt += int64(r.classic.RecordHeaderLen())
	r.resync.note(0)
}

// zeroTail is the end of the stream behind n bytes of zeros, which begin where the
// Reader stands.
func (r *Reader) zeroTail(n int64, what string) error {
	err := r.cut(n, n+1, what)
	if d, ok := err.(*Damage); ok && r.rerr == io.EOF {
		d.Detail = fmt.Sprintf("there are only zeros from here to the end, %d bytes", n)
	}
	return err
}

// badBlock is the damage of a block that cannot be true, or nil if reading goes on
// behind it. A block of zeros is cut off if nothing else follows.
func (r *Reader) badBlock(bad error) error {
	d := r.malformed(bad)
	zero := zeros(r.buf[r.at:r.end]) > 0
	if r.pass(d) {
		return nil
	}
	if !zero {
		return d
	}
	if !r.resync.on {
		r.resync.zeros = r.onlyZeros()
	}
	if !r.resync.zeros {
		return d
	}
	n := r.base + int64(r.end) - d.Offset
	r.base, r.at, r.end = d.Offset, 0, 0
	return r.zeroTail(n, "block")
}

// onlyZeros reads on to the end of the stream, or to the first byte that is not zero.
func (r *Reader) onlyZeros() bool {
	for {
		if zeros(r.buf[r.at:r.end]) < r.end-r.at {
			return false
		}
		if r.rerr != nil {
			return true
		}
		r.base += int64(r.end)
		r.at, r.end = 0, 0
		r.fill()
	}
}
