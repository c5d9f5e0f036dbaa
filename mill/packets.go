package mill

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/pcapmill/pcapmill/capture"
	"github.com/pcapmill/pcapmill/header"
	"github.com/pcapmill/pcapmill/internal/sessions"
	"github.com/pcapmill/pcapmill/session"
)

// Kept is a kept packet as [Plan.EachPacket] hands it out. All of it is lent for the call.
type Kept struct {
	Session int // place of its session, or unit, in the capture, from 0, in the order of first kept packets
	Packet  *capture.Packet
	Layout  *header.Layout
}

// Reading is what EachPacket says about a capture.
type Reading struct {
	Packets  int64
	Used     int64 // of these, in sessions
	Sessions int
	Matched  []int // places of the sessions and units that DropSessionWith leaves out, in order
	Harm     error // *capture.Damage or *GapsError; nil if the capture is whole
}

// EachPacket reads a capture of the plan in one loop, keeps packets and divides them into
// sessions as the options say, and calls f for every kept packet in the order of the
// capture, until f returns an error. Nothing is masked. Damage is no error: it stands in
// the Reading. Errors of reading name the path. What is kept of a session in memory is some 100 bytes.
func (p *Plan) EachPacket(ctx context.Context, i int, f func(k *Kept) error) (*Reading, error) {
	o, in := &p.Options, &p.Captures[i]
	a := admission{most: o.captureMemory(o.memory())}
	if p.opener != nil {
		var done func()
		a, done = p.opener.admit(ctx, in, a)
		defer done()
	}
	r, err := in.reader(ctx, a)
	if err != nil {
		return nil, unreadable(in.Path, err)
	}
	defer r.Close()
	if in.Stream { // it ends by itself when ctx is done, and what was read of it counts
		ctx = context.WithoutCancel(ctx)
	}
	r.MaxExpansion(o.MaxExpansion)
	if o.Resync {
		r.Resync()
	}
	t := sessions.New(sessions.Kind{Units: o.Breaks != session.Breaks{}, Matches: o.DropSessionWith != header.DropNone}, sessions.NewSeed())
	breaker := sessions.NewBreaker(o.Breaks)
	var (
		k      Kept
		packet capture.Packet
		s      header.Stack
		count  tally
		out    Reading
		damage *capture.Damage
	)
	count.reset()
	for {
		err := r.Next(&packet)
		if err == io.EOF || errors.As(err, &damage) {
			break
		}
		if err != nil {
			return nil, unreadable(in.Path, err)
		}
		if packet.At.Packet%pulse == 0 {
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			if have := t.Bytes() + breaker.Bytes(); have > o.memory()/2 {
				return nil, fmt.Errorf("%s: packet %d: %d sessions take %d bytes of memory, of %d: give --memory more", in.Path, packet.At.Packet, t.Len(), have, o.memory())
			}
		}
		kept := count.count(o, &packet, &s)
		if !kept && (breaker == nil || s.Reason != header.OK) {
			continue
		}
		id, l := t.NoteBroken(breaker, packet.Data, &s, packet.At.Packet, packet.Time, kept, count.match)
		if l == nil {
			continue
		}
		out.Used++
		k = Kept{Session: int(id), Packet: &packet, Layout: l}
		if err := f(&k); err != nil {
			return nil, err
		}
	}
	out.Packets, out.Sessions = count.packets, t.Len()
	list := sessions.NewList(t)
	list.Mark(breaker)
	if err := list.Each(func(i int, s *sessions.Session) error {
		if s.Matched != header.DropNone {
			out.Matched = append(out.Matched, i)
		}
		return nil
	}); err != nil {
		return nil, err
	}
	x := Extraction{Gaps: r.Gaps(), Damage: damage}
	out.Harm = x.Harm(in.Path)
	return &out, ctx.Err()
}
