package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/pcapmill/pcapmill/internal/version"
)

func newVersion() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "version",
		Short: "show the version",
		Args:  count(0, "takes no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if c := newConsole(cmd); c.json != nil {
				c.event(map[string]any{"event": "version", "name": "pcapmill", "version": version.String()})
				return nil
			}
			_, err := fmt.Fprintln(cmd.OutOrStdout(), "pcapmill", version.String())
			return failed(err)
		},
	}
	exits(cmd, "0  done", "2  wrong usage")
	addJSON(cmd)
	return cmd
}
