package main

import (
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/pcapmill/pcapmill/internal/config"
	"github.com/pcapmill/pcapmill/internal/settings"
	"github.com/pcapmill/pcapmill/internal/shard"
	"github.com/pcapmill/pcapmill/mill"
)

func newPlan() *cobra.Command {
	var out, chunk string
	var parts int
	cmd := &cobra.Command{
		Use:   "plan PATH... -o PLAN.json",
		Short: "divide a conversion into tasks for many machines",
		Long: `Looks at the captures and decides everything that decides a byte: which are read, in
which order, with which label, under which settings, and how the work is divided.
Writes it all into one file and reads no packet. 'map' then reads the chunks, 'reduce'
merges the sessions of each part, and 'merge' makes the dataset that 'convert' would have made,
byte for byte. docs/scale.md shows how to run them on Spark, Slurm and others.

A chunk is a range of bytes of a capture, --chunk long. A capture is one chunk if it is
compressed or in an archive, and with --resync or an option that ends or divides
sessions, as --idle-timeout and --max-packets do. With --session-scope group all captures
of a group are one chunk: one task reads and joins them. What can be read only once
(standard input, a FIFO) cannot be planned.

Captures are pinned by size and time of modification, objects in a store by their entity
tag; paths are absolute, and must be the same on all machines. The key is not in the plan, only its id.`,
		Example: `  pcapmill plan captures/ -o plan.json --parts 8
  pcapmill map --plan plan.json --shard 0/2 -d work
  pcapmill map --plan plan.json --shard 1/2 -d work
  pcapmill reduce --plan plan.json --shard 0/1 -d work
  pcapmill merge --plan plan.json -d work -o dataset`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage("plan: name at least one capture or directory")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if out == "" {
				return usage("plan: no file to write to: give -o PLAN.json")
			}
			v, err := choose(cmd)
			if err != nil {
				return err
			}
			return plan(cmd, args, v, out, chunk, parts)
		},
	}
	exits(cmd, "0  done", "1  failed; no plan was written", "2  wrong usage",
		"3  done, but some paths could not be looked at: each is named, and the plan leaves them out", "130  interrupted; no plan was written")
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVarP(&out, "plan", "o", "", "the `FILE` to write")
	f.StringVar(&chunk, "chunk", "256MiB", "`SIZE` of chunks: half to one and a half of it")
	f.IntVar(&parts, "parts", 16, "parts `N` into which sessions are dealt: reduce tasks, at most")
	var names []string
	for _, o := range settings.Options() {
		if o.Name != "out" && o.Name != "workers" && o.Name != "tmp" && o.Name != "stdin-name" {
			names = append(names, o.Name)
		}
	}
	addPreset(cmd)
	addOptions(cmd, names...)
	addJSON(cmd)
	addVolume(cmd, "")
	return cmd
}

func plan(cmd *cobra.Command, paths []string, v *config.Values, out, chunk string, parts int) error {
	length, err := config.ParseSize(chunk)
	if err != nil || length < mill.MinChunk {
		return usage("--chunk: %q: need a size of %d bytes or more, like 256MiB", chunk, mill.MinChunk)
	}
	if parts < 1 || parts > mill.MaxParts {
		return usage("--parts: %d: need 1 to %d", parts, mill.MaxParts)
	}
	o, err := millOptions(cmd.Context(), v)
	if err != nil {
		return err
	}
	if _, err := exportJobsFor(v, &o); err != nil {
		return err
	}
	sides, divide, err := splitOptions(cmd.Context(), v, "", "")
	if err != nil {
		return err
	}
	if divide {
		if err := sides.CheckTimes(o.TableTimes.String()); err != nil {
			return &status{exitUsage, err}
		}
	}
	c := newConsole(cmd)
	p, err := mill.PrepareIn(cmd.Context(), paths, "", o)
	if p == nil {
		return usageUnless(cmd.Context(), &status{exitUsage, err})
	}
	c.plan(p, false, "'pcapmill convert --dry-run'")
	if err == nil {
		err = p.Divide(length, parts) // first: what is one directory decides groups
	}
	if err == nil {
		err = p.Absolute()
	}
	if err != nil {
		return &status{exitFailed, nameCaptures(err, p)}
	}
	for _, name := range behindNames() {
		if v.From(name) != "" {
			if p.Behind == nil {
				p.Behind = map[string]string{}
			}
			p.Behind[name] = v.Get(name)
		}
	}
	for _, w := range append(v.KeyWarnings(o.Key), o.Warnings()...) {
		c.warn(w)
	}
	id, err := shard.WritePlan(p, out)
	if err != nil {
		return &status{exitFailed, nameCaptures(err, p)}
	}
	if c.json != nil {
		c.event(map[string]any{"event": "planned", "path": filepath.ToSlash(out), "chunks": len(p.Chunks), "parts": parts, "id": id})
		return problems(p)
	}
	c.say("%s: %s, %s: %s for map, %s for reduce; id %s", shown(out), plural(int64(len(p.Captures)), "capture"), bytesText(p.Bytes()),
		plural(int64(len(p.Chunks)), "chunk"), plural(int64(parts), "part"), c.digits(id))
	return problems(p)
}
