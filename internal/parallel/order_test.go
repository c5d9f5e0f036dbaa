package parallel

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"

	"github.com/pcapmill/pcapmill/internal/draw"
)

type item struct{ in, out int }

// feed adds items 0 ... n-1, and then fails with err.
func feed(n int, err error) func(add func(func(*item)) error) error {
	return func(add func(func(*item)) error) error {
		for i := range n {
			if err := add(func(x *item) { x.in = i }); err != nil {
				return err
			}
		}
		return err
	}
}

// TestOrder: every item is worked on once and handed on once, in order, whatever the numbers.
func TestOrder(t *testing.T) {
	draw.Check(t, func(t *rapid.T) {
		n, workers, batch := rapid.IntRange(0, 300).Draw(t, "items"), rapid.IntRange(0, 5).Draw(t, "workers"), rapid.IntRange(0, 70).Draw(t, "batch")
		large := rapid.IntRange(0, 9).Draw(t, "large")
		var have []int
		busy := make([]atomic.Bool, Workers(workers))
		err := Order[item]{
			Workers: workers, Batch: batch, Large: func(i *item) bool { return large > 0 && i.in%large == 0 },
			Work: func(worker int, i *item) error {
				if !busy[worker].CompareAndSwap(false, true) {
					return errors.New("a worker was called while it worked")
				}
				i.out = i.in * i.in
				runtime.Gosched()
				busy[worker].Store(false)
				return nil
			},
			Emit: func(i *item) error { have = append(have, i.out); i.out = -1; return nil },
		}.Run(t.Context(), feed(n, nil))
		want := make([]int, n)
		for i := range n {
			want[i] = i * i
		}
		if err != nil || !slices.Equal(have, want) {
			t.Fatalf("%v, want %v; %v", have, want, err)
		}
	})
}

// TestOrderErrors: several things fail, and the first in order is reported by any number of workers: of work, of emit, of
// who feeds. Nothing behind it is handed on, and all before it is.
func TestOrderErrors(t *testing.T) {
	draw.Check(t, func(t *rapid.T) {
		const batch = 8
		n := rapid.IntRange(0, 150).Draw(t, "items")
		work, emit := rapid.IntRange(0, 200).Draw(t, "work fails at"), rapid.IntRange(0, 200).Draw(t, "emit fails at")
		var fed error
		if rapid.Bool().Draw(t, "feed fails") {
			fed = errors.New("feed")
		}
		want, end := fed, n // end: what is handed on before it
		if work < n {
			want = errors.New("work")
			end = work / batch * batch
		}
		if emit < end {
			want, end = errors.New("emit"), emit+1
		}
		for _, workers := range []int{1, 2, 7} {
			last := 0
			err := Order[item]{
				Workers: workers, Batch: batch,
				Work: func(_ int, i *item) error {
					runtime.Gosched()
					if i.in == work {
						return errors.New("work")
					}
					return nil
				},
				Emit: func(i *item) error {
					last = i.in + 1
					if i.in == emit {
						return errors.New("emit")
					}
					return nil
				},
			}.Run(t.Context(), feed(n, fed))
			if (err == nil) != (want == nil) || err != nil && err.Error() != want.Error() || last != end {
				t.Fatalf("%d workers: %v behind %d items, want %v behind %d", workers, err, last, want, end)
			}
		}
	})
}

// TestOrderStops: when the context is done, whoever waits or works stops, and no goroutine is left.
func TestOrderStops(t *testing.T) {
	for _, workers := range []int{1, 2, 7} {
		ctx, stop := context.WithCancel(t.Context())
		last := 0
		err := Order[item]{
			Workers: workers, Batch: 4,
			Work: func(_ int, i *item) error {
				if i.in == 50 {
					stop()
				}
				return nil
			},
			Emit: func(i *item) error { last = i.in; return nil },
		}.Run(ctx, func(add func(func(*item)) error) error {
			for i := 0; ; i++ { // without an end
				if err := add(func(x *item) { x.in = i }); err != nil {
					return err
				}
			}
		})
		if !errors.Is(err, context.Canceled) || last > 50+4*(1+ahead)*workers {
			t.Errorf("%d workers: %v behind item %d", workers, err, last)
		}
	}
}
