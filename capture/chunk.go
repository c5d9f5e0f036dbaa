package capture

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/zeebo/xxh3"

	"github.com/pcapmill/pcapmill/capture/internal/pcapng"
)

// Chunk is a part of a capture that is read by itself, as on another machine: bytes From to
// To of a plain file. The records that begin in it belong to it; the last of them may end
// behind it.
type Chunk struct{ From, To int64 }

// Part is what a Sequence says of a Chunk at its end. Of neighbouring chunks the one must
// begin where and how the one before ended; then, by induction from the first, every
// record was found once.
type Part struct {
	Begin  int64      // where the first record begins, in bytes of the file; None: no record was found
	End    int64      // where the next one begins, behind the last; To or more unless there is damage
	Before string     // names the framing at Begin
	After  string     // names the framing at End
	Open   bool       // what follows decides what stands at the end: zeros, or a block longer than is believed
	Leaves [][16]byte // digests of the pieces of the content digest that begin in the chunk
}

// None is the Begin of a Part in which no record was found.
const None = -1

// ErrNotPlain says that a chunk of a capture was asked for that is not a plain file.
var ErrNotPlain = errors.New("only plain captures in regular files can be read in chunks")

// Fits reports whether the chunks of a capture, which cover it in order, found every record
// once. damaged are those that ended with a *Damage.
//
// The first begins where the capture does. Each other one must begin where the one before
// ended, under the same framing; or no record begins in it, because one before reaches past
// it. Nothing may follow damage.
func Fits(chunks []Chunk, parts []*Part, damaged []bool) bool {
	if len(chunks) == 0 || len(parts) != len(chunks) || len(damaged) != len(chunks) || parts[0].Begin == None {
		return false
	}
	at, framing, over := parts[0].Begin, parts[0].Before, false
	for i, p := range parts {
		switch {
		case p.Open:
			return false
		case p.Begin == None:
			if !over && at < chunks[i].To {
				return false
			}
			continue
		case over || p.Begin != at || p.Before != framing:
			return false
		}
		at, framing, over = p.End, p.After, damaged[i]
	}
	return true
}

// section is the part of the file that Blocks hand out.
type section struct {
	Chunk
	size    int64 // of the file, in bytes
	near    int64 // time of some packet
	framing *Framing
	begin   int64 // of the first record, or None
}

// OpenChunk is OpenBlocks for a part of a capture: of a plain file only, else ErrNotPlain.
// Where the first record begins is guessed, unless From is 0. Sequence.Part tells at the
// end what the guess was, and where the chunk ended.
//
// size is the length of the file in bytes, as it was when the capture was divided.
func (o Options) OpenChunk(path string, length int, c Chunk, size int64) (*Blocks, error) {
	b, err := o.OpenBlocks(path, length)
	if err != nil {
		return nil, err
	}
	if b.file == nil {
		return nil, errors.Join(ErrNotPlain, b.Close())
	}
	if c.From < 0 || c.From >= c.To || c.To > size {
		return nil, errors.Join(fmt.Errorf("bytes %d to %d of a file of %d are no chunk", c.From, c.To, size), b.Close())
	}
	b.part = &section{Chunk: c, size: size, begin: None, framing: b.r.framing()}
	if c.From == 0 {
		b.part.begin = int64(b.r.at)
		return b, nil
	}
	if err := b.guess(); err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return b, nil
}

// framing is how the first records are to be walked.
func (r *Reader) framing() *Framing {
	return &Framing{isClassic: r.isClassic, classic: r.classic, ng: r.ng}
}

// guess looks for the first record of the section: under the framing with which the first
// block of the capture ends, where interfaces are described.
func (b *Blocks) guess() error {
	s := b.part
	buf := make([]byte, min(BlockLen+64<<10, s.size))
	n, err := b.file.ReadAt(buf[:min(BlockLen, s.From)], 0)
	if err != nil {
		return err
	}
	var piece Piece
	s.near = -1
	if b.r.at <= n { // else the section begins within what describes the capture
		s.framing.Walk(buf[:n], b.r.at, &piece, func(p *Packet, _ uint32, _ int) {
			if s.near < 0 {
				s.near = p.Time
			}
		})
		s.framing = piece.After
	}
	for at := s.From; at < s.To; at += BlockLen {
		n, err := b.file.ReadAt(buf, at)
		if err != nil && err != io.EOF {
			return err
		}
		if found, ok := s.framing.Guess(buf[:n], s.near); ok {
			if begin := at + int64(found); begin < s.To {
				s.begin = begin
			}
			return nil
		}
	}
	return nil
}

