package mill

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/pcapmill/pcapmill/capture"
	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/dataset/idx"
	"github.com/pcapmill/pcapmill/header"
	"github.com/pcapmill/pcapmill/internal/atomicfile"
	"github.com/pcapmill/pcapmill/internal/dedup"
	"github.com/pcapmill/pcapmill/internal/fsys"
	"github.com/pcapmill/pcapmill/internal/rows"
	"github.com/pcapmill/pcapmill/manifest"
	"github.com/pcapmill/pcapmill/mask"
)

// store is an open dataset that captures are added to.
type store struct {
	o       *Options
	to      backend
	dir     string
	dirs    []string // directories that this run made, deepest first
	found   []string // data files without a manifest that stood there, all of them empty
	lock    *dataset.DirLock
	writer  dataset.Writer
	rows    *rows.Log
	m       *manifest.Manifest
	before  []byte              // the manifest's text as it was, or of the empty dataset that the run made
	made    bool                // the run made the dataset
	base    int64               // samples that before counts
	undo    *atomicfile.Pending // before, on disk, ready to be the manifest again
	changed bool                // the run began to replace before, or files
	unclean bool                // a writer did not close as it should
	set     *dedup.Set
	batches [2]*batch // samples on their way to the writer
	touched byte
	have    map[content]bool
	hosts   *mask.Hosts
	cut     int64         // bytes of an unfinished run that were cut off
	pending int64         // captures since the last commit
	every   time.Duration // at least between two commits
	last    time.Time
	took    time.Duration // what the last commit took
}

