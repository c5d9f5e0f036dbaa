package parquet

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"strconv"

	"github.com/parquet-go/parquet-go"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/dataset/table"
)

// groupBytes is the most that the images of a row group have together, groupRows the
// most rows that it has.
const (
	groupBytes = 8 << 20
	groupRows  = 1 << 16
)

// file is one Parquet file on its way.
type file struct {
	path   string
	f      *os.File
	b      *bufio.Writer
	w      *parquet.GenericWriter[any]
	table  *table.Table
	pixels pixels
	spec   dataset.Spec
	enc    *encoder

	cells  []table.Value
	row    parquet.Row
	rows   int64 // written
	images int64 // bytes of images written
}

// layout is what all files of one export have in common.
type layout struct {
	pixels pixels
	spec   dataset.Spec
	table  *table.Table
	schema *parquet.Schema
	meta   string
}

func newLayout(p pixels, v dataset.View) (*layout, error) {
	t := table.New(v)
	if p != none {
		t.Missing = -1
	}
	meta, err := features(p, v.Spec(), v.Classes())
	if err != nil {
		return nil, err
	}
	return &layout{p, v.Spec(), t, schema(p, v.Spec().Size()), meta}, nil
}

// create begins a file that is not there yet.
func (l *layout) create(path string) (*file, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return nil, err
	}
	perGroup := int64(groupRows)
	if l.pixels != none {
		perGroup = max(1, min(groupRows, groupBytes/int64(l.spec.Size())))
	}
	b := bufio.NewWriterSize(f, 1<<18)
	w := parquet.NewGenericWriter[any](b, l.schema,
		parquet.CreatedBy("pcapmill", "1", "parquet-go-0.32.0"),
		parquet.Compression(&parquet.Zstd),
		parquet.MaxRowsPerRowGroup(perGroup),
		parquet.KeyValueMetadata("huggingface", l.meta),
		parquet.SkipPageBounds("image"), parquet.SkipPageBounds("image", "bytes"), parquet.SkipPageBounds("digest"),
	)
	return &file{
		path: path, f: f, b: b, w: w, table: l.table, pixels: l.pixels, spec: l.spec, enc: &encoder{},
		cells: make([]table.Value, len(table.Columns())),
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
	}
	f.table.Row(f.cells, e)
	for i, c := range table.Columns() {
		at, v := len(row), f.cells[i]
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

// close finishes the file, reads its footer back, and returns its size.
func (f *file) close() (size int64, err error) {
	err = f.w.Close()
	if err == nil {
		err = f.b.Flush()
	}
	if err = errors.Join(err, f.f.Close()); err != nil {
		return 0, err
	}
	return f.check()
}

// abandon closes a file that stays unfinished.
func (f *file) abandon() { _ = f.f.Close() } // the caller removes it

// check compares the footer with what was written.
func (f *file) check() (size int64, err error) {
	r, err := os.Open(f.path)
	if err != nil {
		return 0, err
	}
	defer r.Close()
	info, err := r.Stat()
	if err != nil {
		return 0, err
	}
	p, err := parquet.OpenFile(r, info.Size())
	if err != nil {
		return 0, fmt.Errorf("what was written does not open: %w", err)
	}
	values := make([]int64, f.pixels.leaves()+len(table.Columns()))
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
		return 0, fmt.Errorf("written were %d rows with %d bytes of images, but the file has %d with %d", f.rows, f.images, p.NumRows(), images)
	}
	for i, n := range values {
		if n != f.rows {
			return 0, errors.New("column " + strconv.Itoa(i) + ": " + strconv.FormatInt(n, 10) + " values in " + strconv.FormatInt(f.rows, 10) + " rows")
		}
	}
	return info.Size(), nil
}
