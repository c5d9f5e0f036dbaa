package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/pcapmill/pcapmill/mill"
)

// console shows a run to a person, or as JSON lines to a program. Tables and
// events go to standard output, messages to standard error.
type console struct {
	cmd      *cobra.Command // nil in tests
	out, err io.Writer
	width    int           // of the terminal that out is, in columns; 0: none, do not break lines
	json     *json.Encoder // nil: for a person
	quiet    bool          // messages only
	verbose  bool          // every capture
}

// addVolume gives a command -q, and --verbose where more can be said.
func addVolume(cmd *cobra.Command, verbose string) {
	cmd.Flags().BoolP("quiet", "q", false, "say nothing but warnings, errors and what was skipped")
	if verbose != "" {
		cmd.Flags().BoolP("verbose", "v", false, verbose)
	}
}

func newConsole(cmd *cobra.Command) *console {
	c := &console{cmd: cmd, out: cmd.OutOrStdout(), err: cmd.ErrOrStderr()}
	c.width = terminalWidth(c.out)
	c.quiet, _ = cmd.Flags().GetBool("quiet")
	c.verbose, _ = cmd.Flags().GetBool("verbose")
	if asksJSON(cmd) {
		c.json = encoder(c.out)
	}
	return c
}

// isTerminal reports whether w is a terminal.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// terminalWidth is the width of the terminal that w is, in columns; 0 if w is
// none, 80 if the terminal does not say.
func terminalWidth(w io.Writer) int {
	if !isTerminal(w) {
		return 0
	}
	if width, _, err := term.GetSize(int(w.(*os.File).Fd())); err == nil && width > 0 {
		return width
	}
	return 80
}

// event writes one JSON line. A closed pipe ends the program by signal.
func (c *console) event(e map[string]any) {
	if c.cmd != nil && (e["event"] == "done" || e["event"] == "failed") {
		annotate(c.cmd, endedKey)
	}
	_ = c.json.Encode(e)
}

func (c *console) warn(text string) {
	if c.json != nil {
		c.event(map[string]any{"event": "warning", "text": text})
		return
	}
	tell(c.err, "warning: %s", printable(text))
}

// say writes a line of data, broken into several on a terminal.
func (c *console) say(format string, args ...any) {
	if !c.quiet {
		say(c.out, c.width, format, args...)
	}
}

// lines writes a text of whole lines. On a terminal those that are too long are broken,
// and go on two columns further in.
func (c *console) lines(text string) {
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		words := strings.TrimLeft(line, " ")
		in := line[:len(line)-len(words)]
		if c.width > 0 && columnsOf(line) > c.width {
			line = in + strings.Join(fold(words, c.width-len(in)-2), "\n  "+in)
		}
		fmt.Fprintln(c.out, line)
	}
}

// digits are those of a digest, in two words on a terminal that is too narrow for one.
func (c *console) digits(digest string) string {
	if half := len(digest) / 2; c.width > 0 && len(digest)+2 > c.width {
		return digest[:half] + " " + digest[half:]
	}
	return digest
}

func say(w io.Writer, width int, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if width > 0 && len(text) > width {
		text = strings.Join(fold(text, width-2), "\n  ")
	}
	fmt.Fprintln(w, text)
}

// plan says what will be read (in full for a dry run), what is skipped and what
// could not be looked at. where tells how to see what is skipped.
func (c *console) plan(p *mill.Plan, full bool, where string) {
	if c.json != nil {
		c.planEvents(p, full)
		return
	}
	for _, e := range p.Problems {
		complain(c.err, advised(e))
	}
	counts := map[string]int{}
	for _, s := range p.Skipped {
		counts[s.Reason]++
	}
	if full {
		c.planTable(p)
	} else if len(counts) > 0 {
		tell(c.err, "skipped %s; %s lists them", countList(counts), where)
	}
}

func (c *console) planTable(p *mill.Plan) {
	t := table{columns: []column{
		{head: "CAPTURE"},
		{head: "FORMAT"},
		{head: "SIZE", right: true},
		{head: "LABEL", right: true},
		{head: "CLASS", short: true},
		{head: "KEYWORD", short: true},
	}}
	for i := range p.Captures {
		in := &p.Captures[i]
		format, size := in.Format.String(), bytesText(in.Size)
		if in.Stream {
			format, size = "(read once)", "-"
		}
		t.add(shown(in.Path), format, size, fmt.Sprint(in.Label), shown(in.Class), orDash(shown(in.Keyword)))
	}
	t.write(c.out, c.width)
	for _, s := range p.Skipped {
		fmt.Fprintf(c.out, "skipped: %s: %s: %s\n", shown(s.Path), s.Reason, printable(strings.TrimPrefix(s.Detail, s.Path+": ")))
	}
	fmt.Fprintf(c.out, "%s, %s; nothing was written\n", plural(int64(len(p.Captures)), "capture"), bytesText(p.Bytes()))
}

func (c *console) planEvents(p *mill.Plan, full bool) {
	c.event(map[string]any{"event": "plan", "captures": len(p.Captures), "bytes": p.Bytes(), "skipped": len(p.Skipped), "problems": len(p.Problems)})
	if full {
		for i := range p.Captures {
			in := &p.Captures[i]
			e := map[string]any{
				"event": "input", "path": in.Path, "name": in.Name, "bytes": in.Size, "format": in.Format.String(),
				"label": in.Label, "class": in.Class, "keyword": in.Keyword,
			}
			if in.Tasks != nil {
				e["tasks"] = in.Tasks
			}
			c.event(e)
		}
	}
	for _, s := range p.Skipped {
		c.event(map[string]any{"event": "skipped", "path": s.Path, "reason": s.Reason, "detail": s.Detail})
	}
	for _, e := range p.Problems {
		c.event(map[string]any{"event": "problem", "text": e.Error()})
	}
}

// captureEvent is the JSON line of one finished capture.
func (c *console) captureEvent(i int, o *mill.Outcome) {
	e := map[string]any{"event": "capture", "index": i, "path": o.Input.Path, "name": o.Input.Name}
	switch {
	case o.Err != nil:
		e["error"] = o.Err.Error()
	case o.Known:
		e["already_in_dataset"] = true
	default:
		e["result"] = o.Capture
		if len(o.Links) > 0 {
			e["unsupported_links"] = o.Links
		}
	}
	if o.Damage != nil {
		e["damage"] = o.Damage.Error()
	}
	c.event(e)
}
