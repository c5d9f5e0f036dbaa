package mill

import (
	"context"
	"errors"
	"time"

	"github.com/pcapmill/pcapmill/internal/sessions"
	"github.com/pcapmill/pcapmill/store"
)

// Assemble is Run for a plan whose captures were read elsewhere: source gives what each
// adds up to, in the order of the plan. An error of source ends the run, and the dataset is
// as it was before.
func Assemble(ctx context.Context, p *Plan, source func(ctx context.Context, input int) (*Extraction, error), ev Events, progress *Progress) (*Result, error) {
	start := time.Now()
	if progress == nil {
		progress = &Progress{}
	}
	if err := p.open(ctx); err != nil {
		return nil, err
	}
	s, err := openIntake(store.Backend{}, p.Out, &p.Options)
	if err != nil {
		return nil, err
	}
	s.source = source
	return s.run(ctx, p, ev, progress, start, s.w.Due)
}

// fromSource stores what the intake's source gives.
func (c *collector) fromSource(ctx context.Context) error {
	for i := range c.p.Captures {
		if ctx.Err() != nil {
			c.r.Interrupted = true
			return nil
		}
		x, err := c.ask(ctx, i)
		if err != nil && ctx.Err() != nil {
			c.r.Interrupted = true
			return nil
		}
		if err != nil {
			return err
		}
		if err := c.take(answer{i: i, x: x}); err != nil {
			return err
		}
	}
	return nil
}

// ask is what the intake's source gives for a capture.
func (c *collector) ask(ctx context.Context, i int) (*Extraction, error) {
	x, err := c.s.source(ctx, i)
	if err != nil {
		return nil, err
	}
	if in := &c.p.Captures[i]; c.p.InputSHA256 && x.SHA256 == "" {
		if x.SHA256, err = in.sum(ctx); err != nil {
			return nil, errors.Join(err, x.Close())
		}
	}
	return x, nil
}

// Merger merges the sessions of a capture out of those of its chunks. It keeps to the
// memory of the run, and spills to disk what does not fit.
type Merger struct {
	o     *Options
	table *sessions.Table
	spill *sessions.Spill
	room  int64
}

// NewMerger returns a Merger for the sessions of one capture.
func (o *Options) NewMerger() *Merger {
	return &Merger{o: o, table: o.newTable(sessions.NewSeed()), spill: sessions.NewSpill(o.Tmp), room: o.tableBudget(o.memory(), 0)}
}

// Reader reads sessions as they stand in a file or frame.
func (m *Merger) Reader() *sessions.Reader { return m.table.NewReader() }

// Add adds a session of a chunk. The sessions of each come in their order, behind those of
// the chunks before.
func (m *Merger) Add(s *sessions.Session) error {
	m.table.MergeSession(&s.Session)
	if m.table.Used() > m.room { // not Bytes: a table that was spilled keeps its memory
		return spilling(m.spill.Put(m.table))
	}
	return nil
}

// Sessions are all of them, in order. The Merger must not be used until the list is closed;
// then it can merge another capture.
func (m *Merger) Sessions() (*sessions.List, error) {
	if !m.spill.Used() {
		return sessions.NewList(m.table), nil
	}
	if err := m.spill.Put(m.table); err != nil {
		return nil, spilling(err)
	}
	l := sessions.NewList()
	err := spilling(m.spill.Finish(m.table, m.room/2, ofSample, l))
	m.spill = sessions.NewSpill(m.o.Tmp)
	return l, err
}

// Reset empties the Merger.
func (m *Merger) Reset() { m.table.Reset(m.room / 4) }

// Close removes temporary files.
func (m *Merger) Close() error { return m.spill.Close() }
