package dataset_test

import (
	"context"
	"errors"
	"reflect"
	"testing"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/dataset/table"
	"github.com/pcapmill/pcapmill/internal/testview"
)

// units is a view whose rows say their unit.
type units struct{ *testview.View }

func (units) Units() bool { return true }

// TestKnown: every fifth sample is of no class; without it the others are as they were, and Len counts what Each gives. Tables
// have the same columns.
func TestKnown(t *testing.T) {
	for _, sides := range [][]dataset.Side{nil, {dataset.Train, dataset.Test}} {
		v := testview.New(43, sides...)
		k, err := dataset.Known(t.Context(), v)
		if err != nil {
			t.Fatal(err)
		}
		for _, side := range append([]dataset.Side{dataset.Whole, dataset.Validation}, v.Sides()...) {
			var want, have []int64
			collect := func(to *[]int64) func(e *dataset.Entry) error {
				return func(e *dataset.Entry) error {
					if to == &have || e.Label != v.Unknown() {
						*to = append(*to, e.Index)
					}
					return nil
				}
			}
			if err := errors.Join(v.Each(t.Context(), side, collect(&want)), k.Each(t.Context(), side, collect(&have))); err != nil {
				t.Fatal(err)
			}
			if len(have) != len(want) || k.Len(side) != int64(len(want)) || len(want) == int(v.Len(side)) && len(want) > 0 {
				t.Errorf("%v: %d samples, Len %d, want %d of %d", side, len(have), k.Len(side), len(want), v.Len(side))
			}
			for i := range have {
				if have[i] != want[i] {
					t.Fatalf("%v: sample %d is %d, want %d", side, i, have[i], want[i])
				}
			}
		}
	}
	v := units{testview.New(5)}
	v.Tasking = []dataset.Task{{Name: "class"}, {Name: "vpn"}}
	k, err := dataset.Known(t.Context(), v)
	if err != nil || !reflect.DeepEqual(table.ExtraOf(k), table.ExtraOf(v)) || len(table.ExtraOf(k).Tasks) != 2 {
		t.Errorf("columns %+v, %v, want %+v", table.ExtraOf(k), err, table.ExtraOf(v))
	}
	gone, stop := context.WithCancel(t.Context())
	stop()
	if _, err := dataset.Known(gone, testview.New(5)); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
