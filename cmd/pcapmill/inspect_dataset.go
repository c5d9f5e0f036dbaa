package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/dataset/idx"
	"github.com/pcapmill/pcapmill/internal/export"
	"github.com/pcapmill/pcapmill/internal/report"
	"github.com/pcapmill/pcapmill/internal/settings"
	"github.com/pcapmill/pcapmill/manifest"
	"github.com/pcapmill/pcapmill/sample"
	"github.com/pcapmill/pcapmill/store"
)

// dataset shows what the manifest says and some samples of each class.
func (in *inspector) dataset(d *store.Dataset) error {
	dir, m := d.Dir(), d.Manifest()
	if in.c.json != nil {
		return in.datasetEvents(d)
	}
	if err := m.CheckVariants(); err != nil {
		return failed(fmt.Errorf("%s: %w", filepath.Join(dir, manifest.Name), err))
	}
	in.say("%s: %s of %s from %s, made by %s %s", shown(dir), plural(m.Samples, "sample"), shapeText(m),
		plural(int64(len(m.Captures)), "capture"), shown(m.Tool.Name), shown(m.Tool.Version))
	in.say("settings: %s", settingsText(&m.Settings))
	t := &m.Totals
	in.say("packets: %s, used %s, left out: %s", thousands(t.Packets), thousands(t.Used), printable(leftOut(t, nil)))
	units := ""
	if t.Units > 0 {
		units = ", units " + thousands(t.Units)
	}
	in.say("sessions: %s%s, samples %s, duplicates %s, conflicts %s, truncated %s, padded %s, exact %s, mean %s bytes",
		thousands(t.Sessions), units, thousands(t.Samples), thousands(t.Duplicates), thousands(t.Conflicts),
		thousands(t.Truncated), thousands(t.Padded), thousands(t.Exact), tenths(t.MeanLength))
	if n := damaged(m); n > 0 {
		in.say("damaged: %s; %s says where", plural(n, "capture"), manifest.Name)
	}
	if s := m.Split; s != nil {
		in.say("split %s: %s, %s left out", splitWords(s), onSides(&s.Sides), thousands(m.Samples-s.Sides.Total()))
	}
	for i := range m.Variants {
		v := m.Of(i)
		in.say("variant %s: %s; %s", shown(v.Variant), shapeText(v), differenceText(&m.Settings, &v.Settings))
	}
	if text := exportsText(d); text != "" {
		in.say("exports: %s", text)
	}
	in.balance(m)
	switch d.Spec().Type {
	case dataset.U8:
	case dataset.Text:
		return in.lines(d)
	default:
		in.say("samples of %v are no pictures: export them, --format npy", d.Spec().Type)
		return nil
	}
	rows, err := in.rows(d)
	if err != nil {
		return err
	}
	return in.draw(rows, sample.Shape{Rows: m.Rows, Cols: m.Cols})
}

// shapeText is what a sample is, in words: "28x28 bytes", "4x30 f32", "text".
func shapeText(m *manifest.Manifest) string {
	t, err := dataset.ParseType(m.DType())
	if err != nil {
		return printable(m.DType())
	}
	s := dataset.Spec{Rows: m.Rows, Cols: m.Cols, Type: t}
	if t == dataset.U8 {
		return s.String() + " bytes"
	}
	return s.String()
}

// mostLine is how many characters of a line are shown.
const mostLine = 100

// lines shows the beginnings of some lines of each class.
func (in *inspector) lines(d *store.Dataset) (err error) {
	picked, err := d.Pick(in.samples)
	if err != nil {
		return err
	}
	samples, err := d.Samples()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, samples.Close()) }()
	for _, c := range d.Manifest().Classes {
		if len(picked[c.Label]) > 0 {
			in.say("%s", shown(c.Name))
		}
		for _, at := range picked[c.Label] {
			line, err := samples.Line(nil, at)
			if err != nil {
				return err
			}
			if len(line) > mostLine {
				line = append(line[:mostLine], "..."...)
			}
			in.say("  %s", printable(string(line)))
		}
	}
	return nil
}

// differenceText are the settings that a variant has, where they are not those of the first.
func differenceText(first, own *manifest.Settings) string {
	var words []string
	for _, r := range settings.Recorded() {
		if value := own.Get(r.Key); value != first.Get(r.Key) {
			words = append(words, r.Name+" "+r.Said(value))
		}
	}
	if words == nil {
		return "settings as the first"
	}
	return printable(strings.Join(words, ", "))
}

// settingsText are the manifest's settings, in the words of the command line: all but those
// omitted at their defaults.
func settingsText(s *manifest.Settings) string {
	var words []string
	for _, r := range settings.Recorded() {
		if value := s.Get(r.Key); !r.Omit || value != r.Default() {
			words = append(words, r.Name+" "+r.Shown(value))
		}
	}
	return printable(strings.Join(words, ", "))
}

func damaged(m *manifest.Manifest) (n int64) {
	for i := range m.Captures {
		if m.Captures[i].Damage != nil || m.Captures[i].Gaps != nil {
			n++
		}
	}
	return n
}

