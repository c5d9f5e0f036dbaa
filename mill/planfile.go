package mill

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/pcapmill/pcapmill/capture"
	"github.com/pcapmill/pcapmill/internal/objects"
	"github.com/pcapmill/pcapmill/internal/version"
	"github.com/pcapmill/pcapmill/label"
	"github.com/pcapmill/pcapmill/label/flows"
	"github.com/pcapmill/pcapmill/manifest"
	"github.com/pcapmill/pcapmill/mask"
)

// What the JSON of a plan says about itself.
const (
	planFormat  = "pcapmill plan"
	planVersion = 1
)

// planFile is a plan as JSON. Its fields stand in byte-wise order of their keys, here and
// below, so that what encoding/json writes is the canonical text that the id is made of.
type planFile struct {
	Behind       map[string]string `json:"behind,omitempty"`
	Chunks       []planChunk       `json:"chunks,omitempty"`
	Classes      []planClass       `json:"classes"`
	Format       string            `json:"format"`
	ID           string            `json:"id,omitempty"` // SHA-256 of the text without it
	InputSHA256  bool              `json:"input_sha256,omitempty"`
	Inputs       []planInput       `json:"inputs"`
	MaxExpansion int               `json:"max_expansion"`
	Parts        int               `json:"parts,omitempty"`
	Settings     json.RawMessage   `json:"settings"` // of the manifest
	Table        *planTable        `json:"table,omitempty"`
	Tasks        []planTask        `json:"tasks,omitempty"`
	Tool         string            `json:"tool"` // version
	Unknown      string            `json:"unknown"`
	Variant      string            `json:"variant,omitempty"`
	Variants     []planVariant     `json:"variants,omitempty"`
	Version      int               `json:"version"`
}

// planVariant is a variant but the first.
type planVariant struct {
	Name     string          `json:"name"`
	Settings json.RawMessage `json:"settings"` // of the manifest
}

// planClass is a class. Its label is its place.
type planClass struct {
	Keywords []string `json:"keywords"`
	Name     string   `json:"name"`
}

// planTask is a label column.
type planTask struct {
	Classes []planClass `json:"classes"`
	Name    string      `json:"name"`
}

// planClasses are the classes of a table as a plan has them.
func planClasses(t *label.Table) []planClass {
	classes := []planClass{}
	for _, c := range t.Classes {
		classes = append(classes, planClass{Name: c.Name, Keywords: append([]string{}, c.Keywords...)})
	}
	return classes
}

// planned are the classes of a table that a plan has.
func planned(classes []planClass) (list []label.Class, err error) {
	if len(classes) > label.MaxClasses {
		return nil, fmt.Errorf("%d classes, need at most %d", len(classes), label.MaxClasses)
	}
	for i, c := range classes {
		list = append(list, label.Class{ID: uint16(i), Name: c.Name, Keywords: c.Keywords})
	}
	return list, nil
}

// planChunk is a part of a capture, from one byte of its file to another, or a group.
type planChunk struct {
	From  int64 `json:"from"`
	Group []int `json:"group,omitempty"`
	Input int   `json:"input"`
	To    int64 `json:"to"`
}

// planInput is a capture, with what pins its content: size and time of modification.
type planInput struct {
	Archive     *planMember `json:"archive,omitempty"`
	Class       string      `json:"class"`
	Compression string      `json:"compression,omitempty"`
	ETag        string      `json:"etag,omitempty"` // of an object
	Format      string      `json:"format"`
	Keyword     string      `json:"keyword,omitempty"`
	Label       uint16      `json:"label"`
	Modified    time.Time   `json:"modified"`
	Name        string      `json:"name"`
	Size        int64       `json:"size"`
	Tasks       []string    `json:"tasks,omitempty"`
	URI         string      `json:"uri"`
}

// planTable is a table of flows. Its digest stands in the settings.
type planTable struct {
	Columns string `json:"columns,omitempty"`
	Errors  string `json:"errors,omitempty"`
	Offset  string `json:"offset,omitempty"`
	Preset  string `json:"preset,omitempty"`
	Times   string `json:"times,omitempty"`
	URI     string `json:"uri"`
	Zone    string `json:"zone,omitempty"`
}

// PlanError says why a plan that was read from JSON cannot be carried out here.
type PlanError struct {
	Lines []string
	paths []string
}

func (e *PlanError) Error() string {
	return "the plan cannot be carried out:\n  " + strings.Join(e.Lines, "\n  ")
}

// Paths are the paths that the error names.
func (e *PlanError) Paths() []string { return e.paths }

// MarshalJSON writes the plan as one JSON object: settings, class table, and the captures
// in order, each with its size and time of modification. Equal plans have equal text.
//
// Not in it are the key, of which the settings have the id only, what belongs to a machine
// (Out, Workers, Memory, Tmp, BlockLength), and what is not read (Skipped, Problems). A
// plan with a capture that can be read only once has no JSON.
func (p Plan) MarshalJSON() ([]byte, error) {
	f, err := p.file()
	if err != nil {
		return nil, err
	}
	if f.ID, err = f.id(); err != nil {
		return nil, err
	}
	return f.text()
}

