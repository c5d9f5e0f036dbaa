package parquet

import (
	"context"

	"github.com/parquet-go/parquet-go"

	"github.com/pcapmill/pcapmill/internal/parallel"
)

// mostGroups is how many row groups are encoded side by side at most, which bounds memory:
// some 20 MiB each.
const mostGroups = 8

// rowGroup is a row group on its way. Several are filled one after another, encoded side by side,
// and written in order: the bytes are those of one after the other.
type rowGroup struct {
	f    *file
	w    *parquet.ConcurrentRowGroupWriter
	rows int64

	// Of rows that were not encoded yet.
	data   []byte          // their samples, one after another
	ends   []int           // of each in data
	values []parquet.Value // of their other columns

	enc    *encoder
	row    parquet.Row
	images int64 // bytes of images encoded
}

// add takes one row. Where no other group is encoded beside this one, it does not wait.
func (g *rowGroup) add(data []byte, values []parquet.Value) error {
	g.rows++
	if len(g.f.groups) == 1 {
		return g.encode(data, values)
	}
	g.data = append(g.data, data...)
	g.ends = append(g.ends, len(g.data))
	g.values = append(g.values, values...)
	return nil
}

// encode encodes one row.
func (g *rowGroup) encode(data []byte, values []parquet.Value) error {
	row := g.row[:0]
	switch g.f.pixels {
	case png:
		picture, err := g.enc.png(data, g.f.spec)
		if err != nil {
			return err
		}
		row = append(row, parquet.ByteArrayValue(picture).Level(0, 2, 0), parquet.NullValue().Level(0, 1, 1))
		g.images += int64(len(picture))
	case plain:
		row = append(row, parquet.FixedLenByteArrayValue(data).Level(0, 1, 0))
		g.images += int64(len(data))
	case array:
		row = numbers(row, data, g.f.spec)
	case words:
		row = append(row, parquet.ByteArrayValue(data).Level(0, 1, 0))
		g.images += int64(len(data))
	}
	g.row = append(row, values...)
	_, err := g.w.WriteRows([]parquet.Row{g.row})
	return err
}

// finish encodes what is left of the group.
func (g *rowGroup) finish() error {
	from, columns := 0, len(g.f.columns)
	for i, end := range g.ends {
		if err := g.encode(g.data[from:end], g.values[i*columns:(i+1)*columns]); err != nil {
			return err
		}
		from = end
	}
	g.data, g.ends, g.values = g.data[:0], g.ends[:0], g.values[:0]
	return g.w.Flush()
}

// flush encodes and writes the groups that have rows.
func (f *file) flush(ctx context.Context) error {
	groups := f.groups[:f.full]
	if f.full < len(f.groups) && f.groups[f.full].rows > 0 {
		groups = f.groups[:f.full+1]
	}
	f.full = 0
	err := parallel.Each(ctx, len(groups), len(groups), func(_, i int) error { return groups[i].finish() })
	if err != nil {
		return err
	}
	for _, g := range groups {
		if _, err := g.w.Commit(); err != nil {
			return err
		}
		f.images += g.images
		g.rows, g.images = 0, 0
	}
	return nil
}
