package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// TestHelpFitsNarrowTerminals: from 40 columns on, no line of any help is wider than the terminal, but for single words; and
// an example that is folded is the same command to a shell.
func TestHelpFitsNarrowTerminals(t *testing.T) {
	folded := 0
	var each func(cmd *cobra.Command)
	each = func(cmd *cobra.Command) {
		for _, width := range []int{40, 41, 50, 60, 79, 96} {
			for _, page := range []string{longPage(cmd, width), shortPage(cmd, width)} {
				for line := range strings.SplitSeq(page, "\n") {
					if n := columnsOf(line); n > width && len(strings.Fields(line)) > 1 {
						t.Errorf("%s at %d columns: %d: %s", cmd.CommandPath(), width, n, line)
					}
				}
				folded += strings.Count(page, " \\\n")
			}
			whole := strings.Join(strings.Fields(strings.ReplaceAll(longPage(cmd, width), "\\\n", "")), " ")
			for line := range strings.SplitSeq(cmd.Example, "\n") {
				if want := strings.Join(strings.Fields(line), " "); !strings.Contains(whole, want) {
					t.Errorf("%s at %d columns: no example %q", cmd.CommandPath(), width, want)
				}
			}
		}
		for _, sub := range cmd.Commands() {
			if sub.IsAvailableCommand() {
				each(sub)
			}
		}
	}
	each(newRoot())
	if folded < 20 {
		t.Errorf("%d lines were folded", folded)
	}
}

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
