package main

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"github.com/pcapmill/pcapmill/capture"
	"github.com/pcapmill/pcapmill/internal/card"
	"github.com/pcapmill/pcapmill/internal/config"
	"github.com/pcapmill/pcapmill/internal/export"
	"github.com/pcapmill/pcapmill/mill"
	"github.com/pcapmill/pcapmill/store"
)

func newConvert() *cobra.Command {
	var with extras
	var dryRun bool
	var w watch
	cmd := &cobra.Command{
		Use:   "convert PATH... -o DIR",
		Short: "turn captures into a dataset, or add them to one",
		Long: `Reads captures (pcap and pcapng, plain or in gzip, zstd, lz4, xz, bzip2; told by
content, not by name) and writes session_output.idx3, label_output.idx1 and
manifest.json. A PATH is a file, a directory (walked, in byte-wise order), a ZIP,
tar or 7z archive (read in place, as a directory), a FIFO, or - for standard input.
Into a directory that holds a dataset it adds; captures whose content is already in
under the same label are skipped, so the same command again completes an
interrupted run.

A PATH can also be an object in a store that speaks S3, or what is below a prefix
(s3://BUCKET/PREFIX), and so can DIR: the dataset is then made in --tmp, and put
there when it is finished. See docs/stores.md.

What is masked are header fields. Payload stays as it is, addresses written in it
included (see docs/spec.md, part 5).

With --watch it takes the captures of a directory as a rotating writer finishes them
(tcpdump -G, dumpcap -b), each once, until it is interrupted. See docs/watch.md.

Options come from defaults, then --config FILE, then PCAPMILL_* environment
variables, then flags.`,
		Example: `  pcapmill convert captures/ -o dataset
  pcapmill convert USTC-TFC2016/ -o ustc --labels ustc-tfc2016
  pcapmill convert captures/ -o dataset --dry-run
  pcapmill convert captures/ -o dataset --format npz,png
  pcapmill convert captures/ -o dataset --ip anonymize --key-file project.key
  pcapmill convert --watch /var/captures --settle 30s -o dataset
  zcat a.pcap.gz | pcapmill convert - --stdin-name skype_chat1.pcap -o dataset`,
		Args: func(cmd *cobra.Command, args []string) error {
			if w.dir != "" {
				return w.arguments(args, dryRun, with)
			}
			if cmd.Flags().Changed("settle") {
				return usage("convert: --settle says when a file is finished, with --watch DIR")
			}
			if len(args) == 0 {
				return usage("convert: name at least one capture or directory")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			v, err := choose(cmd)
			if err != nil {
				return err
			}
			if w.dir != "" {
				return w.run(cmd, v)
			}
			return convert(cmd, args, v, dryRun, with)
		},
	}
	exits(cmd, "0  done", "1  failed; the dataset and everything beside it are as they were", "2  wrong usage",
		"3  done, but some input was damaged or unreadable: each is named, with the offset, and everything readable is in the dataset",
		"5  the samples are in the dataset, but its split, an export, the report or the card failed: it is named and as it was before, and the same command completes it",
		"130  interrupted; the dataset is consistent: the same command completes it, and of a stream it holds what was read")
	addPreset(cmd)
	addOptions(cmd)
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "show what would be read, with format and label; write nothing")
	cmd.Flags().BoolVar(&with.report, "report", false, "at the end write what 'pcapmill report' writes: report.html")
	cmd.Flags().BoolVar(&with.card, "card", false, "at the end write what 'pcapmill card' writes: README.md, croissant.json, SHA256SUMS")
	w.flags(cmd)
	addJSON(cmd)
	addVolume(cmd, "list every capture; else, of more than 30, only those that need a look")
	return cmd
}

// extras is what convert writes besides the dataset and its exports.
type extras struct{ report, card bool }

