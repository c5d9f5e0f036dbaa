package capture

import (
	"fmt"
	"io"

	"github.com/pcapmill/pcapmill/capture/internal/pcapng"
	"github.com/pcapmill/pcapmill/header"
)

// Sequence puts the blocks of a capture together, in order. A block may have
// been walked before, from a guessed place. That walk counts only if the blocks
// before it end exactly there, with the same framing; otherwise the block is
// walked again from the right place. The first block begins at a known place,
// so by induction every record is found once, whatever the guesses were.
type Sequence struct {
	b       *Blocks
	framing *Framing
	packets uint64
	next    int64  // stream offset where the next record begins
	carry   []byte // its bytes so far, if it began in a block before
	whole   bool   // all of its bytes are there: the file is long enough
	stop    stop   // what is known of it
	total   int64  // bytes of the blocks so far
	digest  digester
	refused error // there is no memory for the record at next: it is passed over, to see whether it is there
	damage  error
	piece   Piece

	before *Framing   // of a Chunk: with which it begins
	leaves [][16]byte // of a Chunk
	open   bool       // see Part.Open
}

// WalkFunc walks data from an offset on with f.Walk. first is the number, in the
// capture, of the first packet that it finds.
type WalkFunc func(f *Framing, data []byte, from int, first uint64, piece *Piece)

// Sequence returns the sequence of the capture's blocks. There is one.
func (b *Blocks) Sequence() *Sequence {
	r := b.r
	q := &Sequence{b: b, damage: r.stopped, next: int64(r.at), framing: r.framing()}
	if b.part != nil {
		q.startAt(b.part)
	}
	q.stop.need = pcapng.MinBlock
	if r.isClassic {
		q.stop.need = int64(r.classic.RecordHeaderLen())
	}
	return q
}

// Framing is how the next block is to be walked, as far as is known.
func (q *Sequence) Framing() *Framing { return q.framing }

// Packets is the number of packets so far.
func (q *Sequence) Packets() uint64 { return q.packets }

// Ended reports whether the records have ended before the stream. The rest of the
// stream counts for the digest only.
func (q *Sequence) Ended() bool { return q.damage != nil }

// Add appends the next block. guessed is a walk of its data that began at a
// guessed place, or nil. accept is called if it counts, with the number of its
// first packet; else walk is called for the block, as it is for a record that
// began in an earlier block, with a copy of its bytes, before either.
func (q *Sequence) Add(blk *Block, guessed *Piece, accept func(first uint64), walk WalkFunc) {
	q.add(blk, guessed, accept, walk)
	if blk.Err != nil && q.b.part != nil {
		q.complete(walk)
	}
}

func (q *Sequence) add(blk *Block, guessed *Piece, accept func(first uint64), walk WalkFunc) {
	if q.b.part != nil {
		q.leaf(blk)
	} else if q.b.length == digestLeaf && len(blk.Data) > 0 {
		q.digest.add(blk.leaf, len(blk.Data))
	} else {
		q.digest.write(blk.Data)
	}
	base := q.total
	q.total += int64(len(blk.Data))
	if q.refused != nil && q.damage == nil {
		q.passOver()
	}
	if q.refused != nil || q.damage != nil || len(blk.Data) == 0 {
		return
	}
	at, ok := q.join(blk, base, walk)
	if !ok {
		return
	}
	if guessed != nil && guessed.From == at && guessed.Used == q.framing {
		accept(q.packets + 1)
		q.take(guessed, blk.Data, base)
		return
	}
	walk(q.framing, blk.Data, at, q.packets+1, &q.piece)
	q.take(&q.piece, blk.Data, base)
}

// join completes the record that began before the block and returns where in
// the block the next one begins. ok: there is one, or may be.
func (q *Sequence) join(blk *Block, base int64, walk WalkFunc) (at int, ok bool) {
	for len(q.carry) > 0 || q.stop.zeros {
		if q.stop.zeros {
			if at += zeros(blk.Data[at:]); at == len(blk.Data) || !q.behindZeros(base+int64(at), walk) {
				return at, false
			}
			q.carry = make([]byte, max(base-q.next, 0))
			at = int(max(q.next-base, 0))
			continue
		}
		n := int(min(q.stop.need-int64(len(q.carry)), int64(len(blk.Data)-at)))
		if have := len(q.carry); have+n > cap(q.carry) {
			room := q.stop.need
			if !q.whole {
				room = min(room, int64(max(2*have, have+n)))
			}
			q.carry = append(make([]byte, 0, room), q.carry...)
		}
		q.carry = append(q.carry, blk.Data[at:at+n]...)
		at += n
		if int64(len(q.carry)) < q.stop.need {
			return at, false
		}
		whole := q.carry
		q.carry = nil // walk may keep it
		start := q.next
		walk(q.framing, whole, 0, q.packets+1, &q.piece)
		if q.piece.To == 0 && q.piece.stop.need > int64(len(whole)) { // the header is there, the rest is not
			q.stop = q.piece.stop
			if q.carry = q.begin(whole); q.refused != nil {
				return at, false
			}
			continue
		}
		q.take(&q.piece, whole, start)
		if q.damage != nil {
			return at, false
		}
	}
	if q.next > q.total || q.next == q.total && len(blk.Data) > 0 && q.next > base {
		return 0, false // passing over blocks that need not be looked at
	}
	if q.stop.tooLong {
		q.tooLong()
		return 0, false
	}
	return int(q.next - base), true
}

