package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/pcapmill/pcapmill/internal/config"
	"github.com/pcapmill/pcapmill/label"
	"github.com/pcapmill/pcapmill/label/flows"
	"github.com/pcapmill/pcapmill/manifest"
	"github.com/pcapmill/pcapmill/mill"
)

// labelNames are the options of labels.
var labelNames = []string{"labels", "label-from", "table", "table-preset", "table-columns", "table-time", "table-timezone", "table-offset", "table-errors", "table-conflict", "unknown", "stdin-name"}

// tableNames are those that are about a table of flows.
var tableNames = labelNames[2:10]

// labelOptions turns the options of labels into what the mill understands; a table of flows
// is read, into as much memory as o has for it. Every error but an interrupt is one of usage.
func labelOptions(ctx context.Context, v *config.Values, o *mill.Options) (err error) {
	if o.LabelFrom, err = mill.ParseLabelFrom(v.Get("label-from")); err != nil {
		return usage("%s: %w", from(v, "label-from"), err)
	}
	if o.Labels = nil; o.LabelFrom == mill.FromName || v.From("labels") != "" {
		if o.Labels, err = label.Load(ctx, v.Get("labels")); err != nil {
			return usage("%s: %w", from(v, "labels"), err)
		}
	}
	o.StdinName = v.Get("stdin-name")
	if o.Unknown, err = mill.ParseUnknown(v.Get("unknown")); err != nil {
		return usage("%s: %w", from(v, "unknown"), err)
	}
	if o.TableConflict, err = mill.ParseTableConflict(v.Get("table-conflict")); err != nil {
		return usage("%s: %w", from(v, "table-conflict"), err)
	}
	comment := o.LabelFrom == mill.FromComment
	if comment && o.TableConflict == mill.LongestConflict {
		return usage("%s: comments have no rows: need error or unknown", from(v, "table-conflict"))
	}
	if o.LabelFrom != mill.FromTable {
		for _, name := range tableNames {
			if v.From(name) != "" && !(comment && name == "table-conflict") {
				return usage("%s: it is about labels from a table; give --label-from table", from(v, name))
			}
		}
		return nil
	}
	if v.Get("table") == "" {
		return usage("%s: no table; give --table FILE", from(v, "label-from"))
	}
	o.Table = flows.Source{
		Path: v.Get("table"), Preset: v.Get("table-preset"), Columns: v.Get("table-columns"),
		Times: v.Get("table-time"), Zone: v.Get("table-timezone"), Offset: v.Get("table-offset"),
		Errors: v.Get("table-errors"),
	}
	reading, err := o.Table.Options()
	var bad *flows.SourceError
	if errors.As(err, &bad) {
		return usage("%s: %w", from(v, bad.Option), bad.Err)
	}
	if o.Flows, err = flows.Load(ctx, o.Table.Path, o.FlowMemory(), reading); err != nil {
		if ctx.Err() != nil {
			return &status{exitInterrupted, errors.New("interrupted while it read the table; nothing was written")}
		}
		return usage("%s: %w", from(v, "table"), err)
	}
	return nil
}

// flows says what became of the rows of the table.
func (c *console) flows(p *mill.Plan, m *mill.Matches) {
	if p.Flows == nil || c.json != nil {
		return
	}
	n := p.Flows.Counts()
	text := fmt.Sprintf("table: %s, %s matched a session", plural(n.Rows, "row"), thousands(n.Used))
	for _, left := range p.Flows.Left() {
		text += fmt.Sprintf(", %s %s", thousands(left.Rows), left.Reason)
		if left.Reason == "no-time" || left.Reason == "bad-value" {
			text += " (" + lineList(left.First, left.Rows) + ")"
		}
	}
	if m.Conflicts > 0 {
		text += fmt.Sprintf("; %s matched rows of several classes (%s)", plural(m.Conflicts, "session"), p.TableConflict)
	}
	c.say("%s", text)
}

// hintUnknown says in a line what most likely keeps more than a tenth of all captures,
// sessions or samples from having a class.
func (c *console) hintUnknown(p *mill.Plan, what string, all, unknown int64, m *mill.Matches) {
	if unknown*10 <= all || all == 0 {
		return
	}
	text := fmt.Sprintf("%s of %s %ss unknown: %s", thousands(unknown), thousands(all), what, p.WhyUnknown(m))
	if c.json != nil {
		c.event(map[string]any{"event": "warning", "text": text})
		return
	}
	tell(c.err, "hint: %s", printable(text))
}

// unknownSamples are the samples that a run added, and those of no class.
func unknownSamples(r *mill.Result, unknown uint16) (all, without int64) {
	for i := range r.Outcomes {
		o := &r.Outcomes[i]
		if o.Err != nil || o.Known {
			continue
		}
		all += o.Capture.Samples
		if o.Capture.Class != manifest.BySession {
			if o.Capture.Label == unknown {
				without += o.Capture.Samples
			}
			continue
		}
		for _, l := range o.Capture.Labels {
			if l.Label == unknown {
				without += l.Samples
			}
		}
	}
	return all, without
}

// lineList is like "lines 7, 12 of flows.csv and 3 more".
func lineList(first []flows.Line, all int64) string {
	var text strings.Builder
	for i, l := range first {
		switch {
		case i > 0 && l.File == first[i-1].File:
			fmt.Fprintf(&text, ", %d", l.Line)
		case i > 0:
			text.WriteString("; ")
			fallthrough
		default:
			fmt.Fprintf(&text, "%s line %d", shown(l.File), l.Line)
		}
	}
	if more := all - int64(len(first)); more > 0 {
		fmt.Fprintf(&text, " and %s more", thousands(more))
	}
	return text.String()
}
