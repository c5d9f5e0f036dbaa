// Package capture opens packet captures: pcap and pcapng, plain or inside gzip,
// zstd, lz4, xz or bzip2. Content decides, never the file name.
//
// A Reader lends one packet after another: time, link type, captured bytes,
// original length and position. It knows byte orders and block lengths, and
// nothing about networks. It starts no goroutine. It takes a buffer of 256 KiB,
// which grows to the largest record whose bytes are really there (at most
// 257 MiB), and what the decoder of a compressed stream needs; Options bounds
// both.
//
//	r, err := capture.Open("a.pcap")   // a *NotCaptureError for other files
//	defer r.Close()
//	var p capture.Packet
//	for {
//		err = r.Next(&p)               // io.EOF, or a *Damage: the capture ends here
//		...
//	}
//
// Captures that were joined by cat are read to the end, whatever their formats,
// byte orders and link types.
//
// A capture ends early with a *Damage. ErrTruncated is a record that runs past
// the end of the file, or zeros up to the end where a record is due.
// ErrMalformed is a record that cannot be true. ErrUnreadable is a disk that
// fails, or memory that is not there. ErrInterrupted is a stream that the user
// ended. Every packet before it has been delivered.
//
// Blocks, Framing.Walk and Sequence give the same packets to several goroutines
// that decode one capture at the same time; see Blocks.
package capture

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync/atomic"

	"github.com/pcapmill/pcapmill/capture/internal/pcap"
	"github.com/pcapmill/pcapmill/capture/internal/pcapng"
	"github.com/pcapmill/pcapmill/header"
)

// Position is where in its capture a packet stands.
type Position struct {
	Packet uint64 // number of the packet, from 1, as tools show it
	Offset int64  // of its record or block, in bytes of the uncompressed stream
}

// Packet is one record of a capture.
type Packet struct {
	Time     int64           // nanoseconds since 1970-01-01 UTC; 0 where the capture has none
	LinkType header.LinkType // what Data begins with
	Data     []byte          // captured bytes, lent until the next call of Next
	OrigLen  uint32          // bytes on the wire; may be smaller than len(Data)
	At       Position
	// Comments are those that a pcapng file has of the packet, lent as Data is; nil unless
	// TakeComments was called.
	Comments [][]byte
}

// Format says how a capture is written.
type Format struct {
	Name        string // "pcap" or "pcapng"
	Compression string // "", "gzip", "zstd", "lz4", "xz" or "bzip2"
}

// String is like "pcap" or "pcapng in gzip".
func (f Format) String() string {
	if f.Compression == "" {
		return f.Name
	}
	return f.Name + " in " + f.Compression
}

// Reader lends the packets of one capture. It is not safe for concurrent use,
// except for BytesRead.
type Reader struct {
	path   string
	format Format
	source *source
	plain  io.Reader
	close  []func()
	read   atomic.Int64

	buf  []byte // buf[at:end] is read and not yet parsed
	at   int
	end  int
	base int64 // stream offset of buf[0]
	rerr error // why plain gave no more: io.EOF or worse

	digest    *digester
	isClassic bool // pcap, else pcapng
	classic   pcap.Header
	record    pcap.Record
	ng        pcapng.Parser
	block     pcapng.Packet
	comments  [][]byte // lent to the caller
	commented bool     // see TakeComments
	links     []header.LinkType
	seen      *[1 << 16 / 64]uint64 // set of links, if they are many; a hostile capture describes them all
	packets   uint64
	zeros     int64 // records of zeros that are packets and not yet delivered
	zerosAt   int64 // stream offset of the next
	resync    resync
	expansion expansion // of a compressed stream
	memory    memory
	stopped   error
}

// bufferLen is the size of the read buffer in bytes: large enough that the
// cost of a system call vanishes, small enough for the second-level cache and
// for thousands of small captures, each of which gets a new one (1 MiB took 1.9
// times as long there; 128 KiB costs bulk captures 8 %, see docs/performance.md).
const bufferLen = 256 << 10

