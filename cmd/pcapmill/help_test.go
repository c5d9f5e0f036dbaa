package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// TestHelpFits: no line of any help is wider than 80 columns, the short one has at most 60
// lines, and what it shows of a command with many options exists.
func TestHelpFits(t *testing.T) {
	var each func(cmd *cobra.Command)
	each = func(cmd *cobra.Command) {
		var long, short bytes.Buffer
		help(&long, cmd)
		shortHelp(&short, cmd)
		for _, text := range []string{long.String(), short.String()} {
			for line := range strings.SplitSeq(text, "\n") {
				if n := columnsOf(line); n > 80 {
					t.Errorf("%s: %d columns: %s", cmd.CommandPath(), n, line)
				}
			}
		}
		if n := strings.Count(short.String(), "\n"); n > 60 {
			t.Errorf("%s -h: %d lines", cmd.CommandPath(), n)
		}
		for _, name := range often[cmd.Name()] {
			if cmd.Flags().Lookup(name) == nil {
				t.Errorf("%s -h: no option --%s", cmd.CommandPath(), name)
			}
		}
		for _, sub := range cmd.Commands() {
			if sub.IsAvailableCommand() {
				each(sub)
			}
		}
	}
	each(newRoot())
}
