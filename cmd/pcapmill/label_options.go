package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/pcapmill/pcapmill/internal/config"
	"github.com/pcapmill/pcapmill/label"
	"github.com/pcapmill/pcapmill/label/flows"
	"github.com/pcapmill/pcapmill/mill"
)

// labelNames are the options of labels.
var labelNames = []string{"labels", "label-from", "table", "table-preset", "table-columns", "table-time", "table-timezone", "table-offset", "unknown", "stdin-name"}

// tableNames are those that are about a table of flows.
var tableNames = labelNames[2:8]

// labelOptions turns the options of labels into what the mill understands; a table of flows
// is read, into as much memory as o has for it. Every error but an interrupt is one of usage.
func labelOptions(ctx context.Context, v *config.Values, o *mill.Options) (err error) {
	if o.LabelFrom, err = mill.ParseLabelFrom(v.Get("label-from")); err != nil {
		return usage("%s: %w", from(v, "label-from"), err)
	}
	if o.Labels = nil; o.LabelFrom == mill.FromName || v.From("labels") != "" {
		if o.Labels, err = label.Load(v.Get("labels")); err != nil {
			return usage("%s: %w", from(v, "labels"), err)
		}
	}
	o.StdinName = v.Get("stdin-name")
	if o.Unknown, err = mill.ParseUnknown(v.Get("unknown")); err != nil {
		return usage("%s: %w", from(v, "unknown"), err)
	}
	if o.LabelFrom != mill.FromTable {
		for _, name := range tableNames {
			if v.From(name) != "" {
				return usage("%s: it is about labels from a table; give --label-from table", from(v, name))
			}
		}
		return nil
	}
	if v.Get("table") == "" {
		return usage("%s: no table; give --table FILE", from(v, "label-from"))
	}
	f, err := flowOptions(v)
	if err != nil {
		return err
	}
	if o.Flows, err = flows.Load(ctx, v.Get("table"), o.FlowMemory(), f); err != nil {
		if ctx.Err() != nil {
			return &status{exitInterrupted, errors.New("interrupted while it read the table; nothing was written")}
		}
		return usage("%s: %w", from(v, "table"), err)
	}
	return nil
}

// flowOptions say how the table is read.
func flowOptions(v *config.Values) (o flows.Options, err error) {
	if name := v.Get("table-preset"); name != "" {
		if o, err = flows.Preset(name); err != nil {
			return o, usage("%s: %w", from(v, "table-preset"), err)
		}
	}
	if list := v.Get("table-columns"); list != "" {
		if err := o.SetColumns(list); err != nil {
			return o, usage("%s: %w", from(v, "table-columns"), err)
		}
	}
	if layout := v.Get("table-time"); layout != "" {
		o.Times = layout
	}
	o.Zone = v.Get("table-timezone")
	if text := v.Get("table-offset"); text != "" {
		if o.Offset, err = time.ParseDuration(text); err != nil {
			return o, usage("%s: %q: need a duration like -1.5s or 1h", from(v, "table-offset"), text)
		}
	}
	return o, nil
}

// flows says what became of the rows of the table.
func (c *console) flows(p *mill.Plan, unmatched int64) {
	if p.Flows == nil {
		return
	}
	n := p.Flows.Counts()
	text := fmt.Sprintf("table: %s, %s matched a session", plural(n.Rows, "row"), thousands(n.Used))
	for _, left := range []struct {
		n    int64
		what string
	}{{n.OtherProtocol, "neither TCP nor UDP"}, {n.NoClass, "without a class"}, {n.Blank, "blank"}} {
		if left.n > 0 {
			text += fmt.Sprintf(", %s %s", thousands(left.n), left.what)
		}
	}
	c.say("%s", text)
	if n.Rows > 0 && n.Used == 0 && unmatched > 0 {
		c.warn("no row of the table matches a session: look at --table-timezone, --table-offset and --table-time")
	}
}
