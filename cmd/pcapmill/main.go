// Command pcapmill turns packet captures into datasets that machine-learning
// people train on.
//
// Each command is one file, cmd_<verb>.go: flags to plan to run, no logic. Data
// goes to standard output, messages to standard error. Exit status: 0 done, 1
// failed and the dataset is as it was, 2 wrong usage, 3 done but some input was
// damaged or unreadable, 4 an audit found what --fail-on names, 5 done but a step
// behind the samples failed, 130 interrupted with a consistent dataset.
package main

import (
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/pcapmill/pcapmill/internal/settings"
	"github.com/pcapmill/pcapmill/internal/version"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run is the whole command: it returns the exit status.
func run(args []string, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	ctx, ended := watched(ctx, stderr)
	defer ended() // before stop

	root := newRoot()
	if asksShort(args) {
		root.SetHelpFunc(func(cmd *cobra.Command, _ []string) { shortHelp(cmd.OutOrStdout(), cmd) })
	}
	root.SetArgs(joinSwitches(args))
	root.SetOut(stdout)
	root.SetErr(stderr)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		finish(cmd, stdout, exitDone, nil)
		return exitDone
	}
	var s *status
	if !errors.As(err, &s) {
		s = &status{exitUsage, err} // what cobra itself finds wrong
	}
	finish(cmd, stdout, s.code, s.cause)
	if s.cause != nil {
		complain(stderr, advised(s.cause))
		if s.code == exitUsage {
			tell(stderr, "hint: see '%s --help'", cmd.CommandPath())
		}
	}
	return s.code
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "pcapmill COMMAND",
		Short: "the dataset compiler for network traffic",
		Long: `pcapmill turns packet captures into datasets that machine-learning people train
on: sessions (bidirectional five-tuples), their masked first 784 bytes as 28x28
uint8 images, in MNIST-style IDX files with labels.`,
		Example: `  pcapmill labels captures/               # which file gets which class, and why
  pcapmill convert captures/ -o dataset   # read all captures, write the dataset
  pcapmill inspect dataset                # look at what came out
  pcapmill split dataset                  # training and test, without leaks
  pcapmill export dataset --format npz    # render it in another format
  pcapmill verify dataset                 # check every promise it makes`,
		SilenceUsage:  true,
		SilenceErrors: true,
		Version:       version.String(),
		Args:          oneOfItsCommands,
		RunE:          helpInstead,
		PersistentPreRunE: func(cmd *cobra.Command, args []string) error {
			return checkPlaces(cmd, args)
		},
	}
	exits(root, "0  done", "1  failed; a dataset is as it was before", "2  wrong usage",
		"3  done, but some input was damaged or unreadable; each is named", "4  audit: a finding reaches --fail-on",
		"5  the samples are in the dataset, but a step behind them failed: it is named and as it was, and the same command completes it", "130  interrupted; a dataset is consistent")
	root.SetVersionTemplate("pcapmill {{.Version}}\n")
	root.SetFlagErrorFunc(unknownFlag)
	root.AddCommand(newConvert(), newExport(), newSessionCaptures(), newLabels(), newInspect(), newSplit(), newAudit(), newReport(), newView(), newVerify(), newCard(), newKeygen(), newPresets(), newConfig(), newCompletion(root), newMan(), newVersion())
	root.AddCommand(newPlan(), newMap(), newReduce(), newMerge())
	root.CompletionOptions.DisableDefaultCmd = true
	root.SetHelpCommand(newHelp(root))
	root.SetHelpFunc(func(cmd *cobra.Command, _ []string) { help(cmd.OutOrStdout(), cmd) })
	return root
}

// helpInstead is what a command does that needs another word: its help, as a
// message.
func helpInstead(cmd *cobra.Command, _ []string) error {
	help(cmd.ErrOrStderr(), cmd)
	return &status{exitUsage, nil}
}

// joinSwitches lets "--udp-pad on" be written with a space, though a switch
// needs no value: it becomes "--udp-pad=on".
func joinSwitches(args []string) []string {
	switches := map[string]bool{}
	for _, o := range settings.Options() {
		if o.Kind == settings.Switch {
			switches["--"+o.Name] = true
		}
	}
	var out []string
	for i := 0; i < len(args); i++ {
		if args[i] == "--" {
			return append(out, args[i:]...)
		}
		if switches[args[i]] && i+1 < len(args) && (args[i+1] == "on" || args[i+1] == "off") {
			out = append(out, args[i]+"="+args[i+1])
			i++
			continue
		}
		out = append(out, args[i])
	}
	return out
}
