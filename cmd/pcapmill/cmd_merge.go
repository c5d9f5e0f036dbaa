package main

import (
	"context"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/pcapmill/pcapmill/mill"
	"github.com/pcapmill/pcapmill/store"
)

func newMerge() *cobra.Command {
	var t task
	var out string
	var with extras
	cmd := &cobra.Command{
		Use:   "merge --plan PLAN -d DIR -o DATASET",
		Short: "the last task of a plan: make the dataset",
		Long: `Makes the dataset of a plan, or adds to one, out of what all map and reduce tasks have left in
DIR. It removes duplicates over the whole dataset, gives labels, divides and renders as the
plan says, and commits as 'convert' does: in every file but for the seconds in the manifest the result is that of
'convert' with the same captures and options.

It proves that the chunks of each capture found every record once: each begins where the one before
ended. A capture whose chunks do not is read again as a whole, here, which is said.

DIR is not changed. It can be deleted afterwards.`,
		Example: `  pcapmill merge --plan plan.json -d work -o dataset`,
		Args:    count(0, "it takes no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch {
			case t.plan == "":
				return usage("merge: no plan: give --plan FILE")
			case t.dir == "":
				return usage("merge: no directory of what the tasks have left: give -d DIR")
			case out == "":
				return usage("merge: no directory to write to: give -o DATASET")
			}
			return merge(cmd, &t, out, with)
		},
	}
	exits(cmd, "0  done", "1  failed; the dataset and everything beside it are as they were", "2  wrong usage",
		"3  done, but some capture was damaged: each is named, with the offset, and everything readable is in the dataset",
		"5  the samples are in the dataset, but its split, an export, the report or the card failed: it is named and as it was before, and the same command completes it",
		"130  interrupted; the dataset is consistent: the same command completes it")
	t.flags(cmd, "", hereNames...)
	cmd.Flags().StringVarP(&out, "out", "o", "", "directory `DATASET` of the dataset; made if absent, added to if it holds one")
	cmd.Flags().BoolVar(&with.report, "report", false, "at the end write what 'pcapmill report' writes: report.html")
	cmd.Flags().BoolVar(&with.card, "card", false, "at the end write what 'pcapmill card' writes: README.md, croissant.json, SHA256SUMS")
	addJSON(cmd)
	addVolume(cmd, "list every capture; else, of more than 30, only those that need a look")
	return cmd
}

func merge(cmd *cobra.Command, t *task, out string, with extras) error {
	j, v, err := t.open(cmd)
	if err != nil {
		return err
	}
	p := j.Plan
	place, err := newOutput(cmd.Context(), out, p.Tmp, false)
	if err != nil {
		return err
	}
	defer place.remove()
	out = place.dir
	p.Out = out
	debug.SetMemoryLimit(p.MemoryLimit())
	jobs, err := exportJobs(v)
	if err != nil {
		return err
	}
	c := newConsole(cmd)
	sides, divide, err := splitOptions(cmd.Context(), v, out, "")
	if err == nil && divide {
		if err = failed(store.CheckSplit(out, sides)); err == nil {
			err = knownCaptures(sides, out, p)
		}
	}
	if err != nil {
		return err
	}
	run := func(ctx context.Context, ev mill.Events, progress *mill.Progress) (*mill.Result, error) {
		j.Progress = progress
		return j.Merge(ctx, t.dir, ev)
	}
	return place.finish(cmd.Context(), c, runPlan(cmd.Context(), p, c, run, func() error {
		if !divide {
			return nil
		}
		r, err := store.Divide(cmd.Context(), out, sides, false)
		if err == nil {
			c.split(out, r)
		}
		return err
	}, jobs, with))
}
