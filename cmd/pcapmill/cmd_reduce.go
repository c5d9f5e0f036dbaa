package main

import (
	"fmt"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/pcapmill/pcapmill/internal/objects"
)

func newReduce() *cobra.Command {
	var t task
	cmd := &cobra.Command{
		Use:   "reduce --plan PLAN (--shard I/N -d DIR | --pipe)",
		Short: "a task of a plan: merge the sessions of a part",
		Long: `Merges the sessions of the parts of a plan whose number leaves I when divided by N, out of
the files that all map tasks have left in DIR, and puts each part into a file there, whole.
Parts whose file is there and proves itself are skipped.

With --pipe it reads from standard input the frames of one part that 'map --pipe' wrote, one of
each chunk, in any order, and writes to standard output what the file would hold. A
frame may come twice. Of part 4294967295, the reports, it writes what 'merge' reads as DIR/reports.`,
		Example: `  pcapmill reduce --plan plan.json --shard 0/4 -d work
  cat frames3 | pcapmill reduce --plan plan.json --pipe > work/part-00003`,
		Args: count(0, "it takes no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			i, n, err := t.check(cmd)
			if err != nil {
				return err
			}
			j, _, err := t.open(cmd)
			if err != nil {
				return err
			}
			debug.SetMemoryLimit(j.Plan.MemoryLimit())
			if t.pipe { // an interrupt ends it even while it waits for standard input
				err = j.ReducePipe(cmd.Context(), cmd.InOrStdin(), cmd.OutOrStdout())
				return taskFailed(cmd.Context(), err, "what was written ends in the middle")
			}
			defer hold(cmd.Context())()
			if info, err := objects.Stat(cmd.Context(), t.dir); err != nil || !info.IsDir() {
				return failed(fmt.Errorf("%s is no directory: name the one in which 'pcapmill map' has left its files", shown(t.dir)))
			}
			err = j.Reduce(cmd.Context(), t.dir, i, n, t.count)
			if err != nil {
				return taskFailed(cmd.Context(), err, "the parts that were done are done; the same command goes on")
			}
			t.done(newConsole(cmd), "merged", "part")
			return nil
		},
	}
	exits(cmd, "0  done", "1  failed: a chunk is missing or damaged; files that are there are whole", "2  wrong usage",
		"130  interrupted; files that are there are whole, and the same command goes on")
	t.flags(cmd, "parts I, I+N, I+2N and so on, counted from 0", "memory", "tmp")
	return cmd
}
