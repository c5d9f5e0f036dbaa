package main

import (
	"github.com/spf13/cobra"
)

func newCompletion(root *cobra.Command) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "completion bash|zsh|fish",
		Short: "print a completion script for a shell",
		Long: `Prints a script that teaches a shell to complete the commands, options and values
of pcapmill with the Tab key.`,
		Example: `  pcapmill completion bash > ~/.local/share/bash-completion/completions/pcapmill
  pcapmill completion zsh > "${fpath[1]}/_pcapmill"
  pcapmill completion fish > ~/.config/fish/completions/pcapmill.fish`,
		ValidArgs: []string{"bash", "zsh", "fish"},
		Args:      count(1, "name one shell: bash, zsh or fish"),
		RunE: func(cmd *cobra.Command, args []string) error {
			out := cmd.OutOrStdout()
			switch args[0] {
			case "bash":
				return failed(root.GenBashCompletionV2(out, true))
			case "zsh":
				return failed(root.GenZshCompletion(out))
			case "fish":
				return failed(root.GenFishCompletion(out, true))
			}
			return usage("completion: no script for %q: need bash, zsh or fish", args[0])
		},
	}
	exits(cmd, "0  done", "2  wrong usage")
	return cmd
}
