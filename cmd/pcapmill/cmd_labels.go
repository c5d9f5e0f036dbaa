package main

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/pcapmill/pcapmill/label"
	"github.com/pcapmill/pcapmill/label/flows"
	"github.com/pcapmill/pcapmill/mill"
)

func newLabels() *cobra.Command {
	var name string
	cmd := &cobra.Command{
		Use:   "labels PATH...",
		Short: "show which class captures or sessions get, and why",
		Long: `Shows for every capture under the paths which class of the table it gets and which
keyword decided. The class whose longest keyword occurs in the base name wins, in
any case. Ties between classes and captures that no class matches are marked.

With --label-from table, or comment, the captures are read, and every session is
looked up: it shows what became of the rows, how many sessions get which class, which
match rows of several classes, and what keeps the others from having a row. Nothing
is written. The options that decide about sessions are those of convert.

A class table is a YAML or JSON mapping from class to keywords, in file order: the
first class is label 0. --print shows a built-in one. A table may name further label
columns: tasks: {vpn: {VPN: [vpn], Plain: []}, app: {Chat: [chat]}}.`,
		Example: `  pcapmill labels captures/
  pcapmill labels --labels mine.yaml captures/
  pcapmill labels day.pcap --label-from table --table f.csv --table-preset argus
  pcapmill labels --print iscx-vpn > mine.yaml`,
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case name != "" && len(args) > 0:
				return usage("labels: --print takes no paths")
			case name != "":
				t, err := label.Load(cmd.Context(), name)
				if err != nil {
					return usage("--print: %w", err)
				}
				_, err = cmd.OutOrStdout().Write(t.Encode())
				return failed(err)
			case len(args) == 0:
				return usage("labels: name at least one capture or directory, or --print NAME")
			}
			return showLabels(cmd, args)
		},
	}
	exits(cmd, "0  done", "1  classes tie, sessions match rows of several classes, no row matches, or there are no captures", "2  wrong usage", "3  some capture could not be read, or is damaged", "130  interrupted")
	names := slices.DeleteFunc(slices.Clone(labelNames), func(n string) bool { return n == "unknown" })
	addOptions(cmd, append(names, "drop", "drop-session-with", "resync", "idle-timeout", "tcp-restart", "workers", "memory", "tmp", "max-expansion")...)
	cmd.Flags().StringVar(&name, "print", "", "print the class table `NAME` as YAML, to start one's own from")
	addJSON(cmd)
	must(cmd.RegisterFlagCompletionFunc("print", cobra.FixedCompletions(label.Builtins(), cobra.ShellCompDirectiveDefault)))
	return cmd
}

func showLabels(cmd *cobra.Command, paths []string) error {
	v, err := choose(cmd)
	if err != nil {
		return err
	}
	o := mill.Default()
	if from := v.Get("label-from"); from == mill.FromTable.String() || from == mill.FromComment.String() {
		o, err = millOptions(cmd.Context(), v)
	} else {
		err = labelOptions(cmd.Context(), v, &o)
	}
	if err != nil {
		return err
	}
	o.Unknown = mill.KeepUnknown // it shows them
	p, err := mill.PrepareIn(cmd.Context(), paths, "", o)
	if p == nil {
		return usageUnless(cmd.Context(), &status{exitUsage, err})
	}
	c := newConsole(cmd)
	c.plan(p, c.json != nil, "'pcapmill convert --dry-run'")
	var nothing *mill.NothingError
	if errors.As(err, &nothing) {
		return &status{exitFailed, err}
	}
	if err == nil && (p.LabelFrom == mill.FromTable || p.LabelFrom == mill.FromComment) {
		return c.matchTable(cmd.Context(), p)
	}
	ties, unknown := c.labelTable(p)
	if c.json == nil {
		fmt.Fprintf(c.out, "%s, %s unknown, %s (table %s)\n", plural(int64(len(p.Captures)), "capture"), thousands(unknown),
			plural(ties, "tie"), shown(p.Labels.Name))
	}
	switch {
	case ties > 0:
		return &status{exitFailed, fmt.Errorf("%s: give the right class a longer keyword that occurs in the name", plural(ties, "tie"))}
	case err != nil:
		return &status{exitFailed, nameCaptures(err, p)}
	}
	c.hintUnknown(p, "capture", int64(len(p.Captures)), unknown, nil)
	return problems(p)
}

