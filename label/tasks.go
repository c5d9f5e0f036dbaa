package label

import (
	"strings"

	"github.com/pcapmill/pcapmill/internal/taskname"
)

// tasksKey is the only entry of a table that names tasks. A class may be called so too: then
// a list of keywords stands there.
const tasksKey = "tasks"

// tasks checks the tasks that a text names and makes the table of them.
func (s *source) tasks(tasks []rawTask) (*Table, error) {
	if len(tasks) == 0 {
		return nil, s.errorf(1, 1, "no task; hint: write tasks: {app: {Chat: [aim_chat, icq_chat]}}")
	}
	t := &Table{Name: s.name}
	for i, raw := range tasks {
		if i == taskname.Max {
			return nil, s.errorf(raw.name.line, raw.name.column, "task %s would be number %d; a table has at most %d", shown(raw.name.text), i+1, taskname.Max)
		}
		if err := taskname.Check(raw.name.text); err != nil {
			return nil, s.errorf(raw.name.line, raw.name.column, "task %s: %v", shown(raw.name.text), err)
		}
		for j := range t.Tasks {
			if strings.EqualFold(t.Tasks[j].Name, raw.name.text) {
				return nil, s.errorf(raw.name.line, raw.name.column, "task %s stands on line %d already", shown(raw.name.text), tasks[j].name.line)
			}
		}
		if len(raw.classes) == 0 {
			return nil, s.errorf(raw.name.line, raw.name.column, "task %s has no class", shown(raw.name.text))
		}
		task, err := s.table(raw.classes)
		if err != nil {
			return nil, err
		}
		task.Name = raw.name.text
		t.Tasks = append(t.Tasks, *task)
	}
	t.Classes = t.Tasks[0].Classes
	return t, nil
}
