package idx

import "github.com/pcapmill/pcapmill/dataset"

// Prepare implements [dataset.Writer].
func (w *writer) Prepare() error {
	switch {
	case w.closed:
		return dataset.ErrClosed
	case w.failed != nil:
		return w.failed
	case w.samples == w.prepared:
		return nil
	}
	var err error
	if w.inPlace {
		err = w.do((*file).reopen, (*file).writeGathered, (*file).sync)
	} else {
		w.discard()
		err = w.do(
			func(x *file) error { return x.rewrite(w.committed, w.samples) },
			(*file).beforeRename,
		)
	}
	if err == nil {
		w.prepared = w.samples
	}
	return err
}

// Commit implements [dataset.Writer].
func (w *writer) Commit() error {
	if err := w.Prepare(); err != nil || w.samples == w.committed {
		return err
	}
	var err error
	if w.inPlace {
		err = w.do(func(x *file) error { return x.writeCount(w.samples) }, (*file).sync)
	} else {
		w.renamed = true
		err = w.do(func(x *file) error { return x.next.Rename() }, func(x *file) error { return x.renamed(w.samples) })
	}
	if err == nil {
		w.committed = w.samples
	}
	return err
}

// leaveRewriting goes on in place. What was prepared is prepared again, that way.
func (w *writer) leaveRewriting() {
	w.discard()
	w.inPlace = true
}

// discard removes the new files that were prepared.
func (w *writer) discard() {
	for _, x := range w.files() {
		x.next.Discard()
		x.next = nil
	}
	w.prepared = w.committed
}

// do does steps, each to both files, and remembers an error: after a failed write, sync
// or rename nobody knows what is on disk, so nothing is built on it.
func (w *writer) do(steps ...func(*file) error) error {
	for _, step := range steps {
		if err := w.each(step); err != nil {
			w.failed = err
			return err
		}
	}
	return nil
}
