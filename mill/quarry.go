package mill

import (
	"context"
	"runtime/debug"
	"sync"
	"time"

	"github.com/pcapmill/pcapmill/capture"
	"github.com/pcapmill/pcapmill/header"
	"github.com/pcapmill/pcapmill/mask"
	"github.com/pcapmill/pcapmill/session"
)

// quarry is the captures of a plan that are being read, and what there is to do
// for them. Workers take the first task that can be done: of the earliest
// capture before later ones, and what frees memory before what takes it. So a
// single large capture and thousands of small ones keep all workers busy alike.
type quarry struct {
	ctx  context.Context
	p    *Plan
	out  chan answer
	mu   sync.Mutex
	wake *sync.Cond

	jobs  []*job // open, in the order of the plan
	next  int    // capture of the plan that is opened next
	taken int    // captures that were stored
	ahead int    // how many captures may be open or waiting to be stored

	seed   session.Seed
	units  []*unit          // free ones
	tables []*session.Table // free ones
	memory int64            // what tables hold, in bytes
	total  int64            // what the run may take

	progress *Progress

	group sync.WaitGroup
}

// worker is one goroutine that reads captures.
type worker struct {
	o        *Options
	masker   *mask.Masker
	progress *Progress
	scratch  []byte
	stack    header.Stack
	seed     session.Seed
	total    int64 // memory of the run in bytes
	unit     *unit
	each     func(*capture.Packet, uint32, int)
}

// budget is what the tables may hold now, in bytes.
func (q *quarry) budget() int64 { return q.p.tableBudget(q.total, q.progress.held.Load()) }

func newWorker(o *Options, p *Progress, seed session.Seed) *worker {
	w := &worker{o: o, masker: mask.New(o.Mask, o.Key), progress: p, seed: seed, total: o.memory()}
	w.each = w.packet
	return w
}

// smallCapture is the size in bytes up to which a capture has one table: it is
// read by one worker at a time anyhow.
const smallCapture = 2 * capture.BlockLen

// keepTable is the size in bytes up to which a table is used again.
const keepTable = 2 << 20

// start starts the workers. Answers come in any order. They never run far ahead
// of the capture that is stored next: release lets one more begin. wait returns
// when they have ended, or after a second if one of them hangs in a read that
// nothing can interrupt (a FIFO, a terminal).
func start(ctx context.Context, p *Plan, progress *Progress) (answers <-chan answer, release, wait func()) {
	if progress == nil {
		progress = &Progress{}
	}
	n := p.workers()
	q := &quarry{ctx: ctx, p: p, ahead: 2*n + 2, seed: session.NewSeed(), progress: progress, total: p.memory()}
	q.out = make(chan answer, q.ahead)
	q.wake = sync.NewCond(&q.mu)
	stop := context.AfterFunc(ctx, q.wakeAll)
	for range n {
		q.group.Go(func() { q.work(newWorker(&p.Options, progress, q.seed)) })
	}
	release = func() {
		q.mu.Lock()
		q.taken++
		q.mu.Unlock()
		q.wake.Broadcast()
	}
	return q.out, release, func() {
		stop()
		ended := make(chan struct{})
		go func() { q.group.Wait(); q.abandon(); close(ended) }()
		select {
		case <-ended:
		case <-time.After(time.Second):
		}
	}
}

// abandon closes what an interrupted run has open, when the workers have ended.
func (q *quarry) abandon() {
	for _, j := range q.jobs {
		for _, s := range j.shards {
			_ = s.spill.Close() // its file has no name
		}
		if j.blocks != nil {
			_ = j.blocks.Close() // it was only read
		}
	}
}

func (q *quarry) wakeAll() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.wake.Broadcast()
}

// work is a worker's life.
func (q *quarry) work(w *worker) {
	debug.SetPanicOnFault(true) // see unlessCut
	for {
		q.mu.Lock()
		task, done := q.await(w)
		q.mu.Unlock()
		if done {
			return
		}
		task()
		q.wakeAll()
	}
}

// await waits for something to do, or for the end. The lock is held.
func (q *quarry) await(w *worker) (task func(), done bool) {
	for q.ctx.Err() == nil {
		if task := q.pick(w); task != nil {
			return task, false
		}
		if len(q.jobs) == 0 && q.next == len(q.p.Captures) {
			return nil, true
		}
		q.wake.Wait()
	}
	return nil, true
}

// pick finds something to do and marks it as being done. The lock is held.
func (q *quarry) pick(w *worker) func() {
	for _, j := range q.jobs {
		if task := q.pickOf(w, j); task != nil {
			return task
		}
	}
	if q.next == len(q.p.Captures) || q.next-q.taken >= q.ahead || len(q.jobs) > q.p.workers() ||
		len(q.jobs) > 0 && q.memory > q.budget()/2 {
		return nil
	}
	j := &job{i: q.next, path: q.p.Captures[q.next].Path, opening: true, units: map[int64]*unit{}}
	q.next++
	q.jobs = append(q.jobs, j)
	return func() { q.open(w, j) }
}

