package store

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/pcapmill/pcapmill/internal/fsys"
	"github.com/pcapmill/pcapmill/manifest"
)

// LayoutName is the name of the file that says where the packets of each sample stand. Only
// datasets have it whose masks hide what a walk from packet to packet needs.
const LayoutName = "sample_layout.bin"

// A PacketLayout says how long the parts of a packet are that reach into a sample, in bytes
// of what it contributed; what is longer than 65535 bytes counts as 65535.
type PacketLayout struct {
	Link, Network, Transport, Payload uint16 // headers, as masked, and payload
	Version, Proto                    uint8  // of IP: 4 or 6; 6 is TCP, 17 UDP
}

// packetLayoutLen is the length of a packet's entry.
const packetLayoutLen = 10

// AppendLayout appends the record of a sample: the number of its packets, then each, all
// little-endian.
func AppendLayout(b []byte, packets []PacketLayout) []byte {
	b = binary.LittleEndian.AppendUint16(b, uint16(len(packets)))
	for _, p := range packets {
		for _, n := range []uint16{p.Link, p.Network, p.Transport, p.Payload} {
			b = binary.LittleEndian.AppendUint16(b, n)
		}
		b = append(b, p.Version, p.Proto)
	}
	return b
}

// sizeOf is the committed size of a file, 0 if the manifest does not list it.
func sizeOf(files []manifest.File, name string) int64 {
	for _, f := range files {
		if f.Name == name {
			return f.Size
		}
	}
	return 0
}

// HasLayouts reports whether the dataset says where the packets of its samples stand.
func (d *Dataset) HasLayouts() bool {
	for _, f := range d.m.Files {
		if f.Name == LayoutName {
			return true
		}
	}
	return false
}

// Layouts reads where the packets of samples stand, in order. It is for one goroutine.
type Layouts struct {
	f       fsys.File
	r       *bufio.Reader
	left    int64 // bytes
	packets []PacketLayout
}

// Layouts opens the file of layouts. The caller closes it.
func (d *Dataset) Layouts() (*Layouts, error) {
	f, err := fsys.OpenInside(d.disk, d.dir, d.inside(LayoutName), os.O_RDONLY)
	if err != nil {
		return nil, err
	}
	return &Layouts{f: f, r: bufio.NewReaderSize(f, 1<<16), left: sizeOf(d.m.Files, LayoutName)}, nil
}

// Next returns the packets of the next sample. They are lent until the next call. Behind
// the last it returns io.EOF.
func (l *Layouts) Next() ([]PacketLayout, error) {
	if l.left == 0 {
		return nil, io.EOF
	}
	var b [packetLayoutLen]byte
	if err := l.read(b[:2]); err != nil {
		return nil, err
	}
	l.packets = l.packets[:0]
	for range binary.LittleEndian.Uint16(b[:]) {
		if err := l.read(b[:]); err != nil {
			return nil, err
		}
		at := func(i int) uint16 { return binary.LittleEndian.Uint16(b[i:]) }
		l.packets = append(l.packets, PacketLayout{at(0), at(2), at(4), at(6), b[8], b[9]})
	}
	return l.packets, nil
}

func (l *Layouts) read(b []byte) error {
	if l.left -= int64(len(b)); l.left < 0 {
		l.left = 0
		return io.ErrUnexpectedEOF
	}
	_, err := io.ReadFull(l.r, b)
	return cutOff(err)
}

// Close closes the file.
func (l *Layouts) Close() error { return l.f.Close() }

// checkLayouts walks the file of layouts: it has one record for each sample.
func (d *Dataset) checkLayouts() error {
	l, err := d.Layouts()
	if err != nil {
		return err
	}
	defer l.Close()
	for i := range d.m.Samples {
		if _, err := l.Next(); err != nil {
			return &pathError{filepath.Join(d.at, LayoutName), fmt.Errorf("sample %d of %d: %w", i, d.m.Samples, cutOff(err))}
		}
	}
	if l.left != 0 {
		return &pathError{filepath.Join(d.at, LayoutName), fmt.Errorf("%d bytes behind the layout of the last sample", l.left)}
	}
	return nil
}