// aligned reports whether blocks are pieces of the content digest.
func (s *section) aligned(length int) bool {
	return length == digestLeaf && s.From%digestLeaf == 0 && (s.To%digestLeaf == 0 || s.To == s.size)
}

// extent is where a block stands in the file; no bytes behind the section.
func (b *Blocks) extent(index int64) (at int64, length int) {
	at = index * int64(b.length)
	if b.part == nil {
		return at, b.length
	}
	at += b.part.From
	return at, int(min(max(b.part.To-at, 0), int64(b.length)))
}

// last reports whether a block that was read up to the offset end is the last of the section.
func (b *Blocks) last(end int64) bool { return b.part != nil && end >= b.part.To }

// startAt makes a Sequence begin at the section.
func (q *Sequence) startAt(s *section) {
	q.total, q.next, q.framing = s.From, s.begin, s.framing
	q.before = s.framing
	if s.begin == None {
		q.next = math.MaxInt64 // all blocks are passed over
	}
}

// complete reads on behind the section, as far as the record needs that began in it.
func (q *Sequence) complete(walk WalkFunc) {
	s := q.b.part
	if q.damage != nil || q.total < s.To || s.To == s.size || s.begin == None {
		return
	}
	for len(q.carry) > 0 && q.next < s.To && q.damage == nil && q.refused == nil && !q.stop.zeros {
		tail := make([]byte, min(max(q.stop.need-int64(len(q.carry)), 1), BlockLen))
		n, err := q.b.file.ReadAt(tail, q.total)
		if n == 0 {
			if err != nil && err != io.EOF {
				q.b.r.source.err = err
			}
			return
		}
		blk, base := Block{Data: tail[:n]}, q.total
		q.total += int64(n)
		q.join(&blk, base, walk)
	}
	switch {
	case q.damage != nil:
	case q.refused != nil: // it is there as a whole, or it is cut off
		q.total = max(q.total, min(q.next+q.stop.need, s.size))
		q.passOver()
	case q.stop.zeros || q.stop.tooLong:
		q.open = true
	case q.stop.skip > 0 && q.next > s.size: // cut off
		q.total = s.size
	case q.next >= s.To:
		q.total, q.carry, q.stop = q.next, nil, stop{need: pcapng.MinBlock}
	}
}

// leaf notes the digest of a block of the section.
func (q *Sequence) leaf(blk *Block) {
	if len(blk.Data) > 0 && q.b.part.aligned(q.b.length) {
		q.leaves = append(q.leaves, blk.leaf)
	}
}

// Part says what the sequence found of its Chunk; nil if it reads a whole capture. Call
// it after End. The error is one of reading: where blocks are no pieces of the content digest,
// these are read once more.
func (q *Sequence) Part() (*Part, error) {
	s := q.b.part
	if s == nil {
		return nil, nil
	}
	p := &Part{Begin: s.begin, End: q.next, Before: q.before.name(), After: q.framing.name(), Open: q.open, Leaves: q.leaves}
	if s.begin == None {
		p.End, p.After = None, p.Before
	}
	if s.aligned(q.b.length) {
		return p, nil
	}
	buf := make([]byte, digestLeaf)
	for at := (s.From + digestLeaf - 1) / digestLeaf * digestLeaf; at < s.To; at += digestLeaf {
		n, err := q.b.file.ReadAt(buf, at)
		if err != nil && err != io.EOF {
			return nil, err
		}
		p.Leaves = append(p.Leaves, xxh3.Hash128(buf[:n]).Bytes())
	}
	return p, nil
}

// name tells framings apart that read the same bytes as other records.
func (f *Framing) name() string {
	text := fmt.Sprintf("pcap %+v", f.classic)
	if !f.isClassic {
		text = fmt.Sprintf("pcapng %v %v %+v", f.ng.BigEndian, f.ng.Sealed, f.ng.Interfaces)
	}
	sum := xxh3.HashString128(text).Bytes()
	return hex.EncodeToString(sum[:])
}

// Leaves is the number of pieces of the content digest of so many bytes.
func Leaves(size int64) int64 { return (size + digestLeaf - 1) / digestLeaf }

// DigestOf is the content digest of a capture of so many bytes, out of its pieces' digests in order.
func DigestOf(leaves [][16]byte, size int64) Digest {
	d := digester{total: size}
	for i := range leaves {
		d.push(leaves[i])
	}
	return d.sum()
}
