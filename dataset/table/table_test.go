package table_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/dataset/table"
	"github.com/pcapmill/pcapmill/internal/testview"
)

// cells is the row of an entry by column name.
func cells(t *table.Table, e *dataset.Entry) map[string]table.Value {
	row := make([]table.Value, len(table.Columns(table.Extra{})))
	t.Row(row, e)
	out := map[string]table.Value{}
	for i, c := range table.Columns(table.Extra{}) {
		out[c.Name] = row[i]
	}
	return out
}

// TestEveryCell of a row, by hand.
func TestEveryCell(t *testing.T) {
	v := testview.New(0, dataset.Train, dataset.Test)
	e := dataset.Entry{Index: 3, Label: 1, Side: dataset.Test, Row: dataset.Row{
		Capture: 1, Session: 7, Start: -5, Duration: 11, Packets: [2]uint64{2, 3}, Bytes: [2]uint64{20, 30}, Original: 29,
		Proto: 17, Digest: [16]byte{0xab, 15: 1}, Host: [8]byte{7: 9},
	}}
	text, num, null := func(s string) table.Value { return table.Value{Text: s} }, func(n int64) table.Value { return table.Value{Int: n} }, table.Value{Null: true}
	want := map[string]table.Value{
		"index": num(3), "label": num(1), "class": text(`VPN, "Chat"`), "split": text("test"), "capture": text("b\nvpn\uFFFD.pcap"), "session": num(7),
		"start": num(-5), "duration_ns": num(11), "packets_forward": num(2), "packets_backward": num(3), "bytes_forward": num(20), "bytes_backward": num(30),
		"original_length": num(29), "fit": text("truncated"), "protocol": text("udp"), "digest": text("ab000000000000000000000000000001"), "host": text("0000000000000009"),
	}
	tab := table.New(v)
	if have := cells(tab, &e); !reflect.DeepEqual(have, want) {
		t.Errorf("have %v\nwant %v", have, want)
	}
	for _, c := range []struct {
		what   string
		change func(e *dataset.Entry)
		column string
		want   table.Value
	}{
		{"no key", func(e *dataset.Entry) { e.Row.Host = [8]byte{} }, "host", null},
		{"exact", func(e *dataset.Entry) { e.Row.Original = 28 }, "fit", text("exact")},
		{"padded", func(e *dataset.Entry) { e.Row.Original = 27 }, "fit", text("padded")},
		{"tcp", func(e *dataset.Entry) { e.Row.Proto = 6 }, "protocol", text("tcp")},
		{"another", func(e *dataset.Entry) { e.Row.Proto = 132 }, "protocol", text("132")},
		{"no such capture", func(e *dataset.Entry) { e.Row.Capture = 2 }, "capture", null},
		{"unknown", func(e *dataset.Entry) { e.Label = 255 }, "class", text("unknown")},
		{"unknown", func(e *dataset.Entry) { e.Label = 255 }, "label", num(255)},
		{"on no side", func(e *dataset.Entry) { e.Side = dataset.Whole }, "split", null},
	} {
		other := e
		c.change(&other)
		if have := cells(tab, &other)[c.column]; have != c.want {
			t.Errorf("%s: %s is %v, want %v", c.what, c.column, have, c.want)
		}
	}
	if have := cells(table.New(testview.New(0)), &dataset.Entry{Side: dataset.Whole})["split"]; have != text("all") {
		t.Errorf("not split: %v", have)
	}
	tab.Missing = -1
	e.Label = 255
	if have := cells(tab, &e)["label"]; have != num(-1) {
		t.Errorf("missing label: %v", have)
	}
}

// TestWithoutRows: what is not known is null, never zero.
func TestWithoutRows(t *testing.T) {
	v := testview.New(0)
	for name, c := range cells(table.New(v), &dataset.Entry{Side: dataset.Whole}) {
		known := strings.Contains(" index label class split capture ", " "+name+" ")
		if c.Null == known {
			t.Errorf("%s: %v", name, c)
		}
	}
}

// TestColumnsAreDescribed: names are unique, and every one says what it holds.
func TestColumnsAreDescribed(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range table.Columns(table.Extra{}) {
		if c.What == "" || seen[c.Name] {
			t.Errorf("column %q: described as %q, seen %v", c.Name, c.What, seen[c.Name])
		}
		seen[c.Name] = true
	}
}

// TestUnits: where rows say the unit and what a form counts, there are two columns more, and fit is the row's.
func TestUnits(t *testing.T) {
	plain, wide := table.Columns(table.Extra{}), table.Columns(table.Extra{Units: true})
	var names []string
	for _, c := range wide {
		names = append(names, c.Name)
	}
	text := strings.Join(names, " ")
	if len(wide) != len(plain)+2 || !strings.Contains(text, " session unit ") || !strings.Contains(text, " original_length counted fit ") {
		t.Errorf("columns: %s", text)
	}
}
