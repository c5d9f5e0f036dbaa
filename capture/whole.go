package capture

import (
	"io"

	"github.com/zeebo/xxh3"
)

// OpenWhole opens a small capture that is a plain regular file, and reads it: all of it is the
// first block, which it puts into blk, and there is no other. Of very many small captures most
// of the time would else go by between the system calls for one. What comes out is that of
// OpenBlocks, with blocks of BlockLen, and Read.
//
// ok is false, and nothing is open, if the file is something else, or has BlockLen bytes or
// more, or cannot be read: then OpenBlocks opens it, or says what is wrong. Nothing but a
// regular file is read from.
func (o Options) OpenWhole(path string, blk *Block) (b *Blocks, ok bool) {
	if o.From != nil || o.OpenFile != nil || path == "-" {
		return nil, false
	}
	if len(blk.buf) != BlockLen {
		blk.buf = make([]byte, BlockLen)
	}
	n, ok := readRegular(path, blk.buf)
	if !ok || n == BlockLen {
		return nil, false
	}
	r, err := ofBytes(blk.buf[:n], path)
	if err != nil {
		return nil, false
	}
	r.memory.most, r.memory.grow = o.MaxMemory, o.Grow
	r.read.Store(int64(n))
	r.buf = nil // the block's
	blk.Index, blk.Data, blk.Err = 0, blk.buf[:n:n], io.EOF
	blk.leaf = xxh3.Hash128(blk.Data).Bytes()
	return &Blocks{r: r, length: BlockLen, whole: true}, true
}

// ofBytes is a Reader that has read all of a plain capture, or of its beginning, and gives its
// format. No compressed stream begins as a plain capture does.
func ofBytes(b []byte, path string) (*Reader, error) {
	r := &Reader{path: path, source: &source{}, plain: closed{}, buf: b, end: len(b), rerr: io.EOF}
	r.resync.near = [2]int64{-1, -1}
	return r, r.start()
}
