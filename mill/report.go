package mill

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/pcapmill/pcapmill/capture"
	"github.com/pcapmill/pcapmill/header"
	"github.com/pcapmill/pcapmill/internal/sessions"
)

// Report is what is said of a chunk beside its sessions. Equal chunks have equal reports:
// there is no time in it, and no path.
type Report struct {
	Chunk  int     `json:"chunk"`            // of the plan
	Whole  *whole  `json:"whole,omitempty"`  // of a chunk that is a capture
	Part   *part   `json:"part,omitempty"`   // of other chunks
	Counts counts  `json:"counts"`           // of packets
	Damage *damage `json:"damage,omitempty"` // with which it ends
	Gaps   []gap   `json:"gaps,omitempty"`
}

type whole struct {
	Format      string `json:"format"`
	Compression string `json:"compression,omitempty"`
	Digest      string `json:"digest"`
	Size        int64  `json:"size"` // bytes read from the file
	SHA256      string `json:"sha256,omitempty"`
}

type part struct {
	Format string `json:"format"`
	Begin  int64  `json:"begin"`
	End    int64  `json:"end"`
	Before string `json:"before"`
	After  string `json:"after"`
	Open   bool   `json:"open,omitempty"`
	Leaves string `json:"leaves"` // digests, in hexadecimal, one after the other
}

type counts struct {
	Packets      int64                     `json:"packets"`
	Reasons      []int64                   `json:"reasons"` // by number; header.OK: used
	Unknown      map[header.LinkType]int64 `json:"unknown,omitempty"`
	Links        []header.LinkType         `json:"links"`
	First        int64                     `json:"first"`
	Last         int64                     `json:"last"`
	StartsDiffer bool                      `json:"starts_differ,omitempty"`
	Tunnels      bool                      `json:"tunnels,omitempty"`
	Snapped      int64                     `json:"snapped,omitempty"`
	NamesCut     int64                     `json:"names_cut,omitempty"`
}

type damage struct {
	Packet    uint64                  `json:"packet"`
	Offset    int64                   `json:"offset"`
	Kind      string                  `json:"kind"`
	Detail    string                  `json:"detail"`
	Expansion *capture.ExpansionError `json:"expansion,omitempty"`
}

type gap struct {
	Offset int64  `json:"offset"`
	Bytes  int64  `json:"bytes"`
	Packet uint64 `json:"packet"`
	Detail string `json:"detail"`
	More   int    `json:"more,omitempty"`
}

// kinds of damage that can be reported.
var kinds = []error{capture.ErrTruncated, capture.ErrMalformed}

// Report is what is said of the chunk of the plan that was read.
func (x *Extraction) Report(chunk int) (*Report, error) {
	r := &Report{Chunk: chunk, Counts: counts{
		Packets: x.Packets, Reasons: slices.Clone(x.Reasons[:]), Unknown: x.Unknown, Links: x.LinkTypes,
		First: x.First, Last: x.Last, StartsDiffer: x.startsDiffer, Tunnels: x.tunnels, Snapped: x.snapped, NamesCut: x.namesCut,
	}}
	if d := x.Damage; d != nil {
		r.Damage = &damage{Packet: d.Packet, Offset: d.Offset, Kind: d.Kind.Error(), Detail: strings.ToValidUTF8(d.Detail, "\ufffd")}
		errors.As(d.Err, &r.Damage.Expansion)
		if !slices.Contains(kinds, d.Kind) {
			return nil, d
		}
	}
	for _, g := range x.Gaps {
		r.Gaps = append(r.Gaps, gap{g.Offset, g.Bytes, g.Packet, g.Detail, g.More})
	}
	if p := x.Part; p != nil {
		r.Part = &part{Format: x.Format.Name, Begin: p.Begin, End: p.End, Before: p.Before, After: p.After, Open: p.Open}
		var leaves []byte
		for i := range p.Leaves {
			leaves = append(leaves, p.Leaves[i][:]...)
		}
		r.Part.Leaves = hex.EncodeToString(leaves)
		return r, nil
	}
	r.Whole = &whole{Format: x.Format.Name, Compression: x.Format.Compression, Digest: x.Digest.String(), Size: x.Size, SHA256: x.SHA256}
	return r, nil
}

// Encode is the report as JSON: one line, the same for equal reports.
func (r *Report) Encode() ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(r)
	return b.Bytes(), err
}

// DecodeReport reads what Encode writes, for a chunk of this plan, and refuses other text.
func (p *Plan) DecodeReport(text []byte) (*Report, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	r := &Report{}
	if err := d.Decode(r); err != nil {
		return nil, fmt.Errorf("the report of a chunk: %w", err)
	}
	if again, err := r.Encode(); err != nil || !bytes.Equal(again, text) {
		return nil, errors.New("the report of a chunk is not as it is written")
	}
	if err := p.checkReport(r); err != nil {
		return nil, fmt.Errorf("the report of a chunk: %w", err)
	}
	return r, nil
}

