// Package record writes captures, and looks at finished ones.
//
// [Create] opens a capture for writing in one of three formats; [Writer.Packet] is meant to be a tap of package network. The two
// encoders are a page each, written from the format documents: draft-ietf-opsawg-pcap and draft-ietf-opsawg-pcapng.
//
// [Inspect] reads a capture with gopacket, which shares no code with the writer: what it counts is what a stranger's tool would
// count. The table in the captures' README and the tests use it.
package record

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
)

// Format is how a capture is stored.
type Format string

// The formats. All are little endian.
const (
	Pcap     Format = "pcap"      // classic, microseconds
	PcapNano Format = "pcap (ns)" // classic, nanoseconds
	PcapNG   Format = "pcapng"    // one section, one interface, nanoseconds
)

// LinkType says what a packet's first byte belongs to; the numbers are tcpdump's LINKTYPE_ values.
type LinkType uint32

// The link types that the lab records.
const (
	Ethernet LinkType = 1
	RawIP    LinkType = 101
)

// String names the link type.
func (l LinkType) String() string {
	switch l {
	case Ethernet:
		return "Ethernet (1)"
	case RawIP:
		return "raw IP (101)"
	}
	return fmt.Sprintf("link type %d", uint32(l))
}

// encoder turns packets into records.
type encoder interface {
	start(l LinkType) []byte
	packet(dst []byte, at time.Time, data []byte) []byte
}

// Writer is a capture being written. It is safe for concurrent use; packets get the order and the times in which they arrive.
type Writer struct {
	mu     sync.Mutex
	enc    encoder
	buf    []byte
	out    *bufio.Writer
	layers []io.Closer // innermost first
	last   time.Time
	err    error
}

// Create opens a capture at path; a name ending in .gz is compressed.
func Create(path string, f Format, l LinkType) (*Writer, error) {
	file, err := os.Create(path)
	if err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	w := &Writer{out: bufio.NewWriter(file), layers: []io.Closer{file}}
	if strings.HasSuffix(path, ".gz") {
		z, err := gzip.NewWriterLevel(file, gzip.BestCompression)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("record: %w", err), file.Close())
		}
		w.out, w.layers = bufio.NewWriter(z), []io.Closer{z, file}
	}
	switch f {
	case Pcap:
		w.enc = classic{unit: time.Microsecond}
	case PcapNano:
		w.enc = classic{unit: time.Nanosecond}
	case PcapNG:
		w.enc = &nextGeneration{}
	default:
		return nil, errors.Join(fmt.Errorf("record: %s: unknown format %q", path, f), file.Close())
	}
	_, w.err = w.out.Write(w.enc.start(l))
	return w, nil
}

// Packet appends a packet. A packet that was seen before its predecessor was written (two goroutines raced from the clock to here)
// gets its predecessor's time, so that times never go back. Errors wait for Close.
func (w *Writer) Packet(at time.Time, data []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil || w.out == nil {
		return
	}
	if at.Before(w.last) {
		at = w.last
	}
	w.last = at
	w.buf = w.enc.packet(w.buf[:0], at, data)
	_, w.err = w.out.Write(w.buf)
}

// Close finishes the capture. Packets that come later are ignored.
func (w *Writer) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.out == nil {
		return nil
	}
	err := errors.Join(w.err, w.out.Flush())
	for _, c := range w.layers {
		err = errors.Join(err, c.Close())
	}
	w.out = nil
	if err != nil {
		return fmt.Errorf("record: %w", err)
	}
	return nil
}
