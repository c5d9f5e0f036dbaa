package main

import (
	"embed"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// The manual pages are made from the commands themselves by 'go test -run
// TestManual -update ./cmd/pcapmill'; the same test fails when they are stale.
//
//go:embed man
var manual embed.FS

func newMan() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "man [COMMAND]",
		Short: "print the manual page, for man -l -",
		Example: `  pcapmill man | man -l -
  pcapmill man convert > pcapmill-convert.1`,
		RunE: func(cmd *cobra.Command, args []string) error {
			page, err := manual.ReadFile("man/" + strings.Join(append([]string{"pcapmill"}, args...), "-") + ".1")
			if err != nil {
				return usage("man: no page for %q: need no name or that of a command, like convert or config init", strings.Join(args, " "))
			}
			_, err = fmt.Fprint(cmd.OutOrStdout(), string(page))
			return failed(err)
		},
	}
	exits(cmd, "0  done", "2  wrong usage")
	return cmd
}
