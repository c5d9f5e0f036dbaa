package mill

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/pcapmill/pcapmill/manifest"
	"github.com/pcapmill/pcapmill/mask"
	"github.com/pcapmill/pcapmill/store"
)

// Outcome is what became of one capture of the plan.
type Outcome struct {
	Input   *Input
	Capture manifest.Capture // valid if neither Known nor Err is set
	Links   map[string]int64 // unsupported link types by name, with packets
	Known   bool             // its content was in the dataset already
	Err     error            // it could not be opened, or is no capture
	Damage  error            // *capture.Damage or *GapsError; what could be read is in
}

// Events are told while a run goes on, all from one goroutine. Each may be nil.
type Events struct {
	Recovered func(bytes int64)       // the unfinished rest of an earlier run was cut off
	Done      func(i int, o *Outcome) // in the order of the plan
	Warn      func(text string)
}

// Result is what a run has done.
type Result struct {
	Outcomes    []Outcome
	Added       manifest.Counts // by this run
	Manifest    *manifest.Manifest
	Interrupted bool    // ctx was done: the captures reported so far are in the dataset, and no others
	Table       Matches // FromTable: what the table did for the sessions
	Seconds     float64
}

// Damaged reports whether some input was damaged or unreadable.
func (r *Result) Damaged() bool {
	for i := range r.Outcomes {
		if r.Outcomes[i].Err != nil || r.Outcomes[i].Damage != nil {
			return true
		}
	}
	return false
}

// nothingReadable reports whether there were captures and none could be opened.
func (r *Result) nothingReadable() bool {
	for i := range r.Outcomes {
		if r.Outcomes[i].Err == nil {
			return false
		}
	}
	return len(r.Outcomes) > 0 && !r.Interrupted
}

// answer is a worker's result for capture i.
type answer struct {
	i   int
	x   *Extraction
	err error
}

// Run carries a plan out. An error means that it failed and the dataset is as
// it was before. A plan that was read from JSON is refused with a *[PlanError] if what it
// refers to is not there or has changed. When ctx is done, Run ends the streams that it
// reads there and stores what was read of them, commits what it has, drops the files in
// hand, and returns a Result that says so.
func Run(ctx context.Context, p *Plan, ev Events, progress *Progress) (*Result, error) {
	start := time.Now()
	if err := p.open(ctx); err != nil {
		return nil, err
	}
	s, err := openIntake(store.Backend{}, p.Out, &p.Options)
	if err != nil {
		return nil, err
	}
	return s.run(ctx, p, ev, progress, start, s.w.Due)
}

// run is Run into an open dataset. due says after a capture whether to commit.
func (s *intake) run(ctx context.Context, p *Plan, ev Events, progress *Progress, start time.Time, due func() bool) (*Result, error) {
	if n := s.w.Cut(); n > 0 && ev.Recovered != nil {
		ev.Recovered(n)
	}
	r := &Result{Manifest: s.w.Manifest(), Added: manifest.Counts{LeftOut: map[string]int64{}}}
	if err := collect(ctx, p, s, r, ev, progress, due); err != nil {
		return nil, s.w.Fail(err)
	}
	r.Table = s.rows.use(p)
	if err := s.judge(r); err != nil {
		return nil, s.w.Fail(err)
	}
	if r.nothingReadable() {
		return r, s.w.Fail(errors.New("none of the captures could be read"))
	}
	if err := s.w.Commit(); err != nil {
		return nil, s.w.Fail(err)
	}
	r.Seconds = time.Since(start).Seconds()
	return r, s.w.Close()
}

// collector takes the workers' answers and stores them.
type collector struct {
	p        *Plan
	s        *intake
	r        *Result
	ev       Events
	progress *Progress
	due      func() bool    // after a capture: whether to commit
	waiting  map[int]answer // taken from the workers, by capture
	open     int            // groups of which some captures are stored and others are not
	warned   bool           // that starts differ
	tunnels  bool           // warned that there are tunnels
	namesCut bool           // warned that names are cut
	total    int64          // bytes of all files
	read     int64          // of these, of those that are stored
	expected bool           // the store was told how many samples may come
	ahead    preparing      // what workers know of the dataset
}

// collect takes the workers' answers in the order of the plan and stores them.
func collect(ctx context.Context, p *Plan, s *intake, r *Result, ev Events, progress *Progress, due func() bool) error {
	c := &collector{p: p, s: s, r: r, ev: ev, progress: progress, due: due, waiting: map[int]answer{}, total: p.Bytes()}
	if p.Group != "" {
		return c.fromGroups(ctx)
	}
	if s.source != nil {
		return c.fromSource(ctx)
	}
	work, stop := context.WithCancel(ctx)
	c.ahead.packer = s.packer
	c.ahead.shift.Store(int64(s.w.Captures()))
	answers, release, wait, rest := start(work, p, progress, &c.ahead)
	defer wait()
	defer stop()

	defer func() { // what nobody wants any more
		for _, a := range c.waiting {
			if a.x != nil {
				_ = a.x.Close() // its files have no names
			}
		}
	}()
	for next := 0; next < len(p.Captures); {
		a, ok := c.waiting[next]
		if !ok {
			select {
			case a = <-answers:
				c.waiting[a.i] = a
			case <-ctx.Done():
				return c.interrupted(next, rest())
			}
			continue
		}
		if a.err != nil && ctx.Err() != nil {
			return c.interrupted(next, rest())
		}
		if err := c.take(a); err != nil {
			return err
		}
		next++
		release()
	}
	return nil
}

