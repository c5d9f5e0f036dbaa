package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/pcapmill/pcapmill/internal/atomicfile"
	"github.com/pcapmill/pcapmill/internal/fsys"
	"github.com/pcapmill/pcapmill/manifest"
	"github.com/pcapmill/pcapmill/split"
)

// Divided is what became of a split.
type Divided struct {
	Record   *split.Record
	Manifest *manifest.Manifest
	Earlier  int64 // samples that an earlier split had divided
	Moved    int64 // of these, those that are on another side now
}

// A SplitSettingsError reports that a dataset is split in another way than a run asks for.
type SplitSettingsError struct {
	Dir   string
	Lines []string // the differences
}

// Error names the directory and the differences.
func (e *SplitSettingsError) Error() string {
	return fmt.Sprintf("%s is split in another way, and samples that are added to it follow that:\n  %s", e.Dir, strings.Join(e.Lines, "\n  "))
}

// Hint says what to do.
func (e *SplitSettingsError) Hint() string {
	return "leave the options of the split out, or divide the dataset another way first, by 'pcapmill split'"
}

// Paths returns the directory.
func (e *SplitSettingsError) Paths() []string { return []string{e.Dir} }

// SplitOf is how the dataset in dir is split; ok is false if there is none or it is not
// split.
func SplitOf(dir string) (o split.Options, ok bool, err error) {
	if info, err := os.Stat(dir); err == nil && !info.IsDir() {
		return o, false, nil
	}
	d, err := Open(dir)
	if errors.Is(err, ErrNone) {
		return o, false, nil
	}
	if err != nil {
		return o, false, err
	}
	r, _, err := d.record()
	if errors.Is(err, ErrNotSplit) {
		return o, false, nil
	}
	if err != nil {
		return o, false, err
	}
	o, err = r.Settings.Options()
	return o, err == nil, err
}

// CheckSplit refuses, with a *[SplitSettingsError], to divide what is added to the dataset
// in dir in another way than what is there.
func CheckSplit(dir string, o split.Options) error {
	have, ok, err := SplitOf(dir)
	if err != nil || !ok {
		return err
	}
	if lines := split.Diff(have.Settings(), o.Settings()); lines != nil {
		return &SplitSettingsError{Dir: dir, Lines: lines}
	}
	return nil
}

// Divide divides the dataset in dir and records it. If it is split the same way already,
// the samples that are divided stay where they are and the others follow; anew forgets the
// recorded ways and cuts. The record and the manifest that describes it become visible
// together: after an error, such as one of split.Compute, a locked directory or a full
// disk, the dataset is as it was.
func Divide(ctx context.Context, dir string, o split.Options, anew bool) (*Divided, error) {
	return Backend{}.Divide(ctx, dir, o, anew)
}

// Divide is the function [Divide] on this file system.
func (b Backend) Divide(ctx context.Context, dir string, o split.Options, anew bool) (*Divided, error) {
	if _, err := b.disk().Lstat(filepath.Join(dir, manifest.Name)); errors.Is(err, fs.ErrNotExist) {
		return nil, &pathError{filepath.Join(dir, manifest.Name), ErrNone} // before the lock leaves its file there
	}
	lock, err := lockIn(b.disk(), dir)
	if err != nil {
		return nil, err
	}
	r, err := b.divideLocked(ctx, dir, o, anew)
	return r, errors.Join(err, lock.Release())
}

func (b Backend) divideLocked(ctx context.Context, dir string, o split.Options, anew bool) (*Divided, error) {
	d, err := b.Open(dir)
	if err != nil {
		return nil, err
	}
	if err := d.settle(); err != nil {
		return nil, err
	}
	earlier, _, err := d.record()
	if err != nil && !errors.Is(err, ErrNotSplit) && (!anew || errors.As(err, new(*fsys.SpecialError))) {
		return nil, err
	}
	before := earlier
	if before != nil && (anew || before.Settings != o.Settings() || before.Samples > d.m.Samples) {
		before = nil
	}
	in, err := d.splitInput(ctx)
	if err != nil {
		return nil, err
	}
	r := &Divided{}
	if r.Record, err = split.Compute(in, o, before); err != nil {
		return nil, err
	}
	if earlier != nil {
		r.Earlier = min(earlier.Samples, r.Record.Samples)
		for i := range r.Earlier {
			if earlier.Assignment[i] != r.Record.Assignment[i] {
				r.Moved++
			}
		}
	}
	r.Manifest, err = d.save(r.Record)
	return r, err
}