func (o Options) newReader(stream io.Reader, name string, bufferLen int) (*Reader, error) {
	r := &Reader{path: name}
	r.source = &source{r: stream, interrupt: o.Interrupt, count: func(n int) { r.read.Add(int64(n)) }}
	if s, ok := stream.(*Source); ok {
		r.source.what, r.source.used = s.What, s.Used
		if s.Divide != nil && o.Workers > 1 && o.Run != nil {
			s.Divide(o.Workers, o.Run)
			o.Workers = 0
		}
	}
	r.memory.most, r.memory.grow = o.MaxMemory, o.Grow
	r.expansion.memory, r.expansion.sniffing = &r.memory, o.sniffing
	r.expansion.workers, r.expansion.run, r.expansion.spare = o.Workers, o.Run, o.Spare
	plain, compression, done, err := undo(r.source, &r.expansion)
	r.format.Compression = compression
	r.resync.near = [2]int64{-1, -1}
	if err != nil {
		return nil, r.notCapture(err)
	}
	r.plain = plain
	if done != nil {
		r.close = append(r.close, done)
	}
	r.buf = make([]byte, bufferLen)
	if err := r.start(); err != nil {
		_ = r.Close()
		return nil, err
	}
	return r, nil
}

// Format says how the capture is written.
func (r *Reader) Format() Format { return r.format }

// LinkTypes are the link types that the capture has described so far, in order
// of appearance.
func (r *Reader) LinkTypes() []header.LinkType { return r.links }

// Packets is the number of packets delivered so far.
func (r *Reader) Packets() uint64 { return r.packets }

// BytesRead is the number of bytes taken from the file so far, before undoing
// compression. It may be called while another goroutine reads.
func (r *Reader) BytesRead() int64 { return r.read.Load() }

func (r *Reader) sawLink(t header.LinkType) {
	const few = 16
	if r.seen == nil {
		if slices.Contains(r.links, t) {
			return
		}
		if r.links = append(r.links, t); len(r.links) == few {
			r.seen = new([1 << 16 / 64]uint64)
			for _, l := range r.links {
				r.seen[l/64] |= 1 << (l % 64)
			}
		}
		return
	}
	if bit := uint64(1) << (t % 64); r.seen[t/64]&bit == 0 {
		r.seen[t/64] |= bit
		r.links = append(r.links, t)
	}
}

// TakeComments makes Next give the comments of packets. It is called before the first Next.
func (r *Reader) TakeComments() { r.commented = true }

// Next fills p with the next packet. It returns io.EOF behind the last one, or
// a *Damage where the capture ends early; both for good. p.Data is valid until
// the next call.
func (r *Reader) Next(p *Packet) error {
	if r.stopped != nil {
		return r.stopped
	}
	p.Comments = nil
	err := errJoined
	for err == errJoined {
		if r.isClassic {
			err = r.nextRecord(p)
		} else {
			err = r.nextBlock(p)
		}
	}
	if err != nil {
		r.stopped = err
		return err
	}
	r.packets++
	p.At.Packet = r.packets
	return nil
}

// errJoined says that another capture begins where the next record is due.
var errJoined = errors.New("another capture begins")

func (r *Reader) nextRecord(p *Packet) error {
	for {
		if r.zeros > 0 {
			r.zeroRecord(p)
			return nil
		}
		size, err := r.classic.Record(r.buf[r.at:r.end], &r.record)
		switch {
		case err == nil:
			p.Time = r.record.Time
			p.LinkType = header.LinkType(r.classic.LinkType())
			p.Data = r.record.Data
			p.OrigLen = r.record.Original
			p.At.Offset = r.base + int64(r.at)
			r.at += size
			if r.resync.on {
				r.resync.note(p.Time)
			}
			return nil
		case errors.Is(err, pcap.ErrShort):
			if err := r.needLarge(size, "record"); err != nil {
				return err
			}
		case errors.Is(err, pcap.ErrJoined):
			return r.joined()
		case errors.Is(err, pcap.ErrZeros):
			if d := r.zeroRecords(); d != nil {
				return d
			}
		default:
			if d := r.malformed(err); !r.pass(d) {
				return d
			}
		}
	}
}