// interrupted stores what is stored of a run that ends before capture next was: the
// captures that are ready from there on, and every stream of which something was read,
// because nobody can read it again. Files between them are left for another run.
func (c *collector) interrupted(next int, rest []answer) error {
	for _, a := range rest {
		c.waiting[a.i] = a
	}
	for _, i := range slices.Sorted(maps.Keys(c.waiting)) {
		a := c.waiting[i]
		stream := c.p.Captures[i].Stream
		lost := stream && errors.As(a.err, new(*spillError)) // no room for it: the run fails
		if a.err != nil && !lost || i != next && !stream {
			continue
		}
		if i == next {
			next++
		}
		if err := c.take(a); err != nil {
			return err
		}
	}
	c.r.Interrupted = c.r.Interrupted || next < len(c.p.Captures)
	return nil
}

// take stores the answer of a capture and tells of it.
func (c *collector) take(a answer) error {
	delete(c.waiting, a.i)
	in, r := &c.p.Captures[a.i], c.r
	o, err := finish(c.p, c.s, in, a)
	c.ahead.shift.Store(int64(c.s.w.Captures() - a.i - 1))
	if c.progress != nil {
		c.progress.held.Store(c.s.set.Bytes())
	}
	if err != nil {
		return err
	}
	if !c.warned && a.x != nil && a.x.startsDiffer && c.p.Mask.MAC != mask.Remove && c.p.Mask.Content == mask.Packet {
		c.warned = true
		warn(c.ev, fmt.Sprintf("%s has packets without an Ethernet header: with --mac %s they begin at the IP header, others at the Ethernet header, so the first byte of a sample tells the link type",
			in.Path, c.p.Mask.MAC))
	}
	if !c.tunnels && a.x != nil && a.x.tunnels && c.p.Mask.IP != mask.Keep && c.p.Mask.Fields[mask.PayloadBytes] == mask.Keep {
		c.tunnels = true
		warn(c.ev, fmt.Sprintf("%s has packets of a tunnel (VXLAN, Geneve, GTP-U): the inner headers are payload, which masks leave alone, addresses included; 'verify --against' finds them", in.Path))
	}
	if !c.namesCut && a.x != nil && a.x.namesCut > 0 {
		c.namesCut = true
		warn(c.ev, fmt.Sprintf("%s has host names that go on in another packet: their rest is not masked; names_cut in the manifest counts them", in.Path))
	}
	if a.x != nil && a.x.interrupted() {
		r.Interrupted = true
	}
	if o.Err == nil && !o.Known {
		r.Added.Add(&o.Capture.Counts)
	}
	if err := c.expect(in); err != nil {
		return err
	}
	r.Outcomes = append(r.Outcomes, o)
	if c.ev.Done != nil {
		c.ev.Done(a.i, &r.Outcomes[len(r.Outcomes)-1])
	}
	if c.open == 0 && c.s.settled() && c.due() {
		return c.s.w.Commit()
	}
	return nil
}

// expect tells the store, once and early, how many samples will come if the other files give
// as many for their bytes as those that are stored. It is told of half of them, to be
// sure. It does not change the bytes of the dataset.
func (c *collector) expect(in *Input) error {
	const early = 32 // the part of the files by which it is judged
	c.read += in.Size
	if c.expected || c.read == 0 || c.read < c.total/early {
		return nil
	}
	c.expected = true
	rest := float64(c.total-c.read) / float64(c.read)
	return c.s.w.Expect(int64(float64(c.r.Added.Samples) * rest / 2))
}

func warn(ev Events, text string) {
	if ev.Warn != nil {
		ev.Warn(text)
	}
}

// finish stores one capture's result.
func finish(p *Plan, s *intake, in *Input, a answer) (o Outcome, err error) {
	o.Input = in
	var spill *spillError
	switch {
	case errors.As(a.err, &spill):
		return o, fmt.Errorf("%s: %w", in.Path, a.err)
	case a.err != nil:
		o.Err = unreadable(in.Path, a.err)
		return o, nil
	}
	defer func() { err = errors.Join(err, a.x.Close()) }()
	o.Damage = a.x.Harm(in.Path)
	if len(a.x.Unknown) > 0 {
		o.Links = map[string]int64{}
	}
	for t, n := range a.x.Unknown {
		o.Links[t.String()] += n
	}
	o.Capture, o.Known, err = s.add(in, a.x)
	return o, err
}
