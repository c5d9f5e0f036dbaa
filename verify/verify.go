// Package verify looks for what is wrong with a finished dataset.
//
// Verify checks every promise that a dataset makes. It needs nothing but the
// directory, takes no lock and changes nothing.
package verify

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/pcapmill/pcapmill/internal/dedup"
	"github.com/pcapmill/pcapmill/manifest"
	"github.com/pcapmill/pcapmill/sample"
	"github.com/pcapmill/pcapmill/store"
)

// BrokenError is the first promise found broken.
type BrokenError struct {
	Promise string // what a dataset promises
	Found   string // what is there instead
}

func (e *BrokenError) Error() string { return e.Found + " (failed check: " + e.Promise + ")" }

func broken(promise, found string, args ...any) error {
	return &BrokenError{Promise: promise, Found: fmt.Sprintf(found, args...)}
}

// Verified is what a whole dataset was found to hold.
type Verified struct {
	Manifest *manifest.Manifest
	Promises []string // that were checked
}

// Verify checks the dataset in dir. It returns a *BrokenError for the first
// promise that does not hold, and other errors if it cannot be read.
func Verify(dir string) (*Verified, error) {
	return Watched(context.Background(), dir, new(atomic.Int64))
}

// Watched is Verify that ends when ctx is done, and counts the samples that it has read.
// Digests are computed on all cores; what is found first does not depend on them.
func Watched(ctx context.Context, dir string, samples *atomic.Int64) (*Verified, error) {
	return watched(ctx, dir, samples, 0)
}

func watched(ctx context.Context, dir string, samples *atomic.Int64, workers int) (*Verified, error) {
	d, err := store.Open(dir)
	if err != nil {
		return nil, err
	}
	m := d.Manifest()
	v := &verifier{ctx: ctx, read: samples, workers: workers, d: d, m: m, set: dedup.NewSet(), conflicts: make([]int64, len(m.Captures))}
	out := &Verified{Manifest: m}
	type promised struct {
		promise string
		run     func(promise string) error
	}
	checks := []promised{
		{"the manifest agrees with itself: packets = used + left out, sessions = samples + duplicates + empty + left out, totals, ranges, classes", v.laws},
		{"the files have the sizes that the manifest says", v.sizes},
		{"the IDX headers say what the manifest says", v.headers},
		{"every image has the label of its capture or, where sessions have their own, the labels are as counted, and every capture's samples have their digest", v.samples},
		{"every row of the table belongs to its sample, and the rows of a capture add up to its counts", v.rows},
		{"no two samples of a class are duplicates, and the conflicts are as counted", v.duplicates},
	}
	if m.Variants != nil {
		checks = append(checks, promised{variantsPromise, v.variants})
	}
	if d.IsSplit() {
		checks = append(checks, promised{splitPromise, v.split})
	}
	for _, check := range checks {
		if err := check.run(check.promise); err != nil {
			return out, err
		}
		out.Promises = append(out.Promises, check.promise)
	}
	return out, nil
}

type verifier struct {
	ctx       context.Context
	read      *atomic.Int64 // samples
	workers   int
	d         *store.Dataset
	m         *manifest.Manifest
	set       *dedup.Set
	repeated  int64   // samples that are duplicates of earlier ones
	conflicts []int64 // by capture
	table     string  // what is wrong with the table of samples; found by samples
}

func (v *verifier) laws(promise string) error {
	if err := v.m.Check(); err != nil {
		return broken(promise, "%v", err)
	}
	if v.m.Settings.Form() != "" {
		return nil
	}
	if v.m.Rows < 1 || v.m.Cols < 1 || int64(v.m.Rows)*int64(v.m.Cols) != v.m.Settings.Int("length") {
		return broken(promise, "samples of %d rows and %d columns, but %d bytes", v.m.Rows, v.m.Cols, v.m.Settings.Int("length"))
	}
	return nil
}

func (v *verifier) sizes(promise string) error {
	if err := v.d.CheckSizes(); err != nil {
		return broken(promise, "%v", err)
	}
	return nil
}

