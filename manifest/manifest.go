// Package manifest is the record of what was done: manifest.json, written last.
//
// A directory with a manifest is a dataset of the whole captures that the
// manifest lists, in its order; what stands in the data files behind the
// manifest's lengths is not part of it. It holds the tool's version, the
// settings, the class table, and for every capture where it came from, what was
// left out and why, and which samples it gave. It holds no address and no path
// of the machine that made it; names are relative to what the user named.
//
// Two laws hold for every capture and in total (see Counts.Check):
//
//	packets  = used + left out by reason
//	sessions = samples + duplicates + empty + left out by reason
//
// Everything in it is a function of the captures and the settings, except
// seconds, the time it took.
package manifest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"

	"github.com/pcapmill/pcapmill/internal/plainjson"
)

// Name is the manifest's file name in its dataset's directory.
const Name = "manifest.json"

// Format and Version say how to read the file. A reader refuses other formats
// and higher versions.
const (
	Format  = "pcapmill dataset"
	Version = 1
)

// Manifest is the content of manifest.json.
type Manifest struct {
	Format   string   `json:"format"`
	Version  int      `json:"version"`
	Tool     Tool     `json:"tool"`
	Settings Settings `json:"settings"`
	Samples  int64    `json:"samples"` // in the data files, all captures together
	// LabelType is the type of the labels in the data files: "int32" where there are
	// more than 255 classes, else "", which means "uint8". It never changes.
	LabelType string    `json:"label_type,omitempty"`
	Rows      int       `json:"rows"`
	Cols      int       `json:"columns"`
	Form      *Form     `json:"form,omitempty"` // nil: the first bytes of whole sessions
	Files     []File    `json:"files"`
	Classes   []Class   `json:"classes"`
	Split     *Split    `json:"split,omitempty"`
	Totals    Counts    `json:"totals"`
	Captures  []Capture `json:"captures"`
}

// Tool is what wrote the dataset last.
type Tool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// File is a data file beside the manifest.
type File struct {
	Name string `json:"name"`
	Size int64  `json:"size"` // bytes
}

// LabelInt32 is the LabelType of datasets whose labels take four bytes each.
const LabelInt32 = "int32"

// UnknownName is the name of the class of samples that no class matches. Its label is
// Manifest.Unknown.
const UnknownName = "unknown"

// Class is one row of the class table. The one that is called "unknown" stands behind the
// others and only if it has samples.
type Class struct {
	Label    uint16   `json:"label"`
	Name     string   `json:"name"`
	Keywords []string `json:"keywords,omitempty"`
	Samples  int64    `json:"samples"`
}

// Capture is what became of one capture.
type Capture struct {
	Name      string   `json:"name"`             // relative to what the user named, with slashes
	Size      int64    `json:"size"`             // bytes read from the file, before undoing compression
	Digest    string   `json:"digest"`           // of the uncompressed content, see capture.Digest
	SHA256    string   `json:"sha256,omitempty"` // of the file, as it is on disk; only with --input-sha256
	Format    string   `json:"format"`           // "pcap", "pcapng", "pcap in gzip", ...
	LinkTypes []string `json:"link_types"`
	Label     uint16   `json:"label"`
	Class     string   `json:"class"`
	// Labels counts the samples by label where each session has its own: then Label is
	// that of unknown and Class is BySession. It is sorted by label.
	Labels []LabelCount `json:"labels,omitempty"`
	// Background counts by label the samples whose first packet is traffic that every host
	// sends: port 53, UDP with a port of header.DropBackground, or a multicast or broadcast
	// destination. It is sorted by label; nil in datasets that did not count.
	Background []LabelCount `json:"background,omitzero"`
	// LabelTable is the digest of the table that gave the labels, and of how it was read.
	LabelTable  string `json:"label_table,omitempty"`
	FirstSample int64  `json:"first_sample"` // samples first_sample ... first_sample+samples-1 are this capture's
	// SamplesDigest is the Sum of this capture's samples, byte
	// after byte as they stand in the file of images.
	SamplesDigest string `json:"samples_digest"`
	// RowsDigest is the Sum of this capture's records in
	// sample_table.bin.
	RowsDigest string `json:"rows_digest"`
	Counts
	Damage *Damage `json:"damage,omitempty"`
	Gaps   []Gap   `json:"gaps,omitempty"` // in order, at most 256
}

