package store

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/pcapmill/pcapmill/internal/fsys"
	"github.com/pcapmill/pcapmill/manifest"
	"github.com/pcapmill/pcapmill/split"
)

// MaxRecord is how many bytes splits.json may have besides the two characters that it has
// for each sample: 128 MiB, twice what 65,535 classes need.
const MaxRecord = 128 << 20

// ErrNotSplit is wrapped when a dataset is not split.
var ErrNotSplit = errors.New("the dataset is not split")

// A StaleError reports that splits.json and manifest.json do not belong together, or that
// the split does not cover every sample.
type StaleError struct {
	Dir  string
	What string
}

// Error says what is wrong and what to do.
func (e *StaleError) Error() string {
	return fmt.Sprintf("%s: %s; hint: 'pcapmill split %s' completes it, and moves no sample", filepath.Join(e.Dir, split.Name), e.What, e.Dir)
}

// Paths returns the directory.
func (e *StaleError) Paths() []string { return []string{e.Dir} }

// Split reads the record of the dataset's split for use: it covers every sample, and it is
// the one that the manifest describes. Errors: one that wraps [ErrNotSplit]; a
// *[StaleError]; what is wrong with the file.
func (d *Dataset) Split() (*split.Record, error) {
	r, text, err := d.record()
	s := d.m.Split
	switch {
	case errors.Is(err, ErrNotSplit) && s != nil:
		return nil, &StaleError{d.dir, "it is missing, but the manifest describes it"}
	case err != nil:
		return nil, err
	case s == nil:
		return nil, &StaleError{d.dir, "the manifest does not describe it"}
	case s.Digest != digest(text):
		return nil, &StaleError{d.dir, "it is not the one that the manifest describes"}
	case r.Samples != d.m.Samples:
		return nil, &StaleError{d.dir, fmt.Sprintf("it covers %d samples of %d", r.Samples, d.m.Samples)}
	}
	return r, nil
}

// IsSplit reports whether there is anything about a split: a record, or a manifest that
// describes one.
func (d *Dataset) IsSplit() bool {
	_, err := d.disk.Lstat(filepath.Join(d.dir, split.Name))
	return d.m.Split != nil || !errors.Is(err, fs.ErrNotExist)
}

// record reads the record that the manifest describes, or, if there is none such, the one
// that is there. It wraps ErrNotSplit if there is none at all.
func (d *Dataset) record() (r *split.Record, text []byte, err error) {
	path := filepath.Join(d.dir, split.Name)
	text, err = d.recordText()
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil, &pathError{path, ErrNotSplit}
	case err != nil:
		return nil, nil, err
	}
	if r, err = split.Parse(text); err != nil {
		return nil, nil, &pathError{path, err}
	}
	return r, text, nil
}

// recordText is the text of the record. A Divide that was killed between its two renames,
// or is between them now, has not given it its name yet.
func (d *Dataset) recordText() ([]byte, error) {
	for range 3 {
		text, err := fsys.ReadText(d.disk, d.dir, split.Name, 2*d.m.Samples+MaxRecord)
		if err == nil && (d.m.Split == nil || d.m.Split.Digest == digest(text)) {
			return text, nil
		}
		if err != nil && (!errors.Is(err, fs.ErrNotExist) || d.m.Split == nil) {
			return nil, err
		}
		name, pending, again := d.pendingRecord()
		if name != "" {
			return pending, nil
		}
		if !again {
			return text, err
		}
		// What was found was renamed meanwhile: it has its name now.
	}
	return fsys.ReadText(d.disk, d.dir, split.Name, 2*d.m.Samples+MaxRecord)
}

// pendingRecord looks among the temporary files for the record that the manifest
// describes. again is true if one vanished meanwhile.
func (d *Dataset) pendingRecord() (name string, text []byte, again bool) {
	if d.m.Split == nil {
		return "", nil, false
	}
	entries, err := d.disk.ReadDir(d.dir)
	if err != nil {
		return "", nil, false
	}
	for _, e := range entries {
		number, ok := strings.CutPrefix(e.Name(), "."+split.Name)
		if !ok || number == "" || strings.Trim(number, "0123456789") != "" {
			continue
		}
		text, err := fsys.ReadText(d.disk, d.dir, e.Name(), 2*d.m.Samples+MaxRecord)
		if err == nil && digest(text) == d.m.Split.Digest {
			return e.Name(), text, false
		}
		again = again || errors.Is(err, fs.ErrNotExist)
	}
	return "", nil, again
}

// Summary is what a manifest says about a record, of which text is the file.
func Summary(r *split.Record, text []byte) *manifest.Split {
	s := &manifest.Split{
		File: split.Name, Digest: digest(text), Split: r.Settings.Split, Folds: r.Settings.Folds, From: r.Settings.From, Method: r.Settings.Method, By: r.Settings.By, Fallback: r.Settings.Fallback,
		Samples: r.Samples, Sides: sides(&r.Sides), LeftOut: r.LeftOut, Groups: []manifest.SplitGroups{},
	}
	for i := range r.Proof.Groups {
		g := &r.Proof.Groups[i]
		s.Groups = append(s.Groups, manifest.SplitGroups{By: g.By, Classes: g.Classes, Sides: sides(&g.Sides), OnTwoSides: g.OnTwoSides})
	}
	return s
}

func sides(c *split.Counts) manifest.Sides {
	return manifest.Sides{Train: c.Train, Validation: c.Validation, Test: c.Test, Folds: c.Folds}
}

func digest(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}
