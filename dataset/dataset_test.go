package dataset

import (
	"math"
	"testing"
)

func TestSpecCheck(t *testing.T) {
	for spec, ok := range map[Spec]bool{
		{28, 28}:                       true,
		{1, 1}:                         true,
		{1, MaxSampleSize}:             true,
		{MaxSampleSize, 1}:             true,
		{46340, 46340}:                 true, // the largest square below 2^31
		{46341, 46341}:                 false,
		{2, MaxSampleSize}:             false,
		{math.MaxInt, math.MaxInt}:     false,
		{0, 28}:                        false,
		{28, 0}:                        false,
		{-1, -784}:                     false,
		{math.MinInt, math.MinInt}:     false,
		{MaxSampleSize, MaxSampleSize}: false,
	} {
		if err := spec.Check(); (err == nil) != ok {
			t.Errorf("%v: error %v, want ok = %v", spec, err, ok)
		}
	}
	if s := (Spec{Rows: 28, Cols: 30}); s.Size() != 840 || s.String() != "28x30" {
		t.Errorf("%v has size %d", s, s.Size())
	}
}

func TestErrorTexts(t *testing.T) {
	for want, err := range map[string]error{
		"d/x.idx3: rows: have 28, need 32":                                        &MismatchError{File: "d/x.idx3", What: "rows", Have: 28, Need: 32},
		"d/x.idx3: rows: have 28, need 32; hint: use another directory":           &MismatchError{"d/x.idx3", "rows", 28, 32, "use another directory"},
		"d/x.idx3: samples: need 4294967296, the format holds at most 4294967295": &LimitError{"d/x.idx3", "samples", 1 << 32, 1<<32 - 1},
	} {
		if err.Error() != want {
			t.Errorf("error %q, want %q", err, want)
		}
	}
}
