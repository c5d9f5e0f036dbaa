package idx

import (
	"bufio"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"os"
	"sync"
)

// mostTail bounds in bytes how far a compressed file is read behind its last item.
const mostTail = 1 << 20

// OpenGzip opens a file in gzip, as those of MNIST are published. It is decompressed as it is
// read, in bounded memory: once to see that all announced bytes are there, then again up to
// what is asked for, and from the beginning where that lies before the last. So read in rising
// order. Tail counts at most 1 MiB. An error of ctx ends reading.
func OpenGzip(ctx context.Context, path string) (*Reader, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	g := &gunzip{ctx: ctx, f: f}
	r, err := g.open(path)
	if err != nil {
		f.Close()
		return nil, err
	}
	r.closer = f
	return r, nil
}

// gunzip is a compressed file at any offset of what is in it.
type gunzip struct {
	mu  sync.Mutex
	ctx context.Context
	f   *os.File
	z   *gzip.Reader
	at  int64 // bytes of z that were read
}

func (g *gunzip) open(path string) (*Reader, error) {
	if err := g.rewind(); err != nil {
		return nil, inFile(path, err)
	}
	h, err := ReadHeader(g)
	if err != nil {
		return nil, inFile(path, err)
	}
	data, _ := h.DataSize() // as NewReader takes it
	_, err = io.CopyN(io.Discard, io.LimitReader(g, data), data)
	if err == nil {
		_, err = io.CopyN(io.Discard, g, mostTail)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, inFile(path, err)
	}
	return NewReader(g, g.at, path)
}

// rewind goes to the beginning.
func (g *gunzip) rewind() (err error) {
	if _, err = g.f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	g.z, err = gzip.NewReader(bufio.NewReader(g.f))
	g.at = 0
	return err
}

// Read reads on.
func (g *gunzip) Read(p []byte) (int, error) {
	if err := g.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := g.z.Read(p)
	g.at += int64(n)
	return n, err
}

// ReadAt reads at an offset of the decompressed bytes.
func (g *gunzip) ReadAt(p []byte, off int64) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if off < g.at {
		if err := g.rewind(); err != nil {
			return 0, err
		}
	}
	if _, err := io.CopyN(io.Discard, g, off-g.at); err != nil {
		return 0, err
	}
	n, err := io.ReadFull(g, p)
	if errors.Is(err, io.ErrUnexpectedEOF) && g.z != nil {
		err = io.EOF // as io.ReaderAt wants it; a cut stream is seen when the file is opened
	}
	return n, err
}
