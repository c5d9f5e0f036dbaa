package capture

import (
	"encoding/binary"
	"errors"

	"github.com/pcapmill/pcapmill/capture/internal/pcap"
	"github.com/pcapmill/pcapmill/capture/internal/pcapng"
	"github.com/pcapmill/pcapmill/header"
)

// Framing is how records are found at some place of a capture: the file header
// of a pcap, the byte order and the interfaces of a pcapng section. It does not
// change; a section or interface that is described makes a new one.
type Framing struct {
	isClassic bool
	classic   pcap.Header
	ng        pcapng.Parser
	zeros     bool // something else is known to follow: records of zeros are packets
}

// Piece is what walking the records of a part of a capture has found.
type Piece struct {
	From    int               // where the walk began, in bytes of the data
	To      int               // where it ended: the next record begins here
	Packets uint32            // records that are packets
	Used    *Framing          // that it began with
	After   *Framing          // that it ended with
	Links   []header.LinkType // described on the way

	stop stop
}

// stop is why a walk did not go on.
type stop struct {
	need    int64 // the record needs so many bytes, from To
	skip    int64 // the block has so many bytes, which need not be looked at
	tooLong bool  // and it is longer than is believed
	bad     error // it cannot be true
	zeros   bool  // from To on there are only zeros: damage if nothing else follows, else bad or packets
}

// run is how many plausible records in a row make a guess.
const guessRun = 6

// Guess looks for a place in a block where records begin. near is the time of
// some packet of the capture, which helps where the times of a capture are not
// plausible by themselves. A guess may be wrong; Sequence finds out.
func (f *Framing) Guess(data []byte, near int64) (at int, ok bool) {
	if f.isClassic {
		return f.classic.Guess(data, 0, [2]int64{near, -1}, guessRun)
	}
	return f.ng.Guess(data, 0, guessRun)
}

// Walk follows the records of data from offset from on and calls each for every
// packet that is there as a whole, with its number in this walk, from 0, and the
// offset of its captured bytes in data. p is lent for the call; its position is
// not filled in. piece.Links is used again.
func (f *Framing) Walk(data []byte, from int, piece *Piece, each func(p *Packet, number uint32, at int)) {
	*piece = Piece{From: from, To: from, Used: f, After: f, Links: piece.Links[:0]}
	for joined := true; joined; {
		if piece.After.isClassic {
			joined = piece.walkRecords(data, each)
		} else {
			joined = piece.walkBlocks(data, each)
		}
	}
}

// walkRecords walks the records of a pcap from piece.To on. joined: behind them
// another capture begins.
func (piece *Piece) walkRecords(data []byte, each func(*Packet, uint32, int)) (joined bool) {
	f := piece.After
	h := f.classic
	var record pcap.Record
	p := Packet{LinkType: header.LinkType(h.LinkType())}
	at, solid := piece.To, -1 // solid: where something else than a zero is known to be
	for {
		size, err := h.Record(data[at:], &record)
		if err != nil {
			piece.To = at
			switch {
			case errors.Is(err, pcap.ErrShort):
				piece.stop = stop{need: int64(size)}
				return false
			case errors.Is(err, pcap.ErrJoined):
				return piece.joined(data)
			case !errors.Is(err, pcap.ErrZeros):
				piece.stop = stop{bad: err}
				return false
			}
			if at > solid {
				solid = at + zeros(data[at:])
			}
			if solid == len(data) && !f.zeros {
				piece.stop = stop{zeros: true}
				return false
			}
			h.ZeroRecord(data[at:], &record)
		}
		p.Time, p.Data, p.OrigLen = record.Time, record.Data, record.Original
		at += size
		each(&p, piece.Packets, at-len(p.Data))
		piece.Packets++
	}
}

// joined goes on to the capture that begins at piece.To, and reports whether its
// records can be walked.
func (piece *Piece) joined(data []byte) bool {
	if pcapng.Sniff(data[piece.To:]) {
		piece.After = &Framing{}
		return true
	}
	h, err := pcap.ParseHeader(data[piece.To:])
	if err != nil { // it has begun like one, and is there as a whole
		piece.stop = stop{bad: err}
		return false
	}
	piece.To += pcap.HeaderLen
	piece.Links = append(piece.Links, header.LinkType(h.LinkType()))
	if f := piece.After; !f.isClassic || f.classic != h { // else guesses stay valid
		piece.After = &Framing{isClassic: true, classic: h}
	}
	return true
}

// walkBlocks walks the blocks of a pcapng from piece.To on. joined: behind them a
// pcap begins.
func (piece *Piece) walkBlocks(data []byte, each func(*Packet, uint32, int)) (joined bool) {
	ng := piece.After.ng
	ng.Interfaces = ng.Interfaces[:len(ng.Interfaces):len(ng.Interfaces)] // others read it: appending must copy
	at, changed := piece.To, false
	defer func() {
		if joined {
			return
		}
		piece.To = at
		if changed {
			piece.After = &Framing{ng: ng}
		}
	}()
	var block pcapng.Packet
	var p Packet
	for {
		b := data[at:]
		sections := ng.Sections
		size, kind, err := ng.Next(b, &block)
		switch {
		case err != nil && errors.Is(err, pcapng.ErrShort):
			piece.stop = stop{need: size}
			return false
		case err != nil || kind == pcapng.Skip && ng.Sections == sections || kind == pcapng.TooLong:
			switch {
			case !pcap.Begins(b):
			case len(b) < pcap.HeaderLen:
				piece.stop = stop{need: pcap.HeaderLen}
				return false
			default:
				piece.To = at
				return piece.joined(data)
			}
			if err != nil {
				piece.stop = stop{bad: err, zeros: zeros(b) == len(b)}
				return false
			}
			if kind == pcapng.TooLong {
				piece.stop = stop{skip: size, tooLong: true}
				return false
			}
		case kind == pcapng.IsPacket:
			p.Time, p.LinkType, p.Data, p.OrigLen = block.Time, header.LinkType(block.LinkType), block.Data, block.Original
			each(&p, piece.Packets, at+block.At)
			piece.Packets++
		case kind == pcapng.IsInterface:
			changed = true
			piece.Links = append(piece.Links, header.LinkType(ng.Interfaces[len(ng.Interfaces)-1].LinkType))
		}
		changed = changed || ng.Sections != sections
		if size > int64(len(b)) {
			piece.stop = stop{skip: size}
			return false
		}
		at += int(size)
	}
}

// zeros is how many zeros b begins with.
func zeros(b []byte) int {
	n := len(b)
	for len(b) >= 8 && binary.LittleEndian.Uint64(b) == 0 {
		b = b[8:]
	}
	for len(b) > 0 && b[0] == 0 {
		b = b[1:]
	}
	return n - len(b)
}
