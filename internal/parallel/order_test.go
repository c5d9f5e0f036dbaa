package parallel

import (
	"context"
	"errors"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/pcapmill/pcapmill/internal/draw"
)

type item struct{ in, out int }

// TestOrder: every item is worked on once and handed on once, in order, whatever the numbers.
func TestOrder(t *testing.T) {
	draw.Check(t, func(t *rapid.T) {
		n, workers, batch := rapid.IntRange(0, 300).Draw(t, "items"), rapid.IntRange(0, 5).Draw(t, "workers"), rapid.IntRange(0, 70).Draw(t, "batch")
		var have []int
		o := NewOrder(context.Background(), workers, batch,
			func(worker int, i *item) error { i.out = i.in * i.in; return nil },
			func(i *item) error { have = append(have, i.out); i.out = -1; return nil })
		want := make([]int, n)
		for i := range n {
			want[i] = i * i
			if err := o.Add(func(x *item) { x.in = i }); err != nil {
				t.Fatal(err)
			}
		}
		if err := o.Finish(); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(have, want) {
			t.Fatalf("%v, want %v", have, want)
		}
	})
}

// TestOrderErrors: of work, of emit, of the context; nothing behind an item whose work failed is handed on.
func TestOrderErrors(t *testing.T) {
	bad := errors.New("bad")
	for _, workers := range []int{1, 3} {
		for _, at := range []int{0, 7, 30, 99} {
			for _, inWork := range []bool{false, true} {
				last := -1
				fails := func(i *item) error {
					if i.in == at {
						return bad
					}
					return nil
				}
				o := NewOrder(t.Context(), workers, 16,
					func(_ int, i *item) error {
						if inWork {
							return fails(i)
						}
						return nil
					},
					func(i *item) error {
						last = i.in
						if inWork {
							return nil
						}
						return fails(i)
					})
				var err error
				for i := 0; i < 100 && err == nil; i++ {
					err = o.Add(func(x *item) { x.in = i })
				}
				if err == nil {
					err = o.Finish()
				}
				if !errors.Is(err, bad) || inWork && last >= at || !inWork && last != at {
					t.Errorf("%d workers, item %d, in work %v: %v, last %d", workers, at, inWork, err, last)
				}
			}
		}
		ctx, stop := context.WithCancel(t.Context())
		stop()
		o := NewOrder(ctx, workers, 4, func(int, *item) error { return nil }, func(*item) error { return nil })
		_ = o.Add(func(*item) {})
		if err := o.Finish(); !errors.Is(err, context.Canceled) {
			t.Errorf("%d workers: %v", workers, err)
		}
	}
}
