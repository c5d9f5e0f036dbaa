package mill

import (
	"context"
	"sync"
	"time"

	"github.com/pcapmill/pcapmill/capture"
	"github.com/pcapmill/pcapmill/internal/archive"
	"github.com/pcapmill/pcapmill/internal/sessions"
	"github.com/pcapmill/pcapmill/label"
	"github.com/pcapmill/pcapmill/label/flows"
	"github.com/pcapmill/pcapmill/manifest"
	"github.com/pcapmill/pcapmill/store"
)

// Step carries a plan out in one goroutine, with a commit after every capture, and calls at after each capture was appended,
// and when it is committed.
func Step(p *Plan, to store.Backend, at func(where string)) error {
	s, err := openIntake(to, p.Out, &p.Options)
	if err != nil {
		return err
	}
	at("opened")
	for i := range p.Captures {
		if err := step(s, &p.Captures[i], at); err != nil {
			return s.w.Fail(err)
		}
	}
	return s.w.Close()
}

func step(s *intake, in *Input, at func(where string)) error {
	x, err := Extract(context.Background(), in.Path, *s.o)
	if err != nil {
		return err
	}
	defer x.Close()
	if _, _, err := s.add(in, x); err != nil {
		return err
	}
	at("appended")
	if err := s.w.Commit(); err != nil {
		return err
	}
	at("committed")
	return nil
}

// RunEager is Run with a commit after every capture.
func RunEager(ctx context.Context, p *Plan, to store.Backend) (*Result, error) {
	s, err := openIntake(to, p.Out, &p.Options)
	if err != nil {
		return nil, err
	}
	return s.run(ctx, p, Events{}, nil, time.Now(), func() bool { return true })
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
		st.run.Wide = w.wide
		st.run.Reset(1)
		st.run.Data = p.Data
		w.stretch = st
		w.packet(p, 0, 0)
		w.apply(s, 0, stretches)
	}
}

// MachineMemoryBelow is machineMemory with proc and sys below another root.
func MachineMemoryBelow(root string) int64 { return machineMemory(root) }

// Tight makes tables spill when they exceed so many bytes.
func Tight(o Options, budget int64) Options {
	o.budget = budget
	return o
}

// Groups are the captures of each group of a plan.
func Groups(p *Plan) ([][]int, error) {
	list, _, err := p.groups()
	return list, err
}

// Divided makes several workers decode compressed files of so many bytes or more.
func Divided(o Options, least int64) Options {
	o.divided = least
	return o
}

// Parts makes Run store every capture, small ones too, in parts of so many units, by several goroutines.
func Parts(o Options, units int) Options {
	o.parts = units
	return o
}

// Serial makes Run and Extract read each capture in one loop: the slow twin.
func Serial(o Options) Options {
	o.serial = true
	return o
}

// Reserved is what captures take at the moment, see admission; CaptureMemory is what they may take.
func Reserved(p *Progress) int64    { return p.reserved.Load() }
func CaptureMemory(o Options) int64 { return o.captureMemory(o.memory()) }

// Again is the settings of the options that settings give, with a class table of that name.
func Again(s manifest.Settings) (manifest.Settings, error) {
	o, err := optionsOf(s)
	o.Labels = &label.Table{Name: s.Get("labels")}
	if o.LabelFrom == FromTable {
		o.Flows = new(flows.Index)
	}
	return o.settings(), err
}

// SettingsOf is what the manifest says of options.
func SettingsOf(o Options) manifest.Settings { return o.settings() }

// TableBudget is what tables of sessions may take while other things of the run take so many bytes.
func TableBudget(o Options, taken int64) int64 { return o.tableBudget(o.memory(), taken) }

// DividedWorkers is how many workers decode a capture that is opened first, the memory that is reserved for them, and how many
// decode another one beside it.
func DividedWorkers(o Options, in Input) (n int, reserved int64, second int) {
	sc := &scheduler{p: &Plan{Options: o}, progress: &Progress{}, most: o.captureMemory(o.memory())}
	a, b := &job{in: &in}, &job{in: &in}
	sc.jobs = []*job{a, b}
	n = sc.divide(a)
	return n, sc.reserved, sc.divide(b)
}

// SpareMemory divides a capture and asks for more memory. It returns the answers, what is
// reserved then, and what is when the capture is closed.
func SpareMemory(o Options, in Input, asked []int64) (got []bool, held, after int64) {
	sc := &scheduler{p: &Plan{Options: o}, progress: &Progress{}, most: o.captureMemory(o.memory())}
	j := &job{in: &in}
	sc.jobs = []*job{j}
	sc.divide(j)
	for _, n := range asked {
		got = append(got, sc.lend(j, n))
	}
	held = sc.reserved
	sc.dismiss(j)
	return got, held, sc.reserved
}

// HelpedArchive is how many workers decode a compressed tar archive of so many bytes together, and
// what they take; then the answers to asking for more memory while a member is read, and what is
// reserved and set aside: then, when the next member is opened, and when it has been read.
func HelpedArchive(o Options, kind string, size, window int64, asked []int64) (n int, aside int64, got []bool, held [3]int64) {
	m := &archive.Member{Archive: "x", Kind: kind, Compressed: true, Window: window}
	p := &Plan{Options: o, Captures: []Input{{member: m, archiveSize: size}}}
	sc := &scheduler{p: p, progress: &Progress{}, most: o.captureMemory(o.memory())}
	sc.wake = sync.NewCond(&sc.mu)
	s := sc.solidOf(&p.Captures[0])
	s.left = 2
	h := sc.helpers(&solid{}, m, size)
	n, aside = h.Workers, s.aside
	next := func() *job {
		j := &job{in: &p.Captures[0]}
		sc.jobs = []*job{j}
		sc.enter(j)
		sc.within(j, admission{most: sc.most})
		_ = sc.grow(j, window)
		return j
	}
	j := next()
	for _, total := range asked {
		got = append(got, sc.lendTo(s, m, aside+total))
	}
	held[0] = sc.reserved
	sc.leave(j)
	sc.dismiss(j)
	j = next()
	held[1] = sc.reserved
	sc.leave(j)
	held[2] = sc.reserved
	return n, aside, got, held
}
