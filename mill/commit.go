package mill

import (
	"time"

	"github.com/pcapmill/pcapmill/internal/atomicfile"
	"github.com/pcapmill/pcapmill/internal/rows"
	"github.com/pcapmill/pcapmill/manifest"
)

// commitEvery is the least time between two commits, and so about what a kill
// loses of a small dataset.
const commitEvery = 200 * time.Millisecond

// due reports whether it is time to commit: not so often that committing takes
// more than some five per cent of the run.
func (s *store) due() bool {
	return s.pending > 0 && time.Since(s.last) > max(s.every, 20*s.took)
}

// commit makes everything added so far part of the dataset. If that is nothing it
// touches no file, so a run that finds all of its captures in the dataset leaves
// every byte and every file's time as it was.
func (s *store) commit() error {
	if s.pending == 0 {
		return nil
	}
	if err := s.reserve(); err != nil {
		return err
	}
	return s.commitNow()
}

// reserve puts the old manifest on disk, under a temporary name, while there is
// room for it: a run that fails on a full disk must be able to put it back.
func (s *store) reserve() (err error) {
	if s.undo == nil {
		s.undo, err = manifest.PrepareText(s.to.disk, s.dir, s.before)
	}
	return err
}

func (s *store) commitNow() error {
	start := time.Now()
	next, err := s.prepare()
	if err != nil {
		return err
	}
	defer next.Discard() // nothing, once it is published
	if err := s.show(next); err != nil {
		return err
	}
	s.pending, s.last = 0, time.Now()
	s.took = s.last.Sub(start)
	return nil
}

// prepare puts all that a commit needs on disk, the manifest included, and
// changes nothing that a reader would go by. It is what takes time.
func (s *store) prepare() (*atomicfile.Pending, error) {
	if err := s.writer.Prepare(); err != nil {
		return nil, err
	}
	s.m.Files = nil
	for _, f := range s.writer.Files() {
		s.m.Files = append(s.m.Files, manifest.File{Name: f.Name, Size: f.Size})
	}
	if err := s.rows.Prepare(); err != nil {
		return nil, err
	}
	s.m.Files = append(s.m.Files, manifest.File{Name: rows.Name, Size: s.rows.Size()})
	text, err := s.m.Encode()
	if err != nil {
		return nil, err
	}
	if s.before == nil {
		s.before = text
	}
	return manifest.PrepareText(s.to.disk, s.dir, text)
}

// show makes visible what was prepared, the manifest last. Of a small dataset
// these are renames and nothing else; a kill between them leaves samples that
// the manifest does not know, which the next run cuts off.
func (s *store) show(next *atomicfile.Pending) error {
	s.changed = s.undo != nil
	if err := s.writer.Commit(); err != nil {
		return err
	}
	if err := s.rows.Commit(); err != nil {
		return err
	}
	return next.Publish()
}