// behindZeros goes on where from q.next on there were zeros, and something else
// stands at the stream offset end: the records of zeros before it are packets. ok:
// the next record begins at q.next, less than a record header before end.
func (q *Sequence) behindZeros(end int64, walk WalkFunc) (ok bool) {
	if bad := q.stop.bad; bad != nil {
		q.at(q.next)
		q.damage = q.b.r.malformed(bad)
		return false
	}
	framing := q.framing
	unit := int64(framing.classic.RecordHeaderLen())
	believed := *framing
	believed.zeros = true
	for n := (end - q.next) / unit; n > 0; n = (end - q.next) / unit {
		data := make([]byte, min(n, BlockLen/unit)*unit)
		walk(&believed, data, 0, q.packets+1, &q.piece)
		q.take(&q.piece, data, q.next)
	}
	q.framing, q.stop = framing, stop{need: unit}
	return true
}

// take notes how a walk ended. base is the stream offset of data.
func (q *Sequence) take(p *Piece, data []byte, base int64) {
	q.packets += uint64(p.Packets)
	for _, l := range p.Links {
		q.b.r.sawLink(l)
	}
	q.framing, q.stop, q.next = p.After, p.stop, base+int64(p.To)
	switch {
	case p.stop.zeros:
	case p.stop.bad != nil:
		q.at(q.next)
		q.damage = q.b.r.malformed(p.stop.bad)
	case p.stop.skip > 0:
		q.next += p.stop.skip
	case p.To < len(data):
		q.carry = q.begin(data[p.To:])
	}
}

// begin is a copy of the beginning of a record that needs q.stop.need bytes. Room for the
// rest is made by the next Add, which may be held back until there is memory. If there can
// never be enough, that is the damage, once all of the record has been seen to be there.
func (q *Sequence) begin(data []byte) []byte {
	need, copies := q.stop.need, int64(2) // it grows, and is copied
	q.whole = false
	if f := q.b.file; f != nil && need > smallRecord {
		if info, err := f.Stat(); err == nil && info.Size() >= q.next+need {
			q.whole, copies = true, 1
		}
	}
	if err := q.b.r.memory.forRecord(need, copies, "the "+q.what(), false); err != nil {
		q.refused = err
		q.passOver()
		return nil
	}
	return append(make([]byte, 0, max(min(need, int64(smallRecord)), int64(len(data)))), data...)
}

// passOver makes the lack of memory for the record at q.next the damage if all of the
// record was there. A record that claims more than the capture holds is cut off, whatever
// memory there is.
func (q *Sequence) passOver() {
	if q.total >= q.next+q.stop.need {
		q.at(q.next)
		q.damage = q.b.r.tooLarge(q.refused)
	}
}

// Memory is what the capture takes beyond the buffers that every capture has, in bytes.
// It grows at the end of an Add, for the next one.
func (q *Sequence) Memory() int64 { return q.b.r.Memory() }

// what the packets stand in.
func (q *Sequence) what() string {
	if q.framing.isClassic {
		return "record"
	}
	return "block"
}

// at makes the Reader stand where damage is to be reported.
func (q *Sequence) at(offset int64) {
	q.b.r.base, q.b.r.at, q.b.r.packets = offset, 0, q.packets
}

func (q *Sequence) tooLong() {
	q.at(q.next - q.stop.skip)
	q.damage = q.b.r.malformed(pcapng.FormatError(fmt.Sprintf("block length %d is above the limit of %d bytes", q.stop.skip, pcapng.MaxKnownBlock)))
}

// End ends the sequence behind the last block. err is that block's: io.EOF, or
// why no more could be read. It returns the content digest and the *Damage with
// which the capture ends, if any.
func (q *Sequence) End(err error) (Digest, error) {
	r := q.b.r
	r.rerr = err
	if q.b.file != nil && err != io.EOF && err != nil {
		r.source.err = err
	}
	what := q.what()
	switch {
	case q.damage != nil:
	case q.b.part != nil && q.b.part.begin == None:
		q.at(q.b.part.From)
		q.damage = r.cut(0, 1, what)
	case q.refused != nil:
		q.at(q.next)
		q.damage = r.cut(q.total-q.next, q.stop.need, what)
	case q.next > q.total && q.stop.skip == 0: // the file header was read, and is gone
		q.at(q.next)
		q.damage = &Damage{
			Path: r.path, Packet: q.packets + 1, Offset: q.next, Kind: ErrTruncated,
			Detail: fmt.Sprintf("the file was cut to %d bytes while it was read", q.total),
		}
	case q.next > q.total: // passing over a block
		start := q.next - q.stop.skip
		q.at(start)
		q.damage = r.cut(q.total-start, q.stop.skip, "block")
	case q.stop.tooLong:
		q.tooLong()
	case q.stop.zeros:
		q.at(q.next)
		q.damage = r.zeroTail(q.total-q.next, what)
	default:
		q.at(q.next)
		q.damage = r.cut(int64(len(q.carry)), q.stop.need, what)
	}
	if q.damage == io.EOF {
		q.damage = nil
	}
	return q.digest.sum(), q.damage
}

// LinkTypes are the link types described so far, in order of appearance.
func (q *Sequence) LinkTypes() []header.LinkType { return q.b.r.links }
