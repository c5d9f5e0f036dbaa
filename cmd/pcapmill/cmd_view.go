package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/pcapmill/pcapmill/internal/version"
	"github.com/pcapmill/pcapmill/internal/view"
)

func newView() *cobra.Command {
	var port int
	var last time.Duration
	var variant string
	cmd := &cobra.Command{
		Use:   "view DIR",
		Short: "look through the samples of a dataset in a browser",
		Long: `Serves pages of the dataset in DIR to this machine and prints the address to open:
samples by class, side, capture, protocol, length, duplicates, conflicts and findings;
one sample large, with field and value of each cell and the nearest others; two classes
side by side; the report. It audits the dataset meanwhile.

Samples of every type are shown: arrays as pictures and tables, series also as lines,
text as text. --variant shows another variant of the same rows.

It listens on 127.0.0.1 only, and the address has a secret without which nothing is
shown. No page loads anything from elsewhere. Ctrl-C ends it. With --port the address
of a view stays the same from run to run.`,
		Example: `  pcapmill view dataset
  pcapmill view dataset --port 8127
  pcapmill view dataset --variant strict`,
		Args: count(1, "name one directory"),
		RunE: func(cmd *cobra.Command, args []string) error {
			v, err := choose(cmd)
			if err != nil {
				return err
			}
			if port < 0 || port > 65535 || last < 0 {
				return usage("view: --port needs 0 to 65535, and --for no less than 0s")
			}
			ctx := cmd.Context()
			if last > 0 {
				var stop context.CancelFunc
				ctx, stop = context.WithTimeout(ctx, last)
				defer stop()
			}
			s, err := view.Open(ctx, args[0], view.Options{Title: filepath.Base(absolute(args[0])), Variant: variant, Version: version.String(), Workers: v.Number("workers")})
			if ctx.Err() != nil && err != nil {
				return &status{exitInterrupted, errors.New("interrupted before the dataset was read")}
			}
			if err != nil {
				return failed(noDataset(args[0], &named{err, args}))
			}
			defer s.Close()
			l, err := view.Listen(port)
			if err != nil {
				return failed(err)
			}
			if c := newConsole(cmd); c.json != nil {
				c.event(map[string]any{"event": "address", "address": s.Address(l)})
			} else {
				fmt.Fprintf(cmd.OutOrStdout(), "%s\n", s.Address(l))
			}
			return failed(s.Serve(ctx, l))
		},
	}
	exits(cmd, "0  done: ended by Ctrl-C or --for", "1  the dataset cannot be read, or the port is taken", "2  wrong usage", "130  interrupted before the dataset was read")
	addOptions(cmd, "workers")
	addVariant(cmd, &variant)
	cmd.Flags().IntVar(&port, "port", 0, "`N` of 127.0.0.1 to listen on; 0 is any that is free")
	cmd.Flags().DurationVar(&last, "for", 0, "end after this `DURATION`; 0 is never")
	addJSON(cmd)
	return cmd
}
