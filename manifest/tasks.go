package manifest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pcapmill/pcapmill/internal/taskname"
)

// Task is one of several label columns. The first has the classes of the manifest; the class
// of a capture in each is in Capture.Tasks.
type Task struct {
	Name    string      `json:"name"` // of the column
	Classes []TaskClass `json:"classes"`
}

// TaskClass is one class of a task.
type TaskClass struct {
	Name     string   `json:"name"`
	Keywords []string `json:"keywords,omitempty"`
}

// CheckTasks tells whether tasks can be those of a class table, and whether the classes that
// a capture has in them are theirs.
func CheckTasks(tasks []Task, captures func(yield func(name string, classes []string) bool)) error {
	var names []string
	known := make([]map[string]bool, len(tasks))
	for i, t := range tasks {
		names = append(names, t.Name)
		known[i] = map[string]bool{UnknownName: true}
		for _, c := range t.Classes {
			if known[i][c.Name] {
				return fmt.Errorf("task %s: class %s stands twice, or cannot be one", t.Name, c.Name)
			}
			known[i][c.Name] = true
		}
	}
	if err := taskname.CheckAll(names); err != nil {
		return err
	}
	for name, classes := range captures {
		if len(classes) != len(tasks) {
			return fmt.Errorf("capture %s: classes in %d tasks, need %d", name, len(classes), len(tasks))
		}
		for i, class := range classes {
			if !known[i][class] {
				return fmt.Errorf("capture %s: task %s has no class %s", name, tasks[i].Name, class)
			}
		}
	}
	return nil
}

// checkTasks tells whether tasks, classes and captures agree.
func (m *Manifest) checkTasks() error {
	err := CheckTasks(m.Tasks, func(yield func(string, []string) bool) {
		for i := range m.Captures {
			if c := &m.Captures[i]; !yield(c.Name, c.Tasks) {
				return
			}
		}
	})
	if err != nil || m.Tasks == nil {
		return err
	}
	first := m.Tasks[0]
	var classes []Class
	for i, c := range first.Classes {
		classes = append(classes, Class{Label: uint16(i), Name: c.Name, Keywords: c.Keywords})
	}
	if lines := DiffClasses(m.Classes, classes); lines != nil {
		return fmt.Errorf("task %s is the first one, but its classes are not those of the labels", first.Name)
	}
	for i := range m.Captures {
		if c := &m.Captures[i]; c.Tasks[0] != c.Class {
			return fmt.Errorf("capture %s: class %s, but %s in task %s, which is the first one", c.Name, c.Class, c.Tasks[0], first.Name)
		}
	}
	return nil
}

// DiffTasks lists how the tasks of two class tables differ, besides the classes of the first,
// which DiffClasses compares.
func DiffTasks(have, want []Task) (lines []string) {
	names := func(tasks []Task) string {
		var list []string
		for _, t := range tasks {
			list = append(list, t.Name)
		}
		if list == nil {
			return "none"
		}
		return strings.Join(list, ", ")
	}
	if h, w := names(have), names(want); h != w {
		return []string{fmt.Sprintf("--labels: the dataset has the tasks %s, this run's class table has %s", h, w)}
	}
	same := func(a, b TaskClass) bool { return a.Name == b.Name && slices.Equal(a.Keywords, b.Keywords) }
	for i := 1; i < len(have); i++ {
		if !slices.EqualFunc(have[i].Classes, want[i].Classes, same) {
			lines = append(lines, fmt.Sprintf("--labels: task %s has other classes or keywords in the dataset than in this run", have[i].Name))
		}
	}
	return lines
}
