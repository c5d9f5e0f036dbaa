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
	_, _ = io.WriteString(w, shortPage(cmd, helpWidth(w))) // nobody to tell about a closed pipe
}

func shortPage(cmd *cobra.Command, width int) string {
	var b strings.Builder
	b.WriteString(strings.Join(fold(cmd.CommandPath()+": "+cmd.Short, width), "\n") + "\n\n")
	usageLine(&b, cmd, width)
	examples(&b, cmd, 3, width)
	commands(&b, cmd, width)
	names := often[cmd.Name()]
	options(&b, cmd, width, func(f *pflag.Flag) bool { return names == nil || slices.Contains(names, f.Name) })
	b.WriteString("\n" + strings.Join(fold("'"+cmd.CommandPath()+" --help' says more.", width), "\n") + "\n")
	return b.String()
}

// usageLine says how a command is called.
func usageLine(b *strings.Builder, cmd *cobra.Command, width int) {
	b.WriteString("Usage:\n")
	commandLine(b, useLine(cmd), width)
}

// examples lists the first examples of a command, or all if most is 0.
func examples(b *strings.Builder, cmd *cobra.Command, most, width int) {
	if cmd.Example == "" {
		return
	}
	b.WriteString("\nExamples:\n")
	for i, line := range strings.Split(strings.TrimRight(cmd.Example, "\n"), "\n") {
		if most > 0 && i == most {
			break
		}
		commandLine(b, strings.TrimPrefix(line, "  "), width)
	}
}

// commandLine writes a command line; a long one goes on behind a backslash, so that it can be
// copied.
func commandLine(b *strings.Builder, line string, width int) {
	if columnsOf(line)+2 <= width {
		b.WriteString("  " + line + "\n")
		return
	}
	b.WriteString("  " + strings.Join(fold(line, width-8), " \\\n      ") + "\n")
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
	_, _ = io.WriteString(w, longPage(cmd, helpWidth(w))) // nobody to tell about a closed pipe
}

func longPage(cmd *cobra.Command, width int) string {
	var b strings.Builder
	about := cmd.Long
	if about == "" {
		about = cmd.Short
	}
	for paragraph := range strings.SplitSeq(about, "\n\n") {
		b.WriteString(strings.Join(fold(paragraph, width), "\n") + "\n\n")
	}
	usageLine(&b, cmd, width)
	examples(&b, cmd, 0, width)
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
	return b.String()
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
	if width < 60 && column > 10 { // no room for two columns
		column = 10
	}
	if at := strings.LastIndexByte(term, ' '); len(term) > width && at > 0 {
		b.WriteString(term[:at] + "\n")
		term = strings.Repeat(" ", 8) + term[at+1:]
	}
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
