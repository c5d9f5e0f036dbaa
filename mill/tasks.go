package mill

import (
	"errors"
	"time"

	"github.com/pcapmill/pcapmill/session"
)

// decode decodes a block that was read.
func (q *quarry) decode(w *worker, j *job, u *unit) {
	q.mu.Lock()
	framing, near := j.framing, j.near
	q.mu.Unlock()
	w.ahead(u, framing, near, len(j.shards))
	q.mu.Lock()
	defer q.mu.Unlock()
	if j.ended { // read behind the end
		q.free(j, u)
		return
	}
	j.units[u.block.Index] = u
}

// commit puts the next block together with the others.
func (q *quarry) commit(w *worker, j *job, u *unit) {
	ready := w.commit(j, u)
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(j.units, u.block.Index)
	j.committed++
	j.committing = false
	j.framing, j.near = j.seq.Framing(), j.x.First
	if u.block.Err != nil {
		j.ended = true
		for i, rest := range j.units {
			q.free(j, rest)
			delete(j.units, i)
		}
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

// apply adds units to a table, and puts the table aside if memory is short.
func (q *quarry) apply(w *worker, j *job, k int, units []*unit) {
	s := j.shards[k]
	w.apply(s, k, units)
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, u := range units {
		if u.refs--; u.refs == 0 {
			q.free(j, u)
		}
	}
	q.weigh(s)
	budget := q.budget()
	if q.memory > budget && s.bytes > budget/int64(8*len(j.shards)) || s.bytes > mostOfTable {
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
	default:
		s.table.Seal(ofSample)
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
		q.finish(j, j.x, j.err)
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
func (q *quarry) finish(j *job, x *Extraction, err error) {
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
	for i := range q.jobs {
		if q.jobs[i] == j {
			q.jobs = append(q.jobs[:i:i], q.jobs[i+1:]...)
			break
		}
	}
	q.mu.Unlock()
	select {
	case q.out <- answer{j.i, x, err}:
	case <-q.ctx.Done():
		if x != nil {
			_ = x.Close()
		}
	}
}
