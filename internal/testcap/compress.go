package testcap

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"io"

	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
	"github.com/ulikunitz/xz"
)

// A Compression wraps a capture. Compressions lists those that can wrap any bytes; bzip2 has no writer in Go that we use, so
// there is only the fixture of Bzip2.
type Compression struct {
	Name string // as the tool is called: gzip, zstd, lz4, xz
	Wrap func([]byte) []byte
}

// Compressions returns every compression that has a writer, in a fixed order.
func Compressions() []Compression {
	return []Compression{{"gzip", Gzip}, {"zstd", Zstd}, {"lz4", LZ4}, {"xz", XZ}}
}

// Gzip returns b as one gzip member. Two results joined are a file of two members.
func Gzip(b []byte) []byte {
	return wrap(b, func(w io.Writer) (io.WriteCloser, error) { return gzip.NewWriter(w), nil })
}

// Zstd returns b as one zstd frame.
func Zstd(b []byte) []byte {
	return wrap(b, func(w io.Writer) (io.WriteCloser, error) { return zstd.NewWriter(w, zstd.WithEncoderConcurrency(1)) })
}

// LZ4 returns b as one lz4 frame.
func LZ4(b []byte) []byte {
	return wrap(b, func(w io.Writer) (io.WriteCloser, error) { return lz4.NewWriter(w), nil })
}

// XZ returns b as one xz stream.
func XZ(b []byte) []byte {
	return wrap(b, func(w io.Writer) (io.WriteCloser, error) { return xz.NewWriter(w) })
}

// wrap writes to memory, where none of the writers can fail; one that does is a bug in the test and panics.
func wrap(b []byte, open func(io.Writer) (io.WriteCloser, error)) []byte {
	var out bytes.Buffer
	w, err := open(&out)
	if err == nil {
		_, err = w.Write(b)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		panic("testcap: compressing: " + err.Error())
	}
	return out.Bytes()
}

// Bzip2 returns a capture compressed with bzip2 1.0 and the same capture plain: Bzip2Plain.
func Bzip2() (compressed, plain []byte) {
	b, err := base64.StdEncoding.DecodeString(bzip2Fixture)
	if err != nil {
		panic("testcap: bzip2 fixture: " + err.Error())
	}
	return b, Bzip2Plain()
}

// Bzip2Plain is the capture inside the bzip2 fixture: four packets of one TCP and one UDP session. If it changes, make the
// fixture anew: write these bytes to a file, run bzip2 -9 and base64 on it.
func Bzip2Plain() []byte {
	a, b := addr4(198, 51, 100, 7), addr4(203, 0, 113, 9)
	macA, macB := [6]byte{2, 0, 0, 0, 0, 1}, [6]byte{2, 0, 0, 0, 0, 2}
	tcp := func(n int, forth bool, text string) Packet {
		ip, t, eth := IPv4{Src: a, Dst: b}, TCP{SrcPort: 40001, DstPort: 8080}, Eth{Src: macA, Dst: macB}
		if !forth {
			ip.Src, ip.Dst, t.SrcPort, t.DstPort, eth.Src, eth.Dst = b, a, t.DstPort, t.SrcPort, macB, macA
		}
		return Packet{Time: 1_700_000_000_000_000_000 + int64(n)*1000, LinkType: Ethernet, Data: Build(eth, ip, t, Payload(text))}
	}
	udp := Packet{Time: 1_700_000_001_000_000_000, LinkType: Ethernet, Data: Build(Eth{Src: macA, Dst: macB},
		IPv4{Src: a, Dst: b}, UDP{SrcPort: 40002, DstPort: 9999}, Payload("datagram"))}
	return Pcap{LinkType: Ethernet}.File(tcp(0, true, "ask"), tcp(1, false, "answer"), udp, tcp(2, true, "thanks"))
}