func (q *quarry) pickOf(w *worker, j *job) func() {
	if j.opening {
		return nil
	}
	if u := j.units[j.committed]; u != nil && !j.committing && !j.ended {
		j.committing = true
		return func() { q.commit(w, j, u) }
	}
	for k, s := range j.shards {
		switch {
		case s.busy || s.done:
		case len(s.queue) > 0:
			s.busy = true
			units := s.queue
			s.queue = nil
			return func() { q.apply(w, j, k, units) }
		case j.ended && j.reading == 0 && !j.committing:
			s.busy = true
			return func() { q.seal(w, j, s) }
		}
	}
	switch {
	case j.ended:
	case len(j.filled) > 0:
		u := j.filled[0]
		j.filled = j.filled[1:]
		return func() { q.decode(w, j, u) }
	case j.blocks.Random() && j.mayRead(q.p.workers()):
		u := q.claim(j)
		return func() {
			j.blocks.Read(u.block.Index, &u.block)
			w.progress.Bytes.Add(int64(len(u.block.Data)))
			q.decode(w, j, u)
		}
	}
	return nil
}

// mayRead tells whether one more block may be read: not before the first one is
// put together, because it tells how to decode the others.
func (j *job) mayRead(workers int) bool {
	return !j.ended && (j.nextRead == 0 || j.committed > 0 && j.inFlight < workers+2)
}

// claim takes a unit for the block that is read next. The lock is held.
func (q *quarry) claim(j *job) *unit {
	u := q.unit()
	u.block.Index, u.isBlock = j.nextRead, true
	j.nextRead++
	j.inFlight++
	j.reading++
	return u
}

func (q *quarry) unit() *unit {
	if n := len(q.units); n > 0 {
		u := q.units[n-1]
		q.units = q.units[:n-1]
		return u
	}
	return &unit{}
}

// free takes a unit back. The lock is held.
func (q *quarry) free(j *job, u *unit) {
	if !u.isBlock {
		return
	}
	j.inFlight--
	u.run.Data = nil
	u.block.Release()
	q.units = append(q.units, u)
}

// open opens a capture.
func (q *quarry) open(w *worker, j *job) {
	j.began = time.Now()
	if q.p.serial || q.p.Resync {
		x, err := w.serial(q.ctx, j.path)
		q.finish(w, j, x, err)
		return
	}
	blocks, err := capture.OpenBlocks(j.path, q.p.BlockLength)
	if err != nil {
		q.finish(w, j, nil, err)
		return
	}
	if !j.copied {
		blocks.Map()
	}
	blocks.MaxExpansion(q.p.MaxExpansion)
	j.blocks = blocks
	j.seq = blocks.Sequence()
	j.x = &Extraction{Format: blocks.Format()}
	q.mu.Lock()
	defer q.mu.Unlock()
	for range q.shards(&q.p.Captures[j.i]) {
		j.shards = append(j.shards, &shard{table: q.table(), spill: session.NewSpill(q.p.Tmp), breaker: session.NewBreaker(q.p.Breaks)})
	}
	for _, s := range j.shards {
		q.weigh(s)
	}
	j.opening = false
	if !blocks.Random() {
		q.group.Go(func() { q.fill(j, w.progress) })
	}
}

// shards is how many tables a capture gets, a power of two.
func (q *quarry) shards(in *Input) int {
	if !in.Stream && in.Size > 0 && in.Size <= smallCapture && in.Format.Compression == "" {
		return 1
	}
	n := 1
	for n < 2*q.p.workers() && n < 64 {
		n *= 2
	}
	return n
}

// table finds a table; the lock is held.
func (q *quarry) table() *session.Table {
	if n := len(q.tables); n > 0 {
		t := q.tables[n-1]
		q.tables = q.tables[:n-1]
		return t
	}
	return q.p.newTable(q.seed)
}

// weigh enters what a shard's table holds; the lock is held.
func (q *quarry) weigh(s *shard) {
	n := s.table.Bytes() + s.breaker.Bytes()
	q.memory += n - s.bytes
	s.bytes = n
}

// fill reads a stream, ahead of the workers: a decompressor runs here.
func (q *quarry) fill(j *job, progress *Progress) {
	known := int64(0)
	q.mu.Lock()
	defer q.mu.Unlock()
	for {
		for q.ctx.Err() == nil && j.inFlight >= q.p.workers()+2 {
			q.wake.Wait()
		}
		if q.ctx.Err() != nil {
			return
		}
		u := q.claim(j)
		q.mu.Unlock()
		j.blocks.Read(u.block.Index, &u.block)
		n := j.blocks.BytesRead()
		progress.Bytes.Add(n - known)
		known = n
		q.mu.Lock()
		j.filled = append(j.filled, u)
		q.wake.Broadcast()
		if u.block.Err != nil {
			return
		}
	}
}
