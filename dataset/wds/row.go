package wds

import (
	"encoding/json"
	"strconv"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/dataset/table"
	"github.com/pcapmill/pcapmill/internal/plainjson"
)

// rower makes the rows of a view.
type rower struct {
	table   *table.Table
	columns []table.Column
	cells   []table.Value
}

func newRower(v dataset.View) *rower {
	t := table.New(v)
	columns := t.Columns()
	return &rower{table: t, columns: columns, cells: make([]table.Value, len(columns))}
}

// row is what stands in KEY.json: an object in one line, members in the order of the
// table's columns, without those that are null, and what does not print escaped.
func (r *rower) row(e *dataset.Entry) ([]byte, error) {
	r.table.Row(r.cells, e)
	b := []byte{'{'}
	for i, c := range r.columns {
		if r.cells[i].Null {
			continue
		}
		if len(b) > 1 {
			b = append(b, ',')
		}
		name := c.Name
		if c.Kind == table.Time {
			name += "_ns"
		}
		b = strconv.AppendQuote(b, name) // our own names: plain ASCII
		b = append(b, ':')
		if c.Kind != table.Text {
			b = strconv.AppendInt(b, r.cells[i].Int, 10)
			continue
		}
		text, err := json.Marshal(r.cells[i].Text)
		if err != nil {
			return nil, err
		}
		b = append(b, text...)
	}
	return plainjson.Escape(append(b, "}\n"...)), nil
}