func (v *verifier) headers(promise string) error {
	if err := v.d.CheckHeaders(); err != nil {
		return broken(promise, "%v", err)
	}
	return nil
}

func (v *verifier) samples(promise string) error {
	labels, err := v.d.Labels()
	if err != nil {
		return err
	}
	defer labels.Close()
	t, err := newTable(v.d)
	if err != nil {
		return err
	}
	defer t.r.Close()
	known := map[uint16]string{}
	for _, c := range v.m.Classes {
		known[c.Label] = c.Name
	}
	h := &held{v: v, promise: promise, at: -1, labels: labels, t: t, known: known}
	if err := v.d.Chunks(v.ctx, v.workers, t.bySample, h.chunk); err != nil {
		return err
	}
	v.table = t.problem
	return nil
}

func (v *verifier) rows(promise string) error {
	if v.table != "" {
		return broken(promise, "%s", v.table)
	}
	return nil
}

// held is what is held against the samples of the captures, one after another.
type held struct {
	v       *verifier
	promise string
	labels  *store.Labels
	t       *table
	known   map[uint16]string // classes by label

	at       int // the capture at hand; -1 before the first
	sum      *manifest.Sum
	perLabel map[uint16]int64
}

func (h *held) begin(at int) error {
	c := &h.v.m.Captures[at]
	if c.Class != manifest.BySession && h.known[c.Label] != c.Class {
		return broken(h.promise, "capture %s: class %s with label %d, which the class table calls %q", c.Name, c.Class, c.Label, h.known[c.Label])
	}
	h.at, h.sum, h.perLabel = at, manifest.NewSum(), map[uint16]int64{}
	h.t.begin(at, c)
	return nil
}

// chunk holds the next samples against their labels and rows.
func (h *held) chunk(chunk *store.Chunk) error {
	if chunk.Capture != h.at {
		if err := h.begin(chunk.Capture); err != nil {
			return err
		}
	}
	c := &h.v.m.Captures[h.at]
	h.v.read.Add(int64(chunk.Len))
	_, _ = h.sum.Write(chunk.Data) // a hash never fails
	for k := range chunk.Len {
		i := chunk.First + int64(k)
		var print dedup.Digest
		if h.t.bySample {
			print = chunk.Prints[k]
		}
		d, err := h.t.row(i, chunk.Sample(k), print)
		if err != nil {
			return err
		}
		l, err := h.labels.Next()
		if err != nil {
			return err
		}
		if c.Class != manifest.BySession && l != c.Label {
			return broken(h.promise, "capture %s: sample %d has label %d, need %d", c.Name, i, l, c.Label)
		}
		h.perLabel[l]++
		h.v.count(d, h.at, l)
	}
	if chunk.Last {
		return h.end()
	}
	return nil
}

func (h *held) end() error {
	c := &h.v.m.Captures[h.at]
	h.t.end()
	for _, want := range c.Labels {
		if n := h.perLabel[want.Label]; n != want.Samples {
			return broken(h.promise, "capture %s: %d samples have label %d, need %d", c.Name, n, want.Label, want.Samples)
		}
	}
	if have := h.sum.Text(); have != c.SamplesDigest {
		return broken(h.promise, "capture %s: its samples %d to %d have digest %s, need %s",
			c.Name, c.FirstSample, c.FirstSample+c.Samples-1, have, c.SamplesDigest)
	}
	return nil
}

// count notes what stands for a sample of capture at.
func (v *verifier) count(d dedup.Digest, at int, label uint16) {
	seen, conflict := v.set.Add(d, label)
	if seen {
		v.repeated++
	}
	if conflict {
		v.conflicts[at]++
	}
}

func (v *verifier) duplicates(promise string) error {
	if v.repeated > 0 && v.m.Settings.Get("dedup") != sample.DedupNone.String() {
		return broken(promise, "%d samples are repeated", v.repeated)
	}
	for i := range v.m.Captures {
		if c := &v.m.Captures[i]; v.conflicts[i] != c.Conflicts {
			return broken(promise, "capture %s: %d conflicts, but the manifest counts %d", c.Name, v.conflicts[i], c.Conflicts)
		}
	}
	return nil
}
