package store

import (
	"errors"
	"slices"

	"github.com/pcapmill/pcapmill/manifest"
)

// Pick returns, by label, the places of at most n samples of each class, evenly spread
// over the class as the manifest counts it. Only where sessions have labels of their own
// does it read the labels.
func (d *Dataset) Pick(n int) (places map[uint16][]int64, err error) {
	places = map[uint16][]int64{}
	bySession := slices.ContainsFunc(d.m.Captures, func(c manifest.Capture) bool { return c.Class == manifest.BySession })
	wanted := map[uint16][]int64{} // which samples of a class
	for _, c := range d.m.Classes {
		k := min(int64(n), c.Samples)
		for i := range k {
			// i*c.Samples/k without a product that could overflow
			nth := i*(c.Samples/k) + i*(c.Samples%k)/k
			if !bySession {
				places[c.Label] = append(places[c.Label], d.nth(c.Label, nth))
				continue
			}
			wanted[c.Label] = append(wanted[c.Label], nth)
		}
	}
	if !bySession {
		return places, nil
	}
	labels, err := d.Labels()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, labels.Close()) }()
	seen := map[uint16]int64{}
	for at := range d.m.Samples {
		id, err := labels.Next()
		if err != nil {
			return nil, err
		}
		if have := places[id]; len(have) < len(wanted[id]) && wanted[id][len(have)] == seen[id] {
			places[id] = append(have, at)
		}
		seen[id]++
	}
	return places, nil
}

// nth is the place of the i-th sample of a label; 0 if the captures have fewer.
func (d *Dataset) nth(label uint16, i int64) int64 {
	for k := range d.m.Captures {
		c := &d.m.Captures[k]
		if c.Label != label {
			continue
		}
		if i < c.Samples {
			return c.FirstSample + i
		}
		i -= c.Samples
	}
	return 0
}
