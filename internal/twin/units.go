package twin

import (
	"net/netip"
	"slices"
	"sort"
)

// Unit is what one sample is made of: packets of one session.
type Unit struct {
	Session int // place of its session in the capture
	Place   int // of the unit in its session
	From    netip.AddrPort
	Packets []UnitPacket
	matches string // the first kind of With that a packet of its session is of, left out by a window or not
}

// UnitPacket is a packet of a unit.
type UnitPacket struct {
	Number  int // in the capture, from 0
	Record  Record
	Headers Headers
	kept    bool
	matches []string // the kinds of With that it is of
}

// Forward says whether a packet goes as the first kept packet of the unit's session did.
func (u *Unit) Forward(i int) bool {
	h := &u.Packets[i].Headers
	return netip.AddrPortFrom(h.Src, h.SrcPort) == u.From
}

// span is the time from the earliest packet to the latest.
func (u *Unit) span() int64 {
	least, most := u.Packets[0].Record.Time, u.Packets[0].Record.Time
	for _, p := range u.Packets {
		least, most = min(least, p.Record.Time), max(most, p.Record.Time)
	}
	return most - least
}

// Units returns the units of a file in the order of their first packets, and counts packets and sessions in c.
func Units(f File, c *CaptureResult, s Settings) []Unit {
	return unitsOf(f.Records, func(int) *CaptureResult { return c }, s)
}

// unitsOf is Units for records that are counted in several places, which are found by their numbers.
func unitsOf(records []Record, at func(number int) *CaptureResult, s Settings) []Unit {
	conversations := map[string][]UnitPacket{}
	for i, r := range records {
		c := at(i)
		c.Packets++
		h := Decode(r.LinkType, r.Data, int(r.OrigLen))
		reason := h.dropped(s.Drop, r.Data, r.LinkType)
		matches := h.matches(s.With, r.Data, r.LinkType)
		if len(matches) > 0 {
			reason = ""
		}
		if reason != "" {
			c.Left[reason]++
		} else {
			c.NamesCut += cutNames(r.Data, h, s)
		}
		if h.Reason == "" {
			conversations[h.Key()] = append(conversations[h.Key()], UnitPacket{i, r, h, reason == "", matches})
		}
	}
	var sessions [][]UnitPacket
	for _, list := range conversations {
		sessions = append(sessions, sessionsOf(list, s)...)
	}
	sort.Slice(sessions, func(i, j int) bool { return sessions[i][0].Number < sessions[j][0].Number })
	for _, session := range sessions {
		at(session[0].Number).Sessions++
	}

	var all []Unit
	for place, session := range sessions {
		first := session[0].Headers
		from := netip.AddrPortFrom(first.Src, first.SrcPort)
		matches := kindOf(session)
		var units []Unit
		for _, flow := range flowsOf(session, from, s) {
			for _, packets := range cut(flow, s) {
				kept := window(packets, s)
				for _, p := range packets {
					at(p.Number).Left["window"]++
				}
				for _, p := range kept {
					c := at(p.Number)
					c.Used++
					c.Left["window"]--
					if h := p.Headers; h.AnnEnd != unknown && h.AnnEnd > h.End || h.AnnEnd == unknown && int(p.Record.OrigLen) > len(p.Record.Data) {
						c.Snapped++
					}
				}
				for _, p := range packets {
					if c := at(p.Number); c.Left["window"] == 0 {
						delete(c.Left, "window")
					}
				}
				units = append(units, Unit{Session: place, From: from, Packets: kept, matches: matches})
			}
		}
		sort.Slice(units, func(i, j int) bool { return units[i].Packets[0].Number < units[j].Packets[0].Number })
		for i := range units {
			units[i].Place = i
		}
		all = append(all, units...)
	}
	sort.Slice(all, func(i, j int) bool { return all[i].Packets[0].Number < all[j].Packets[0].Number })
	return all
}

