package mill

import (
	"context"
	"runtime/debug"
	"sync"
	"time"

	"github.com/pcapmill/pcapmill/capture"
	"github.com/pcapmill/pcapmill/header"
	"github.com/pcapmill/pcapmill/internal/represent"
	"github.com/pcapmill/pcapmill/internal/sessions"
	"github.com/pcapmill/pcapmill/mask"
)

// scheduler holds the captures of a plan that are being read, and hands out their tasks.
// Workers take the first task that can be done: those of early captures before those of
// later ones, and those that free memory before those that take it.
type scheduler struct {
	ctx  context.Context
	p    *Plan
	out  chan answer
	mu   sync.Mutex
	wake *sync.Cond

	jobs  []*job // open, in the order of the plan
	next  int    // capture of the plan that is opened next
	taken int    // captures that were stored
	ahead int    // how many captures may be open or waiting to be stored

	seed      sessions.Seed
	stretches []*stretch        // free ones
	tables    []*sessions.Table // free ones
	memory    int64             // what tables hold, in bytes
	total     int64             // what the run may take

	kept     int // streams in hand: they are finished even if the run is interrupted
	unopened int // of these, those that are being opened, which may hang

	most     int64 // bytes that captures may take, see admission
	reserved int64 // bytes that they take

	preparing  *preparing  // nil: workers do not make the samples of small captures
	ready      []*prepared // free ones
	readyBytes int64       // that these take
	light      int         // captures that are alone and not stored, see prepared
	lightBytes int64       // that these take

	solids map[string]*solid // streams of archives by name; nil: nobody has asked

	progress *Progress

	group sync.WaitGroup
}

// worker is one goroutine that reads captures.
type worker struct {
	o        *Options
	masker   *mask.Masker
	showers  []shower // nil: units are kept as prefixes
	joint    joint    // their forms
	shown    represent.Packet
	wide     bool // forms look at more of a packet than its headers and payload
	ends     []int
	grows    []int
	progress *Progress
	scratch  []byte
	stack    header.Stack
	seed     sessions.Seed
	total    int64 // memory of the run in bytes
	stretch  *stretch
	each     func(*capture.Packet, uint32, int)
	maker    *intake // see prepared
}

func newWorker(o *Options, p *Progress, seed sessions.Seed) *worker {
	w := &worker{o: o, masker: mask.New(o.Mask, o.Key), progress: p, seed: seed, total: o.memory()}
	w.maker, _ = newMaker(o) // Check has seen what can be wrong
	forms, _ := o.forms()    // Check has seen them
	if forms != nil {
		w.joint, w.showers, w.wide = forms, newShowers(o, forms), o.forges()
	}
	for _, f := range forms {
		w.wide = w.wide || f.Wide()
	}
	w.each = w.packet
	return w
}

// start starts the workers. Answers come in any order. They never run far ahead
// of the capture that is stored next: release lets one more begin. wait returns
// when they have ended, or after a second if one of them hangs in a read that
// nothing can interrupt (a network share). rest, behind the end of ctx, waits for the
// streams in hand, and gives the answers that nobody has taken. With a preparing, the workers
// make the samples of small captures too; it may be nil.
func start(ctx context.Context, p *Plan, progress *Progress, a *preparing) (answers <-chan answer, release, wait func(), rest func() []answer) {
	if progress == nil {
		progress = &Progress{}
	}
	n := p.workers()
	sc := &scheduler{ctx: ctx, p: p, ahead: 2*n + 2, seed: sessions.NewSeed(), progress: progress, total: p.memory(), preparing: a}
	sc.most = p.captureMemory(sc.total)
	sc.out = make(chan answer, sc.ahead+mostLight)
	sc.wake = sync.NewCond(&sc.mu)
	stop := context.AfterFunc(ctx, sc.wakeAll)
	for range n {
		sc.group.Go(func() { sc.work(newWorker(&p.Options, progress, sc.seed)) })
	}
	release = func() {
		sc.mu.Lock()
		sc.taken++
		sc.mu.Unlock()
		sc.wake.Broadcast()
	}
	return sc.out, release, func() {
		stop()
		ended := make(chan struct{})
		go func() { sc.group.Wait(); sc.abandon(); close(ended) }()
		select {
		case <-ended:
		case <-time.After(time.Second):
		}
	}, sc.rest
}

// rest waits until no stream is in hand, but for those that nobody has begun to write,
// and takes all answers there are.
func (sc *scheduler) rest() (list []answer) {
	late := false
	timer := time.AfterFunc(time.Second, func() {
		sc.mu.Lock()
		defer sc.mu.Unlock()
		late = true
		sc.wake.Broadcast()
	})
	defer timer.Stop()
	sc.mu.Lock()
	for sc.kept > 0 && !(late && sc.kept == sc.unopened) {
		sc.wake.Wait()
	}
	sc.mu.Unlock()
	for {
		select {
		case a := <-sc.out:
			list = append(list, a)
		default:
			return list
		}
	}
}

// abandon closes what an interrupted run has open, when the workers have ended.
func (sc *scheduler) abandon() {
	for _, j := range sc.jobs {
		for _, s := range j.shards {
			_ = s.spill.Close() // its file has no name
		}
		if j.blocks != nil {
			_ = j.blocks.Close() // it was only read
		}
	}
	for _, s := range sc.solids {
		_ = s.stream.Close() // it was only read
	}
}

