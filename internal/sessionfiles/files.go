package sessionfiles

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/pcapmill/pcapmill/capture"
	"github.com/pcapmill/pcapmill/header"
	"github.com/pcapmill/pcapmill/mask"
)

// Times is what files say about when packets were captured.
type Times uint8

// Choices of times.
const (
	KeepTimes     Times = iota
	RelativeTimes       // a session begins at 1970-01-01; before that there is nothing
	NoTimes             // all packets are of 1970-01-01
)

// DefaultBuffer is how many bytes of records are collected in memory if nobody says.
const DefaultBuffer = 32 << 20

// Options are the choices of a run.
type Options struct {
	Policy   mask.Policy
	Key      []byte // for pseudonyms
	Times    Times
	Comments bool                   // pcapng, with a comment a packet
	Folder   func(label int) string // of a class, see png.Folders

	// Sessions with fewer packets, fewer bytes or less time, in nanoseconds between the
	// earliest and the latest packet, have no file.
	MinPackets, MinBytes, MinSpan int64
	// Buffer bounds the records in memory, in bytes; 0: DefaultBuffer.
	Buffer int
}

// Check refuses a policy whose output would be no packets.
func Check(p *mask.Policy) error {
	switch {
	case p.Content == mask.Payload:
		return errors.New("--content payload leaves no packets: their headers are missing")
	case p.IP == mask.Remove:
		return errors.New("--ip remove leaves no packets: their IP headers are too short; zero keeps the length")
	case p.UDPPad:
		return errors.New("--udp-pad leaves no packets: what stands behind a UDP header is its payload")
	}
	return nil
}

// Capture is one capture of the run.
type Capture struct {
	Index int // place in the run, from 0
	Path  string
	Name  string
	Label int
	Class string
}

// unit is a session of the capture in hand.
type unit struct {
	records  []byte // not in its file yet
	links    []header.LinkType
	firsts   *mask.Firsts // with relative numbers
	first    int64        // time of its first packet
	earliest int64        // of all of its packets
	latest   int64
	packets  int64
	bytes    int64 // of packets, as they stand in the file
	size     int64 // of the file, what is in records included
	proto    string
	onDisk   bool
	left     bool // it has no file, whatever it holds
}

// name is the file of a session.
func (w *Writer) name(id int) string {
	end := "pcap"
	if w.o.Comments {
		end = "pcapng"
	}
	return fmt.Sprintf("%s/c%05d-s%07d.%s", w.o.Folder(w.now.Label), w.now.Index, id, end)
}

// Add masks a packet of the session at place id of the capture in hand and appends it. A
// place is that of the session before or one more, or one that was there.
func (w *Writer) Add(id int, p *capture.Packet, l *header.Layout) error {
	for id >= len(w.units) {
		w.units = append(w.units, unit{first: p.Time, earliest: p.Time, latest: p.Time, proto: map[bool]string{true: "udp", false: "tcp"}[l.IsUDP()]})
	}
	u := &w.units[id]
	w.scratch = w.masker.Append(w.scratch[:0], p.Data, l)
	w.resolve(u, p.Data, l)
	r := record{time: w.time(u, p.Time), link: w.link(l), data: w.scratch}
	r.original = max(len(r.data), l.Payload()-w.masker.Start(l)+l.PayloadLen())
	before := len(u.records)
	if err := w.append(id, u, &r, p); err != nil {
		return err
	}
	u.packets++
	u.earliest, u.latest = min(u.earliest, p.Time), max(u.latest, p.Time)
	u.bytes += int64(len(r.data))
	n := len(u.records) - before
	u.size += int64(n)
	if w.held += n; w.held > w.o.Buffer {
		return w.flush()
	}
	return nil
}

// append appends a packet to the records of a session.
func (w *Writer) append(id int, u *unit, r *record, p *capture.Packet) error {
	face := slices.Index(u.links, r.link)
	if !w.o.Comments {
		switch {
		case len(u.links) == 0:
			u.records = appendPcapHeader(u.records, r.link)
			u.links = append(u.links, r.link)
		case face < 0:
			return &MixedError{w.now.Path, p.At.Packet, u.links[0], r.link}
		}
		u.records = appendPcap(u.records, r)
		return nil
	}
	if len(u.links) == 0 {
		u.records = appendSection(u.records)
	}
	if face < 0 {
		face = len(u.links)
		u.links = append(u.links, r.link)
		u.records = appendInterface(u.records, r.link)
	}
	r.comment = fmt.Sprintf("%d,%s", w.before+int64(id), w.class)
	u.records = appendEnhanced(u.records, face, r)
	return nil
}

// A MixedError reports a session whose packets have two link types, which a pcap file
// cannot hold.
type MixedError struct {
	Path   string
	Packet uint64 // of the capture, from 1
	Of, As header.LinkType
}

// Error names the packet.
func (e *MixedError) Error() string {
	return fmt.Sprintf("%s: packet %d: its session has packets of the link type %v, and this one is %v: a pcap file has one", e.Path, e.Packet, e.Of, e.As)
}

// Paths are the paths that the error names.
func (e *MixedError) Paths() []string { return []string{e.Path} }

// Hint says what to do about it.
func (e *MixedError) Hint() string {
	return "--mac remove begins all packets at their IP header; --comments writes pcapng, which can have both"
}

// link is the link type of what a packet contributes.
func (w *Writer) link(l *header.Layout) header.LinkType {
	if w.o.Policy.MAC != mask.Remove && l.IsEthernet() {
		return header.LinkTypeEthernet
	}
	return header.LinkTypeRaw
}

// time is that of a packet in its file.
func (w *Writer) time(u *unit, t int64) int64 {
	switch w.o.Times {
	case RelativeTimes:
		return max(0, t-u.first)
	case NoTimes:
		return 0
	}
	return t
}

// resolve puts the relative numbers of the packet in scratch into their places.
func (w *Writer) resolve(u *unit, data []byte, l *header.Layout) {
	if !w.relative {
		return
	}
	if u.firsts == nil {
		u.firsts = &mask.Firsts{}
	}
	w.numbers = w.masker.Numbers(w.numbers[:0], data, l)
	up := l.FromLower()
	for _, n := range w.numbers {
		u.firsts.Note(n, up)
	}
	for _, n := range w.numbers {
		mask.PutNumber(w.scratch, n.At, u.firsts.Resolve(n, up))
	}
}

// comment is a class as it stands in comments: UTF-8 without line ends, at most 1000 bytes,
// and with a line in the place of what pcapML takes for the end of a label or of a key.
func comment(class string) string {
	class = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r):
			return unicode.ReplacementChar
		case r == ',' || r == '=':
			return '_'
		}
		return r
	}, strings.ToValidUTF8(class, "\uFFFD"))
	for len(class) > 1000 {
		class = class[:len(class)-1]
	}
	return strings.ToValidUTF8(class, "")
}
