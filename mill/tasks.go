package mill

import (
	"errors"
	"runtime"
	"slices"
	"time"

	"github.com/pcapmill/pcapmill/capture"
	"github.com/pcapmill/pcapmill/internal/sessions"
)

// decode decodes a block that was read.
func (sc *scheduler) decode(w *worker, j *job, st *stretch) {
	sc.mu.Lock()
	framing, near := j.framing, j.near
	sc.mu.Unlock()
	whole := unlessCut(func() { w.ahead(st, framing, near, len(j.shards)) })
	sc.mu.Lock()
	defer sc.mu.Unlock()
	j.reading--
	if !whole {
		sc.cut(j)
	}
	if j.ended { // read behind the end
		sc.free(j, st)
		return
	}
	j.stretches[st.block.Index] = st
}

// place puts the next block behind those before it.
func (sc *scheduler) place(w *worker, j *job, st *stretch) {
	var ready []*stretch
	whole := unlessCut(func() { ready = w.place(j, st) })
	sc.mu.Lock()
	defer sc.mu.Unlock()
	delete(j.stretches, st.block.Index)
	j.placed++
	j.placing = false
	if !whole {
		sc.cut(j)
		ready = nil
	}
	j.framing, j.near = j.seq.Framing(), j.x.First
	j.wants = max(j.wants, j.seq.Memory()+j.aside-j.held)
	if st.block.Err != nil {
		sc.endOf(j)
	}
	if j.err != nil {
		ready = nil
	}
	used := false
	for _, r := range ready {
		used = used || r == st
		r.refs = 0
		for k, s := range j.shards {
			if len(r.run.Packets[k]) > 0 {
				r.refs++
				s.queue = append(s.queue, r)
			}
		}
		if r.refs == 0 {
			sc.free(j, r)
		}
	}
	if !used {
		sc.free(j, st)
	}
}

// endOf notes that no more blocks of a capture are wanted; the lock is held.
func (sc *scheduler) endOf(j *job) {
	j.ended = true
	j.wants = 0
	for i, rest := range j.stretches {
		sc.free(j, rest)
		delete(j.stretches, i)
	}
}

// errCut says that a mapped file was cut while it was read. The capture is read
// again, without mapping it, and is what it is now.
var errCut = errors.New("the file was cut while it was read")

// unlessCut calls f, which reads a block that may be part of a mapped file, and reports
// whether the data was there. The worker must have
// called debug.SetPanicOnFault.
func unlessCut(f func()) (whole bool) {
	defer func() {
		if p := recover(); p != nil {
			if !capture.IsFault(p) {
				panic(p)
			}
			whole = false
		}
	}()
	f()
	return true
}

// cut gives up a capture whose data is gone. The lock is held.
func (sc *scheduler) cut(j *job) {
	if j.err == nil {
		j.err = errCut
	}
	sc.endOf(j)
	for _, s := range j.shards {
		for _, st := range s.queue {
			sc.applied(j, st)
		}
		s.queue = nil
	}
}

// applied notes that one more shard is done with a stretch; the lock is held.
func (sc *scheduler) applied(j *job, st *stretch) {
	if st.refs--; st.refs == 0 {
		sc.free(j, st)
	}
}

// apply adds stretches to a table, and spills the table if memory is short.
func (sc *scheduler) apply(w *worker, j *job, k int, stretches []*stretch) {
	s := j.shards[k]
	whole := unlessCut(func() { w.apply(s, k, stretches) })
	sc.mu.Lock()
	defer sc.mu.Unlock()
	if !whole {
		sc.cut(j)
	}
	for _, st := range stretches {
		sc.applied(j, st)
	}
	sc.weigh(s)
	budget := sc.budget()
	// A table that was spilled keeps its memory, and fills it before it is spilled again.
	if sc.memory > budget && s.table.Used() > max(s.bytes*3/4, budget/int64(8*len(j.shards))) || s.table.Used() > mostOfTable {
		sc.mu.Unlock()
		err := spilling(s.spill.Put(s.table))
		sc.mu.Lock()
		sc.weigh(s)
		j.err = errors.Join(j.err, err)
	}
	s.busy = false
}

// mostOfTable is the size in bytes at which a table is spilled whatever the memory: far
// below the 64 GiB that its arena can address.
const mostOfTable = 32 << 30