// matches are the kinds that a packet is of.
func (h Headers) matches(kinds []string, d []byte, link uint16) (out []string) {
	for _, kind := range kinds {
		if h.Reason == "" && h.dropped([]string{kind}, d, link) != "" {
			out = append(out, kind)
		}
	}
	return out
}

// kindOf is the first kind, in the order of the list in docs/spec.md, that a packet of the session is of.
func kindOf(session []UnitPacket) string {
	for _, kind := range []string{"dns", "background", "tcp-control", "stun", "snmp", "nat-pmp", "lsd", "ssdp", "multicast", "broadcast"} {
		for _, p := range session {
			if slices.Contains(p.matches, kind) {
				return kind
			}
		}
	}
	return ""
}

// sessionsOf cuts the packets of a five-tuple into sessions, and leaves those that are not kept out.
func sessionsOf(list []UnitPacket, s Settings) (out [][]UnitPacket) {
	var now []UnitPacket
	closed, reopened := false, false // FIN or RST; a SYN behind it
	for _, p := range list {
		syn, end := false, false
		if p.Headers.Protocol == 6 {
			flags := p.Record.Data[p.Headers.Transport+13]
			syn, end = flags&0x12 == 0x02, flags&0x05 != 0
		}
		if len(now) > 0 && closed && syn {
			reopened = true
		}
		if p.kept {
			if n := len(now); n > 0 {
				pause := p.Record.Time - now[n-1].Record.Time
				if s.Idle > 0 && pause > s.Idle || s.Restart && reopened {
					out = append(out, now)
					now, closed, reopened = nil, false, false
				}
			}
			now = append(now, p)
		}
		if len(now) > 0 && end {
			closed = true
		}
	}
	if now != nil {
		out = append(out, now)
	}
	return out
}

// flowsOf are what limits apply to: the session, its directions, its packets.
func flowsOf(session []UnitPacket, from netip.AddrPort, s Settings) [][]UnitPacket {
	switch s.Unit {
	case "flow":
		var there, back []UnitPacket
		for _, p := range session {
			if netip.AddrPortFrom(p.Headers.Src, p.Headers.SrcPort) == from {
				there = append(there, p)
			} else {
				back = append(back, p)
			}
		}
		if back == nil {
			return [][]UnitPacket{there}
		}
		return [][]UnitPacket{there, back}
	case "packet":
		var each [][]UnitPacket
		for i := range session {
			each = append(each, session[i:i+1])
		}
		return each
	}
	return [][]UnitPacket{session}
}

// cut cuts a flow into units, packets that a window leaves out included.
func cut(flow []UnitPacket, s Settings) (out [][]UnitPacket) {
	slice := int64(0)
	for _, p := range flow {
		begins := out == nil
		if s.Slice > 0 {
			if k := (p.Record.Time - flow[0].Record.Time) / s.Slice; k > slice {
				slice, begins = k, true
			}
		}
		if !begins {
			unit := out[len(out)-1]
			begins = s.MaxPackets > 0 && len(window(unit, s)) == s.MaxPackets || s.Active > 0 && p.Record.Time-unit[0].Record.Time >= s.Active
		}
		if begins {
			out = append(out, nil)
		}
		out[len(out)-1] = append(out[len(out)-1], p)
	}
	return out
}

// window are the packets of a unit that are less than the window behind its first.
func window(unit []UnitPacket, s Settings) (kept []UnitPacket) {
	for _, p := range unit {
		if s.Window == 0 || p.Record.Time-unit[0].Record.Time < s.Window {
			kept = append(kept, p)
		}
	}
	return kept
}

// unwanted says why a unit is left out; "" if it is not.
func (u *Unit) unwanted(bytes int, s Settings) string {
	switch {
	case u.matches != "":
		return "with-" + u.matches
	case len(u.Packets) < s.MinPackets:
		return "min-packets"
	case bytes < s.MinBytes:
		return "min-bytes"
	case u.span() < s.MinSpan:
		return "min-span"
	}
	return ""
}
