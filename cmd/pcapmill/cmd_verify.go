package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/pcapmill/pcapmill/audit"
	"github.com/pcapmill/pcapmill/manifest"
)

func newVerify() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "verify DIR",
		Short: "check every promise that a finished dataset makes",
		Long: `Checks the dataset in DIR against its manifest: counts, file sizes, IDX headers,
the laws (packets = used + left out, sessions = samples + duplicates + empty + left out), the
label of every image, the digest of every capture's samples, duplicates and
conflicts. Stops at the first broken promise.`,
		Example: `  pcapmill verify dataset`,
		Args:    count(1, "name one directory"),
		RunE: func(cmd *cobra.Command, args []string) error {
			v, err := audit.Verify(args[0])
			out := cmd.OutOrStdout()
			if v != nil {
				for _, p := range v.Promises {
					fmt.Fprintln(out, "ok:", p)
				}
			}
			if err != nil {
				return failed(noDataset(args[0], &named{fmt.Errorf("%s: %w", args[0], err), args}))
			}
			fmt.Fprintf(out, "%s: whole: %s of %s, %s\n", shown(args[0]), plural(v.Manifest.Samples, "sample"),
				plural(int64(len(v.Manifest.Captures)), "capture"), shown(v.Manifest.Settings.Shape))
			return nil
		},
	}
	exits(cmd, "0  every promise holds", "1  one is broken, or there is no dataset", "2  wrong usage")
	return cmd
}

// noDataset says in plain words that a directory has no manifest, if that is
// what is wrong.
func noDataset(dir string, err error) error {
	if !errors.Is(err, manifest.ErrNone) {
		return err
	}
	return &hinted{
		&named{fmt.Errorf("%s holds no dataset: there is no %s", dir, manifest.Name), []string{dir}},
		"a dataset is what 'pcapmill convert' writes; to look at captures, name one to 'pcapmill inspect', or use 'pcapmill labels'",
	}
}