// Damage says where a capture ended before its end.
type Damage struct {
	Kind   string `json:"kind"`   // "truncated", "malformed", "unreadable" or "interrupted"
	Offset int64  `json:"offset"` // bytes of the uncompressed stream
	Packet uint64 `json:"packet"` // number of the packet that could not be read, from 1
	Detail string `json:"detail"`
}

// Counts is what happened to packets and sessions, of one capture or of all.
type Counts struct {
	Packets int64            `json:"packets"`
	Used    int64            `json:"packets_used"`
	LeftOut map[string]int64 `json:"packets_left_out"` // by reason; only reasons that occurred
	// Snapped are used packets of which not all was captured. NamesCut are names that are
	// masked and go on behind the end of their used packet: the rest of them is not masked.
	Snapped    int64 `json:"packets_snapped,omitempty"`
	NamesCut   int64 `json:"names_cut,omitempty"`
	Sessions   int64 `json:"sessions"`
	Units      int64 `json:"units,omitempty"` // where a session can have several, see Settings.Units
	Samples    int64 `json:"samples"`
	Duplicates int64 `json:"duplicates"`
	Empty      int64 `json:"empty"` // sessions without a byte
	// SessionsLeftOut are sessions or units with bytes that were not wanted, by reason; only
	// reasons that occurred.
	SessionsLeftOut map[string]int64 `json:"sessions_left_out,omitempty"`
	Conflicts       int64            `json:"conflicts"` // samples whose bytes stand under another label too
	// LabelConflicts are sessions that matched rows of several classes, or had packets of
	// several.
	LabelConflicts int64 `json:"label_conflicts,omitempty"`
	// Sessions with bytes that were wanted, duplicates included, by how they fit the sample.
	Truncated int64 `json:"truncated"`
	Padded    int64 `json:"padded"`
	Exact     int64 `json:"exact"`
	// Bytes that they had before they were cut or padded, and the mean.
	OriginalBytes int64   `json:"original_bytes"`
	MeanLength    float64 `json:"mean_original_length"`
	Seconds       float64 `json:"seconds"` // wall time spent; the only value that is not reproducible
}

// Settle computes what follows from the other fields.
func (c *Counts) Settle() {
	c.MeanLength = 0
	if n := c.full(); n > 0 {
		c.MeanLength = float64(c.OriginalBytes) / float64(n)
	}
}

// full is the number of sessions or units with bytes that were wanted.
func (c *Counts) full() int64 { return c.units() - c.Empty - sum(c.SessionsLeftOut) }

// units is the number of units, each of which gives at most one sample.
func (c *Counts) units() int64 {
	if c.Units > 0 {
		return c.Units
	}
	return c.Sessions
}

func sum(counts map[string]int64) (n int64) {
	for _, k := range counts {
		n += k
	}
	return n
}

// Add adds the counts of another part.
func (c *Counts) Add(o *Counts) {
	c.Packets += o.Packets
	c.Used += o.Used
	c.Snapped += o.Snapped
	c.NamesCut += o.NamesCut
	if c.LeftOut == nil {
		c.LeftOut = map[string]int64{}
	}
	for reason, n := range o.LeftOut {
		c.LeftOut[reason] += n
	}
	c.Sessions += o.Sessions
	c.Units += o.Units
	c.Samples += o.Samples
	c.Duplicates += o.Duplicates
	c.Empty += o.Empty
	for reason, n := range o.SessionsLeftOut {
		if c.SessionsLeftOut == nil {
			c.SessionsLeftOut = map[string]int64{}
		}
		c.SessionsLeftOut[reason] += n
	}
	c.Conflicts += o.Conflicts
	c.LabelConflicts += o.LabelConflicts
	c.Truncated += o.Truncated
	c.Padded += o.Padded
	c.Exact += o.Exact
	c.OriginalBytes += o.OriginalBytes
	c.Seconds += o.Seconds
	c.Settle()
}

