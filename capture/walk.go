package capture

import (
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
}

// run is how many plausible records in a row make a guess.
const guessRun = 6

// Guess looks for a place in a block where records begin. near is the time of
// some packet of the capture. A guess may be wrong; Sequence finds out.
func (f *Framing) Guess(data []byte, near int64) (at int, ok bool) {
	if f.isClassic {
		return f.classic.Guess(data, 0, near, guessRun)
	}
	return f.ng.Guess(data, 0, guessRun)
}

// Walk follows the records of data from offset from on and calls each for every
// packet that is there as a whole, with its number in this walk, from 0, and the
// offset of its captured bytes in data. p is lent for the call; its position is
// not filled in. piece.Links is used again.
func (f *Framing) Walk(data []byte, from int, piece *Piece, each func(p *Packet, number uint32, at int)) {
	*piece = Piece{From: from, Used: f, After: f, Links: piece.Links[:0]}
	if f.isClassic {
		piece.To, piece.stop = f.walkRecords(data, from, piece, each)
		return
	}
	ng := f.ng
	ng.Interfaces = ng.Interfaces[:len(ng.Interfaces):len(ng.Interfaces)] // others read it: appending must copy
	changed := false
	piece.To, piece.stop, changed = walkBlocks(&ng, data, from, piece, each)
	if changed {
		piece.After = &Framing{ng: ng}
	}
}

func (f *Framing) walkRecords(data []byte, at int, piece *Piece, each func(*Packet, uint32, int)) (int, stop) {
	h := f.classic
	var record pcap.Record
	p := Packet{LinkType: header.LinkType(h.LinkType())}
	for {
		size, err := h.Record(data[at:], &record)
		if err != nil {
			if errors.Is(err, pcap.ErrShort) {
				return at, stop{need: int64(size)}
			}
			return at, stop{bad: err}
		}
		p.Time, p.Data, p.OrigLen = record.Time, record.Data, record.Original
		at += size
		each(&p, piece.Packets, at-len(p.Data))
		piece.Packets++
	}
}

func walkBlocks(ng *pcapng.Parser, data []byte, at int, piece *Piece, each func(*Packet, uint32, int)) (_ int, _ stop, changed bool) {
	var block pcapng.Packet
	var p Packet
	for {
		sections := ng.Sections
		size, kind, err := ng.Next(data[at:], &block)
		switch {
		case errors.Is(err, pcapng.ErrShort):
			return at, stop{need: size}, changed
		case err != nil:
			return at, stop{bad: err}, changed
		case kind == pcapng.IsPacket:
			p.Time, p.LinkType, p.Data, p.OrigLen = block.Time, header.LinkType(block.LinkType), block.Data, block.Original
			each(&p, piece.Packets, at+block.At)
			piece.Packets++
		case kind == pcapng.IsInterface:
			changed = true
			piece.Links = append(piece.Links, header.LinkType(ng.Interfaces[len(ng.Interfaces)-1].LinkType))
		case kind == pcapng.TooLong:
			return at, stop{skip: size, tooLong: true}, changed
		}
		changed = changed || ng.Sections != sections
		if size > int64(len(data)-at) {
			return at, stop{skip: size}, changed
		}
		at += int(size)
	}
}
