package dataset

import (
	"math"
	"testing"
)

func TestSpecCheck(t *testing.T) {
	for spec, ok := range map[Spec]bool{
		{Rows: 28, Cols: 28}:                            true,
		{Rows: 1, Cols: 1}:                              true,
		{Rows: 1, Cols: MaxSampleSize}:                  true,
		{Rows: MaxSampleSize, Cols: 1}:                  true,
		{Rows: 46340, Cols: 46340}:                      true, // the largest square below 2^31
		{Rows: 46341, Cols: 46341}:                      false,
		{Rows: 2, Cols: MaxSampleSize}:                  false,
		{Rows: math.MaxInt, Cols: math.MaxInt}:          false,
		{Rows: 0, Cols: 28}:                             false,
		{Rows: 28, Cols: 0}:                             false,
		{Rows: -1, Cols: -784}:                          false,
		{Rows: math.MinInt, Cols: math.MinInt}:          false,
		{Rows: MaxSampleSize, Cols: MaxSampleSize}:      false,
		{Rows: 1, Cols: MaxSampleSize / 4, Type: F32}:   true,
		{Rows: 1, Cols: MaxSampleSize/4 + 1, Type: F32}: false,
		{Rows: 1, Cols: MaxSampleSize/2 + 1, Type: I16}: false,
		{Rows: 1, Cols: MaxSampleSize, Type: I8}:        true,
		{Type: Text}:                                    true,
		{Rows: 1, Cols: 1, Type: Text}:                  false,
		{Rows: 1, Cols: 1, Type: Text + 1}:              false,
	} {
		if err := spec.Check(); (err == nil) != ok {
			t.Errorf("%v: error %v, want ok = %v", spec, err, ok)
		}
	}
	if s := (Spec{Rows: 28, Cols: 30}); s.Size() != 840 || s.String() != "28x30" {
		t.Errorf("%v has size %d", s, s.Size())
	}
	for want, spec := range map[string]Spec{"4x30 f32": {Rows: 4, Cols: 30, Type: F32}, "text": {Type: Text}, "1x9 i8": {Rows: 1, Cols: 9, Type: I8}} {
		if spec.String() != want || spec.Size() != spec.Rows*spec.Cols*spec.Type.Size() {
			t.Errorf("%+v is %q and has %d bytes, want %q", spec, spec, spec.Size(), want)
		}
		if back, err := ParseType(spec.Type.String()); err != nil || back != spec.Type {
			t.Errorf("%v reads back as %v (%v)", spec.Type, back, err)
		}
	}
	if _, err := ParseType("f64"); err == nil {
		t.Error("there is a type f64")
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
