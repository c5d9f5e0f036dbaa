package main

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/pcapmill/pcapmill/internal/config"
	"github.com/pcapmill/pcapmill/internal/presets"
	"github.com/pcapmill/pcapmill/internal/represent"
	"github.com/pcapmill/pcapmill/mask"
	"github.com/pcapmill/pcapmill/mill"
	"github.com/pcapmill/pcapmill/session"
)

func newPresets() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "presets [NAME]",
		Short: "list the inputs of papers that --preset makes, or print one",
		Long: `Lists the presets: each is the options by which one paper's input is made. With a
NAME it prints that preset, which is a configuration file: change a copy, and give it
to --config.

'as published' makes what the authors' code makes, 'as intended' what their paper
says. docs/recipes.md has the differences and how each result is loaded.`,
		Example: `  pcapmill presets
  pcapmill presets yatc > mine.yaml
  pcapmill convert captures/ -o dataset --preset yatc --profile default`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: cobra.FixedCompletions(presets.Names(), cobra.ShellCompDirectiveNoFileComp),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				if asksJSON(cmd) {
					return usage("presets: --json goes with the list; a preset is a file for --config")
				}
				p, err := presets.Find(args[0])
				if err != nil {
					return &status{exitUsage, err}
				}
				_, err = fmt.Fprint(cmd.OutOrStdout(), p.Text)
				return failed(err)
			}
			c := newConsole(cmd)
			t := table{columns: []column{{head: "PRESET"}, {head: "PAPER"}, {head: "MAKES"}}}
			for _, name := range presets.Names() {
				p, err := presets.Find(name)
				if err != nil {
					return err
				}
				if c.json != nil {
					c.event(map[string]any{"event": "preset", "name": p.Name, "paper": p.Paper, "makes": p.State})
				}
				t.add(p.Name, p.Paper, p.State)
			}
			switch {
			case c.json != nil:
			case c.width == 0 || t.width() <= c.width:
				t.write(c.out, c.width)
			default: // one below the other
				for _, r := range t.rows {
					c.lines(r[0] + "\n  " + r[1] + "\n  " + r[2] + "\n")
				}
			}
			return nil
		},
	}
	exits(cmd, "0  done", "2  wrong usage")
	addJSON(cmd)
	return cmd
}

// makes is one line about what a sample is; "" where it is the first bytes of a session.
func makes(o *mill.Options) string {
	what := func(o *mill.Options) string {
		text := fmt.Sprintf("%s (%v)", cmp.Or(o.Form.String(), represent.Default), o.Spec())
		if o.Forge != 0 {
			text += ", forged: " + o.Forge.String()
		}
		return text
	}
	if o.Variants != nil {
		var list []string
		for _, own := range o.EachVariant() {
			list = append(list, own.Variant+" "+what(own))
		}
		return fmt.Sprintf("making %d variants of each %s: %s", len(list), o.Breaks.Of, strings.Join(list, "; "))
	}
	if o.Form.Name() == represent.Default && o.Breaks.Of == session.WholeSessions && o.Forge == 0 {
		return ""
	}
	return fmt.Sprintf("making %s of each %s", what(o), o.Breaks.Of)
}

// presetHint is one line about what a preset leaves in that a model must not learn, and the
// words that take it out; "" if it leaves nothing.
func presetHint(v *config.Values, p mask.Policy) string {
	name := v.Preset()
	if name == "" || p.Content == mask.Payload {
		return ""
	}
	var in, out []string
	for _, f := range []struct {
		left       bool
		name, flag string
	}{
		{p.IP == mask.Keep, "addresses", "--ip zero"}, {p.Ports == mask.Keep, "ports", "--ports zero"}, {p.Checksums == mask.Keep, "checksums", "--checksums zero"},
	} {
		if f.left {
			in, out = append(in, f.name), append(out, f.flag)
		}
	}
	if in == nil {
		return ""
	}
	return fmt.Sprintf("preset %s leaves %s in, as its paper does: %s takes them out", name, strings.Join(in, ", "), strings.Join(out, " "))
}
