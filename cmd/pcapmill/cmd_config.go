package main

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/pcapmill/pcapmill/config"
)

func newConfig() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "config",
		Short: "print a configuration file or its schema",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			return usage("config: say init or schema")
		},
	}
	cmd.AddCommand(&cobra.Command{
		Use:     "init",
		Short:   "print a commented configuration file with every default",
		Example: `  pcapmill config init > pcapmill.yaml`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprint(cmd.OutOrStdout(), config.Template())
			return failed(err)
		},
	}, &cobra.Command{
		Use:     "schema",
		Short:   "print the JSON Schema of the configuration file",
		Example: `  pcapmill config schema > pcapmill.schema.json`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			e := json.NewEncoder(cmd.OutOrStdout())
			e.SetEscapeHTML(false)
			e.SetIndent("", "  ")
			return failed(e.Encode(config.Schema()))
		},
	})
	return cmd
}