func convert(cmd *cobra.Command, paths []string, v *config.Values, dryRun bool, with extras) error {
	o, err := millOptions(cmd.Context(), v)
	if err != nil {
		return err
	}
	debug.SetMemoryLimit(o.MemoryLimit()) // garbage is collected before it would exceed that
	jobs, err := exportJobsFor(v, &o)
	if err != nil {
		return err
	}
	if v.Get("out") == "" && !dryRun {
		return usage("convert: no directory to write to: give -o DIR")
	}
	c := newConsole(cmd)
	out, err := newOutput(cmd.Context(), v.Get("out"), o.Tmp, dryRun)
	if err != nil {
		return err
	}
	defer out.remove()
	p, err := mill.PrepareIn(cmd.Context(), paths, out.dir, o)
	if p == nil {
		return usageUnless(cmd.Context(), &status{exitUsage, err})
	}
	if text := presetHint(v, o.Mask); text != "" {
		c.warn(text)
	}
	if text := makes(&o); text != "" && c.json == nil {
		c.say("%s", text)
	}
	c.plan(p, dryRun, "--dry-run")
	if err != nil {
		return &status{exitFailed, nameCaptures(err, p)}
	}
	divide, err := divider(cmd.Context(), v, c, p)
	if err != nil {
		return err
	}
	for _, w := range append(v.KeyWarnings(o.Key), o.Warnings()...) {
		c.warn(w)
	}
	for i := range p.Captures {
		if o.InputSHA256 && p.Captures[i].Stream {
			c.warn(fmt.Sprintf("--input-sha256: %s can be read only once and has none", shown(p.Captures[i].Name)))
		}
	}
	if dryRun {
		return problems(p)
	}
	run := func(ctx context.Context, ev mill.Events, progress *mill.Progress) (*mill.Result, error) {
		return mill.Run(ctx, p, ev, progress)
	}
	return out.finish(cmd.Context(), c, runPlan(cmd.Context(), p, c, run, divide, jobs, with))
}

// divider divides the finished dataset of a plan, if that was asked for or it is divided
// already.
func divider(ctx context.Context, v *config.Values, c *console, p *mill.Plan) (divide func() error, err error) {
	sides, asked, err := splitOptions(ctx, v, p.Out, "")
	if err == nil && asked {
		err = splitAhead(&sides, p)
	}
	return func() error {
		if !asked {
			return nil
		}
		r, err := store.Divide(ctx, p.Out, sides, false)
		if err == nil {
			c.split(p.Out, r)
		}
		return err
	}, err
}

// runner makes the samples of a plan.
type runner func(ctx context.Context, ev mill.Events, progress *mill.Progress) (*mill.Result, error)

// runPlan runs the plan and shows what comes of it. A run that was not interrupted ends with
// divide, and then with rendering the formats that were asked for.
func runPlan(ctx context.Context, p *mill.Plan, c *console, run runner, divide func() error, jobs []export.Job, with extras) error {
	progress := &mill.Progress{}
	bars := c.progress(p, progress)
	release := hold(ctx)
	r, err := run(ctx, mill.Events{
		Recovered: func(bytes int64) {
			c.warn(fmt.Sprintf("%s: an unfinished run had left %s behind; they were cut off and are made again", shown(p.Out), bytesText(bytes)))
		},
		Done: func(i int, o *mill.Outcome) { bars.done(i, o) },
		Warn: c.warn,
	}, progress)
	release()
	bars.close()
	if err != nil {
		if r != nil && c.json == nil {
			c.damages(r)
		}
		return &status{exitFailed, nameCaptures(err, p)}
	}
	if c.json == nil {
		c.result(p, r)
	}
	if !r.Interrupted {
		if err := divide(); err != nil {
			return c.behind(p, err, "the split is as it was, and what is new is on no side; 'pcapmill split', or the same command, divides it")
		}
		rendered, err := c.renderAll(ctx, p.Out, jobs)
		c.rendered(rendered)
		if err != nil {
			return c.behind(p, err, "exports that are not named as done are as they were; 'pcapmill export', or the same command, renders them")
		}
		if with.report {
			if err := writeReport(ctx, p.Out, "", "", p.Options.Workers); err != nil {
				return c.behind(p, err, "report.html is as it was; 'pcapmill report', or the same command, writes it")
			}
		}
		if with.card { // it vouches for the report too
			if err := writeCard(ctx, p.Out, card.About{}, false); err != nil {
				return c.behind(p, err, "the card is as it was; 'pcapmill card', or the same command, writes it")
			}
		}
	}
	c.stale(p.Out)
	if c.json != nil { // done is the last event
		c.result(p, r)
	}
	switch {
	case r.Interrupted:
		return &status{exitInterrupted, interrupted(r)}
	case r.Damaged():
		return &status{exitDamaged, nil}
	}
	return problems(p)
}

// interrupted says what an interrupted run leaves behind, and what running it again can do.
func interrupted(r *mill.Result) error {
	var streams []string
	for i := range r.Outcomes {
		if o := &r.Outcomes[i]; o.Damage != nil && errors.Is(o.Damage, capture.ErrInterrupted) {
			streams = append(streams, o.Input.Name)
		}
	}
	if streams == nil {
		return errors.New("interrupted: the dataset holds the captures above, whole; the same command completes it")
	}
	text := "interrupted: the dataset holds the captures above, and what was read of " + strings.Join(streams, ", ") +
		"; what a stream would have given later is not in it, and running again reads a new stream"
	return &named{errors.New(text), streams}
}

// problems is the exit status for paths that could not be looked at; they have
// been named already.
func problems(p *mill.Plan) error {
	if len(p.Problems) > 0 {
		return &status{exitDamaged, nil}
	}
	return nil
}
