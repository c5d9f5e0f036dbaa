package traffic

import (
	"bufio"
	"encoding/binary"
	"io"

	"github.com/klauspost/compress/gzip"
)

// file writes packets in the format asked for: pcap with microseconds, or pcapng
// with nanoseconds, both little endian.
type file struct {
	w      *bufio.Writer
	gzip   *gzip.Writer
	pcapng bool
	size   int64 // bytes so far, uncompressed
	limit  int64
	header [32]byte
	err    error
}

func newFile(w io.Writer, c Config) *file {
	f := &file{pcapng: c.Pcapng, limit: c.Size}
	if c.Gzip {
		f.gzip = gzip.NewWriter(w)
		w = f.gzip
	}
	f.w = bufio.NewWriterSize(w, 1<<20)
	le := binary.LittleEndian
	if !c.Pcapng {
		h := le.AppendUint32(nil, 0xa1b2c3d4)
		h = le.AppendUint32(h, 4<<16|2)
		h = le.AppendUint64(h, 0)
		h = le.AppendUint32(h, 262144)
		f.write(le.AppendUint32(h, 1))
		return f
	}
	section := []uint32{0x0a0d0d0a, 28, 0x1a2b3c4d, 1, 0xffffffff, 0xffffffff, 28}
	iface := []uint32{1, 32, 1, 262144, 1<<16 | 9, 9, 0, 32} // if_tsresol 9: nanoseconds
	var h []byte
	for _, v := range append(section, iface...) {
		h = le.AppendUint32(h, v)
	}
	f.write(h)
	return f
}

func (f *file) write(b []byte) {
	f.size += int64(len(b))
	if _, err := f.w.Write(b); err != nil && f.err == nil {
		f.err = err
	}
}

// fits reports whether a packet of n bytes still fits, and all could be written.
func (f *file) fits(n int) bool {
	need := 16 + n
	if f.pcapng {
		need = 32 + (n+3)&^3
	}
	return f.err == nil && f.size+int64(need) <= f.limit
}

func (f *file) packet(frame []byte, time int64) {
	le, h, n := binary.LittleEndian, f.header[:], uint32(len(frame))
	if !f.pcapng {
		le.PutUint32(h, uint32(time/1e9))
		le.PutUint32(h[4:], uint32(time%1e9/1e3))
		le.PutUint32(h[8:], n)
		le.PutUint32(h[12:], n)
		f.write(h[:16])
		f.write(frame)
		return
	}
	padded := (n + 3) &^ 3
	le.PutUint32(h, 6)
	le.PutUint32(h[4:], 32+padded)
	le.PutUint32(h[8:], 0)
	le.PutUint32(h[12:], uint32(time>>32))
	le.PutUint32(h[16:], uint32(time))
	le.PutUint32(h[20:], n)
	le.PutUint32(h[24:], n)
	f.write(h[:28])
	f.write(frame)
	clear(h[:4])
	f.write(h[:padded-n])
	le.PutUint32(h, 32+padded)
	f.write(h[:4])
}

func (f *file) close() error {
	if err := f.w.Flush(); err != nil && f.err == nil {
		f.err = err
	}
	if f.gzip != nil {
		if err := f.gzip.Close(); err != nil && f.err == nil {
			f.err = err
		}
	}
	return f.err
}
