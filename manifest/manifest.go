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
	LabelType string `json:"label_type,omitempty"`
	Rows      int    `json:"rows"`
	Cols      int    `json:"columns"`
	Form      *Form  `json:"form,omitempty"` // nil: the first bytes of whole sessions
	Files     []File `json:"files"`
	// Variant is the name of these samples among the variants, "" where there are none.
	Variant  string    `json:"variant,omitempty"`
	Variants []Variant `json:"variants,omitempty"` // the others
	Classes  []Class   `json:"classes"`
	Tasks    []Task    `json:"tasks,omitempty"` // label columns; nil if the class table names none
	Split    *Split    `json:"split,omitempty"`
	Totals   Counts    `json:"totals"`
	Captures []Capture `json:"captures"`
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
	Tasks     []string `json:"tasks,omitempty"` // its class in each of Manifest.Tasks
	// Labels counts the samples by label where each session has its own: then Label is
	// that of unknown and Class is BySession. It is sorted by label.
	Labels []LabelCount `json:"labels,omitempty"`
	// Background counts by label the samples whose first packet is traffic that every host
	// sends: port 53, UDP with a port of header.DropBackground, or a multicast or broadcast
	// destination. It is sorted by label; nil in datasets that did not count.
	Background []LabelCount `json:"background,omitzero"`
	// LabelTable is the digest of the table that gave the labels, and of how it was read.
	LabelTable string `json:"label_table,omitempty"`
	// Group is the place of the first capture of its group, from 1, where sessions go on from
	// one capture to the next: then the sessions in the rows are those of the group, and
	// Sessions counts those that begin in this capture.
	Group       int64 `json:"group,omitempty"`
	FirstSample int64 `json:"first_sample"` // samples first_sample ... first_sample+samples-1 are this capture's
	// SamplesDigest is the Sum of this capture's samples, byte
	// after byte as they stand in the file of images.
	SamplesDigest string `json:"samples_digest"`
	// Variants are the same of the other variants, in the order of Manifest.Variants.
	Variants []string `json:"variants_digests,omitempty"`
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
		switch {
		case c.Group < 0 || c.Group > int64(i)+1 || c.Group > 0 && m.Captures[c.Group-1].Group != c.Group:
			return fmt.Errorf("capture %s: its group begins with capture %d, which cannot be", c.Name, c.Group)
		case c.Group == 0 && c.Units > 0 && c.Sessions == 0:
			return fmt.Errorf("capture %s: %d units of no session", c.Name, c.Units)
		}
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
	if err := m.checkTasks(); err != nil {
		return err
	}
	if err := m.CheckVariants(); err != nil {
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