// Check tells whether the laws hold.
func (c *Counts) Check() error {
	var left int64
	least := min(c.Packets, c.Used, c.Snapped, c.NamesCut, c.Sessions, c.Units, c.Samples, c.Duplicates, c.Empty, c.Conflicts, c.LabelConflicts, c.Truncated, c.Padded, c.Exact, c.OriginalBytes)
	for _, n := range c.LeftOut {
		left += n
		least = min(least, n)
	}
	for _, n := range c.SessionsLeftOut {
		least = min(least, n)
	}
	unwanted := sum(c.SessionsLeftOut)
	settled := *c
	settled.Settle()
	switch {
	case least < 0:
		return fmt.Errorf("a count of %d", least)
	case c.Packets != c.Used+left:
		return fmt.Errorf("%d packets, but %d used and %d left out", c.Packets, c.Used, left)
	case c.Snapped > c.Used:
		return fmt.Errorf("%d packets snapped, but only %d used", c.Snapped, c.Used)
	case c.Units > 0 && (c.Sessions > c.Units || c.Sessions == 0):
		return fmt.Errorf("%d units of %d sessions", c.Units, c.Sessions)
	case c.units() != c.Samples+c.Duplicates+c.Empty+unwanted:
		what := "sessions"
		if c.Units > 0 {
			what = "units"
		}
		return fmt.Errorf("%d %s, but %d samples, %d duplicates, %d empty and %d left out", c.units(), what, c.Samples, c.Duplicates, c.Empty, unwanted)
	case c.full() != c.Truncated+c.Padded+c.Exact:
		return fmt.Errorf("%d sessions with bytes, but %d truncated, %d padded and %d exact", c.full(), c.Truncated, c.Padded, c.Exact)
	case c.Conflicts > c.Samples:
		return fmt.Errorf("%d conflicts, but only %d samples", c.Conflicts, c.Samples)
	case c.LabelConflicts > c.Sessions:
		return fmt.Errorf("%d conflicts of labels, but only %d sessions", c.LabelConflicts, c.Sessions)
	case c.MeanLength != settled.MeanLength:
		return fmt.Errorf("mean length %v, but %d bytes in %d sessions", c.MeanLength, c.OriginalBytes, c.full())
	}
	return nil
}

// equal compares everything but the time spent.
func (c *Counts) equal(o *Counts) bool {
	return maps.Equal(c.LeftOut, o.LeftOut) && maps.Equal(c.SessionsLeftOut, o.SessionsLeftOut) &&
		c.Packets == o.Packets && c.Used == o.Used && c.Snapped == o.Snapped && c.NamesCut == o.NamesCut && c.Sessions == o.Sessions && c.Units == o.Units && c.Samples == o.Samples &&
		c.Duplicates == o.Duplicates && c.Empty == o.Empty && c.Conflicts == o.Conflicts && c.LabelConflicts == o.LabelConflicts &&
		c.Truncated == o.Truncated && c.Padded == o.Padded && c.Exact == o.Exact &&
		c.OriginalBytes == o.OriginalBytes && c.MeanLength == o.MeanLength
}

// Check tells whether the manifest agrees with itself: laws, totals, ranges of
// samples, classes.
func (m *Manifest) Check() error {
	var sum Counts
	next := int64(0)
	perLabel := map[uint16]int64{}
	for i := range m.Captures {
		c := &m.Captures[i]
		if err := c.Check(); err != nil {
			return fmt.Errorf("capture %s: %w", c.Name, err)
		}
		if err := c.checkGaps(); err != nil {
			return fmt.Errorf("capture %s: %w", c.Name, err)
		}
		if c.FirstSample != next {
			return fmt.Errorf("capture %s: its first sample is %d, but the captures before it have %d", c.Name, c.FirstSample, next)
		}
		next += c.Samples
		if err := c.count(perLabel); err != nil {
			return err
		}
		if err := c.checkBackground(); err != nil {
			return err
		}
		sum.Add(&c.Counts)
	}
	if next != m.Samples {
		return fmt.Errorf("%d samples, but the captures have %d", m.Samples, next)
	}
	if err := m.Split.check(m.Samples); err != nil {
		return err
	}
	if err := m.Totals.Check(); err != nil {
		return fmt.Errorf("totals: %w", err)
	}
	if !m.Totals.equal(&sum) {
		return errors.New("totals: they are not the sums of the captures")
	}
	if err := m.checkLabels(); err != nil {
		return err
	}
	listed := map[uint16]bool{}
	for _, c := range m.Classes {
		if listed[c.Label] {
			return fmt.Errorf("class %s: label %d is another class's too", c.Name, c.Label)
		}
		listed[c.Label] = true
		if c.Samples != perLabel[c.Label] {
			return fmt.Errorf("class %s: %d samples, but its captures have %d", c.Name, c.Samples, perLabel[c.Label])
		}
		delete(perLabel, c.Label)
	}
	for label := range perLabel {
		return fmt.Errorf("label %d is in no class", label)
	}
	return nil
}

