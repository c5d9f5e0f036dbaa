package leak

import (
	"context"
	"errors"
	"io"
	"net/netip"

	"github.com/pcapmill/pcapmill/capture"
	"github.com/pcapmill/pcapmill/header"
	"github.com/pcapmill/pcapmill/session"
)

// replayed is a unit as its capture has it, unmasked, as far as a sample
// reaches.
type replayed struct {
	bytes    []byte // at most the length of a sample
	segments []segment
	firsts   *firsts // only with field masks
}

// replay puts the units of a capture together, in the order of their first
// kept packets.
type replay struct {
	layout
	drop     header.Drop
	with     header.Drop // kinds that take their session away, and are kept so far
	length   int         // of a sample
	breaks   session.Breaks
	ids      map[session.FiveTuple]course
	sessions []replayed
	scratch  []byte
}

// course is how far a five-tuple has come. Five-tuples of which nothing was kept
// have none.
type course struct {
	last    int64   // time of its last kept packet
	ended   bool    // a FIN or RST was seen in it, be it kept or not
	restart bool    // and then a SYN: the next kept packet begins another one
	from    string  // sender of the session's first kept packet
	units   [2]unit // of the session in hand: of it or its first direction, of the other
}

// unit is how far a session has come, or a direction of one.
type unit struct {
	id      int // of the unit in hand
	packets uint64
	first   int64 // time of the first packet of all
	begun   int64 // time of the first packet of the unit in hand
	slice   int64
}

// packet adds a packet to its unit, if it is kept. TCP packets that are not
// kept can tell of an end and a beginning.
func (r *replay) packet(p *capture.Packet, h *header.Stack) {
	kept := r.drop.ReasonOf(p.Data, h) == header.OK || r.with.Of(p.Data, h) != header.DropNone
	if h.Reason != header.OK || !kept && !r.breaks.Restart {
		return
	}
	key := session.KeyOf(p.Data, h)
	c, known := r.ids[key]
	if !known && !kept {
		return
	}
	var syn, end bool
	if h.Proto == header.TCP {
		flags := p.Data[h.Transport+13]
		syn, end = flags&0x12 == 0x02, flags&0x05 != 0 // SYN without ACK; FIN or RST
	}
	if r.breaks.Restart && syn && c.ended {
		c.restart = true
	}
	if kept {
		pause := known && r.breaks.Idle > 0 && p.Time-c.last > r.breaks.Idle
		if !known || c.restart || pause {
			c = course{from: sender(p, h)}
		}
		c.last = p.Time
	}
	c.ended = c.ended || end
	if kept {
		way := 0
		if r.breaks.Of == session.Flows && sender(p, h) != c.from {
			way = 1
		}
		if r.takes(&c.units[way], p.Time) {
			r.add(&r.sessions[c.units[way].id], key, p, h)
		}
	}
	r.ids[key] = c
}

// sender is the address and port that a packet comes from.
func sender(p *capture.Packet, h *header.Stack) string {
	at, n := h.Network+12, 4
	if h.Version == 6 {
		at, n = h.Network+8, 16
	}
	return string(p.Data[at:at+n]) + string(p.Data[h.Transport:h.Transport+2])
}

// takes reports whether a unit takes its next packet, and not its window leaves it out. The
// packet may begin another one.
func (r *replay) takes(u *unit, now int64) bool {
	b := &r.breaks
	begins := u.packets == 0 || b.Of == session.Packets
	if u.packets == 0 {
		u.first = now
	}
	if b.MaxPackets > 0 && u.packets == b.MaxPackets || b.Active > 0 && now-u.begun >= b.Active {
		begins = true
	}
	if b.Slice > 0 && (now-u.first)/b.Slice > u.slice {
		begins, u.slice = true, (now-u.first)/b.Slice
	}
	if begins {
		u.id, u.packets, u.begun = len(r.sessions), 0, now
		r.sessions = append(r.sessions, replayed{})
	} else if b.Window > 0 && now-u.begun >= b.Window {
		return false
	}
	u.packets++
	return true
}

// add adds a packet's bytes to its session, as far as a sample reaches.
func (r *replay) add(s *replayed, key session.FiveTuple, p *capture.Packet, h *header.Stack) {
	free := r.length - len(s.bytes)
	if free == 0 {
		return
	}
	g := r.segment(p.Data, h, len(s.bytes))
	if r.masksFields() {
		if s.firsts == nil {
			s.firsts = &firsts{}
		}
		g.spots = r.spots(nil, p.Data, h, fromLower(key, p.Data, h), s.firsts)
	}
	r.scratch = r.original(r.scratch[:0], p.Data, &g)
	if len(r.scratch) > 0 {
		s.segments = append(s.segments, g)
		s.bytes = append(s.bytes, r.scratch[:min(free, len(r.scratch))]...)
	}
}

// fromLower reports whether a packet comes from the lower endpoint of its five-tuple.
func fromLower(key session.FiveTuple, data []byte, h *header.Stack) bool {
	at, length := h.Network+12, 4
	if h.Version == 6 {
		at, length = h.Network+8, 16
	}
	source, _ := netip.AddrFromSlice(data[at : at+length])
	low, _ := key.Endpoints()
	return low == netip.AddrPortFrom(source, h.SrcPort)
}

// packets reads a capture to its end or damage.
func packets(ctx context.Context, r *capture.Reader, each func(p *capture.Packet, h *header.Stack) error) (*capture.Damage, error) {
	var (
		p      capture.Packet
		h      header.Stack
		damage *capture.Damage
	)
	for n := 1; ; n++ {
		err := r.Next(&p)
		switch {
		case err == io.EOF:
			return nil, nil
		case errors.As(err, &damage):
			return damage, nil
		case err != nil:
			return nil, err
		}
		if n%4096 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		header.Decode(p.LinkType, p.Data, p.OrigLen, &h)
		if err := each(&p, &h); err != nil {
			return nil, err
		}
	}
}