func (r *Reader) nextBlock(p *Packet) error {
	for {
		sections := r.ng.Sections
		size, kind, err := r.ng.Next(r.buf[r.at:r.end], &r.block)
		switch {
		case err != nil && errors.Is(err, pcapng.ErrShort):
			if err := r.needLarge(int(size), "block"); err != nil { // at most pcapng.MaxKnownBlock
				return err
			}
			continue
		case err != nil || kind == pcapng.Skip && r.ng.Sections == sections || kind == pcapng.TooLong:
			if pcap.Begins(r.buf[r.at:r.end]) {
				if !r.need(pcap.HeaderLen) {
					return r.cut(int64(r.end-r.at), pcap.HeaderLen, "file header")
				}
				if pcap.Begins(r.buf[r.at:r.end]) {
					return r.joined()
				}
			}
			if err != nil {
				if d := r.badBlock(err); d != nil {
					return d
				}
				continue
			}
			if kind == pcapng.TooLong {
				if err := r.tooLong(size); err != nil {
					return err
				}
				continue
			}
		case kind == pcapng.IsPacket:
			p.Time = r.block.Time
			p.LinkType = header.LinkType(r.block.LinkType)
			p.Data = r.block.Data
			p.OrigLen = r.block.Original
			p.At.Offset = r.base + int64(r.at)
			if r.commented {
				r.comments = r.ng.Comments(r.comments[:0], &r.block)
				p.Comments = r.comments
			}
			r.at += int(size)
			return nil
		case kind == pcapng.IsInterface:
			r.sawLink(header.LinkType(r.ng.Interfaces[len(r.ng.Interfaces)-1].LinkType))
		}
		if had, ok := r.skip(size); !ok {
			return r.cut(had, size, "block")
		}
	}
}

// cut is the end of the stream where n bytes were needed and have were there:
// a clean end if there are none at all.
func (r *Reader) cut(have, n int64, what string) error {
	if have == 0 && r.rerr == io.EOF {
		return io.EOF
	}
	d := &Damage{Path: r.path, Packet: r.packets + 1, Offset: r.base + int64(r.at), Kind: ErrTruncated}
	d.Detail = fmt.Sprintf("the %s is cut off: have %d bytes, need %d", what, have, n)
	switch {
	case r.rerr == io.EOF:
	case errors.Is(r.source.err, ErrInterrupted):
		d.Kind = ErrInterrupted
		d.Detail = fmt.Sprintf("the stream was interrupted here, after %d bytes of the next %s", have, what)
	case r.memory.refused() != nil:
		return r.tooLarge(r.memory.refused())
	case r.source.err != nil:
		d.Kind, d.Err, d.Detail = ErrUnreadable, r.source.err, r.source.err.Error()
	case errors.Is(r.rerr, io.ErrUnexpectedEOF):
		d.Err = r.rerr
		d.Detail = fmt.Sprintf("%s is cut off after %d bytes of the file", r.stream(), r.read.Load())
		if r.format.Compression == "" {
			d.Detail = fmt.Sprintf("%s is cut off after %d bytes of its content", r.source.what, r.read.Load())
		}
	case errors.As(r.rerr, new(*MemoryError)): // of the stream it is read from
		return r.tooLarge(r.rerr)
	case errors.As(r.rerr, new(*ExpansionError)):
		d.Kind, d.Err, d.Detail = ErrMalformed, r.rerr, r.rerr.Error()
	default:
		d.Kind, d.Err = ErrMalformed, r.rerr
		d.Detail = fmt.Sprintf("%s is damaged: %v", r.stream(), r.rerr)
	}
	return d
}

// stream is what the capture is read from, if that may be damaged by itself.
func (r *Reader) stream() string {
	if r.format.Compression == "" && r.source.what != "" {
		return r.source.what
	}
	return "the " + r.format.Compression + " stream"
}

func (r *Reader) malformed(err error) *Damage {
	return &Damage{
		Path: r.path, Packet: r.packets + 1, Offset: r.base + int64(r.at),
		Kind: ErrMalformed, Detail: err.Error(), Err: err,
	}
}

// TrackDigest makes the Reader compute the content digest while it reads. Call
// it before the first Next.
func (r *Reader) TrackDigest() {
	r.digest = &digester{}
	r.digest.write(r.buf[:r.end])
}

// Digest reads what is left of the stream (behind damage, say) and returns the
// digest of the whole uncompressed content as far as it could be read. It ends
// reading: call it once, after the last Next, with TrackDigest called before.
func (r *Reader) Digest() Digest {
	for r.rerr == nil {
		r.base += int64(r.end)
		r.at, r.end = 0, 0
		r.fill()
	}
	return r.digest.sum()
}

// Close frees the Reader and closes the file that Open opened.
func (r *Reader) Close() error {
	for i := len(r.close) - 1; i >= 0; i-- {
		r.close[i]()
	}
	r.close = nil
	r.plain = closed{} // a decoder may hold a large window
	return nil
}

// closed is what is read of a Reader that was closed.
type closed struct{}

func (closed) Read([]byte) (int, error) { return 0, os.ErrClosed }
