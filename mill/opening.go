package mill

import (
	"errors"
	"time"

	"github.com/pcapmill/pcapmill/capture"
	"github.com/pcapmill/pcapmill/internal/sessions"
)

// open opens a capture.
func (sc *scheduler) open(w *worker, j *job) {
	j.began = time.Now()
	if sc.p.serial || sc.p.Resync || sc.p.LabelFrom == FromComment {
		x, err := w.serial(sc.ctx, j.in, sc.admit(j), func() bool {
			sc.mu.Lock()
			defer sc.mu.Unlock()
			sc.opened(j)
			return j.kept
		})
		if !sc.postponed(j, err) {
			sc.finish(w, j, x, err)
		}
		return
	}
	blocks, st := sc.whole(w, j)
	if st == nil {
		var err error
		blocks, err = j.in.blocks(sc.ctx, sc.admit(j), sc.p.BlockLength)
		if sc.postponed(j, err) {
			return
		}
		if err != nil {
			sc.finish(w, j, nil, err)
			return
		}
		if !j.copied {
			blocks.Map()
		}
	}
	blocks.MaxExpansion(sc.p.MaxExpansion)
	j.blocks = blocks
	j.seq = blocks.Sequence()
	j.x = &Extraction{Format: blocks.Format()}
	sc.begin(w, j, st)
	if st != nil { // what was read is in this core's cache
		for task := sc.more(w, j); task != nil; task = sc.more(w, j) {
			task()
		}
	}
}

// begin makes the tables of a capture that was opened. st is its first block, if it was read.
func (sc *scheduler) begin(w *worker, j *job, st *stretch) {
	sc.mu.Lock()
	defer sc.mu.Unlock()
	for range sc.shards(j.in) {
		j.shards = append(j.shards, &shard{table: sc.table(), spill: sessions.NewSpill(sc.p.Tmp), breaker: sessions.NewBreaker(sc.p.Breaks)})
	}
	for _, s := range j.shards {
		sc.weigh(s)
	}
	j.opening = false
	sc.opened(j)
	if st != nil {
		st.isBlock, st.guessed = true, false
		j.nextRead, j.inFlight = 1, 1
		j.stretches[0] = st
	}
	if !j.blocks.Random() {
		sc.group.Go(func() { sc.fill(j, w.progress) })
	}
}

// keep makes sure that a stream is finished even if the run is interrupted: what was read
// of it cannot be read again. The lock is held.
func (sc *scheduler) keep(j *job) {
	if j.in.Stream {
		j.kept, j.unopened = true, true
		sc.kept++
		sc.unopened++
	}
}

// postponed reports whether a capture is opened again later, for want of memory.
func (sc *scheduler) postponed(j *job, err error) bool {
	if !errors.Is(err, errLater) {
		return false
	}
	sc.mu.Lock()
	defer sc.mu.Unlock()
	j.later = true
	return true
}

// opened notes that opening a capture has ended, well or not. The lock is held.
func (sc *scheduler) opened(j *job) {
	j.isOpen = true
	if j.unopened {
		j.unopened = false
		sc.unopened--
	}
}

// whole opens and reads a small plain file, in one go. st has its only block; nil: it is
// something else, and not open.
func (sc *scheduler) whole(w *worker, j *job) (blocks *capture.Blocks, st *stretch) {
	if !j.in.small() || j.copied || sc.p.BlockLength != 0 && sc.p.BlockLength != capture.BlockLen {
		return nil, nil
	}
	sc.mu.Lock()
	st = sc.stretch()
	sc.mu.Unlock()
	blocks, ok := j.in.whole(sc.ctx, sc.admit(j), &st.block)
	if !ok {
		sc.mu.Lock()
		sc.stretches = append(sc.stretches, st)
		sc.mu.Unlock()
		return nil, nil
	}
	w.progress.Bytes.Add(int64(len(st.block.Data)))
	return blocks, st
}

// more is what can be done next of a capture.
func (sc *scheduler) more(w *worker, j *job) func() {
	sc.mu.Lock()
	defer sc.mu.Unlock()
	if sc.over(j) {
		return nil
	}
	return sc.pickOf(w, j)
}
