package capture

import (
	"bufio"
	"io"
	"math"

	"github.com/klauspost/compress/zstd"
)

// sniffWindow is more than telling a format decodes, in bytes.
const (
	sniffWindowLog = 21
	sniffWindow    = 1 << sniffWindowLog
)

// zstdGuard stands below the zstd decoder, which allocates the window that a frame asks
// for as soon as it has read the frame's header. It lets no header through before asked
// has agreed to its window. It follows the stream by its lengths (RFC 8878, 3.1): frame
// header, blocks, checksum, next frame. What it cannot follow, it lets through: the
// decoder knows better.
type zstdGuard struct {
	r        *bufio.Reader
	asked    func(window int64) error
	sniffing bool  // no more than sniffWindow bytes are decoded
	pass     int64 // bytes that may go through before the next look
	inFrame  bool  // the next is a block, else a frame
	checksum bool  // behind the last block of this frame
}

func (g *zstdGuard) Read(b []byte) (int, error) {
	if g.pass == 0 {
		if err := g.look(); err != nil {
			return 0, err
		}
	}
	n, err := g.r.Read(b[:min(int64(len(b)), g.pass)])
	g.pass -= int64(n)
	return n, err
}

// look reads ahead what comes next, and says how far it goes.
func (g *zstdGuard) look() error {
	g.pass = math.MaxInt64
	if g.inFrame {
		b, _ := g.r.Peek(3) // an error comes again
		if len(b) < 3 {
			return nil
		}
		head := int64(b[0]) | int64(b[1])<<8 | int64(b[2])<<16
		last, kind, size := head&1 != 0, head>>1&3, head>>3
		switch kind {
		case 1: // one byte, repeated
			size = 1
		case 3: // reserved
			return nil
		}
		g.pass = 3 + size
		if last {
			g.inFrame = false
			if g.checksum {
				g.pass += 4
			}
		}
		return nil
	}
	b, _ := g.r.Peek(zstd.HeaderMaxSize)
	var h zstd.Header
	if h.Decode(b) != nil {
		return nil
	}
	if h.Skippable {
		g.pass = int64(h.HeaderSize) + int64(h.SkippableSize)
		return nil
	}
	window := h.WindowSize
	if h.SingleSegment {
		window = h.FrameContentSize
	}
	if window <= maxWindow { // else the decoder refuses it
		if err := g.asked(int64(window)); err != nil {
			return err
		}
	}
	if g.sniffing && !h.SingleSegment && window > sniffWindow {
		// The window descriptor stands behind magic number and frame descriptor. As
		// long as less is decoded, a window of 2 MiB is as good as a larger one.
		b[5] = (sniffWindowLog - 10) << 3
	}
	g.pass, g.inFrame, g.checksum = int64(h.HeaderSize), true, h.HasCheckSum
	return nil
}

var _ io.Reader = (*zstdGuard)(nil)
