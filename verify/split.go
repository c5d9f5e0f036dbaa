package verify

import (
	"bytes"
	"context"
	"errors"

	"github.com/pcapmill/pcapmill/split"
	"github.com/pcapmill/pcapmill/store"
)

const splitPromise = "every sample is on the side that its group belongs to, no group is on two, and the counts are as recorded"

// split checks the split, if there is one: the record is the manifest's and covers every
// sample, and dividing the samples as it says gives it again, proof included.
func (v *verifier) split(promise string) error {
	r, err := v.d.Split()
	if err != nil {
		return broken(promise, "%v", err)
	}
	o, err := r.Settings.Options()
	if err != nil {
		return err
	}
	again, err := v.d.Compute(context.Background(), o, r)
	if err != nil {
		return broken(promise, "%v", err)
	}
	have, err1 := r.Encode()
	need, err2 := again.Encode()
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	for i := range again.Assignment {
		if a, b := r.Assignment[i], again.Assignment[i]; a != b {
			return broken(promise, "%s: sample %d is on side %c, but belongs to %c", split.Name, i, a, b)
		}
	}
	if !bytes.Equal(have, need) {
		return broken(promise, "%s: its counts are not those of its sides", split.Name)
	}
	for _, g := range again.Proof.Groups {
		if g.OnTwoSides != 0 {
			return broken(promise, "%d groups by %s are on two sides", g.OnTwoSides, g.By)
		}
	}
	if !store.Summary(again, need).Equal(v.m.Split) {
		return broken(promise, "the manifest's summary of the split is not that of %s", split.Name)
	}
	return nil
}
