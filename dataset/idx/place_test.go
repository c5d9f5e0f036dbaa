package idx_test

import (
	"errors"
	"testing"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/dataset/idx"
)

// TestExpect: samples have places from the first one on if more are expected than a commit
// writes anew, and only then; behind files that were written anew, too.
func TestExpect(t *testing.T) {
	spec := dataset.Spec{Rows: 1, Cols: 4, Type: dataset.U8}
	for _, c := range []struct {
		n      int64
		places bool
	}{{0, false}, {10, false}, {1000, true}} {
		w, err := idx.Format{RewriteLimit: 256}.Open(t.TempDir(), spec, 0)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(w.Append(dataset.Sample{Data: []byte{1, 2, 3, 4}}), w.Prepare(), w.Commit()); err != nil {
			t.Fatal(err)
		}
		p := w.(interface {
			Expect(n int64) error
			Reserve(n int64) (int64, bool, error)
			Fill(at int64, data []byte, labels []uint16) error
		})
		if err := p.Expect(c.n); err != nil {
			t.Fatal(err)
		}
		at, ok, err := p.Reserve(1)
		if ok != c.places || err != nil {
			t.Errorf("%d expected: places %v, %v, want %v", c.n, ok, err, c.places)
		}
		if ok && at != 1 {
			t.Errorf("%d expected: place %d, want 1", c.n, at)
		}
		if ok {
			if err := errors.Join(p.Fill(at, []byte{5, 6, 7, 8}, []uint16{1}), w.Prepare(), w.Commit()); err != nil {
				t.Error(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if err := p.Expect(1000); !errors.Is(err, dataset.ErrClosed) {
			t.Errorf("Expect behind Close: %v", err)
		}
	}
}
