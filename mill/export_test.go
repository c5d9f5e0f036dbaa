package mill

import (
	"context"
	"time"

	"github.com/pcapmill/pcapmill/capture"
	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/dataset/idx"
	"github.com/pcapmill/pcapmill/internal/fsys"
	"github.com/pcapmill/pcapmill/internal/rows"
	"github.com/pcapmill/pcapmill/internal/sessions"
	"github.com/pcapmill/pcapmill/internal/version"
)

// Backend is how Step and RunEager write: in place, or as Run does.
func Backend(disk fsys.FS, inPlace bool) backend {
	b := backend{disk: disk}
	limit := int64(0)
	if inPlace {
		limit = -1
	}
	b.format, b.table = idx.Format{FS: disk, RewriteLimit: limit}, rows.Format{FS: disk, RewriteLimit: limit}
	return b
}

// Step carries a plan out in one goroutine, with a commit after every capture, and calls at wherever a kill would leave a new
// state of the directory behind.
func Step(p *Plan, to backend, at func(where string)) error {
	s, err := openStoreOn(to, p.Out, &p.Options, version.String())
	if err != nil {
		return err
	}
	at("opened")
	for i := range p.Captures {
		if err := step(s, &p.Captures[i], at); err != nil {
			return s.fail(err)
		}
	}
	return s.close()
}

func step(s *store, in *Input, at func(where string)) error {
	x, err := Extract(context.Background(), in.Path, *s.o)
	if err != nil {
		return err
	}
	defer x.Close()
	if _, _, err := s.add(in, x); err != nil {
		return err
	}
	if err := s.reserve(); err != nil {
		return err
	}
	at("appended")
	next, err := s.prepare()
	if err != nil {
		return err
	}
	defer next.Discard()
	at("prepared")
	if err := s.writer.Commit(); err != nil {
		return err
	}
	at("samples committed")
	if err := s.rows.Commit(); err != nil {
		return err
	}
	at("rows committed")
	err = s.show(next)
	at("committed")
	return err
}

// RunEager is Run with a commit after every capture.
func RunEager(ctx context.Context, p *Plan, to backend) (*Result, error) {
	s, err := openStoreOn(to, p.Out, &p.Options, version.String())
	if err != nil {
		return nil, err
	}
	return s.run(ctx, p, Events{Done: func(int, *Outcome) { s.every, s.took = 0, 0 }}, nil, time.Now())
}

// StepFailing is Step with a writer whose Commit fails from the nth capture on, after it has committed the data: the disk is
// full when the manifest's turn comes.
func StepFailing(p *Plan, n int, failure error) error {
	s, err := openStore(p.Out, &p.Options, version.String(), idx.Format{})
	if err != nil {
		return err
	}
	s.writer = &failing{Writer: s.writer, after: n, err: failure}
	for i := range p.Captures {
		if err := step(s, &p.Captures[i], func(string) {}); err != nil {
			return s.fail(err)
		}
	}
	return s.close()
}

type failing struct {
	dataset.Writer
	commits, after int
	err            error
}

func (f *failing) Commit() error {
	if err := f.Writer.Commit(); err != nil {
		return err
	}
	if f.commits++; f.commits > f.after {
		return f.err
	}
	return nil
}

// Describe is the manifest entry of a capture that ended with the given damage.
func DescribeDamage(d *capture.Damage) string {
	return describe(&Input{}, &Extraction{Damage: d}).Damage.Detail
}

// PacketPath returns a function that takes a packet through decoding, filter, dealing out, table and mask, as a job does.
func PacketPath(o Options) func(p *capture.Packet) {
	w := newWorker(&o, &Progress{}, sessions.NewSeed())
	s := &shard{table: o.newTable(w.seed)}
	st := &stretch{}
	stretches := []*stretch{st}
	return func(p *capture.Packet) {
		st.run.Reset(1)
		st.run.Data = p.Data
		w.stretch = st
		w.packet(p, 0, 0)
		w.apply(s, 0, stretches)
	}
}

// MachineMemoryBelow is MachineMemory with proc and sys below another root.
func MachineMemoryBelow(root string) int64 { return machineMemory(root) }

// Tight makes tables be put aside when they exceed so many bytes.
func Tight(o Options, budget int64) Options {
	o.budget = budget
	return o
}

// Serial makes Run and Extract read each capture in one loop: the slow twin.
func Serial(o Options) Options {
	o.serial = true
	return o
}
