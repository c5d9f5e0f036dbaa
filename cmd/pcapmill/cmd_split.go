package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/pcapmill/pcapmill/manifest"
	"github.com/pcapmill/pcapmill/store"
)

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
  pcapmill split dataset --folds 5
  pcapmill split dataset --split-from sides.csv
  pcapmill split dataset --max-per-class 5000 --min-per-class 100`,
		Args: count(1, "name one directory"),
		RunE: func(cmd *cobra.Command, args []string) error {
			v, err := choose(cmd)
			if err != nil {
				return err
			}
			o, _, err := splitOptions(cmd.Context(), v, args[0], defaultShares)
			if err == nil {
				err = knownCaptures(o, args[0], nil)
			}
			if err != nil {
				return err
			}
			r, err := store.Divide(cmd.Context(), args[0], o, anew)
			if err != nil {
				return failed(noDataset(args[0], &named{err, args}))
			}
			newConsole(cmd).split(args[0], r)
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
	heads := []column{{head: "LABEL", right: true}, {head: "CLASS", short: true}, {head: "BY"}}
	if r.Record.Settings.Folds > 0 {
		heads = append(heads, column{head: "SAMPLES BY FOLD"})
	} else {
		heads = append(heads, column{head: "TRAIN", right: true}, column{head: "VALIDATION", right: true}, column{head: "TEST", right: true})
	}
	t := table{columns: append(heads, column{head: "LEFT OUT", fold: true})}
	for i := range r.Record.Classes {
		k := &r.Record.Classes[i]
		row := []string{fmt.Sprint(k.Label), shown(k.Name), orDash(k.By)}
		if r.Record.Settings.Folds > 0 {
			row = append(row, slashed(k.Samples.Folds))
		} else {
			row = append(row, thousands(k.Samples.Train), thousands(k.Samples.Validation), thousands(k.Samples.Test))
		}
		t.add(append(row, orDash(countList(k.LeftOut)))...)
	}
	if !c.quiet {
		t.write(c.out, c.width)
	}
	s := r.Manifest.Split
	c.say("%s: split %s: %s, %s left out", shown(dir), splitWords(s), onSides(&s.Sides), thousands(s.Samples-s.Sides.Total()))
	for i := range s.Groups {
		g := &s.Groups[i]
		c.say("groups by %s: %s, %s on two sides", g.By, onSides(&g.Sides), thousands(g.OnTwoSides))
	}
	if names := r.Record.Unnamed(captureNames(r.Manifest)); len(names) > 0 {
		c.say("on no side, because the file does not name them: %s", someNames(names))
	}
	if r.Moved > 0 {
		c.say("%s of %s that were divided before are on another side now", thousands(r.Moved), plural(r.Earlier, "sample"))
	}
}

// splitWords is into what a dataset is split, and by what.
func splitWords(s *manifest.Split) string {
	switch {
	case s.From != "":
		return "as a file says"
	case s.Folds > 0:
		return fmt.Sprintf("into %d folds by %s", s.Folds, shown(s.By))
	}
	return fmt.Sprintf("%s by %s", shown(s.Split), shown(s.By))
}

// onSides is how many there are on each side, or in each fold.
func onSides(n *manifest.Sides) string {
	if n.Folds != nil {
		return "by fold " + slashed(n.Folds)
	}
	return fmt.Sprintf("%s training, %s validation, %s test", thousands(n.Train), thousands(n.Validation), thousands(n.Test))
}

// slashed is like 12/12/11.
func slashed(list []int64) string {
	text := make([]string, len(list))
	for i, n := range list {
		text[i] = strconv.FormatInt(n, 10)
	}
	return strings.Join(text, "/")
}

// someNames are the first of a list of names.
func someNames(names []string) string {
	const most = 10
	var list []string
	for _, n := range names[:min(most, len(names))] {
		list = append(list, shown(n))
	}
	text := strings.Join(list, ", ")
	if more := int64(len(names) - most); more > 0 {
		text += fmt.Sprintf(" and %s more", thousands(more))
	}
	return text
}
