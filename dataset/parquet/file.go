package parquet

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/parquet-go/parquet-go"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/dataset/table"
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
	enc    *encoder

	columns []table.Column
	cells   []table.Value
	row     parquet.Row
	rows    int64 // written
	images  int64 // bytes of images written
}

// layout is what all files of one export have in common.
type layout struct {
	pixels  pixels
	spec    dataset.Spec
	table   *table.Table
	columns []table.Column
	schema  *parquet.Schema
	meta    string
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
	return &layout{p, v.Spec(), t, columns, schema(p, columns, v.Spec()), meta}, nil
}

// create begins the file of that name below dir.
func (l *layout) create(dir dataset.Folder, name string) (*file, error) {
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
	return &file{
		dir: dir, name: name, out: out, w: w, table: l.table, pixels: l.pixels, spec: l.spec, enc: &encoder{},
		columns: l.columns, cells: make([]table.Value, len(l.columns)),
	}, nil
}

// add writes one sample.
func (f *file) add(e *dataset.Entry) error {
	row := f.row[:0]
	switch f.pixels {
	case png:
		picture, err := f.enc.png(e.Data, f.spec)
		if err != nil {
			return err
		}
		row = append(row, parquet.ByteArrayValue(picture).Level(0, 2, 0), parquet.NullValue().Level(0, 1, 1))
		f.images += int64(len(picture))
	case plain:
		row = append(row, parquet.FixedLenByteArrayValue(e.Data).Level(0, 1, 0))
		f.images += int64(len(e.Data))
	case array:
		row = f.numbers(row, e.Data)
	case words:
		row = append(row, parquet.ByteArrayValue(e.Data).Level(0, 1, 0))
		f.images += int64(len(e.Data))
	}
	f.table.Row(f.cells, e)
	leaves := f.pixels.leaves()
	for i, c := range f.columns {
		at, v := leaves+i, f.cells[i]
		switch {
		case v.Null:
			row = append(row, parquet.NullValue().Level(0, 0, at))
		case c.Kind == table.Text:
			row = append(row, parquet.ByteArrayValue([]byte(v.Text)).Level(0, 1, at))
		default:
			row = append(row, parquet.Int64Value(v.Int).Level(0, 1, at))
		}
	}
	f.row = row
	if _, err := f.w.WriteRows([]parquet.Row{row}); err != nil {
		return err
	}
	f.rows++
	return nil
}

// numbers appends the elements of a sample, big-endian as a dataset has them, as lists of
// lists: repetition 0 begins the array, 1 the next row, 2 is the next element of a row. The
// definition level is that of an element that is there.
func (f *file) numbers(row parquet.Row, data []byte) parquet.Row {
	size := f.spec.Type.Size()
	for i := 0; len(data) >= size; i, data = i+1, data[size:] {
		repetition := 2
		switch {
		case i == 0:
			repetition = 0
		case i%f.spec.Cols == 0:
			repetition = 1
		}
		var v parquet.Value
		switch f.spec.Type {
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
