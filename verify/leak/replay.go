package leak

import (
	"context"
	"errors"
	"io"
	"net/netip"
	"time"

	"github.com/pcapmill/pcapmill/capture"
	"github.com/pcapmill/pcapmill/header"
	"github.com/pcapmill/pcapmill/session"
)

// replayed is a session as its capture has it, unmasked, as far as a sample
// reaches.
type replayed struct {
	bytes    []byte // at most the length of a sample
	segments []segment
	firsts   *firsts // only with field masks
}

// replay puts the sessions of a capture together, in the order of their first
// kept packets.
type replay struct {
	layout
	drop     header.Drop
	length   int // of a sample
	breaks   breaks
	ids      map[session.FiveTuple]course
	sessions []replayed
	scratch  []byte
}

// breaks says where a session ends although its five-tuple goes on.
type breaks struct {
	idle    time.Duration // a longer pause between two kept packets; 0: never
	restart bool          // a TCP SYN without ACK behind a FIN or RST
}

// course is how far a five-tuple has come. Five-tuples of which nothing was kept
// have none.
type course struct {
	id      int   // of its present session
	count   int   // sessions so far
	last    int64 // time of its last kept packet
	ended   bool  // a FIN or RST was seen in it, be it kept or not
	restart bool  // and then a SYN: the next kept packet begins another one
}

// packet adds a packet to its session, if it is kept. TCP packets that are not
// kept can tell of an end and a beginning.
func (r *replay) packet(p *capture.Packet, h *header.Stack) {
	kept := r.drop.Reason(h) == header.OK
	if h.Reason != header.OK || !kept && !r.breaks.restart {
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
	if r.breaks.restart && syn && c.ended {
		c.restart = true
	}
	if kept {
		pause := known && r.breaks.idle > 0 && time.Duration(p.Time-c.last) > r.breaks.idle
		if !known || c.restart || pause {
			c = course{id: len(r.sessions), count: c.count + 1}
			r.sessions = append(r.sessions, replayed{})
		}
		c.last = p.Time
	}
	c.ended = c.ended || end
	r.ids[key] = c
	if kept {
		r.add(&r.sessions[c.id], key, p, h)
	}
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
