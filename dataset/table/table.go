// Package table says what the table of samples is: one row a sample, its columns,
// their order, types and units. The formats that write tables (dataset/parquet,
// dataset/csv) take all of it from here, so that the same column means the same
// everywhere.
//
//	column            type  what
//	index             int   place in the dataset, from 0
//	label             int   class id, as in the label file; see Table.Missing
//	class             text  name of the class, or "unknown"
//	split             text  train, validation, test; all if the dataset is not split, null
//	                        if it is and the sample is on no side
//	capture           text  name of the capture, as the manifest has it
//	fold              int   of the cross-validation, from 0, -1 in none; only where there are folds
//	NAME              text  class in the task NAME, or "unknown": a column for each task of the
//	                        class table, in their order, where it has some
//	session           int   place of the session in its capture, from 0; duplicates count
//	unit              int   place of the unit in its session (see Extra.Units)
//	start             time  of the first kept packet, nanoseconds, UTC; with --table-times
//	                        relative the earliest packet of its capture is at 1970-01-01
//	duration_ns       int   from there to the latest kept packet; 0 where clocks ran backwards
//	                        (both null with --table-times none)
//	packets_forward   int   kept packets in the direction of the first one
//	packets_backward  int   kept packets the other way
//	bytes_forward     int   bytes of these packets, from the IP header to the packet's end
//	bytes_backward    int
//	original_length   int   bytes of the session before it was cut or padded
//	counted           int   what a form counts, bytes or packets, before a cut (see Extra.Units)
//	fit               text  truncated, padded or exact
//	protocol          text  tcp or udp; the number of any other
//	digest            text  what dedup compared, 32 hexadecimal digits
//	host              text  keyed pseudonym of the sender of the first kept packet, 16
//	                        hexadecimal digits; null without a key
//
// No column holds an address, a port or a path. From session on, a value is null if the
// dataset has no row about the sample: no real row is without a packet.
package table

import (
	"encoding/hex"
	"slices"
	"strconv"
	"strings"

	"github.com/pcapmill/pcapmill/dataset"
)

// Kind is the type of a column.
type Kind uint8

// Kinds.
const (
	Int  Kind = iota // Value.Int
	Text             // Value.Text, valid UTF-8
	Time             // Value.Int: nanoseconds since 1970-01-01 UTC
)

// Value is one cell. A null cell is neither 0 nor "".
type Value struct {
	Null bool
	Int  int64
	Text string
}

// Column is one column of the table.
type Column struct {
	Name string
	Kind Kind
	Few  bool   // it has few different values: a dictionary is worth it
	What string // one line for a reader of the table
	of   func(t *Table, e *dataset.Entry) Value
}

// Table turns entries of one view into rows.
type Table struct {
	// Missing, if not 0, stands for the label of samples of an unknown class. Hugging
	// Face's ClassLabel writes -1 there.
	Missing int64

	columns  []Column
	split    bool
	size     uint64
	unknown  int
	classes  []string
	captures []string
	tasks    [][]string // class of each capture
}

// New is the table of a view.
func New(v dataset.View) *Table {
	sides := v.Sides()
	var tasks [][]string
	for _, task := range tasksOf(v) {
		tasks = append(tasks, valid(task.Of))
	}
	return &Table{tasks: tasks, columns: Columns(ExtraOf(v)), split: len(sides) != 1 || sides[0] != dataset.Whole, size: uint64(v.Spec().Size()), unknown: v.Unknown(), classes: valid(v.Classes()), captures: valid(v.Captures())}
}

// valid returns a copy of names with what is no UTF-8 replaced, as JSON does it.
func valid(names []string) []string {
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = strings.ToValidUTF8(name, "\uFFFD")
	}
	return out
}

// Extra says which columns a table has that not every dataset has.
type Extra struct {
	Folds int      // 0: none
	Tasks []string // names of label columns
	Units bool     // rows say the unit, and what a form counts
}

// ExtraOf are those of a view.
func ExtraOf(v dataset.View) Extra {
	u, ok := v.(interface{ Units() bool })
	x := Extra{Folds: v.Folds(), Units: ok && u.Units()}
	for _, task := range tasksOf(v) {
		x.Tasks = append(x.Tasks, task.Name)
	}
	return x
}

func tasksOf(v dataset.View) []dataset.Task {
	if t, ok := v.(dataset.Tasked); ok {
		return t.Tasks()
	}
	return nil
}

// always is how many of the columns are plain in every dataset.
const always = 5

// Columns are the columns in their order.
func Columns(x Extra) []Column {
	list := Plain(x)
	for _, c := range columns[always:] {
		list = append(list, c)
		switch {
		case x.Units && c.Name == "session":
			list = append(list, unit)
		case x.Units && c.Name == "original_length":
			list = append(list, counted)
		}
	}
	return list
}

// Plain are the first of the columns: numbers and text of which no cell is null, for
// samples that are on a side.
func Plain(x Extra) []Column {
	list := slices.Clone(columns[:always])
	if x.Folds > 0 {
		list = append(list, fold)
	}
	for i, name := range x.Tasks {
		list = append(list, Column{Name: name, Kind: Text, Few: true, What: "class of the capture in the task " + name + ", or unknown", of: func(t *Table, e *dataset.Entry) Value {
			if of := t.tasks[i]; int64(e.Row.Capture) < int64(len(of)) {
				return word(of[e.Row.Capture])
			}
			return Value{Null: true}
		}})
	}
	return list
}

var fold = Column{Name: "fold", Kind: Int, What: "fold of the cross-validation, from 0; -1 in none", of: func(_ *Table, e *dataset.Entry) Value {
	return number(int64(e.Fold))
}}

