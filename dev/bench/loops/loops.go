// Package loops does the work of "pcapmill convert" with default settings on
// gopacket, the Go library that such tools are usually built on, written as
// somebody would who knows it:
//
//	Parser  DecodingLayerParser into layers that are used again, zero-copy reads
//	Source  PacketSource and its channel, one Packet value a packet
//	Lazy    the same, decoding only the layers that are asked for
//
// The work: read, decode, drop DNS, background traffic and TCP segments without
// payload, add up sessions by five-tuple, mask and keep the first 784 bytes,
// drop equal samples, write the IDX pair. It is less than the product does:
// there is no manifest, no digest of the capture, no damage report, no commit
// that survives a crash. Keys are arrays in a struct, not strings; prefixes are
// allocated once a session, in full.
//
// It does what gopacket can: captures of Ethernet with IPv4 or IPv6, pcap or
// pcapng, plain or gzip, whole packets. The payload's length is that of the
// transport layer: gopacket's parser goes on by port number, stops at ports it
// knows (53, 443) and then shows no payload layer at all.
//
// The tests of package bench compare the files written with the product's.
package loops

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
	"github.com/klauspost/compress/gzip"
)

// Loop adds all packets of a capture to a table.
type Loop func(r packets, t *table) error

// packets is what both of gopacket's readers are.
type packets interface {
	gopacket.PacketDataSource
	gopacket.ZeroCopyPacketDataSource
	LinkType() layers.LinkType
}

// Named returns the loop of that name: "parser", "source" or "lazy".
func Named(name string) (Loop, error) {
	switch name {
	case "parser":
		return Parser, nil
	case "source":
		return Source, nil
	case "lazy":
		return Lazy, nil
	}
	return nil, fmt.Errorf("loops: no loop %q: have parser, source, lazy", name)
}

// Convert reads the capture in, or all files below the directory in, each a
// capture with sessions of its own, and writes the IDX pair to the directory
// out, which it makes. All samples get the label 255. It returns their number.
func Convert(loop Loop, in, out string) (samples int, err error) {
	paths, err := list(in)
	if err != nil {
		return 0, err
	}
	if err := os.MkdirAll(out, 0o777); err != nil {
		return 0, err
	}
	w, err := newPair(out)
	if err != nil {
		return 0, err
	}
	for _, p := range paths {
		t := newTable()
		if err := read(loop, p, t); err != nil {
			return 0, errors.Join(fmt.Errorf("%s: %w", p, err), w.close())
		}
		for _, s := range t.order {
			w.add(s.sample[:])
		}
	}
	return w.count, w.close()
}

func list(in string) (paths []string, err error) {
	err = filepath.WalkDir(in, func(p string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			paths = append(paths, p)
		}
		return err
	})
	slices.Sort(paths)
	return paths, err
}

func read(loop Loop, path string, t *table) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	r := bufio.NewReaderSize(f, 1<<20)
	begin, err := r.Peek(4)
	if err != nil {
		return err
	}
	if begin[0] == 0x1f && begin[1] == 0x8b {
		z, err := gzip.NewReader(r)
		if err != nil {
			return err
		}
		r = bufio.NewReaderSize(z, 1<<20)
		if begin, err = r.Peek(4); err != nil {
			return err
		}
	}
	p, err := open(r, string(begin) == "\n\r\r\n")
	if err != nil {
		return err
	}
	if p.LinkType() != layers.LinkTypeEthernet {
		return fmt.Errorf("loops: link type %d: have Ethernet only", p.LinkType())
	}
	return loop(p, t)
}

func open(r io.Reader, ng bool) (packets, error) {
	if ng {
		return pcapgo.NewNgReader(r, pcapgo.DefaultNgReaderOptions)
	}
	return pcapgo.NewReader(r)
}
