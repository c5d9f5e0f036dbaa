package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/pcapmill/pcapmill/internal/typo"
	"github.com/pcapmill/pcapmill/mask"
	"github.com/pcapmill/pcapmill/mill"
	"github.com/pcapmill/pcapmill/store"
)

// Exit statuses of SPEC part 9.
const (
	exitDone        = 0
	exitFailed      = 1
	exitUsage       = 2
	exitDamaged     = 3
	exitFound       = 4 // an audit found what --fail-on names
	exitBehind      = 5 // the samples are committed, a step behind them failed
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

// failed gives an error that is not one of usage its exit status.
func failed(err error) error {
	if err == nil {
		return nil
	}
	return &status{exitFailed, err}
}

// hinted is an error with advice.
type hinted struct {
	error
	hint string
}

func (h *hinted) Unwrap() error { return h.error }

// Hint says what a person can do about it.
func (h *hinted) Hint() string { return h.hint }

// advised adds the advice that the command line can give about errors of the
// rooms below, which do not know its options.
func advised(err error) error {
	var labels *mill.LabelError
	var key *mask.PrefixKeyError
	var nothing *mill.NothingError
	switch {
	case errors.As(err, &nothing) && errors.Is(errors.Join(nothing.Plan.Problems...), fs.ErrNotExist):
		return &hinted{err, "look at the spelling; a path that does not begin with / is taken from the directory in which pcapmill was started"}
	case errors.As(err, &key):
		return &hinted{err, "'pcapmill keygen FILE' makes such a key; give it with --key-file FILE, and keep the file: without it the same pseudonyms cannot be made again"}
	case errors.Is(err, store.ErrNone):
		return err
	case errors.As(err, &labels):
		return &hinted{err, "'pcapmill labels' shows every capture with its class; for captures without one, --unknown keep gives the label of unknown (255) and skip leaves them out"}
	case errors.Is(err, fs.ErrPermission):
		return &hinted{err, "look at the owner and mode of the file and of the directories above it"}
	}
	return err
}

// tell writes a message, on a terminal no wider than that is. Blanks stay as they are, so
// that a path can be copied.
func tell(w io.Writer, format string, args ...any) {
	text := "pcapmill: " + fmt.Sprintf(format, args...)
	if width := terminalWidth(w); width > 0 && columnsOf(text) > width {
		text = strings.Join(foldWords(strings.SplitAfter(text, " "), width-2), "\n  ")
	}
	fmt.Fprintln(w, text)
}

// complain writes an error for a person, line by line, with its hint.
func complain(w io.Writer, err error) {
	text := plainText(err)
	const most = 40 // lines; one per capture, say
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	for i, line := range lines {
		if i == most && len(lines) > most+1 {
			tell(w, "... and %s more", plural(int64(len(lines)-most), "line"))
			break
		}
		tell(w, "%s", line)
	}
	var h interface{ Hint() string }
	if errors.As(err, &h) {
		tell(w, "hint: %s", printable(h.Hint()))
	}
}

// plainText is an error's text in which no file name can disturb a terminal or
// pass for a line of its own.
func plainText(err error) string {
	text := err.Error()
	for _, path := range pathsIn(err) {
		if quoted := shown(path); path != "" && quoted != path {
			text = strings.ReplaceAll(text, path, quoted)
		}
	}
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = printable(line)
	}
	return strings.Join(lines, "\n")
}

// pathsIn collects the paths that an error and its causes know that they name.
func pathsIn(err error) (paths []string) {
	switch e := err.(type) {
	case *fs.PathError:
		paths = append(paths, e.Path)
	case *os.LinkError:
		paths = append(paths, e.Old, e.New)
	case interface{ Paths() []string }:
		paths = append(paths, e.Paths()...)
	}
	switch e := err.(type) {
	case interface{ Unwrap() error }:
		if cause := e.Unwrap(); cause != nil {
			paths = append(paths, pathsIn(cause)...)
		}
	case interface{ Unwrap() []error }:
		for _, cause := range e.Unwrap() {
			paths = append(paths, pathsIn(cause)...)
		}
	}
	return paths
}

// named is an error that names paths only in its text.
type named struct {
	error
	paths []string
}

func (n *named) Unwrap() error { return n.error }

// Paths are the paths that the error names.
func (n *named) Paths() []string { return n.paths }

// nameCaptures makes the captures of a plan known to pathsIn.
func nameCaptures(err error, p *mill.Plan) error {
	n := &named{error: err, paths: []string{p.Out}}
	for i := range p.Captures {
		n.paths = append(n.paths, p.Captures[i].Path, p.Captures[i].Name)
	}
	return n
}

// unknownFlag adds a suggestion to pflag's error about a flag that is none.
func unknownFlag(cmd *cobra.Command, err error) error {
	var none *pflag.NotExistError
	if !errors.As(err, &none) || len(none.GetSpecifiedName()) < 2 { // one letter is no mistyped name
		return &status{exitUsage, err}
	}
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, "--"+f.Name) })
	return usage("%w%s", err, typo.DidYouMean("--"+none.GetSpecifiedName(), names))
}

// oneOfItsCommands is cobra's argument check for commands that only have
// sub-commands, with a suggestion.
func oneOfItsCommands(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var names []string
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			names = append(names, c.Name())
		}
	}
	return usage("no command %q%s", cmd.CommandPath()+" "+args[0], typo.DidYouMean(args[0], names))
}

// count is cobra's argument check for commands with a fixed number of them.
func count(n int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != n {
			return usage("%s: %s", strings.TrimPrefix(cmd.CommandPath(), "pcapmill "), what)
		}
		return nil
	}
}
