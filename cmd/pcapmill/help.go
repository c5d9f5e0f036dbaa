package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/pcapmill/pcapmill/internal/typo"
)

// The keys under which a command's annotations say more than cobra has fields for.
const (
	exitsKey = "exit statuses" // of a command: one a line, "0  done"
	groupKey = "group"         // of a flag: the heading it stands under
)

// exits notes the exit statuses of a command, each as "number  meaning".
func exits(cmd *cobra.Command, lines ...string) {
	cmd.Annotations = map[string]string{exitsKey: strings.Join(lines, "\n")}
}

// helpWidth is what help is wrapped to, in columns.
func helpWidth(w io.Writer) int {
	if width := terminalWidth(w); width > 0 {
		return max(40, min(width, 96))
	}
	return 80
}

// asksShort reports whether somebody asks for the short help: by -h, where --help gives
// all of it.
func asksShort(args []string) bool {
	for _, a := range args {
		if a == "--" {
			break
		}
		if a == "-h" {
			return true
		}
	}
	return false
}

// often are the options of a command with many that its short help shows; the others are
// for --help.
var often = map[string][]string{
	"convert":          {"out", "format", "labels", "label-from", "profile", "drop", "split", "split-by", "workers", "dry-run", "verbose", "quiet", "help"},
	"session-captures": {"labels", "label-from", "profile", "mac", "drop", "idle-timeout", "min-packets", "comments", "help"},
	"labels":           {"labels", "label-from", "table", "table-preset", "table-columns", "table-timezone", "table-offset", "drop", "print", "help"},
	"plan":             {"plan", "chunk", "parts", "labels", "label-from", "profile", "drop", "format", "split", "split-by", "help"},
}

// shortHelp writes what a command is for, how it is called, and the options that are used
// most. It fits on a screen.
func shortHelp(w io.Writer, cmd *cobra.Command) {
	var b strings.Builder
	width := helpWidth(w)
	b.WriteString(strings.Join(fold(cmd.CommandPath()+": "+cmd.Short, width), "\n") + "\n\n")
	fmt.Fprintf(&b, "Usage:\n  %s\n", useLine(cmd))
	if cmd.Example != "" {
		lines := strings.SplitAfterN(cmd.Example, "\n", 4)
		fmt.Fprintf(&b, "\nExamples:\n%s\n", strings.TrimRight(strings.Join(lines[:min(3, len(lines))], ""), "\n"))
	}
	commands(&b, cmd, width)
	names := often[cmd.Name()]
	options(&b, cmd, width, func(f *pflag.Flag) bool { return names == nil || slices.Contains(names, f.Name) })
	fmt.Fprintf(&b, "\n'%s --help' says more.\n", cmd.CommandPath())
	_, _ = io.WriteString(w, b.String()) // nobody to tell about a closed pipe
}

// commands lists the sub-commands of a command.
func commands(b *strings.Builder, cmd *cobra.Command, width int) {
	if !cmd.HasAvailableSubCommands() {
		return
	}
	b.WriteString("\nCommands:\n")
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			entry(b, "  "+c.Name(), 14, c.Short, width)
		}
	}
}

// help writes a command's help page.
func help(w io.Writer, cmd *cobra.Command) {
	var b strings.Builder
	width := helpWidth(w)
	about := cmd.Long
	if about == "" {
		about = cmd.Short
	}
	for paragraph := range strings.SplitSeq(about, "\n\n") {
		b.WriteString(strings.Join(fold(paragraph, width), "\n") + "\n\n")
	}
	fmt.Fprintf(&b, "Usage:\n  %s\n", useLine(cmd))
	if cmd.Example != "" {
		fmt.Fprintf(&b, "\nExamples:\n%s\n", cmd.Example)
	}
	commands(&b, cmd, width)
	options(&b, cmd, width, func(*pflag.Flag) bool { return true })
	if text := cmd.Annotations[exitsKey]; text != "" {
		b.WriteString("\nExit status:\n")
		for line := range strings.SplitSeq(text, "\n") {
			number, meaning, _ := strings.Cut(line, "  ")
			entry(&b, "  "+number, 7, meaning, width)
		}
	}
	if cmd.Flags().Lookup("config") != nil {
		b.WriteString("\nEnvironment:\n")
		for _, e := range environment(cmd) {
			entry(&b, "  "+e[0], 20, e[1], width)
		}
	}
	_, _ = io.WriteString(w, b.String()) // nobody to tell about a closed pipe
}

