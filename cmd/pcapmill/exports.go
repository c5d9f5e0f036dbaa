package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"

	"github.com/pcapmill/pcapmill/internal/export"
	"github.com/pcapmill/pcapmill/manifest"
	"github.com/pcapmill/pcapmill/mill"
	"github.com/pcapmill/pcapmill/store"
)

// exportsText is the exports of a dataset in a line; "" if there are none.
func exportsText(d *store.Dataset) string {
	found, err := export.Beside(d)
	if err != nil {
		return printable(err.Error())
	}
	var words []string
	for _, s := range found {
		switch {
		case s.Err != nil:
			words = append(words, printable(s.Err.Error()))
		case s.Stale:
			words = append(words, fmt.Sprintf("%s (stale: '%s' renders it anew)", shown(s.Record.Name), exportCommand(d.Dir(), otherVariant(d), s.Record)))
		default:
			words = append(words, shown(s.Record.Name))
		}
	}
	return strings.Join(words, ", ")
}

// otherVariant is the name of the variant, "" of the first one.
func otherVariant(d *store.Dataset) string {
	if d.Place() == d.Dir() {
		return ""
	}
	return d.Manifest().Variant
}

// stale warns of exports that are not of the dataset as it is now.
func (c *console) stale(dir string) {
	_, err := os.Lstat(filepath.Join(dir, manifest.VariantsName))
	if there, e := export.Find(dir, ""); e == nil && len(there) == 0 && err != nil {
		return // before a large manifest is read for nothing
	}
	d, err := store.Open(dir)
	if err != nil {
		return // the run has said it
	}
	all, err := d.All()
	if err != nil {
		c.warn(err.Error())
	}
	for _, d := range all {
		found, err := export.Beside(d)
		if err != nil {
			c.warn(err.Error())
		}
		for _, s := range found {
			switch {
			case s.Err != nil:
				c.warn(s.Err.Error())
			case s.Stale:
				c.warn(fmt.Sprintf("%s is stale: it is of another state of the dataset; '%s' renders it anew", shown(s.Dir), exportCommand(d.Dir(), otherVariant(d), s.Record)))
			}
		}
	}
}

// verifyExports compares the files of all exports beside a dataset, and beside its
// variants, with their records.
func (c *console) verifyExports(ctx context.Context, dir string) error {
	d, err := store.Open(dir)
	if err != nil {
		return err
	}
	all, err := d.All()
	if err != nil {
		return err
	}
	for _, d := range all {
		if err := c.verifyBeside(ctx, d); err != nil {
			return err
		}
	}
	return nil
}

func (c *console) verifyBeside(ctx context.Context, d *store.Dataset) error {
	found, err := export.Beside(d)
	if err != nil {
		return err
	}
	for _, s := range found {
		if s.Err != nil {
			return s.Err
		}
		if err := export.Verify(ctx, s.Dir, 0); err != nil {
			return fmt.Errorf("the files of an export have the sizes and digests that it records: %w", err)
		}
		if c.json != nil {
			c.event(map[string]any{"event": "export", "format": s.Record.Name, "dir": s.Dir, "stale": s.Stale, "fingerprint": s.Record.Fingerprint})
			continue
		}
		c.say("ok: the files of %s have the sizes and digests that it records", shown(s.Dir))
		if s.Stale {
			c.say("stale: %s is of another state of the dataset; '%s' renders it anew", shown(s.Dir), exportCommand(d.Dir(), otherVariant(d), s.Record))
		}
	}
	return nil
}

// behind is the end of a run whose samples are committed and of which a step behind them
// failed. left says what that step has left.
func (c *console) behind(p *mill.Plan, err error, left string) error {
	code := exitBehind
	text := fmt.Errorf("%w\nthe samples are in %s, whole; %s", err, p.Out, left)
	if errors.Is(err, context.Canceled) {
		code, text = exitInterrupted, fmt.Errorf("interrupted: the samples are in %s, whole; %s", p.Out, left)
	}
	c.stale(p.Out)
	return &status{code, nameCaptures(text, p)}
}

// sampleBar shows on a terminal how many samples of a format are done; stop removes it.
func (c *console) sampleBar(name string, v *store.View) (stop func()) {
	var n atomic.Int64
	v.Progress(func() { n.Add(1) })
	end := c.counting(func() string { return fmt.Sprintf("%s: %s read", name, plural(n.Load(), "sample")) })
	return func() {
		v.Progress(nil)
		end()
	}
}
