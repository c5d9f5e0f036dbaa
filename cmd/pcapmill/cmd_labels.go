package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/pcapmill/pcapmill/label"
	"github.com/pcapmill/pcapmill/mill"
)

func newLabels() *cobra.Command {
	var name string
	cmd := &cobra.Command{
		Use:   "labels PATH...",
		Short: "show which capture gets which class, and by which keyword",
		Long: `Shows for every capture under the paths which class of the table it gets and which
keyword decided. The class whose longest keyword occurs in the base name wins, in
any case. Ties between classes and captures that no class matches are marked.

A class table is a YAML or JSON mapping from class to keywords, in file order: the
first class is label 0. --print shows a built-in one.`,
		Example: `  pcapmill labels captures/
  pcapmill labels --labels mine.yaml captures/
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
	exits(cmd, "0  done", "1  classes tie, or there are no captures", "2  wrong usage", "3  some path could not be read")
	addOptions(cmd, slices.DeleteFunc(slices.Clone(labelNames), func(n string) bool { return n == "unknown" })...)
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
	if err := labelOptions(cmd.Context(), v, &o); err != nil {
		return err
	}
	o.Unknown = mill.KeepUnknown // it shows them
	p, err := mill.Prepare(paths, "", o)
	if p == nil {
		return &status{exitUsage, err}
	}
	c := newConsole(cmd, false)
	c.plan(p, c.json != nil, "'pcapmill convert --dry-run'")
	var nothing *mill.NothingError
	if errors.As(err, &nothing) {
		return &status{exitFailed, err}
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
	return problems(p)
}

// labelTable lists the captures of a plan with what decided about their labels.
func (c *console) labelTable(p *mill.Plan) (ties, unknown int64) {
	t := table{columns: []column{{head: "CAPTURE"}, {head: "LABEL", right: true}, {head: "CLASS"}, {head: "KEYWORD"}}}
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
			t.add(shown(in.Path), fmt.Sprint(in.Label), in.Class, orDash(in.Keyword))
			continue
		}
		ties++
		var who []string
		for _, k := range m.Tied {
			who = append(who, k.Class+" ("+k.Keyword+")")
		}
		t.add(shown(in.Path), "-", "TIE: "+strings.Join(who, " and "))
	}
	if c.json == nil {
		t.write(c.out, c.width)
	}
	return ties, unknown
}