// environment lists the variables that a command with options reads.
func environment(cmd *cobra.Command) [][2]string {
	list := [][2]string{
		{"PCAPMILL_<OPTION>", "any option of the configuration file, in capitals and with _ for -, such as PCAPMILL_KEY_FILE; a flag wins over it, and it wins over the file"},
		{"PCAPMILL_CONFIG", "configuration file, if --config names none"},
	}
	if cmd.Flags().Lookup("png") != nil {
		list = append(list, [2]string{"NO_COLOR", "if set and not empty, draw samples in plain characters"})
	}
	return list
}

func useLine(cmd *cobra.Command) string {
	line := cmd.UseLine()
	return strings.Replace(line, " [flags]", " [options]", 1)
}

// options writes the flags that show wants under their headings.
func options(b *strings.Builder, cmd *cobra.Command, width int, show func(*pflag.Flag) bool) {
	var groups []string
	flags := map[string][]*pflag.Flag{}
	visit := func(f *pflag.Flag) {
		if f.Hidden || !show(f) {
			return
		}
		g := "Options"
		if a := f.Annotations[groupKey]; a != nil {
			g = a[0]
		}
		if flags[g] == nil {
			groups = append(groups, g)
		}
		flags[g] = append(flags[g], f)
	}
	cmd.InitDefaultHelpFlag()
	cmd.InitDefaultVersionFlag()
	cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
		if f.Name != "help" && f.Name != "version" {
			visit(f)
		}
	})
	for _, name := range []string{"version", "help"} {
		if f := cmd.LocalFlags().Lookup(name); f != nil {
			visit(f)
		}
	}
	for _, g := range groups {
		fmt.Fprintf(b, "\n%s:\n", g)
		for _, f := range flags[g] {
			head, text := flagHelp(f)
			entry(b, head, 24, text, width)
		}
	}
}

// flagHelp is "  -o, --out DIR" and what it is for.
func flagHelp(f *pflag.Flag) (head, text string) {
	arg, text := pflag.UnquoteUsage(f)
	switch f.Name {
	case "help":
		text = "show help: -h the short one, --help all of it"
	case "version":
		text = "show the version"
	}
	head = "      --" + f.Name
	if f.Shorthand != "" {
		head = "  -" + f.Shorthand + ", --" + f.Name
	}
	if arg != "" {
		head += " " + arg
	}
	if f.DefValue != "" && f.DefValue != "false" {
		text += " (default " + f.DefValue + ")"
	}
	return head, text
}

// entry writes a term and, from a column on, its explanation.
func entry(b *strings.Builder, term string, column int, text string, width int) {
	b.WriteString(term)
	at := len(term)
	if at+2 > column {
		b.WriteByte('\n')
		at = 0
	}
	for i, line := range fold(text, width-column) {
		if i > 0 {
			at = 0
		}
		fmt.Fprintf(b, "%s%s\n", strings.Repeat(" ", column-at), line)
	}
}

func newHelp(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "show the help of a command",
		RunE: func(cmd *cobra.Command, args []string) error {
			of, rest, err := root.Find(args)
			if err != nil || len(rest) > 0 {
				var names []string
				for _, c := range root.Commands() {
					names = append(names, c.Name())
				}
				return usage("help: no command %q%s", strings.Join(args, " "), typo.DidYouMean(args[0], names))
			}
			help(cmd.OutOrStdout(), of)
			return nil
		},
	}
}
