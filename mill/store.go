package mill

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/dataset/idx"
	"github.com/pcapmill/pcapmill/dataset/prints"
	"github.com/pcapmill/pcapmill/dedup"
	"github.com/pcapmill/pcapmill/header"
	"github.com/pcapmill/pcapmill/manifest"
	"github.com/pcapmill/pcapmill/sample"
)

// store is an open dataset that captures are added to. Order of a commit: data
// and its lengths first (dataset.Writer, prints), the manifest last.
type store struct {
	o       *Options
	dir     string
	made    bool // this run made the directory
	lock    *dataset.DirLock
	writer  dataset.Writer
	prints  *prints.Log // with --dedup session only
	m       *manifest.Manifest
	before  []byte // the manifest as it was; nil if there was none
	set     *dedup.Set
	have    map[content]bool
	cut     int64 // bytes of an unfinished run that were cut off
	pending int64 // captures since the last commit
	last    time.Time
	took    time.Duration // what the last commit took
}

// content identifies a capture in a dataset.
type content struct {
	digest string
	label  uint8
}

// SettingsError says that the dataset was made with other settings.
type SettingsError struct {
	Dir   string
	Lines []string
}

func (e *SettingsError) Error() string {
	return fmt.Sprintf("%s was made with other settings, and one dataset has one kind of sample:\n  %s\nuse the same settings, or another directory",
		e.Dir, strings.Join(e.Lines, "\n  "))
}

// openStore opens the dataset in dir or makes a new one.
func openStore(dir string, o *Options, version string) (s *store, err error) {
	s = &store{o: o, dir: dir, set: dedup.NewSet(), have: map[content]bool{}, last: time.Now()}
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		s.made = true
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			s.abandon()
		}
	}()
	if s.lock, err = dataset.Lock(dir); err != nil {
		return nil, err
	}
	if err := s.loadManifest(version); err != nil {
		return nil, err
	}
	spec := dataset.Spec{Rows: o.Shape.Rows, Cols: o.Shape.Cols}
	if s.writer, err = (idx.Format{}).Open(dir, spec, s.m.Samples); err != nil {
		return nil, err
	}
	s.cut = s.writer.Cut()
	if o.Dedup == dedup.Session {
		if s.prints, err = prints.Open(dir, s.m.Samples); err != nil {
			return nil, err
		}
		s.cut += s.prints.Cut()
	}
	if err := s.recall(); err != nil {
		return nil, err
	}
	for i := range s.m.Captures {
		c := &s.m.Captures[i]
		s.have[content{c.Digest, c.Label}] = true
	}
	return s, nil
}

// loadManifest reads the manifest and compares settings, or writes the first
// one, so that data files without a manifest are never ours.
func (s *store) loadManifest(version string) error {
	m, err := manifest.Load(s.dir)
	switch {
	case errors.Is(err, manifest.ErrNone):
		for _, name := range []string{idx.ImagesName, idx.LabelsName} {
			if _, err := os.Lstat(filepath.Join(s.dir, name)); err == nil {
				return fmt.Errorf("%s holds %s but no %s: pcapmill did not make it, and will not change it; use another directory",
					s.dir, name, manifest.Name)
			}
		}
		s.m = &manifest.Manifest{
			Format: manifest.Format, Version: manifest.Version,
			Settings: s.o.settings(), Rows: s.o.Shape.Rows, Cols: s.o.Shape.Cols,
			Classes: s.o.classes(), Captures: []manifest.Capture{},
		}
		s.m.Totals.LeftOut = map[string]int64{}
	case err != nil:
		return err
	default:
		lines := append(manifest.Diff(m.Settings, s.o.settings()), manifest.DiffClasses(m.Classes, s.o.classes())...)
		if lines != nil {
			return &SettingsError{Dir: s.dir, Lines: lines}
		}
		if s.before, err = m.Encode(); err != nil {
			return err
		}
		s.m = m
	}
	s.m.Tool = manifest.Tool{Name: "pcapmill", Version: version}
	if s.before == nil {
		return s.m.Write(s.dir)
	}
	return nil
}

// recall fills the set of what the dataset already holds.
func (s *store) recall() error {
	if s.m.Samples == 0 {
		return nil
	}
	return eachSample(s.dir, s.m, func(i int64, b []byte, label uint8) error {
		d := dedup.Digest{}
		if s.prints != nil {
			print, err := s.prints.At(i)
			if err != nil {
				return err
			}
			d = print
		} else {
			d = dedup.OfSample(b)
		}
		s.set.Add(d, label)
		return nil
	})
}

// add appends the samples of a capture and reports what became of it. known:
// its content is in the dataset already, and nothing was added.
func (s *store) add(in *Input, x *Extraction) (c manifest.Capture, known bool, err error) {
	id := content{x.Digest.String(), in.Label}
	if s.have[id] {
		return manifest.Capture{}, true, nil
	}
	c = describe(in, x)
	c.FirstSample = s.m.Samples
	c.Sessions = int64(x.Sessions.Len())
	sum := sha256.New()
	for i := range x.Sessions.Len() {
		p := x.Sessions.At(i)
		switch s.o.Shape.FitOf(p.Bytes) {
		case sample.Empty:
			c.Empty++
			continue
		case sample.Padded:
			c.Padded++
		case sample.Exact:
			c.Exact++
		case sample.Truncated:
			c.Truncated++
		}
		c.OriginalBytes += int64(p.Bytes)
		seen, conflict := s.set.Add(x.digests[i], in.Label)
		if seen && s.o.Dedup != dedup.None {
			c.Duplicates++
			continue
		}
		if conflict {
			c.Conflicts++
		}
		if err := s.append(x, i, in.Label, sum.Write); err != nil {
			return c, false, err
		}
		c.Samples++
	}
	c.SamplesDigest = hex.EncodeToString(sum.Sum(nil))
	c.Settle()
	s.account(&c, id)
	return c, false, nil
}