func (p *Plan) checkReport(r *Report) error {
	if r.Chunk < 0 || r.Chunk >= len(p.Chunks) {
		return fmt.Errorf("chunk %d of %d", r.Chunk, len(p.Chunks))
	}
	c := &p.Chunks[r.Chunk]
	in, n := &p.Captures[c.Input], &r.Counts
	if isWhole := c.Group != nil || c.From == 0 && c.To == in.Size; isWhole != (r.Whole != nil) || isWhole == (r.Part != nil) {
		return errors.New("of another way to read the capture")
	}
	sum := int64(0)
	for _, m := range n.Reasons {
		if m < 0 {
			return errors.New("a negative count")
		}
		sum += m
	}
	if len(n.Reasons) != int(header.Reasons) || n.Packets < 0 || sum != n.Packets {
		return fmt.Errorf("%d packets, and %d by reason", n.Packets, sum)
	}
	if _, ok := NumberIn(0, uint64(n.Packets)); !ok {
		return fmt.Errorf("%d packets are too many", n.Packets)
	}
	if d := r.Damage; d != nil && !slices.ContainsFunc(kinds, func(k error) bool { return k.Error() == d.Kind }) {
		return fmt.Errorf("damage of kind %q", d.Kind)
	}
	if r.Part != nil {
		leaves, err := hex.DecodeString(r.Part.Leaves)
		if want := capture.Leaves(c.To) - capture.Leaves(c.From); err != nil || int64(len(leaves)) != 16*want {
			return fmt.Errorf("%d bytes of digests, need %d", len(leaves), 16*want)
		}
		return nil
	}
	if digest, err := hex.DecodeString(r.Whole.Digest); err != nil || len(digest) != 16 {
		return errors.New("no digest")
	}
	return nil
}

// Join is what the reports of a capture's chunks, in order, say together (of a capture of a
// group, its own report): an Extraction
// without sessions, and how many packets stand before each chunk. fits is false if the
// chunks do not prove that they found every record once (see capture.Fits): the capture
// must be read as a whole.
func (p *Plan) Join(input int, reports []*Report) (x *Extraction, before []uint64, fits bool, err error) {
	from, to := p.ChunksOf(input)
	if len(reports) != to-from {
		return nil, nil, false, fmt.Errorf("%d reports of %d chunks", len(reports), to-from)
	}
	in := &p.Captures[input]
	x = &Extraction{}
	var (
		chunks  []capture.Chunk
		parts   []*capture.Part
		damaged []bool
		leaves  [][16]byte
		packets uint64
		seen    = map[header.LinkType]bool{}
	)
	for i, r := range reports {
		if r.Chunk != from+i {
			return nil, nil, false, fmt.Errorf("the report of chunk %d stands where that of %d should", r.Chunk, from+i)
		}
		before = append(before, packets)
		x.join(r, in.Path, packets, seen)
		packets += uint64(r.Counts.Packets)
		if w := r.Whole; w != nil {
			x.Format = capture.Format{Name: w.Format, Compression: w.Compression}
			x.Size, x.SHA256 = w.Size, w.SHA256
			_, err = hex.Decode(x.Digest[:], []byte(w.Digest))
			return x, before, true, err
		}
		chunks, damaged = append(chunks, p.Chunks[from+i].Chunk), append(damaged, r.Damage != nil)
		part := &capture.Part{Begin: r.Part.Begin, End: r.Part.End, Before: r.Part.Before, After: r.Part.After, Open: r.Part.Open}
		parts = append(parts, part)
		raw, err := hex.DecodeString(r.Part.Leaves)
		if err != nil {
			return nil, nil, false, err
		}
		for len(raw) > 0 {
			leaves, raw = append(leaves, [16]byte(raw)), raw[16:]
		}
	}
	x.Format.Name, x.Size = reports[0].Part.Format, in.Size
	x.Digest = capture.DigestOf(leaves, in.Size)
	return x, before, capture.Fits(chunks, parts, damaged), nil
}

// join adds the report of the next chunk.
func (x *Extraction) join(r *Report, path string, before uint64, seen map[header.LinkType]bool) {
	n := &r.Counts
	if n.Packets > 0 {
		x.add(&tally{
			packets: n.Packets, reasons: [header.Reasons]int64(n.Reasons), unknown: n.Unknown, first: n.First, last: n.Last,
			startsDiffer: n.StartsDiffer, tunnels: n.Tunnels, snapped: n.Snapped, namesCut: n.NamesCut,
		})
	}
	for _, l := range n.Links {
		if !seen[l] {
			seen[l] = true
			x.LinkTypes = append(x.LinkTypes, l)
		}
	}
	if d := r.Damage; d != nil && x.Damage == nil {
		x.Damage = &capture.Damage{Path: path, Packet: before + d.Packet, Offset: d.Offset, Detail: d.Detail}
		for _, k := range kinds {
			if k.Error() == d.Kind {
				x.Damage.Kind = k
			}
		}
		if d.Expansion != nil {
			x.Damage.Err = d.Expansion
		}
	}
	for _, g := range r.Gaps {
		x.Gaps = append(x.Gaps, capture.Gap{Offset: g.Offset, Bytes: g.Bytes, Packet: before + g.Packet, Detail: g.Detail, More: g.More})
	}
}

// Place is where sessions of a capture stand, which is divided into chunks: as a Merger
// gives them, their first packets numbered by [NumberIn].
type Place struct {
	File     io.ReaderAt
	Name     string // for messages
	At, Size int64  // bytes
	Sessions int
}

// Hold gives a joined Extraction its sessions, which stand at several places, and lets
// release be called when it is closed.
func (x *Extraction) Hold(o *Options, places []Place, before []uint64) {
	x.list = sessions.NewList()
	like := o.newTable(sessions.NewSeed())
	for _, p := range places {
		x.list.AddRecords(like, sessions.Records{
			File: p.File, Name: p.Name, At: p.At, Size: p.Size, Sessions: p.Sessions,
			Number: func(n uint64) (uint64, error) { return numberOf(n, before) },
		})
	}
}