// balance draws a bar a class.
func (in *inspector) balance(m *manifest.Manifest) {
	most := int64(1)
	for _, c := range m.Classes {
		most = max(most, c.Samples)
	}
	t := table{columns: []column{{head: "LABEL", right: true}, {head: "CLASS", short: true}, {head: "SAMPLES", right: true}, {}}}
	for _, c := range m.Classes {
		t.add(fmt.Sprint(c.Label), shown(c.Name), thousands(c.Samples), "")
	}
	longest := 40
	if width := in.c.width; width > 0 {
		longest = max(8, min(longest, width-t.width()))
	}
	for i, c := range m.Classes {
		t.rows[i][3] = strings.Repeat("#", int(float64(max(0, c.Samples))/float64(most)*float64(longest)))
	}
	t.write(in.out, in.c.width)
}

// rows picks samples of each class, evenly spread over the class.
func (in *inspector) rows(d *store.Dataset) ([]report.Row, error) {
	picked, err := d.Pick(in.samples)
	if err != nil {
		return nil, err
	}
	samples, err := d.Samples()
	if err != nil {
		return nil, err
	}
	defer samples.Close()
	var rows []report.Row
	for _, c := range d.Manifest().Classes {
		r := report.Row{Title: shown(c.Name)}
		for _, at := range picked[c.Label] {
			b := make([]byte, d.Spec().Size())
			if err := samples.At(b, at); err != nil {
				return nil, err
			}
			r.Samples = append(r.Samples, b)
		}
		if len(r.Samples) > 0 {
			rows = append(rows, r)
		}
	}
	return rows, nil
}

// idxFile shows one file of the pair, or another tool's.
func (in *inspector) idxFile(path string, open func(path string) (*idx.Reader, error)) error {
	r, err := open(path)
	if err != nil {
		return &named{err, []string{path}}
	}
	defer r.Close()
	h := r.Header()
	if in.c.json != nil {
		in.c.event(map[string]any{"event": "idx", "path": path, "type": h.Type.String(), "dims": h.Dims, "bytes_behind": r.Tail()})
		return nil
	}
	fmt.Fprintf(in.out, "%s: %v\n", shown(path), h)
	if r.Tail() > 0 {
		fmt.Fprintf(in.out, "%s behind the last item\n", bytesText(r.Tail()))
	}
	switch len(h.Dims) {
	case 1:
		return in.labelFile(path, r)
	case 3:
		return in.imageFile(r, sample.Shape{Rows: int(h.Dims[1]), Cols: int(h.Dims[2])})
	}
	return nil
}

// imageFile draws images, evenly spread over the file.
func (in *inspector) imageFile(r *idx.Reader, shape sample.Shape) error {
	if r.Header().Type != idx.Uint8 || shape.Length() > sample.MaxLength {
		return nil // not bytes, or no picture that anyone can look at
	}
	row := report.Row{Title: "samples"}
	n := min(int64(in.samples), r.Len())
	for i := range n {
		b := make([]byte, r.ItemSize())
		if err := r.ReadAt(b, i*r.Len()/n); err != nil {
			return err
		}
		row.Samples = append(row.Samples, b)
	}
	if n == 0 {
		return in.draw(nil, shape)
	}
	return in.draw([]report.Row{row}, shape)
}

func (in *inspector) labelFile(path string, r *idx.Reader) error {
	if t := r.Header().Type; t != idx.Uint8 && t != idx.Int32 {
		return nil
	}
	labels, counts := &idx.Labels{Reader: r}, map[uint16]int64{}
	for {
		l, err := labels.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return &named{err, []string{path}}
		}
		counts[l]++
	}
	for _, l := range slices.Sorted(maps.Keys(counts)) {
		fmt.Fprintf(in.out, "label %d: %s\n", l, thousands(counts[l]))
	}
	return nil
}

// datasetEvents are what the manifest says and the exports beside it. Samples are not
// drawn.
func (in *inspector) datasetEvents(d *store.Dataset) error {
	m := d.Manifest()
	set := map[string]string{}
	for _, r := range settings.Recorded() {
		if value := m.Settings.Get(r.Key); !r.Omit || value != r.Default() {
			set[r.Name] = r.Shown(value)
		}
	}
	in.c.event(map[string]any{
		"event": "dataset", "path": d.Dir(), "tool": m.Tool.Name, "version": m.Tool.Version, "samples": m.Samples, "rows": m.Rows, "cols": m.Cols,
		"captures": len(m.Captures), "damaged": damaged(m), "settings": set, "classes": m.Classes, "totals": m.Totals, "split": m.Split,
		"variants": append([]string{}, m.VariantNames()...),
	})
	found, err := export.Beside(d)
	if err != nil {
		return err
	}
	for _, s := range found {
		if s.Err != nil {
			return s.Err
		}
		in.c.event(map[string]any{"event": "export", "format": s.Record.Name, "dir": s.Dir, "stale": s.Stale, "fingerprint": s.Record.Fingerprint})
	}
	return nil
}
