package mill

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/pcapmill/pcapmill/capture"
	"github.com/pcapmill/pcapmill/header"
	"github.com/pcapmill/pcapmill/internal/sessions"
)

// serial reads a capture in one loop and in one piece, as the definition says,
// with a Reader and one table. It is the slow twin of job, and what reads
// captures with --resync, where what follows a gap depends on all before it.
// opened is called when it is open; it reports whether it is finished even if ctx is done.
func (w *worker) serial(ctx context.Context, in *Input, a admission, opened func() bool) (*Extraction, error) {
	start := time.Now()
	r, err := in.reader(ctx, a)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	if opened() { // a stream: it ends by itself, and is finished then
		ctx = context.WithoutCancel(ctx)
	}
	r.MaxExpansion(w.o.MaxExpansion)
	if w.o.Resync {
		r.Resync()
	}
	r.TrackDigest()
	var said *comments
	if w.o.LabelFrom == FromComment {
		r.TakeComments()
		said = newComments(w.o.Labels)
	}
	x := &Extraction{Format: r.Format()}
	t, spill := w.o.newTable(w.seed), sessions.NewSpill(w.o.Tmp)
	defer spill.Close()
	breaker := sessions.NewBreaker(w.o.Breaks)
	var (
		p     capture.Packet
		s     header.Stack
		of    tally
		known int64 // bytes that progress knows of
	)
	of.reset()
	for {
		err := r.Next(&p)
		if err == io.EOF || errors.As(err, &x.Damage) {
			break
		}
		if err != nil {
			return nil, err
		}
		if p.At.Packet%pulse == 0 {
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			w.progress.Packets.Add(pulse)
			n := r.BytesRead()
			w.progress.Bytes.Add(n - known)
			known = n
			if t.Bytes()+breaker.Bytes()+said.bytes() > w.room() {
				if said != nil {
					said.settle(t)
				}
				if err := spill.Put(t); err != nil {
					return nil, spilling(err)
				}
			}
		}
		kept := of.count(w.o, &p, &s)
		if !kept && (breaker == nil || s.Reason != header.OK) {
			continue
		}
		if id, l := t.NoteBroken(breaker, p.Data, &s, p.At.Packet, p.Time, kept, of.match); l != nil {
			w.contribute(t, id, p.Data, l, w.masker.Len(l), &sessions.Wide{Captured: uint32(len(p.Data)), Original: p.OrigLen, Link: p.LinkType})
			if said != nil {
				if err := said.note(id, &p); err != nil {
					return nil, fmt.Errorf("%s: %w", in.Path, err)
				}
			}
		}
	}
	x.add(&of)
	x.leaveWindowed(breaker)
	w.progress.Packets.Add(of.packets % pulse)
	x.LinkTypes, x.Gaps = r.LinkTypes(), r.Gaps()
	x.Digest = r.Digest()
	x.Size = r.BytesRead()
	w.progress.Bytes.Add(x.Size - known)
	if said != nil {
		said.settle(t)
		x.comments = said
	}
	if x.list, err = w.listed(t, spill); err != nil {
		return nil, spilling(err)
	}
	x.list.Mark(breaker)
	x.Seconds = time.Since(start).Seconds()
	return x, ctx.Err()
}

// room is the memory in bytes that the table of one capture may take here.
func (w *worker) room() int64 {
	return w.o.tableBudget(w.total, w.progress.taken()) / int64(w.o.workers()+1)
}

// listed are the sessions of a table and of what was spilled of it.
func (w *worker) listed(t *sessions.Table, spill *sessions.Spill) (*sessions.List, error) {
	if !spill.Used() {
		t.Seal(ofSample)
		return sessions.NewList(t), nil
	}
	if err := spill.Put(t); err != nil {
		return nil, err
	}
	l := sessions.NewList()
	err := spill.Finish(t, w.room()/2, ofSample, l)
	t.Reset(0) // they are in a file now
	return l, err
}