// seal finishes a table, and the capture with the last one.
func (sc *scheduler) seal(w *worker, j *job, s *shard) {
	list := sessions.NewList()
	sc.mu.Lock()
	err := j.err
	sc.mu.Unlock()
	switch {
	case err != nil:
	case s.spill.Used():
		if err = s.spill.Put(s.table); err == nil {
			err = s.spill.Finish(s.table, sc.budget()/int64(2*len(j.shards)), ofSample, list)
		}
		err = spilling(err)
		s.table.Reset(0) // the sessions are in a file now
	case len(j.shards) == 1: // small: the digests are made here, not by the writer
		s.table.Seal(ofSample)
		list.AddTable(s.table)
	default:
		list.AddTable(s.table)
	}
	list.Mark(s.breaker)
	sc.mu.Lock()
	if j.err == nil {
		j.err = err
	}
	s.busy, s.done = false, true
	j.x.leaveWindowed(s.breaker)
	sc.weigh(s)
	if j.x.list == nil {
		j.x.list = list
	} else {
		j.x.list.Join(list)
	}
	j.sealed++
	last := j.sealed == len(j.shards)
	sc.mu.Unlock()
	if last {
		j.x.Seconds = time.Since(j.began).Seconds()
		if sc.preparing != nil && j.err == nil {
			sc.prepare(w, j)
		}
		j.x.release = func() { sc.giveBack(j) }
		sc.finish(w, j, j.x, j.err)
	}
}

// prepare makes the samples of a small capture.
func (sc *scheduler) prepare(w *worker, j *job) {
	p := sc.spare()
	ok := w.maker.prepare(j.in, j.x, sc.preparing, j.i, p)
	sc.mu.Lock()
	defer sc.mu.Unlock()
	if !ok {
		sc.keepSpare(p)
		return
	}
	j.x.prepared = p
	if p.alone { // the next capture finds a table that is in the cache
		sc.takeTables(j)
		sc.light++
		sc.lightBytes += p.bytes
	}
}

// giveBack takes the tables of a capture that was stored.
func (sc *scheduler) giveBack(j *job) {
	sc.mu.Lock()
	defer sc.mu.Unlock()
	sc.takeTables(j)
	if p := j.x.prepared; p != nil {
		if p.alone {
			sc.light--
			sc.lightBytes -= p.bytes
		}
		sc.keepSpare(p)
		j.x.prepared = nil
	}
	sc.wake.Broadcast()
}

// takeTables takes tables to use them again. The lock is held.
func (sc *scheduler) takeTables(j *job) {
	for _, s := range j.shards {
		sc.memory -= s.bytes
		if s.bytes <= keepTable && len(sc.tables) < 4*sc.p.workers() {
			s.table.Reset(keepTable)
			sc.tables = append(sc.tables, s.table)
		}
	}
	j.shards = nil
}

// finish hands a capture over.
func (sc *scheduler) finish(w *worker, j *job, x *Extraction, err error) {
	if j.blocks != nil {
		_ = j.blocks.Close() // it was only read
		j.blocks, j.seq = nil, nil
	}
	if err == nil {
		err = x.whole(j.in)
	}
	if err == nil && sc.p.InputSHA256 && j.in.chunk == nil {
		x.SHA256, err = sc.sumOf(j)
	}
	if err != nil && x != nil {
		err = errors.Join(err, x.Close())
		x = nil
	}
	if j.held >= muchMemory {
		runtime.GC() // the next one may want as much, and finds it free
	}
	sc.mu.Lock()
	sc.dismiss(j)
	sc.leave(j)
	at := slices.Index(sc.jobs, j)
	if errors.Is(err, errCut) {
		again := &job{i: j.i, in: j.in, copied: true, opening: true, stretches: map[int64]*stretch{}}
		sc.jobs[at] = again
		sc.mu.Unlock()
		sc.open(w, again)
		return
	}
	sc.jobs = slices.Delete(sc.jobs, at, at+1)
	sc.mu.Unlock()
	if j.kept {
		sc.out <- answer{j.i, x, err} // there is room for all that are open
		sc.mu.Lock()
		sc.opened(j)
		sc.kept--
		sc.mu.Unlock()
		sc.wakeAll()
		return
	}
	select {
	case sc.out <- answer{j.i, x, err}:
	case <-sc.ctx.Done():
		if x != nil {
			_ = x.Close()
		}
	}
}