// content identifies a capture in a dataset.
type content struct {
	digest string
	label  uint16
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

// Paths are the paths that the error names.
func (e *SettingsError) Paths() []string { return []string{e.Dir} }

// openStore opens the dataset in dir or makes a new one.
func openStore(dir string, o *Options, version string, format dataset.Format) (*store, error) {
	return openStoreOn(backend{disk: fsys.OS{}, format: format}, dir, o, version)
}

// backend is how a store writes. The disk is the format's and the table's too.
type backend struct {
	disk   fsys.FS
	format dataset.Format
	table  rows.Format
}

// openStoreOn is openStore with another backend.
func openStoreOn(to backend, dir string, o *Options, version string) (_ *store, err error) {
	s := &store{o: o, to: to, dir: dir, set: dedup.NewSet(), have: map[content]bool{}, hosts: mask.NewHosts(o.Key), every: commitEvery, last: time.Now()}
	s.dirs = missing(dir)
	defer func() {
		if err != nil {
			err = s.abandon(err)
		}
	}()
	if info, err := to.disk.Stat(dir); err == nil && !info.IsDir() {
		return nil, fmt.Errorf("%s is a file, need a directory for the dataset", dir)
	}
	if err := to.disk.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	for _, made := range s.dirs {
		if err := to.disk.SyncDir(filepath.Dir(made)); err != nil {
			return nil, err
		}
	}
	if s.lock, err = dataset.LockIn(to.disk, dir); err != nil {
		return nil, err
	}
	if err := manifest.RemoveStale(to.disk, dir); err != nil {
		return nil, err
	}
	if err := s.loadManifest(version); err != nil {
		return nil, err
	}
	spec := dataset.Spec{Rows: o.Shape.Rows, Cols: o.Shape.Cols}
	if s.writer, err = to.format.Open(dir, spec, s.m.Samples); err != nil {
		return nil, err
	}
	s.cut = s.writer.Cut()
	if s.rows, err = to.table.Open(dir, s.m.Samples); err != nil {
		return nil, err
	}
	s.cut += s.rows.Cut()
	if s.made { // from here on the directory is an empty dataset
		if err := s.commitNow(); err != nil {
			return nil, err
		}
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

// loadManifest reads the manifest and compares settings, or makes the first one.
func (s *store) loadManifest(version string) error {
	m, err := manifest.Load(s.dir)
	switch {
	case errors.Is(err, manifest.ErrNone):
		if err := s.refuseForeign(); err != nil {
			return err
		}
		s.m = &manifest.Manifest{
			Format: manifest.Format, Version: manifest.Version,
			Settings: s.o.settings(), Rows: s.o.Shape.Rows, Cols: s.o.Shape.Cols,
			LabelType: s.o.labelType(), Classes: s.o.classes(), Captures: []manifest.Capture{},
		}
		s.m.Totals.LeftOut = map[string]int64{}
		s.made = true
	case err != nil:
		return err
	default:
		if lines := s.o.differences(m); lines != nil {
			return &SettingsError{Dir: s.dir, Lines: lines}
		}
		if s.before, err = os.ReadFile(filepath.Join(s.dir, manifest.Name)); err != nil {
			return err
		}
		s.m, s.base = m, m.Samples
	}
	s.m.Tool = manifest.Tool{Name: "pcapmill", Version: version}
	return nil
}

// refuseForeign looks for data files where there is no manifest. Ours can only
// be empty ones, of a run that was killed before it wrote its first manifest.
func (s *store) refuseForeign() error {
	for name, empty := range map[string]int64{idx.ImagesName: 16, idx.LabelsName: 8, rows.Name: 0} {
		info, err := os.Lstat(filepath.Join(s.dir, name))
		if err == nil {
			s.found = append(s.found, name)
		}
		if err == nil && (!info.Mode().IsRegular() || info.Size() > empty) {
			return fmt.Errorf("%s holds %s but no %s: pcapmill did not make it, and will not change it; use another directory",
				s.dir, name, manifest.Name)
		}
	}
	return nil
}

// recall fills the set of what the dataset already holds, from the table.
func (s *store) recall() error {
	if s.m.Samples == 0 {
		return nil
	}
	table, err := rows.NewReader(s.dir, s.m.Samples)
	if err != nil {
		return err
	}
	defer table.Close()
	var labels *idx.Labels // read only where captures do not tell
	if s.m.Settings.Get("label_from") == FromTable.String() {
		if labels, err = idx.OpenLabels(filepath.Join(s.dir, idx.LabelsName)); err != nil {
			return err
		}
		defer labels.Close()
	}
	var row dataset.Row
	for i := range s.m.Captures {
		c := &s.m.Captures[i]
		id := c.Label
		for range c.Samples {
			if labels != nil {
				if id, err = labels.Next(); err != nil {
					return err
				}
			}
			if err := table.Next(&row); err != nil {
				return err
			}
			if int64(row.Capture) != int64(i) {
				return fmt.Errorf("%s: a row of capture %d (%s) says capture %d: the file was changed; make the dataset anew",
					filepath.Join(s.dir, rows.Name), i, c.Name, row.Capture)
			}
			s.set.Add(row.Digest, id)
		}
	}
	return nil
}

// account enters a capture into the manifest.
func (s *store) account(c *manifest.Capture, id content) {
	s.m.Samples += c.Samples
	s.m.Totals.Add(&c.Counts)
	s.m.Captures = append(s.m.Captures, *c)
	s.have[id] = true
	s.pending++
	if c.Class != manifest.BySession {
		s.count(c.Label, c.Samples)
		return
	}
	for _, l := range c.Labels {
		s.count(l.Label, l.Samples)
	}
}

// count adds samples to a class. The one that is not in the table is unknown.
func (s *store) count(id uint16, samples int64) {
	for i := range s.m.Classes {
		if s.m.Classes[i].Label == id {
			s.m.Classes[i].Samples += samples
			return
		}
	}
	s.m.Classes = append(s.m.Classes, manifest.Class{Label: id, Name: manifest.UnknownName, Samples: samples})
}

// describe is a capture's entry in the manifest without its samples.
func describe(in *Input, x *Extraction) manifest.Capture {
	c := manifest.Capture{
		Name: in.Name, Size: x.Size, Digest: x.Digest.String(), SHA256: x.SHA256, Format: x.Format.String(),
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
		c.Damage = &manifest.Damage{Kind: d.Kind.Error(), Offset: d.Offset, Packet: d.Packet, Detail: detail(d)}
	}
	c.Gaps = x.gaps()
	return c
}

// detail is what the manifest says about damage: an error of the system goes in
// without the path on this machine.
func detail(d *capture.Damage) string {
	var sys *fs.PathError
	if errors.As(d.Err, &sys) {
		return sys.Op + ": " + sys.Err.Error()
	}
	return d.Detail
}
