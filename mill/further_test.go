package mill_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	format "github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/dataset/table"
	"github.com/pcapmill/pcapmill/internal/draw"
	"github.com/pcapmill/pcapmill/label"
	"github.com/pcapmill/pcapmill/manifest"
	"github.com/pcapmill/pcapmill/mill"
	"github.com/pcapmill/pcapmill/store"
)

// decides is the class of a name in a table of one keyword a class, by looking at every keyword; tie if two are longest.
func decides(classes map[string]string, name string) string {
	best, class := 0, label.UnknownName
	for c, k := range classes {
		switch {
		case !strings.Contains(name, k) || len(k) < best:
		case len(k) == best:
			class = "tie"
		default:
			best, class = len(k), c
		}
	}
	return class
}

// TestTasksOfCaptures: each task's column has what the task's own table says about the capture's name; a tie in any is an error.
// The plan carries it through JSON.
func TestTasksOfCaptures(t *testing.T) {
	draw.Check(t, func(rt *rapid.T) {
		dir, remove := tempDir(t)
		defer remove()
		var tasks []map[string]string
		text := "tasks:\n"
		for i := range rapid.IntRange(1, 3).Draw(rt, "tasks") {
			text += fmt.Sprintf("  task%d:\n", i)
			classes := map[string]string{}
			for j, k := range rapid.SliceOfNDistinct(rapid.StringMatching(`[a-c]{1,3}`), 1, 4, rapid.ID[string]).Draw(rt, "keywords") {
				classes[fmt.Sprint("c", j)] = k
				text += fmt.Sprintf("    c%d: [%s]\n", j, k)
			}
			tasks = append(tasks, classes)
		}
		o := mill.Default()
		var err error
		if o.Labels, err = label.Parse("t.yaml", []byte(text)); err != nil {
			rt.Fatal(err)
		}
		ties := false
		files := map[string][]byte{}
		for i, name := range rapid.SliceOfNDistinct(rapid.StringMatching(`[a-c]{1,4}`), 1, 4, rapid.ID[string]).Draw(rt, "names") {
			files[name+".x"] = tiny(byte(i))
			for _, task := range tasks {
				ties = ties || decides(task, name) == "tie"
			}
		}
		lay(t, filepath.Join(dir, "in"), files)
		p, err := mill.Prepare([]string{filepath.Join(dir, "in")}, filepath.Join(dir, "out"), o)
		if wrong := (*mill.LabelError)(nil); errors.As(err, &wrong) != ties || !ties && err != nil {
			rt.Fatalf("%v, but ties is %v:\n%s", err, ties, text)
		}
		if ties {
			return
		}
		out := p.Out
		p = decoded(rt, encoded(rt, p))
		p.Out = out
		run(rt, p)
		d, err := store.Open(out)
		if err != nil {
			rt.Fatal(err)
		}
		v, err := d.View()
		if err != nil {
			rt.Fatal(err)
		}
		tab, n := table.New(v), 0
		row := make([]table.Value, len(tab.Columns()))
		err = v.Each(context.Background(), format.Whole, func(e *format.Entry) error {
			n++
			tab.Row(row, e)
			name := strings.TrimSuffix(v.Captures()[e.Row.Capture], ".x")
			for i, task := range tasks {
				if at := 5 + i; tab.Columns()[at].Name != fmt.Sprint("task", i) || row[at].Null || row[at].Text != decides(task, name) {
					rt.Errorf("%s: %s is %v, want %s:\n%s", name, tab.Columns()[at].Name, row[at], decides(task, name), text)
				}
			}
			return nil
		})
		if err != nil || n == 0 {
			rt.Fatal(err, n)
		}
		checkDamagedTasks(rt, d.Manifest())
	})
}

// checkDamagedTasks: a manifest whose captures have no class of their tasks is refused.
func checkDamagedTasks(t tester, m *manifest.Manifest) {
	for name, damage := range map[string]func(m *manifest.Manifest){
		"no class of the task": func(m *manifest.Manifest) { m.Captures[0].Tasks[len(m.Tasks)-1] = "none such" },
		"no classes":           func(m *manifest.Manifest) { m.Captures[0].Tasks = nil },
		"no tasks":             func(m *manifest.Manifest) { m.Tasks = nil },
		"a column's name":      func(m *manifest.Manifest) { m.Tasks[0].Name = "label" },
		"twice": func(m *manifest.Manifest) {
			m.Tasks = append(m.Tasks, m.Tasks[0])
			m.Captures[0].Tasks = append(m.Captures[0].Tasks, "unknown")
		},
		"another class": func(m *manifest.Manifest) { m.Captures[0].Class += "x" },
		"another first task": func(m *manifest.Manifest) {
			m.Tasks[0].Classes = append(m.Tasks[0].Classes, manifest.TaskClass{Name: "more"})
		},
	} {
		text, err := m.Encode()
		if err != nil {
			t.Fatal(err)
		}
		c, err := manifest.Parse(text)
		if err != nil || c.Check() != nil {
			t.Fatal(err, c.Check())
		}
		if damage(c); c.Check() == nil {
			t.Errorf("%s: the manifest is taken", name)
		}
	}
}
