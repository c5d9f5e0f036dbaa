package leak

import (
	"context"
	"errors"
	"io"

	"github.com/pcapmill/pcapmill/capture"
	"github.com/pcapmill/pcapmill/header"
	"github.com/pcapmill/pcapmill/session"
)

// replayed is a session as its capture has it, unmasked, as far as a sample
// reaches.
type replayed struct {
	bytes    []byte // at most the length of a sample
	segments []segment
}

// replay puts the sessions of a capture together, in the order of their first
// kept packets.
type replay struct {
	layout
	drop     header.Drop
	length   int // of a sample
	ids      map[session.FiveTuple]int
	sessions []replayed
	scratch  []byte
}

// packet adds a packet to its session.
func (r *replay) packet(p *capture.Packet, h *header.Stack) {
	if r.drop.Reason(h) != header.OK {
		return
	}
	key := session.KeyOf(p.Data, h)
	id, ok := r.ids[key]
	if !ok {
		id = len(r.sessions)
		r.ids[key] = id
		r.sessions = append(r.sessions, replayed{})
	}
	s := &r.sessions[id]
	free := r.length - len(s.bytes)
	if free == 0 {
		return
	}
	g := r.segment(h, len(s.bytes))
	r.scratch = r.original(r.scratch[:0], p.Data, &g)
	if len(r.scratch) > 0 {
		s.segments = append(s.segments, g)
		s.bytes = append(s.bytes, r.scratch[:min(free, len(r.scratch))]...)
	}
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
		header.Decode(p.LinkType, p.Data, &h)
		if err := each(&p, &h); err != nil {
			return nil, err
		}
	}
}
