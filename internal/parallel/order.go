package parallel

import (
	"context"
	"math"
	"sync"
)

// Order is how things are worked on side by side and handed on in the order in which they
// came. What is handed on, and which error comes first, does not depend on the number of
// workers.
type Order[T any] struct {
	Workers int // 0: one a core
	Batch   int // items that a worker takes together, at least 1: some milliseconds of work
	// Large, which may be nil, says that an item is so much work that no other one should wait
	// for it in its batch.
	Large func(item *T) bool
	// Work is called by worker 0 ... Workers-1 for every item. Items are used again: what it
	// leaves in one is there until the item is filled anew.
	Work func(worker int, item *T) error
	// Emit is called for every item, by one goroutine at a time, in order.
	Emit func(item *T) error
}

// ahead is how many batches a worker may be behind, beside the one that it works on: so
// many that nobody waits while another one reads, or hands on.
const ahead = 2

// Run calls feed, which adds items by the function that it gets: that calls fill for the next
// item, and does some of the work if there is too much of it. When feed has returned, with
// or without an error, what it has added is worked on and handed on; then Run returns, and no
// goroutine is left.
//
// The error is that of the first batch of which Work or Emit failed, else that of ctx, else
// that of feed. Nothing behind that batch is handed on, and of it nothing if it was Work. add
// returns an error once there is one: then nothing more is to be added.
func (o Order[T]) Run(ctx context.Context, feed func(add func(fill func(item *T)) error) error) error {
	workers := Workers(o.Workers)
	r := &run[T]{Order: o, ctx: ctx, batches: make([]batch[T], 1), limit: math.MaxInt}
	if workers > 1 {
		r.batches = make([]batch[T], (1+ahead)*workers)
	}
	r.wake.L = &r.lock
	var wait sync.WaitGroup
	for w := 1; w < workers; w++ {
		wait.Go(func() { r.help(w) })
	}
	err := feed(r.add)
	r.finish()
	wait.Wait()
	switch {
	case r.cause != nil:
		return r.cause
	case ctx.Err() != nil:
		return ctx.Err()
	}
	return err
}

// batch is some items. Who has taken it from the run is alone with it.
type batch[T any] struct {
	items  []T
	n      int  // of them that are filled
	worked bool // and worked on
}

// run is what the goroutines of one Run share. Batch number i is in the place i modulo their
// number: it is filled by the caller, taken by a worker, and handed on, each in order.
type run[T any] struct {
	Order[T]
	ctx     context.Context
	batches []batch[T]

	lock                   sync.Mutex
	wake                   sync.Cond
	filled, taken, emitted int // batches
	emitting, ended        bool
	limit                  int // the batch that failed: it and those behind it are left alone
	cause                  error
}

func (r *run[T]) at(i int) *batch[T] { return &r.batches[i%len(r.batches)] }

// add takes one more item.
func (r *run[T]) add(fill func(item *T)) error {
	b := r.at(r.filled) // only the caller changes filled
	if b.items == nil {
		b.items = make([]T, max(1, r.Batch))
	}
	fill(&b.items[b.n])
	b.n++
	if b.n == len(b.items) || r.Large != nil && r.Large(&b.items[b.n-1]) {
		return r.hand()
	}
	return nil
}

// hand gives the batch that was filled to the workers, and works until there is room for the
// next one.
func (r *run[T]) hand() error {
	r.lock.Lock()
	defer r.lock.Unlock()
	r.filled++
	r.wake.Signal()
	for !r.over() && r.filled-r.emitted == len(r.batches) {
		r.step(0)
	}
	if r.cause != nil {
		return r.cause
	}
	return r.ctx.Err()
}

// finish does what is left to do.
func (r *run[T]) finish() {
	r.lock.Lock()
	defer r.lock.Unlock()
	if !r.over() && r.at(r.filled).n > 0 {
		r.filled++
	}
	r.ended = true
	r.wake.Broadcast()
	for !r.done() {
		r.step(0)
	}
}

// help is what a goroutine beside the caller does.
func (r *run[T]) help(worker int) {
	r.lock.Lock()
	defer r.lock.Unlock()
	for !r.done() {
		r.step(worker)
	}
}

// over says that nothing more is to be worked on or handed on.
func (r *run[T]) over() bool { return r.ctx.Err() != nil || r.emitted >= r.limit }

func (r *run[T]) done() bool { return r.over() || r.ended && r.emitted == r.filled }

// step hands on or works on one batch, or waits until something has changed. What frees a
// batch goes first.
func (r *run[T]) step(worker int) {
	switch b := r.at(r.emitted); {
	case !r.emitting && r.emitted < r.taken && b.worked:
		r.emitting = true
		r.lock.Unlock()
		err := each(b.items[:b.n], r.Emit)
		r.lock.Lock()
		b.n, b.worked, r.emitting = 0, false, false
		r.fail(r.emitted, err)
		r.emitted++
	case r.taken < min(r.filled, r.limit):
		i := r.taken
		b := r.at(i)
		r.taken++
		r.lock.Unlock()
		err := each(b.items[:b.n], func(item *T) error { return r.Work(worker, item) })
		r.lock.Lock()
		b.worked = true
		r.fail(i, err)
		if i > r.emitted && err == nil {
			return // nobody waits for this one yet
		}
	default:
		r.wake.Wait()
		return
	}
	r.wake.Broadcast()
}

// fail notes that batch i failed, if it did: the first one counts.
func (r *run[T]) fail(i int, err error) {
	if err != nil && i < r.limit {
		r.limit, r.cause = i, err
	}
}

func each[T any](items []T, f func(*T) error) error {
	for i := range items {
		if err := f(&items[i]); err != nil {
			return err
		}
	}
	return nil
}
