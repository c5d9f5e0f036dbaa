package capture

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"

	"github.com/pcapmill/pcapmill/capture/internal/bunzip"
	"github.com/pcapmill/pcapmill/capture/internal/unxz"
)

// maxWindow bounds in bytes what a compressed stream may ask a decoder to
// remember: the limit of the zstd command without --long, and far above what
// xz -9 needs.
const maxWindow = 128 << 20

// compressions are told apart by the first bytes of a file.
var compressions = []struct {
	name string
	is   func(begin []byte) bool
	open func(*bufio.Reader, *expansion) (plain io.Reader, done func(), err error)
}{
	{"gzip", begins("\x1f\x8b\x08"), openGzip},
	{"zstd", begins("\x28\xb5\x2f\xfd"), openZstd},
	{"lz4", begins("\x04\x22\x4d\x18", "\x02\x21\x4c\x18"), openLZ4}, // frame, legacy frame
	{"xz", begins("\xfd7zXZ\x00"), openXZ},
	{"bzip2", isBzip2, openBzip2},
}

// aside is what a divided capture may take for each of Options.Workers, in bytes.
const aside = 24 << 20

// sniffLen is how many bytes of a file tell its compression.
const sniffLen = 10

func begins(magics ...string) func([]byte) bool {
	return func(begin []byte) bool {
		return slices.ContainsFunc(magics, func(m string) bool { return bytes.HasPrefix(begin, []byte(m)) })
	}
}

// isBzip2 looks further than the three letters, which a text may begin with: at
// the level and at the magic number of a block or of the end of an empty stream.
func isBzip2(begin []byte) bool {
	if !bytes.HasPrefix(begin, []byte("BZh")) || len(begin) < 4 || begin[3] < '1' || begin[3] > '9' {
		return false
	}
	rest := begin[4:]
	block, end := []byte("\x31\x41\x59\x26\x53\x59"), []byte("\x17\x72\x45\x38\x50\x90")
	return bytes.HasPrefix(block, rest) || bytes.HasPrefix(end, rest)
}

// What decoders take whose memory does not depend on the stream, in bytes: measured.
const (
	bzip2Memory = 8 << 20
	lz4Memory   = 16 << 20
	zstdMemory  = 1 << 20 // besides the window
)

func openBzip2(r *bufio.Reader, e *expansion) (io.Reader, func(), error) {
	if err := e.memory.forWindow(bzip2Memory, "the bzip2 stream"); err != nil {
		return nil, nil, err
	}
	passed := e.source.total - sniffLen // skippable frames in front
	z := bunzip.NewReader(r, bunzip.Options{Workers: e.workers, Run: e.run})
	e.taken = func() int64 { return max(passed, 0) + z.InputOffset() }
	return z, func() { _ = z.Close() }, nil // it has nothing to report
}

func openLZ4(r *bufio.Reader, e *expansion) (io.Reader, func(), error) {
	if err := e.memory.forWindow(lz4Memory, "the lz4 stream"); err != nil {
		return nil, nil, err
	}
	z := lz4.NewReader(r)
	return z, nil, z.Apply(lz4.ConcurrencyOption(1))
}

func openZstd(r *bufio.Reader, e *expansion) (io.Reader, func(), error) {
	guard := &zstdGuard{r: r, sniffing: e.sniffing, asked: func(window int64) error {
		return e.memory.forWindow(window+zstdMemory, "the window of the zstd stream")
	}}
	// Concurrency 1 decodes in the calling goroutine: goroutines live in mill.
	z, err := zstd.NewReader(guard, zstd.WithDecoderConcurrency(1),
		zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecoderLowmem(true))
	if err != nil {
		return nil, nil, err
	}
	return z, z.Close, nil
}

// openXZ reads a row of xz streams. Its window may take up to 16 MiB more than the dictionary.
func openXZ(r *bufio.Reader, e *expansion) (io.Reader, func(), error) {
	passed := e.source.total - sniffLen // skippable frames in front
	spare := func(total int64) bool {
		more := total - int64(e.workers)*aside
		return more <= 0 || e.spare != nil && e.spare(more)
	}
	z := unxz.NewReader(r, unxz.Options{Workers: e.workers, Run: e.run, Spare: spare, Block: func(dict int64) error {
		if dict > maxWindow {
			return fmt.Errorf("dictionary of %d bytes, above the limit of %d", dict, maxWindow)
		}
		if err := e.memory.forWindow(dict, "the dictionary of the xz stream"); err != nil {
			return err
		}
		return e.charge(dict)
	}})
	e.taken, e.exact = func() int64 { return max(passed, 0) + z.InputOffset() }, true
	return z, func() { _ = z.Close() }, nil // it has nothing to report
}

