package mill

import (
	"errors"
	"slices"
	"time"

	"github.com/pcapmill/pcapmill/capture"
	"github.com/pcapmill/pcapmill/session"
)

// decode decodes a block that was read.
func (q *quarry) decode(w *worker, j *job, u *unit) {
	q.mu.Lock()
	framing, near := j.framing, j.near
	q.mu.Unlock()
	whole := unlessCut(func() { w.ahead(u, framing, near, len(j.shards)) })
	q.mu.Lock()
	defer q.mu.Unlock()
	j.reading--
	if !whole {
		q.cut(j)
	}
	if j.ended { // read behind the end
		q.free(j, u)
		return
	}
	j.units[u.block.Index] = u
}

// commit puts the next block together with the others.
func (q *quarry) commit(w *worker, j *job, u *unit) {
	var ready []*unit
	whole := unlessCut(func() { ready = w.commit(j, u) })
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(j.units, u.block.Index)
	j.committed++
	j.committing = false
	if !whole {
		q.cut(j)
		ready = nil
	}
	j.framing, j.near = j.seq.Framing(), j.x.First
	if u.block.Err != nil {
		q.endOf(j)
	}
	if j.err != nil {
		ready = nil
	}
	used := false
	for _, r := range ready {
		used = used || r == u
		r.refs = 0
		for k, s := range j.shards {
			if len(r.run.Packets[k]) > 0 {
				r.refs++
				s.queue = append(s.queue, r)
			}
		}
		if r.refs == 0 {
			q.free(j, r)
		}
	}
	if !used {
		q.free(j, u)
	}
}

// endOf notes that no more blocks of a capture are wanted; the lock is held.
func (q *quarry) endOf(j *job) {
	j.ended = true
	for i, rest := range j.units {
		q.free(j, rest)
		delete(j.units, i)
	}
}

// errCut says that a mapped file was cut while it was read. The capture is read
// again, without mapping it, and is what it is now.
var errCut = errors.New("the file was cut while it was read")

// unlessCut does something with the data of a block, which may be a part of a
// mapped file, and reports whether the data was there. The worker must have
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

// cut gives a capture up whose data is gone; the lock is held.
func (q *quarry) cut(j *job) {
	if j.err == nil {
		j.err = errCut
	}
	q.endOf(j)
	for _, s := range j.shards {
		for _, u := range s.queue {
			q.applied(j, u)
		}
		s.queue = nil
	}
}

// applied notes that one more shard is done with a unit; the lock is held.
func (q *quarry) applied(j *job, u *unit) {
	if u.refs--; u.refs == 0 {
		q.free(j, u)
	}
}

// apply adds units to a table, and puts the table aside if memory is short.
func (q *quarry) apply(w *worker, j *job, k int, units []*unit) {
	s := j.shards[k]
	whole := unlessCut(func() { w.apply(s, k, units) })
	q.mu.Lock()
	defer q.mu.Unlock()
	if !whole {
		q.cut(j)
	}
	for _, u := range units {
		q.applied(j, u)
	}
	q.weigh(s)
	budget := q.budget()
	// A table that was put aside keeps its memory, and fills it before it goes again.
	if q.memory > budget && s.table.Used() > max(s.bytes*3/4, budget/int64(8*len(j.shards))) || s.table.Used() > mostOfTable {
		q.mu.Unlock()
		err := spilling(s.spill.Put(s.table))
		q.mu.Lock()
		q.weigh(s)
		j.err = errors.Join(j.err, err)
	}
	s.busy = false
}

// mostOfTable is far below what the places of a table's arena can tell.
const mostOfTable = 32 << 30

// seal finishes a table, and the capture with the last one.
func (q *quarry) seal(w *worker, j *job, s *shard) {
	list := session.NewList()
	q.mu.Lock()
	err := j.err
	q.mu.Unlock()
	switch {
	case err != nil:
	case s.spill.Used():
		if err = s.spill.Put(s.table); err == nil {
			err = s.spill.Finish(s.table, q.budget()/int64(2*len(j.shards)), ofSample, list)
		}
		err = spilling(err)
		s.table.Reset(0) // the sessions stand in a file now
	case len(j.shards) == 1: // small: the writer should find all done
		s.table.Seal(ofSample)
		list.AddTable(s.table)
	default:
		list.AddTable(s.table)
	}
	q.mu.Lock()
	if j.err == nil {
		j.err = err
	}
	s.busy, s.done = false, true
	q.weigh(s)
	if j.x.Sessions == nil {
		j.x.Sessions = list
	} else {
		j.x.Sessions.Join(list)
	}
	j.sealed++
	last := j.sealed == len(j.shards)
	q.mu.Unlock()
	if last {
		j.x.Seconds = time.Since(j.began).Seconds()
		j.x.release = func() { q.giveBack(j) }
		q.finish(w, j, j.x, j.err)
	}
}

// giveBack takes the tables of a capture that was stored.
func (q *quarry) giveBack(j *job) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, s := range j.shards {
		q.memory -= s.bytes
		if s.bytes <= keepTable && len(q.tables) < 4*q.p.workers() {
			s.table.Reset(keepTable)
			q.tables = append(q.tables, s.table)
		}
	}
	j.shards = nil
	q.wake.Broadcast()
}

// finish hands a capture over.
func (q *quarry) finish(w *worker, j *job, x *Extraction, err error) {
	if j.blocks != nil {
		_ = j.blocks.Close() // it was only read
	}
	if err == nil {
		err = q.sumInput(j, x)
	}
	if err != nil && x != nil {
		err = errors.Join(err, x.Close())
		x = nil
	}
	q.mu.Lock()
	at := slices.Index(q.jobs, j)
	if errors.Is(err, errCut) {
		again := &job{i: j.i, path: j.path, copied: true, opening: true, units: map[int64]*unit{}}
		q.jobs[at] = again
		q.mu.Unlock()
		q.open(w, again)
		return
	}
	q.jobs = slices.Delete(q.jobs, at, at+1)
	q.mu.Unlock()
	select {
	case q.out <- answer{j.i, x, err}:
	case <-q.ctx.Done():
		if x != nil {
			_ = x.Close()
		}
	}
}
