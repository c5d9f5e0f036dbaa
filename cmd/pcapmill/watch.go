package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/pcapmill/pcapmill/internal/config"
	"github.com/pcapmill/pcapmill/internal/objects"
	"github.com/pcapmill/pcapmill/mill"
)

// watch takes the captures of a directory as somebody else finishes them.
type watch struct {
	dir    string
	settle time.Duration

	now  func() time.Time // time.Now but in tests
	seen map[string]*arrival
}

// arrival is a file of the directory.
type arrival struct {
	size     int64
	modified time.Time
	since    time.Time // when it was first seen so
	taken    bool
	head     [sha256.Size]byte // of its first bytes when it was taken, as many as headed
	headed   int64
	told     bool // that it changed behind that, or cannot be read
	// void says that nothing of it is in the dataset: it was no capture yet, or had no packet.
	// It may grow.
	void bool
}

// voidLen is less than a file of a packet has that another run has put into the dataset.
const voidLen = 512

func (w *watch) flags(cmd *cobra.Command) {
	w.now, w.seen = time.Now, map[string]*arrival{}
	f := cmd.Flags()
	f.StringVar(&w.dir, "watch", "", "take the captures of `DIR` as they are finished, until interrupted")
	f.DurationVar(&w.settle, "settle", 30*time.Second, "watch: a file that has not changed for so long is finished")
}

// arguments refuses what does not go with --watch.
func (w *watch) arguments(args []string, dryRun bool, with extras) error {
	switch info, err := os.Stat(w.dir); {
	case err != nil:
		return usage("convert: --watch: %w", err)
	case !info.IsDir():
		return usage("convert: --watch %s: need a directory", w.dir)
	case len(args) > 0:
		return usage("convert: --watch names the directory; leave %s out", args[0])
	case dryRun:
		return usage("convert: --dry-run writes nothing, and --watch does not end: give one of the two")
	case with.report || with.card:
		return usage("convert: --report and --card describe a finished dataset: 'pcapmill report' and 'pcapmill card' write them when the writer has ended")
	case w.settle <= 0:
		return usage("convert: --settle %s: need more than 0", w.settle)
	}
	return nil
}

// run takes finished captures, batch by batch, until the context is done.
func (w *watch) run(cmd *cobra.Command, v *config.Values) error {
	ctx, c := cmd.Context(), newConsole(cmd)
	o, err := millOptions(ctx, v)
	if err != nil {
		return err
	}
	switch jobs, err := exportJobsFor(v, &o); {
	case err != nil:
		return err
	case len(jobs) > 0:
		return usage("convert: --format renders a finished dataset: 'pcapmill export' does it when the writer has ended")
	case objects.Is(v.Get("out")):
		return usage("convert: --watch adds to a dataset, and one in a store is not added to: give -o a directory")
	case v.Get("out") == "":
		return usage("convert: no directory to write to: give -o DIR")
	case o.Group != "":
		return usage("convert: --watch: a group of captures is joined only when all of it is there (--session-scope group): convert the directory when the writer has ended")
	case o.LabelFrom == mill.FromTable:
		return usage("convert: --watch: a table of flows is read once, and says nothing of what is captured later: use --label-from name, dir or comment")
	case o.LabelFrom != mill.FromName && v.From("labels") == "":
		return usage("convert: --watch with --label-from %s needs --labels FILE: a dataset keeps its classes, and nobody knows yet which will occur", o.LabelFrom)
	}
	for _, text := range append(v.KeyWarnings(o.Key), o.Warnings()...) {
		c.warn(text)
	}
	if c.json != nil {
		c.event(map[string]any{"event": "watch", "path": w.dir, "settle": w.settle.Seconds()})
	} else {
		c.say("watching %s: a file that has not changed for %s is taken", shown(w.dir), w.settle)
	}
	code := exitDone
	for {
		finished, grown, err := w.scan()
		if err != nil {
			return failed(&named{err, []string{w.dir}})
		}
		for _, path := range grown {
			c.warn(fmt.Sprintf("%s changed after it was taken, and what came later is not in the dataset: give a longer --settle than the writer pauses", shown(path)))
		}
		if len(finished) > 0 {
			err := w.take(ctx, c, v, o, finished)
			var is *status
			switch {
			case errors.As(err, &is) && is.code == exitDamaged: // it was named
				code = exitDamaged
			case err != nil:
				return err
			}
		}
		select {
		case <-ctx.Done():
			if c.json == nil {
				c.say("stopped: what was taken is in %s; the same command goes on", shown(v.Get("out")))
			}
			if code != exitDone {
				return &status{code, nil}
			}
			return nil
		case <-time.After(min(max(w.settle/4, 20*time.Millisecond), 5*time.Second)):
		}
	}
}