func (s *store) append(x *Extraction, i int, label uint8, sum func([]byte) (int, error)) error {
	b := x.Sessions.Sample(i)
	d := x.digests[i]
	if s.prints != nil {
		if err := s.prints.Append(d); err != nil {
			return err
		}
		d = dedup.OfSample(b)
	}
	_, _ = sum(d[:]) // a hash never fails
	return s.writer.Append(dataset.Sample{Data: b, Label: label})
}

// account enters a capture into the manifest.
func (s *store) account(c *manifest.Capture, id content) {
	s.m.Samples += c.Samples
	s.m.Totals.Add(&c.Counts)
	s.m.Captures = append(s.m.Captures, *c)
	s.have[id] = true
	s.pending++
	for i := range s.m.Classes {
		if s.m.Classes[i].Label == c.Label {
			s.m.Classes[i].Samples += c.Samples
			return
		}
	}
	s.m.Classes = append(s.m.Classes, manifest.Class{Label: c.Label, Name: c.Class, Samples: c.Samples})
}

// describe is a capture's entry in the manifest without its samples.
func describe(in *Input, x *Extraction) manifest.Capture {
	c := manifest.Capture{
		Name: in.Name, Size: x.Size, Digest: x.Digest.String(), Format: x.Format.String(),
		LinkTypes: []string{}, Label: in.Label, Class: in.Class,
	}
	for _, t := range x.LinkTypes {
		c.LinkTypes = append(c.LinkTypes, t.String())
	}
	c.Packets, c.Used, c.Seconds = x.Packets, x.Reasons[header.OK], x.Seconds
	c.LeftOut = map[string]int64{}
	for r := header.OK + 1; r < header.Reasons; r++ {
		if n := x.Reasons[r]; n > 0 {
			c.LeftOut[r.String()] = n
		}
	}
	if d := x.Damage; d != nil {
		c.Damage = &manifest.Damage{Kind: d.Kind.Error(), Offset: d.Offset, Packet: d.Packet, Detail: d.Detail}
	}
	return c
}

// due reports whether it is time to commit: every two seconds, but not so often
// that committing takes more than some five per cent of the run.
func (s *store) due() bool {
	return s.pending > 0 && time.Since(s.last) > max(2*time.Second, 20*s.took)
}

// commit makes everything added so far part of the dataset.
func (s *store) commit() error {
	start := time.Now()
	if err := s.writer.Commit(); err != nil {
		return err
	}
	if s.prints != nil {
		if err := s.prints.Commit(); err != nil {
			return err
		}
	}
	s.m.Files = nil
	for _, f := range s.writer.Files() {
		s.m.Files = append(s.m.Files, manifest.File{Name: f.Name, Size: f.Size})
	}
	if s.prints != nil {
		s.m.Files = append(s.m.Files, manifest.File{Name: prints.Name, Size: s.prints.Size()})
	}
	if err := s.m.Write(s.dir); err != nil {
		return err
	}
	s.pending, s.last = 0, time.Now()
	s.took = s.last.Sub(start)
	return nil
}

// close ends the run with the dataset as last committed.
func (s *store) close() error {
	var errs []error
	if s.writer != nil {
		errs = append(errs, s.writer.Close())
	}
	if s.prints != nil {
		errs = append(errs, s.prints.Close())
	}
	if s.lock != nil {
		errs = append(errs, s.lock.Release())
	}
	return errors.Join(errs...)
}

// abandon ends the run with the dataset as it was before the run.
func (s *store) abandon() {
	var samples int64
	if s.before != nil {
		if m, err := manifest.Parse(s.before); err == nil {
			samples = m.Samples
		}
	}
	if s.writer != nil {
		_ = s.writer.Close()
	}
	if s.prints != nil {
		_ = s.prints.Close()
	}
	if s.m != nil {
		s.restore(samples)
	}
	if s.lock != nil {
		_ = s.lock.Release()
	}
	if s.made {
		_ = os.Remove(s.dir) // only if it is empty
	}
}

// restore puts the old manifest back and cuts the data to it; without one, it
// removes what this run made. Whatever fails here, the directory still opens
// as a dataset of whole captures: the last commit's.
func (s *store) restore(samples int64) {
	if s.before == nil {
		for _, name := range []string{manifest.Name, idx.ImagesName, idx.LabelsName, prints.Name} {
			_ = os.Remove(filepath.Join(s.dir, name))
		}
		return
	}
	m, err := manifest.Parse(s.before)
	if err != nil || m.Write(s.dir) != nil {
		return
	}
	spec := dataset.Spec{Rows: s.o.Shape.Rows, Cols: s.o.Shape.Cols}
	if w, err := (idx.Format{}).Open(s.dir, spec, samples); err == nil {
		_ = w.Close()
	}
	if s.o.Dedup == dedup.Session {
		if p, err := prints.Open(s.dir, samples); err == nil {
			_ = p.Close()
		}
	}
}
