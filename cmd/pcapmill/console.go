package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/pcapmill/pcapmill/label"
	"github.com/pcapmill/pcapmill/manifest"
	"github.com/pcapmill/pcapmill/mill"
)

// console shows a run to a person, or as JSON lines to a program. Tables and
// events go to standard output, messages to standard error.
type console struct {
	out, err io.Writer
	json     *json.Encoder // nil: for a person
}

func newConsole(cmd *cobra.Command, asJSON bool) *console {
	c := &console{out: cmd.OutOrStdout(), err: cmd.ErrOrStderr()}
	if asJSON {
		c.json = json.NewEncoder(c.out)
		c.json.SetEscapeHTML(false)
	}
	return c
}

// isTerminal reports whether w is a terminal.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// event writes one JSON line. A closed pipe ends the program by signal.
func (c *console) event(v any) { _ = c.json.Encode(v) }

func (c *console) warn(text string) {
	if c.json != nil {
		c.event(map[string]any{"event": "warning", "text": text})
		return
	}
	fmt.Fprintln(c.err, "pcapmill: warning:", text)
}

// plan says what will be read (in full for a dry run), what is skipped and what
// could not be looked at.
func (c *console) plan(p *mill.Plan, full bool) {
	if c.json != nil {
		c.planEvents(p, full)
		return
	}
	for _, e := range p.Problems {
		complain(c.err, e)
	}
	if full {
		c.planTable(p)
	}
	counts := map[mill.SkipReason]int{}
	for _, s := range p.Skipped {
		counts[s.Reason]++
		if full {
			fmt.Fprintf(c.out, "skipped: %s: %s: %s\n", shown(s.Path), s.Reason, shown(s.Detail))
		}
	}
	if len(counts) > 0 && !full {
		fmt.Fprintf(c.err, "pcapmill: skipped %s; --dry-run lists them\n", countList(counts))
	}
}

func (c *console) planTable(p *mill.Plan) {
	t := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "CAPTURE\tFORMAT\tSIZE\tLABEL\tCLASS\tKEYWORD")
	for i := range p.Captures {
		in := &p.Captures[i]
		format, size := in.Format.String(), bytesText(in.Size)
		if in.Stream {
			format, size = "(read once)", "-"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%d\t%s\t%s\n", shown(in.Path), format, size, in.Label, in.Class, orDash(in.Keyword))
	}
	_ = t.Flush()
	fmt.Fprintf(c.out, "%s, %s; nothing was written\n", plural(int64(len(p.Captures)), "capture"), bytesText(p.Bytes()))
}

func (c *console) planEvents(p *mill.Plan, full bool) {
	c.event(map[string]any{"event": "plan", "captures": len(p.Captures), "bytes": p.Bytes(), "skipped": len(p.Skipped), "problems": len(p.Problems)})
	if full {
		for i := range p.Captures {
			in := &p.Captures[i]
			c.event(map[string]any{
				"event": "input", "path": in.Path, "name": in.Name, "bytes": in.Size, "format": in.Format.String(),
				"label": in.Label, "class": in.Class, "keyword": in.Keyword,
			})
		}
	}
	for _, s := range p.Skipped {
		c.event(map[string]any{"event": "skipped", "path": s.Path, "reason": s.Reason, "detail": s.Detail})
	}
	for _, e := range p.Problems {
		c.event(map[string]any{"event": "problem", "text": e.Error()})
	}
}

// result is the statistics table, or the last event.
func (c *console) result(p *mill.Plan, r *mill.Result) {
	if c.json != nil {
		code := exitDone
		switch {
		case r.Interrupted:
			code = exitInterrupted
		case r.Damaged() || len(p.Problems) > 0:
			code = exitDamaged
		}
		c.event(map[string]any{
			"event": "done", "status": code, "added": r.Added, "samples": r.Manifest.Samples,
			"interrupted": r.Interrupted, "seconds": r.Seconds,
		})
		return
	}
	c.table(r)
	c.classes(r.Manifest)
	for i := range r.Outcomes {
		if e := r.Outcomes[i].Err; e != nil {
			complain(c.err, e)
		}
		if e := r.Outcomes[i].Damage; e != nil {
			complain(c.err, e)
		}
	}
}

