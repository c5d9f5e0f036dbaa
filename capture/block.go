package capture

import (
	"io"
	"os"

	"github.com/zeebo/xxh3"
)

// BlockLen is the usual length in bytes of the pieces in which Blocks hands out
// the uncompressed stream of a capture. It is that of the pieces of the content
// digest, so that a piece is hashed by whoever reads it.
const BlockLen = digestLeaf

// Block is one piece of a capture's stream.
type Block struct {
	Index int64
	Data  []byte // a full length; fewer bytes in the last block, none behind it
	Err   error  // nil in a full block; io.EOF, or why reading failed

	leaf [16]byte // digest of Data, if it is a piece of the content digest
	buf  []byte
}

// Blocks reads a capture in pieces, for several goroutines that take it apart
// at the same time. What Reader does in one loop is here in three parts: Blocks
// reads, Walk follows the records of a piece, Sequence puts the pieces together
// and proves that no record was missed or invented. The Reader is the slow twin:
// packets, positions, damage and digest are the same.
type Blocks struct {
	r      *Reader
	length int
	file   *os.File // if any block can be read at any time
	began  bool     // else: the first block was read
}

// OpenBlocks opens the capture at path, "-" being standard input, in blocks of
// the given length in bytes: a multiple of four; 0 is BlockLen. Errors are
// those of Open. The caller must Close it.
func OpenBlocks(path string, length int) (*Blocks, error) {
	if length == 0 {
		length = BlockLen
	}
	r, err := open(path, min(length, 64<<10))
	if err != nil {
		return nil, err
	}
	return newBlocks(r, length), nil
}

// newBlocks takes over a Reader that has not lent a packet yet.
func newBlocks(r *Reader, length int) *Blocks {
	b := &Blocks{r: r, length: length}
	if f, ok := r.source.r.(*os.File); ok && r.format.Compression == "" {
		// What is in the buffer must be all that was read, from the start of the
		// file: a skippable frame in front would shift the stream.
		if info, err := f.Stat(); err == nil && info.Mode().IsRegular() && r.read.Load() == int64(r.end) {
			b.file = f
		}
	}
	return b
}

// Random reports whether blocks can be read in any order and by several
// goroutines. Else Read must be called for one after the other, from 0.
func (b *Blocks) Random() bool { return b.file != nil }

// Format says how the capture is written.
func (b *Blocks) Format() Format { return b.r.format }

// BytesRead is the number of bytes taken from the file so far, before undoing
// compression. It may be called at any time.
func (b *Blocks) BytesRead() int64 { return b.r.BytesRead() }

// Close closes the capture.
func (b *Blocks) Close() error { return b.r.Close() }

// Read fills blk with the block of that number and its digest.
func (b *Blocks) Read(index int64, blk *Block) {
	if len(blk.buf) != b.length {
		blk.buf = make([]byte, b.length)
	}
	blk.Index, blk.Err = index, nil
	n := 0
	if b.file != nil {
		n, blk.Err = b.readAt(blk.buf, index*int64(b.length))
	} else {
		n, blk.Err = b.readOn(blk.buf)
	}
	blk.Data = blk.buf[:n:n]
	if n > 0 && b.length == digestLeaf {
		blk.leaf = xxh3.Hash128(blk.Data).Bytes()
	}
}

// readAt reads a block of a file. The first one is in the Reader's buffer in
// part, and was counted.
func (b *Blocks) readAt(buf []byte, at int64) (n int, err error) {
	n, err = b.file.ReadAt(buf, at)
	counted := 0
	if at == 0 {
		counted = min(b.r.end, n)
	}
	b.r.read.Add(int64(n - counted))
	return n, err
}

// readOn reads the next block of a stream, beginning with what the Reader has
// read to tell the format.
func (b *Blocks) readOn(buf []byte) (n int, err error) {
	if !b.began {
		b.began = true
		n = copy(buf, b.r.buf[:b.r.end])
	}
	err = b.r.rerr
	for tries := 0; n < len(buf) && err == nil; {
		var m int
		m, err = b.r.plain.Read(buf[n:])
		n += m
		if m > 0 {
			tries = 0
		} else if tries++; tries == 100 && err == nil {
			err = io.ErrNoProgress
		}
	}
	if n == len(buf) { // why there is no more is asked again
		b.r.rerr = err
		return n, nil
	}
	return n, err
}