// UnmarshalJSON reads what MarshalJSON writes. It refuses unknown fields, other versions of
// the format or of the tool, and a text that its id does not belong to.
//
// The plan can be run when Out is set, and Key if it was made with one. The table of flows,
// if it has one, is read by Run unless Flows is set.
func (p *Plan) UnmarshalJSON(text []byte) error {
	var f planFile
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&f); err != nil {
		return fmt.Errorf("plan: %w", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("plan: something follows its end")
	}
	switch {
	case f.Format != planFormat:
		return fmt.Errorf("plan: format %q, need %q", f.Format, planFormat)
	case f.Version != planVersion:
		return fmt.Errorf("plan: version %d, need %d", f.Version, planVersion)
	case f.Tool != version.String():
		return fmt.Errorf("plan: it was made by pcapmill %s, this is %s: make it again", f.Tool, version.String())
	}
	var set manifest.Settings
	if err := json.Unmarshal(f.Settings, &set); err != nil {
		return fmt.Errorf("plan: %w", err)
	}
	var err error
	if f.Settings, err = set.Canonical(); err != nil {
		return fmt.Errorf("plan: %w", err)
	}
	others := make([]manifest.Settings, len(f.Variants))
	for i := range others {
		if err := json.Unmarshal(f.Variants[i].Settings, &others[i]); err != nil {
			return fmt.Errorf("plan: variant %q: %w", f.Variants[i].Name, err)
		}
		if f.Variants[i].Settings, err = others[i].Canonical(); err != nil {
			return fmt.Errorf("plan: %w", err)
		}
	}
	if id, err := f.id(); err != nil || id != f.ID {
		return errors.Join(err, fmt.Errorf("plan: its id is not %s: it was changed or damaged; make it again", f.ID))
	}
	made, err := f.plan(set, others)
	if err != nil {
		return fmt.Errorf("plan: %w", err)
	}
	made.id = f.ID
	*p = *made
	return nil
}

// ID is the id of the plan, as its JSON has it, in 64 hexadecimal digits.
func (p *Plan) ID() (string, error) {
	if p.id != "" {
		return p.id, nil
	}
	f, err := p.file()
	if err != nil {
		return "", err
	}
	return f.id()
}

// id is the SHA-256, in hexadecimal, of the text without an id.
func (f planFile) id() (string, error) {
	f.ID = ""
	text, err := f.text()
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), err
}

// text is the canonical JSON: keys in order, no space, no escapes but those that JSON needs.
func (f planFile) text() ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(f)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

// file is the plan as JSON has it, without id.
func (p *Plan) file() (*planFile, error) {
	if p.Labels == nil || p.planned == nil && p.LabelFrom == FromTable && p.Flows == nil {
		return nil, errors.New("plan: it was not prepared: it has no class table or no table of flows")
	}
	set := p.planned
	if set == nil {
		s := p.settings()
		set = &s
	}
	text, err := set.Canonical()
	if err != nil {
		return nil, fmt.Errorf("plan: %w", err)
	}
	f := &planFile{
		Format: planFormat, Version: planVersion, Tool: version.String(), Settings: text, Unknown: p.Unknown.String(),
		MaxExpansion: p.MaxExpansion, InputSHA256: p.InputSHA256, Classes: planClasses(p.Labels), Inputs: make([]planInput, len(p.Captures)),
		Behind: p.Behind, Parts: p.Parts, Variant: p.Variant,
	}
	others := p.others
	if p.planned == nil {
		others = p.otherSettings()
	}
	for i := range others {
		text, err := others[i].Canonical()
		if err != nil {
			return nil, fmt.Errorf("plan: %w", err)
		}
		f.Variants = append(f.Variants, planVariant{Name: p.Variants[i].Name, Settings: text})
	}
	for _, c := range p.Chunks {
		f.Chunks = append(f.Chunks, planChunk{Input: c.Input, From: c.From, To: c.To, Group: c.Group})
	}
	for i := range p.Labels.Tasks {
		t := &p.Labels.Tasks[i]
		f.Tasks = append(f.Tasks, planTask{Classes: planClasses(t), Name: t.Name})
	}
	if t := &p.Table; p.LabelFrom == FromTable {
		f.Table = &planTable{URI: uriOf(t.Path), Preset: t.Preset, Columns: t.Columns, Times: t.Times, Zone: t.Zone, Offset: t.Offset, Errors: t.Errors}
	}
	for i := range p.Captures {
		in := &p.Captures[i]
		if in.Stream {
			return nil, fmt.Errorf("plan: %s can be read only once: a plan is for files", in.Path)
		}
		f.Inputs[i] = planInput{
			URI: uriOf(in.Path), Name: in.Name, Size: in.Size, Modified: in.Modified.UTC(), Format: in.Format.Name,
			Compression: in.Format.Compression, ETag: in.version, Label: in.Label, Class: in.Class, Keyword: in.Keyword, Tasks: in.Tasks,
		}
		if m := in.member; m != nil {
			f.Inputs[i].URI, f.Inputs[i].Archive = uriOf(m.Archive), memberOf(m, in.archiveSize)
		}
	}
	return f, nil
}

