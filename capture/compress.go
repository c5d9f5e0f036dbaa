package capture

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
	"github.com/ulikunitz/xz"
)

// maxWindow bounds in bytes what a compressed stream may ask a decoder to
// remember: the limit of the zstd command without --long, and far above what
// xz -9 needs.
const maxWindow = 128 << 20

// compressions are told apart by the first bytes of a file.
var compressions = []struct {
	name  string
	magic string
	open  func(io.Reader) (io.Reader, func(), error)
}{
	{"gzip", "\x1f\x8b\x08", func(r io.Reader) (io.Reader, func(), error) {
		z, err := gzip.NewReader(r)
		return z, nil, err
	}},
	{"zstd", "\x28\xb5\x2f\xfd", openZstd},
	{"lz4", "\x04\x22\x4d\x18", func(r io.Reader) (io.Reader, func(), error) {
		z := lz4.NewReader(r)
		return z, nil, z.Apply(lz4.ConcurrencyOption(1))
	}},
	{"xz", "\xfd7zXZ\x00", func(r io.Reader) (io.Reader, func(), error) {
		z, err := xz.ReaderConfig{DictCap: maxWindow}.NewReader(r)
		return z, nil, err
	}},
	{"bzip2", "BZh", func(r io.Reader) (io.Reader, func(), error) {
		return bzip2.NewReader(r), nil, nil
	}},
}

// sniffLen is how many bytes of a file tell its compression.
const sniffLen = 6

func openZstd(r io.Reader) (io.Reader, func(), error) {
	// Concurrency 1 decodes in the calling goroutine: goroutines live in mill.
	z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1),
		zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecoderLowmem(true))
	if err != nil {
		return nil, nil, err
	}
	return z, z.Close, nil
}

// source is the raw stream below: it counts bytes and remembers an error of
// the system, so that it is not mistaken for one of the decompressor.
type source struct {
	r     io.Reader
	err   error
	count func(int)
}

func (s *source) Read(b []byte) (int, error) {
	n, err := s.r.Read(b)
	if n > 0 && s.count != nil {
		s.count(n)
	}
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}

// decompressed wraps a decoder so that a fault in a library on hostile input
// is an error of that stream and not the end of the program.
type decompressed struct {
	name string
	r    io.Reader
}

func (d *decompressed) Read(b []byte) (n int, err error) {
	defer func() {
		if p := recover(); p != nil {
			n, err = 0, fmt.Errorf("%s decoder failed: %v", d.name, p)
		}
	}()
	return d.r.Read(b)
}

// undo looks at the first bytes of r and returns a reader of the uncompressed
// stream, the name of the compression ("" for none) and what to call at the
// end (may be nil). A stream that only begins like a compressed one is an error.
func undo(r *source) (plain io.Reader, name string, done func(), err error) {
	begin := make([]byte, sniffLen)
	n, err := io.ReadFull(r, begin)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && err != io.EOF {
		return nil, "", nil, err
	}
	begin = begin[:n]
	whole := io.MultiReader(bytes.NewReader(begin), r)
	for _, c := range compressions {
		if !bytes.HasPrefix(begin, []byte(c.magic)) {
			continue
		}
		plain, done, err := c.open(bufio.NewReaderSize(whole, 64<<10))
		if err != nil {
			return nil, c.name, nil, err
		}
		return &decompressed{name: c.name, r: plain}, c.name, done, nil
	}
	return whole, "", nil, nil
}
