package main

import (
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/pcapmill/pcapmill/internal/config"
	"github.com/pcapmill/pcapmill/split"
	"github.com/pcapmill/pcapmill/store"
)

// splitNames are the options of a split.
var splitNames = []string{"split", "split-method", "split-by", "split-salt", "split-fallback", "min-per-class", "max-per-class"}

// defaultShares are those of 'pcapmill split' where the user gives none.
const defaultShares = "80/10/10"

func newSplit() *cobra.Command {
	var anew bool
	cmd := &cobra.Command{
		Use:   "split DIR",
		Short: "divide a dataset into training, validation and test samples, without leaks",
		Long: `Divides the samples of the dataset in DIR, without its captures, and writes
splits.json: the side of every sample, and the proof that no group of samples stands
on two sides. A summary goes into manifest.json.

What stays together is --split-by: a capture unless asked otherwise. Within each class
groups are dealt out so that every side gets its share, in an order drawn by a keyed
hash. Sides that were given stay when captures are added. With the same options as
before only samples that were added are divided; with others all are, and how many
moved is said.

A class with fewer groups than sides (one capture only, say) is split by session
instead, which is said and recorded; --split-fallback chooses otherwise.`,
		Example: `  pcapmill split dataset
  pcapmill split dataset --split 80/20 --split-by session
  pcapmill split dataset --split-by time
  pcapmill split dataset --max-per-class 5000 --min-per-class 100`,
		Args: count(1, "name one directory"),
		RunE: func(cmd *cobra.Command, args []string) error {
			v, err := choose(cmd)
			if err != nil {
				return err
			}
			o, _, err := splitOptions(v, args[0], defaultShares)
			if err != nil {
				return err
			}
			r, err := store.Divide(cmd.Context(), args[0], o, anew)
			if err != nil {
				return failed(noDataset(args[0], &named{err, args}))
			}
			newConsole(cmd, false).split(args[0], r)
			return nil
		},
	}
	exits(cmd, "0  done", "1  failed, or a class cannot be split; the dataset is as it was", "2  wrong usage")
	addOptions(cmd, splitNames...)
	cmd.Flags().BoolVar(&anew, "anew", false, "forget how classes were split and where times were cut; samples may move")
	addJSON(cmd)
	addVolume(cmd, "")
	return cmd
}

// splitOptions are the options of the split of the dataset in dir: those given, else those
// that are recorded, else the defaults. wanted is false if there are none: nothing is
// recorded, no --split is given and there are no default shares.
func splitOptions(v *config.Values, dir, shares string) (o split.Options, wanted bool, err error) {
	var recorded split.Options
	if dir != "" {
		if recorded, wanted, err = store.SplitOf(dir); err != nil {
			return o, false, &status{exitFailed, err}
		}
	}
	given := func(name string) bool { return v.From(name) != "" || !wanted }
	if v.From("split") != "" {
		shares = v.Get("split")
	}
	if shares == "" && !wanted {
		if i := slices.IndexFunc(splitNames, func(n string) bool { return v.From(n) != "" }); i >= 0 {
			return o, false, usage("%s: it is about a split, and none is asked for; give --split %s", from(v, splitNames[i]), defaultShares)
		}
		return o, false, nil
	}
	o = recorded
	parse := func(name string, set func(text string) error) {
		if err != nil || !given(name) {
			return
		}
		text := v.Get(name)
		if name == "split" {
			text = shares
		}
		if e := set(text); e != nil {
			err = usage("%s: %w", from(v, name), e)
		}
	}
	parse("split", func(t string) (e error) { o.Weights, e = split.ParseWeights(t); return e })
	parse("split-method", func(t string) (e error) { o.Method, e = split.ParseMethod(t); return e })
	parse("split-by", func(t string) (e error) { o.By, e = split.ParseBy(t); return e })
	parse("split-salt", func(t string) error { o.Salt = t; return nil })
	parse("split-fallback", func(t string) (e error) { o.Fallback, e = split.ParseFallback(t); return e })
	parse("min-per-class", func(string) error { o.MinPerClass = int64(v.Number("min-per-class")); return nil })
	parse("max-per-class", func(string) error { o.MaxPerClass = int64(v.Number("max-per-class")); return nil })
	if err == nil {
		if e := o.Check(); e != nil {
			err = usage("%w", e)
		}
	}
	return o, true, err
}

// split shows what became of a split.
func (c *console) split(dir string, r *store.Divided) {
	if c.json != nil {
		short := *r.Record
		short.Assignment = "" // a character a sample
		c.event(map[string]any{"event": "split", "record": short, "earlier": r.Earlier, "moved": r.Moved, "warnings": r.Record.Warnings()})
		return
	}
	for _, w := range r.Record.Warnings() {
		c.warn(w)
	}
	t := table{columns: []column{
		{head: "LABEL", right: true},
		{head: "CLASS"},
		{head: "BY"},
		{head: "TRAIN", right: true},
		{head: "VALIDATION", right: true},
		{head: "TEST", right: true},
		{head: "LEFT OUT"},
	}}
	for i := range r.Record.Classes {
		k := &r.Record.Classes[i]
		t.add(fmt.Sprint(k.Label), shown(k.Name), orDash(k.By),
			thousands(k.Samples.Train), thousands(k.Samples.Validation), thousands(k.Samples.Test), orDash(countList(k.LeftOut)))
	}
	if !c.quiet {
		t.write(c.out, c.width)
	}
	n := &r.Record.Sides
	c.say("%s: split %s by %s: %s training, %s validation, %s test, %s left out", shown(dir), r.Record.Settings.Split, r.Record.Settings.By,
		thousands(n.Train), thousands(n.Validation), thousands(n.Test), thousands(r.Record.Samples-n.Total()))
	for _, g := range r.Record.Proof.Groups {
		c.say("groups by %s: %s training, %s validation, %s test, %s on two sides", g.By,
			thousands(g.Sides.Train), thousands(g.Sides.Validation), thousands(g.Sides.Test), thousands(g.OnTwoSides))
	}
	if r.Moved > 0 {
		c.say("%s of %s that were divided before are on another side now", thousands(r.Moved), plural(r.Earlier, "sample"))
	}
}
