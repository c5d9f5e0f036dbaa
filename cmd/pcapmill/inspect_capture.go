package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/pcapmill/pcapmill/header"
	"github.com/pcapmill/pcapmill/mill"
	"github.com/pcapmill/pcapmill/sample"
	"github.com/pcapmill/pcapmill/session"
)

// capture shows what a run would find in a capture.
func (in *inspector) capture(cmd *cobra.Command, path string) error {
	o, err := millOptions(cmd.Context(), in.values)
	if err != nil {
		return err
	}
	var progress mill.Progress
	stop := in.c.counting(func() string {
		return fmt.Sprintf("inspect: %s, %s packets read", bytesText(progress.Bytes.Load()), thousands(progress.Packets.Load()))
	})
	x, err := o.Extract(cmd.Context(), path, &progress)
	stop()
	if cmd.Context().Err() != nil {
		return &status{exitInterrupted, fmt.Errorf("interrupted")}
	}
	if err != nil {
		return failed(&named{err, []string{path}})
	}
	defer x.Close()
	if in.c.json != nil {
		return in.captureEvents(path, x, o.Shape)
	}
	var links []string
	for _, l := range x.LinkTypes {
		links = append(links, fmt.Sprintf("%s (%d)", l, l))
	}
	in.say("%s: %s, %s, link types: %s", shown(path), x.Format, bytesText(x.Size), orDash(strings.Join(links, ", ")))
	in.say("digest: %s", x.Digest)
	if x.Packets > 0 {
		const layout = "2006-01-02 15:04:05.000000 MST"
		in.say("time: %s to %s (%s)", time.Unix(0, x.First).UTC().Format(layout), time.Unix(0, x.Last).UTC().Format(layout), time.Duration(x.Last-x.First))
	}
	in.reasons(x)
	fits, bytes, err := x.Fits(o.Shape)
	if err != nil {
		return failed(err)
	}
	in.say("sessions: %s, truncated %s, padded %s, exact %s, empty %s, %s", thousands(int64(x.Len())),
		thousands(fits[sample.Truncated]), thousands(fits[sample.Padded]), thousands(fits[sample.Exact]), thousands(fits[sample.Empty]), bytesText(bytes))
	if err := in.largest(x); err != nil {
		return failed(err)
	}
	if harm := x.Harm(path); harm != nil {
		return &status{exitDamaged, harm}
	}
	return nil
}

func (in *inspector) reasons(x *mill.Extraction) {
	in.say("packets: %s, used %s", thousands(x.Packets), thousands(x.Reasons[header.OK]))
	for r := header.OK + 1; r < header.Reasons; r++ {
		n := x.Reasons[r]
		if n == 0 {
			continue
		}
		which := ""
		if r == header.UnsupportedLink {
			var links []string
			for _, l := range slices.Sorted(maps.Keys(x.Unknown)) {
				links = append(links, fmt.Sprintf("%s %s", thousands(x.Unknown[l]), l))
			}
			which = " (" + strings.Join(links, ", ") + ")"
		}
		in.say("  left out: %s %s%s", thousands(n), r, which)
	}
}

// largest lists the sessions with the most bytes. Addresses and ports are shown
// only on request: output gets pasted into reports.
func (in *inspector) largest(x *mill.Extraction) error {
	top, err := in.biggest(x)
	if err != nil || len(top) == 0 {
		return err
	}
	list := table{columns: []column{
		{head: "SESSION", right: true}, {head: "FIRST PACKET", right: true}, {head: "PACKETS", right: true}, {head: "BYTES", right: true}, {head: "PROTOCOL"},
	}}
	if in.addresses {
		list.columns = append(list.columns, column{head: "ENDPOINTS"})
	}
	for i := range top {
		s := &top[i]
		cells := []string{
			fmt.Sprint(s.i), thousands(int64(s.First)), thousands(int64(s.Count())), thousands(int64(s.Bytes)),
			fmt.Sprintf("%s over IPv%d", protocolOf(&s.Session), s.Key.Version()),
		}
		if in.addresses {
			low, high := s.Key.Endpoints()
			cells = append(cells, low.String()+" "+high.String())
		}
		list.add(cells...)
	}
	list.write(in.out, in.width)
	if !in.addresses {
		in.say("(--addresses shows the endpoints)")
	}
	return nil
}

// largeSession is a session and its place in the capture.
type largeSession struct {
	session.Session
	i int
}

// biggest are the sessions of most bytes, the first of equals first.
func (in *inspector) biggest(x *mill.Extraction) (top []largeSession, err error) {
	err = x.Each(func(i int, s *session.Session) error {
		at := len(top)
		for at > 0 && top[at-1].Bytes < s.Bytes {
			at--
		}
		if at < in.top {
			r := largeSession{*s, i}
			r.Prefix = nil // lent
			top = slices.Insert(top, at, r)
			top = top[:min(len(top), in.top)]
		}
		return nil
	})
	return top, err
}

func protocolOf(s *session.Session) string {
	if s.Key.Proto() == header.UDP {
		return "UDP"
	}
	return "TCP"
}

// captureEvents are what a capture holds, and its largest sessions.
func (in *inspector) captureEvents(path string, x *mill.Extraction, shape sample.Shape) error {
	fits, bytes, err := x.Fits(shape)
	if err != nil {
		return failed(err)
	}
	var links []string
	for _, l := range x.LinkTypes {
		links = append(links, l.String())
	}
	left := map[string]int64{}
	for r := header.OK + 1; r < header.Reasons; r++ {
		if n := x.Reasons[r]; n > 0 {
			left[r.String()] = n
		}
	}
	e := map[string]any{
		"event": "capture", "path": path, "format": x.Format.String(), "bytes": x.Size, "digest": x.Digest, "links": links,
		"packets": x.Packets, "used": x.Reasons[header.OK], "left_out": left, "sessions": x.Len(), "session_bytes": bytes,
		"truncated": fits[sample.Truncated], "padded": fits[sample.Padded], "exact": fits[sample.Exact], "empty": fits[sample.Empty],
	}
	if x.Packets > 0 {
		e["first"], e["last"] = x.First, x.Last
	}
	in.c.event(e)
	top, err := in.biggest(x)
	if err != nil {
		return failed(err)
	}
	for i := range top {
		s := &top[i]
		e := map[string]any{
			"event": "session", "session": s.i, "first_packet": s.First, "packets": s.Count(), "bytes": s.Bytes,
			"protocol": protocolOf(&s.Session), "ip_version": s.Key.Version(),
		}
		if in.addresses {
			low, high := s.Key.Endpoints()
			e["endpoints"] = []string{low.String(), high.String()}
		}
		in.c.event(e)
	}
	if harm := x.Harm(path); harm != nil {
		return &status{exitDamaged, harm}
	}
	return nil
}
