package main

import (
	"runtime/debug"

	"github.com/spf13/cobra"
)

func newMap() *cobra.Command {
	var t task
	cmd := &cobra.Command{
		Use:   "map --plan PLAN (--shard I/N -d DIR | --pipe)",
		Short: "a task of a plan: read chunks of captures",
		Long: `Reads the chunks of a plan whose number leaves I when divided by N, and puts what each
adds up to into a file of DIR: its sessions, dealt to parts, and a report. A file is put in place
whole. Chunks whose file is there and proves itself are skipped, so a task can be
run again, or twice at the same time.

With --pipe it reads numbers of chunks from standard input, one a line, and writes to standard
output what the file would hold: frames of part (4 bytes, big-endian), length (8 bytes) and as
many bytes; the report is part 4294967295.

What tasks leave holds addresses of the captures: it is readable to its owner only.`,
		Example: `  pcapmill map --plan plan.json --shard 3/8 -d work
  seq 0 8 | pcapmill map --plan plan.json --pipe > frames`,
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
				err = j.MapPipe(cmd.Context(), cmd.InOrStdin(), cmd.OutOrStdout())
				return taskFailed(cmd.Context(), err, "what was written ends in the middle")
			}
			defer hold(cmd.Context())()
			err = j.Map(cmd.Context(), t.dir, i, n, t.count)
			if err != nil {
				return taskFailed(cmd.Context(), err, "the chunks that were done are done; the same command goes on")
			}
			t.done(newConsole(cmd), "read", "chunk")
			return nil
		},
	}
	exits(cmd, "0  done; damage of a capture stands in its report", "1  failed, or a capture changed since the plan was made; files that are there are whole", "2  wrong usage",
		"130  interrupted; files that are there are whole, and the same command goes on")
	t.flags(cmd, "chunks I, I+N, I+2N and so on, counted from 0", hereNames...)
	return cmd
}