// plan is the plan that the JSON describes.
func (f *planFile) plan(set manifest.Settings, others []manifest.Settings) (*Plan, error) {
	o, err := optionsOf(set)
	if err != nil {
		return nil, err
	}
	o.Variant = f.Variant
	for i := range others {
		own, err := optionsOf(others[i])
		if err != nil {
			return nil, fmt.Errorf("variant %q: %w", f.Variants[i].Name, err)
		}
		o.Variants = append(o.Variants, Variant{Name: f.Variants[i].Name, Mask: own.Mask, Form: own.Form, Shape: own.Shape, Forge: own.Forge})
	}
	if o.Unknown, err = ParseUnknown(f.Unknown); err != nil {
		return nil, err
	}
	o.MaxExpansion, o.InputSHA256 = f.MaxExpansion, f.InputSHA256
	o.Labels = &label.Table{Name: set.Get("labels")}
	if set.Get("labels_sha256") != "" { // a file, even if it is called like a built-in table
		o.Labels.Name = "." + string(filepath.Separator) + o.Labels.Name
	}
	if o.Labels.Classes, err = planned(f.Classes); err != nil {
		return nil, err
	}
	for _, t := range f.Tasks {
		task := label.Table{Name: t.Name}
		if task.Classes, err = planned(t.Classes); err != nil {
			return nil, fmt.Errorf("task %s: %w", t.Name, err)
		}
		o.Labels.Tasks = append(o.Labels.Tasks, task)
	}
	if (o.LabelFrom == FromTable) != (f.Table != nil) {
		return nil, errors.New("labels from a table need one, and others none")
	}
	if t := f.Table; t != nil {
		o.Table = flows.Source{Preset: t.Preset, Columns: t.Columns, Times: t.Times, Zone: t.Zone, Offset: t.Offset, Errors: t.Errors}
		if o.Table.Path, err = pathOf(t.URI); err != nil {
			return nil, err
		}
	}
	if err := o.checkPlanned(); err != nil {
		return nil, err
	}
	p := &Plan{Options: o, Captures: make([]Input, len(f.Inputs)), planned: &set, others: others, Parts: f.Parts, Behind: f.Behind}
	p.opener = newOpener(p)
	for i := range f.Inputs {
		in := &f.Inputs[i]
		path, err := pathOf(in.URI)
		if err != nil {
			return nil, fmt.Errorf("input %d: %w", i, err)
		}
		if in.Size < 0 {
			return nil, fmt.Errorf("input %d: a size of %d bytes", i, in.Size)
		}
		if class := o.classOf(in.Label); in.Class != class {
			return nil, fmt.Errorf("input %d: label %d is class %q, need %q", i, in.Label, in.Class, class)
		}
		p.Captures[i] = Input{
			Path: path, Name: in.Name, Size: in.Size, Modified: in.Modified, Label: in.Label, Class: in.Class, Keyword: in.Keyword, Tasks: in.Tasks,
			Format: capture.Format{Name: in.Format, Compression: in.Compression}, version: in.ETag,
		}
		if p.stores = p.stores || objects.Is(path); objects.Is(path) != (in.ETag != "") {
			return nil, fmt.Errorf("input %d: an object needs an entity tag, and a file none", i)
		}
		if in.Archive != nil {
			if err := p.Captures[i].inArchive(in.Archive); err != nil {
				return nil, fmt.Errorf("input %d: %w", i, err)
			}
		}
	}
	if len(p.Captures) == 0 {
		return nil, errors.New("no inputs")
	}
	err = manifest.CheckTasks(o.tasks(), func(yield func(string, []string) bool) {
		for i := range p.Captures {
			if !yield(p.Captures[i].Name, p.Captures[i].Tasks) {
				return
			}
		}
	})
	if err != nil {
		return nil, err
	}
	for _, c := range f.Chunks {
		p.Chunks = append(p.Chunks, Chunk{Input: c.Input, Chunk: capture.Chunk{From: c.From, To: c.To}, Group: c.Group})
	}
	if err := p.checkChunks(); err != nil {
		return nil, err
	}
	return p, nil
}

// classOf is the class of a capture with a label, as Input has it.
func (o *Options) classOf(id uint16) string {
	switch {
	case int(id) < len(o.Labels.Classes):
		return o.Labels.Classes[id].Name
	case id == o.Labels.Unknown() && o.bySession():
		return manifest.BySession
	case id == o.Labels.Unknown():
		return label.UnknownName
	}
	return "none"
}

// checkPlanned is Check without what is resolved by Run: the key and the table of flows.
func (o *Options) checkPlanned() error {
	known := *o
	if known.LabelFrom == FromTable {
		known.LabelFrom = FromDir
	}
	if known.Mask.KeepsPrefixes() { // needs a key
		known.Mask.IP = mask.Anonymize
	}
	known.Variants = slices.Clone(o.Variants)
	for i := range known.Variants {
		if v := &known.Variants[i]; v.Mask.KeepsPrefixes() {
			v.Mask.IP = mask.Anonymize
		}
	}
	return known.Check()
}
