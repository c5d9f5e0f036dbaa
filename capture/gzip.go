package capture

import (
	"bufio"
	"errors"
	"io"

	"github.com/klauspost/compress/gzip"
)

// errBehindGzip says that something stands behind a gzip stream.
var errBehindGzip = errors.New("bytes behind the end that are neither a gzip member nor zeros")

// gunzip reads a row of gzip members (RFC 1952, 2.2). Zeros behind a member are
// padding, as tapes and block devices leave it, and pass.
type gunzip struct {
	in *bufio.Reader
	z  *gzip.Reader
}

func openGzip(in *bufio.Reader, _ *expansion) (io.Reader, func(), error) {
	z, err := gzip.NewReader(in)
	if err != nil {
		return nil, nil, err
	}
	z.Multistream(false)
	return &gunzip{in: in, z: z}, nil, nil
}

func (g *gunzip) Read(b []byte) (int, error) {
	for {
		n, err := g.z.Read(b)
		if err == io.EOF {
			err = g.next()
		}
		if n > 0 || err != nil {
			return n, err
		}
	}
}

// next goes on to the next member; io.EOF if there is none.
func (g *gunzip) next() error {
	for {
		begin, err := g.in.Peek(2)
		switch {
		case len(begin) == 0:
			return err
		case begin[0] == 0:
			if _, err := g.in.Discard(1); err != nil {
				return err
			}
		case len(begin) == 2 && begin[0] == 0x1f && begin[1] == 0x8b:
			if err := g.z.Reset(g.in); err != nil {
				if err == io.EOF {
					err = io.ErrUnexpectedEOF
				}
				return err
			}
			g.z.Multistream(false)
			return nil
		default:
			return errBehindGzip
		}
	}
}
