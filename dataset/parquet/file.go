package parquet

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"

	"github.com/parquet-go/parquet-go"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/dataset/table"
	"github.com/pcapmill/pcapmill/internal/parallel"
)

// groupBytes is the most that the images of a row group have together, groupRows the
// most rows that it has.
const (
	groupBytes = 8 << 20
	groupRows  = 1 << 16
	lineBytes  = 2048 // what a line of text is taken for
)

// file is one Parquet file on its way.
type file struct {
	dir    dataset.Folder
	name   string
	out    *dataset.Output
	w      *parquet.GenericWriter[any]
	table  *table.Table
	pixels pixels
	spec   dataset.Spec
	ctx    context.Context // of the export

	columns []table.Column
	cells   []table.Value
	values  []parquet.Value // of the columns of a row but its image
	rows    int64           // written
	images  int64           // bytes of images written

	perGroup int64 // rows
	groups   []*rowGroup
	full     int // groups that are full
}

// layout is what all files of one export have in common.
type layout struct {
	pixels  pixels
	spec    dataset.Spec
	table   *table.Table
	columns []table.Column
	schema  *parquet.Schema
	meta    string
	workers int // that encode row groups; 0: one a core
}

func newLayout(p pixels, v dataset.View) (*layout, error) {
	t := table.New(v)
	columns := t.Columns()
	if p != none {
		t.Missing, columns = -1, table.Plain(table.ExtraOf(v))
	}
	meta, err := features(p, columns, v.Spec(), v.Classes())
	if err != nil {
		return nil, err
	}
	return &layout{p, v.Spec(), t, columns, schema(p, columns, v.Spec()), meta, 0}, nil
}

// create begins the file of that name below dir.
func (l *layout) create(ctx context.Context, dir dataset.Folder, name string) (*file, error) {
	out, err := dir.Create(name)
	if err != nil {
		return nil, err
	}
	perGroup := int64(groupRows)
	if l.pixels != none {
		size := l.spec.Size()
		if l.pixels == words {
			size = lineBytes
		}
		perGroup = max(1, min(groupRows, groupBytes/int64(size)))
	}
	w := parquet.NewGenericWriter[any](out, l.schema,
		parquet.CreatedBy("pcapmill", "1", "parquet-go-0.32.0"),
		parquet.Compression(&parquet.Zstd),
		parquet.MaxRowsPerRowGroup(perGroup),
		parquet.KeyValueMetadata("huggingface", l.meta),
		parquet.SkipPageBounds("image"), parquet.SkipPageBounds("text"), parquet.SkipPageBounds("image", "bytes"), parquet.SkipPageBounds("digest"),
	)
	f := &file{
		dir: dir, name: name, out: out, w: w, table: l.table, pixels: l.pixels, spec: l.spec, ctx: ctx,
		columns: l.columns, cells: make([]table.Value, len(l.columns)), perGroup: perGroup,
	}
	n := 1 // the table alone has groups of many rows, and few
	if l.pixels != none {
		n = min(parallel.Workers(l.workers), mostGroups)
	}
	for range n {
		f.groups = append(f.groups, &rowGroup{f: f, w: w.BeginRowGroup(), enc: &encoder{}})
	}
	return f, nil
}

// add writes one sample.
func (f *file) add(e *dataset.Entry) error {
	f.table.Row(f.cells, e)
	f.values = f.values[:0]
	leaves := f.pixels.leaves()
	for i, c := range f.columns {
		at, v := leaves+i, f.cells[i]
		switch {
		case v.Null:
			f.values = append(f.values, parquet.NullValue().Level(0, 0, at))
		case c.Kind == table.Text:
			f.values = append(f.values, parquet.ByteArrayValue([]byte(v.Text)).Level(0, 1, at))
		default:
			f.values = append(f.values, parquet.Int64Value(v.Int).Level(0, 1, at))
		}
	}
	g := f.groups[f.full]
	if err := g.add(e.Data, f.values); err != nil {
		return err
	}
	f.rows++
	if g.rows < f.perGroup {
		return nil
	}
	if f.full++; f.full < len(f.groups) {
		return nil
	}
	return f.flush(f.ctx)
}

// numbers appends the elements of a sample, big-endian as a dataset has them, as lists of
// lists: repetition 0 begins the array, 1 the next row, 2 is the next element of a row. The
// definition level is that of an element that is there.
func numbers(row parquet.Row, data []byte, spec dataset.Spec) parquet.Row {
	size := spec.Type.Size()
	for i := 0; len(data) >= size; i, data = i+1, data[size:] {
		repetition := 2
		switch {
		case i == 0:
			repetition = 0
		case i%spec.Cols == 0:
			repetition = 1
		}
		var v parquet.Value
		switch spec.Type {
		case dataset.I8:
			v = parquet.Int32Value(int32(int8(data[0])))
		case dataset.I16:
			v = parquet.Int32Value(int32(int16(binary.BigEndian.Uint16(data))))
		default:
			v = parquet.FloatValue(math.Float32frombits(binary.BigEndian.Uint32(data)))
		}
		row = append(row, v.Level(repetition, 3, 0))
	}
	return row
}

// close finishes the file and reads its footer back.
func (f *file) close() (dataset.File, error) {
	if err := f.flush(f.ctx); err != nil {
		return dataset.File{}, err
	}
	if err := f.w.Close(); err != nil {
		return dataset.File{}, err
	}
	made, err := f.out.Close()
	if err != nil {
		return dataset.File{}, err
	}
	return made, f.check(made.Size)
}

// abort closes a file that stays unfinished; after close it does nothing.
func (f *file) abort() { f.out.Abort() }

// check compares the footer with what was written.
func (f *file) check(size int64) error {
	r, err := f.dir.Open(f.name)
	if err != nil {
		return err
	}
	defer r.Close()
	p, err := parquet.OpenFile(r, size)
	if err != nil {
		return fmt.Errorf("what was written does not open: %w", err)
	}
	values := make([]int64, f.pixels.leaves()+len(f.columns))
	var images int64
	for _, g := range p.Metadata().RowGroups {
		for i, c := range g.Columns {
			values[i] += c.MetaData.NumValues
		}
		if f.pixels != none {
			images += g.Columns[0].MetaData.TotalUncompressedSize
		}
	}
	if p.NumRows() != f.rows || images < f.images {
		return fmt.Errorf("written were %d rows with %d bytes of images, but the file has %d with %d", f.rows, f.images, p.NumRows(), images)
	}
	for i, n := range values {
		need := f.rows
		if i == 0 && f.pixels == array {
			need *= int64(f.spec.Rows) * int64(f.spec.Cols)
		}
		if n != need {
			return fmt.Errorf("column %d: %d values in %d rows, need %d", i, n, f.rows, need)
		}
	}
	return nil
}
