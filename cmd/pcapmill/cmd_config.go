package main

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/pcapmill/pcapmill/internal/config"
)

func newConfig() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "config COMMAND",
		Short: "print a configuration file or its schema",
		Args:  oneOfItsCommands,
		RunE:  helpInstead,
	}
	first := &cobra.Command{
		Use:     "init",
		Short:   "print a commented configuration file with every default",
		Example: `  pcapmill config init > pcapmill.yaml`,
		Args:    count(0, "takes no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprint(cmd.OutOrStdout(), config.Template())
			return failed(err)
		},
	}
	schema := &cobra.Command{
		Use:     "schema",
		Short:   "print the JSON Schema of the configuration file",
		Example: `  pcapmill config schema > pcapmill.schema.json`,
		Args:    count(0, "takes no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			e := json.NewEncoder(cmd.OutOrStdout())
			e.SetEscapeHTML(false)
			e.SetIndent("", "  ")
			return failed(e.Encode(config.Schema()))
		},
	}
	for _, c := range []*cobra.Command{cmd, first, schema} {
		exits(c, "0  done", "2  wrong usage")
	}
	cmd.AddCommand(first, schema)
	return cmd
}
