package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/pcapmill/pcapmill/internal/objects"
	"github.com/pcapmill/pcapmill/manifest"
)

// output is where a dataset is made: in the directory that was named, or, for a place in a
// store, in a temporary one, whose files are put there when it is finished.
type output struct {
	dir  string // where it is made
	away string // "s3://...", or ""
}

// newOutput makes the temporary directory that a place in a store needs. It refuses a place that
// holds a dataset: there is no way to add to it that readers would see at once.
func newOutput(ctx context.Context, place, tmp string, dryRun bool) (*output, error) {
	if !objects.Is(place) {
		return &output{dir: place}, nil
	}
	o := &output{away: strings.TrimRight(place, "/")}
	switch _, err := objects.Stat(ctx, objects.Join(o.away, manifest.Name)); {
	case err == nil:
		return nil, failed(fmt.Errorf("%s holds a dataset: one in a store is not added to; name another prefix, or copy it here, add to it, and copy it back", o.away))
	case !errors.Is(err, os.ErrNotExist):
		return nil, failed(err)
	}
	if dryRun {
		return o, nil
	}
	parent, err := os.MkdirTemp(tmp, "pcapmill-")
	if err != nil {
		return nil, failed(err)
	}
	o.dir = filepath.Join(parent, "dataset")
	return o, nil
}

// remove removes the temporary directory if nothing was made in it.
func (o *output) remove() {
	if o.away != "" && o.dir != "" {
		_ = os.Remove(o.dir)
		_ = os.Remove(filepath.Dir(o.dir))
	}
}

// finish puts a dataset in its place, if that is in a store and the dataset was finished. err is
// what making it ended with.
func (o *output) finish(ctx context.Context, c *console, err error) error {
	if o.away == "" {
		return err
	}
	if _, e := os.Stat(filepath.Join(o.dir, manifest.Name)); e != nil {
		_ = os.RemoveAll(filepath.Dir(o.dir)) // nothing was made
		return err
	}
	var s *status
	if err != nil && (!errors.As(err, &s) || s.code != exitDamaged) {
		c.warn(fmt.Sprintf("nothing was put into %s; what was made is in %s, which can be deleted", o.away, shown(o.dir)))
		return err
	}
	n, bytes, e := objects.PutTree(ctx, o.dir, o.away, manifest.Name)
	if e != nil {
		c.warn(fmt.Sprintf("there is no %s in %s, so it is no dataset; all of it is in %s: copy it from there, with %s last, or delete both and run again",
			manifest.Name, o.away, shown(o.dir), manifest.Name))
		if ctx.Err() != nil {
			return &status{exitInterrupted, errors.New("interrupted while the dataset was put into the store")}
		}
		return failed(e)
	}
	if e := os.RemoveAll(filepath.Dir(o.dir)); e != nil {
		c.warn(fmt.Sprintf("%v: delete it", e))
	}
	if c.json != nil {
		c.event(map[string]any{"event": "stored", "path": o.away, "files": n, "bytes": bytes})
	} else {
		c.say("%s: %s, %s, the manifest last", o.away, plural(n, "file"), bytesText(bytes))
	}
	return err
}
