package parallel

import "context"

// chunk is how many items a part of a batch has, at least: so much work that handing it out
// does not count.
const chunk = 8

// Order works on items side by side and hands them on in the order in which they came. While
// a batch is worked on, the batch before it is handed on. What comes out does not depend on
// the number of workers. It is for one goroutine; none of its own outlives a call.
type Order[T any] struct {
	ctx     context.Context
	workers int
	work    func(worker int, item *T) error
	emit    func(item *T) error

	filling, behind []T // the batch that is filled, and the one that is to be handed on
	n, done         int // items in these
}

// NewOrder returns an Order of batches of that many items, at least 1. work is called by
// worker 0 ... workers-1; emit by one goroutine at a time, in order. Items are used again:
// what work leaves in one is there until the item is filled anew.
func NewOrder[T any](ctx context.Context, workers, batch int, work func(worker int, item *T) error, emit func(item *T) error) *Order[T] {
	batch = max(1, batch)
	return &Order[T]{ctx: ctx, workers: Workers(workers), work: work, emit: emit, filling: make([]T, batch), behind: make([]T, batch)}
}

// Add takes one more item, which fill fills in. An error of work or emit may come later than
// with its item; after one nothing more is to be added.
func (o *Order[T]) Add(fill func(item *T)) error {
	fill(&o.filling[o.n])
	if o.n++; o.n < len(o.filling) {
		return nil
	}
	return o.round()
}

// round works on the batch that was filled and hands on the one before it.
func (o *Order[T]) round() error {
	parts := max(1, min(4*o.workers, o.n/chunk))
	err := Each(o.ctx, o.workers, 1+parts, func(worker, part int) error {
		if part == 0 {
			return o.hand()
		}
		for i := o.n * (part - 1) / parts; i < o.n*part/parts; i++ {
			if err := o.work(worker, &o.filling[i]); err != nil {
				return err
			}
		}
		return nil
	})
	o.filling, o.behind = o.behind, o.filling
	o.n, o.done = 0, o.n
	return err
}

func (o *Order[T]) hand() error {
	for i := range o.done {
		if err := o.emit(&o.behind[i]); err != nil {
			return err
		}
	}
	return nil
}

// Finish works on what is left and hands it on.
func (o *Order[T]) Finish() error {
	if err := o.round(); err != nil {
		return err
	}
	return o.hand()
}
