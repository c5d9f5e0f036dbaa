package idx

import (
	"fmt"
	"io"

	"github.com/pcapmill/pcapmill/internal/atomicfile"
	"github.com/pcapmill/pcapmill/internal/fsys"
)

// chunkSize is how much memory a gather takes at a time.
const chunkSize = 1 << 18

// A gather is bytes that wait to be written, in chunks: a slice that grows would be
// copied, and for a moment be there twice.
type gather struct {
	chunks [][]byte
	free   [][]byte // empty ones, for what comes
	size   int
}

// keepChunks is how many chunks a gather keeps: those of a buffer that is flushed
// again and again in place. Garbage of a gigabyte written would else be let stand by
// the collector.
const keepChunks = bufferSize/chunkSize + 1

// add copies b behind what is there.
func (g *gather) add(b []byte) {
	g.size += len(b)
	for len(b) > 0 {
		last := len(g.chunks) - 1
		if last < 0 || len(g.chunks[last]) == chunkSize {
			g.chunks = append(g.chunks, g.chunk())
			last++
		}
		n := min(len(b), chunkSize-len(g.chunks[last]))
		g.chunks[last] = append(g.chunks[last], b[:n]...)
		b = b[n:]
	}
}

// chunk is an empty chunk.
func (g *gather) chunk() []byte {
	if n := len(g.free); n > 0 {
		c := g.free[n-1]
		g.free = g.free[:n-1]
		return c
	}
	return make([]byte, 0, chunkSize)
}

// writeTo writes all of it.
func (g *gather) writeTo(w io.Writer) error {
	for _, c := range g.chunks {
		if _, err := w.Write(c); err != nil {
			return err
		}
	}
	return nil
}

// reset forgets all of it and keeps some of its memory.
func (g *gather) reset() {
	for _, c := range g.chunks {
		if len(g.free) < keepChunks {
			g.free = append(g.free, c[:0])
		}
	}
	clear(g.chunks)
	g.chunks, g.size = g.chunks[:0], 0
}

// writeGathered writes, in place, what was gathered behind the items that were written.
func (x *file) writeGathered() error {
	if err := x.gathered.writeTo(io.NewOffsetWriter(x.f, x.offset(x.items))); err != nil {
		return err
	}
	x.items += int64(x.gathered.size) / x.item
	x.gathered.reset()
	return nil
}

// rewrite prepares the file that is to come: a header that counts all items, those that
// are committed, and those gathered.
func (x *file) rewrite(committed, all int64) error {
	if err := x.reopen(); err != nil {
		return err
	}
	h := Header{Type: x.header.Type, Dims: append([]uint32{uint32(all)}, x.header.Dims[1:]...)}
	next, err := atomicfile.Prepare(x.disk, x.path, 0o666, func(f fsys.File) error {
		if _, err := f.Write(h.Append(nil)); err != nil {
			return err
		}
		if _, err := x.f.Seek(x.header.Size(), io.SeekStart); err != nil {
			return err
		}
		// File to file: where the system can, it copies by itself.
		if _, err := io.CopyN(f, x.f, committed*x.item); err != nil {
			return fmt.Errorf("copy %s: %w", x.path, err)
		}
		return x.gathered.writeTo(f)
	})
	x.next = next
	return err
}

// beforeRename closes the file where an open one cannot be replaced. Elsewhere it stays
// open beyond the commit: freeing what was in it takes time, and would take it between
// the renames.
func (x *file) beforeRename() error {
	if fsys.MayBeOpen {
		return nil
	}
	return x.close()
}

// renamed notes that the file that was prepared, with all items, is the file now.
func (x *file) renamed(all int64) error {
	x.replaced, x.f = x.f, nil
	x.next, x.items, x.header.Dims[0] = nil, all, uint32(all)
	x.gathered.reset()
	return nil
}

// closeReplaced closes the file that was replaced by the last commit.
func (x *file) closeReplaced() error {
	if x.replaced == nil {
		return nil
	}
	f := x.replaced
	x.replaced = nil
	return f.Close()
}

// reopen opens the file if it is closed, and reads what it counts: a commit that failed
// may have replaced it or not.
func (x *file) reopen() error {
	if x.f != nil {
		return nil
	}
	f, err := openToWrite(x.disk, x.path)
	if err != nil {
		return err
	}
	x.f = f
	h, err := ReadHeader(f)
	if err != nil {
		return inFile(x.path, err)
	}
	if err := x.sameShape(h); err != nil {
		return err
	}
	x.header.Dims[0] = h.Dims[0]
	return nil
}