// settle finishes what a Divide that was killed between its two renames had left to do,
// and removes what killed processes left under temporary names. The caller holds the lock.
func (d *Dataset) settle() error {
	if name, _, _ := d.pendingRecord(); name != "" {
		text, err := fsys.ReadText(d.disk, d.dir, split.Name, 2*d.m.Samples+MaxRecord)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if err != nil || digest(text) != d.m.Split.Digest {
			if err := d.disk.Rename(filepath.Join(d.dir, name), filepath.Join(d.dir, split.Name)); err != nil {
				return err
			}
			if err := d.disk.SyncDir(d.dir); err != nil {
				return err
			}
		}
	}
	return errors.Join(removeStale(d.disk, d.dir, manifest.Name), removeStale(d.disk, d.dir, split.Name))
}

func removeStale(disk fsys.FS, dir, name string) error {
	return atomicfile.RemoveStale(disk, filepath.Join(dir, name))
}

// save makes a record and the manifest that describes it visible, both or neither. If they
// are there, it writes nothing. It returns the manifest.
func (d *Dataset) save(r *split.Record) (*manifest.Manifest, error) {
	text, err := r.Encode()
	if err != nil {
		return nil, err
	}
	m := *d.m
	m.Split = Summary(r, text)
	s := &saving{d: d}
	s.was, err = fsys.ReadText(d.disk, d.dir, split.Name, 2*d.m.Samples+MaxRecord)
	switch {
	case err == nil && bytes.Equal(s.was, text) && d.m.Split != nil && d.m.Split.Equal(m.Split):
		return &m, nil
	case err == nil:
		s.had = true
	case !errors.Is(err, fs.ErrNotExist):
		return nil, err // what cannot be put back is not replaced
	}
	encoded, err := m.Encode()
	if err != nil {
		return nil, err
	}
	defer s.discard()
	if err := s.prepare(text, encoded); err != nil {
		return nil, err
	}
	if err := s.show(); err != nil {
		return nil, s.back(err)
	}
	return &m, nil
}

// saving is a record and a manifest on their way to their names, and what to go back to.
type saving struct {
	d                                    *Dataset
	was                                  []byte // the record that is there
	had                                  bool   // there is one
	record, manifest, oldRecord, oldText *atomicfile.Pending
}

// prepare puts all four texts on disk while there is room for them.
func (s *saving) prepare(record, text []byte) (err error) {
	if s.oldText, err = prepareText(s.d.disk, s.d.dir, manifest.Name, s.d.text); err != nil {
		return err
	}
	if s.had {
		if s.oldRecord, err = prepareText(s.d.disk, s.d.dir, split.Name, s.was); err != nil {
			return err
		}
	}
	if s.manifest, err = prepareText(s.d.disk, s.d.dir, manifest.Name, text); err != nil {
		return err
	}
	s.record, err = prepareText(s.d.disk, s.d.dir, split.Name, record)
	return err
}

func (s *saving) discard() {
	for _, p := range []*atomicfile.Pending{s.record, s.manifest, s.oldRecord, s.oldText} {
		p.Discard()
	}
}

// show renames the manifest and then the record. In between, the record is found under its
// temporary name: see Dataset.recordText.
func (s *saving) show() error {
	if err := s.manifest.Rename(); err != nil {
		return err
	}
	return s.record.Publish()
}

// back puts both back and returns the reason, together with why if that failed.
func (s *saving) back(reason error) error {
	err := s.restore()
	if err == nil {
		return reason
	}
	return fmt.Errorf("%w\nand the split could not be put back as it was before: %w\n"+
		"once the cause is gone, the same command completes it", reason, err)
}

// restore goes the other way round, so that a manifest always finds its record.
func (s *saving) restore() error {
	disk, path := s.d.disk, filepath.Join(s.d.dir, split.Name)
	aside := ""
	if !s.had { // there was none: the new one becomes temporary again
		aside = filepath.Join(s.d.dir, "."+split.Name+"0")
		if err := disk.Rename(path, aside); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if err := s.oldText.Rename(); err != nil {
		return err
	}
	if s.had {
		if err := s.oldRecord.Rename(); err != nil {
			return err
		}
	}
	err := disk.SyncDir(s.d.dir)
	if aside != "" {
		_ = disk.Remove(aside) // what stays is removed with the stale ones
	}
	return err
}

// prepareText writes what will be the file of that name, out of pieces, durably but under
// a temporary name.
func prepareText(disk fsys.FS, dir, name string, text ...[]byte) (*atomicfile.Pending, error) {
	return atomicfile.Prepare(disk, filepath.Join(dir, name), 0o666, func(f fsys.File) error {
		for _, piece := range text {
			if _, err := f.Write(piece); err != nil {
				return err
			}
		}
		return nil
	})
}
