package audit

import (
	"context"

	"github.com/pcapmill/pcapmill/dataset"
)

// Spec is the shape of every sample.
func (d *Data) Spec() dataset.Spec { return d.spec }

// Rows is the number of labelled rows.
func (d *Data) Rows() int { return d.rows() }

// Classes are the classes that occur, by label.
func (d *Data) Classes() []Class {
	out := make([]Class, 0, len(d.classes))
	for _, c := range d.classes {
		out = append(out, Class{c.label, c.name, c.rows})
	}
	return out
}

// Class is the place of a row's class in Classes.
func (d *Data) Class(row int) int { return int(d.class[row]) }

// Each calls f for blocks of rows in order: the first row, and the samples one behind the
// other, which are lent for the call. An error of f ends it.
func (d *Data) Each(ctx context.Context, f func(first int, samples []byte) error) error {
	return d.eachRaw(ctx, f)
}

// Some calls f for some rows, which must be in rising order: the place in the list, and the
// sample, which is lent for the call and may be changed. An error of f ends it.
func (d *Data) Some(ctx context.Context, rows []uint32, f func(i int, sample []byte) error) error {
	return d.someRaw(ctx, rows, f)
}
