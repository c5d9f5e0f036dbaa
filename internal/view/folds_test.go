package view

import (
	"context"
	"slices"
	"testing"

	"github.com/pcapmill/pcapmill/split"
	"github.com/pcapmill/pcapmill/store"
)

// TestFoldsAreNoSides: a dataset with folds has no sides, and one with sides has.
func TestFoldsAreNoSides(t *testing.T) {
	dir, _ := made(t, []string{"a", "b"}, 9)
	look := func() *index {
		t.Helper()
		s, err := store.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		x, err := read(t.Context(), s, 1)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	if x := look(); !x.split || !slices.ContainsFunc(x.side, func(s uint8) bool { return s != noSide }) {
		t.Errorf("sides %v", x.side)
	}
	o := split.Options{Folds: 3, By: split.Session, Salt: "x", Fallback: split.UseSession}
	if _, err := store.Divide(context.Background(), dir, o, false); err != nil {
		t.Fatal(err)
	}
	if x := look(); x.split || slices.ContainsFunc(x.side, func(s uint8) bool { return s != noSide }) {
		t.Errorf("folds are taken for sides %v", x.side)
	}
}
