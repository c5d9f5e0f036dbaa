package split_test

import (
	"fmt"
	"reflect"
	"testing"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/split"
)

// TestCutsAreNear: a cut stands between the two different times that are nearest to the share.
func TestCutsAreNear(t *testing.T) {
	for _, test := range []struct {
		samples, equal int // so many, of which as many in a row have one time
		weights        split.Weights
		cuts           string
		sides          split.Counts
	}{
		{100, 1, split.Weights{80, 10, 10}, "[80 90]", split.Counts{Train: 80, Validation: 10, Test: 10}},
		{100, 10, split.Weights{84, 0, 16}, "[8]", split.Counts{Train: 80, Test: 20}},
		{100, 10, split.Weights{86, 0, 14}, "[9]", split.Counts{Train: 90, Test: 10}},
		{100, 10, split.Weights{97, 0, 3}, "[9]", split.Counts{Train: 90, Test: 10}},
		{100, 10, split.Weights{1, 0, 99}, "[1]", split.Counts{Train: 10, Test: 90}},
		{100, 10, split.Weights{98, 1, 1}, "[8 9]", split.Counts{Train: 80, Validation: 10, Test: 10}},
		{100, 10, split.Weights{1, 1, 98}, "[1 2]", split.Counts{Train: 10, Validation: 10, Test: 80}},
		{90, 30, split.Weights{80, 10, 10}, "[1 2]", split.Counts{Train: 30, Validation: 30, Test: 30}},
		{5, 1, split.Weights{1, 0, 0}, "[]", split.Counts{Train: 5}},
	} {
		w := &world{captures: []string{"x"}, classes: []split.ClassName{{Label: 0, Name: "a"}}}
		for i := range test.samples {
			w.samples = append(w.samples, split.Sample{Row: dataset.Row{Start: int64(i / test.equal), Session: uint64(i)}})
		}
		r, err := split.Compute(w.input(test.samples), split.Options{Weights: test.weights, By: split.Time, Salt: "x"}, nil)
		if err != nil {
			t.Errorf("%+v: %v", test, err)
			continue
		}
		if c := r.Classes[0]; fmt.Sprint(c.Cuts) != test.cuts || !reflect.DeepEqual(c.Samples, test.sides) {
			t.Errorf("%+v: %+v", test, c)
		}
	}
}
