package main

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/pcapmill/pcapmill/internal/config"
	"github.com/pcapmill/pcapmill/internal/userfile"
	"github.com/pcapmill/pcapmill/manifest"
	"github.com/pcapmill/pcapmill/mill"
	"github.com/pcapmill/pcapmill/split"
	"github.com/pcapmill/pcapmill/store"
)

// splitNames are the options of a split. The first three say into what; one of them is given.
var splitNames = []string{"split", "folds", "split-from", "split-method", "split-by", "split-salt", "split-fallback", "min-per-class", "max-per-class"}

// drawNames are those about how sides are drawn, which a file that gives them leaves nothing for.
var drawNames = splitNames[3:7]

// maxSides is how many bytes a file with sides may have.
const maxSides = 64 << 20

// splitOptions are the options of the split of the dataset in dir: those given, else those
// that are recorded, else the defaults. wanted is false if there are none: nothing is
// recorded, no --split is given and there are no default shares.
func splitOptions(ctx context.Context, v *config.Values, dir, shares string) (o split.Options, wanted bool, err error) {
	var recorded split.Options
	if dir != "" {
		if recorded, wanted, err = store.SplitOf(dir); err != nil {
			return o, false, &status{exitFailed, err}
		}
	}
	into := ""
	for _, name := range splitNames[:3] {
		switch {
		case v.From(name) == "":
		case into != "":
			return o, false, usage("%s and %s: need one of them", from(v, into), from(v, name))
		default:
			into = name
		}
	}
	if into == "split" {
		shares = v.Get("split")
	}
	if shares == "" && !wanted && into == "" {
		if i := slices.IndexFunc(splitNames, func(n string) bool { return v.From(n) != "" }); i >= 0 {
			return o, false, usage("%s: it is about a split, and none is asked for; give --split %s", from(v, splitNames[i]), defaultShares)
		}
		return o, false, nil
	}
	fromFile := into == "split-from" || into == "" && recorded.Given != nil
	for _, name := range drawNames {
		if fromFile && v.From(name) != "" {
			return o, false, usage("%s: the sides come from a file (--split-from), and none is drawn", from(v, name))
		}
	}
	if wanted = wanted && (recorded.Given == nil || fromFile); wanted {
		o = recorded
	}
	parse := func(name string, set func(text string) error) {
		if err != nil || wanted && v.From(name) == "" {
			return
		}
		if e := set(v.Get(name)); e != nil {
			err = usage("%s: %w", from(v, name), e)
		}
	}
	switch {
	case into == "folds":
		o.Weights, o.Folds, o.Given = split.Weights{}, v.Number("folds"), nil
	case into == "split-from":
		o.Weights, o.Folds = split.Weights{}, 0
		o.Given, err = givenSides(ctx, v)
	case into == "split" || !wanted:
		o.Folds, o.Given = 0, nil
		if o.Weights, err = split.ParseWeights(shares); err != nil {
			err = usage("%s: %w", from(v, "split"), err)
		}
	}
	if !fromFile {
		parse("split-method", func(t string) (e error) { o.Method, e = split.ParseMethod(t); return e })
		parse("split-by", func(t string) (e error) { o.By, e = split.ParseBy(t); return e })
		parse("split-salt", func(t string) error { o.Salt = t; return nil })
		parse("split-fallback", func(t string) (e error) { o.Fallback, e = split.ParseFallback(t); return e })
	}
	parse("min-per-class", func(string) error { o.MinPerClass = int64(v.Number("min-per-class")); return nil })
	parse("max-per-class", func(string) error { o.MaxPerClass = int64(v.Number("max-per-class")); return nil })
	if err == nil {
		if e := o.Check(); e != nil {
			err = usage("%w", e)
		}
	}
	return o, true, err
}

// givenSides reads the file of --split-from.
func givenSides(ctx context.Context, v *config.Values) (*split.Given, error) {
	path := v.Get("split-from")
	text, err := userfile.Read(ctx, path, maxSides)
	if err == nil {
		var g *split.Given
		if g, err = split.ParseGiven(text); err == nil {
			return g, nil
		}
		err = &named{errors.New(path + ": " + err.Error()), []string{path}}
	}
	return nil, usageUnless(ctx, usage("%s: %w", from(v, "split-from"), err))
}

// splitAhead refuses, before a capture is read, what a split of the plan's dataset cannot do.
func splitAhead(o *split.Options, p *mill.Plan) error {
	if bad := cmp.Or(o.CheckTimes(p.TableTimes.String()), o.CheckUnits(p.Breaks.Several())); bad != nil {
		return &status{exitUsage, bad}
	}
	if o.By == split.Host && p.Key == nil {
		return usage("--split-by host: samples have pseudonyms of hosts only with a key: give --key-file, or split by capture, session or time")
	}
	if p.Out == "" {
		return nil
	}
	if err := store.CheckSplit(p.Out, *o); err != nil {
		return failed(err)
	}
	if err := knownCaptures(*o, p.Out, p); err != nil || p.LabelFrom == mill.FromTable || p.LabelFrom == mill.FromComment {
		return err
	}
	captures := map[string]int64{}
	for i := range p.Captures {
		captures[p.Captures[i].Class]++
	}
	d, err := store.Open(p.Out)
	if err == nil {
		for _, c := range d.Manifest().Captures {
			if c.Samples > 0 {
				captures[c.Class]++
			}
		}
	}
	var classes []split.Ahead
	for i := range p.Captures {
		if name := p.Captures[i].Class; captures[name] > 0 {
			classes = append(classes, split.Ahead{Name: name, Captures: captures[name]})
			delete(captures, name)
		}
	}
	return failed(o.CheckAhead(classes))
}

// knownCaptures refuses a file with sides that names what is neither in the dataset in dir
// nor in the plan, which may be nil.
func knownCaptures(o split.Options, dir string, p *mill.Plan) error {
	if o.Given == nil {
		return nil
	}
	var names []string
	if d, err := store.Open(dir); err == nil {
		names = captureNames(d.Manifest())
	} else if p == nil {
		return failed(noDataset(dir, err))
	}
	if p != nil {
		for i := range p.Captures {
			names = append(names, p.Captures[i].Name)
		}
	}
	if bad := o.Given.Strangers(names); len(bad) > 0 {
		return &status{exitUsage, &split.StrangersError{Names: bad, There: names}}
	}
	return nil
}

// captureNames are the names of a dataset's captures, in order.
func captureNames(m *manifest.Manifest) (names []string) {
	for i := range m.Captures {
		names = append(names, m.Captures[i].Name)
	}
	return names
}
