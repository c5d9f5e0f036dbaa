package capture

import (
	"io"
	"os"
	"runtime"
	"runtime/debug"

	"github.com/zeebo/xxh3"
)

// BlockLen is the usual length in bytes of the pieces in which Blocks hands out
// the uncompressed stream of a capture. It is that of the pieces of the content
// digest, so that a piece is hashed by whoever reads it.
const BlockLen = digestLeaf

// Block is one piece of a capture's uncompressed stream.
type Block struct {
	Index int64
	Data  []byte // a full length; fewer bytes in the last block, none behind it
	Err   error  // nil in a full block; io.EOF, or why reading failed

	leaf [16]byte // digest of Data, if it is a piece of the content digest
	buf  []byte
	from *mapping // Data is a part of
	w    *window
}

// Release gives Data back. Call it before the next Read with the same Block, when
// Data is no longer used.
func (b *Block) Release() {
	if b.from != nil {
		b.from.put(b.w)
		b.from, b.w = nil, nil
	}
	b.Data = nil
}

// Blocks reads a capture in pieces, for several goroutines that decode it at the
// same time. What Reader does in one loop is three parts here: Blocks reads,
// Framing.Walk follows the records of a piece, and Sequence puts the pieces
// together and proves that no record was missed or invented. Packets, positions,
// damage and digest are the same as a Reader's; tests compare them.
type Blocks struct {
	r      *Reader
	length int
	file   File     // if any block can be read at any time
	maps   *mapping // nil: blocks are read
	began  bool     // else: the first block was read
	part   *section // nil: all of the capture
	whole  bool     // the first block is the capture, and was read: see OpenWhole
}

// OpenBlocks opens the capture at path, "-" being standard input, in blocks of
// the given length in bytes: a multiple of four; 0 is BlockLen. Errors are
// those of Open. The caller must Close it.
func OpenBlocks(path string, length int) (*Blocks, error) { return Options{}.OpenBlocks(path, length) }

// OpenBlocks is the function OpenBlocks with these options.
func (o Options) OpenBlocks(path string, length int) (*Blocks, error) {
	if length == 0 {
		length = BlockLen
	}
	r, err := o.open(path, min(length, 4<<10)) // enough to tell what it is
	if err != nil {
		return nil, err
	}
	return newBlocks(r, length), nil
}

// newBlocks takes over a Reader that has not lent a packet yet.
func newBlocks(r *Reader, length int) *Blocks {
	b := &Blocks{r: r, length: length}
	if f, ok := r.source.r.(File); ok && r.format.Compression == "" {
		// What is in the buffer must be all that was read, from the start of the
		// file: a skippable frame in front would shift the stream.
		if info, err := f.Stat(); err == nil && info.Mode().IsRegular() && r.read.Load() == int64(r.end) {
			b.file = f
		}
	}
	return b
}

// Random reports whether blocks can be read in any order and by several
// goroutines. Otherwise Read must be called in order, from block 0.
func (b *Blocks) Random() bool { return b.file != nil || b.whole }

// Format says how the capture is written.
func (b *Blocks) Format() Format { return b.r.format }

// BytesRead is the number of bytes taken from the file so far, before undoing
// compression. It may be called at any time.
func (b *Blocks) BytesRead() int64 { return b.r.BytesRead() }

// Map makes the blocks of a local file parts of a memory mapping instead of copies,
// where the system can. Call it before the first Read. Reading, hashing and
// decoding a capture in the page cache then takes half the time. But if the file
// is truncated meanwhile, touching Data is a fault. Read handles that itself. All
// other code that touches Data of a Mapped capture must run under
// debug.SetPanicOnFault, recover, and read the capture again without Map.
func (b *Blocks) Map() {
	if b.part != nil && !b.part.aligned(b.length) {
		return
	}
	f, ok := b.file.(*os.File)
	if !ok {
		return
	}
	if info, err := os.Stat(b.r.path); err == nil && info.Size() >= leastMapped {
		b.maps = newMapping(f, b.length)
	}
}

// leastMapped is the size in bytes from which mapping a file pays: unmapping
// costs an interrupt of all cores.
const leastMapped = 8 << 20

// Mapped reports whether Data may be a part of a mapping.
func (b *Blocks) Mapped() bool { return b.maps != nil }

// Close closes the capture. Data of all blocks must have been given back.
func (b *Blocks) Close() error {
	if b.maps != nil {
		b.maps.close()
	}
	return b.r.Close()
}

// IsFault tells whether a recovered panic is a fault at memory that is not
// there, as when a mapped file was cut; see debug.SetPanicOnFault.
func IsFault(recovered any) bool {
	_, ok := recovered.(interface {
		runtime.Error
		Addr() uintptr
	})
	return ok
}

// readMapped is Read for a block of a mapped file; false: it must be read.
func (b *Blocks) readMapped(index int64, blk *Block) (ok bool) {
	at, length := b.extent(index)
	if length == 0 {
		return false
	}
	data, w, ok := b.maps.block(at, b.length)
	if !ok {
		return false
	}
	data = data[:min(length, len(data))]
	before := debug.SetPanicOnFault(true)
	defer debug.SetPanicOnFault(before)
	defer func() {
		if p := recover(); p != nil {
			if !IsFault(p) {
				panic(p)
			}
			b.maps.put(w)
			ok = false
		}
	}()
	if b.length == digestLeaf {
		blk.leaf = xxh3.Hash128(data).Bytes()
	}
	blk.Data, blk.from, blk.w = data, b.maps, w
	if len(data) < b.length || b.last(at+int64(len(data))) {
		blk.Err = io.EOF
	}
	counted := 0
	if at == 0 {
		counted = min(b.r.end, len(data))
	}
	b.r.read.Add(int64(len(data) - counted))
	return true
}

// Read fills blk with the block of that number and its digest.
func (b *Blocks) Read(index int64, blk *Block) {
	blk.Index, blk.Err = index, nil
	if b.maps != nil && b.readMapped(index, blk) {
		return
	}
	if len(blk.buf) != b.length {
		blk.buf = make([]byte, b.length)
	}
	n := 0
	switch {
	case b.whole:
		blk.Err = io.EOF // what there is was given
	case b.file != nil:
		at, length := b.extent(index)
		n, blk.Err = b.readAt(blk.buf[:length], at)
		if blk.Err == nil && b.last(at+int64(n)) {
			blk.Err = io.EOF
		}
	default:
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
