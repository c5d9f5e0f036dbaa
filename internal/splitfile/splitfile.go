// Package splitfile keeps splits.json, the record of a split, beside the samples that it
// divides, and the summary of it in manifest.json.
//
// splits.json is one file, replaced as a whole, so an assignment is never half of one and
// half of another. It is written first, the manifest after it. A kill in between leaves a
// whole split that the manifest does not describe; [Load] says so, and splitting again
// completes it. When samples are added, the record covers the first samples of the dataset
// until it is computed again, which moves none of them.
package splitfile

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/pcapmill/pcapmill/internal/atomicfile"
	"github.com/pcapmill/pcapmill/internal/fsys"
	"github.com/pcapmill/pcapmill/manifest"
	"github.com/pcapmill/pcapmill/split"
)

// ErrNone is wrapped when a dataset is not split.
var ErrNone = errors.New("the dataset is not split")

// A StaleError says that splits.json and manifest.json do not belong together, or that
// the split does not cover every sample.
type StaleError struct {
	Dir  string
	What string
}

// Error says what is wrong and what to do.
func (e *StaleError) Error() string {
	return fmt.Sprintf("%s: %s; hint: 'pcapmill split %s' completes it, and moves no sample", filepath.Join(e.Dir, split.Name), e.What, e.Dir)
}

// Read reads the record in dir, whatever the manifest says about it. It wraps ErrNone if
// there is none.
func Read(dir string) (r *split.Record, text []byte, err error) {
	path := filepath.Join(dir, split.Name)
	text, err = os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil, fmt.Errorf("%s: %w", path, ErrNone)
	case err != nil:
		return nil, nil, err
	}
	if r, err = split.Parse(text); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	return r, text, nil
}

// Load reads the record of a dataset's split for use: it covers every sample that m
// counts, and it is the one that m describes. Errors: one that wraps ErrNone if the dataset
// is not split; a *[StaleError]; what is wrong with the file.
func Load(dir string, m *manifest.Manifest) (*split.Record, error) {
	r, text, err := Read(dir)
	switch {
	case errors.Is(err, ErrNone) && m.Split != nil:
		return nil, &StaleError{dir, "it is missing, but the manifest describes it"}
	case err != nil:
		return nil, err
	case m.Split == nil:
		return nil, &StaleError{dir, "the manifest does not describe it"}
	case m.Split.Digest != digest(text):
		return nil, &StaleError{dir, "it is not the one that the manifest describes"}
	case r.Samples != m.Samples:
		return nil, &StaleError{dir, fmt.Sprintf("it covers %d samples of %d", r.Samples, m.Samples)}
	}
	return r, nil
}

// Save writes the record of the split of the dataset in dir, then m with its summary. The
// caller holds the directory's lock. If the same record is there, nothing is written.
func Save(disk fsys.FS, dir string, m *manifest.Manifest, r *split.Record) error {
	text, err := r.Encode()
	if err != nil {
		return err
	}
	summary := Summary(r, text)
	path := filepath.Join(dir, split.Name)
	if err := atomicfile.RemoveStale(disk, path); err != nil {
		return err
	}
	if have, err := os.ReadFile(path); err != nil || !bytes.Equal(have, text) {
		if err := atomicfile.WriteIn(disk, path, text, 0o666); err != nil {
			return err
		}
	} else if m.Split != nil && m.Split.Equal(summary) {
		return nil
	}
	m.Split = summary
	next, err := m.Prepare(disk, dir)
	if err != nil {
		return err
	}
	defer next.Discard() // nothing, once it is published
	return next.Publish()
}

// Summary is what the manifest says about a record, of which text is the file.
func Summary(r *split.Record, text []byte) *manifest.Split {
	s := &manifest.Split{
		File: split.Name, Digest: digest(text), Split: r.Settings.Split, By: r.Settings.By, Fallback: r.Settings.Fallback,
		Samples: r.Samples, Sides: sides(&r.Sides), LeftOut: r.LeftOut, Groups: []manifest.SplitGroups{},
	}
	for i := range r.Proof.Groups {
		g := &r.Proof.Groups[i]
		s.Groups = append(s.Groups, manifest.SplitGroups{By: g.By, Classes: g.Classes, Sides: sides(&g.Sides), OnTwoSides: g.OnTwoSides})
	}
	return s
}

func sides(c *split.Counts) manifest.Sides {
	return manifest.Sides{Train: c.Train, Validation: c.Validation, Test: c.Test}
}

func digest(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}
