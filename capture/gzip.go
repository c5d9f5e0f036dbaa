package capture

import (
	"bufio"
	"errors"
	"io"

	"github.com/pcapmill/pcapmill/capture/inflate"
)

// openGzip reads a row of gzip members (RFC 1952, 2.2). Zeros behind a member are
// padding, as tapes and block devices leave it, and pass.
func openGzip(in *bufio.Reader, e *expansion) (io.Reader, func(), error) {
	passed := e.source.total - sniffLen // skippable frames in front
	z := inflate.NewGzipReader(in, inflate.Options{Workers: e.workers, Run: e.run})
	e.taken = func() int64 { return max(passed, 0) + z.InputOffset() }
	return z, func() { _ = z.Close() }, nil // it has nothing to report
}

// inputPiece is how much of a compressed file is read at a time, in bytes.
const inputPiece = 64 << 10

// settle makes what counts as read of a damaged gzip file the pieces up to the damage. How
// far ahead the file was really read depends on who helped.
func (e *expansion) settle(err error) {
	if e.taken == nil || err == nil || err == io.EOF || e.source.err != nil || errors.Is(err, io.ErrUnexpectedEOF) {
		return
	}
	used := e.taken()
	switch { // what the bytes from there on are was looked at
	case errors.Is(err, inflate.ErrHeader):
		used += 10
	case errors.Is(err, inflate.ErrTrailing):
		used += 2
	}
	pieces := (used - sniffLen + inputPiece - 1) / inputPiece
	counted := min(sniffLen+max(pieces, 0)*inputPiece, e.source.total)
	if e.exact { // blocks are read as long as they are, and not in pieces
		counted = min(used, e.source.total)
	}
	if e.source.count != nil {
		e.source.count(int(counted - e.source.total))
	}
	e.source.total = counted
}
