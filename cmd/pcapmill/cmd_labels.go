package main

import (
	"fmt"
	"strings"
	"text/tabwriter"

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

Exit status: 0 done; 1 classes tie; 2 wrong usage; 3 some path could not be read.`,
		Example: `  pcapmill labels captures/
  pcapmill labels --labels mine.yaml captures/
  pcapmill labels --print iscx-vpn > mine.yaml`,
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case name != "" && len(args) > 0:
				return usage("labels: --print takes no paths")
			case name != "":
				t, err := label.Load(name)
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
	addOptions(cmd, "labels", "stdin-name")
	cmd.Flags().StringVar(&name, "print", "", "print the class table `NAME` as YAML, to start one's own from")
	must(cmd.RegisterFlagCompletionFunc("print", cobra.FixedCompletions(label.Builtins(), cobra.ShellCompDirectiveDefault)))
	return cmd
}

// failed gives an error that is not one of usage its exit status.
func failed(err error) error {
	if err == nil {
		return nil
	}
	return &status{exitFailed, err}
}

func showLabels(cmd *cobra.Command, paths []string) error {
	v, err := choose(cmd)
	if err != nil {
		return err
	}
	o := mill.Default()
	if o.Labels, err = label.Load(v.Get("labels")); err != nil {
		return usage("--labels: %w", err)
	}
	o.StdinName = v.Get("stdin-name")
	p, err := mill.Prepare(paths, "", o)
	if p == nil {
		return &status{exitUsage, err}
	}
	c := newConsole(cmd, false)
	c.plan(p, false)
	t := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "CAPTURE\tLABEL\tCLASS\tKEYWORD")
	ties, unknown := 0, 0
	for i := range p.Captures {
		in := &p.Captures[i]
		m := o.Labels.Match(in.Name)
		switch {
		case len(m.Tied) > 0:
			ties++
			var who []string
			for _, k := range m.Tied {
				who = append(who, k.Class+" ("+k.Keyword+")")
			}
			fmt.Fprintf(t, "%s\t-\tTIE\t%s\n", shown(in.Path), strings.Join(who, " and "))
		default:
			if in.Label == label.Unknown {
				unknown++
			}
			fmt.Fprintf(t, "%s\t%d\t%s\t%s\n", shown(in.Path), in.Label, in.Class, orDash(in.Keyword))
		}
	}
	_ = t.Flush()
	fmt.Fprintf(c.out, "%s, %d unknown, %s (table %s)\n", plural(int64(len(p.Captures)), "capture"), unknown, plural(int64(ties), "tie"), o.Labels.Name)
	switch {
	case ties > 0:
		return &status{exitFailed, fmt.Errorf("%s: give the right class a longer keyword", plural(int64(ties), "tie"))}
	case err != nil:
		return &status{exitFailed, err}
	}
	return problems(p)
}