var unit = Column{Name: "unit", Kind: Int, What: "place of the unit in its session, from 0; duplicates count", of: count(func(r *dataset.Row) uint64 { return r.Unit })}

var counted = Column{Name: "counted", Kind: Int, What: "what the form counts, bytes or packets, before a cut; 0 without a form", of: count(func(r *dataset.Row) uint64 {
	return r.Counted
})}

// Columns are those of the table, in their order.
func (t *Table) Columns() []Column { return t.columns }

// Row puts the cells of an entry into row: those of as many columns as it has places.
func (t *Table) Row(row []Value, e *dataset.Entry) {
	for i := range row {
		row[i] = t.columns[i].of(t, e)
	}
}

func number(n int64) Value { return Value{Int: n} }

// moment is a time or duration: null where the table does not tell it.
func moment(n int64) Value {
	if n == dataset.NoTime {
		return Value{Null: true}
	}
	return number(n)
}

func word(s string) Value { return Value{Text: s} }

// fact is a value of the row log: null where there is none.
func fact(of func(t *Table, r *dataset.Row) Value) func(t *Table, e *dataset.Entry) Value {
	return func(t *Table, e *dataset.Entry) Value {
		if e.Row.Packets[0] == 0 {
			return Value{Null: true}
		}
		return of(t, &e.Row)
	}
}

// count is a fact that is a number.
func count(of func(r *dataset.Row) uint64) func(t *Table, e *dataset.Entry) Value {
	return fact(func(_ *Table, r *dataset.Row) Value { return number(int64(of(r))) })
}

var columns = [...]Column{
	{Name: "index", Kind: Int, What: "place in the dataset, from 0", of: func(_ *Table, e *dataset.Entry) Value { return number(e.Index) }},
	{Name: "label", Kind: Int, What: "class id", of: (*Table).label},
	{Name: "class", Kind: Text, Few: true, What: "name of the class, or unknown", of: (*Table).class},
	{Name: "split", Kind: Text, Few: true, What: "train, validation or test; all if the dataset is not split; null on no side", of: (*Table).side},
	{Name: "capture", Kind: Text, Few: true, What: "name of the capture", of: (*Table).capture},
	{Name: "session", Kind: Int, What: "place of the session in its capture, from 0; duplicates count", of: count(func(r *dataset.Row) uint64 { return r.Session })},
	{Name: "start", Kind: Time, What: "time of the first kept packet", of: fact(func(_ *Table, r *dataset.Row) Value { return moment(r.Start) })},
	{Name: "duration_ns", Kind: Int, What: "nanoseconds from there to the latest kept packet", of: fact(func(_ *Table, r *dataset.Row) Value {
		return moment(r.Duration)
	})},
	{Name: "packets_forward", Kind: Int, What: "kept packets in the direction of the first one", of: count(func(r *dataset.Row) uint64 { return r.Packets[0] })},
	{Name: "packets_backward", Kind: Int, What: "kept packets the other way", of: count(func(r *dataset.Row) uint64 { return r.Packets[1] })},
	{Name: "bytes_forward", Kind: Int, What: "bytes of the packets in the direction of the first one, from the IP header on", of: count(func(r *dataset.Row) uint64 {
		return r.Bytes[0]
	})},
	{Name: "bytes_backward", Kind: Int, What: "bytes of the packets the other way", of: count(func(r *dataset.Row) uint64 { return r.Bytes[1] })},
	{Name: "original_length", Kind: Int, What: "bytes of the session before it was cut or padded", of: count(func(r *dataset.Row) uint64 { return r.Original })},
	{Name: "fit", Kind: Text, Few: true, What: "truncated, padded or exact", of: fact((*Table).fit)},
	{Name: "protocol", Kind: Text, Few: true, What: "tcp or udp", of: fact(protocol)},
	{Name: "digest", Kind: Text, What: "what dedup compared, in hexadecimal", of: fact(func(_ *Table, r *dataset.Row) Value {
		return word(hex.EncodeToString(r.Digest[:]))
	})},
	{Name: "host", Kind: Text, Few: true, What: "keyed pseudonym of the sender of the first kept packet; null without a key", of: fact(host)},
}

func (t *Table) label(e *dataset.Entry) Value {
	if e.Label == t.unknown && t.Missing != 0 {
		return number(t.Missing)
	}
	return number(int64(e.Label))
}

func (t *Table) side(e *dataset.Entry) Value {
	if t.split && e.Side == dataset.Whole {
		return Value{Null: true}
	}
	return word(e.Side.String())
}

func (t *Table) class(e *dataset.Entry) Value {
	if e.Label < 0 || e.Label >= len(t.classes) {
		return word("unknown")
	}
	return word(t.classes[e.Label])
}

func (t *Table) capture(e *dataset.Entry) Value {
	if int64(e.Row.Capture) >= int64(len(t.captures)) {
		return Value{Null: true}
	}
	return word(t.captures[e.Row.Capture])
}

func (t *Table) fit(r *dataset.Row) Value {
	switch {
	case r.Fit >= 1 && r.Fit <= 3:
		return word([...]string{"padded", "exact", "truncated"}[r.Fit-1])
	case r.Original > t.size:
		return word("truncated")
	case r.Original < t.size:
		return word("padded")
	}
	return word("exact")
}

func protocol(_ *Table, r *dataset.Row) Value {
	switch r.Proto {
	case 6:
		return word("tcp")
	case 17:
		return word("udp")
	}
	return word(strconv.Itoa(int(r.Proto)))
}

func host(_ *Table, r *dataset.Row) Value {
	if r.Host == [8]byte{} {
		return Value{Null: true}
	}
	return word(hex.EncodeToString(r.Host[:]))
}
