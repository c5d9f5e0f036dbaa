// Package traffic makes captures to measure with: deterministic, of any size,
// in bounded memory.
//
// A capture is what a Shape and a seed say. Sessions open at a steady rate until
// so many are open as the shape has at once; every step picks an open one at
// random, which sends a short train of packets; a session whose packets are
// sent is replaced. Lengths of sessions are Pareto-distributed in powers of two,
// computed in integers, and random numbers come from a generator written out
// here, so that the same Shape, Config and version of this package give the
// same bytes on every machine.
//
//	shape  packets                        sessions, open at once         stands for
//	mixed  2.25 M a GiB, of 461 bytes     90,200 kept a GiB, 1,500       a link of many users
//	bulk   0.75 M a GiB, of 1,407 bytes   24 in all                      large transfers
//	storm  4.9 M in 512 MiB, of 94 bytes  1.4 M in 512 MiB, 140,000      scans, games, sensors
//	real   as mixed                       as mixed                       the same, as it compresses
//	many   as mixed                       60, a file of their own each   a dataset of small captures
//
// The bytes of a packet are an average of what was captured. TestNumbers checks
// them. Storm goes on in larger files: it has 3.0 M sessions in 1,440 MiB.
//
// Sizes are in bytes of the uncompressed file and are kept from above: the last
// packet that fits is the last. Frames are Ethernet with IPv4 or IPv6, padded to
// 60 bytes, whole; every session has a five-tuple of its own; half of the
// payload is text, half is noise. gzip makes little of mixed all the same (1.6:1),
// as its packets take their text from anywhere. The payload of real is TLS records,
// pages that are sent from their beginning on, and data that repeats: gzip -6 makes
// 2.2:1 of it (TestRatio), as it does of real captures.
// Checksums are arbitrary numbers, as with checksum offloading.
package traffic

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// Config says what Write writes.
type Config struct {
	Shape  string // "mixed", "real", "bulk" or "storm"; for WriteMany "many"
	Seed   uint64
	Size   int64 // of the uncompressed file in bytes, at most
	Most   int64 // packets, at most; 0 = no limit but Size
	Pcapng bool  // one section, one interface, enhanced packet blocks; else pcap
	Gzip   bool  // compressed at the default level
}

// Counts is what was written.
type Counts struct {
	Files    int   `json:"files"`
	Bytes    int64 `json:"bytes"`    // uncompressed
	Packets  int64 `json:"packets"`  // of any kind
	Used     int64 `json:"used"`     // that the default filter keeps
	Sessions int64 `json:"sessions"` // that sent a packet
	Kept     int64 `json:"kept"`     // of which the default filter keeps one
}

// Add adds the counts of another capture.
func (c *Counts) Add(o Counts) {
	c.Files += o.Files
	c.Bytes += o.Bytes
	c.Packets += o.Packets
	c.Used += o.Used
	c.Sessions += o.Sessions
	c.Kept += o.Kept
}

// Shapes are the names that Config.Shape may have.
func Shapes() []string { return []string{"mixed", "real", "bulk", "storm", "many"} }

// Write writes one capture to w. Errors: an unknown shape, and those of w.
func Write(w io.Writer, c Config) (Counts, error) {
	s, ok := shapeOf(c.Shape)
	if !ok {
		return Counts{}, fmt.Errorf("traffic: no shape %q: have %s", c.Shape, strings.Join(Shapes(), ", "))
	}
	out := newFile(w, c)
	m := newMaker(s, c.Seed)
	for {
		frame, time := m.next()
		if !out.fits(len(frame)) || c.Most > 0 && m.counts.Packets == c.Most {
			break
		}
		m.sent()
		out.packet(frame, time)
	}
	m.counts.Files, m.counts.Bytes = 1, out.size
	return m.counts, out.close()
}

// WriteMany writes n captures of together c.Size bytes into dir, which it makes.
// Their sizes are spread like those of real collections: most are small, a few
// hold a good part of all.
func WriteMany(dir string, n int, c Config) (all Counts, err error) {
	if n < 1 {
		return all, fmt.Errorf("traffic: %d files: need at least 1", n)
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return all, err
	}
	weights := make([]int64, n)
	var sum int64
	r := random{c.Seed ^ 0x6d616e79}
	for i := range weights {
		weights[i] = int64(r.pareto(64, 26000, 7))
		sum += weights[i]
	}
	for i, w := range weights {
		one := c
		one.Size = max(4<<10, c.Size/sum*w+c.Size%sum*w/sum)
		one.Seed = r.next()
		counts, err := WriteFile(filepath.Join(dir, fmt.Sprintf("part_%05d%s", i, c.Extension())), one)
		if err != nil {
			return all, err
		}
		all.Add(counts)
	}
	return all, nil
}

// Extension is what the names of such files usually end in.
func (c Config) Extension() string {
	ext := ".pcap"
	if c.Pcapng {
		ext = ".pcapng"
	}
	if c.Gzip {
		ext += ".gz"
	}
	return ext
}

// WriteFile is Write to a new file.
func WriteFile(path string, c Config) (counts Counts, err error) {
	f, err := os.Create(path)
	if err != nil {
		return counts, err
	}
	counts, err = Write(f, c)
	if e := f.Close(); err == nil {
		err = e
	}
	return counts, err
}

// ParseSize reads a number of bytes: "1048576", "512KiB", "256MiB", "1GiB", "25MB".
func ParseSize(text string) (int64, error) {
	var n int64
	var unit string
	if got, _ := fmt.Sscanf(text, "%d%s", &n, &unit); got == 0 || n < 1 {
		return 0, fmt.Errorf("traffic: size %q: need a number of bytes like 1048576 or 256MiB", text)
	}
	factor, ok := map[string]int64{"": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "KB": 1e3, "MB": 1e6, "GB": 1e9}[unit]
	if !ok || n > 1<<62/factor {
		return 0, fmt.Errorf("traffic: size %q: have the units KiB, MiB, GiB, KB, MB, GB", text)
	}
	return n * factor, nil
}
