package main

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/pcapmill/pcapmill/internal/config"
	"github.com/pcapmill/pcapmill/internal/settings"
	"github.com/pcapmill/pcapmill/internal/shard"
	"github.com/pcapmill/pcapmill/mill"
)

// hereNames are the options that belong to a machine, and to who runs a task, and are in no
// plan; the keys are not either, only their ids.
var hereNames = []string{"workers", "memory", "tmp", "key-file", "forge-key-file"}

// behindNames are the options of what is done with the finished dataset: of the groups
// Output and Split all that are recorded nowhere else.
func behindNames() (names []string) {
	for _, o := range settings.Options() {
		if o.Name != "out" && o.Name != "input-sha256" && (o.Group == "Output" || o.Group == "Split") {
			names = append(names, o.Name)
		}
	}
	return names
}

// task is what map, reduce and merge have in common.
type task struct {
	plan, dir, shard string
	pipe             bool

	made, there int64 // files that were written, and that were there already
}

// flags gives a command the flags of a task, and the options of the machine that it heeds.
func (t *task) flags(cmd *cobra.Command, shards string, options ...string) {
	f := cmd.Flags()
	f.StringVar(&t.plan, "plan", "", "the `FILE` that 'pcapmill plan' wrote")
	f.StringVarP(&t.dir, "dir", "d", "", "`DIR` of what tasks leave for one another")
	if shards != "" {
		f.StringVar(&t.shard, "shard", "", "`I/N`: "+shards)
		f.BoolVar(&t.pipe, "pipe", false, "read standard input and write standard output; see above")
		addJSON(cmd)
		addVolume(cmd, "")
	}
	addOptions(cmd, options...)
}

// check reports flags that are missing or exclude each other, and reads I/N.
func (t *task) check(cmd *cobra.Command) (i, n int, err error) {
	name := cmd.Name()
	switch {
	case t.plan == "":
		return 0, 0, usage("%s: no plan: give --plan FILE", name)
	case t.pipe && (t.shard != "" || t.dir != ""):
		return 0, 0, usage("%s: --pipe excludes --shard and --dir", name)
	case t.pipe && asksJSON(cmd):
		return 0, 0, usage("%s: standard output cannot have both what --pipe writes and --json", name)
	case t.pipe:
		return 0, 0, nil
	case t.shard == "" || t.dir == "":
		return 0, 0, usage("%s: give --shard I/N and -d DIR, or --pipe", name)
	}
	left, right, ok := strings.Cut(t.shard, "/")
	i, bad := strconv.Atoi(left)
	n, worse := strconv.Atoi(right)
	if !ok || bad != nil || worse != nil || i < 0 || i >= n {
		return 0, 0, usage("%s: --shard %s: need I/N with I from 0 to N-1", name, printable(t.shard))
	}
	return i, n, nil
}

// count counts a chunk or part that is done.
func (t *task) count(_ int, skipped bool) {
	if skipped {
		t.there++
	} else {
		t.made++
	}
}

// done says how much of a task was to be done, and how much was done already.
func (t *task) done(c *console, verb, what string) {
	if c.json != nil {
		c.event(map[string]any{"event": "task", "dir": filepath.ToSlash(t.dir), "done": t.made, "already_there": t.there})
		return
	}
	c.say("%s: %s %s, %s already there", shown(t.dir), plural(t.made, what), verb, thousands(t.there))
}

// open reads the plan, and what the command line says about this machine.
func (t *task) open(cmd *cobra.Command) (*shard.Job, *config.Values, error) {
	given, err := choose(cmd)
	if err != nil {
		return nil, nil, err
	}
	j, err := shard.ReadPlan(cmd.Context(), t.plan)
	if err != nil {
		return nil, nil, usageUnless(cmd.Context(), failed(err))
	}
	v := config.Defaults() // everything else is decided by the plan
	for _, name := range hereNames {
		if err := v.Set(name, given.Get(name), given.From(name)); err != nil {
			return nil, nil, &status{exitUsage, err}
		}
	}
	for name, value := range j.Plan.Behind {
		if err := v.Set(name, value, "the plan"); err != nil {
			return nil, nil, failed(err)
		}
	}
	for _, name := range []string{"key-file", "forge-key-file"} {
		if cmd.Flags().Lookup(name) == nil {
			if err := v.Set(name, "", ""); err != nil {
				return nil, nil, &status{exitUsage, err}
			}
		}
	}
	o := &j.Plan.Options
	if err := machine(v, o); err != nil {
		return nil, nil, err
	}
	if o.Key, err = v.ReadKey(cmd.Context()); err != nil {
		return nil, nil, usageUnless(cmd.Context(), usage("%s: %w", from(v, "key-file"), err))
	}
	if o.ForgeKey, err = v.ReadKeyOf(cmd.Context(), "forge-key-file"); err != nil {
		return nil, nil, usageUnless(cmd.Context(), usage("%s: %w", from(v, "forge-key-file"), err))
	}
	if o.Key != nil && !o.Mask.KeepsPrefixes() || o.Key == nil {
		return j, v, nil
	}
	if err := o.Mask.CheckKey(o.Key); err != nil {
		return nil, nil, usage("%s: %w", from(v, "key-file"), err)
	}
	return j, v, nil
}

// machine takes the options of this machine.
func machine(v *config.Values, o *mill.Options) error {
	o.Workers = v.Number("workers")
	o.Memory, o.Tmp = v.Size("memory"), v.Get("tmp")
	if o.Memory != 0 && o.Memory < mill.MinMemory {
		return usage("%s: %s: need 128MiB or more, or 0 for half of what there is", from(v, "memory"), v.Get("memory"))
	}
	if info, e := os.Stat(o.Tmp); o.Tmp != "" && (e != nil || !info.IsDir()) {
		return usage("%s: %s is no directory", from(v, "tmp"), shown(o.Tmp))
	}
	return nil
}

// taskFailed is the exit status of a task that an error ended.
func taskFailed(ctx context.Context, err error, left string) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return &status{exitInterrupted, interruptedTask(left)}
	}
	return failed(err)
}

type interruptedTask string

func (left interruptedTask) Error() string { return "interrupted; " + string(left) }
