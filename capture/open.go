package capture

import (
	"io"
	"io/fs"
	"os"

	"github.com/pcapmill/pcapmill/capture/internal/pcap"
)

// Open opens the capture at path, "-" being standard input. The caller must
// Close the Reader. Errors: those of os.Open, and *NotCaptureError.
func Open(path string) (*Reader, error) { return Options{}.Open(path) }

// Options say how a capture is opened. The zero value is what Open does.
type Options struct {
	// Interrupt ends a stream soon after it is closed: the capture then ends with a
	// *Damage of the kind ErrInterrupted. A stream is anything that is waited for:
	// standard input, a FIFO, a terminal. What stands ready within half a second is
	// still read, so that a tool that writes the stream and got the same signal can
	// write what it has. nil: never. On systems other than Unix, a stream that gives
	// nothing cannot be interrupted.
	Interrupt <-chan struct{}

	// MaxMemory is how many bytes the capture may take for the window of its decoder
	// and for its largest record, beyond the buffers that every capture has. What needs
	// more is not tried: the capture ends there, with a *MemoryError. 0 is no limit but
	// those that always hold: windows of 128 MiB, records of 257 MiB.
	MaxMemory int64

	// Grow is called before the capture takes more of that memory, with all that it
	// takes then, in bytes. It may wait. If it returns an error, the capture ends there.
	// It is called by whoever opens or reads; with Blocks, for windows only: for records
	// see Sequence.Memory. nil: nobody is asked.
	Grow func(total int64) error

	// Workers is how many parts of a gzip, bzip2 or xz stream, or of a Source that can be
	// divided, may be decoded at a time, and Run
	// has one done by another goroutine, without waiting for it. Below 2, or without Run, the
	// goroutine that reads decodes. Packets, damage and digest are the same. The capture
	// takes at most 24 MiB more for each worker, which MaxMemory and Grow do not count, and
	// reads ahead: do not divide a pipe. See package inflate.
	Workers int
	Run     func(task func())

	// Spare reports whether a capture that is divided may take so many bytes besides, in all.
	// Blocks of xz that do not fit into what Workers takes are decoded ahead only if it may.
	// nil: it may not.
	Spare func(total int64) bool

	// From opens a stream that the capture is read from, such as a member of an archive, in
	// place of the file at the path, which then only stands in messages. It may be called
	// once for each call of Open, OpenBlocks or Sniff. nil: the file at the path.
	From func() (*Source, error)

	// OpenFile opens the file at a path, as an object of a store that is read like a file. It
	// is not asked for "-", nor beside From. nil: os.Open.
	OpenFile func(path string) (File, error)

	sniffing bool // no packet is read
}

// File is a file that a capture is read from; an *os.File is one. ReadAt may be used by several
// goroutines at a time. An error of reading is no damage of the capture.
type File interface {
	io.ReadCloser
	io.ReaderAt
	Stat() (fs.FileInfo, error)
}

// openFile opens the file at the path.
func (o *Options) openFile(path string) (File, error) {
	if o.OpenFile != nil {
		return o.OpenFile(path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err // and no File that is not nil
	}
	return f, nil
}

// Source is a stream that a capture is read from. See Options.From.
type Source struct {
	io.ReadCloser

	// What the stream is, for messages: "the member of the ZIP archive". An error of the
	// stream is damage of the capture, unless it is or wraps an *fs.PathError.
	What string

	// Used is how many bytes of a file stand for what was read of the stream so far, by
	// which expansion is judged; nil: as many as were read. See Reader.MaxExpansion.
	Used func() int64

	// Divide has others decode parts of what the stream is made of, as Options.Workers and Run
	// say; what is read stays the same. It is called at most once, before the first Read, and
	// a compressed capture in such a stream is not divided itself. nil: that cannot be.
	Divide func(workers int, run func(task func()))
}

// Open is the function Open with these options.
func (o Options) Open(path string) (*Reader, error) { return o.open(path, bufferLen) }

func (o Options) open(path string, bufferLen int) (*Reader, error) {
	if o.From != nil {
		return o.fromSource(path, bufferLen)
	}
	if path == "-" {
		return o.newReader(os.Stdin, "-", bufferLen)
	}
	f, err := o.openFile(path)
	if err != nil {
		return nil, err
	}
	r, err := o.newReader(f, path, bufferLen)
	if err != nil {
		_ = f.Close() // the first error says more
		return nil, err
	}
	r.close = append(r.close, func() { _ = f.Close() }) // it was only read
	return r, nil
}

// fromSource is open for a stream that is not the file at the path.
func (o Options) fromSource(path string, bufferLen int) (*Reader, error) {
	s, err := o.From()
	if err != nil {
		return nil, err
	}
	r, err := o.newReader(s, path, bufferLen)
	if err != nil {
		_ = s.Close() // the first error says more
		return nil, err
	}
	r.close = append(r.close, func() { _ = s.Close() }) // it was only read
	return r, nil
}

// NewReader reads a capture from a stream. The name is used in messages only.
// The stream stays the caller's to close.
func NewReader(stream io.Reader, name string) (*Reader, error) {
	return Options{}.newReader(stream, name, bufferLen)
}

// Sniff opens the capture at path only far enough to tell its format. Errors
// are those of Open. It must not be called for what can be read only once.
func Sniff(path string) (Format, error) { return Options{}.Sniff(path) }

// Sniff is the function Sniff with these options.
func (o Options) Sniff(path string) (Format, error) {
	if o.sniffing = true; o.From != nil {
		r, err := o.fromSource(path, 512)
		if err != nil {
			return Format{}, err
		}
		return r.Format(), r.Close()
	}
	if o.OpenFile == nil {
		var begin [pcap.HeaderLen]byte
		if n, ok := readRegular(path, begin[:]); ok && n == len(begin) {
			if r, err := ofBytes(begin[:], path); err == nil {
				return r.format, nil
			}
		}
	}
	f, err := o.openFile(path)
	if err != nil {
		return Format{}, err
	}
	defer f.Close()
	r, err := o.newReader(f, path, 512)
	if err != nil {
		return Format{}, err
	}
	return r.Format(), r.Close()
}
