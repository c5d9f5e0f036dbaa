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
	return &cobra.Command{
		Use:   "man [COMMAND]",
		Short: "print the manual page, for man -l -",
		Example: `  pcapmill man | man -l -
  pcapmill man convert > pcapmill-convert.1`,
		Args: cobra.MaximumNArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			name := strings.Join(append([]string{"pcapmill"}, args...), "-")
			page, err := manual.ReadFile("man/" + name + ".1")
			if err != nil {
				return usage("man: no page %s: have the commands of 'pcapmill --help'", name)
			}
			_, err = fmt.Fprint(cmd.OutOrStdout(), string(page))
			return failed(err)
		},
	}
}