// source is the raw stream below: it counts bytes and remembers an error of
// the system, so that it is not mistaken for one of the decompressor.
type source struct {
	r         io.Reader
	err       error
	total     int64 // bytes read
	count     func(int)
	what      string          // see Source; "": a file or a pipe
	used      func() int64    // see Source; may be nil
	interrupt <-chan struct{} // see Options
	last      time.Time       // when an interrupted stream is given up
}

func (s *source) Read(b []byte) (int, error) {
	if s.interrupt != nil && !s.await() {
		s.err = ErrInterrupted
		return 0, s.err
	}
	n, err := s.r.Read(b)
	s.total += int64(n)
	if n > 0 && s.count != nil {
		s.count(n)
	}
	if err == io.EOF && s.interrupted() {
		err = ErrInterrupted // who wrote it may have been interrupted too
	}
	if err != nil && err != io.EOF && (s.what == "" || errors.As(err, new(*fs.PathError))) {
		s.err = err
	}
	return n, err
}

// decompressed wraps a decoder so that a fault in a library on hostile input
// is an error of that stream and not the end of the program, and so that a bomb
// is noticed.
type decompressed struct {
	r io.Reader
	*expansion
}

func (d *decompressed) Read(b []byte) (n int, err error) {
	defer func() {
		if p := recover(); p != nil {
			n, err = 0, fmt.Errorf("%s decoder failed: %v", d.compression, p)
		}
	}()
	n, err = d.r.Read(b[:d.room(len(b))])
	if bomb := d.gave(n); bomb != nil {
		err = bomb
	}
	d.settle(err)
	return n, err
}

// undo looks at the first bytes of r and returns a reader of the uncompressed
// stream, the name of the compression ("" for none) and what to call at the
// end (may be nil). A stream that only begins like a compressed one is an error.
// It fills in e, whose limit may be set at any time.
func undo(r *source, e *expansion) (plain io.Reader, name string, done func(), err error) {
	begin, err := beginning(r)
	if err != nil {
		return nil, "", nil, err
	}
	whole := io.MultiReader(bytes.NewReader(begin), r)
	for _, c := range compressions {
		if !c.is(begin) {
			continue
		}
		*e = expansion{
			compression: c.name, limit: DefaultMaxExpansion, source: r, memory: e.memory, sniffing: e.sniffing,
			workers: e.workers, run: e.run, spare: e.spare, buffered: bufio.NewReaderSize(whole, inputPiece),
		}
		plain, done, err := c.open(e.buffered, e)
		if err != nil {
			return nil, c.name, nil, err
		}
		return &decompressed{r: plain, expansion: e}, c.name, done, nil
	}
	if r.used != nil { // what it is read from was compressed
		*e = expansion{compression: r.what, limit: DefaultMaxExpansion, source: r, memory: e.memory, sniffing: e.sniffing}
		return &decompressed{r: whole, expansion: e}, "", nil, nil
	}
	return whole, "", nil, nil
}

// beginning reads the first sniffLen bytes, or as many as there are. It passes
// over skippable frames, which zstd and lz4 share and some tools write first:
// a magic number with a free digit, and the length of what to skip.
func beginning(r io.Reader) ([]byte, error) {
	begin, err := readUpTo(r, nil)
	for err == nil && len(begin) >= 8 && begin[0]&0xf0 == 0x50 && bytes.HasPrefix(begin[1:], []byte("\x2a\x4d\x18")) {
		end := 8 + int64(binary.LittleEndian.Uint32(begin[4:]))
		if end <= int64(len(begin)) {
			begin, err = readUpTo(r, begin[end:])
			continue
		}
		if _, err = io.CopyN(io.Discard, r, end-int64(len(begin))); err == nil {
			begin, err = readUpTo(r, nil)
		}
	}
	if err == io.EOF {
		err = nil
	}
	return begin, err
}

// readUpTo reads until it has sniffLen bytes or the stream ends.
func readUpTo(r io.Reader, have []byte) ([]byte, error) {
	b := append(make([]byte, 0, sniffLen), have...)
	n, err := io.ReadFull(r, b[len(b):sniffLen])
	if errors.Is(err, io.ErrUnexpectedEOF) || err == io.EOF {
		err = nil
	}
	return b[:len(b)+n], err
}
