package capture

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/ulikunitz/xz/lzma"
)

// xzGuard stands below the xz decoder, which allocates whatever dictionary a
// block asks for, up to 4 GiB, and has no limit of its own. The guard refuses a
// block header that asks for more than maxWindow, or than asked grants.
//
// It also reports a stream that ends after a block and before its index, which
// the decoder takes for a complete one. Only in front of the first four
// bytes of a further stream, which the decoder reads at once, is the end whole.
//
// It knows a block header by how the decoder reads it: one byte that gives the
// header's length, and then the rest of the header at once. That the rest is a
// header and no data is certain by its checksum.
type xzGuard struct {
	r     io.Reader
	last  byte                    // of a read of one byte, else 0
	asked func(bytes int64) error // told of the dictionary of every block
}

func (g *xzGuard) Read(b []byte) (n int, err error) {
	if g.last != 0 && len(b) == (int(g.last)+1)*4-1 {
		n, err = io.ReadFull(g.r, b)
		if err == nil {
			dict, err := checkXZBlock(append([]byte{g.last}, b...))
			if err == nil && dict > 0 {
				err = g.asked(dict)
			}
			if err != nil {
				return 0, err // with the bytes it would not be seen
			}
		}
		g.last = 0
	} else {
		n, err = g.r.Read(b)
		g.last = 0
		if n == 1 && len(b) == 1 {
			g.last = b[0]
		}
	}
	if err == io.EOF && n == 0 && len(b) != 4 {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// checkXZBlock returns the dictionary in bytes that a block header asks for, and
// refuses one above maxWindow: length, flags, two optional sizes, filters,
// padding, checksum (The .xz File Format, 3.1). What is no header at all passes:
// the decoder knows better.
func checkXZBlock(h []byte) (dict int64, err error) {
	const lzma2 = 0x21
	body, sum := h[:len(h)-4], h[len(h)-4:]
	if crc32.ChecksumIEEE(body) != binary.LittleEndian.Uint32(sum) {
		return 0, nil
	}
	filters := int(body[1]&3) + 1
	at := 2
	number := func() uint64 {
		v, n := binary.Uvarint(body[min(at, len(body)):])
		at += max(n, 0)
		return v
	}
	for flag := byte(0x40); flag != 0; flag <<= 1 {
		if body[1]&flag != 0 {
			number()
		}
	}
	for range filters {
		id, size := number(), number()
		if size > uint64(len(body)) || at+int(size) > len(body) {
			return 0, nil
		}
		if id == lzma2 && size == 1 {
			if asked, err := lzma.DecodeDictCap(body[at]); err == nil {
				dict = asked
			}
			if dict > maxWindow {
				return dict, fmt.Errorf("dictionary of %d bytes, above the limit of %d", dict, maxWindow)
			}
		}
		at += int(size)
	}
	return dict, nil
}
