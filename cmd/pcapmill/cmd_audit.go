package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/pcapmill/pcapmill/audit"
	"github.com/pcapmill/pcapmill/store"
)

func newAudit() *cobra.Command {
	var evaluate, failOn, page, variant string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "audit PATH [IDX1]",
		Short: "ask whether something solves a dataset that a model should not use",
		Long: `Asks whether one byte, the length, a shallow tree or equal rows solve the dataset,
and names the header field and the option that removes it. PATH is a dataset, a
directory with IDX files under MNIST's names, or an IDX file of images followed by
that of its labels, each plain or in gzip.

What is scored was not learned from: the test side of the split, else every second
row of each class; grouped holds whole captures out, in five folds.

A clean audit is no proof: shortcuts in three bytes or in payload are not looked for,
and one that is removed may uncover another. See docs/audit.md.`,
		Example: `  pcapmill audit dataset
  pcapmill audit dataset --evaluate grouped --fail-on critical
  pcapmill audit train-images-idx3-ubyte.gz train-labels-idx1-ubyte.gz --json`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 && len(args) != 2 {
				return usage("audit: name one directory, or an IDX file of images and one of labels")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			v, err := choose(cmd)
			if err != nil {
				return err
			}
			if failOn != "never" && failOn != audit.Warning && failOn != audit.Critical {
				return usage("audit: --fail-on needs never, warning or critical, not %q", failOn)
			}
			d, err := openAudit(cmd.Context(), args, variant)
			var r *audit.Report
			if err == nil {
				r, err = audit.Run(cmd.Context(), d, audit.Options{Evaluate: evaluate, Workers: v.Number("workers")})
			}
			if err != nil {
				return auditError(cmd.Context(), err, args)
			}
			if page != "" {
				if err := auditPage(cmd.Context(), args, variant, d, r, page, v.Number("workers")); err != nil {
					return auditError(cmd.Context(), err, args)
				}
			}
			if asJSON {
				err = r.Encode(cmd.OutOrStdout())
			} else {
				writeAudit(cmd.OutOrStdout(), args[0], r)
			}
			if err == nil && (r.Verdict == failOn || failOn == audit.Warning && r.Verdict == audit.Critical) {
				return &status{exitFound, nil}
			}
			return failed(err)
		},
	}
	exits(cmd, "0  done", "1  it cannot be read", "2  wrong usage, or an evaluation that the data does not allow",
		"4  done, and a finding reaches --fail-on", "130  interrupted")
	addOptions(cmd, "workers")
	addVariant(cmd, &variant)
	cmd.Flags().StringVar(&evaluate, "evaluate", "auto", "`auto|split|grouped|even-odd`: what is learned on and what is scored")
	cmd.Flags().BoolVar(&asJSON, "json", false, "one JSON object, all scores included")
	cmd.Flags().StringVar(&page, "html", "", "also write the page of 'pcapmill report' to `FILE`")
	cmd.Flags().StringVar(&failOn, "fail-on", "never", "`never|warning|critical`: exit with status 4 at such a finding")
	return cmd
}

// openAudit opens what the arguments name.
func openAudit(ctx context.Context, args []string, variant string) (*audit.Data, error) {
	if len(args) == 2 && variant != "" {
		return nil, usage("audit: --%s is of a dataset, and these are two files", variantOption)
	}
	if len(args) == 2 {
		return audit.OpenPair(ctx, args[0], args[1])
	}
	info, err := os.Stat(args[0])
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return nil, usage("%s: an IDX file of images needs its labels: name their file too", args[0])
	}
	s, err := store.OpenVariant(args[0], variant)
	if err == nil {
		return audit.OpenDataset(ctx, s)
	}
	if !errors.Is(err, store.ErrNone) || variant != "" {
		return nil, err
	}
	return audit.OpenMNIST(ctx, args[0])
}

// auditError gives an error of an audit its exit status.
func auditError(ctx context.Context, err error, args []string) error {
	var s *status
	var e *audit.EvaluationError
	switch {
	case errors.As(err, &s):
		return err
	case errors.As(err, &e):
		return usage("audit: %w", err)
	case ctx.Err() != nil:
		return &status{exitInterrupted, errors.New("interrupted")}
	}
	return failed(&named{err, args})
}

// writeAudit shows findings, probes and what was asked, for a person.
func writeAudit(out io.Writer, path string, r *audit.Report) {
	width := terminalWidth(out)
	d := &r.Data
	say(out, width, "%s: %s of %dx%d cells, %s, layout %s; %s: learned on %s, scored on %s", shown(path), plural(int64(d.Samples), "sample"),
		d.Rows, d.Cols, classesText(len(d.Classes)), d.Layout, d.Evaluation, plural(int64(d.Train), "row"), plural(int64(d.Test), "row"))
	say(out, width, "verdict: %s", r.Verdict)
	for _, f := range r.Findings {
		say(out, width, "%s: %s: %s", f.Severity, f.Kind, printable(f.Text))
		say(out, width, "  remedy: %s", printable(f.Remedy))
	}
	t := table{columns: []column{{head: "PROBE"}, {head: "INPUT"}, {head: "ACCURACY", right: true}, {head: "BALANCED", right: true}, {head: "MACRO-F1", right: true}}}
	for _, p := range r.Probes {
		t.add(p.Probe, p.Input, fmt.Sprintf("%.4f", p.Accuracy), fmt.Sprintf("%.4f", p.Balanced), fmt.Sprintf("%.4f", p.MacroF1))
	}
	t.write(out, width)
	u := &r.Duplicates
	say(out, width, "equal rows: %s repeated, %s in conflict, %s test rows stand in training; ceiling %.4f",
		thousands(int64(u.Repeated)), thousands(int64(u.Conflicts)), thousands(int64(u.AcrossSides)), u.Ceiling)
	for _, kind := range d.NotJudged {
		say(out, width, "not judged: %s", kind)
	}
	for _, note := range d.Notes {
		say(out, width, "note: %s", note)
	}
	say(out, width, "A clean audit is no proof: shortcuts in three bytes or in payload are not looked for, and one that is removed may uncover another.")
}

func classesText(n int) string {
	if n == 1 {
		return "1 class"
	}
	return thousands(int64(n)) + " classes"
}
