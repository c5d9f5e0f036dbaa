package table_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/dataset/table"
	"github.com/pcapmill/pcapmill/internal/taskname"
	"github.com/pcapmill/pcapmill/internal/testview"
)

// TestTasks: a column for each task, in its order, with the class of the sample's capture; none is null, so they are plain.
func TestTasks(t *testing.T) {
	v := testview.New(6)
	v.Tasking = []dataset.Task{{Name: "vpn", Of: []string{"VPN", "unknown"}}, {Name: "app", Of: []string{"Ch\xffat", "Mail"}}}
	var names []string
	for _, c := range table.Plain(table.ExtraOf(v)) {
		names = append(names, c.Name)
	}
	if have := strings.Join(names, " "); have != "index label class split capture vpn app" {
		t.Errorf("columns %s", have)
	}
	tab := table.New(v)
	row := make([]table.Value, len(tab.Columns()))
	for i := range v.N {
		e := v.Entry(i)
		tab.Row(row, &e)
		for k, task := range v.Tasking {
			if want := strings.ToValidUTF8(task.Of[e.Row.Capture], "\uFFFD"); row[5+k] != (table.Value{Text: want}) {
				t.Errorf("sample %d: %s is %v, want %s", i, task.Name, row[5+k], want)
			}
		}
	}
}

// TestNoTaskIsCalledLikeAColumn: package taskname knows every column there can be.
func TestNoTaskIsCalledLikeAColumn(t *testing.T) {
	for _, c := range table.Columns(table.Extra{Folds: 2, Units: true}) {
		if !slices.Contains(taskname.Columns, c.Name) || taskname.Check(c.Name) == nil {
			t.Errorf("a task may be called %s", c.Name)
		}
	}
}