// matchTable looks every session of a plan up in the table, and shows what comes of it.
func (c *console) matchTable(ctx context.Context, p *mill.Plan) error {
	debug.SetMemoryLimit(p.MemoryLimit())
	progress := &mill.Progress{}
	bars := c.progress(p, progress)
	v, err := mill.Match(ctx, p, progress)
	bars.close()
	switch {
	case err != nil && ctx.Err() != nil:
		return &status{exitInterrupted, errors.New("interrupted; nothing was written")}
	case err != nil:
		return failed(nameCaptures(err, p))
	}
	for _, bad := range v.Problems {
		complain(c.err, advised(bad))
	}
	c.flows(p, &v.Matches)
	t := table{columns: []column{{head: "LABEL", right: true}, {head: "CLASS"}, {head: "SESSIONS", right: true}}}
	var classes []map[string]any
	for _, k := range append(slices.Clone(p.Labels.Classes), label.Class{ID: p.Labels.Unknown(), Name: label.UnknownName}) {
		if n := v.Labels[k.ID]; n > 0 || k.Name == label.UnknownName {
			t.add(fmt.Sprint(k.ID), shown(k.Name), thousands(n))
			classes = append(classes, map[string]any{"label": k.ID, "name": k.Name, "sessions": n})
		}
	}
	if c.json != nil {
		left, rows := map[string]int64{}, flows.Counts{}
		if p.Flows != nil {
			rows = p.Flows.Counts()
			for _, l := range p.Flows.Left() {
				left[l.Reason] = l.Rows
			}
		}
		c.event(map[string]any{
			"event": "matches", "rows": rows.Rows, "rows_matched": rows.Used, "rows_left_out": left, "sessions": v.Sessions, "matched": v.Matched,
			"conflicts": v.Matches.Conflicts, "no_class": v.NoClass, "at_other_times": v.Elsewhen, "not_in_table": v.Elsewhere, "classes": classes,
		})
	} else if !c.quiet {
		t.write(c.out, c.width)
		by := "rows"
		if p.Flows == nil {
			by = "comments"
		}
		fmt.Fprintf(c.out, "%s of %s: %s matched by %s, %s of these by %s of several classes\n", plural(v.Sessions, "session"),
			plural(int64(len(p.Captures)), "capture"), thousands(v.Matched), by, thousands(v.Matches.Conflicts), by)
	}
	if err := v.Err(&p.Options); err != nil {
		return &status{exitFailed, nameCaptures(err, p)}
	}
	c.hintUnknown(p, "session", v.Sessions, v.Labels[p.Labels.Unknown()], &v.Matches)
	if len(v.Problems) > 0 {
		return &status{exitDamaged, nil}
	}
	return problems(p)
}

// labelTable lists the captures of a plan with what decided about their labels.
func (c *console) labelTable(p *mill.Plan) (ties, unknown int64) {
	t := table{columns: []column{{head: "CAPTURE"}, {head: "LABEL", right: true}, {head: "CLASS"}, {head: "KEYWORD"}}}
	for _, task := range p.Labels.Tasks {
		t.columns = append(t.columns, column{head: task.Name})
	}
	for i := range p.Captures {
		in := &p.Captures[i]
		m := label.Match{}
		if p.LabelFrom == mill.FromName {
			m = p.Labels.Match(in.Name)
		}
		if len(m.Tied) == 0 {
			if in.Class == label.UnknownName {
				unknown++
			}
			cells, tied := taskCells(p, in)
			ties += tied
			t.add(append([]string{shown(in.Path), fmt.Sprint(in.Label), in.Class, orDash(in.Keyword)}, cells...)...)
			continue
		}
		ties++
		t.add(shown(in.Path), "-", tie(m))
	}
	if c.json == nil {
		t.write(c.out, c.width)
	}
	return ties, unknown
}

// taskCells are the classes of a capture in the tasks of the class table, and how many ties
// are among them.
func taskCells(p *mill.Plan, in *mill.Input) (cells []string, ties int64) {
	for _, m := range p.MatchTasks(in) {
		if m.Err() == nil {
			cells = append(cells, m.Class)
			continue
		}
		ties++
		cells = append(cells, tie(m))
	}
	return cells, ties
}

// tie names the classes that tie.
func tie(m label.Match) string {
	var who []string
	for _, k := range m.Tied {
		who = append(who, k.Class+" ("+k.Keyword+")")
	}
	return "TIE: " + strings.Join(who, " and ")
}
