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
	x, err := mill.Extract(cmd.Context(), path, o)
	if cmd.Context().Err() != nil {
		return &status{exitInterrupted, fmt.Errorf("interrupted")}
	}
	if err != nil {
		return failed(&named{err, []string{path}})
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
	defer x.Close()
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
	type row struct {
		session.Session
		i int
	}
	var top []row
	err := x.Each(func(i int, s *session.Session) error {
		at := len(top) // among equals the first one stands first
		for at > 0 && top[at-1].Bytes < s.Bytes {
			at--
		}
		if at < in.top {
			r := row{*s, i}
			r.Prefix = nil // lent
			top = slices.Insert(top, at, r)
			top = top[:min(len(top), in.top)]
		}
		return nil
	})
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
		proto := "TCP"
		if s.Key.Proto() == header.UDP {
			proto = "UDP"
		}
		cells := []string{
			fmt.Sprint(s.i), thousands(int64(s.First)), thousands(int64(s.Count())), thousands(int64(s.Bytes)),
			fmt.Sprintf("%s over IPv%d", proto, s.Key.Version()),
		}
		if in.addresses {
			low, high := s.Key.Endpoints()
			cells = append(cells, low.String()+" "+high.String())
		}
		list.add(cells...)
	}
	list.write(in.out, 0)
	if !in.addresses {
		in.say("(--addresses shows the endpoints)")
	}
	return nil
}