// Unknown is the label of samples that no class matches: 255, or 65535 where labels are
// int32.
func (m *Manifest) Unknown() uint16 {
	if m.LabelType == LabelInt32 {
		return math.MaxUint16
	}
	return math.MaxUint8
}

// checkLabels tells whether the label type is the one that the class table needs.
func (m *Manifest) checkLabels() error {
	need, known := "", 0
	for _, c := range m.Classes {
		switch {
		case c.Name != UnknownName:
			known++
		case c.Label != m.Unknown():
			return fmt.Errorf("class %s: label %d, need %d", c.Name, c.Label, m.Unknown())
		}
	}
	if known > math.MaxUint8 {
		need = LabelInt32
	}
	if m.LabelType != need {
		return fmt.Errorf("labels of type %q, but %d classes need type %q", m.LabelType, known, need)
	}
	return nil
}

// Parse reads a manifest.
func Parse(text []byte) (*Manifest, error) {
	var head struct {
		Format  string `json:"format"`
		Version int    `json:"version"`
	}
	if err := json.Unmarshal(text, &head); err != nil {
		return nil, fmt.Errorf("not a manifest: %w", err)
	}
	if head.Format != Format {
		return nil, fmt.Errorf("not a manifest of pcapmill: format %q, need %q", head.Format, Format)
	}
	if head.Version > Version {
		return nil, fmt.Errorf("version %d, this program reads up to %d: use a newer pcapmill", head.Version, Version)
	}
	if err := plausible(text); err != nil {
		return nil, err
	}
	m := &Manifest{}
	type plain Manifest
	wire := struct {
		*plain
		Captures []json.RawMessage `json:"captures"`
	}{plain: (*plain)(m)}
	if err := decode(text, &wire); err != nil {
		return nil, err
	}
	if wire.Captures != nil {
		m.Captures = make([]Capture, 0, min(len(wire.Captures), len(text)/leastCapture))
	}
	for i, entry := range wire.Captures {
		if len(entry) < leastCapture {
			return nil, fmt.Errorf("the entry of capture %d has %d bytes: it is not one that pcapmill wrote", i, len(entry))
		}
		m.Captures = append(m.Captures, Capture{})
		if err := decode(entry, &m.Captures[i]); err != nil {
			return nil, fmt.Errorf("capture %d: %w", i, err)
		}
	}
	return m, nil
}

// leastCapture is fewer bytes than any entry of a capture has. With it, and with plausible,
// a manifest takes a few times its own length in memory, whoever wrote it.
const leastCapture = 100

// plausible refuses a text that consists of little but objects: each takes more memory
// than its two braces say.
func plausible(text []byte) error {
	if n := bytes.Count(text, []byte("{")); n > 4096+len(text)/16 {
		return fmt.Errorf("%d objects in %d bytes: it is not a text that pcapmill wrote", n, len(text))
	}
	return nil
}

// decode reads JSON without fields that v does not have.
func decode(text []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	return d.Decode(v)
}

// Encode is the text of the file: indented JSON in a fixed order, in which
// nothing can disturb a terminal.
func (m *Manifest) Encode() ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	if err := e.Encode(m); err != nil {
		return nil, err
	}
	return plainjson.Escape(b.Bytes()), nil
}
