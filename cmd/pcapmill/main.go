// Command pcapmill turns packet captures into datasets that machine-learning
// people train on.
//
// Each command is one file, cmd_<verb>.go: flags to plan to run, no logic. Exit
// status: 0 done, 1 failed and the dataset is as it was, 2 wrong usage, 3 done
// but some input was damaged or unreadable, 130 interrupted with a consistent
// dataset.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/pcapmill/pcapmill/config"
	"github.com/pcapmill/pcapmill/internal/version"
)

// Exit statuses of SPEC part 9.
const (
	exitDone        = 0
	exitFailed      = 1
	exitUsage       = 2
	exitDamaged     = 3
	exitInterrupted = 130
)

// status is an error that decides the exit status. Without a cause there is
// nothing more to say.
type status struct {
	code  int
	cause error
}

func (s *status) Error() string {
	if s.cause == nil {
		return fmt.Sprintf("exit status %d", s.code)
	}
	return s.cause.Error()
}

func (s *status) Unwrap() error { return s.cause }

func usage(format string, args ...any) error {
	return &status{exitUsage, fmt.Errorf(format, args...)}
}

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

func run(args []string, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the process at once

	root := newRoot()
	root.SetArgs(joinSwitches(args))
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitDone
	}
	var s *status
	if !errors.As(err, &s) {
		s = &status{exitUsage, err} // what cobra itself finds wrong
	}
	if s.cause != nil {
		complain(stderr, s.cause)
		if s.code == exitUsage {
			fmt.Fprintln(stderr, "pcapmill: hint: see 'pcapmill --help' and 'pcapmill COMMAND --help'")
		}
	}
	return s.code
}

// complain writes an error for a person, line by line, with its hint.
func complain(w io.Writer, err error) {
	for line := range strings.SplitSeq(strings.TrimRight(err.Error(), "\n"), "\n") {
		fmt.Fprintln(w, "pcapmill:", line)
	}
	var hinted interface{ Hint() string }
	if errors.As(err, &hinted) {
		fmt.Fprintln(w, "pcapmill: hint:", hinted.Hint())
	}
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "pcapmill",
		Short: "the dataset compiler for network traffic",
		Long: `pcapmill turns packet captures into datasets that machine-learning people train
on: sessions (bidirectional five-tuples), their masked first 784 bytes as 28x28
uint8 images, in MNIST-style IDX files with labels.`,
		Example: `  pcapmill convert captures/ -o dataset    # read all captures, write the dataset
  pcapmill labels captures/                # which file gets which class, and why
  pcapmill inspect dataset                 # look at what came out
  pcapmill verify dataset                  # check every promise it makes`,
		SilenceUsage:  true,
		SilenceErrors: true,
		Version:       version.String(),
		Args:          cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_ = cmd.Help() // to standard output, which run has set
			return &status{exitUsage, nil}
		},
	}
	root.SetVersionTemplate("pcapmill {{.Version}}\n")
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return &status{exitUsage, err} })
	root.AddCommand(newConvert(), newLabels(), newInspect(), newVerify(), newConfig(), newMan(), newVersion())
	return root
}

// joinSwitches lets "--udp-pad on" be written with a space, though a switch
// needs no value: it becomes "--udp-pad=on".
func joinSwitches(args []string) []string {
	switches := map[string]bool{}
	for _, o := range config.Options() {
		if o.Kind == config.Switch {
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
