package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/pcapmill/pcapmill/dataset/png"
	"github.com/pcapmill/pcapmill/internal/config"
	"github.com/pcapmill/pcapmill/internal/fsys"
	"github.com/pcapmill/pcapmill/internal/sessionfiles"
	"github.com/pcapmill/pcapmill/mill"
)

func newSessionCaptures() *cobra.Command {
	var comments bool
	cmd := &cobra.Command{
		Use:   "session-captures DIR PATH...",
		Short: "write one masked capture for each session, for tools that read such files",
		Long: `Reads captures as convert does and writes each session as a capture of its own into
DIR, which must not exist or be empty: what programs take that were written for the
output of SplitCap or PcapSplitter. Nothing is cut, padded or deduplicated.

  DIR/CLASS/c00003-s0000017.pcap    session 17 of capture 3, both counted from 0
  DIR/__pcapmill/sessions.jsonl     a line for each file

Packets are masked as in convert: by default link headers are cut (the link type is raw
IP), and addresses, ports and checksums are zeros. Payload stays as it is. Times stay
unless --table-times says relative (to the session) or none.`,
		Example: `  pcapmill session-captures sessions captures/
  pcapmill session-captures sessions captures/ --drop none --idle-timeout 60s
  pcapmill session-captures sessions captures/ --mac zero --comments`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) < 2 {
				return usage("session-captures: name the directory to write, then captures or directories to read")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			v, err := choose(cmd)
			if err != nil {
				return err
			}
			return sessionCaptures(cmd, args[0], args[1:], v, comments)
		},
	}
	exits(cmd, "0  done", "1  failed; nothing was written", "2  wrong usage",
		"3  done, but some input was damaged or unreadable: each is named, with the offset, and everything readable is in DIR", "130  interrupted; nothing was written")
	addOptions(cmd, "labels", "label-from", "unknown", "stdin-name", "mac", "ip", "ports", "checksums", "mask", "profile", "key-file", "table-times",
		"drop", "drop-session-with", "resync", "idle-timeout", "tcp-restart", "unit", "max-packets", "active-timeout", "slice", "window", "min-span", "min-packets", "min-bytes", "memory", "max-expansion")
	cmd.Flags().BoolVar(&comments, "comments", false, "pcapng files in nanoseconds; each packet has the comment ID,CLASS that pcapML reads")
	addJSON(cmd)
	addVolume(cmd, "")
	return cmd
}

func sessionCaptures(cmd *cobra.Command, dir string, paths []string, v *config.Values, comments bool) error {
	if l, err := mill.ParseLabelFrom(v.Get("label-from")); err == nil && l != mill.FromName && l != mill.FromDir {
		return usage("%s: %v: a file stands in the folder of its capture's class, so session-captures takes labels from names and directories only", from(v, "label-from"), l)
	}
	o, err := millOptions(cmd.Context(), v)
	if err != nil {
		return err
	}
	if err := sessionfiles.Check(&o.Mask); err != nil {
		return &status{exitUsage, err}
	}
	c := newConsole(cmd)
	p, err := mill.Prepare(paths, dir, o)
	if p == nil {
		return &status{exitUsage, err}
	}
	c.plan(p, false, "'pcapmill convert --dry-run'")
	if err != nil {
		return &status{exitFailed, nameCaptures(err, p)}
	}
	for _, w := range append(v.KeyWarnings(o.Key), o.Warnings()...) {
		c.warn(w)
	}
	damaged, err := c.writeSessions(cmd.Context(), dir, p, comments)
	switch {
	case errors.Is(err, context.Canceled):
		return &status{exitInterrupted, errors.New("interrupted; nothing was written")}
	case err != nil:
		return &status{exitFailed, nameCaptures(&named{err, []string{dir}}, p)}
	case damaged:
		return &status{exitDamaged, nil}
	}
	return problems(p)
}

// writeSessions carries the plan out, and reports whether some input was damaged.
func (c *console) writeSessions(ctx context.Context, dir string, p *mill.Plan, comments bool) (damaged bool, err error) {
	classes := make([]string, len(p.Labels.Classes))
	for i := range classes {
		classes[i] = p.Labels.Classes[i].Name
	}
	w, err := sessionfiles.New(fsys.OS{}, dir, sessionfiles.Options{
		Policy: p.Mask, Key: p.Key, Comments: comments, Folder: png.Folders(classes, int(p.Labels.Unknown())),
		Times:      map[mill.TableTimes]sessionfiles.Times{mill.KeepTimes: sessionfiles.KeepTimes, mill.RelativeTimes: sessionfiles.RelativeTimes, mill.NoTimes: sessionfiles.NoTimes}[p.TableTimes],
		MinPackets: p.MinPackets, MinBytes: p.MinBytes, MinSpan: p.MinSpan,
	})
	if err != nil {
		return false, err
	}
	defer func() {
		if err != nil {
			w.Abort()
		}
	}()
	var harmed mill.Result
	for i := range p.Captures {
		in := &p.Captures[i]
		began := false
		w.Begin(sessionfiles.Capture{Index: i, Path: in.Path, Name: in.Name, Label: int(in.Label), Class: in.Class})
		r, err := p.EachPacket(ctx, i, func(k *mill.Kept) error {
			began = true
			return w.Add(k.Session, k.Packet, k.Layout)
		})
		if err == nil {
			for _, id := range r.Matched {
				w.Leave(id)
			}
		}
		switch {
		case err == nil && r.Harm != nil:
			harmed.Outcomes = append(harmed.Outcomes, mill.Outcome{Input: in, Damage: r.Harm})
		case err != nil && (began || ctx.Err() != nil):
			return false, err
		case err != nil: // it cannot be opened: the others can
			harmed.Outcomes = append(harmed.Outcomes, mill.Outcome{Input: in, Err: err})
		}
		if err := w.End(); err != nil {
			return false, err
		}
	}
	if err := w.Close(ctx); err != nil {
		return false, err
	}
	c.damages(&harmed)
	t := &w.Totals
	if c.json != nil {
		c.event(map[string]any{"event": "sessions", "dir": dir, "files": t.Files, "captures": len(p.Captures), "packets": t.Packets, "bytes": t.Bytes, "left_out": t.TooSmall + t.Left})
		return len(harmed.Outcomes) > 0, nil
	}
	c.say("%s: %s from %s, %s, %s", shown(dir), plural(t.Files, "session"), plural(int64(len(p.Captures)), "capture"), plural(t.Packets, "packet"), bytesText(t.Bytes))
	if t.TooSmall > 0 {
		c.say("left out: %s below --min-packets, --min-bytes or --min-span", plural(t.TooSmall, "session"))
	}
	if t.Left > 0 {
		c.say("left out: %s by --drop-session-with", plural(t.Left, "session"))
	}
	return len(harmed.Outcomes) > 0, nil
}