// take converts the captures among some finished files.
func (w *watch) take(ctx context.Context, c *console, v *config.Values, o mill.Options, finished []string) error {
	p, err := mill.PrepareIn(ctx, []string{w.dir}, v.Get("out"), o)
	if p == nil {
		return usageUnless(ctx, &status{exitUsage, err})
	}
	wanted := func(path string) bool {
		return slices.ContainsFunc(finished, func(f string) bool { return path == f || strings.HasPrefix(path, f+string(filepath.Separator)) })
	}
	p.Captures = slices.DeleteFunc(p.Captures, func(in mill.Input) bool { return in.Stream || !wanted(in.Path) })
	p.Skipped = slices.DeleteFunc(p.Skipped, func(s mill.Skip) bool { return !wanted(s.Path) })
	p.Problems = slices.DeleteFunc(p.Problems, func(err error) bool {
		var at interface{ Paths() []string }
		var one *fs.PathError
		return errors.As(err, &at) && !slices.ContainsFunc(at.Paths(), wanted) || errors.As(err, &one) && !wanted(one.Path)
	})
	c.plan(p, false, "'pcapmill convert --dry-run'")
	var labels *mill.LabelError
	if errors.As(err, &labels) {
		return &status{exitFailed, nameCaptures(err, p)}
	}
	if len(p.Captures) == 0 {
		return problems(p)
	}
	divide, err := divider(ctx, v, c, p)
	if err != nil {
		return err
	}
	return runPlan(ctx, p, c, func(ctx context.Context, ev mill.Events, progress *mill.Progress) (*mill.Result, error) {
		r, err := mill.Run(ctx, p, ev, progress)
		if r != nil {
			w.gave(r)
		}
		return r, err
	}, divide, nil, extras{})
}

// gave notes which files have given packets.
func (w *watch) gave(r *mill.Result) {
	for i := range r.Outcomes {
		o := &r.Outcomes[i]
		if o.Err != nil || o.Known && o.Input.Size < voidLen || !o.Known && o.Capture.Packets == 0 {
			continue
		}
		for path, a := range w.seen {
			if a.taken && (path == o.Input.Path || strings.HasPrefix(o.Input.Path, path+string(filepath.Separator))) {
				a.void = false
			}
		}
	}
}

// scan looks at the files of the directory, and at what is in place of one: links, FIFOs.
// finished are those that have not changed for the time to settle and were not taken; they
// count as taken now, and what cannot be read is among them once. grown are those that changed
// behind that, each told once; a file with another beginning is another file.
func (w *watch) scan() (finished, grown []string, err error) {
	there := map[string]bool{}
	err = filepath.WalkDir(w.dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil && path == w.dir:
			return err
		case err != nil || d.IsDir():
			return nil // it is looked at again
		}
		info, err := os.Stat(path)
		if err != nil || !info.Mode().IsRegular() {
			info, err = d.Info() // of the link itself
		}
		if err != nil {
			return nil // it is gone
		}
		there[path] = true
		a := w.seen[path]
		if a == nil {
			// A file that was there before may be finished: its own time says so. How old it is
			// is asked once, so that a clock that is set afterwards changes nothing.
			now := w.now()
			a = &arrival{size: info.Size(), modified: info.ModTime(), since: now.Add(-max(0, now.Sub(info.ModTime())))}
			w.seen[path] = a
		}
		if a.size != info.Size() || !a.modified.Equal(info.ModTime()) {
			if a.taken && !a.void && info.Mode().IsRegular() && a.same(path) {
				if !a.told {
					a.told = true
					grown = append(grown, path)
				}
				return nil
			}
			*a = arrival{size: info.Size(), modified: info.ModTime(), since: w.now()}
		}
		if a.taken || w.now().Sub(a.since) < w.settle {
			return nil
		}
		if info.Mode().IsRegular() { // else it is named, and passed over
			a.head, a.headed, err = headOf(path, headLen)
		}
		switch {
		case err == nil:
			a.taken, a.void, a.told = true, true, false // until it has given something
		case a.told || errors.Is(err, fs.ErrNotExist):
			return nil // it is gone, or not for us: it is looked at again
		default:
			a.told = true
		}
		finished = append(finished, path)
		return nil
	})
	for path := range w.seen {
		if !there[path] {
			delete(w.seen, path)
		}
	}
	return finished, grown, err
}

// same reports whether the file still begins as it did when it was taken.
func (a *arrival) same(path string) bool {
	head, n, err := headOf(path, a.headed)
	return err == nil && n == a.headed && head == a.head
}

// headLen is how many bytes of a file tell it from another one of the same name: some packets.
const headLen = 4 << 10

// headOf is a digest of the first bytes of a file, at most limit, and how many they are.
func headOf(path string, limit int64) (sum [sha256.Size]byte, n int64, err error) {
	f, err := os.Open(path)
	if err != nil {
		return sum, 0, err
	}
	defer f.Close()
	h := sha256.New()
	n, err = io.Copy(h, io.LimitReader(f, limit))
	return [sha256.Size]byte(h.Sum(nil)), n, err
}
