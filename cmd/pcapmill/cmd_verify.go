package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/pcapmill/pcapmill/audit"
)

func newVerify() *cobra.Command {
	return &cobra.Command{
		Use:   "verify DIR",
		Short: "check every promise that a finished dataset makes",
		Long: `Checks the dataset in DIR against its manifest: counts, file sizes, IDX headers,
the laws (packets = used + left out, sessions = samples + duplicates + empty), the
label of every image, the digest of every capture's samples, duplicates and
conflicts. Stops at the first broken promise.

Exit status: 0 all hold; 1 one is broken, or there is no dataset; 2 wrong usage.`,
		Example: `  pcapmill verify dataset`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage("verify: name one directory")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			v, err := audit.Verify(args[0])
			out := cmd.OutOrStdout()
			if v != nil {
				for _, p := range v.Promises {
					fmt.Fprintln(out, "ok:", p)
				}
			}
			if err != nil {
				return failed(fmt.Errorf("%s: %w", args[0], err))
			}
			fmt.Fprintf(out, "%s: whole: %s of %s, %s\n", args[0], plural(v.Manifest.Samples, "sample"),
				plural(int64(len(v.Manifest.Captures)), "capture"), v.Manifest.Settings.Shape)
			return nil
		},
	}
}