func (sc *scheduler) wakeAll() {
	sc.mu.Lock()
	defer sc.mu.Unlock()
	sc.wake.Broadcast()
}

// work carries out tasks until there are none.
func (sc *scheduler) work(w *worker) {
	debug.SetPanicOnFault(true) // see unlessCut
	for {
		sc.mu.Lock()
		task, done := sc.await(w)
		sc.mu.Unlock()
		if done {
			return
		}
		task()
		sc.wakeAll()
	}
}

// await waits for something to do, or for the end. The lock is held.
func (sc *scheduler) await(w *worker) (task func(), done bool) {
	for sc.ctx.Err() == nil || sc.kept > 0 {
		if task := sc.pick(w); task != nil {
			return task, false
		}
		if len(sc.jobs) == 0 && sc.next == len(sc.p.Captures) {
			return nil, true
		}
		sc.wake.Wait()
	}
	return nil, true
}

// pick finds something to do and marks it as being done. The lock is held.
func (sc *scheduler) pick(w *worker) func() {
	for _, j := range sc.jobs {
		if sc.over(j) {
			continue
		}
		if task := sc.pickOf(w, j); task != nil {
			return task
		}
	}
	if sc.ctx.Err() != nil || sc.next == len(sc.p.Captures) || sc.farAhead() || len(sc.jobs) > sc.p.workers() ||
		len(sc.jobs) > 0 && sc.memory > sc.budget()/2 {
		return nil
	}
	if s := sc.solidOf(&sc.p.Captures[sc.next]); s != nil && s.busy {
		return nil
	}
	j := &job{i: sc.next, in: &sc.p.Captures[sc.next], opening: true, stretches: map[int64]*stretch{}}
	sc.next++
	sc.jobs = append(sc.jobs, j)
	sc.keep(j)
	sc.enter(j)
	return func() { sc.open(w, j) }
}

func (sc *scheduler) pickOf(w *worker, j *job) func() {
	if j.later && sc.grant(j) {
		j.later = false
		return func() { sc.open(w, j) }
	}
	if j.opening { // one loop may read it as a whole
		return j.helpOf()
	}
	if st := j.stretches[j.placed]; st != nil && !j.placing && !j.ended && sc.grant(j) {
		j.placing = true
		return func() { sc.place(w, j, st) }
	}
	for k, s := range j.shards {
		switch {
		case s.busy || s.done:
		case len(s.queue) > 0:
			s.busy = true
			stretches := s.queue
			s.queue = nil
			return func() { sc.apply(w, j, k, stretches) }
		case j.ended && j.reading == 0 && !j.placing:
			s.busy = true
			return func() { sc.seal(w, j, s) }
		}
	}
	if task := j.helpOf(); task != nil {
		return task
	}
	switch {
	case j.ended:
	case len(j.filled) > 0:
		st := j.filled[0]
		j.filled = j.filled[1:]
		return func() { sc.decode(w, j, st) }
	case j.blocks.Random() && j.mayRead(sc.p.workers()):
		st := sc.claim(j)
		return func() {
			j.blocks.Read(st.block.Index, &st.block)
			w.progress.Bytes.Add(int64(len(st.block.Data)))
			sc.decode(w, j, st)
		}
	}
	return nil
}

// mayRead tells whether one more block may be read: not before the first one is
// put together, because it tells how to decode the others.
func (j *job) mayRead(workers int) bool {
	return !j.ended && (j.nextRead == 0 || j.placed > 0 && j.inFlight < workers+2)
}

// claim takes a stretch for the block that is read next. The lock is held.
func (sc *scheduler) claim(j *job) *stretch {
	st := sc.stretch()
	st.block.Index, st.isBlock = j.nextRead, true
	j.nextRead++
	j.inFlight++
	j.reading++
	return st
}

func (sc *scheduler) stretch() *stretch {
	if n := len(sc.stretches); n > 0 {
		st := sc.stretches[n-1]
		sc.stretches = sc.stretches[:n-1]
		return st
	}
	return &stretch{}
}

// free takes a stretch back. The lock is held.
func (sc *scheduler) free(j *job, st *stretch) {
	if !st.isBlock {
		return
	}
	j.inFlight--
	st.run.Data = nil
	st.block.Release()
	sc.stretches = append(sc.stretches, st)
}

// over reports whether the run is interrupted as far as a capture is concerned. The lock is held.
func (sc *scheduler) over(j *job) bool { return sc.ctx.Err() != nil && !j.kept }

// fill reads a stream, ahead of the workers: a decompressor runs here.
func (sc *scheduler) fill(j *job, progress *Progress) {
	known := int64(0)
	sc.mu.Lock()
	defer sc.mu.Unlock()
	for {
		for !sc.over(j) && j.inFlight >= sc.p.workers()+2 {
			sc.wake.Wait()
		}
		if sc.over(j) {
			return
		}
		st := sc.claim(j)
		sc.mu.Unlock()
		j.blocks.Read(st.block.Index, &st.block)
		n := j.blocks.BytesRead()
		progress.Bytes.Add(n - known)
		known = n
		if st.block.Err != nil {
			j.sumUp()
		}
		sc.mu.Lock()
		if st.block.Err != nil {
			sc.leave(j)
		}
		j.filled = append(j.filled, st)
		sc.wake.Broadcast()
		if st.block.Err != nil {
			return
		}
	}
}
