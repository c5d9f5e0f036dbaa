package wds

import (
	"encoding/json"
	"strconv"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/dataset/table"
	"github.com/pcapmill/pcapmill/internal/plainjson"
)

// rower makes the rows of a view. It is for one goroutine.
type rower struct {
	table *table.Table
	names []string // of the columns, as they stand in a row: "name":
	text  []bool   // by column
	cells []table.Value
	b     []byte // the row
}

func newRower(v dataset.View) *rower {
	r := &rower{table: table.New(v)}
	for _, c := range r.table.Columns() {
		name := c.Name
		if c.Kind == table.Time {
			name += "_ns"
		}
		r.names = append(r.names, strconv.Quote(name)+":") // our own names: plain ASCII
		r.text = append(r.text, c.Kind == table.Text)
	}
	r.cells = make([]table.Value, len(r.names))
	return r
}

// row is what stands in KEY.json: an object in one line, members in the order of the
// table's columns, without those that are null, and what does not print escaped. The bytes
// are lent until the next call.
func (r *rower) row(e *dataset.Entry) ([]byte, error) {
	r.table.Row(r.cells, e)
	b := append(r.b[:0], '{')
	for i := range r.cells {
		c := &r.cells[i]
		if c.Null {
			continue
		}
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = append(b, r.names[i]...)
		switch {
		case !r.text[i]:
			b = strconv.AppendInt(b, c.Int, 10)
		case plain(c.Text):
			b = append(append(append(b, '"'), c.Text...), '"')
		default:
			text, err := json.Marshal(c.Text)
			if err != nil {
				return nil, err
			}
			b = append(b, text...)
		}
	}
	r.b = append(b, "}\n"...)
	return plainjson.Escape(r.b), nil
}

// plain reports whether text stands in JSON as it is: it is of characters of ASCII that print,
// but for those that encoding/json writes as escapes.
func plain(text string) bool {
	for i := range len(text) {
		switch c := text[i]; {
		case c < ' ' || c > '~', c == '"', c == '\\', c == '<', c == '>', c == '&':
			return false
		}
	}
	return true
}