func (c *console) table(r *mill.Result) {
	t := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "CAPTURE\tCLASS\tPACKETS\tUSED\tSESSIONS\tSAMPLES\tDUPLICATES\tTRUNCATED\tPADDED\tEXACT\tMEAN BYTES\tSECONDS\tLEFT OUT")
	known := 0
	for i := range r.Outcomes {
		o := &r.Outcomes[i]
		switch {
		case o.Err != nil:
			fmt.Fprintf(t, "%s\t%s\tunreadable\n", shown(o.Input.Name), o.Input.Class)
		case o.Known:
			known++
			fmt.Fprintf(t, "%s\t%s\talready in the dataset\n", shown(o.Input.Name), o.Input.Class)
		default:
			row(t, shown(o.Capture.Name), o.Capture.Class, &o.Capture.Counts)
		}
	}
	total := r.Added
	total.Seconds = r.Seconds
	row(t, "total", fmt.Sprintf("%d captures", len(r.Outcomes)), &total)
	_ = t.Flush()
	for i := range r.Outcomes {
		if why := explain(&r.Outcomes[i]); why != "" {
			fmt.Fprintln(c.out, why)
		}
	}
	if known > 0 {
		fmt.Fprintf(c.out, "%s already in the dataset under the same label: nothing added for them\n", plural(int64(known), "capture"))
	}
}

func row(w io.Writer, name, class string, n *manifest.Counts) {
	fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%.1f\t%.2f\t%s\n", name, class,
		thousands(n.Packets), thousands(n.Used), thousands(n.Sessions), thousands(n.Samples), thousands(n.Duplicates),
		thousands(n.Truncated), thousands(n.Padded), thousands(n.Exact), n.MeanLength, n.Seconds, leftOut(n))
}

// leftOut lists the reasons with their counts, and what else was left out.
func leftOut(n *manifest.Counts) string {
	text := countList(n.LeftOut)
	if n.Empty > 0 {
		text = strings.TrimPrefix(text+", "+plural(n.Empty, "empty session"), ", ")
	}
	return orDash(text)
}

// explain says why a capture gave no sample.
func explain(o *mill.Outcome) string {
	c := &o.Capture
	if o.Err != nil || o.Known || c.Samples > 0 {
		return ""
	}
	name := shown(c.Name)
	switch {
	case c.Packets == 0:
		return name + ": no packets"
	case c.Used == 0:
		why := countList(c.LeftOut)
		if len(o.Links) > 0 {
			var links []string
			for link := range o.Links {
				links = append(links, link)
			}
			slices.Sort(links)
			unsupported := fmt.Sprintf("%s unsupported-link", thousands(c.LeftOut["unsupported-link"]))
			why = strings.Replace(why, unsupported, unsupported+" ("+strings.Join(links, ", ")+")", 1)
		}
		return fmt.Sprintf("%s: %s, all left out: %s", name, plural(c.Packets, "packet"), why)
	default:
		return fmt.Sprintf("%s: %s, no new sample: %s, %s empty", name, plural(c.Sessions, "session"),
			plural(c.Duplicates, "duplicate"), thousands(c.Empty))
	}
}

// classes is the balance of the whole dataset.
func (c *console) classes(m *manifest.Manifest) {
	fmt.Fprintf(c.out, "dataset: %s of %dx%d bytes", plural(m.Samples, "sample"), m.Rows, m.Cols)
	if m.Totals.Conflicts > 0 {
		fmt.Fprintf(c.out, ", %s (equal bytes under different labels)", plural(m.Totals.Conflicts, "conflict"))
	}
	fmt.Fprintln(c.out)
	for _, k := range m.Classes {
		if k.Samples > 0 || k.Label == label.Unknown {
			fmt.Fprintf(c.out, "  %3d  %-20s %s\n", k.Label, k.Name, thousands(k.Samples))
		}
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
	}
	var d interface{ Hint() string }
	if errors.As(o.Damage, &d) {
		e["damage"] = o.Damage.Error()
	}
	c.event(e)
}
